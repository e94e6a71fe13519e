/**
 * What transcoding with cuframe is to reach, against the ffmpeg command with the same settings: a whole 1080p file,
 * 20 random segments of 5 s of a 1080p file, 200 of 0.5 s at 360p; and, on a simulated GPU where creating a
 * decoder takes 45 ms, how many decoders and encoders 20 segments need.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { median, pairedRatio, round, type Sample, table } from "./measure.ts";
import type { LimitedFigure } from "./random_figures.ts";
import { type Entrant, type Measured, measured, runRounds } from "./rounds.ts";
import type { TranscodeWork } from "./run_transcode.ts";
import { script } from "./contestants.ts";
import { checkedFrames, framesOf } from "./segment_check.ts";
import {
  commandOf,
  configOf,
  cuframeCommand,
  encodingArguments,
  MODES,
  type SegmentCommand,
  type SegmentEncoding,
  type SegmentTask,
} from "./segment_modes.ts";
import type { SegmentOptions } from "./segment_options.ts";
import { segmentSource } from "./segment_source.ts";
import { framesIn, randomSegments } from "./segments.ts";
import { onSimulatedGpu } from "./simulated_gpu.ts";

const RUNTIMES = ["deno", "bun"] as const;
const FPS = 25;
const GOP = 250;
const CREATE_US = 45_000;
const RSS_LIMIT = 1.2;
/** Rounds with segments take long: all of it shall be done in about 8 minutes. */
const MOST_ROUNDS = { large: 2, small: 1 };

/** P3 is libx264's veryfast. */
const ENCODING: SegmentEncoding = {
  ...{ codec: "h264", preset: "P3", bframes: 3, gop: GOP, bitrate: 6_000_000 },
};

/** A size, and what is cut out of it. */
interface SegmentCase {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  readonly count: number;
  readonly length: number;
  readonly bitrate: number;
}

/** What was measured of a contestant in a case. */
interface Contestant extends Measured {
  readonly name: string;
  readonly medianRssMb: number;
}

/** What a case gave. */
interface CaseResult {
  readonly figures: readonly LimitedFigure[];
  readonly contestants: readonly Contestant[];
}

type Limits = Readonly<Record<"wall" | "cpu" | "rssMb", number | null>>;

/**
 * A source of the figures: with a pattern that is cheap to decode and to encode, so that everything else counts for
 * more.
 */
function sourceOf(folder: string, width: number, height: number, seconds: number): string {
  const clip = { codec: "h264", width, height, fps: FPS, gop: GOP, seconds } as const;
  return segmentSource(`${folder}/source_videos/figures`, { ...clip, picture: "testsrc2" }).path;
}

/** cuframe's samples in each runtime against those of one command. */
function judge(
  what: string,
  samples: ReadonlyMap<string, readonly Sample[]>,
  unit: string,
  limits: Limits,
): CaseResult {
  const units = samples.get(unit)!;
  const words = { wall: "wall time", cpu: "processor time", rssMb: "peak memory" };
  const figures = RUNTIMES.flatMap((runtime) => {
    const own = samples.get(`cuframe, ${runtime}`)!;
    return (["wall", "cpu", "rssMb"] as const).flatMap((key): LimitedFigure[] => {
      const limit = limits[key];
      if (limit === null) return [];
      const [ours, theirs] = [own, units].map((samples) => samples.map((it) => it[key]));
      // Memory does not depend on when it was measured.
      const ratio = key === "rssMb" ? median(ours) / median(theirs) : pairedRatio(ours, theirs);
      const text = `cuframe, ${runtime}: ${what}, ${words[key]} to that of ${unit}`;
      return [{ what: text, value: round(ratio), limit, unit: "" }];
    });
  });
  const contestants = [...samples].map(([name, own]) => ({
    ...{ name: `${name}: ${what}`, ...measured(own, units) },
    medianRssMb: round(median(own.map(({ rssMb }) => rssMb)), 1),
  }));
  return { figures, contestants };
}

