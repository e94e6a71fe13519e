/** Lives of encoders: order, chunks, closing in the middle of work. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { EncodedChunk } from "../../mod.ts";
import { ffprobeFrames } from "../support/ffmpeg.ts";
import { rawPictures } from "../support/raw_pictures.ts";
import { contractBackend, inTime, withDevice } from "./contract_device.ts";
import { ClosedError, EncodedChunk as ChunkClass, Encoder, requestDevice } from "./cuframe.ts";
import { encodePictures, streamFile } from "./encoded_stream.ts";

const kCount = 8;

async function pictures(count = kCount) {
  return await rawPictures("nv12", { count, source: "test" });
}

const times = (chunks: readonly EncodedChunk[]): number[] =>
  chunks.map(({ pts }) => pts).sort((a, b) => a - b);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test("overlapping calls are done in order", async () => {
  await withDevice(async (device) => {
    const raw = await pictures();
    using encoder = await device.createEncoder({ width: raw.width, height: raw.height });
    const calls = raw.pictures.map((picture) => encoder.encode(picture));
    const end = encoder.endEncode();
    const chunks = (await Promise.all([...calls, end])).flat();
    assertEquals(times(chunks), upTo(kCount));
    assertEquals(
      chunks.map(({ dts }) => dts).every((dts, i, all) => i === 0 || dts > all[i - 1]),
      true,
    );
    const { framesEncoded, chunks: given, chunkBytes } = encoder.stats;
    const bytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    assertEquals([framesEncoded, given, chunkBytes], [kCount, kCount, bytes]);
  });
});

test("forceIdr, forceIntra and outputSpsPps hold for their picture", async () => {
  await withDevice(async (device) => {
    const { chunks, path } = await encodePictures(
      device,
      { bf: 0, raw: { count: 9, source: "test" } },
      (i) => ({ forceIdr: i === 3, forceIntra: i === 6, outputSpsPps: i === 3 }),
    );
    // An intra picture may be a key picture, too.
    const keys = chunks.map(({ type }) => type === "key").slice(0, 6);
    assertEquals(keys, [true, false, false, true, false, false]);
    assertEquals(chunks.map(({ pictureType }) => pictureType).join(""), "IPPIPPIPP");
    const frames = await ffprobeFrames(path);
    assertEquals(frames.map(({ pictureType }) => pictureType).join(""), "IPPIPPIPP");
    // What begins with such a picture can be decoded by itself.
    const tail = await ffprobeFrames(await streamFile("h264", chunks.slice(3)));
    assertEquals(tail.length, 6);
  });
});

test("an encoder tells what it is", async () => {
  await withDevice(async (device) => {
    await using encoder = await device.createEncoder({
      ...{ width: 176, height: 144, codec: "hevc", format: "YUV420", label: "mine" },
    });
    assert(encoder instanceof Encoder);
    const { codec, format, width, height, label, backend, fallbackReason } = encoder;
    assertEquals([codec, format, width, height, label], ["hevc", "iyuv", 176, 144, "mine"]);
    assertEquals([backend, fallbackReason], [device.backend, null]);
    assertEquals(encoder.implementation, backend === "cpu" ? "libx265" : "nvenc");
    assert(encoder.reorderDepth >= 0);
    assertEquals(device.stats.liveEncoders, 1);
  });
});

test("a chunk is WebCodecs' in shape", async () => {
  await withDevice(async (device) => {
    const { chunks: [chunk] } = await encodePictures(device, { raw: { count: 1 } });
    assert(chunk instanceof ChunkClass);
    const copy = new Uint8Array(chunk.byteLength + 1);
    chunk.copyTo(copy);
    assertEquals(copy.subarray(0, -1), chunk.data);
    assertThrows(() => chunk.copyTo(new Uint8Array(1)), RangeError, "copyTo() needs");
    assertThrows(() => chunk.copyTo(3 as never), TypeError, "copyTo() takes an ArrayBuffer");
    const packet = chunk.toPacket();
    assertEquals([packet.pts, packet.dts, packet.isKey], [chunk.pts, chunk.dts, true]);
    assertEquals([packet.timestamp, packet.duration], [chunk.timestamp, chunk.duration]);
    // Each has memory of its own.
    structuredClone(chunk.data, { transfer: [chunk.data.buffer] });
    assertEquals(chunk.data.length, 0);
  });
});

test("closing ends what is being encoded with a ClosedError", async () => {
  await withDevice(async (device) => {
    const raw = await rawPictures("nv12", { width: 640, height: 480, count: 6, source: "noise" });
    const { width, height } = raw;
    const encoder = await device.createEncoder({ width, height, preset: "P7", codec: "hevc" });
    const calls = raw.pictures.map((picture) => encoder.encode(picture));
    const end = encoder.endEncode();
    encoder.close();
    encoder.close();
    const outcomes = await inTime(Promise.allSettled([...calls, end]), "Closing");
    const last = outcomes.at(-1)!;
    assert(last.status === "rejected" && last.reason instanceof ClosedError, JSON.stringify(last));
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") {
        assert(outcome.reason instanceof ClosedError, outcome.reason);
      }
    }
    await assertRejects(
      () => encoder.encode(raw.pictures[0]),
      ClosedError,
      "The encoder is closed",
    );
    await assertRejects(() => encoder.reconfigure({}), ClosedError, "The encoder is closed");
    assertThrows(() => encoder.encodeAll([]), ClosedError, "The encoder is closed");
    assertThrows(() => encoder.transform(), ClosedError, "The encoder is closed");
    assertThrows(() => encoder.settings, ClosedError, "The encoder is closed");
    assertThrows(() => encoder.getSequenceParams(), ClosedError, "The encoder is closed");
  });
});

test("an abort stops the making of an encoder", async () => {
  await withDevice(async (device) => {
    const controller = new AbortController();
    const making = device.createEncoder({
      ...{ width: 640, height: 480, codec: "hevc", preset: "P7", signal: controller.signal },
    });
    controller.abort(new Error("Enough"));
    await assertRejects(() => making, Error, "Enough");
    assertEquals(device.stats.liveEncoders, 0);
  });
});

test("a disposed encoder is closed", async () => {
  await withDevice(async (device) => {
    const encoder = await device.createEncoder({ width: 192, height: 144 });
    encoder[Symbol.dispose]();
    assertEquals(device.stats.liveEncoders, 0);
    await assertRejects(() => encoder.endEncode(), ClosedError);
  });
});

test("closing the device ends its encoders, which say so", async () => {
  const device = await requestDevice({ backend: contractBackend() });
  using encoder = await device.createEncoder({ width: 192, height: 144 });
  await device[Symbol.asyncDispose]();
  const text = "the object or its device is closed";
  await assertRejects(() => encoder.endEncode(), ClosedError, `endEncode() failed: ${text}`);
  await assertRejects(() => encoder.encode(new Uint8Array(192 * 216)), ClosedError, "closed");
  assertThrows(() => encoder.settings, ClosedError, text);
});

test("several encoders work at once", async () => {
  await withDevice(async (device) => {
    const codecs = ["h264", "hevc", "h264", "av1"] as const;
    const streams = await Promise.all(
      codecs.map((codec, i) =>
        encodePictures(device, { codec, constQp: 20 + 5 * i, raw: { count: 6, source: "test" } })
      ),
    );
    for (const { chunks } of streams) assertEquals(times(chunks), upTo(6));
    assertEquals(new Set(streams.map(({ chunks }) => chunks[0].byteLength)).size, codecs.length);
  });
});

test("AV1 encoders may be made while others are closed", async () => {
  await withDevice(async (device) => {
    const { width, height, pictures: [picture] } = await rawPictures("nv12", { count: 1 });
    const life = async (): Promise<number> => {
      using encoder = await device.createEncoder({
        ...{ width, height, codec: "av1", preset: "P1", threads: 1 },
      });
      await encoder.encode(picture);
      return (await encoder.endEncode()).length + encoder.stats.chunks;
    };
    for (let round = 0; round < 5; round++) {
      const counts = await inTime(Promise.all(Array.from({ length: 8 }, life)), "Eight encoders");
      for (const count of counts) assert(count >= 1);
    }
  });
});

test("pictures may follow the end of a stream, and begin with an IDR picture", async () => {
  await withDevice(async (device) => {
    const raw = await pictures();
    for (const codec of ["h264", "hevc", "av1"] as const) {
      using encoder = await device.createEncoder({ width: raw.width, height: raw.height, codec });
      const streams: EncodedChunk[][] = [];
      for (let round = 0; round < 2; round++) {
        const chunks: EncodedChunk[] = [];
        for (const picture of raw.pictures) chunks.push(...await encoder.encode(picture));
        streams.push([...chunks, ...await encoder.endEncode()]);
        assertEquals(await encoder.endEncode(), []);
      }
      assertEquals(streams.map((chunks) => [chunks.length, chunks[0].isKey]), [[8, true], [
        8,
        true,
      ]]);
      assertEquals(times(streams.flat()), upTo(16), codec);
      assertEquals((await ffprobeFrames(await streamFile(codec, streams[1]))).length, 8);
    }
  });
});
