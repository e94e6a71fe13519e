/** Memory budgets: nothing takes more than it may, says what would help, and goes on afterwards. */
import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Device, Frame, Tensor } from "../../mod.ts";
import { av1Bomb, h264Bomb, vp9Bomb } from "../support/bombs.ts";
import { clip } from "../support/clips.ts";
import { OutOfMemoryError, Packet, requestDevice } from "./cuframe.ts";
import {
  assertRun,
  barcodeOf,
  contractBackend,
  numbersOf,
  until,
  withDevice,
} from "./contract_device.ts";

const kMiB = 1 << 20;
/** A native frame of 1080p. */
const kFrameBytes = 1920 * 1080 * 1.5;
const kLimit = { timeout: 60_000 };

async function withBudget(bytes: number, work: (device: Device) => Promise<void>): Promise<void> {
  await using device = await requestDevice({
    backend: contractBackend(),
    memoryBudgetBytes: bytes,
    threads: 2,
  });
  await work(device);
}

/** Asserts that memory stayed within the budget, and that something was counted. */
function assertWithin(device: Device): void {
  const { memoryBytes, frameBytes, pooledBytes } = device.stats;
  assert(memoryBytes <= device.memoryBudgetBytes, `${memoryBytes} bytes`);
  assert(memoryBytes >= frameBytes + pooledBytes, JSON.stringify(device.stats));
}

/** Keeps frames until there is no memory left; the error, and the frames. */
async function hoard(
  frames: AsyncIterable<Frame>,
): Promise<{ readonly error: OutOfMemoryError; readonly held: Frame[] }> {
  const held: Frame[] = [];
  try {
    for await (const frame of frames) held.push(frame);
  } catch (error) {
    assertInstanceOf(error, OutOfMemoryError);
    return { error, held };
  }
  throw new Error(`All ${held.length} frames fit`);
}

test("a device has a budget, by default most of the machine's memory", async () => {
  await withDevice((device) => {
    assert(device.memoryBudgetBytes > 256 * kMiB, `${device.memoryBudgetBytes}`);
    assertEquals(device.stats.memoryBytes, 0);
    return Promise.resolve();
  });
  await withBudget(1, (device) => Promise.resolve(assertEquals(device.memoryBudgetBytes, 1)));
  for (const memoryBudgetBytes of [0, -1, 1.5, NaN]) {
    await assertRejects(() => requestDevice({ memoryBudgetBytes }), RangeError, "memoryBudget");
    await withDevice(async (device) => {
      const make = () => device.createDecoder({ codec: "h264", memoryBudgetBytes });
      await assertRejects(make, RangeError, "memoryBudget");
    });
  }
});

test("beyond the device's budget decoding ends with what to close or raise", kLimit, async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withBudget(60 * kMiB, async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    const { error, held } = await hoard(decoder.frames(demuxer));
    assertMatch(
      error.message,
      /^\d+ bytes for a picture are not left of the device's memoryBudgetBytes, which is 62914560, \d+ in use; close frames .*, or set requestDevice\(\{ memoryBudgetBytes \}\) higher$/,
    );
    assert(held.length > 4 && held.length < 30, `${held.length} frames`);
    assertWithin(device);
    // Closed, they make room, and nothing was lost.
    const numbers = held.map(barcodeOf);
    held.forEach((frame) => frame.close());
    numbers.push(...await numbersOf(decoder.frames(demuxer)));
    assertRun(numbers, 0, 30);
    assertWithin(device);
  });
});

test("a loop that closes its frames needs little memory, whatever is decoded ahead", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withBudget(40 * kMiB, async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    assertRun(await numbersOf(decoder.frames(demuxer)), 0, 30);
    decoder.close();
    using video = await device.createSimpleDecoder(path, { engines: 1 });
    assertRun(await numbersOf(video), 0, 30);
    assertEquals(await numbersOf(video.slice(5, 1, -2)), [5, 3]);
    assertWithin(device);
  });
});

test("decode() that finds no room has not taken its packet", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    const memoryBudgetBytes = 48 * kMiB;
    using decoder = await device.createDecoder({ codec: demuxer.codec, memoryBudgetBytes });
    const numbers: number[] = [];
    let held: Frame[] = [];
    let failures = 0;
    const take = async (work: () => Promise<Frame[]>): Promise<void> => {
      for (;;) {
        try {
          held.push(...await work());
          return;
        } catch (error) {
          assertInstanceOf(error, OutOfMemoryError);
          assertMatch(error.message, /decoder's memoryBudgetBytes.*set createDecoder\(/);
          assert(decoder.stats.memoryBytes <= memoryBudgetBytes);
          assert(held.length > 0, "Frames that were closed left no room");
          failures++;
          numbers.push(...await numbersOf(held));
          held = [];
        }
      }
    };
    for await (const packet of demuxer) await take(() => decoder.decode(packet));
    await take(() => decoder.flush());
    numbers.push(...await numbersOf(held));
    assertRun(numbers, 0, 30);
    assert(failures > 1, `${failures} failures`);
  });
});

test("the budget of one decoder leaves others alone", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withDevice(async (device) => {
    using poor = await device.createDemuxer(path);
    using rich = await device.createDemuxer(path);
    const options = { codec: poor.codec, memoryBudgetBytes: 40 * kMiB };
    using limited = await device.createDecoder(options);
    using free = await device.createDecoder({ codec: rich.codec });
    const { held } = await hoard(limited.frames(poor));
    const all = await Array.fromAsync(free.frames(rich));
    assertEquals(all.length, 30);
    assert(free.stats.memoryBytes > 30 * kFrameBytes);
    for (const frame of [...held, ...all]) frame.close();
  });
});

