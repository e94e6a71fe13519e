/** Every displayed frame of every clip, which frame it is and what is known of it. */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import type { Frame } from "../../mod.ts";
import { allClips, type Clip, clip, vfrTime } from "../support/clips.ts";
import type { ProbedFrame } from "../support/ffmpeg.ts";
import { backendOf, barcodeOf, decodePackets, numbersOf, withDevice } from "./contract_device.ts";
import { colorSpaceIn, nativeFormatOf, reference, rotationIn, videoOf } from "./reference.ts";

/** Containers without times of their own, where libav and its users make them up. */
const kUntimed = /\.(h264|h265|obu)$/;

function checkTime(frame: Frame, pts: number | undefined): void {
  if (pts === undefined) return;
  assertEquals(frame.pts, pts);
  const exact = pts * frame.timeBase.num / frame.timeBase.den * 1e6;
  assert(Math.abs(frame.timestamp! - exact) <= 0.5000001, `${frame.timestamp} is not ${exact} µs`);
}

async function checkFrame(
  frame: Frame,
  wanted: ProbedFrame,
  clip: Clip,
  rotation: number,
): Promise<void> {
  const { width, height, pixelFormat, keyFrame, interlaced, topFieldFirst } = wanted;
  assertEquals([frame.width, frame.height], [width, height]);
  assert(frame.codedWidth >= width && frame.codedHeight >= height, "The coded size is too small");
  assertEquals(frame.format as string, nativeFormatOf(pixelFormat));
  assertEquals(frame.bitDepth, Number(/p(\d+)le$/.exec(pixelFormat)?.[1] ?? 8));
  assertEquals(frame.dtype, frame.bitDepth > 8 ? "uint16" : "uint8");
  assertEquals([frame.isKey, frame.isInterlaced], [keyFrame, interlaced]);
  if (interlaced) assertEquals(frame.isTopFieldFirst, topFieldFirst);
  assertEquals(frame.pictureType ?? "?", wanted.pictureType);
  assertEquals(frame.rotation, rotation);
  assertEquals(frame.colorSpace, colorSpaceIn(wanted.record));
  assertEquals([frame.decodeStatus, frame.backend], ["ok", await backendOf(clip)]);
  assertEquals(frame.isClosed, false);
  if (clip.vfr) assertEquals(frame.timestamp, vfrTime(await barcodeOf(frame)) * 1000);
}

for (const { name, state } of allClips()) {
  if (state !== "good") continue;

  test(`frames() gives every frame of ${name} as ffprobe describes it`, async () => {
    const playable = await clip(name);
    const said = await reference(playable);
    const rotation = rotationIn(videoOf(said));
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer(playable.path);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      const numbers: number[] = [];
      for await (using frame of decoder.frames(demuxer)) {
        const wanted = said.frames[numbers.length];
        numbers.push(await barcodeOf(frame));
        await checkFrame(frame, wanted, playable, rotation);
        if (!kUntimed.test(name)) checkTime(frame, wanted.pts);
      }
      assertEquals(numbers, [...playable.numbers]);
      assertEquals(decoder.stats.framesDecoded, numbers.length);
      assertEquals(decoder.stats.framesCorrupt, 0);
    }, { clips: [name] });
  });

  test(`decode() and flush() give every frame of ${name}`, async () => {
    const { path, numbers } = await clip(name);
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      assertEquals(await numbersOf(decodePackets(decoder, demuxer)), [...numbers]);
      assert(decoder.stats.packetsDecoded > 0, "No packet was counted");
    }, { clips: [name] });
  });

  test(`packets of ${name} as stored decode with decoderConfig`, async () => {
    const { path, numbers } = await clip(name);
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer(path, { bitstream: "container" });
      using decoder = await device.createDecoder(demuxer.decoderConfig);
      assertEquals(await numbersOf(decodePackets(decoder, demuxer)), [...numbers]);
    }, { clips: [name] });
  });
}

test("frames of an elementary stream are in order of time where it has times", async () => {
  for (const name of ["h264.h264", "hevc.h265", "av1.obu"]) {
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer((await clip(name)).path);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      const times: (number | null)[] = [];
      for await (using frame of decoder.frames(demuxer)) times.push(frame.timestamp);
      const known = times.filter((time) => time !== null);
      assert(known.length === 0 || known.length === times.length, `${name}: ${times}`);
      assertEquals(known, [...new Set(known)].sort((a, b) => a - b));
    }, { clips: [name] });
  }
});
