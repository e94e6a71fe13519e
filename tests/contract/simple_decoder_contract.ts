/** SimpleDecoder gives the frame that was asked for, of every kind of clip, in every way of asking. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type {
  Frame,
  SimpleDecoder,
  SimpleDecoderDescriptor,
  Source,
  ThreadedDecoder,
} from "../../mod.ts";
import { allClips, type Clip, clip, vfrTime } from "../support/clips.ts";
import {
  barcodeOf,
  barcodesOf,
  numbersOf,
  printOf,
  printsOf,
  withDevice,
} from "./contract_device.ts";
import { ClosedError } from "./cuframe.ts";
import { reference } from "./reference.ts";

/** Containers without times of their own, where libav and its users make them up. */
const kUntimed = /\.(h264|h265|obu)$/;

/** The same numbers each time, from 0 up to `limit`. */
function randomIndices(count: number, limit: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  });
}

async function withVideo(
  name: string,
  work: (video: SimpleDecoder, clip: Clip) => Promise<void>,
  descriptor: SimpleDecoderDescriptor = {},
): Promise<void> {
  const made = await clip(name);
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(made.path, descriptor);
    await work(video, made);
  }, { clips: [name] });
}

function at(numbers: readonly number[], indices: readonly number[]): number[] {
  return indices.map((index) => numbers.at(index)!);
}

async function checkBatch(
  video: SimpleDecoder,
  clip: Clip,
  indices: readonly number[],
): Promise<void> {
  const frames = await video.getBatchFramesByIndex(indices);
  const places = frames.map((frame) => frame.index);
  assertEquals(places, indices.map((index) => index < 0 ? index + video.length : index));
  assertEquals(await numbersOf(frames), at(clip.numbers, indices), `${indices}`);
}

const kGood = allClips().filter(({ state }) => state === "good");

for (const { name } of kGood) {
  test(`frames of ${name} by index are the frames that were asked for`, async () => {
    await withVideo(name, async (video, made) => {
      const count = made.numbers.length;
      assertEquals(video.length, count);
      await checkBatch(video, made, randomIndices(12, count, 7));
      await checkBatch(video, made, [count - 1, 0, 3, 3, -1, -count, 0]);
      await checkBatch(video, made, [...made.numbers.keys()].reverse());
      for (const index of [...randomIndices(4, count, 1), 0, -1, 5, 6, 7, 8, 7]) {
        using frame = await video.at(index);
        assertEquals(await barcodeOf(frame), made.numbers.at(index), `at(${index})`);
      }
    });
  });

  test(`slices, loops and sequential batches of ${name} agree`, async () => {
    await withVideo(name, async (video, made) => {
      const { numbers } = made;
      assertEquals(await numbersOf(video), [...numbers]);
      const thirds = numbers.filter((_, i) => i >= 2 && i % 3 === 2);
      assertEquals(await numbersOf(video.slice(2, undefined, 3)), thirds);
      assertEquals(await numbersOf(video.slice(-7, -2)), numbers.slice(-7, -2));
      assertEquals(await numbersOf(video.slice(-1, undefined, -1)), numbers.toReversed());
      const batches: number[] = [];
      for (;;) {
        const batch = await video.getBatchFrames(7);
        if (batch.length === 0) break;
        batches.push(...await numbersOf(batch));
        assertEquals(video.cursor, batches.length);
      }
      assertEquals(batches, [...numbers]);
    });
  });
}

for (const { name } of kGood) {
  test(`frames of ${name} by index have ffprobe's times and find themselves by time`, async () => {
    const said = await reference(await clip(name));
    await withVideo(name, async (video, { vfr }) => {
      const times: number[] = [];
      for await (using frame of video) {
        const index = frame.index!;
        const time = video.getTimeFromIndex(index);
        times.push(time);
        assertEquals(video.getIndexFromTimeInSeconds(time), index);
        if (frame.timestamp !== null) {
          assert(Math.abs(frame.timestamp - time * 1e6) < 1.5, `${frame.timestamp} µs, ${time} s`);
        }
        const pts = said.frames[index].pts;
        if (!kUntimed.test(name) && pts !== undefined) assertEquals(frame.pts, pts, `${index}`);
        if (vfr) assertEquals(frame.timestamp, vfrTime(await barcodeOf(frame)) * 1000);
      }
      assertEquals(times, times.toSorted((a, b) => a - b));
      const middle = Math.floor(times.length / 2);
      const between = (times[middle] + times[middle + 1]) / 2;
      assertEquals(video.getIndexFromTimeInSeconds(between), middle);
      const frames = await video.getBatchFramesAt([-1e6, between, 1e6]);
      const places = frames.map((frame) => frame.index);
      for (const frame of frames) frame.close();
      assertEquals(places, [0, middle, times.length - 1]);
    });
  });
}

test("several engines and one give the same bytes as decoding in order, also by bytes", async () => {
  const { path } = await clip("h264_open_gop.mp4");
  const sources: Source[] = [path, new Uint8Array(await readFile(path))];
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec, outputColorType: "rgb" });
    const inOrder = await printsOf(decoder.frames(demuxer));
    for (const source of sources) {
      for (const engines of [1, 2, 5]) {
        const options = { engines, outputColorType: "rgb" } as const;
        using video = await device.createSimpleDecoder(source, options);
        assertEquals(await printsOf(video), inOrder);
        const prints: string[] = [];
        for (const frame of await video.getBatchFramesByIndex([...inOrder.keys()].reverse())) {
          prints.push(await printOf(frame));
          frame.close();
        }
        assertEquals(prints.reverse(), inOrder);
      }
    }
  });
});

