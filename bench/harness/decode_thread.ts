/**
 * A Worker of the benchmarks, with a device and decoders of its own; started by threads.ts.
 *
 * @module
 */

import { type Device, requestDevice, type SimpleDecoder } from "../../mod.ts";
import { decodeAnew, decodeReusing } from "./clip_decoding.ts";
import { median } from "./measure.ts";
import type { BenchBackend, Job, JobResult } from "./threads.ts";

const devices = new Map<BenchBackend, Promise<Device>>();

/** Kept for all jobs, and with it the decoders of videos that were closed. */
function deviceOf(backend: BenchBackend): Promise<Device> {
  let device = devices.get(backend);
  if (device === undefined) {
    device = requestDevice({ backend });
    devices.set(backend, device);
  }
  return device;
}

/** The median of the times of some rounds, without the opening. */
async function timed(
  { backend, engines, path, rounds }: Job & { path: string; rounds: number },
  round: (video: SimpleDecoder) => Promise<number>,
): Promise<JobResult> {
  const device = await deviceOf(backend);
  await using video = await device.createSimpleDecoder(path, {
    engines,
    waitForSessionWarmUp: true,
  });
  const seconds: number[] = [];
  let frames = 0;
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    frames = await round(video);
    seconds.push((performance.now() - start) / 1000);
  }
  return { frames, seconds: median(seconds) };
}

/** All frames before `count`, in order. */
async function decodeFirst(video: SimpleDecoder, count: number): Promise<number> {
  let frames = 0;
  for await (using _frame of video.slice(0, count)) frames++;
  return frames;
}

/** Some frames by their numbers. */
async function sample(video: SimpleDecoder, indices: readonly number[]): Promise<number> {
  const frames = await video.getBatchFramesByIndex(indices);
  for (const frame of frames) frame.close();
  return frames.length;
}

async function work(job: Job): Promise<JobResult> {
  if (job.kind === "clips") {
    const { engines, backend } = job;
    // Keeps the GPU's context, which is of the process and not of a decoder: PyNvVideoCodec keeps it, too.
    await deviceOf(backend);
    const start = performance.now();
    const decode = job.isReusing ? decodeReusing : decodeAnew;
    const { frames } = await decode(job.paths, { engines, backend });
    return { frames, seconds: (performance.now() - start) / 1000 };
  }
  return job.kind === "first"
    ? await timed(job, (video) => decodeFirst(video, job.count))
    : await timed(job, (video) => sample(video, job.indices));
}

const scope = globalThis as { onmessage?: (event: MessageEvent<Job>) => void };
scope.onmessage = ({ data }) =>
  void work(data).then(postMessage, (error: Error) => postMessage({ error: error.message }));
postMessage("ready");
