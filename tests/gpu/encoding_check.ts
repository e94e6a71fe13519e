/**
 * Encoding and transcoding on a GPU: by NVENC where it has one; else refused for "cuda" by a sentence that says
 * what would work, and for "auto" NVDEC decodes for the CPU's encoder.
 */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { test } from "node:test";
import { type Device, requestDevice, type TranscodeResult, UnsupportedError } from "../../mod.ts";
import { barcodeOf, numbersOf } from "../contract/contract_device.ts";
import { clip } from "../support/clips.ts";
import { inFolder } from "../support/folder.ts";
import { keepFindings } from "./findings.ts";
import { cpuDevice, gpu, gpuDevice, onGpu } from "./gpu_device.ts";

const kClip = "h264_b_pyramid.mp4";
const kConfig = { codec: "h264", preset: "P1", rc: "constqp", constQp: 20 } as const;
const kNoEncoder = /NVENC.*backend "cpu"/;

const support = await gpu?.encoderSupport({ codec: "h264", width: 640, height: 360 });
const findings: Record<string, unknown> = { support };
/** Whose encoder an "auto" device takes. */
const encoderBackend = support?.isSupported ? "cuda" : "cpu";

/** The barcodes of a file by the CPU backend. */
async function shown(path: string): Promise<number[]> {
  using device = await cpuDevice();
  await using demuxer = await device.createDemuxer(path);
  using decoder = await device.createDecoder({ codec: demuxer.codec });
  return await numbersOf(decoder.frames(demuxer));
}

test("a GPU without NVENC refuses and says what would work", onGpu, async () => {
  if (encoderBackend === "cuda") return;
  assertMatch(support!.reason, kNoEncoder);
  using device = await gpuDevice();
  const encoder = () => device.createEncoder({ width: 640, height: 360, ...kConfig });
  const error = await assertRejects(encoder, UnsupportedError);
  assertMatch(error.message, kNoEncoder);
  const { path } = await clip(kClip);
  const transcoder = async (): Promise<void> => {
    await using transcoder = await device.createTranscoder(path, { bytes: true }, kConfig);
    await transcoder.transcodeWithMux();
  };
  await assertRejects(transcoder, UnsupportedError);
});

for (const name of [kClip, "h264_open_gop.mp4", "hevc.mp4", "vp9_alt_ref.webm", "mpeg2.ts"]) {
  test(`segments of ${name} have exactly their frames`, onGpu, async () => {
    const { path, numbers } = await clip(name);
    using device = await requestDevice({ backend: "auto" });
    await inFolder(async (folder) => {
      const whole = join(folder, "whole.mp4");
      await using transcoder = await device.createTranscoder(path, whole, kConfig);
      const told: TranscodeResult = await transcoder.transcodeWithMux();
      findings[name] = { ...told };
      assertEquals([told.decoderBackend, told.encoderBackend], ["cuda", encoderBackend]);
      assertEquals(await shown(whole), [...numbers]);
      const { length, duration } = transcoder;
      const cuts = [0, 1, Math.floor(length / 2), length - 1, length];
      const segments = cuts.slice(1).map((end, i) => ({
        // Between two frames, since times of frames may be rounded.
        start: Math.max(0, (cuts[i] - 0.5) / length * duration),
        end: end === length ? duration : (end - 0.5) / length * duration,
        output: join(folder, `${i}.mp4`),
      }));
      await transcoder.transcodeSegments(segments);
      const parts = await Promise.all(segments.map(({ output }) => shown(output)));
      assertEquals(parts, cuts.slice(1).map((end, i) => numbers.slice(cuts[i], end)));
      keepFindings("encoding", findings);
    });
  });
}

/** Decodes on the GPU and encodes as the device does; the barcodes of the stream, by the CPU backend. */
async function encodedOnTheWay(device: Device, path: string): Promise<number[]> {
  await using demuxer = await device.createDemuxer(path);
  using decoder = await device.createDecoder({ codec: demuxer.codec });
  const { width, height } = demuxer;
  using encoder = await device.createEncoder({ width, height, ...kConfig });
  assertEquals(encoder.backend, encoderBackend);
  using host = await cpuDevice();
  using reader = await host.createDecoder({ codec: "h264" });
  const numbers: number[] = [];
  for await (const chunk of encoder.encodeAll(decoder.frames(demuxer))) {
    for (using frame of await reader.decode(chunk.toPacket())) numbers.push(await barcodeOf(frame));
  }
  for (using frame of await reader.flush()) numbers.push(await barcodeOf(frame));
  return numbers;
}

test("an auto device encodes what NVDEC decoded", onGpu, async () => {
  const { path, numbers } = await clip(kClip);
  using device = await requestDevice({ backend: "auto" });
  assertEquals(await encodedOnTheWay(device, path), [...numbers]);
});
