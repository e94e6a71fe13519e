/** Random access by `index: "approximate"`: frames are found by their time, without a pass over the file. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { copyFile, mkdtemp, rm, stat, truncate, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { allClips, clip } from "../support/clips.ts";
import { ffmpeg } from "../support/ffmpeg.ts";
import { barcodeOf, numbersOf, withDevice } from "./contract_device.ts";
import { ClosedError, CorruptDataError } from "./cuframe.ts";

const LONG_AGO = new Date("2001-02-03T04:05:06Z");
const approximate = { index: "approximate" } as const;

/** Work with a copy of its own, of which no index is kept. */
async function withCopy(name: string, work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cuframe-approximate-"));
  try {
    const path = join(folder, name);
    await copyFile((await clip(name)).path, path);
    await work(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The 45 frames and 3 GOPs of a clip, 40 times. */
async function withLongVideo(
  work: (path: string, size: number) => Promise<void>,
): Promise<void> {
  await withCopy("h264.mkv", async (path) => {
    const long = path.replace(".mkv", "_long.mkv");
    await ffmpeg(["-stream_loop", "39", "-i", path, "-c", "copy", long]);
    await work(long, (await stat(long)).size);
  });
}

for (const { name, state, numbers } of allClips()) {
  if (state !== "good" || name.includes("vfr")) continue;
  test(`an approximate index finds every frame of ${name}`, async () => {
    await withCopy(name, async (path) => {
      await withDevice(async (device) => {
        using video = await device.createSimpleDecoder(path, approximate);
        assertEquals(video.length, numbers.length);
        assertEquals(await numbersOf(video), [...numbers]);
        const order = [...numbers.keys()].map((i) => (i * 17 + 5) % numbers.length);
        const expected = order.map((i) => numbers[i]);
        assertEquals(await numbersOf(await video.getBatchFramesByIndex(order)), expected);
        using threaded = await device.createThreadedDecoder(path, {
          ...approximate,
          startFrame: -7,
        });
        assertEquals(await numbersOf(threaded), numbers.slice(-7));
      }, { clips: [name] });
    });
  });
}

test("where the rate varies, a frame is the one that is shown at its time", async () => {
  await withCopy("h264_vfr.mkv", async (path) => {
    await withDevice(async (device) => {
      using exact = await device.createSimpleDecoder(path);
      const times = [...Array(exact.length).keys()].map((i) => exact.getTimeFromIndex(i));
      using video = await device.createSimpleDecoder(path, approximate);
      const half = (video.getTimeFromIndex(2) - video.getTimeFromIndex(1)) / 2;
      const expected = [...Array(video.length).keys()].map((i) => {
        const time = video.getTimeFromIndex(i);
        const near = times.findIndex((other) => Math.abs(other - time) <= half + 1e-6);
        return near >= 0 ? near : times.findLastIndex((other) => other < time);
      });
      assert(new Set(expected).size < expected.length, "Every frame has a picture of its own");
      assertEquals(await numbersOf(video), expected);
      const last = video.length - 1;
      assertEquals(await numbersOf([await video.at(last), await video.at(0)]), [expected[last], 0]);
    });
  });
});

test("an approximate index reads a small part of the file, and the scan is made when it is asked for", async () => {
  await withLongVideo(async (path, size) => {
    await withDevice(async (device) => {
      using video = await device.createSimpleDecoder(path, approximate);
      const opening = video.stats.bytesRead;
      assert(opening > 0 && opening < size / 5, `${opening} of ${size} bytes`);
      assertEquals([video.length, video.streamMetadata.numFrames], [1800, 1800]);
      assertEquals(await numbersOf(await video.getBatchFramesByIndex([1500, 7])), [15, 7]);
      await assertRejects(() => video.at(1800), RangeError, "1800");
      assert(video.stats.bytesRead < size / 2, `${video.stats.bytesRead} of ${size} bytes`);
      const scans = [video.getScannedStreamMetadata(), video.getScannedStreamMetadata()];
      const [scanned, again] = await Promise.all(scans);
      assertEquals([scanned.numFrames, scanned.keyFrameIndices.length], [1800, 120]);
      assertAlmostEquals(scanned.duration / 1e6, 72, 0.1);
      assertEquals([scanned.packetSizes.length, scanned.averageFps], [1800, again.averageFps]);
      assert(video.stats.bytesRead > size && video.stats.bytesRead < 2 * size, "It scans once");
      assertEquals(await numbersOf(await video.getBatchFrames(2)), [0, 1]);
      const descriptor = { ...approximate, needScannedStreamMetadata: true };
      using early = await device.createThreadedDecoder(path, descriptor);
      assertEquals((await early.getScannedStreamMetadata()).numFrames, 1800);
    });
  });
});

test("going forward decodes no packet twice, however large the steps are", async () => {
  await withLongVideo(async (path) => {
    await withDevice(async (device) => {
      for (const step of [1, 4, 11, 40]) {
        using video = await device.createSimpleDecoder(path, approximate);
        for (let i = 100; i < 260; i += step) {
          using frame = await video.at(i);
          assertEquals([await barcodeOf(frame), frame.index], [i % 45, i]);
          assertEquals(frame.timestamp, i * 40_000);
        }
        const { packetsDecoded, framesDecoded, seeks } = video.stats;
        assert(packetsDecoded <= 180, `${packetsDecoded} packets by steps of ${step}`);
        assert(framesDecoded <= packetsDecoded && seeks <= 1 + 160 / step, `${seeks} seeks`);
      }
    });
  });
});

test("frames that the container claims behind its end are the last one for a second, then errors", async () => {
  await withLongVideo(async (path, size) => {
    await truncate(path, Math.floor(size / 3));
    await withDevice(async (device) => {
      using exact = await device.createSimpleDecoder(path);
      using video = await device.createSimpleDecoder(path, approximate);
      const end = exact.length;
      assert(end < 700, `${end} frames`);
      assertEquals(video.length, 1800);
      const numbers = await numbersOf(await video.getBatchFramesByIndex([end - 1, end + 20]));
      assertEquals(numbers, [(end - 1) % 45, (end - 1) % 45]);
      for (const index of [end + 40, -1]) {
        const error = await assertRejects(() => video.at(index), CorruptDataError, "ends");
        assertEquals(error.timestamp, (index < 0 ? 1799 : index) * 40_000);
      }
      await assertRejects(() => numbersOf(video.slice(end - 3)), CorruptDataError, "ends");
      assertEquals(await numbersOf([await video.at(3)]), [3]);
    });
  });
});

test("close() ends a scan", async () => {
  await withLongVideo(async (path) => {
    await withDevice(async (device) => {
      const video = await device.createSimpleDecoder(path, approximate);
      const scan = video.getScannedStreamMetadata().catch((error: unknown) => error);
      video.close();
      assert(await scan instanceof ClosedError);
    });
  });
});

test("an estimate is not kept, and an exact index that is kept is taken instead", async () => {
  await withCopy("h264.mkv", async (path) => {
    await utimes(path, LONG_AGO, LONG_AGO);
    await withDevice(async (device) => {
      const hits: number[] = [];
      for (const index of ["approximate", "approximate", "exact", "approximate"] as const) {
        using video = await device.createSimpleDecoder(path, { index });
        assertEquals(await numbersOf(await video.getBatchFramesByIndex([44, 0])), [44, 0]);
        hits.push(device.stats.indexCacheHits);
      }
      assertEquals(hits, [0, 0, 0, 1]);
    });
  });
});
