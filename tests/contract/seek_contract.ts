/** Seeking to the key frame at or before a time. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import { ClosedError, UnsupportedError } from "./cuframe.ts";
import { assertRun, barcodeOf, decodePackets, numbersOf, withDevice } from "./contract_device.ts";
import { reference } from "./reference.ts";

const kSeekable = [
  ...["h264_b_pyramid.mp4", "h264.mkv", "h264_fragmented.mp4", "h264_aac.mp4", "hevc.mp4"],
  ...["av1.mp4", "av1.webm", "vp8.webm", "vp9.webm", "mpeg4_asp.mp4", "h264_ntsc.mp4"],
];

for (const name of kSeekable) {
  test(`seek() in ${name} goes to the key frame at or before the time`, async () => {
    const wanted = await clip(name);
    const [num, den] = wanted.frameRate.split("/").map(Number);
    const { frames } = await reference(wanted);
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer(wanted.path);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      for (const frame of [20, 15, 44, 0, 31, 14]) {
        // The middle of a frame's time: rounding must not decide. Without an edit list B-frames delay the start.
        await demuxer.seek((demuxer.startTime ?? 0) / 1e6 + (frame + 0.5) * den / num);
        const first = frames.findLastIndex(({ keyFrame }, i) => keyFrame && i <= frame);
        assertRun(await numbersOf(decoder.frames(demuxer)), first, 45 - first);
      }
    }, { clips: [name] });
  });
}

test("seek() to exactly a key frame's time goes to that key frame", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    for (const frame of [0, 15, 30]) {
      await demuxer.seek(frame / 25);
      const packet = await demuxer.read();
      assertEquals([packet!.isKey, packet!.timestamp], [true, frame * 40_000]);
      await decoder.reset();
    }
  });
});

test("seek() counts seconds of the stream's own time where that is negative or cut", async () => {
  await withDevice(async (device) => {
    for (const name of ["h264_negative.mp4", "h264_edit_list.mp4"]) {
      const wanted = await clip(name);
      using demuxer = await device.createDemuxer(wanted.path);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      const { frames } = await reference(wanted);
      assertEquals(await numbersOf(decoder.frames(demuxer)), [...wanted.numbers], name);
      await demuxer.seek(0);
      assertEquals(await numbersOf(decoder.frames(demuxer)), [...wanted.numbers], `${name} again`);
      assertEquals(frames.length, wanted.numbers.length);
    }
  });
});

test("seek() before the start and behind the end stays within the stream", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    await demuxer.seek(-5);
    assertRun(await numbersOf(decoder.frames(demuxer)), 0, 45);
    await demuxer.seek(1e6);
    assertRun(await numbersOf(decoder.frames(demuxer)), 30, 15);
  });
});

test("elementary streams and transport streams seek back to their start", async () => {
  for (const name of ["h264.ts", "h264.h264", "hevc.h265", "vp8.ivf", "av1.obu", "mpeg1.mpg"]) {
    await withDevice(async (device) => {
      const { path, numbers } = await clip(name);
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      for (let round = 0; round < 2; round++) {
        const found = await numbersOf(decodePackets(decoder, demuxer));
        assertEquals(found, [...numbers], `${name}, round ${round}`);
        await demuxer.seek(0);
      }
    }, { clips: [name] });
  }
});

test("after seek() in the middle of an open GOP its leading frames are right or absent", async () => {
  await withDevice(async (device) => {
    for (const name of ["h264_open_gop.mp4", "hevc_open_gop.mp4"]) {
      const { path } = await clip(name);
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec, onError: "conceal" });
      await demuxer.seek(0.9);
      const good: number[] = [];
      for await (using frame of decoder.frames(demuxer)) {
        if (frame.decodeStatus !== "ok") continue;
        good.push(await barcodeOf(frame));
        assertEquals(good.at(-1), (frame.timestamp! - demuxer.startTime!) / 40_000, name);
      }
      const first = good.indexOf(15);
      assert(first >= 0, `${name}: ${good}`);
      assertRun(good.slice(first), 15, 30);
    }
  });
});

test("seek() in the middle of iterating drops what was read ahead", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    const numbers: number[] = [];
    for await (using frame of decoder.frames(demuxer)) {
      numbers.push(await barcodeOf(frame));
      if (numbers.length === 5) await demuxer.seek(1.3);
    }
    assertEquals(numbers.slice(0, 5), [0, 1, 2, 3, 4]);
    assertRun(numbers.slice(5), 30, 15);
    await demuxer.seek(0);
    const times: number[] = [];
    for await (const { timestamp, isKey } of demuxer) {
      if (isKey) times.push(timestamp!);
      if (times.length === 1) await demuxer.seek(1.3);
      if (times.length === 2) break;
    }
    assertEquals(times, [0, 1_200_000]);
  });
});

test("seek() checks its argument", async () => {
  const { path } = await clip("h264_64x64.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    const seek = async (value: unknown) => await demuxer.seek(value as number);
    for (const wrong of [undefined, null, "1", 1n]) {
      await assertRejects(() => seek(wrong), TypeError, "seconds");
    }
    for (const wrong of [NaN, Infinity, -Infinity, 1e300]) {
      await assertRejects(() => seek(wrong), RangeError, "finite");
    }
    demuxer.close();
    await assertRejects(() => demuxer.seek(0), ClosedError);
  });
});

test("a source that streams cannot seek, and says what would", async () => {
  const bytes = new Uint8Array(await readFile((await clip("h264.ts")).path));
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(new Blob([bytes]).stream());
    assertEquals(demuxer.isSeekable, false);
    const error = await assertRejects(() => demuxer.seek(0), UnsupportedError);
    assert(/path|seekable|Blob|bytes/.test(error.message), error.message);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    assertRun(await numbersOf(decoder.frames(demuxer)), 0, 45);
  });
});
