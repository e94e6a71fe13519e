/** Decode statistics: the same by every way to a frame, absent where they were not asked for. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { Device, Frame, ParsedDecodeStats } from "../../mod.ts";
import { allClips, clip } from "../support/clips.ts";
import {
  backendOf,
  contractBackend,
  decodePackets,
  printsOf,
  withDevice,
} from "./contract_device.ts";
import { ClosedError, requestAdapter, UnsupportedError } from "./cuframe.ts";

const kName = "h264_b_pyramid.mp4";
const kBlocks = 11 * 9;
const kRecordBytes = 32 + 12 * kBlocks;
const kEnabled = { enableDecodeStats: true } as const;

async function recordsOf(frames: AsyncIterable<Frame> | Iterable<Frame>): Promise<Uint8Array[]> {
  const records: Uint8Array[] = [];
  for await (using frame of frames) records.push(frame.rawDecodeStats);
  return records;
}

async function recordsInOrder(device: Device, path: string): Promise<Uint8Array[]> {
  using demuxer = await device.createDemuxer(path);
  using decoder = await device.createDecoder({ codec: demuxer.codec, ...kEnabled });
  return await recordsOf(decoder.frames(demuxer));
}

async function withFirst(
  name: string,
  work: (frame: Frame) => Promise<void> | void,
): Promise<void> {
  const { path } = await clip(name);
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path, kEnabled);
    using frame = await video.at(0);
    await work(frame);
  });
}

const arraysOf = (stats: ParsedDecodeStats): ArrayLike<number>[] => {
  const { qpLuma, cuType, mv0X, mv0Y, mv1X, mv1Y } = stats;
  return [qpLuma, cuType, mv0X, mv0Y, mv1X, mv1Y];
};

/** NVDEC has statistics of H.264, by drivers that are new enough; libav of older codecs, too. */
const adapter = await requestAdapter({ backend: contractBackend() });
const hasStats = async (codec: string): Promise<boolean> =>
  (await adapter.decoderSupport({ codec })).hasDecodeStats;
const reason = (codec: string): string => `This GPU's driver has no statistics of ${codec}`;
const needsH264 = { skip: await hasStats("h264") ? false : reason("h264") };

for (const name of [kName, "h264_open_gop.mp4", "h264.ts", "mpeg2.ts", "mpeg4.avi", "vp9.webm"]) {
  const { codec } = allClips().find((clip) => clip.name === name)!;
  const needs = { skip: await hasStats(codec) ? false : reason(codec) };
  test(`every way to a frame of ${name} gives the same statistics`, needs, async () => {
    const { path, frames } = await clip(name);
    await withDevice(async (device) => {
      const wanted = await recordsInOrder(device, path);
      assertEquals(wanted.length, frames);
      assert(wanted.slice(0, -1).every(({ length }) => length === kRecordBytes));
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec, ...kEnabled });
      assertEquals(await recordsOf(decodePackets(decoder, demuxer)), wanted);
      using video = await device.createSimpleDecoder(path, { ...kEnabled, engines: 3 });
      assertEquals(await recordsOf(video), wanted);
      const indices = [40, 2, 2, 31, 7, 19, frames - 2];
      const picked = await recordsOf(await video.getBatchFramesByIndex(indices));
      assertEquals(picked, indices.map((i) => wanted[i]));
      using one = await video.at(23);
      assertEquals(one.rawDecodeStats, wanted[23]);
      using threaded = await device.createThreadedDecoder(path, { ...kEnabled, startFrame: 3 });
      assertEquals(await recordsOf(threaded), wanted.slice(3));
    });
  });
}