test("tensors, raw frames and random access count, and closing makes room", kLimit, async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withBudget(64 * kMiB, async (device) => {
    using video = await device.createSimpleDecoder(path, { engines: 1 });
    const indices = [...Array(30).keys()];
    const failure = await assertRejects(
      () => video.getBatchFramesByIndex(indices),
      OutOfMemoryError,
      "requestDevice({ memoryBudgetBytes })",
    );
    assertEquals(failure.code, "out-of-memory");
    await assertRejects(
      () => video.getBatchTensor(indices, { dtype: "float32" }),
      OutOfMemoryError,
      "more than the device's memoryBudgetBytes",
    );
    for (using frame of await video.getBatchFramesByIndex([7, 3])) {
      assert([3, 7].includes(barcodeOf(frame)));
      await assertRejects(async () => {
        const tensors: Tensor[] = [];
        try {
          for (;;) tensors.push(await frame.toTensor({ dtype: "float32" }));
        } finally {
          assert(tensors.length > 0, "Not even one fits");
          tensors.forEach((tensor) => tensor.close());
        }
      }, OutOfMemoryError);
    }
    using demuxer = await device.createDemuxer(path);
    using raw = await device.createDecoder({ codec: demuxer.codec, outputColorType: "raw" });
    const { held } = await hoard(raw.frames(demuxer));
    assertWithin(device);
    held.forEach((frame) => frame.close());
    assertRun(await numbersOf(video), 0, 30);
  });
});

test("a ThreadedDecoder goes on behind a shortage without a gap", kLimit, async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withBudget(64 * kMiB, async (device) => {
    using decoder = await device.createThreadedDecoder(path, { bufferSize: 4, engines: 1 });
    const numbers: number[] = [];
    let held: Frame[] = [];
    let failures = 0;
    for (;;) {
      try {
        const frames = await decoder.getBatchFrames(2);
        if (frames.length === 0) break;
        held.push(...frames);
      } catch (error) {
        assertInstanceOf(error, OutOfMemoryError);
        assert(held.length > 0, "Frames that were closed left no room");
        failures++;
        numbers.push(...await numbersOf(held));
        held = [];
      }
    }
    numbers.push(...await numbersOf(held));
    assertRun(numbers, 0, 30);
    assert(failures > 0);
  });
});

test("memory of closed frames, and idle decoders, make way before anything fails", async () => {
  const { path } = await clip("h264_1080p.mp4");
  const { path: small } = await clip("h264_b_pyramid.mp4");
  await withBudget(60 * kMiB, async (device) => {
    {
      using video = await device.createSimpleDecoder(path, { engines: 1 });
      (await video.getBatchFramesByIndex([0, 1, 2, 3])).forEach((frame) => frame.close());
    }
    const isKept = (): boolean => device.stats.pooledBytes > 3 * kFrameBytes;
    await until(isKept, () => `memory to be kept: ${JSON.stringify(device.stats)}`);
    using video = await device.createSimpleDecoder(small, { outputColorType: "rgb" });
    const frames: Frame[] = [];
    for (let i = 0; i < 45 * 16; i++) frames.push(await video.at(i % 45));
    assert(device.stats.frameBytes > 50 * kMiB);
    assertWithin(device);
    frames.forEach((frame) => frame.close());
  });
});

const kBombs = {
  h264: h264Bomb(16000, 16000),
  av1: av1Bomb(16384, 16384),
  vp9: vp9Bomb(16000, 16000),
};

for (const [codec, bomb] of Object.entries(kBombs)) {
  test(`headers that claim gigantic pictures are refused before memory is taken: ${codec}`, async () => {
    const budget = 32 * kMiB;
    const claim = /headers claim pictures of 16\d+ x 16\d+, more than memoryBudgetBytes/;
    for (const onDevice of [true, false]) {
      await using device = await requestDevice(onDevice ? { memoryBudgetBytes: budget } : {});
      const memoryBudgetBytes = onDevice ? undefined : budget;
      using decoder = await device.createDecoder({ codec, memoryBudgetBytes, onError: "conceal" });
      const packet = new Packet({ data: bomb, timestamp: 0, isKey: true });
      const error = await assertRejects(async () => {
        (await decoder.decode(packet)).forEach((frame) => frame.close());
        (await decoder.flush()).forEach((frame) => frame.close());
      }, OutOfMemoryError);
      assertMatch(error.message, claim);
      assertEquals(device.stats.memoryBytes, 0);
    }
  });
}

test("a file that claims gigantic pictures is opened and refused", async () => {
  await withBudget(32 * kMiB, async (device) => {
    using demuxer = await device.createDemuxer(h264Bomb(16000, 16000));
    assertEquals(demuxer.codec, "h264");
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    await assertRejects(
      () => numbersOf(decoder.frames(demuxer)),
      OutOfMemoryError,
      "16000 x 16000",
    );
    // The device is none the worse for it.
    const bytes = await readFile((await clip("h264_b_pyramid.mp4")).path);
    using sound = await device.createDemuxer(bytes);
    using other = await device.createDecoder({ codec: sound.codec });
    assertRun(await numbersOf(other.frames(sound)), 0, 45);
  });
});
