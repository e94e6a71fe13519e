/** What SimpleDecoder costs: work counters, decoders that are used again, sources, calls at once. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { SimpleDecoder, Source } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { barcodeOf, inTime, numbersOf, until, withDevice } from "./contract_device.ts";
import { ClosedError, MediaIoError, UnsupportedError } from "./cuframe.ts";
import { TearingSource } from "./tearing_source.ts";

const kAll = [...Array(45).keys()];

test("a batch decodes each GOP once, up to its last wanted frame", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    for (const engines of [1, 3]) {
      using video = await device.createSimpleDecoder(path, { engines });
      const wanted = [44, 0, 31, 1, 30, 31, 16, 15, 16];
      assertEquals(await numbersOf(await video.getBatchFramesByIndex(wanted)), wanted);
      const { gopsDecoded, packetsDecoded, decodersCreated, decodersReused } = video.stats;
      assertEquals(gopsDecoded, 3);
      assert(packetsDecoded <= 45, `${packetsDecoded} packets`);
      assert(decodersCreated + decodersReused <= engines, `${decodersCreated} decoders`);
    }
  });
});

test("a key frame costs one packet, and pictures that nobody needs are dropped", async () => {
  for (const name of ["h264_b_pyramid.mp4", "hevc.mp4"]) {
    const { path } = await clip(name);
    await withDevice(async (device) => {
      using video = await device.createSimpleDecoder(path, { engines: 1 });
      assertEquals(await numbersOf(await video.getBatchFramesByIndex([30])), [30]);
      assertEquals([video.stats.packetsDecoded, video.stats.packetsDropped], [1, 0], name);
      assertEquals(await numbersOf(await video.getBatchFramesByIndex([0, 28])), [0, 28]);
      assert(video.stats.packetsDropped > 0, `${name}: nothing was dropped`);
    });
  }
});

test("at() frame after frame decodes each packet once", async () => {
  const { path } = await clip("h264_one_gop.mp4");
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path, { engines: 1 });
    for (let i = 0; i < video.length; i++) {
      using frame = await video.at(i);
      assertEquals(await barcodeOf(frame), i);
    }
    const { packetsDecoded, seeks } = video.stats;
    // The first call does not know that others follow.
    assert(packetsDecoded <= video.length + 10, `${packetsDecoded} packets for ${video.length}`);
    assert(seeks <= 2, `${seeks} seeks`);
  });
});

test("reconfigureDecoder() uses the decoder again for videos of the same kind", async () => {
  const paths: string[] = [];
  for (const name of ["h264_b_pyramid.mp4", "h264_open_gop.mp4", "h264.mkv", "h264.ts"]) {
    paths.push((await clip(name)).path);
  }
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(paths[0], { engines: 1 });
    let bytesRead = 0;
    for (let round = 0; round < 12; round++) {
      if (round > 0) await video.reconfigureDecoder(paths[round % paths.length]);
      assertEquals([video.cursor, video.length], [0, 45]);
      const [first, last] = await video.getBatchFramesByIndex([0, 44]);
      assertEquals([await barcodeOf(first), await barcodeOf(last)], [0, 44]);
      for (const frame of [first, last]) frame.close();
      assert(video.stats.bytesRead > bytesRead, "No byte was read");
      bytesRead = video.stats.bytesRead;
    }
    const { decodersCreated, decodersReused } = video.stats;
    assertEquals([decodersCreated, decodersReused], [1, 11]);
    assertEquals([device.stats.decodersCreated, device.stats.decodersReused], [1, 11]);
  }, { threads: 1 });
});

test("reconfigureDecoder() that fails leaves the video as it was", async () => {
  const { path } = await clip("h264_64x64.mp4");
  const larger = (await clip("h264_b_pyramid.mp4")).path;
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path, { maxWidth: 64, maxHeight: 64 });
    (await video.getBatchFrames(5)).forEach((frame) => frame.close());
    await assertRejects(() => video.reconfigureDecoder("/no/such.mp4"), MediaIoError, "/no/such");
    const error = await assertRejects(() => video.reconfigureDecoder(larger), UnsupportedError);
    assert(/176 x 144.*64 x 64/.test(error.message), error.message);
    const stop = AbortSignal.abort(new Error("enough"));
    await assertRejects(() => video.reconfigureDecoder(path, { signal: stop }), Error, "enough");
    assertEquals(video.cursor, 5);
    assertEquals(await numbersOf(await video.getBatchFrames(2)), [5, 6]);
    await video.reconfigureDecoder(path, { streamIndex: 0 });
    assertEquals(await numbersOf(video), kAll);
  });
});

test("every source that can seek is read, those that cannot are refused with advice", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  const bytes = new Uint8Array(await readFile(path));
  const seekable = {
    size: bytes.length,
    read: (offset: number, buffer: Uint8Array): number => {
      const part = bytes.subarray(offset, offset + buffer.length);
      buffer.set(part);
      return part.length;
    },
  };
  const url = new URL(`file://${path}`);
  await withDevice(async (device) => {
    for (const source of [path, url, bytes, bytes.buffer, new Blob([bytes]), seekable]) {
      using video = await device.createSimpleDecoder(source);
      assertEquals(await numbersOf(await video.getBatchFramesByIndex([40, 2])), [40, 2]);
      assertEquals(await numbersOf(video), kAll);
    }
    const feeder = (): number => 0;
    const streams: Source[] = [new Blob([bytes]).stream(), new Response(bytes), feeder];
    for (const source of streams) {
      const error = await assertRejects(() => device.createSimpleDecoder(source), UnsupportedError);
      assert(/Blob/.test(error.message) && /createDemuxer/.test(error.message), error.message);
    }
  });
});

test("a seekable source that fails rejects the call with its own error", async () => {
  // Large enough to be read in several parts.
  const bytes = new Uint8Array(await readFile((await clip("h264_1080p.mp4")).path));
  const source = new TearingSource(bytes);
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(source);
    source.tear();
    const error = await assertRejects(() => video.at(-1), MediaIoError, "The tape tore");
    assertEquals((error.cause as Error).message, "The tape tore");
  });
});

test("calls at once are done in order", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  const other = (await clip("h264_one_gop.mp4")).path;
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path);
    const work = [
      video.getBatchFrames(3),
      video.getBatchFramesByIndex([9, 8]),
      video.seekToIndex(20),
      video.getBatchFrames(2),
      video.at(-1).then((frame) => [frame]),
      video.reconfigureDecoder(other),
      video.getBatchFrames(2),
      video.at(-1).then((frame) => [frame]),
    ] as const;
    const found = (await Promise.all(work)).map((frames) => frames ?? []);
    const numbers = await Promise.all(found.map((frames) => numbersOf(frames)));
    assertEquals(numbers, [[0, 1, 2], [9, 8], [], [20, 21], [44], [], [0, 1], [89]]);
  });
});

test("close() ends calls at work and in the queue, loops and later calls", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withDevice(async (device) => {
    const calls: ((video: SimpleDecoder) => Promise<unknown>)[] = [
      (video) => video.getBatchFramesByIndex([29, 3, 14]),
      (video) => video.getBatchFrames(30),
      (video) => video.reconfigureDecoder(path),
      (video) => numbersOf(video),
      (video) => numbersOf(video.slice(-1, undefined, -1)),
      (video) => video.at(0),
    ];
    for (const delay of [0, 1, 5]) {
      const video = await device.createSimpleDecoder(path);
      const pending = calls.map((call) =>
        inTime(call(video), "A call").then(close, (error: unknown) => error)
      );
      await new Promise((resolve) => setTimeout(resolve, delay));
      video.close();
      video.close();
      for (const error of await Promise.all(pending)) {
        assert(error === undefined || error instanceof ClosedError, `${error}`);
      }
      await assertRejects(() => video.at(0), ClosedError, "The SimpleDecoder is closed");
    }
  });
});

async function close(frames: unknown): Promise<void> {
  for (const frame of await frames as { close?(): void }[] | undefined ?? []) frame.close?.();
}

test("a loop that is left frees what was decoded ahead", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path);
    for (const slice of [video, video.slice(0, 30, 2), video.slice(-1, 0, -1)]) {
      for await (using frame of slice) if (frame.index! > 0) break;
      const isFree = (): boolean => device.stats.frameBytes === 0;
      await until(isFree, () => `no frames: ${JSON.stringify(device.stats)}`);
    }
    assertEquals(await numbersOf(video), [...Array(30).keys()]);
  });
});

test("a loop over a video that was replaced ends with an error that says so", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path, { memoryBudgetBytes: 1 });
    const loop = async (): Promise<void> => {
      for await (using _ of video) await video.reconfigureDecoder(path);
    };
    await assertRejects(loop, ClosedError, "reconfigureDecoder()");
  });
});
