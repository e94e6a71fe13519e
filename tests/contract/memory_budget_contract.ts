/** Memory budgets: nothing takes more than it may, says what would help, and goes on afterwards. */
import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { Device, Frame, Tensor } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { OutOfMemoryError, requestDevice } from "./cuframe.ts";
import {
  assertRun,
  barcodeOf,
  barcodesOf,
  contractBackend,
  numbersOf,
  until,
  withDevice,
} from "./contract_device.ts";

const kMiB = 1 << 20;
/** A native frame of 1080p. */
const kFrameBytes = 1920 * 1080 * 1.5;
const kLimit = { timeout: 60_000 };
const isGpu = contractBackend() === "cuda";
/** About what NVDEC's surfaces take of one stream of 1080p; libav's pictures count like frames. */
const kDecoder = isGpu ? 32 * kMiB : 0;

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
  const { memoryBytes, frameBytes, pooledBytes, gpuMemory } = device.stats;
  assert(memoryBytes <= device.memoryBudgetBytes, `${memoryBytes} bytes`);
  // What the GPU converted counts in the GPU's memory alone.
  const counted = gpuMemory?.peakBytes ?? memoryBytes;
  assert(counted <= device.memoryBudgetBytes, `${counted} bytes of the GPU`);
  assert(counted >= frameBytes + pooledBytes, JSON.stringify(device.stats));
}

const kGpuShortage =
  /^The GPU memory budget of \d+ bytes does not allow \d+ more: open frames hold \d+ and decoders \d+; .* set requestDevice\(\{ memoryBudgetBytes \}\) higher$/;

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
  await withBudget(60 * kMiB + kDecoder, async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    const { error, held } = await hoard(decoder.frames(demuxer));
    if (isGpu) assertMatch(error.message, kGpuShortage);
    else {assertMatch(
        error.message,
        /^\d+ bytes for a picture are not left of the device's memoryBudgetBytes, which is 62914560, \d+ in use; close frames .*, or set requestDevice\(\{ memoryBudgetBytes \}\) higher$/,
      );}
    assert(held.length > 4 && held.length < 30, `${held.length} frames`);
    assertWithin(device);
    // Closed, they make room, and nothing was lost.
    const numbers = await barcodesOf(held);
    held.forEach((frame) => frame.close());
    numbers.push(...await numbersOf(decoder.frames(demuxer)));
    assertRun(numbers, 0, 30);
    assertWithin(device);
  });
});

test("a loop that closes its frames needs little memory, whatever is decoded ahead", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withBudget(40 * kMiB + kDecoder, async (device) => {
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
    const memoryBudgetBytes = (isGpu ? 24 : 48) * kMiB;
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
    assert(free.stats.memoryBytes >= 30 * kFrameBytes);
    for (const frame of [...held, ...all]) frame.close();
  });
});

test("tensors, raw frames and random access count, and closing makes room", kLimit, async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withBudget(64 * kMiB + kDecoder, async (device) => {
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
      isGpu ? "memoryBudgetBytes" : "more than the device's memoryBudgetBytes",
    );
    for (using frame of await video.getBatchFramesByIndex([7, 3])) {
      assert([3, 7].includes(await barcodeOf(frame)));
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
    raw.close();
    assertRun(await numbersOf(video), 0, 30);
  });
});

test("a ThreadedDecoder goes on behind a shortage without a gap", kLimit, async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withBudget(64 * kMiB + kDecoder, async (device) => {
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
  // Of another codec, so that it cannot use the idle decoder.
  const { path: small } = await clip("vp9.webm");
  await withBudget(60 * kMiB, async (device) => {
    {
      using video = await device.createSimpleDecoder(path, { engines: 1 });
      (await video.getBatchFramesByIndex([0, 1, 2, 3])).forEach((frame) => frame.close());
    }
    const pooled = (): number => (device.stats.gpuMemory ?? device.stats).pooledBytes;
    const isKept = (): boolean => pooled() > 3 * kFrameBytes;
    await until(isKept, () => `memory to be kept: ${JSON.stringify(device.stats)}`);
    using video = await device.createSimpleDecoder(small, { outputColorType: "rgb" });
    const frames: Frame[] = [];
    for (let i = 0; i < 45 * 16; i++) frames.push(await video.at(i % 45));
    assert(device.stats.frameBytes > 50 * kMiB);
    assertWithin(device);
    frames.forEach((frame) => frame.close());
  });
});
