/**
 * Iterates over the frames of a clip and closes each, and measures what its own thread spends on that. The
 * same file runs in Deno and in Bun. Usage: run_frame_loop.ts CLIP [cuda]; prints one line of JSON. With
 * "cuda" frames are a GPU's and stay there.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import process from "node:process";
import { requestDevice } from "../../mod.ts";
import { threadCpuUs } from "./thread_time.ts";

/** Frames before the measurement, for the compilers of the runtimes. */
const WARM_UP_FRAMES = 4096;
/** The share of intervals between frames that is left out as waiting for the next batch of 64. */
const BATCH_SHARE = 1 / 32;

const [clip, backend] = process.argv.slice(2);
const isOnGpu = backend === "cuda";
using device = await requestDevice({ backend: isOnGpu ? "cuda" : "auto" });
using demuxer = await device.createDemuxer(clip);
using decoder = await device.createDecoder({
  codec: demuxer.codec,
  outputColorType: isOnGpu ? "native" : "raw",
});
const intervals: number[] = [];
let frames = 0;
let cpuStart = 0;
let last = 0;
for await (const frame of decoder.frames(demuxer)) {
  frame.close();
  if (++frames < WARM_UP_FRAMES) continue;
  const now = performance.now();
  if (frames === WARM_UP_FRAMES) cpuStart = threadCpuUs();
  else intervals.push(now - last);
  last = now;
}
const measured = frames - WARM_UP_FRAMES;
const threadUsPerFrame = (threadCpuUs() - cpuStart) / measured;
intervals.sort((a, b) => a - b);
const within = intervals.slice(0, Math.floor(intervals.length * (1 - BATCH_SHARE)));
const loopUsPerFrame = 1000 * within.reduce((sum, value) => sum + value, 0) / within.length;
console.log(JSON.stringify({ frames, threadUsPerFrame, loopUsPerFrame }));