/** A whole file of 20 s. */
function wholeFile({ folder, isQuick }: SegmentOptions, rounds: number): CaseResult {
  const path = sourceOf(folder, 1920, 1080, isQuick ? 10 : 20);
  const frames = framesOf(path);
  mkdirSync(`${folder}/whole`, { recursive: true });
  const unit = "ffmpeg";
  const decoding = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", path];
  const encoding = encodingArguments(ENCODING, null);
  const outputOf = (name: string) => `${folder}/whole/${name}.mp4`;
  const entrants: Entrant[] = RUNTIMES.map((runtime) => {
    const work: TranscodeWork = {
      ...{ input: path, config: configOf(ENCODING), device: { backend: "cpu" } },
      ...{ output: outputOf(runtime), concurrency: 1 },
    };
    const job = `${folder}/whole/${runtime}.json`;
    writeFileSync(job, JSON.stringify(work));
    const command = script(runtime, "bench/harness/run_transcode.ts", job);
    return { name: `cuframe, ${runtime}`, command, expected: { frames } };
  });
  const command = [...decoding, ...encoding, "-c:a", "copy", outputOf(unit)];
  const all = [{ name: unit, command, expected: null }, ...entrants];
  const samples = runRounds(() => all, rounds);
  for (const name of [unit, ...RUNTIMES]) {
    const count = framesOf(outputOf(name));
    if (count !== frames) throw new Error(`${outputOf(name)} has ${count} frames, not ${frames}`);
  }
  const limits = { wall: null, cpu: 1.02, rssMb: RSS_LIMIT };
  return judge(`whole 1080p file of ${frames} frames`, samples, unit, limits);
}

/** A contestant whose segments are counted at every call of `count`. */
interface SegmentEntrant extends Entrant {
  readonly count: () => void;
}

function segmentEntrant(
  name: string,
  { command, outputs }: SegmentCommand,
  expected: readonly number[],
): SegmentEntrant {
  const isOurs = name.startsWith("cuframe");
  const frames = expected.reduce((sum, count) => sum + count, 0);
  const count = () => void checkedFrames(outputs, expected, isOurs);
  return { name, command, expected: isOurs ? { frames } : null, count };
}

/** The contestants of a case, beginning with those of ffmpeg. */
function entrantsOf(
  { width, height, seconds, count, length, bitrate }: SegmentCase,
  modes: readonly (1 | 2 | 3)[],
  folder: string,
): SegmentEntrant[] {
  const path = sourceOf(folder, width, height, seconds);
  const segments = randomSegments(seconds, count, length, 1, 1 / FPS);
  const task: SegmentTask = {
    ...{ ...ENCODING, bitrate, source: path, segments, threads: 1, gpu: null },
    folder: `${folder}/${width}x${height}`,
  };
  mkdirSync(task.folder, { recursive: true });
  const expected = segments.map((segment) => framesIn(segment, FPS));
  return [
    ...modes.map((mode) => segmentEntrant(MODES[mode], commandOf(mode, task), expected)),
    ...RUNTIMES.map((runtime) =>
      segmentEntrant(`cuframe, ${runtime}`, cuframeCommand(task, runtime), expected)
    ),
  ];
}

/** Segments against the best of some of ffmpeg's modes, which one run of each finds. */
function segmentsOf(
  one: SegmentCase,
  modes: readonly (1 | 2 | 3)[],
  folder: string,
  rounds: number,
  limits: Limits,
): CaseResult {
  const all = entrantsOf(one, modes, folder);
  const first = runRounds(() => all, 1);
  for (const { count } of all) count();
  const rivals = all.slice(0, modes.length);
  const best = (key: "wall" | "cpu") =>
    rivals.reduce((a, b) => first.get(b.name)![0][key] < first.get(a.name)![0][key] ? b : a);
  const [unit, thrifty] = [best("wall"), best("cpu")];
  const field = all.filter((it) => !rivals.includes(it) || it === unit || it === thrifty);
  const more = rounds > 1 ? runRounds(() => field, rounds - 1) : new Map<string, Sample[]>();
  const samples = new Map(
    [...first].map(([name, samples]) => [name, [...samples, ...more.get(name) ?? []]]),
  );
  // Several encoders at once take much memory: one command after the other takes the least.
  const rivalOf = { wall: unit.name, cpu: thrifty.name, rssMb: MODES[1] };
  const results = (["wall", "cpu", "rssMb"] as const).map((key) => {
    const only = { wall: null, cpu: null, rssMb: null, [key]: limits[key] };
    return judge(one.name, samples, rivalOf[key], only);
  });
  const figures = results.flatMap((result) => result.figures);
  return { figures, contestants: results[0].contestants };
}

