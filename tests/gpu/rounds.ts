/**
 * Opens, decodes and closes again and again: the GPU's memory and the process's must stay what they are.
 *
 *     deno run -A --v8-flags=--expose-gc tests/gpu/rounds.ts [ROUNDS [SECONDS [LANES]]]
 *
 * Default: 2000 rounds, at most 300 seconds, 8 at a time: NVDEC's sessions take a quarter of a second to end. Ends with status 1 if memory grew.
 */
import process from "node:process";
import type { Device } from "../../mod.ts";
import { residentBytes, residentGrowth } from "../process/resident_memory.ts";
import { clip } from "../support/clips.ts";
import { keepFindings } from "./findings.ts";
import { gpuDevice, isSimulated } from "./gpu_device.ts";
import { freeGpuBytes } from "./gpu_memory.ts";

/** Batches of rounds from sample to sample. */
const kEvery = 5;
/** Less than two decoders of 1080p take. */
const kVideoMemoryBytes = 64 << 20;
const kResidentBytes = 24 << 20;

const rounds = Number(process.argv[2] ?? 2000);
const end = performance.now() + 1000 * Number(process.argv[3] ?? 300);
const lanes = Number(process.argv[4] ?? 8);
const names = ["h264_b_pyramid.mp4", "hevc_10bit.mp4", "vp9.webm", "h264_1080p.mp4"];
const paths = await Promise.all(names.map(async (name) => (await clip(name)).path));

/** All frames, or the first one. */
async function inOrder(device: Device, path: string, isWhole: boolean): Promise<number> {
  await using demuxer = await device.createDemuxer(path);
  await using decoder = await device.createDecoder({
    codec: demuxer.codec,
    outputColorType: isWhole ? "native" : "rgb",
  });
  let frames = 0;
  for await (using _frame of decoder.frames(demuxer)) {
    frames++;
    if (!isWhole) break;
  }
  return frames;
}

async function byIndex(device: Device, path: string): Promise<number> {
  await using video = await device.createSimpleDecoder(path);
  const frames = await video.getBatchFramesByIndex([-1, 3, 12]);
  using tensor = await frames[0].toTensor({ dtype: "float16" });
  for (const frame of frames) frame.close();
  return frames.length + (tensor.byteLength > 0 ? 0 : NaN);
}

async function round(device: Device, at: number): Promise<number> {
  const path = paths[Math.floor(at / 4) % paths.length];
  if (at % 4 < 2) return await inOrder(device, path, at % 4 === 0);
  if (at % 4 === 2) return await byIndex(device, path);
  using own = await gpuDevice();
  return await byIndex(own, path);
}

{
  await using device = await gpuDevice();
  const resident: number[] = [];
  const free: number[] = [];
  let frames = 0, done = 0;
  const start = performance.now();
  while (done < rounds && performance.now() < end) {
    const batch = Array.from({ length: lanes }, (_, lane) => round(device, done + lane));
    for (const count of await Promise.all(batch)) frames += count;
    done += lanes;
    if (done / lanes % kEvery !== 0) continue;
    resident.push(residentBytes());
    // What the device keeps for the next round, by its own word, is not lost.
    const { pooledBytes, decoderBytes } = device.stats.gpuMemory!;
    free.push(freeGpuBytes(device.cudaContext!) + pooledBytes + decoderBytes);
  }
  const seconds = (performance.now() - start) / 1000;
  const host = residentGrowth(resident);
  const video = residentGrowth(free);
  const hostGrowth = host.lastQuarter - host.secondQuarter;
  const videoGrowth = video.secondQuarter - video.lastQuarter;
  const { liveHandles, decodersCreated, decodersReused, gpuMemory } = device.stats;
  // The memory of the simulated GPU is the process's.
  const isFlat = (isSimulated || hostGrowth < kResidentBytes) && videoGrowth < kVideoMemoryBytes;
  const result = {
    ...{ rounds: done, frames, seconds, isFlat, hostGrowth, videoGrowth, liveHandles },
    ...{ decodersCreated, decodersReused, gpuMemory },
  };
  keepFindings("rounds", { ...result, resident, free });
  console.log(JSON.stringify(result));
  if (!isFlat || liveHandles > 0) process.exitCode = 1;
}
