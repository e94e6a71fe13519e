/** Times of chunks: pts as given, dts that grow, and those that are counted on. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { EncodedChunk, EncodeOptions } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { ffprobeFrames } from "../support/ffmpeg.ts";
import { rawPictures } from "../support/raw_pictures.ts";
import { hostFrames, withDevice } from "./contract_device.ts";
import { encodePictures } from "./encoded_stream.ts";

function assertDecodeOrder(chunks: readonly EncodedChunk[]): void {
  for (const [i, { pts, dts }] of chunks.entries()) {
    assert(dts <= pts, `dts ${dts} behind pts ${pts}`);
    if (i > 0) assert(dts > chunks[i - 1].dts, `dts ${dts} after ${chunks[i - 1].dts}`);
  }
}

const sortedPts = (chunks: readonly EncodedChunk[]): number[] =>
  chunks.map(({ pts }) => pts).sort((a, b) => a - b);

test("without times pictures are counted by fps", async () => {
  await withDevice(async (device) => {
    for (const bf of [0, 2]) {
      const raw = { count: 12 };
      const { chunks } = await encodePictures(device, { raw, bf, fps: 29.97 });
      const { timeBase: { num, den } } = chunks[0];
      assertEquals([num, den], [1001, 30000]);
      assertEquals(sortedPts(chunks), Array.from({ length: 12 }, (_, i) => i));
      assertDecodeOrder(chunks);
      for (const { pts, timestamp, duration } of chunks) {
        assertEquals(timestamp, Math.round(pts * 1001e6 / 30000));
        assertEquals(duration, 33367);
      }
      assertEquals(chunks.some(({ pts, dts }) => pts !== dts), bf > 0);
    }
  });
});

test("a frame rate of large terms is taken, as demuxers tell it of variable ones", async () => {
  await withDevice(async (device) => {
    for (const codec of ["h264", "hevc", "av1"] as const) {
      const fps = { num: 67_500_000, den: 2_257_939 };
      const { chunks } = await encodePictures(device, { codec, fps, raw: { count: 3 } });
      const { num, den } = chunks[0].timeBase;
      assertEquals([num, den], [2_257_939, 67_500_000], codec);
      const times = chunks.map(({ timestamp }) => timestamp).sort((a, b) => a - b);
      assertEquals(times, [0, 33_451, 66_902], codec);
    }
  });
});

test("pts come out exactly as they went in, of variable rate and below zero", async () => {
  const pts = [-90, -10, 0, 1, 7, 8, 9, 1000, 5000, 5001, 1_000_000, 1_000_010];
  await withDevice(async (device) => {
    for (const codec of ["h264", "hevc", "av1"] as const) {
      const timeBase = { num: 1, den: 90_000 };
      const options = (i: number): EncodeOptions => ({ pts: pts[i], timeBase, duration: 3 + i });
      const { chunks } = await encodePictures(device, { codec, raw: { count: 12 } }, options);
      assertEquals(sortedPts(chunks), pts, codec);
      assertDecodeOrder(chunks);
      for (const chunk of chunks) {
        assertEquals([chunk.timeBase.num, chunk.timeBase.den], [1, 90_000]);
        const i = pts.indexOf(chunk.pts);
        assertEquals(chunk.timestamp, Math.round(pts[i] * 1e6 / 90_000));
        assertEquals(chunk.duration, Math.round((3 + i) * 1e6 / 90_000));
      }
    }
  });
});

test("timestamps are microseconds, and the picture's type and place are told", async () => {
  await withDevice(async (device) => {
    const options = (i: number): EncodeOptions => ({ timestamp: 40_000 * i, duration: 40_000 });
    const setup = { raw: { count: 9 }, bf: 2, gop: 30, native: { preset: "medium" } };
    const { native: _, ...gpu } = setup;
    const { chunks, path } = await encodePictures(
      device,
      device.backend === "cpu" ? setup : gpu,
      options,
    );
    assertEquals(sortedPts(chunks), Array.from({ length: 9 }, (_, i) => 40_000 * i));
    assertEquals(chunks.map(({ timestamp }) => timestamp), chunks.map(({ pts }) => pts));
    const frames = await ffprobeFrames(path);
    const shown = [...chunks].sort((a, b) => a.pts - b.pts);
    assertEquals(
      shown.map(({ pictureType }) => String(pictureType)),
      frames.map((f) => f.pictureType),
    );
    assertEquals(shown.map(({ isKey }) => isKey), frames.map((f) => f.keyFrame));
    assertEquals(chunks.map(({ type }) => type), ["key", ...Array(8).fill("delta")]);
    assert(frames.some((frame) => frame.pictureType === "B"));
  });
});

test("frames keep their times when they are encoded again", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec, ...hostFrames() });
    const { width, height } = demuxer;
    using encoder = await device.createEncoder({ width, height });
    const given: unknown[] = [];
    const chunks: EncodedChunk[] = [];
    for await (using frame of decoder.frames(demuxer)) {
      given.push([frame.pts, frame.timestamp, frame.timeBase.den]);
      chunks.push(...await encoder.encode(frame));
    }
    chunks.push(...await encoder.endEncode());
    const came = [...chunks].sort((a, b) => a.pts - b.pts)
      .map(({ pts, timestamp, timeBase }) => [pts, timestamp, timeBase.den]);
    assertEquals(came, given);
    assertDecodeOrder(chunks);
  });
});

test("a pts that is not behind the one before is refused, and encoding goes on", async () => {
  await withDevice(async (device) => {
    const { width, height, pictures } = await rawPictures("nv12");
    using encoder = await device.createEncoder({ width, height });
    await encoder.encode(pictures[0], { timestamp: 1000 });
    await assertRejects(
      () => encoder.encode(pictures[1], { timestamp: 1000 }),
      TypeError,
      "A pts of 1000 is not behind the 1000 of the picture before",
    );
    await encoder.encode(pictures[1], { timestamp: 1001 });
    const first = await encoder.endEncode();
    assertEquals(encoder.stats.framesEncoded, 2);
    // Behind the end of a stream another one may begin, at any time.
    await encoder.encode(pictures[0], { timestamp: 5 });
    const second = await encoder.endEncode();
    assertEquals([...first, ...second].slice(-1)[0].pts, 5);
    assertEquals(second.at(-1)!.isKey, true);
  });
});
