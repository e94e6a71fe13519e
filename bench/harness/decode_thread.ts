/**
 * A Worker of the benchmarks, with a device and decoders of its own; started by threads.ts.
 *
 * @module
 */

import { type Device, requestDevice } from "../../mod.ts";
import { decodeAnew, decodeReusing } from "./clip_decoding.ts";
import type { Job, JobResult } from "./threads.ts";

/** All frames before `count`, in order. */
async function decodeFirst(
  device: Device,
  path: string,
  count: number,
  engines: number,
): Promise<JobResult> {
  await using video = await device.createSimpleDecoder(path, { engines });
  const start = performance.now();
  let frames = 0;
  for await (using _frame of video.slice(0, count)) frames++;
  return { frames, seconds: (performance.now() - start) / 1000 };
}

/** Some frames by their numbers. */
async function sample(
  device: Device,
  path: string,
  indices: readonly number[],
  engines: number,
): Promise<JobResult> {
  await using video = await device.createSimpleDecoder(path, { engines });
  const start = performance.now();
  const frames = await video.getBatchFramesByIndex(indices);
  const seconds = (performance.now() - start) / 1000;
  for (const frame of frames) frame.close();
  return { frames: frames.length, seconds };
}

async function work(job: Job): Promise<JobResult> {
  const { engines } = job;
  if (job.kind === "clips") {
    const start = performance.now();
    const decode = job.isReusing ? decodeReusing : decodeAnew;
    const { frames } = await decode(job.paths, { engines });
    return { frames, seconds: (performance.now() - start) / 1000 };
  }
  await using device = await requestDevice();
  return job.kind === "first"
    ? await decodeFirst(device, job.path, job.count, engines)
    : await sample(device, job.path, job.indices, engines);
}

const scope = globalThis as { onmessage?: (event: MessageEvent<Job>) => void };
scope.onmessage = ({ data }) =>
  void work(data).then(postMessage, (error: Error) => postMessage({ error: error.message }));
postMessage("ready");
