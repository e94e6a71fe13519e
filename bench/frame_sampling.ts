/**
 * The guide's benchmark of frame retrieval: the first frames in order, evenly spaced frames and random ones
 * without repeats, with 1 and with N threads. Each thread is a Worker with a decoder of its own, and all of
 * them decode the same clip.
 *
 *     deno run -A bench/frame_sampling.ts --nvdecs 2 [--resolution 1280x720] [--gop 30 250]
 *     bun bench/frame_sampling.ts --nvdecs 2
 *
 * It writes benchmark_results.json and keeps its clips in benchmark_videos/, both in the current folder or in
 * that of --folder. Opening and indexing are not in the times. Efficiency is the time to decode all frames up
 * to the last wanted one, divided by the time to fetch the wanted ones.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { guideClip } from "./harness/guide_clips.ts";
import { readGuideOptions, wholeNumber } from "./harness/guide_options.ts";
import { round, table } from "./harness/measure.ts";
import { randomIndices } from "./harness/random_indices.ts";
import {
  type BenchBackend,
  benchBackend,
  type Job,
  Threads,
  type ThreadsResult,
} from "./harness/threads.ts";
import { machine, versions } from "./harness/workspace.ts";

interface Options {
  readonly threads: number;
  readonly width: number;
  readonly height: number;
  readonly gops: readonly number[];
  readonly seconds: number;
  readonly fps: number;
  readonly sequentialFrames: number;
  readonly sampledFrames: number;
  readonly engines: number;
  readonly backend: BenchBackend;
  readonly rounds: number;
  readonly isVerbose: boolean;
  readonly folder: string;
}

interface Row {
  readonly pattern: "sequential" | "uniform" | "random";
  readonly video: string;
  readonly threads: number;
  readonly fps: number;
  /** Null for "sequential". */
  readonly efficiency: number | null;
  readonly seconds: number;
  readonly threadFps: readonly number[];
}

const one = "one";
const GUIDE_OPTIONS = {
  nvdecs: {
    names: ["--nvdecs", "--threads"],
    default: null,
    takes: one,
    help: "threads; for NVDEC, as many as the GPU has of it",
  },
  resolution: {
    names: ["--resolution", "-res"],
    default: ["1920x1080"],
    takes: one,
    help: "size of the clips",
  },
  gop: { names: ["--gop", "-g"], default: ["30", "250"], takes: "many", help: "GOP sizes" },
  duration: { names: ["--duration", "-d"], default: ["30"], takes: one, help: "seconds" },
  fps: { names: ["--fps", "-f"], default: ["30"], takes: one, help: "frames per second" },
  sequential: {
    names: ["--num-seq-frames", "-seq"],
    default: ["100"],
    takes: one,
    help: "frames to decode in order",
  },
  sampled: {
    names: ["--num-samp-frames", "-samp"],
    default: ["30"],
    takes: one,
    help: "frames to sample",
  },
  engines: {
    names: ["--engines"],
    default: ["1"],
    takes: one,
    help: "decoders that one thread may use at once, as one thread drives one NVDEC",
  },
  backend: {
    names: ["--backend"],
    default: ["auto"],
    takes: one,
    help: "auto, cpu or cuda; with cuda frames stay on the GPU",
  },
  rounds: { names: ["--rounds"], default: ["1"], takes: one, help: "of which the median counts" },
  verbose: { names: ["--verbose", "-v"], default: [], takes: "none", help: "show each thread" },
  folder: { names: ["--folder"], default: ["."], takes: one, help: "for results and clips" },
} as const;

function readOptions(): Options {
  const given = readGuideOptions(process.argv.slice(2), GUIDE_OPTIONS);
  const [width, height] = given.resolution[0].split("x").map((side) =>
    wholeNumber("--resolution", side, 2)
  );
  return {
    ...{ width, height },
    threads: wholeNumber("--nvdecs", given.nvdecs[0]),
    gops: given.gop.map((gop) => wholeNumber("--gop", gop)),
    seconds: wholeNumber("--duration", given.duration[0]),
    fps: wholeNumber("--fps", given.fps[0]),
    sequentialFrames: wholeNumber("--num-seq-frames", given.sequential[0]),
    sampledFrames: wholeNumber("--num-samp-frames", given.sampled[0]),
    engines: wholeNumber("--engines", given.engines[0]),
    backend: benchBackend(given.backend[0]),
    rounds: wholeNumber("--rounds", given.rounds[0]),
    isVerbose: given.verbose.length > 0,
    folder: resolve(given.folder[0]),
  };
}

function uniformIndices(length: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(i * length / count));
}

/** The rows of one clip and one number of threads. */
async function measureClip(
  path: string,
  video: string,
  threads: Threads,
  { fps, seconds, sequentialFrames, sampledFrames, ...options }: Options,
): Promise<Row[]> {
  const length = fps * seconds;
  const { engines, backend, rounds } = options;
  const how = { path, engines, backend, rounds };
  const first = (count: number): Job => ({ kind: "first", count, ...how });
  const row = (
    pattern: Row["pattern"],
    result: ThreadsResult,
    efficiency: number | null,
  ): Row => ({
    ...{ pattern, video, efficiency, threads: threads.count },
    fps: round(result.fps, 1),
    seconds: round(result.seconds),
    threadFps: result.threads.map((thread) => round(thread.frames / thread.seconds, 1)),
  });
  const sampling = async (
    pattern: "uniform" | "random",
    indicesOf: (thread: number) => number[],
  ): Promise<Row> => {
    const result = await threads.run((thread) => ({
      kind: "sample",
      indices: indicesOf(thread),
      ...how,
    }));
    const inOrder = await threads.run((thread) => first(Math.max(...indicesOf(thread)) + 1));
    return row(pattern, result, round(inOrder.seconds / result.seconds, 2));
  };
  // Compilers and caches.
  await threads.run(() => first(1));
  const count = Math.min(sampledFrames, length);
  return [
    row("sequential", await threads.run(() => first(Math.min(sequentialFrames, length))), null),
    await sampling("uniform", () => uniformIndices(length, count)),
    await sampling("random", (thread) => randomIndices(length, count, thread)),
  ];
}

function print(rows: readonly Row[], { isVerbose }: Options): void {
  console.log(table([
    ["video", "pattern", "threads", "FPS", "efficiency"],
    ...rows.map(({ pattern, video, threads, fps, efficiency }) => [
      video,
      pattern,
      String(threads),
      fps.toFixed(1),
      efficiency === null ? "" : `${efficiency.toFixed(2)}x`,
    ]),
  ]));
  if (!isVerbose) return;
  for (const { pattern, video, threads, seconds, threadFps } of rows) {
    console.log(`${video}, ${pattern}, ${threads} threads: ${seconds} s; FPS ${threadFps.join()}`);
  }
}

async function main(): Promise<void> {
  const options = readOptions();
  const { width, height, fps, seconds, gops, folder } = options;
  const rows: Row[] = [];
  for (const count of new Set([1, options.threads])) {
    using threads = await Threads.start(count);
    for (const gop of gops) {
      const clip = { codec: "h264", width, height, fps, seconds, gop } as const;
      const path = guideClip(`${folder}/benchmark_videos`, clip);
      const video = `${width}x${height} ${gop}gop ${seconds}s`;
      rows.push(...await measureClip(path, video, threads, options));
    }
  }
  print(rows, options);
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/benchmark_results.json`;
  const about = { date: new Date().toISOString(), machine: machine(), versions: versions() };
  writeFileSync(path, JSON.stringify({ ...about, options, results: rows }, null, 2) + "\n");
  console.log(`written to ${path}`);
}

await main();
