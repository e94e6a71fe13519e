/** SEI messages come with the picture that they were sent with, whatever the order and the way. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import type { Device, Frame } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { once, type Pictures, picturesOf, writePictures } from "../support/sei_clips.ts";
import {
  concat,
  kH264,
  kHevc,
  metadataObu,
  type NalCodec,
  seiUnit,
  userData,
  withMetadata,
  withSei,
  type WrittenSei,
} from "../support/sei_streams.ts";
import { barcodeOf, decodePackets, withDevice } from "./contract_device.ts";
import { ClosedError, Packet } from "./cuframe.ts";

const kText = new TextEncoder();
const kTrailing = Uint8Array.of(0x80);
/** Needs more than one byte for its type and its size, and emulation prevention. */
const kLong: WrittenSei = { type: 300, payload: new Uint8Array(700) };

/** A clip whose every picture has SEI that names its number: two units with three messages. */
async function numbered(name: string, source: string, codec: NalCodec): Promise<string> {
  const { units, numbers } = await picturesOf((await clip(source)).path, codec);
  const pictures: Pictures = {
    numbers,
    units: units.map((picture, i) => {
      const first = seiUnit(codec.seiHeader, [userData(`picture ${numbers[i]}`), kLong]);
      const second = seiUnit(codec.seiHeader, [userData("second unit")]);
      const suffix = codec === kHevc
        ? [seiUnit(codec.suffixHeader, [userData(`suffix ${numbers[i]}`)])]
        : [];
      return withSei(picture, codec, [first, second], suffix);
    }),
  };
  return await writePictures(name, pictures, codec);
}

const paths: readonly [name: string, make: () => Promise<string>][] = [
  ["H.264 in mp4", () => numbered("b.mp4", "h264_b_pyramid.mp4", kH264)],
  ["H.264 in a transport stream", () => numbered("b.ts", "h264_b_pyramid.mp4", kH264)],
  ["H.264 without a container", () => numbered("b.h264", "h264_b_pyramid.mp4", kH264)],
  ["H.264 with open GOPs", () => numbered("open.mp4", "h264_open_gop.mp4", kH264)],
  ["HEVC in mp4", () => numbered("b265.mp4", "hevc.mp4", kHevc)],
  ["HEVC in Matroska", () => numbered("b265.mkv", "hevc.mp4", kHevc)],
  ["HEVC without a container", () => numbered("b.h265", "hevc.mp4", kHevc)],
];

/** What the clips' user data say, less those of the encoders. */
function textsOf(frame: Frame): string[] {
  const texts: string[] = [];
  for (const { parsed } of frame.seiMessages) {
    if (parsed?.kind !== "userDataUnregistered" || !parsed.uuid.startsWith("0000")) continue;
    texts.push(new TextDecoder().decode(parsed.data));
  }
  return texts;
}

/** Fails unless each frame has just the messages of the picture that it shows. */
async function assertOwn(frames: AsyncIterable<Frame> | Iterable<Frame>, hasSuffix: boolean) {
  let count = 0;
  for await (using frame of frames) {
    const number = await barcodeOf(frame);
    const suffix = hasSuffix ? [`suffix ${number}`] : [];
    assertEquals(textsOf(frame), [`picture ${number}`, "second unit", ...suffix]);
    const long = frame.seiMessages.filter(({ type }) => type === kLong.type);
    assertEquals(long.map(({ payload }) => payload), [kLong.payload]);
    count++;
  }
  return count;
}

const sei = { enableSeiMessage: true };

for (const [name, make] of paths) {
  test(`every picture has its own SEI messages: ${name}`, async () => {
    const path = await make();
    const hasSuffix = name.startsWith("HEVC");
    await withDevice(async (device) => {
      for (const threads of [1, 2]) await byDecoder(device, path, threads, hasSuffix);
      for (const engines of [1, 2]) {
        using video = await device.createSimpleDecoder(path, { ...sei, engines });
        const some = await video.getBatchFramesByIndex([44, 3, 3, 17, 0, 30]);
        assertEquals(await assertOwn(some, hasSuffix), 6);
        assertEquals(await assertOwn(video.slice(40, 4, -3), hasSuffix), 12);
        assertEquals(await assertOwn([await video.at(5), await video.at(6)], hasSuffix), 2);
      }
      using threaded = await device.createThreadedDecoder(path, { ...sei, startFrame: 2 });
      assertEquals(await assertOwn(threaded, hasSuffix), 43);
    }, { threads: 2 });
  });
}

/** The three ways to a frame by a Decoder. */
async function byDecoder(device: Device, path: string, threads: number, hasSuffix: boolean) {
  using demuxer = await device.createDemuxer(path);
  using decoder = await device.createDecoder({ codec: demuxer.codec, threads, ...sei });
  assertEquals(await assertOwn(decoder.frames(demuxer), hasSuffix), 45);
  await demuxer.seek(0);
  await decoder.reset();
  assertEquals(await assertOwn(decodePackets(decoder, demuxer), hasSuffix), 45);
  using stored = await device.createDemuxer(path, { bitstream: "container" });
  using configured = await device.createDecoder({ ...stored.decoderConfig, threads, ...sei });
  assertEquals(await assertOwn(configured.frames(stored), hasSuffix), 45);
}

