/**
 * Opens a video for random access, once without and then many times with an index that is kept. The same file
 * runs in Deno and in Bun.
 * Usage: run_index.ts VIDEO TIMES
 * It prints milliseconds and the bytes that the first opening read.
 *
 * @module
 */

import process from "node:process";
import { requestDevice } from "../../mod.ts";

const [path, count] = process.argv.slice(2);
const times = Number(count);
using device = await requestDevice();

async function open(): Promise<{ frames: number; bytesRead: number; ms: number }> {
  const start = performance.now();
  using video = await device.createSimpleDecoder(path);
  const ms = performance.now() - start;
  return { frames: video.length, bytesRead: video.stats.bytesRead, ms };
}

const { frames, bytesRead, ms } = await open();
const keptMs: number[] = [];
for (let i = 0; i < times; i++) keptMs.push((await open()).ms);
const hits = device.stats.indexCacheHits;

const start = performance.now();
using video = await device.createSimpleDecoder(path);
(await video.at(frames >> 1)).close();
const frameMs = performance.now() - start;
console.log(JSON.stringify({ frames, bytesRead, ms, keptMs, hits, frameMs }));
