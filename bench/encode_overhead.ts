/**
 * What JavaScript costs for each frame that is encoded where it is, in a GPU's memory, on pictures so small
 * (160x96) that the simulated NVENC keeps pace:
 *
 *     deno run -A bench/encode_overhead.ts [--rounds 5] [--quick]
 *
 * Two numbers, in microseconds of the JS thread's processor time for one frame, medians over the rounds:
 *
 * - script: encode(), its promise, taking its chunk, close(), where many outcomes are there at one waking.
 *   It has the copy of the chunk's bytes, of which there are few. This is the figure that has a target.
 * - thread: the same where each encode() is awaited before the next is called, so with the runtime's falling
 *   asleep and being woken for each frame: a timer of setInterval() costs the runtimes as much.
 *
 * --quick: one round, not written to bench/results.
 *
 * @module
 */

import { relative } from "node:path";
import { readCountOptions } from "./harness/count_options.ts";
import { median, round, table } from "./harness/measure.ts";
import type { LimitedFigure } from "./harness/random_figures.ts";
import { onSimulatedGpu } from "./harness/simulated_gpu.ts";
import { clip, ROOT, writeResult } from "./harness/workspace.ts";

const RUNTIMES = ["deno", "bun"] as const;
const FRAMES = 8192;
const [WIDTH, HEIGHT] = [160, 96];
/** Microseconds of script for one frame. */
const LIMIT = 10;

/** What one run of the loop gave. */
interface Run {
  readonly scriptUsPerFrame: number;
  readonly threadUsPerFrame: number;
  readonly bytesPerChunk: number;
}

function smallClip(): string {
  const source = `testsrc2=s=${WIDTH}x${HEIGHT}:r=30,format=yuv420p`;
  const rest = `-frames:v ${FRAMES} -c:v libx264 -preset veryfast -g 250 -bf 2`.split(" ");
  const name = `h264_${WIDTH}x${HEIGHT}_${FRAMES}.mp4`;
  return relative(ROOT, clip(name, ["-f", "lavfi", "-i", source, ...rest]));
}

function oneRun(runtime: "deno" | "bun", path: string): Run {
  const printed = onSimulatedGpu(
    runtime,
    { encode_sessions: 1 },
    "bench/harness/run_encode_loop.ts",
    path,
  );
  const { frames, chunks, hostCopies } = printed;
  if (frames !== FRAMES || chunks !== FRAMES || hostCopies !== 0) {
    throw new Error(`${runtime}: not what was asked for: ${JSON.stringify(printed)}`);
  }
  return printed as unknown as Run;
}

function main(): void {
  const { count: rounds, isQuick } = readCountOptions("rounds", 5);
  const path = smallClip();
  const runs = Array.from(
    { length: rounds },
    () => RUNTIMES.map((runtime) => oneRun(runtime, path)),
  );
  const rows = RUNTIMES.map((runtime, i) => ({
    runtime,
    script: round(median(runs.map((both) => both[i].scriptUsPerFrame)), 2),
    thread: round(median(runs.map((both) => both[i].threadUsPerFrame)), 2),
    bytesPerChunk: runs[0][i].bytesPerChunk,
  }));
  console.log(table([
    ["us per frame", "script", "thread", "bytes"],
    ...rows.map((
      { runtime, script, thread, bytesPerChunk },
    ) => [runtime, script.toFixed(2), thread.toFixed(2), String(bytesPerChunk)]),
  ]));
  const figures = rows.map(({ runtime, script }): LimitedFigure => ({
    what: `simulated GPU, encoding frames in its memory, ${runtime}: script for each`,
    ...{ value: script, limit: LIMIT, unit: " us" },
  }));
  if (!isQuick) writeResult("encode_overhead", { rounds, frames: FRAMES, rows, figures });
}

main();
