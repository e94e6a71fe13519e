/**
 * The first thing to run on a GPU: decodes one clip in each way and prints what came and how long it took.
 * Goes on after what fails; exit status 1 if anything did.
 */
import process from "node:process";
import { type Device, UnsupportedError } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { keepFindings } from "./findings.ts";
import { compareBackends, kLooks, type LookName } from "./golden.ts";
import { cpuDevice, gpuDevice } from "./gpu_device.ts";

const kClips = [
  ...["h264_b_pyramid.mp4", "h264_1080p.mp4", "hevc.mp4", "hevc_10bit.mp4", "vp8.webm", "vp9.webm"],
  ...["av1.mp4", "mpeg2.ts", "mjpeg.avi"],
];
const findings: Record<string, string> = {};

async function step(name: string, work: () => Promise<string>): Promise<void> {
  const start = performance.now();
  try {
    findings[name] = await work();
  } catch (error) {
    const isRefused = error instanceof UnsupportedError;
    findings[name] = `${isRefused ? "refused" : "FAILED"}: ${error}`;
    if (!isRefused) process.exitCode = 1;
  }
  console.log(`${name}: ${findings[name]} (${(performance.now() - start).toFixed(0)} ms)`);
  keepFindings("smoke", findings);
}

async function sampled(device: Device): Promise<string> {
  const { path } = await clip("h264_b_pyramid.mp4");
  await using video = await device.createSimpleDecoder(path, { outputColorType: "rgb" });
  const frames = await video.getBatchFramesByIndex([40, 3, 3, -1]);
  const told = frames.map((frame) => `${frame.index}@${frame.devicePointer}`);
  for (const frame of frames) frame.close();
  using batch = await video.getBatchTensor([0, 20, 40], { layout: "nchw", dtype: "float16" });
  return `${told.join(" ")}, tensor of ${batch.byteLength} bytes, ${JSON.stringify(video.stats)}`;
}

await step("device", async () => {
  using device = await gpuDevice();
  return `gpu ${device.gpu}, context ${device.cudaContext}`;
});
for (const name of kClips) {
  for (const look of Object.keys(kLooks)) {
    await step(`${name} ${look}`, async () => {
      using gpu = await gpuDevice();
      using cpu = await cpuDevice();
      const result = await compareBackends(cpu, gpu, (await clip(name)).path, look as LookName);
      return JSON.stringify(result);
    });
  }
}
await step("sampling", async () => {
  using device = await gpuDevice();
  return await sampled(device);
});
await step("threaded", async () => {
  using device = await gpuDevice();
  const { path } = await clip("hevc.mp4");
  await using video = await device.createThreadedDecoder(path, { bufferSize: 4 });
  let frames = 0;
  for await (using _frame of video) frames++;
  return `${frames} frames, ${JSON.stringify(device.stats)}`;
});
