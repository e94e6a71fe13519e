/** What SimpleDecoder and ThreadedDecoder refuse, and what damage does. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import type {
  Device,
  Frame,
  SimpleDecoderDescriptor,
  ThreadedDecoderDescriptor,
} from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { barcodeOf, inTime, numbersOf, testOn, withDevice } from "./contract_device.ts";
import { ClosedError, CorruptDataError, UnsupportedError } from "./cuframe.ts";

test("indices out of range are RangeErrors that name index and length, and decode nothing", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path);
    for (const wrong of [45, -46, 2 ** 32, 1e300]) {
      const calls: (() => Promise<unknown>)[] = [
        () => video.at(wrong),
        () => video.getBatchFramesByIndex([1, wrong, 2]),
        () => video.seekToIndex(wrong),
        // deno-lint-ignore require-await -- what it throws becomes a rejection
        async () => video.getTimeFromIndex(wrong),
      ];
      for (const call of calls) {
        const { message } = await assertRejects(call, RangeError);
        assert(message.includes(String(wrong)) && message.includes("45"), message);
      }
    }
    for (const wrong of [1.5, NaN, "1", null, undefined, 1n, {}]) {
      const index = wrong as number;
      await assertRejects(() => video.at(index), TypeError, "whole numbers");
      await assertRejects(() => video.getBatchFramesByIndex([index]), TypeError, "whole numbers");
      await assertRejects(() => video.getBatchFrames(index), TypeError, "whole number");
      await assertRejects(() => video.seekToIndex(index), TypeError, "whole numbers");
    }
    for (const wrong of [5, null, undefined, {}, "12"]) {
      const indices = wrong as unknown as number[];
      await assertRejects(() => video.getBatchFramesByIndex(indices), TypeError);
      await assertRejects(() => video.getBatchFramesAt(indices), TypeError);
    }
    for (const wrong of [0, -1]) await assertRejects(() => video.getBatchFrames(wrong), RangeError);
    assertThrows(() => video.getIndexFromTimeInSeconds("1" as unknown as number), TypeError);
    assertThrows(() => video.getIndexFromTimeInSeconds(NaN), RangeError);
    assertThrows(() => video.slice(0, 9, 0), RangeError, "step");
    assertThrows(() => video.slice(0.5), TypeError, "start");
    assertEquals(video.stats.packetsDecoded, 0);
  });
});

type Refusal = [SimpleDecoderDescriptor, new (text: string) => Error, RegExp];

async function assertRefused(device: Device, wrong: readonly Refusal[]): Promise<void> {
  for (const [descriptor, type, words] of wrong) {
    for (const make of ["createSimpleDecoder", "createThreadedDecoder"] as const) {
      const error = await assertRejects(() => device[make]("/no/such.mp4", descriptor), type);
      assert(words.test((error as Error).message), (error as Error).message);
    }
  }
}

test("descriptors are checked before anything is opened", async () => {
  const wrong: Refusal[] = [
    [{ unknownKey: 1 } as SimpleDecoderDescriptor, TypeError, /unknownKey/],
    [{ outputColorType: "yuv" as "rgb" }, TypeError, /outputColorType/],
    [{ index: "fast" as "exact" }, TypeError, /index/],
    [{ onError: "ignore" as "skip" }, TypeError, /onError/],
    [{ engines: 0 }, RangeError, /engines/],
    [{ decoderCacheSize: 0 }, RangeError, /decoderCacheSize/],
    [{ memoryBudgetBytes: 0 }, RangeError, /memoryBudgetBytes/],
    [{ maxWidth: 0 }, RangeError, /maxWidth/],
    [{ maxHeight: 1.5 }, RangeError, /maxHeight/],
    [{ streamIndex: -1 }, RangeError, /streamIndex/],
    [{ cudaContext: "0" as unknown as number }, TypeError, /cudaContext/],
  ];
  await withDevice(async (device) => {
    await assertRefused(device, wrong);
    const threaded: ThreadedDecoderDescriptor[] = [{ bufferSize: 0 }, { startFrame: 0.5 }];
    for (const descriptor of threaded) {
      await assertRejects(() => device.createThreadedDecoder("/no.mp4", descriptor), RangeError);
    }
    assertEquals(device.stats.bytesRead, 0);
  });
});

testOn("cpu", "a GPU can do it", "what needs a GPU is refused by name", async () => {
  await withDevice((device) =>
    assertRefused(device, [
      [{ useDeviceMemory: true }, UnsupportedError, /useDeviceMemory.*CUDA/],
      [{ cudaContext: 1n }, UnsupportedError, /cudaContext/],
      [{ cudaStream: 7 }, UnsupportedError, /cudaStream/],
    ])
  );
});

test("all that has no effect on the CPU is taken", async () => {
  const { path } = await clip("h264_64x64.mp4");
  await withDevice(async (device) => {
    const descriptor: SimpleDecoderDescriptor = {
      ...{ useDeviceMemory: false, maxWidth: 64, maxHeight: 64, needScannedStreamMetadata: true },
      ...{ waitForSessionWarmUp: true, decoderCacheSize: 2, cudaContext: 0, cudaStream: 0n },
      ...{ index: "approximate", engines: 1, onError: "throw", colorSpace: { matrix: "bt709" } },
      ...{ memoryBudgetBytes: 1 << 20, streamIndex: 0, label: "small" },
      signal: new AbortController().signal,
    };
    using video = await device.createSimpleDecoder(path, descriptor);
    assertEquals([video.length, video.label], [45, "small"]);
    assertEquals(await numbersOf(await video.getBatchFrames(2)), [0, 1]);
  });
});

test("a video larger than maxWidth or maxHeight is refused by both sizes", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    for (const limit of [{ maxWidth: 175 }, { maxHeight: 143 }]) {
      const error = await assertRejects(
        () => device.createSimpleDecoder(path, limit),
        UnsupportedError,
        "176 x 144",
      );
      assert(/175|143/.test(error.message), error.message);
    }
  });
});

test("frames behind a change to a larger size are refused, too", async () => {
  const { path } = await clip("h264_size_change.h264");
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path, { maxWidth: 176, maxHeight: 144 });
    const { length } = video;
    assertEquals(await numbersOf(await video.getBatchFramesByIndex([0, 5])), [0, 5]);
    const error = await assertRejects(() => video.at(length - 1), UnsupportedError);
    assert(/160 x 160, larger than maxWidth x maxHeight/.test(error.message), error.message);
    assertEquals(await numbersOf(await video.getBatchFramesByIndex([6])), [6]);
    using other = await device.createSimpleDecoder(path, { maxWidth: 176, maxHeight: 160 });
    using last = await other.at(-1);
    assertEquals([last.width, last.height], [160, 160]);
  });
});

test("an abort stops opening, with the signal's reason", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withDevice(async (device) => {
    for (const make of ["createSimpleDecoder", "createThreadedDecoder"] as const) {
      const stop = new AbortController();
      const opening = device[make](path, { signal: stop.signal });
      stop.abort(new Error("enough"));
      // Opening that was done already is not undone.
      const made: unknown = await inTime<{ close(): void }>(opening, "Opening").catch((error) =>
        error
      );
      if (made instanceof Error) assertEquals(made.message, "enough");
      else (made as { close(): void }).close();
    }
  });
});

test("closing the device ends its videos", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withDevice(async (device) => {
    const video = await device.createSimpleDecoder(path);
    const threaded = await device.createThreadedDecoder(path);
    const [kept] = await threaded.getBatchFrames(1);
    const pending = [video.getBatchFramesByIndex([29]), numbersOf(threaded)].map((call) =>
      inTime<unknown>(call, "A call").catch((error) => error)
    );
    video.close();
    threaded.close();
    for (const outcome of await Promise.all(pending)) {
      assert(outcome instanceof ClosedError || Array.isArray(outcome), `${outcome}`);
      for (const item of Array.isArray(outcome) ? outcome : []) (item as Frame).close?.();
    }
    assertEquals(await barcodeOf(kept), 0);
    kept.close();
    assertThrows(() => video.length, ClosedError);
    assertThrows(() => threaded.length, ClosedError);
  });
});

test("damage rejects what asks for it, and only that", async () => {
  const { path, damaged } = await clip("h264_b_damaged.mp4");
  const good = [...Array(45).keys()].filter((number) => !damaged.includes(number));
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path);
    for (const index of damaged) {
      const error = await assertRejects(() => video.at(index), CorruptDataError);
      assertEquals(error.timestamp, index * 40_000);
      await assertRejects(() => video.getBatchFramesByIndex([0, index]), CorruptDataError);
      await assertRejects(() => numbersOf(video.slice(index - 1)), CorruptDataError);
    }
    const far = good.filter((number) => number >= 15);
    assertEquals(await numbersOf(await video.getBatchFramesByIndex(far)), far);
    await assertRejects(() => video.getBatchFrames(5), CorruptDataError);
    assertEquals(video.cursor, 0);
  });
});

test('onError: "skip" leaves damaged frames out, "conceal" gives them marked', async () => {
  const { path, damaged } = await clip("h264_b_damaged.mp4");
  await withDevice(async (device) => {
    using skipping = await device.createSimpleDecoder(path, { onError: "skip" });
    const indices: number[] = [];
    for await (using frame of skipping) indices.push(frame.index!);
    assert(damaged.every((number) => !indices.includes(number)), `${indices}`);
    assert(indices.length >= 30 && indices.at(-1) === 44, `${indices}`);
    const backward: number[] = [];
    for await (using last of skipping.slice(-1, undefined, -1)) backward.push(last.index!);
    assertEquals(backward, indices.toReversed());
    const batches: number[] = [];
    for (;;) {
      const batch = await skipping.getBatchFrames(4);
      if (batch.length === 0) break;
      for (using next of batch) batches.push(next.index!);
    }
    assertEquals(batches, indices);
    await assertRejects(() => skipping.at(damaged[0]), CorruptDataError);
    using concealing = await device.createSimpleDecoder(path, { onError: "conceal" });
    const statuses: string[] = [];
    for await (using marked of concealing) statuses.push(marked.decodeStatus);
    assertEquals(statuses.length, 45);
    assert(damaged.every((number) => statuses[number] !== "ok"), `${statuses}`);
  });
});
