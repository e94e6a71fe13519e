/**
 * Prints bench/results/*.json as the Markdown that README carries: what was to be reached, what was
 * measured, whether it is met, and all contestants.
 *
 *     deno run -A bench/report.ts
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import type { ContestantResult } from "./harness/contestants.ts";
import type { LimitedFigure } from "./harness/random_figures.ts";
import type { Absent, Measured } from "./harness/rounds.ts";
import { RESULTS } from "./harness/workspace.ts";

/** One line of the table of figures. */
interface Figure {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly verdict: string;
}

/** What every result begins with. */
interface About {
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryMb: number };
  readonly versions: Readonly<Record<string, string>>;
}

interface DecodeResult extends About {
  readonly rounds: number;
  readonly frames: number;
  readonly unit: string;
  readonly floor: string;
  readonly contestants: readonly ContestantResult[];
  readonly absent: readonly Absent[];
}

interface RandomResult extends About {
  readonly rounds: number;
  readonly unit: string;
  readonly figures: readonly LimitedFigure[];
  readonly contestants: readonly (Measured & { readonly name: string })[];
  readonly absent: readonly Absent[];
}

interface FiguresResult extends About {
  readonly figures: readonly LimitedFigure[];
}

interface ConvertResult extends About {
  readonly toBilinear: number;
  readonly toPoint: number;
}

interface OverheadResult extends About {
  readonly microseconds: readonly {
    readonly runtime: string;
    readonly thread: number;
    readonly gpu?: number;
  }[];
  readonly ratio: number;
}

interface RemoteResult extends About {
  readonly contestants: readonly {
    readonly name: string;
    readonly speed: number;
    readonly cpuToUnit: number;
  }[];
}

interface StatsResult extends About {
  readonly figures: readonly {
    readonly runtime: string;
    readonly wholeToLoop: number;
    readonly statsToExport: number;
  }[];
}

function read<T extends About>(name: string): T | null {
  const path = `${RESULTS}${name}.json`;
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) as T : null;
}

/** A ratio judged by wall time and by processor time; where they disagree, both are told. */
function judge(wall: number, cpu: number, limit: number): string {
  if (wall <= limit && cpu <= limit) return "met";
  if (wall <= limit) return "met by wall time, missed by CPU time";
  return cpu <= limit ? "met by CPU time, missed by wall time" : "**missed**";
}

function ratio(
  { name }: ContestantResult,
  to: string,
  { wall, cpu }: { wall: number; cpu: number },
  limit: number,
): Figure {
  return {
    what: `${name}: time to that of \`${to}\``,
    target: `<= ${limit.toFixed(2)}`,
    measured: `wall ${wall.toFixed(3)}, CPU ${cpu.toFixed(3)}`,
    verdict: judge(wall, cpu, limit),
  };
}

function plain(what: string, value: number, limit: number, unit: string): Figure {
  return {
    what,
    target: `<= ${limit}${unit}`,
    measured: `${value}${unit}`,
    verdict: value <= limit ? "met" : "**missed**",
  };
}

function decodeFigures({ contestants, unit, floor }: DecodeResult): Figure[] {
  const ours = contestants.filter(({ name }) => name.startsWith("cuframe"));
  const times = ours.flatMap((row) => {
    const toUnit = { wall: row.wallToUnit, cpu: row.cpuToUnit };
    const toFloor = { wall: row.wallToFloor, cpu: row.cpuToFloor };
    if (row.work === "rgb") return [ratio(row, unit, toUnit, 1.05)];
    if (row.work !== "frames") return [];
    return [ratio(row, floor, toFloor, 1.02), ratio(row, unit, toUnit, 1.0)];
  });
  const peak = ours.reduce((a, b) => b.peakRssMb > a.peakRssMb ? b : a);
  return [...times, plain(`peak RSS at 1080p (${peak.name})`, peak.peakRssMb, 200, " MB")];
}

function convertFigures({ toBilinear, toPoint }: ConvertResult): Figure[] {
  return [
    plain("one 1080p frame to RGB: time to swscale's, SWS_BILINEAR", toBilinear, 0.8, ""),
    plain("one 1080p frame to RGB: time to swscale's, SWS_POINT", toPoint, 0.8, ""),
  ];
}

function overheadFigures({ microseconds, ratio }: OverheadResult): Figure[] {
  return [
    ...microseconds.map(({ runtime, thread }) =>
      plain(`FFI and JS for one frame, ${runtime}`, thread, 5, " us")
    ),
    ...microseconds.flatMap(({ runtime, gpu }) =>
      gpu === undefined
        ? []
        : [plain(`FFI and JS for one frame of a simulated GPU, ${runtime}`, gpu, 5, " us")]
    ),
    plain("FFI and JS, the slower runtime to the faster", ratio, 2, ""),
  ];
}

