/**
 * What `enableDecodeStats` costs, beside what libav's export costs a plain C loop that sets the same flags and
 * throws the side data away. One 1080p H.264 clip, one thread, whole child processes in turns, CPU time.
 *
 *     deno run -A bench/decode_stats.ts [--pairs 11] [--quick] [--only TEXT]...
 *
 * --quick: 2 pairs on a clip of 60 frames, not written to bench/results. --only: contestants whose name
 * contains TEXT, beside the C loops and cuframe in Deno.
 *
 * @module
 */

import { relative } from "node:path";
import { benchClip, script } from "./harness/contestants.ts";
import { median, round, type Sample, table } from "./harness/measure.ts";
import { type Entrant, measured, readRoundOptions, runRounds, warmUp } from "./harness/rounds.ts";
import { program, ROOT, writeResult } from "./harness/workspace.ts";

const LIBAV = ["libavformat", "libavcodec", "libavutil"];
const LOOP = "plain C loop";
const LOOP_EXPORT = "plain C loop, export flags";
const RUNTIMES = ["deno", "bun"] as const;
const MODES = [["none", "cuframe"], ["made", "cuframe, statistics"], [
  "parsed",
  "cuframe, parsed",
]] as const;

function field(frames: number): Entrant[] {
  const path = relative(ROOT, benchClip(frames));
  const loop = relative(ROOT, program("plain_c_loop", LIBAV));
  const loops = [[LOOP, "slices", 0], [LOOP_EXPORT, "stats", frames]] as const;
  const ours = MODES.flatMap(([mode, name]) =>
    RUNTIMES.map((runtime) => ({
      name: `${name}, ${runtime}`,
      command: script(runtime, "bench/harness/run_decode_stats.ts", path, mode),
      expected: { frames, told: mode === "none" ? 0 : frames },
    }))
  );
  return [
    ...loops.map(([name, mode, told]) => ({
      name,
      command: [loop, path, "1", mode],
      expected: { frames, told },
    })),
    ...ours,
  ];
}

/** Median over the rounds of the CPU seconds that `more` took beyond `less`. */
function extra(more: readonly Sample[], less: readonly Sample[]): number {
  return median(more.map(({ cpu }, i) => cpu - less[i].cpu));
}

function figures(samples: Map<string, Sample[]>, frames: number) {
  const get = (name: string): Sample[] => samples.get(name)!;
  const exported = extra(get(LOOP_EXPORT), get(LOOP));
  const perFrame = (seconds: number): number => round(1000 * seconds / frames);
  return RUNTIMES.filter((runtime) => samples.has(`cuframe, ${runtime}`)).map((runtime) => {
    const [none, made, parsed] = MODES.map(([, name]) => get(`${name}, ${runtime}`));
    return {
      runtime,
      exportMsPerFrame: perFrame(exported),
      statsMsPerFrame: perFrame(extra(made, none)),
      parsedMsPerFrame: perFrame(extra(parsed, none)),
      statsToExport: round(extra(made, none) / exported),
      wholeToLoop: measured(made, get(LOOP_EXPORT)).cpuToUnit,
    };
  });
}

function main(): void {
  const { rounds, quick, only } = readRoundOptions();
  const frames = quick ? 60 : 300;
  const entrants = warmUp(field(frames), [], () => true).filter(({ name }) =>
    !name.endsWith("bun") || only.length === 0 || only.some((text) => name.includes(text))
  );
  const samples = runRounds(() => entrants, rounds);
  const contestants = entrants.map(({ name, command }) => ({
    ...{ name, command: command.join(" ") },
    ...measured(samples.get(name)!, samples.get(LOOP)!),
  }));
  console.log(table([
    ["contestant", "cpu s", "cpu/C loop", "wall s", "RSS MB"],
    ...contestants.map((row) => [
      ...[row.name, row.cpuSeconds.toFixed(2), row.cpuToUnit.toFixed(3)],
      ...[row.wallSeconds.toFixed(2), row.peakRssMb.toFixed(0)],
    ]),
  ]));
  const told = figures(samples, frames);
  console.log(table([
    Object.keys(told[0]),
    ...told.map((row) => Object.values(row).map(String)),
  ]));
  if (quick || only.length > 0) return;
  writeResult("decode_stats", { rounds, frames, unit: LOOP, figures: told, contestants });
}

main();
