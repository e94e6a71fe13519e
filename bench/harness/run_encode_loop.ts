/**
 * Encodes the frames of a clip, which stay in the GPU's memory, and measures what its own thread spends on
 * that. The same file runs in Deno and in Bun. Usage: run_encode_loop.ts CLIP; prints one line of JSON.
 *
 * @module
 */

import process from "node:process";
import { type Encoder, type Frame, requestDevice } from "../../mod.ts";
import { median } from "./measure.ts";
import { sleep, threadCpuUs } from "./thread_time.ts";

/** Frames that are decoded before they are encoded: decoding is not what is measured. */
const BATCH = 256;
/** Batches before the measurement, for the compilers of the runtimes. */
const WARM_UP_BATCHES = 8;

const [clip] = process.argv.slice(2);

/** What a batch took of this thread's processor time, in microseconds, and its chunks. */
interface Spent {
  readonly us: number;
  readonly chunks: number;
}

/** One call after another: the thread sleeps until each is done. */
async function inTurn(encoder: Encoder, frames: readonly Frame[]): Promise<Spent> {
  const start = threadCpuUs();
  let chunks = 0;
  for (const frame of frames) {
    chunks += (await encoder.encode(frame)).length;
    frame.close();
  }
  return { us: threadCpuUs() - start, chunks };
}

/** All calls at once, and their outcomes at once: the thread is woken for them once. */
async function atOnce(encoder: Encoder, frames: readonly Frame[]): Promise<Spent> {
  const end = encoder.stats.framesEncoded + frames.length;
  const start = threadCpuUs();
  const calls = frames.map((frame) => {
    const call = encoder.encode(frame);
    frame.close();
    return call;
  });
  const called = threadCpuUs();
  while (encoder.stats.framesEncoded < end) sleep(1);
  // The last one's completion comes a little later.
  sleep(10);
  const done = threadCpuUs();
  let chunks = 0;
  for (const call of calls) chunks += (await call).length;
  return { us: called - start + threadCpuUs() - done, chunks };
}

using device = await requestDevice({ backend: "cuda" });
using demuxer = await device.createDemuxer(clip);
using decoder = await device.createDecoder({ codec: demuxer.codec });
const { width, height } = demuxer;
using encoder = await device.createEncoder({ width, height, preset: "P1", bf: 0, constQp: 32 });
const spent = { inTurn: [] as number[], atOnce: [] as number[] };
let frames = 0;
let chunks = 0;
let batches = 0;
let batch: Frame[] = [];
for await (const frame of decoder.frames(demuxer)) {
  batch.push(frame);
  if (batch.length < BATCH) continue;
  const isInTurn = batches % 2 === 0;
  const one = await (isInTurn ? inTurn : atOnce)(encoder, batch);
  if (batches++ >= WARM_UP_BATCHES) spent[isInTurn ? "inTurn" : "atOnce"].push(one.us / BATCH);
  chunks += one.chunks;
  frames += BATCH;
  batch = [];
}
for (const frame of batch) frame.close();
chunks += (await encoder.endEncode()).length;
console.log(JSON.stringify({
  frames,
  chunks,
  hostCopies: encoder.stats.hostCopies,
  bytesPerChunk: Math.round(encoder.stats.chunkBytes / chunks),
  scriptUsPerFrame: median(spent.atOnce),
  threadUsPerFrame: median(spent.inTurn),
}));
