/**
 * Random access with cuframe, as a script would. The same file runs in Deno and in Bun.
 * Usage: run_random_access.ts MODE SOURCE [ARGUMENT]; it prints what the mode gives, as JSON:
 *
 * random CLIP INDEX,...   those frames as RGB by getBatchFramesByIndex()
 * batches CLIP            all frames as RGB by getBatchFrames(32)
 * threaded CLIP           the same with a ThreadedDecoder
 * consumer CLIP           a ThreadedDecoder's frames for a consumer that works 10 ms on each
 * reuse FOLDER            the clips of a folder by one decoder and reconfigureDecoder()
 * anew FOLDER             the same by new decoders for each
 *
 * @module
 */

import { readdirSync } from "node:fs";
import process from "node:process";
import { type Device, type Frame, requestDevice } from "../../mod.ts";
import { Points } from "../peers/points.ts";
import { decodeAnew, decodeReusing } from "./clip_decoding.ts";

const BATCH_FRAMES = 32;
const CONSUMER_MS = 10;
const RGB = { outputColorType: "rgb" } as const;
type Printed = Record<string, unknown>;

function takePoints(frames: readonly Frame[], points: Points): void {
  for (const frame of frames) {
    points.add(frame.data, 3);
    frame.close();
  }
}

async function random(device: Device, clip: string, indices: string): Promise<Printed> {
  const points = new Points();
  await using video = await device.createSimpleDecoder(clip, RGB);
  takePoints(await video.getBatchFramesByIndex(indices.split(",").map(Number)), points);
  return { frames: points.count, points: String(points), ...video.stats };
}

interface BatchSource {
  getBatchFrames(count: number): Promise<Frame[]>;
}

async function takeAll(video: BatchSource): Promise<Printed> {
  const points = new Points();
  for (;;) {
    const frames = await video.getBatchFrames(BATCH_FRAMES);
    if (frames.length === 0) break;
    takePoints(frames, points);
  }
  return { frames: points.count, points: String(points) };
}

async function batches(device: Device, clip: string): Promise<Printed> {
  await using video = await device.createSimpleDecoder(clip, RGB);
  return { ...await takeAll(video), ...video.stats };
}

async function threaded(device: Device, clip: string): Promise<Printed> {
  const options = { ...RGB, bufferSize: BATCH_FRAMES };
  await using video = await device.createThreadedDecoder(clip, options);
  return { ...await takeAll(video), ...video.stats };
}

/** Work that occupies this thread, as a script's own does. */
function workFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

async function consumer(device: Device, clip: string): Promise<Printed> {
  const start = performance.now();
  let frames = 0;
  let consumerMs = 0;
  await using video = await device.createThreadedDecoder(clip, RGB);
  for await (using _frame of video) {
    const from = performance.now();
    workFor(CONSUMER_MS);
    consumerMs += performance.now() - from;
    frames++;
  }
  return { frames, totalMs: performance.now() - start, consumerMs };
}

function clipsOf(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".mp4")).sort().map((name) =>
    `${folder}/${name}`
  );
}

const modes: Readonly<
  Record<string, (device: Device, source: string, argument: string) => Promise<Printed>>
> = {
  random,
  batches,
  threaded,
  consumer,
  reuse: async (_, folder) => ({ ...await decodeReusing(clipsOf(folder)) }),
  anew: async (_, folder) => ({ ...await decodeAnew(clipsOf(folder)) }),
};
const [mode, source, argument] = process.argv.slice(2);
using device = await requestDevice();
console.log(JSON.stringify(await modes[mode](device, source, argument)));