test("metadata counts frames, and a scan lists packets as ffprobe does", async () => {
  for (const name of ["h264_b_pyramid.mp4", "h264_edit_list.mp4", "h264_vfr.mkv", "h264.ts"]) {
    const said = await reference(await clip(name));
    await withVideo(name, async (video, { numbers, width, height, codec }) => {
      const { streamMetadata } = video;
      assertEquals(streamMetadata.numFrames, numbers.length);
      assertEquals([streamMetadata.width, streamMetadata.height], [width, height]);
      assertEquals(streamMetadata.codec, codec);
      assertEquals(streamMetadata.averageFps, streamMetadata.frameRate.value);
      const scanned = await video.getScannedStreamMetadata();
      assertEquals(scanned.numFrames, numbers.length, name);
      const keys = said.frames.flatMap(({ keyFrame }, i) => keyFrame ? [i] : []);
      assertEquals([...scanned.keyFrameIndices], keys, name);
      assertEquals(scanned.packetSizes.length, said.packets.length, name);
      assertEquals([...scanned.pts], said.packets.map(({ pts }) => pts ?? NaN), name);
      assertEquals([...scanned.dts], said.packets.map(({ dts }) => dts ?? NaN), name);
      const times = numbers.map((_, i) => video.getTimeFromIndex(i));
      assert(scanned.duration > (times.at(-1)! - times[0]) * 1e6, `${scanned.duration} µs`);
      assert(Math.abs(scanned.averageFps - numbers.length / scanned.duration * 1e6) < 1e-9, name);
    }, { needScannedStreamMetadata: true });
  }
});

test("packet sizes of a scan are the sizes in the container", async () => {
  await withVideo("h264_b_pyramid.mp4", async (video, made) => {
    const { packets } = await reference(made);
    const { packetSizes } = await video.getScannedStreamMetadata();
    assertEquals([...packetSizes], packets.map(({ size }) => size));
  });
});

test("the cursor moves by getBatchFrames() and seekToIndex() only", async () => {
  await withVideo("h264_b_pyramid.mp4", async (video) => {
    assertEquals(video.cursor, 0);
    assertEquals(await numbersOf(await video.getBatchFrames(3)), [0, 1, 2]);
    (await video.at(30)).close();
    assertEquals(await numbersOf(video.slice(20, 22)), [20, 21]);
    assertEquals(await numbersOf(await video.getBatchFrames(2)), [3, 4]);
    await video.seekToIndex(-4);
    assertEquals(video.cursor, 41);
    assertEquals(await numbersOf(await video.getBatchFrames(3)), [41, 42, 43]);
    assertEquals(await numbersOf(await video.getBatchFrames(3)), [44]);
    assertEquals([await video.getBatchFrames(3), video.cursor], [[], 45]);
    await video.seekToIndex(0);
    assertEquals(await numbersOf(await video.getBatchFrames(100)), [...Array(45).keys()]);
  });
});

test("iterators over one video do not disturb each other", async () => {
  await withVideo("h264_b_pyramid.mp4", async (video) => {
    const pairs: number[][] = [];
    const other = video.slice(44, undefined, -1)[Symbol.asyncIterator]();
    const third = video.slice(10)[Symbol.asyncIterator]();
    for await (using frame of video.slice(0, 30)) {
      using second = (await other.next()).value as Frame;
      using ahead = (await third.next()).value as Frame;
      using single = await video.at(7);
      pairs.push(await barcodesOf([frame, second, ahead, single]));
      (await video.getBatchFrames(1))[0].close();
    }
    assertEquals(pairs, Array.from({ length: 30 }, (_, i) => [i, 44 - i, 10 + i, 7]));
    assertEquals(video.cursor, 30);
    await other.return!();
    await third.return!();
  });
});

test("`await using` closes both decoders", async () => {
  const { path } = await clip("h264_64x64.mp4");
  await withDevice(async (device) => {
    const kept: (SimpleDecoder | ThreadedDecoder)[] = [];
    {
      await using video = await device.createSimpleDecoder(path);
      await using threaded = await device.createThreadedDecoder(path);
      kept.push(video, threaded);
    }
    for (const decoder of kept) assertThrows(() => decoder.length, ClosedError, "is closed");
  });
});

test("a slice can be iterated again; empty ones are empty", async () => {
  await withVideo("h264_64x64.mp4", async (video) => {
    const slice = video.slice(40, 99, 2);
    for (let round = 0; round < 2; round++) assertEquals(await numbersOf(slice), [40, 42, 44]);
    for (const empty of [video.slice(5, 5), video.slice(9, 3), video.slice(3, 9, -1)]) {
      assertEquals(await numbersOf(empty), []);
    }
    assertEquals(await video.getBatchFramesByIndex([]), []);
    assertEquals(await video.getBatchFramesAt([]), []);
  });
});

test("frames stay valid after later calls, reconfigureDecoder() and close()", async () => {
  const [first, second] = [await clip("h264_b_pyramid.mp4"), await clip("vp9.webm")];
  await withDevice(async (device) => {
    const video = await device.createSimpleDecoder(first.path);
    const kept = await video.getBatchFramesByIndex([31, 31, 2]);
    kept[0].close();
    await video.reconfigureDecoder(second.path);
    kept.push(await video.at(9));
    video.close();
    assertEquals(await numbersOf(kept.slice(1)), [31, 2, 9]);
  });
});
