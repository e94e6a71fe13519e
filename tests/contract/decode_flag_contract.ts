/** Flags of packets: what each makes the decoder do. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { DecodeFlag, DecodeFlags, Decoder, Packet as PacketType } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { Packet } from "./cuframe.ts";
import { assertRun, barcodeOf, decodePackets, numbersOf, withDevice } from "./contract_device.ts";

const kFlags: readonly DecodeFlag[] = [
  ...["endOfPicture", "endOfStream", "timestamp", "discontinuity", "notifyEos"] as const,
];

async function withPackets(
  name: string,
  work: (decoder: Decoder, packets: PacketType[]) => Promise<void>,
): Promise<void> {
  const { path } = await clip(name);
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    const packets: PacketType[] = [];
    for await (const packet of demuxer) packets.push(packet);
    await work(decoder, packets);
  }, { clips: [name] });
}

/** A packet of the script's own with what a demuxed one holds. */
function remade(packet: PacketType, decodeFlag: DecodeFlags = null): PacketType {
  const { data, pts, timeBase, isKey } = packet;
  return new Packet({ data, pts, timeBase, isKey, decodeFlag });
}

test("a packet's decodeFlag is a flag, several or null", async () => {
  await withPackets("h264_ipp.ts", (_, [demuxed]) => {
    for (const packet of [demuxed, new Packet({ data: new Uint8Array(4), timestamp: 0 })]) {
      assertEquals(packet.decodeFlag, null);
      const { isKey, timestamp } = packet;
      for (const flag of kFlags) {
        packet.decodeFlag = flag;
        assertEquals(packet.decodeFlag, flag);
      }
      packet.decodeFlag = kFlags;
      assertEquals(packet.decodeFlag, kFlags);
      packet.decodeFlag = ["notifyEos"];
      assertEquals<DecodeFlags>(packet.decodeFlag, "notifyEos");
      packet.decodeFlag = [];
      assertEquals<DecodeFlags>(packet.decodeFlag, null);
      assertEquals([packet.isKey, packet.timestamp], [isKey, timestamp]);
      for (const wrong of ["ENDOFPICTURE", "", 8, true, undefined, {}, ["endOfPicture", 1]]) {
        const set = (): void => void (packet.decodeFlag = wrong as never);
        assertThrows(set, TypeError, "endOfPicture");
        assertEquals(packet.decodeFlag, null);
      }
    }
    const data = new Uint8Array(4);
    const made = new Packet({ data, timestamp: 0, decodeFlag: ["endOfStream", "endOfPicture"] });
    assertEquals(made.decodeFlag, ["endOfPicture", "endOfStream"]);
    const make = () => new Packet({ data, timestamp: 0, decodeFlag: "eos" as never });
    assertThrows(make, TypeError, "decodeFlag");
    return Promise.resolve();
  });
});

for (const isOwn of [false, true]) {
  const whose = isOwn ? "a packet that the script made" : "a demuxed packet";
  const flagged = (packet: PacketType, flag: DecodeFlags): PacketType => {
    if (isOwn) return remade(packet, flag);
    packet.decodeFlag = flag;
    return packet;
  };

  test(`endOfStream on ${whose} gives the frames held back`, async () => {
    await withPackets("h264_b_pyramid.mp4", async (decoder, packets) => {
      const numbers: number[] = [];
      // Packets 0 to 14 are the first group of pictures.
      for (let i = 0; i < 15; i++) {
        const flag = i === 14 ? ["endOfStream", "notifyEos"] as const : null;
        const frames = await decoder.decode(flagged(packets[i], flag));
        if (i === 14) assert(frames.length > 1, `${frames.length} frames`);
        numbers.push(...await numbersOf(frames));
      }
      assertRun(numbers, 0, 15);
      assertEquals(await decoder.flush(), []);
      assertRun(await numbersOf(decodePackets(decoder, packets.slice(15))), 15, 30);
    });
  });

  test(`a discontinuity at ${whose} gives what is held back, then a new start`, async () => {
    await withPackets("h264_b_pyramid.mp4", async (decoder, packets) => {
      const numbers: number[] = [];
      for (const packet of packets.slice(0, 15)) {
        numbers.push(...await numbersOf(await decoder.decode(packet)));
      }
      assert(numbers.length < 15, "Nothing was held back");
      // Back to the first group of pictures: times fall, and the order stays.
      numbers.push(
        ...await numbersOf(await decoder.decode(flagged(packets[30], "discontinuity"))),
      );
      assertRun(numbers.slice(0, 15), 0, 15);
      numbers.push(...await numbersOf(decodePackets(decoder, packets.slice(31))));
      packets[0].decodeFlag = "discontinuity";
      numbers.push(...await numbersOf(decodePackets(decoder, packets)));
      assertRun(numbers.slice(15, 30), 30, 15);
      assertRun(numbers.slice(30), 0, 45);
    });
  });

  test(`timestamp, notifyEos and endOfPicture on ${whose} change no frame`, async () => {
    for (const name of ["h264_b_pyramid.mp4", "hevc.mp4", "av1.mp4", "vp9_alt_ref.webm"]) {
      await withPackets(name, async (decoder, packets) => {
        const flags = ["timestamp", "notifyEos", "endOfPicture"] as const;
        const all = packets.map((packet) => flagged(packet, flags));
        const times: (number | null)[] = [];
        const numbers: number[] = [];
        for await (using frame of decodePackets(decoder, all)) {
          times.push(frame.timestamp);
          numbers.push(await barcodeOf(frame));
        }
        assertRun(numbers, 0, 45);
        const ticks = times.map((time) => Math.round(time! / 40000));
        assertRun(ticks, ticks[0], 45);
      });
    }
  });
}

test("a packet without data ends a stream, as often as it is sent", async () => {
  await withPackets("h264_b_pyramid.mp4", async (decoder, packets) => {
    const end = new Packet({ data: new Uint8Array(0), timestamp: 0, decodeFlag: "endOfStream" });
    assertEquals(await decoder.decode(end), []);
    for (let round = 0; round < 2; round++) {
      const batches = packets.map((packet) => decoder.decode(packet));
      batches.push(decoder.decode(end), decoder.decode(end));
      assertRun(await numbersOf((await Promise.all(batches)).flat()), 0, 45);
    }
    assertEquals(decoder.stats.packetsDecoded, 90);
    assertEquals(await decoder.flush(), []);
  });
});

test("frames() heeds the flags of packets", async () => {
  await withPackets("h264_b_pyramid.mp4", async (decoder, packets) => {
    packets[14].decodeFlag = "endOfStream";
    packets[30].decodeFlag = "discontinuity";
    const order = [...packets.slice(0, 15), ...packets.slice(30), ...packets.slice(0, 15)];
    packets[0].decodeFlag = "discontinuity";
    const numbers = await numbersOf(decoder.frames(order));
    assertRun(numbers.slice(0, 15), 0, 15);
    assertRun(numbers.slice(15, 30), 30, 15);
    assertRun(numbers.slice(30), 0, 15);
  });
});