test(
  "a record is a header and 12 bytes for each block, and is parsed into arrays",
  needsH264,
  async () => {
    const { path } = await clip(kName);
    await withDevice(async (device) => {
      using video = await device.createSimpleDecoder(path, kEnabled);
      const types = new Set<string | null>();
      for await (using frame of video.slice(0, 20)) {
        types.add(frame.pictureType);
        const { decodeStatsSize, rawDecodeStats } = frame;
        assertEquals([decodeStatsSize, rawDecodeStats.length], [kRecordBytes, kRecordBytes]);
        const isB = frame.pictureType === "B";
        const view = new DataView(rawDecodeStats.buffer);
        assertEquals([view.getUint8(0), view.getUint32(4, true)], [isB ? 3 : 1, kBlocks]);
        const stats = frame.parseDecodeStats();
        assertEquals([stats.columns, stats.rows], [11, 9]);
        const second = isB ? kBlocks : 0;
        const lengths = arraysOf(stats).map(({ length }) => length);
        assertEquals(lengths, [kBlocks, kBlocks, kBlocks, kBlocks, second, second]);
        for (let i = 0; i < kBlocks; i++) {
          const at = 32 + 12 * i;
          assertEquals(stats.qpLuma[i], view.getUint8(at));
          assertEquals(stats.cuType[i], view.getUint8(at + 1) >> 1);
          assertEquals([stats.mv0X[i], stats.mv0Y[i]], [
            ...[view.getInt16(at + 4, true), view.getInt16(at + 6, true)],
          ]);
          if (isB) assertEquals(stats.mv1X[i], view.getInt16(at + 8, true));
          if (isB) assertEquals(stats.mv1Y[i], view.getInt16(at + 10, true));
        }
        if (frame.pictureType === "I") assert(stats.cuType.every((type) => type === 0));
      }
      assertEquals(types, new Set(["I", "P", "B"]));
    });
  },
);

test(
  "they stay with the frame whatever it is converted to, and with its clone",
  needsH264,
  async () => {
    const { path } = await clip(kName);
    await withDevice(async (device) => {
      const records: Uint8Array[] = [];
      for (const outputColorType of ["native", "rgb", "rgbp", "raw"] as const) {
        using video = await device.createSimpleDecoder(path, { ...kEnabled, outputColorType });
        using frame = await video.at(5);
        using twin = frame.clone();
        const stats = frame.parseDecodeStats();
        frame.close();
        assertEquals(twin.parseDecodeStats(), stats);
        records.push(twin.rawDecodeStats);
      }
      assertEquals(records, Array(4).fill(records[0]));
    });
  },
);

test("without enableDecodeStats there are none", needsH264, async () => {
  const { path } = await clip(kName);
  await withDevice(async (device) => {
    for (const options of [{}, { enableDecodeStats: false }, kEnabled, {}]) {
      // One decoder is kept for the next round, which must not be given it.
      using video = await device.createSimpleDecoder(path, options);
      using frame = await video.at(9);
      const isEnabled = options === kEnabled;
      assertEquals(frame.decodeStatsSize, isEnabled ? kRecordBytes : 0);
      assertEquals(frame.rawDecodeStats.length, isEnabled ? kRecordBytes : 0);
      const stats = frame.parseDecodeStats();
      assertEquals([stats.columns, stats.rows], isEnabled ? [11, 9] : [0, 0]);
      assertEquals(arraysOf(stats).some(({ length }) => length > 0), isEnabled);
    }
  });
});

test("the pixels are the same with statistics", needsH264, async () => {
  for (const name of ["h264_1080p.mp4", "h264_b_slices.mp4", "h264_mbaff.mp4", "mpeg2.ts"]) {
    const { path, codec } = await clip(name);
    if (!await hasStats(codec)) continue;
    await withDevice(async (device) => {
      using plain = await device.createSimpleDecoder(path);
      using video = await device.createSimpleDecoder(path, kEnabled);
      assertEquals(await printsOf(video.slice(0, 25)), await printsOf(plain.slice(0, 25)));
    }, { threads: 4 });
  }
});

test("a closed frame tells the size alone", needsH264, async () => {
  await withFirst(kName, (frame) => {
    frame.close();
    assertEquals(frame.decodeStatsSize, kRecordBytes);
    assertThrows(() => frame.rawDecodeStats, ClosedError);
    assertThrows(() => frame.parseDecodeStats(), ClosedError);
  });
});

test("what a script does to a record stays its own", needsH264, async () => {
  await withFirst(kName, (frame) => {
    const wanted = frame.parseDecodeStats();
    frame.rawDecodeStats.fill(0xff);
    frame.parseDecodeStats().qpLuma.fill(99);
    assertEquals(frame.parseDecodeStats(), wanted);
  });
});

