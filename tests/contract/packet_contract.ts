/** Packets: what a demuxer says of each, and packets that a script makes or keeps. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { PacketDescriptor } from "../../mod.ts";
import { allClips, clip } from "../support/clips.ts";
import { Packet } from "./cuframe.ts";
import { assertRun, barcodeOf, decodePackets, numbersOf, withDevice } from "./contract_device.ts";
import { reference } from "./reference.ts";

for (const { name, state } of allClips()) {
  if (state !== "good") continue;
  test(`packets of ${name} as stored are those that ffprobe lists`, async () => {
    const { path } = await clip(name);
    const wanted = (await reference(await clip(name))).packets;
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer(path, { bitstream: "container" });
      const tick = 1e6 * demuxer.timeBase.value;
      let count = 0;
      for await (const packet of demuxer) {
        const { pts, dts, duration, key, discard, position, size } = wanted[count++];
        assertEquals(packet.data.length, size, `Size of packet ${count - 1}`);
        assertEquals([packet.isKey, packet.isDiscard, packet.isCorrupt], [key, discard, false]);
        assertEquals(packet.position, position < 0 ? null : position);
        assertEquals(packet.timeBase, demuxer.timeBase);
        assert(Math.abs(packet.duration - (duration ?? 0) * tick) <= 0.5000001);
        // Elementary streams have no times: those there are were made from the frame rate.
        if (/\.(h264|h265)$/.test(name)) continue;
        assertEquals([packet.pts, packet.dts], [pts ?? null, dts ?? null]);
        if (pts === undefined) assertEquals(packet.timestamp, null);
        else assert(Math.abs(packet.timestamp! - pts * tick) <= 0.5000001);
      }
      assertEquals(count, wanted.length);
    });
  });
}

/** Types of the units of an Annex B stream. */
function unitTypes(data: Uint8Array, codec: string): number[] {
  const types: number[] = [];
  for (let i = 0; i + 3 < data.length; i++) {
    if (data[i] !== 0 || data[i + 1] !== 0 || data[i + 2] !== 1) continue;
    types.push(codec === "h264" ? data[i + 3] & 31 : (data[i + 3] >> 1) & 63);
  }
  return types;
}

const kHeaderTypes: Readonly<Record<string, readonly number[]>> = {
  h264: [7, 8],
  hevc: [32, 33, 34],
};

for (const name of ["h264_b_pyramid.mp4", "h264.mkv", "h264.ts", "hevc.mp4", "hevc_gray.mp4"]) {
  test(`packets of ${name} are Annex B with the headers at every key frame`, async () => {
    const { path } = await clip(name);
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer(path);
      let keys = 0;
      for await (const { data, isKey } of demuxer) {
        const start = [...data.subarray(0, 4)].join(".");
        assert(start === "0.0.0.1" || start.startsWith("0.0.1."), `Starts with ${start}`);
        if (!isKey) continue;
        keys++;
        const types = unitTypes(data, demuxer.codec);
        for (const type of kHeaderTypes[demuxer.codec]) assert(types.includes(type), `${types}`);
      }
      assertEquals(keys, 3);
    });
  });
}

test("key packets of AV1 hold the sequence header", async () => {
  const { path } = await clip("av1.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    for await (const { data, isKey } of demuxer) {
      if (!isKey) continue;
      const first = (data[0] >> 3) & 15;
      const second = first === 2 ? (data[2] >> 3) & 15 : first;
      assertEquals(second, 1, "No sequence header first");
    }
  });
});

test("packets outlive their demuxer and decode in a second round", async () => {
  const { path, numbers } = await clip("h264_open_gop.mp4");
  await withDevice(async (device) => {
    const packets: Packet[] = [];
    using demuxer = await device.createDemuxer(path);
    for await (const packet of demuxer) packets.push(packet);
    demuxer.close();
    using decoder = await device.createDecoder({ codec: "h264" });
    assertEquals(await numbersOf(decodePackets(decoder, packets)), [...numbers]);
    assertEquals(await numbersOf(decoder.frames(packets)), [...numbers]);
  });
});

