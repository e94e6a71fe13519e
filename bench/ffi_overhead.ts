/**
 * What JavaScript and FFI cost for each frame, on pictures so small (64x64) that decoding them costs little:
 *
 *     deno run -A bench/ffi_overhead.ts [--rounds 5] [--quick]      (or: bun bench/ffi_overhead.ts)
 *
 * A child process of each runtime iterates `decoder.frames(demuxer)` in raw mode and closes every frame.
 * Three numbers, each in microseconds for one frame, medians over the rounds:
 *
 * - thread: processor time of the JS thread (/proc/thread-self/schedstat, so without the threads of the
 *   decoder, the compiler and the collector) from the 4096th frame to the last. It has everything: the
 *   loop, the FFI calls of each batch, waking and waiting. This is the figure that has a target.
 * - loop: wall time between two frames of one batch, so the part of the loop that makes no FFI call but
 *   close(); the longest 1/32 of the intervals, in which the next batch is awaited, are left out.
 * - process: processor time of the whole process beyond that of the plain C loop on the same clip, start
 *   of the runtime and its compiler included; a check on the others from the outside.
 *
 * The same loop over frames that stay on the simulated GPU gives "gpu": its thread.
 *
 * @module
 */

import { relative } from "node:path";
import { script } from "./harness/contestants.ts";
import { readCountOptions } from "./harness/count_options.ts";
import { measure, median, round, table } from "./harness/measure.ts";
import { onSimulatedGpu } from "./harness/simulated_gpu.ts";
import { clip, program, ROOT, writeResult } from "./harness/workspace.ts";

const RUNTIMES = ["deno", "bun"] as const;

/** Microseconds for one frame. */
interface Cost {
  readonly thread: number;
  readonly loop: number;
  readonly process: number;
  /** As thread, of frames on a GPU. */
  readonly gpu: number;
}

const LOOP = "bench/harness/run_frame_loop.ts";

function smallClip(frames: number): string {
  const source = "testsrc2=s=64x64:r=30,format=yuv420p";
  const rest = `-frames:v ${frames} -c:v libx264 -preset veryfast -g 250 -bf 2`.split(" ");
  return relative(ROOT, clip(`h264_64x64_${frames}.mp4`, ["-f", "lavfi", "-i", source, ...rest]));
}

function oneRound(loop: readonly string[], path: string, frames: number): Map<string, Cost> {
  const floor = measure(loop);
  const costs = new Map<string, Cost>();
  for (const runtime of RUNTIMES) {
    const run = measure(script(runtime, LOOP, path));
    const printed = JSON.parse(run.output);
    const onGpu = onSimulatedGpu(runtime, {}, LOOP, path, "cuda");
    for (const { frames: given } of [printed, onGpu]) {
      if (given !== frames) throw new Error(`${runtime} gave ${given} frames`);
    }
    costs.set(runtime, {
      thread: printed.threadUsPerFrame,
      loop: printed.loopUsPerFrame,
      process: 1e6 * (run.cpu - floor.cpu) / frames,
      gpu: onGpu.threadUsPerFrame as number,
    });
  }
  return costs;
}

function main(): void {
  const { count: rounds, isQuick } = readCountOptions("rounds", 5);
  const frames = 20000;
  const path = smallClip(frames);
  // One thread, as cuframe decodes pictures of this size.
  const loop = [program("plain_c_loop", ["libavformat", "libavcodec", "libavutil"]), path, "1"];
  const all = Array.from({ length: rounds }, () => oneRound(loop, path, frames));
  const costs = RUNTIMES.map((runtime) => {
    const of = (key: keyof Cost): number =>
      round(median(all.map((costs) => costs.get(runtime)![key])), 2);
    return {
      runtime,
      thread: of("thread"),
      loop: of("loop"),
      process: of("process"),
      gpu: of("gpu"),
    };
  });
  console.log(table([
    ["us per frame", "thread", "loop", "process", "gpu"],
    ...costs.map(({ runtime, ...cost }) => [
      runtime,
      ...[cost.thread, cost.loop, cost.process, cost.gpu].map((us) => us.toFixed(2)),
    ]),
  ]));
  const [one, other] = costs.map(({ thread }) => thread);
  const ratio = round(Math.max(one, other) / Math.min(one, other), 2);
  console.log(`the slower runtime costs ${ratio} of the faster`);
  if (!isQuick) writeResult("ffi_overhead", { rounds, frames, microseconds: costs, ratio });
}

main();