test(
  "fields and field macroblocks: vectors are not told, quantisers and intra blocks are",
  needsH264,
  async () => {
    for (const name of ["h264_mbaff.mp4", "mpeg2_interlaced.ts"]) {
      const { path, codec } = await clip(name);
      if (!await hasStats(codec)) continue;
      await withDevice(async (device) => {
        using video = await device.createSimpleDecoder(path, kEnabled);
        for await (using frame of video.slice(0, 12)) {
          const { qpLuma, cuType, mv0X, mv0Y, mv1X } = frame.parseDecodeStats();
          assert(qpLuma.every((qp) => qp > 0), name);
          assertEquals(mv1X.length, 0);
          assert([...mv0X, ...mv0Y].every((value) => value === 0), name);
          const wanted = frame.pictureType === "I" ? [0] : [0, 7];
          assert(cuType.every((type) => wanted.includes(type)), name);
          if (frame.pictureType !== "I") assert(cuType.includes(7), name);
        }
      });
    }
  },
);

test("damaged frames have none, and the others have theirs", needsH264, async () => {
  const { path, damaged } = await clip("h264_damaged.mp4");
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path, { ...kEnabled, onError: "conceal" });
    for await (using frame of video) {
      const isGood = frame.decodeStatus === "ok";
      if (damaged.includes(frame.index!)) assert(!isGood);
      assertEquals(frame.decodeStatsSize, isGood ? kRecordBytes : 0, `frame ${frame.index}`);
    }
  });
});

test(
  "another video has its own statistics, and one without any is refused",
  needsH264,
  async () => {
    const { path } = await clip(kName);
    const small = await clip("h264_66x50.mp4");
    const hevc = await clip("hevc.mp4");
    await withDevice(async (device) => {
      using video = await device.createSimpleDecoder(path, kEnabled);
      (await video.at(3)).close();
      const replace = (): Promise<void> => video.reconfigureDecoder(hevc.path);
      await assertRejects(replace, UnsupportedError, "hevc");
      using kept = await video.at(4);
      assertEquals(kept.decodeStatsSize, kRecordBytes);
      await video.reconfigureDecoder(small.path);
      using frame = await video.at(4);
      const { columns, rows } = frame.parseDecodeStats();
      assertEquals([columns, rows], [5, 4]);
    });
  },
);

const kCodecs = ["h264", "mpeg1video", "mpeg2video", "mpeg4", "vp9"];

test("other codecs are refused by name, with those that have statistics", async () => {
  const has = await Promise.all(kCodecs.map(hasStats));
  const those = kCodecs.filter((_, i) => has[i]).join(".*") || "none";
  for (const [name, codec] of [["hevc.mp4", "hevc"], ["av1.mp4", "av1"], ["vp8.webm", "vp8"]]) {
    const { path } = await clip(name);
    if (await backendOf({ codec }) !== contractBackend()) continue;
    const wanted = new RegExp(`statistics of ${codec}.*${those}`);
    assertEquals(await hasStats(codec), false);
    await withDevice(async (device) => {
      for (
        const make of [
          () => device.createDecoder({ codec, ...kEnabled }),
          () => device.createSimpleDecoder(path, kEnabled),
          () => device.createThreadedDecoder(path, kEnabled),
        ]
      ) {
        const { message } = await assertRejects(make, UnsupportedError);
        assert(wanted.test(message), message);
      }
    });
  }
  assertEquals(await hasStats("avc1.64001f"), await hasStats("h264"));
  if (contractBackend() === "cpu") assertEquals(has, kCodecs.map(() => true));
  const unsupported = await adapter.decoderSupport({ codec: "h264", bitDepth: 16 });
  assertEquals([unsupported.isSupported, unsupported.hasDecodeStats], [false, false]);
});

test("enableDecodeStats is true or false", async () => {
  const { path } = await clip(kName);
  await withDevice(async (device) => {
    for (const wrong of [1, "true", null]) {
      const options = { enableDecodeStats: wrong as unknown as boolean };
      for (
        const make of [
          () => device.createDecoder({ codec: "h264", ...options }),
          () => device.createSimpleDecoder(path, options),
          () => device.createThreadedDecoder(path, options),
        ]
      ) await assertRejects(make, TypeError, "enableDecodeStats");
    }
  });
});