/** Decoders and encoders that 20 segments need on a simulated GPU. */
function simulated({ folder }: SegmentOptions): CaseResult {
  const path = sourceOf(folder, 320, 180, 12);
  const segments = randomSegments(12, 20, 0.5, 1, 1 / FPS);
  const task: SegmentTask = {
    ...{ ...ENCODING, bframes: 0, bitrate: 500_000, source: path, segments, threads: 1, gpu: 0 },
    folder: `${folder}/simulated`,
  };
  mkdirSync(task.folder, { recursive: true });
  const frames = segments.reduce((sum, segment) => sum + framesIn(segment, FPS), 0);
  const settings = { create_us: CREATE_US, encode_sessions: 8 };
  const figures = RUNTIMES.flatMap((runtime) => {
    const { command: [, ...words] } = cuframeCommand(task, runtime);
    const job = words.at(-1)!;
    const printed = onSimulatedGpu(runtime, settings, "bench/harness/run_transcode.ts", job);
    if (printed.frames !== frames || printed.hostCopies !== 0) {
      throw new Error(`Not what was asked for: ${JSON.stringify(printed)}`);
    }
    return (["decodersCreated", "encodersCreated"] as const).map((key): LimitedFigure => ({
      what: `simulated GPU, 20 segments, ${runtime}: ${key}`,
      ...{ value: Number(printed[key]), limit: 1, unit: "" },
    }));
  });
  return { figures, contestants: [] };
}

function print(figures: readonly LimitedFigure[], contestants: readonly Contestant[]): void {
  const head = ["contestant", "wall s", "cpu s", "wall/unit", "cpu/unit", "peak MB"];
  const rows = contestants.map((it) => [
    ...[it.name, it.wallSeconds.toFixed(2), it.cpuSeconds.toFixed(2), it.wallToUnit.toFixed(3)],
    ...[it.cpuToUnit.toFixed(3), String(it.medianRssMb)],
  ]);
  console.log(table([head, ...rows]) + "\n");
  const cells = figures.map(({ what, value, limit }) => [
    ...[what, String(value), `<= ${limit}`, value <= limit ? "met" : "MISSED"],
  ]);
  console.log(table([["figure", "measured", "wanted", ""], ...cells]));
}

/** Measures and prints all of it. */
export function measureFigures(options: SegmentOptions): Readonly<Record<string, unknown>> {
  const { folder, isQuick } = options;
  const rounds = isQuick ? 1 : options.pairs;
  const large: SegmentCase = {
    ...{ width: 1920, height: 1080, bitrate: ENCODING.bitrate, seconds: isQuick ? 20 : 300 },
    ...isQuick
      ? { name: "3 segments of 1 s, 1080p", count: 3, length: 1 }
      : { name: "20 segments of 5 s, 1080p", count: 20, length: 5 },
  };
  const small: SegmentCase = {
    ...{ width: 640, height: 360, bitrate: 1_000_000, seconds: isQuick ? 20 : 300, length: 0.5 },
    ...isQuick
      ? { name: "20 segments of 0.5 s, 360p", count: 20 }
      : { name: "200 segments of 0.5 s, 360p", count: 200 },
  };
  const results = [
    simulated(options),
    wholeFile(options, rounds),
    segmentsOf(small, [1], folder, Math.min(rounds, MOST_ROUNDS.small), {
      wall: 0.5,
      cpu: 0.5,
      rssMb: null,
    }),
    segmentsOf(large, [1, 2, 3], folder, Math.min(rounds, MOST_ROUNDS.large), {
      wall: 1,
      cpu: 1,
      rssMb: RSS_LIMIT,
    }),
  ];
  const figures = results.flatMap((result) => result.figures);
  const contestants = results.flatMap((result) => result.contestants);
  print(figures, contestants);
  return { rounds, encoding: ENCODING, figures, contestants };
}