function limitedFigures({ figures }: { figures: readonly LimitedFigure[] }): Figure[] {
  return figures.map(({ what, value, limit, unit }) => plain(what, value, limit, unit));
}

/** Packets alone have no target: they are read faster than a process of its own can serve them. */
function remoteFigures({ contestants }: RemoteResult): Figure[] {
  const least = 0.9;
  return contestants.map(({ name, speed, cpuToUnit }) => ({
    what: `http source, local server, ${name}: speed to the file's`,
    target: name.startsWith("packets") ? "" : `>= ${least}`,
    measured: `${speed}, CPU x ${cpuToUnit}`,
    verdict: name.startsWith("packets") ? "" : speed >= least ? "met" : "**missed**",
  }));
}

function statsFigures({ figures }: StatsResult): Figure[] {
  return figures.flatMap(({ runtime, wholeToLoop, statsToExport }) => [
    plain(
      `enableDecodeStats, ${runtime}: CPU time to that of a C loop that exports`,
      wholeToLoop,
      1.1,
      "",
    ),
    plain(
      `enableDecodeStats, ${runtime}: what it adds to what the export adds`,
      statsToExport,
      1.1,
      "",
    ),
  ]);
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

const MEASURED = ["wall s", "CPU s", "wall ratio", "CPU ratio", "peak RSS MB"];

function measuredCells(row: Omit<Measured, "walls" | "cpus">): string[] {
  return [
    row.wallSeconds.toFixed(2),
    row.cpuSeconds.toFixed(2),
    row.wallToUnit.toFixed(2),
    row.cpuToUnit.toFixed(2),
    row.peakRssMb.toFixed(0),
  ];
}

function printAbsent(absent: readonly Absent[]): void {
  for (const { name, reason } of absent) {
    console.log(`\n${name} was not available: ${reason.split("\n")[0]}`);
  }
}

function printDecode({ contestants, frames, rounds, unit, absent }: DecodeResult): void {
  console.log(
    `\n${frames} frames of 1080p H.264, medians of ${rounds} rounds; ` +
      `ratios are medians of pairs with \`${unit}\`.\n`,
  );
  const rows = contestants.map((row) => [row.name, row.work, ...measuredCells(row)]);
  console.log(markdown(["decoder", "work", ...MEASURED], rows));
  printAbsent(absent);
}

function printRandom({ contestants, rounds, unit, absent }: RandomResult): void {
  console.log(
    `\nRandom access to the same clip, and to 900 frames with a GOP of 250, medians of up to ` +
      `${rounds} rounds, opening and indexing included; ratios are to \`${unit}\` on 300 frames.\n`,
  );
  const rows = contestants.map((row) => [row.name, ...measuredCells(row)]);
  console.log(markdown(["what", ...MEASURED], rows));
  printAbsent(absent);
}

const decode = read<DecodeResult>("decode");
const convert = read<ConvertResult>("convert");
const overhead = read<OverheadResult>("ffi_overhead");
const random = read<RandomResult>("random_access");
const remote = read<RemoteResult>("remote");
const sei = read<FiguresResult>("sei");
const encode = read<FiguresResult>("encode");
const encodeOverhead = read<FiguresResult>("encode_overhead");
const segmented = read<FiguresResult>("segmented_transcode");
const stats = read<StatsResult>("decode_stats");
const engines = read<FiguresResult>("cuda_engines");
const reuse = read<FiguresResult>("cuda_reuse");
const about = decode ?? random ?? convert ?? overhead;
if (about === null) throw new Error("bench/results is empty; run the benchmarks first");
const { cpu, cores, memoryMb } = about.machine;
console.log(
  `Measured ${about.date.slice(0, 10)} on ${cores} cores of ${cpu}, ${memoryMb} MB; ` +
    `${about.versions.deno}, ${about.versions.bun}, ${about.versions.ffmpeg}.\n`,
);
const figures = [
  ...(decode === null ? [] : decodeFigures(decode)),
  ...(convert === null ? [] : convertFigures(convert)),
  ...(overhead === null ? [] : overheadFigures(overhead)),
  ...(random === null ? [] : limitedFigures(random)),
  ...(remote === null ? [] : remoteFigures(remote)),
  ...(sei === null ? [] : limitedFigures(sei)),
  ...(encode === null ? [] : limitedFigures(encode)),
  ...(encodeOverhead === null ? [] : limitedFigures(encodeOverhead)),
  ...(segmented === null ? [] : limitedFigures(segmented)),
  ...(stats === null ? [] : statsFigures(stats)),
  ...(engines === null ? [] : limitedFigures(engines)),
  ...(reuse === null ? [] : limitedFigures(reuse)),
];
console.log(markdown(
  ["figure", "target", "measured", ""],
  figures.map(({ what, target, measured, verdict }) => [what, target, measured, verdict]),
));
if (decode !== null) printDecode(decode);
if (random !== null) printRandom(random);
