/** Damaged pictures: thrown, skipped or marked, always with their times. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { test } from "node:test";
import type { Decoder, Demuxer, Frame } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { simulatedDriver } from "../support/simulated_driver.ts";
import { CorruptDataError, Packet } from "./cuframe.ts";
import {
  bytesOf,
  contractBackend,
  decodePackets,
  numbersOf,
  withDevice,
} from "./contract_device.ts";

const kFrameUs = 40_000;

/** What a loop that goes on after every error gives. */
interface Findings {
  readonly errors: readonly number[];
  readonly shown: readonly number[];
}

async function byPipeline(decoder: Decoder, demuxer: Demuxer): Promise<Findings> {
  const errors: number[] = [];
  const shown: number[] = [];
  for (let isAtEnd = false; !isAtEnd;) {
    try {
      for await (using frame of decoder.frames(demuxer)) shown.push(frame.timestamp!);
      isAtEnd = true;
    } catch (error) {
      assertInstanceOf(error, CorruptDataError);
      errors.push(error.timestamp!);
    }
  }
  return { errors, shown };
}

async function byPackets(decoder: Decoder, demuxer: Demuxer): Promise<Findings> {
  const errors: number[] = [];
  const shown: number[] = [];
  const take = async (work: Promise<Frame[]>): Promise<void> => {
    try {
      for (using frame of await work) shown.push(frame.timestamp!);
    } catch (error) {
      assertInstanceOf(error, CorruptDataError);
      errors.push(error.timestamp!);
    }
  };
  for await (const packet of demuxer) await take(decoder.decode(packet));
  // A flush that throws has more to give.
  for (let count = -1; count !== errors.length;) {
    count = errors.length;
    await take(decoder.flush());
  }
  return { errors, shown };
}

const kThreads: readonly (number | undefined)[] = [1, undefined];

// NVDEC takes the noise of the other one for pictures, and says that all is well (seen on an H200).
const isRealGpu = contractBackend() === "cuda" && simulatedDriver() === null;
const kDamaged = isRealGpu ? ["h264_b_damaged.mp4"] : ["h264_damaged.mp4", "h264_b_damaged.mp4"];

for (const name of kDamaged) {
  for (const threads of kThreads) {
    const how = threads === undefined ? "with default threads" : "with one thread";

    for (const [way, find] of [["frames()", byPipeline], ["decode()", byPackets]] as const) {
      test(`${way} throws at the damage of ${name} ${how} and goes on`, async () => {
        const { path, damaged, frames } = await clip(name);
        await withDevice(async (device) => {
          using demuxer = await device.createDemuxer(path);
          using decoder = await device.createDecoder({ codec: demuxer.codec, threads });
          const { errors, shown } = await find(decoder, demuxer);
          const wanted = damaged.map((number) => number * kFrameUs);
          for (const time of wanted) assert(errors.includes(time), `${time} is not in ${errors}`);
          const all = [...errors, ...shown].sort((a, b) => a - b);
          assertEquals(all, Array.from({ length: frames }, (_, i) => i * kFrameUs));
          assertEquals(shown, [...shown].sort((a, b) => a - b));
          assertEquals(decoder.stats.framesCorrupt, errors.length);
        });
      });
    }

    test(`"skip" leaves out the damaged frames of ${name} ${how}`, async () => {
      const { path, damaged, frames } = await clip(name);
      await withDevice(async (device) => {
        using demuxer = await device.createDemuxer(path);
        using decoder = await device.createDecoder({
          ...{ codec: demuxer.codec, onError: "skip" as const, threads },
        });
        const times: number[] = [];
        for await (using frame of decoder.frames(demuxer)) {
          assertEquals(frame.decodeStatus, "ok");
          times.push(frame.timestamp!);
        }
        for (const number of damaged) assert(!times.includes(number * kFrameUs), `${number}`);
        assertEquals(times.length + decoder.stats.framesCorrupt, frames);
      });
    });

    test(`"conceal" marks the damaged frames of ${name} ${how}`, async () => {
      const { path, damaged, frames } = await clip(name);
      await withDevice(async (device) => {
        using demuxer = await device.createDemuxer(path);
        using decoder = await device.createDecoder({
          ...{ codec: demuxer.codec, onError: "conceal" as const, threads },
        });
        const times: number[] = [];
        const marked: number[] = [];
        for await (using frame of decoder.frames(demuxer)) {
          times.push(frame.timestamp!);
          if (frame.decodeStatus !== "ok") marked.push(frame.timestamp! / kFrameUs);
        }
        assertEquals(times, Array.from({ length: frames }, (_, i) => i * kFrameUs));
        for (const number of damaged) assert(marked.includes(number), `${number}: ${marked}`);
        assertEquals(decoder.stats.framesCorrupt, marked.length);
      });
    });
  }
}

test("frames before the damage are exact, and so are those after the next key frame", async () => {
  const { path } = await clip("h264_damaged.mp4");
  const source = await clip("h264_slices.mp4");
  await withDevice(async (device) => {
    const read = async (file: string): Promise<Uint8Array[]> => {
      using demuxer = await device.createDemuxer(file);
      using decoder = await device.createDecoder({ codec: "h264", onError: "conceal" });
      const pictures: Uint8Array[] = [];
      for await (using frame of decoder.frames(demuxer)) pictures.push(await bytesOf(frame));
      return pictures;
    };
    const [bad, good] = [await read(path), await read(source.path)];
    // Key frames are 0, 15 and 30; damaged are 5, 20 and 40.
    for (let i = 0; i < 45; i++) {
      const isWhole = i % 15 < (i < 30 ? 5 : 10);
      if (isWhole) assertEquals(bad[i], good[i], `Frame ${i}`);
    }
    assert(good.length === 45 && bad.length === 45);
  });
});

test("a packet of noise throws, and decoding goes on at the next key frame", async () => {
  const { path } = await clip("h264_ipp.ts");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec, onError: "skip" });
    const data = new Uint8Array(500).map((_, i) => (i * 37) & 255);
    const noise = new Packet({ data, timestamp: 0 });
    await numbersOf(await decoder.decode(noise));
    const numbers = await numbersOf(decodePackets(decoder, demuxer));
    assertEquals(numbers.slice(-30), Array.from({ length: 30 }, (_, i) => i + 15));
    using first = await device.createDecoder({ codec: demuxer.codec });
    const outcome = await first.decode(noise).catch((error) => error);
    if (!Array.isArray(outcome)) assertInstanceOf(outcome, CorruptDataError);
  });
});
