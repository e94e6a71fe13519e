/** Transcoders: how much work they do, and where. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { test } from "node:test";
import type { TranscodeResult } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { inFolder } from "../support/folder.ts";
import { backendOf, contractBackend, testOn, withDevice } from "./contract_device.ts";
import { requestDevice } from "./cuframe.ts";
import { assertShows, kFast, timedClip } from "./transcoded_file.ts";

const kClip = "h264_b_pyramid.mp4";

test("decoder and encoder stay for 20 segments, and only what is wanted is decoded", async () => {
  const { path } = await clip(kClip);
  const backend = await backendOf(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      await using transcoder = await device.createTranscoder(path, null, kFast);
      let frames = 0;
      for (let i = 0; i < 20; i++) {
        const start = (i * 7 % 17) / 10;
        const output = join(folder, `${i}.mp4`);
        const result: TranscodeResult = await transcoder.segmentedTranscode(start, start + 0.1, {
          output,
        });
        assertEquals([result.decoderBackend, result.encoderBackend], [backend, contractBackend()]);
        frames += result.frames;
      }
      const { stats } = transcoder;
      assertEquals([stats.segments, stats.frames], [20, frames]);
      assertEquals([stats.decodersCreated + stats.decodersReused, stats.encodersCreated], [1, 1]);
      assertEquals(stats.hostCopies, 0);
      assert(stats.packetsDecoded < 20 * 20, `${stats.packetsDecoded} packets`);
      assertEquals(device.stats.liveTranscoders, 1);
    }), { clips: [kClip] });
});

test("segments that follow one another decode each packet about once", async () => {
  const name = "h264_one_gop.mp4";
  const source = await timedClip(name);
  const count = source.times.length;
  await withDevice((device) =>
    inFolder(async (folder) => {
      await using transcoder = await device.createTranscoder(source.path, null, kFast);
      const check = async (first: number, end: number) => {
        const output = join(folder, `${first}_${end}.mp4`);
        const until = end < count ? source.times[end] / 1e6 : transcoder.duration;
        const job = transcoder.segmentedTranscode(source.times[first] / 1e6, until, { output });
        assertEquals((await job).frames, end - first);
        await assertShows(output, source, first, end);
      };
      for (let first = 0; first < count; first += 7) {
        await check(first, Math.min(first + 7, count));
      }
      const inTurn = transcoder.stats.packetsDecoded;
      // Up to where it stays, each segment of the first begins at the key frame.
      assert(inTurn >= count && inTurn <= count + 30, `${inTurn} packets of ${count}`);
      // Back, on, a little ahead, and back again into what was there already.
      for (const [first, end] of [[40, 47], [47, 52], [55, 60], [58, 63], [20, 30], [30, 31]]) {
        await check(first, end);
      }
    }), { clips: [name] });
});

test("segments far from each other decode few packets more than they need", async () => {
  const name = "h264_one_gop.mp4";
  const { path, times } = await timedClip(name);
  await withDevice(async (device) => {
    await using transcoder = await device.createTranscoder(path, null, kFast);
    let needed = 0;
    const ends = [80, 60, 70, 40, 50, 30];
    for (const end of ends) {
      const from = times[end - 4] / 1e6;
      await transcoder.segmentedTranscode(from, times[end] / 1e6, { output: { bytes: true } });
      needed += end;
    }
    // A decoder holds back some pictures, to put them in order and for each of its threads.
    const { packetsDecoded } = transcoder.stats;
    assert(packetsDecoded <= needed + 6 * ends.length, `${packetsDecoded} of ${needed} packets`);
  }, { clips: [name] });
});

test("segments are transcoded beside each other; results are in their order", async () => {
  const source = await timedClip(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      await using transcoder = await device.createTranscoder(source.path, null, kFast);
      const segments = Array.from({ length: 9 }, (_, i) => ({
        start: i * 0.2,
        end: i * 0.2 + 0.2,
        output: join(folder, `${i}.mp4`),
      }));
      let told = 0;
      const job = transcoder.transcodeSegments(segments, {
        concurrency: 3,
        onProgress: (part) => told = part,
      });
      const results = await job;
      assertEquals(told, 1);
      assertEquals(job.progress, 1);
      assertEquals(results.map(({ output }) => output), segments.map(({ output }) => output));
      for (const [i, { output }] of segments.entries()) {
        await assertShows(output, source, i * 5, i * 5 + 5);
      }
      assert(transcoder.stats.encodersCreated <= 3);
      assertEquals(await transcoder.transcodeSegments([]), []);
    }), { clips: [kClip] });
});

testOn(
  "cuda",
  "there is one backend otherwise",
  "an auto device says where it was done",
  async () => {
    const { path } = await clip("h264_lossless.mp4");
    using device = await requestDevice({ backend: "auto" });
    await using transcoder = await device.createTranscoder(path, { bytes: true }, kFast);
    const result = await transcoder.transcodeWithMux();
    assertEquals([result.decoderBackend, result.encoderBackend], ["cpu", "cuda"]);
    assert(result.decoderFallbackReason !== null && result.encoderFallbackReason === null);
    assertEquals([result.decoder, result.encoder], ["h264", "nvenc"]);
    assertEquals(transcoder.stats.hostCopies, result.frames);
    await using other = await device.createTranscoder(path, { bytes: true }, {
      codec: "h264",
      format: "yuv444",
      profile: "high444",
      bf: 16,
    });
    assert((await other.transcodeWithMux()).frames > 0);
  },
);

test("200 segments in one process leave no handle and little memory", async () => {
  const { path } = await clip(kClip);
  await withDevice(async (device) => {
    await using transcoder = await device.createTranscoder(path, null, kFast);
    const once = async (i: number) => {
      const start = (i % 15) / 10;
      await transcoder.segmentedTranscode(start, start + 0.12, { output: { bytes: true } });
    };
    for (let i = 0; i < 20; i++) await once(i);
    const before = device.stats;
    for (let i = 0; i < 180; i++) await once(i);
    const after = device.stats;
    assertEquals(after.liveHandles, before.liveHandles);
    assert(after.pooledBytes <= before.pooledBytes + (8 << 20));
  }, { clips: [kClip] });
});