test("a script's own packets give frames with their times", async () => {
  const { path } = await clip("h264_ipp.ts");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    const packets: Packet[] = [];
    for await (const { data, isKey } of demuxer) {
      const at = packets.length;
      packets.push(new Packet({ data, isKey, timestamp: at * 1000 - 500, duration: 1000 }));
    }
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    let count = 0;
    for await (using frame of decoder.frames(packets)) {
      assertEquals([await barcodeOf(frame), frame.timestamp, frame.duration], [
        ...[count, count * 1000 - 500, 1000],
      ]);
      count++;
    }
    assertEquals(count, 45);
  });
});

test("a packet of a script has what its descriptor says", () => {
  const timeBase = { num: 1, den: 90_000 };
  const data = Uint8Array.of(1, 2, 3);
  const packet = new Packet({ data, pts: -180, dts: -360, timeBase, isDiscard: true });
  assertEquals([packet.pts, packet.dts, packet.timestamp], [-180, -360, -2000]);
  assertEquals([packet.isKey, packet.isDiscard, packet.isCorrupt], [false, true, false]);
  assertEquals([packet.duration, packet.position, packet.decoderConfig], [0, null, null]);
  assertEquals(packet.timeBase, { ...timeBase, value: 1 / 90_000 });
  assertEquals(packet.data, data);
  assertEquals(new Packet({ data: data.buffer, timestamp: 40_000 }).pts, 40_000);
});

test("descriptors of packets are checked", () => {
  const data = new Uint8Array(4);
  const wrong: [descriptor: unknown, type: typeof TypeError | typeof RangeError, text: string][] = [
    [undefined, TypeError, "object"],
    [{ timestamp: 0 }, TypeError, "data"],
    [{ data }, TypeError, "timestamp"],
    [{ data: [1, 2], timestamp: 0 }, TypeError, "data"],
    [{ data, timestamp: "0" }, TypeError, "timestamp"],
    [{ data, timestamp: 0.5 }, RangeError, "timestamp"],
    [{ data, timestamp: NaN }, RangeError, "timestamp"],
    [{ data, timestamp: 0, duration: -1 }, RangeError, "duration"],
    [{ data, timestamp: 0, timeBase: { num: 0, den: 1 } }, TypeError, "timeBase"],
    [{ data, timestamp: 0, key: true }, TypeError, "isKey"],
  ];
  for (const [descriptor, type, text] of wrong) {
    assertThrows(() => new Packet(descriptor as PacketDescriptor), type, text);
  }
});

test("decode() takes packets only, and says so when the data was transferred away", async () => {
  const { path } = await clip("h264_ipp.ts");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    const packet = (await demuxer.read())!;
    for (const wrong of [undefined, null, {}, packet.data, { data: packet.data }]) {
      await assertRejects(() => decoder.decode(wrong as unknown as Packet), TypeError, "Packet");
    }
    const bytes = packet.data.slice();
    const own = new Packet({ data: bytes, timestamp: 0, isKey: true });
    structuredClone(bytes, { transfer: [bytes.buffer] });
    await assertRejects(() => decoder.decode(own), TypeError, "transferred");
  });
});

test("read() gives one packet after another, then null again and again", async () => {
  const { path } = await clip("h264_ipp.ts");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    const packets: Packet[] = [];
    for (let packet = await demuxer.read(); packet !== null; packet = await demuxer.read()) {
      packets.push(packet);
    }
    assertEquals([await demuxer.read(), await demuxer.read()], [null, null]);
    assertRun(await numbersOf(decodePackets(decoder, packets)), 0, 45);
  });
});

test("reads that overlap give the packets in order", async () => {
  const { path } = await clip("h264_ipp.ts");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    const packets = await Promise.all(Array.from({ length: 47 }, () => demuxer.read()));
    assertEquals(packets.slice(45), [null, null]);
    const times = packets.slice(0, 45).map((packet) => packet!.pts!);
    assertEquals(new Set(times).size, 45);
    assertEquals(times, [...times].sort((a, b) => a - b));
  });
});

test("packets of a stream whose headers do not change bring no decoderConfig", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    for await (const packet of demuxer) assertEquals(packet.decoderConfig, null);
  });
});
