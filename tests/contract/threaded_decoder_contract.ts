/** ThreadedDecoder gives every frame in order, decoded ahead within its buffer. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Frame, ThreadedDecoder } from "../../mod.ts";
import { allClips, clip } from "../support/clips.ts";
import { barcodeOf, inTime, numbersOf, until, withDevice } from "./contract_device.ts";
import { ClosedError, CorruptDataError, MediaIoError, UnsupportedError } from "./cuframe.ts";
import { TearingSource } from "./tearing_source.ts";

async function inBatches(decoder: ThreadedDecoder, count: number): Promise<number[]> {
  const numbers: number[] = [];
  for (;;) {
    const frames = await decoder.getBatchFrames(count);
    if (frames.length === 0) return numbers;
    numbers.push(...await numbersOf(frames));
  }
}

for (const { name, state } of allClips()) {
  if (state !== "good") continue;

  test(`ThreadedDecoder gives every frame of ${name}`, async () => {
    const { path, numbers } = await clip(name);
    await withDevice(async (device) => {
      using decoder = await device.createThreadedDecoder(path);
      assertEquals(decoder.length, numbers.length);
      assertEquals(await inBatches(decoder, 5), [...numbers]);
      assertEquals(await decoder.getBatchFrames(1), []);
      const { framesAhead } = decoder.stats;
      assert(framesAhead >= 1 && framesAhead <= 12, `${framesAhead} frames ahead`);
      await decoder.reconfigureDecoder(path, -7);
      assertEquals(await numbersOf(decoder), numbers.slice(-7));
    }, { clips: [name] });
  });
}

test("it starts at once and decodes no further ahead than bufferSize", async () => {
  const { path } = await clip("h264_one_gop.mp4");
  await withDevice(async (device) => {
    for (const bufferSize of [1, 2, 12, 200]) {
      const options = { bufferSize, startFrame: 3 };
      using decoder = await device.createThreadedDecoder(path, options);
      assertEquals(decoder.bufferSize, bufferSize);
      const most = Math.min(bufferSize, 87);
      await until(() => decoder.stats.framesAhead === most, () => `${most} frames`);
      assertEquals(await inBatches(decoder, bufferSize), [...Array(90).keys()].slice(3));
      assertEquals(decoder.stats.framesAhead, most);
    }
  });
});

test("a batch larger than the buffer, and other numbers than counts, are refused", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using decoder = await device.createThreadedDecoder(path, { bufferSize: 4 });
    await assertRejects(() => decoder.getBatchFrames(5), RangeError, "bufferSize = 4");
    for (const wrong of [0, -1]) {
      await assertRejects(() => decoder.getBatchFrames(wrong), RangeError);
    }
    for (const wrong of [1.5, "1", null]) {
      await assertRejects(() => decoder.getBatchFrames(wrong as number), TypeError);
    }
    assertEquals(await inBatches(decoder, 4), [...Array(45).keys()]);
  });
});

test("startFrame counts from the end if negative, and must exist", async () => {
  const { path } = await clip("h264_open_gop.mp4");
  await withDevice(async (device) => {
    using decoder = await device.createThreadedDecoder(path, { startFrame: -3 });
    assertEquals(await inBatches(decoder, 2), [42, 43, 44]);
    for (const startFrame of [45, -46]) {
      const make = () => device.createThreadedDecoder(path, { startFrame });
      const error = await assertRejects(make, RangeError, "45");
      assert(error.message.includes(String(startFrame)), error.message);
      await assertRejects(() => decoder.reconfigureDecoder(path, startFrame), RangeError);
    }
    assertEquals(await decoder.getBatchFrames(1), []);
  });
});

test("a loop that is left goes on behind its last batch; batches and loops mix", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using decoder = await device.createThreadedDecoder(path, { bufferSize: 4 });
    for await (using frame of decoder) if (await barcodeOf(frame) === 9) break;
    assertEquals(await numbersOf(await decoder.getBatchFrames(3)), [10, 11, 12]);
    const rest = await numbersOf(decoder);
    assertEquals(rest, [...Array(45).keys()].slice(13));
  });
});

test("reconfigureDecoder() goes on with the new video, also within a loop", async () => {
  const first = await clip("h264_b_pyramid.mp4");
  const second = await clip("h264_one_gop.mp4");
  await withDevice(async (device) => {
    using decoder = await device.createThreadedDecoder(first.path);
    const numbers: number[] = [];
    for await (using frame of decoder) {
      numbers.push(await barcodeOf(frame));
      if (numbers.length === 4) await decoder.reconfigureDecoder(second.path, 80);
    }
    assertEquals(numbers, [0, 1, 2, 3, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89]);
    assertEquals(decoder.length, 90);
    await assertRejects(() => decoder.reconfigureDecoder("/no/such.mp4"), MediaIoError);
    await decoder.reconfigureDecoder(new Uint8Array(await readFile(first.path)));
    await decoder.reconfigureDecoder(first.path, 0, { streamIndex: 0 });
    assertEquals(await inBatches(decoder, 12), [...first.numbers]);
  });
});

test("both kinds of metadata are there", async () => {
  const { path } = await clip("h264_edit_list.mp4");
  await withDevice(async (device) => {
    using decoder = await device.createThreadedDecoder(path, { label: "lane" });
    assertEquals([decoder.streamMetadata.numFrames, decoder.label], [25, "lane"]);
    const { numFrames, keyFrameIndices } = await decoder.getScannedStreamMetadata();
    assertEquals([numFrames, keyFrameIndices.length], [25, 1]);
  });
});

test("end() drops what was decoded ahead, and reconfigureDecoder() begins again", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withDevice(async (device) => {
    using decoder = await device.createThreadedDecoder(path);
    assertEquals(await numbersOf(await decoder.getBatchFrames(2)), [0, 1]);
    await decoder.end();
    const isFree = (): boolean => device.stats.frameBytes === 0;
    await until(isFree, () => `no frames: ${JSON.stringify(device.stats)}`);
    assertEquals(await decoder.getBatchFrames(2), []);
    assertEquals(await numbersOf(decoder), []);
    await decoder.reconfigureDecoder(path, 28);
    assertEquals(await inBatches(decoder, 3), [28, 29]);
  });
});

test("close() at any moment ends what waits; frames stay", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withDevice(async (device) => {
    for (const delay of [0, 1, 3, 10]) {
      const decoder = await device.createThreadedDecoder(path);
      const kept: Frame[] = await decoder.getBatchFrames(1);
      const pending = [
        decoder.getBatchFrames(12).then(numbersOf),
        numbersOf(decoder),
        decoder.reconfigureDecoder(path),
        decoder.end(),
      ].map((call) => inTime<unknown>(call, "A call").catch((error) => error));
      await new Promise((resolve) => setTimeout(resolve, delay));
      decoder.close();
      decoder.close();
      for (const outcome of await Promise.all(pending)) {
        assert(!(outcome instanceof Error) || outcome instanceof ClosedError, `${outcome}`);
      }
      await assertRejects(() => decoder.getBatchFrames(1), ClosedError, "ThreadedDecoder");
      assertThrows(() => decoder.stats, ClosedError);
      assertEquals(await numbersOf(kept), [0]);
    }
  });
});

test("an error of the thread reaches the next call, and the one after it goes on behind", async () => {
  const { path, damaged } = await clip("h264_b_damaged.mp4");
  await withDevice(async (device) => {
    using decoder = await device.createThreadedDecoder(path);
    const numbers: number[] = [];
    let failures = 0;
    for (let isEnd = false; !isEnd;) {
      try {
        const frames = await decoder.getBatchFrames(3);
        isEnd = frames.length === 0;
        for (using frame of frames) numbers.push(frame.index!);
      } catch (error) {
        assert(error instanceof CorruptDataError, `${error}`);
        failures++;
      }
    }
    assert(failures >= damaged.length, `${failures} failures`);
    assert(damaged.every((number) => !numbers.includes(number)), `${numbers}`);
    assertEquals(numbers, numbers.toSorted((a, b) => a - b));
    assertEquals(numbers.at(-1), 44);
    using looping = await device.createThreadedDecoder(path);
    await assertRejects(() => numbersOf(looping), CorruptDataError);
    using skipping = await device.createThreadedDecoder(path, { onError: "skip" });
    const good: number[] = [];
    for await (using frame of skipping) good.push(frame.index!);
    assertEquals(good, numbers);
  });
});

test("a source that cannot seek is refused; one that breaks later is not a silent end", async () => {
  // Large enough to be read in several parts.
  const bytes = new Uint8Array(await readFile((await clip("h264_1080p.mp4")).path));
  await withDevice(async (device) => {
    const stream = new Blob([bytes]).stream();
    await assertRejects(() => device.createThreadedDecoder(stream), UnsupportedError);
    const source = new TearingSource(bytes);
    using decoder = await device.createThreadedDecoder(source, { bufferSize: 1 });
    source.tear();
    const error = await assertRejects(() => inBatches(decoder, 1), MediaIoError, "The tape tore");
    assertEquals((error.cause as Error).message, "The tape tore");
  });
});