test("AV1's temporal units keep their metadata", async () => {
  const { path } = await clip("av1.ivf");
  const numberedPath = await once("numbered.ivf", async (out) => {
    const unit = (i: number) => metadataObu(10, concat([kText.encode(`unit ${i}`), kTrailing]));
    await writeFile(out, withMetadata(await readFile(path), unit));
  });
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(numberedPath, sei);
    using demuxer = await device.createDemuxer(numberedPath);
    using decoder = await device.createDecoder({ codec: "av1", ...sei });
    for (const frames of [video, decoder.frames(demuxer)]) {
      let count = 0;
      for await (using frame of frames) {
        const [message] = frame.seiMessages;
        assertEquals([message.type, message.name], [10, "metadata_user_private"]);
        assertEquals(new TextDecoder().decode(message.payload), `unit ${await barcodeOf(frame)}`);
        assertEquals([frame.seiMessages.length, message.parsed, message.isMalformed], [
          1,
          null,
          false,
        ]);
        count++;
      }
      assertEquals(count, 45);
    }
  }, { clips: ["av1.ivf"] });
});

test("packets without times, or all with the same one, keep their SEI messages", async () => {
  const path = await numbered("b.mp4", "h264_b_pyramid.mp4", kH264);
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    const packets: Packet[] = [];
    const timeBase = { num: 1, den: 25 };
    for await (const packet of demuxer) packets.push(packet);
    for (const pts of [null, 7]) {
      using decoder = await device.createDecoder({ codec: "h264", ...sei });
      const bare = packets.map(({ data, isKey }) => new Packet({ data, isKey, pts, timeBase }));
      assertEquals(await assertOwn(decodePackets(decoder, bare), false), 45);
    }
  });
});

test("messages stay with conversions, clones and closed frames", async () => {
  const path = await numbered("b265.mp4", "hevc.mp4", kHevc);
  await withDevice(async (device) => {
    for (const outputColorType of ["native", "rgb", "rgbp", "raw"] as const) {
      using video = await device.createSimpleDecoder(path, { ...sei, outputColorType });
      const frame = await video.at(20);
      const copy = frame.clone();
      const texts = ["picture 20", "second unit", "suffix 20"];
      assertEquals(textsOf(frame), texts);
      assertEquals(frame.seiMessages.map(({ isSuffix }) => isSuffix).slice(-2), [false, true]);
      frame.close();
      assertEquals(textsOf(frame), texts);
      assertEquals(textsOf(copy), texts);
      copy.close();
      const unread = await video.at(21);
      unread.close();
      assertThrows(() => unread.seiMessages, ClosedError, "closed");
    }
  });
});

test("a message can be kept and posted to a Worker", async () => {
  const path = await numbered("b.mp4", "h264_b_pyramid.mp4", kH264);
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path, sei);
    using frame = await video.at(9);
    const message = frame.seiMessages.find(({ type }) => type === kLong.type)!;
    assertEquals(structuredClone(message), message);
    structuredClone(message.payload, { transfer: [message.payload.buffer] });
    assertEquals(textsOf(frame), ["picture 9", "second unit"]);
  });
});

test("without enableSeiMessage, and of codecs that have none, there are no messages", async () => {
  const path = await numbered("b.mp4", "h264_b_pyramid.mp4", kH264);
  const other = (await clip("vp9.webm")).path;
  await withDevice(async (device) => {
    for (const [file, options] of [[path, {}], [path, { enableSeiMessage: false }], [other, sei]]) {
      using video = await device.createSimpleDecoder(file as string, options as typeof sei);
      using frame = await video.at(0);
      assertEquals(frame.seiMessages, []);
      using demuxer = await device.createDemuxer(file as string);
      using decoder = await device.createDecoder({
        codec: demuxer.codec,
        ...options as typeof sei,
      });
      for await (using own of decoder.frames(demuxer)) assertEquals(own.seiMessages, []);
    }
  });
});

test("a decoder that is used again gives messages as its new owner asks", async () => {
  const path = await numbered("b.mp4", "h264_b_pyramid.mp4", kH264);
  await withDevice(async (device) => {
    for (const enableSeiMessage of [true, false, true]) {
      using video = await device.createSimpleDecoder(path, { enableSeiMessage, engines: 1 });
      using frame = await video.at(12);
      assertEquals(textsOf(frame).length, enableSeiMessage ? 2 : 0);
    }
    const { decodersCreated, decodersReused } = device.stats;
    assert(decodersCreated === 1 && decodersReused === 2, `${decodersCreated} made`);
  });
});
