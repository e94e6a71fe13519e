/** Loops that are left early: nothing leaks, and no packet is lost. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { Device, Packet } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import {
  assertRun,
  barcodeOf,
  decodePackets,
  noLiveHandles,
  numbersOf,
  until,
  withDevice,
} from "./contract_device.ts";

/** Only what the loop's owner holds is alive: the demuxer and the decoder. */
async function onlyOwners(device: Device): Promise<void> {
  await until(() => device.stats.liveFrames === 0, () => `no frames: ${device.stats.liveFrames}`);
  assertEquals(device.stats.liveHandles, 2);
}

test("leaving frames() by break closes what was not given", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    for (const count of [0, 1, 7, 44]) {
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      let given = 0;
      for await (using frame of decoder.frames(demuxer)) {
        assertEquals(await barcodeOf(frame), given);
        if (given++ === count) break;
      }
      await onlyOwners(device);
    }
  });
});

test("leaving frames() by throw closes what was not given", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    const work = async (): Promise<void> => {
      for await (using _ of decoder.frames(demuxer)) throw new Error("The script is tired");
    };
    await assertRejects(work, Error, "tired");
    await onlyOwners(device);
    await demuxer.seek(0);
    assertRun(await numbersOf(decoder.frames(demuxer)), 0, 45);
  });
});

test("closing the owners inside the loop ends it without a leak", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    const demuxer = await device.createDemuxer(path);
    const decoder = await device.createDecoder({ codec: demuxer.codec });
    let given = 0;
    const work = async (): Promise<void> => {
      for await (using frame of decoder.frames(demuxer)) {
        assertEquals(await barcodeOf(frame), given);
        if (given++ === 3) {
          decoder.close();
          demuxer.close();
        }
      }
    };
    await work().catch(() => {});
    assert(given >= 4, `${given} frames`);
    await noLiveHandles(device);
  });
});

test("an iterator that is dropped in the middle leaks nothing once its owners are closed", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    const frames = decoder.frames(demuxer);
    (await frames.next()).value!.close();
    await frames.return();
    await onlyOwners(device);
  });
});

test("leaving a loop over packets loses none: the next loop goes on", async () => {
  for (const name of ["h264_b_pyramid.mp4", "h264.ts", "vp9_alt_ref.webm"]) {
    const { path, numbers } = await clip(name);
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      const packets: Packet[] = [];
      for (const count of [1, 5, 1, 12]) {
        let taken = 0;
        for await (const packet of demuxer) {
          packets.push(packet);
          if (++taken === count) break;
        }
      }
      const alone = await demuxer.read();
      packets.push(alone!);
      for await (const packet of demuxer) packets.push(packet);
      assertEquals(await numbersOf(decodePackets(decoder, packets)), [...numbers], name);
    });
  }
});

test("a decoder goes on with the packets that a loop left", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    const numbers: number[] = [];
    let taken = 0;
    for await (const packet of demuxer) {
      numbers.push(...await numbersOf(await decoder.decode(packet)));
      if (++taken === 10) break;
    }
    numbers.push(...await numbersOf(decoder.frames(demuxer)));
    assertRun(numbers, 0, 45);
  });
});

test("loops in loops: two iterators share the packets of one demuxer", async () => {
  const { path } = await clip("h264_ipp.ts");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    const times: number[] = [];
    for await (const outer of demuxer) {
      times.push(outer.pts!);
      for await (const inner of demuxer) {
        times.push(inner.pts!);
        break;
      }
    }
    assertEquals(times.length, 45);
    assertEquals(new Set(times).size, 45);
  });
});

test("opening, decoding and closing many times leaves nothing", async () => {
  const { path } = await clip("h264_64x64.mp4");
  await withDevice(async (device) => {
    for (let round = 0; round < 40; round++) {
      const demuxer = await device.createDemuxer(path);
      const decoder = await device.createDecoder({ codec: demuxer.codec });
      const { value } = await decoder.frames(demuxer).next();
      value!.close();
      // In every order, with the pipeline still at work.
      if (round % 2 === 0) demuxer.close();
      decoder.close();
      demuxer.close();
    }
    await noLiveHandles(device);
    assertEquals(device.stats.frameBytes, 0);
  });
});
