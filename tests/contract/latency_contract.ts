/** Latency modes: after how many packets frames come, and in which order. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { DecodeFlag, Decoder, Device, Packet as PacketType } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import {
  type CodedPicture,
  type H264WriterOptions,
  inOrder,
  inPyramids,
  writeH264,
} from "../support/h264_writer.ts";
import { Packet, UnsupportedError } from "./cuframe.ts";
import {
  assertRun,
  barcodeOf,
  contractBackend,
  numbersOf,
  testOn,
  withDevice,
} from "./contract_device.ts";

type Latency = Decoder["latency"];

/** What came by which call. */
interface Delivery {
  /** Numbers of the frames of each decode() call. */
  readonly byPacket: readonly (readonly number[])[];
  /** Numbers of the frames of the last flush(). */
  readonly flushed: readonly number[];
  /** All of them in the order in which they came. */
  readonly numbers: readonly number[];
  /** Packets in before the first frame came out, that frame's included. */
  readonly packetsToFirst: number;
  /** What the decoder said at the end. */
  readonly effective: Latency;
}

async function deliver(
  decoder: Decoder,
  packets: Iterable<PacketType> | AsyncIterable<PacketType>,
  flag: DecodeFlag | null = "endOfPicture",
): Promise<Delivery> {
  const byPacket: number[][] = [];
  for await (const packet of packets) {
    packet.decodeFlag = flag;
    byPacket.push(await numbersOf(await decoder.decode(packet)));
  }
  const effective = decoder.effectiveLatency;
  const flushed = await numbersOf(await decoder.flush());
  const packetsToFirst = byPacket.findIndex((numbers) => numbers.length > 0) + 1 || Infinity;
  return {
    ...{ byPacket, flushed, packetsToFirst, effective },
    numbers: [...byPacket.flat(), ...flushed],
  };
}

async function deliverClip(device: Device, name: string, latency: Latency): Promise<Delivery> {
  using demuxer = await device.createDemuxer((await clip(name)).path);
  using decoder = await device.createDecoder({ codec: demuxer.codec, latency });
  assertEquals([decoder.latency, decoder.effectiveLatency], [latency, latency]);
  return await deliver(decoder, demuxer);
}

function packetsOf(pictures: readonly CodedPicture[], options?: H264WriterOptions): PacketType[] {
  return writeH264(pictures, options).map((data, i) => new Packet({ data, timestamp: i * 40000 }));
}

const kPrompt = [
  ...["h264_ipp_wide.mp4", "h264_intra_wide.mkv", "hevc_ipp_wide.mp4", "hevc_intra_wide.mkv"],
  ...["av1_ipp_wide.mp4", "av1_intra_wide.mkv", "h264_ipp.ts", "vp8.webm", "vp9_odd.webm"],
];
// Packets of AV1 and VP9 are in display order: they bring their hidden frames along.
const kHidden = ["av1_wide.mp4", "vp9_alt_ref.webm"];

/** Headers say nothing of reordering: NVIDIA's parser waits for it where frames are shown in order. */
function waitsForOrder(name: string): boolean {
  return contractBackend() === "cuda" && name === "h264_intra_wide.mkv";
}

for (const name of [...kPrompt, ...kHidden]) {
  test(`with low and zero latency each frame of ${name} comes with its packet`, async () => {
    const { numbers } = await clip(name);
    await withDevice(async (device) => {
      for (const latency of ["low", "zero"] as const) {
        const delivery = await deliverClip(device, name, latency);
        assertEquals(delivery.numbers, numbers);
        if (latency === "low" && waitsForOrder(name)) continue;
        assertEquals(delivery.flushed, []);
        const shown = delivery.byPacket.filter((part) => part.length > 0);
        assertEquals(shown.map((part) => part.length), numbers.map(() => 1));
        assertEquals(delivery.packetsToFirst, 1);
        // Alternative references of WebM are packets of their own.
        if (name !== "vp9_alt_ref.webm") assertEquals(delivery.byPacket.length, numbers.length);
        assertEquals(delivery.effective, latency);
      }
      const native = await deliverClip(device, name, "native");
      assertEquals(native.numbers, numbers);
    }, { threads: 4, clips: [name] });
  });
}

for (const name of ["h264_b_pyramid.mp4", "h264_1080p.mp4", "hevc.mp4", "hevc_b_wide.mp4"]) {
  test(`frames of ${name}, which has B-frames, come as each latency says`, async () => {
    const { numbers } = await clip(name);
    await withDevice(async (device) => {
      const native = await deliverClip(device, name, "native");
      assertEquals(native.numbers, numbers);
      assert(native.packetsToFirst > 1, `${native.packetsToFirst}`);
      assertEquals(native.effective, "native");
      const low = await deliverClip(device, name, "low");
      assertEquals(low.numbers, numbers);
      assertEquals(low.effective, "low");
      // Two deep at most, as the pyramid is.
      assert(low.flushed.length <= 2, `${low.flushed}`);
      assert(low.flushed.length <= native.flushed.length);
      const zero = await deliverClip(device, name, "zero");
      if (zero.effective === "zero") await assertDecodeOrder(device, name, zero);
      else assertEquals([zero.effective, zero.numbers], ["low", numbers]);
    }, { threads: 4 });
  });
}

/** Fails unless each packet gave its own frame. */
async function assertDecodeOrder(
  device: Device,
  name: string,
  delivery: Delivery,
): Promise<void> {
  using demuxer = await device.createDemuxer((await clip(name)).path);
  const times: number[] = [];
  for await (const packet of demuxer) times.push(packet.timestamp!);
  const sorted = [...times].sort((a, b) => a - b);
  assertEquals(delivery.byPacket, times.map((time) => [sorted.indexOf(time)]));
}

test("with zero latency MPEG-4 with B-frames comes in decode order", async () => {
  await withDevice(async (device) => {
    const zero = await deliverClip(device, "mpeg4_asp.mp4", "zero");
    // NVDEC cannot: packets of it may hold more pictures than are shown, or none.
    assertEquals(zero.effective, contractBackend() === "cuda" ? "low" : "zero");
    if (zero.effective === "zero") await assertDecodeOrder(device, "mpeg4_asp.mp4", zero);
    else assertRun(zero.numbers, 0, 45);
    const low = await deliverClip(device, "mpeg4_asp.mp4", "low");
    assertRun(low.numbers, 0, 45);
    assert(low.packetsToFirst > 1);
  });
});

// What x264 never does: headers that say nothing of reordering, or announce some that is not there.
for (const reorderFrames of [undefined, 0, 2]) {
  for (const hasFields of [false, true]) {
    const what = `${hasFields ? "fields" : "frames"} whose headers announce ${reorderFrames}`;
    test(`low and zero latency hold back no H.264 ${what} reordered ones`, async () => {
      const options = { reorderFrames, hasFields };
      const pictures = inOrder(7, 20);
      const wanted = pictures.map(({ number }) => [number]);
      await withDevice(async (device) => {
        for (const latency of ["low", "zero"] as const) {
          for (const flag of ["endOfPicture", null] as const) {
            using decoder = await device.createDecoder({ codec: "h264", latency });
            const { byPacket, flushed, effective } = await deliver(
              decoder,
              packetsOf(pictures, options),
              flag,
            );
            assertEquals(byPacket.flat().length + flushed.length, 20);
            // NVIDIA's parser believes what headers announce where frames are shown in order.
            if (latency === "low" && contractBackend() === "cuda" && reorderFrames !== 0) continue;
            // A frame is there with its second field.
            const expected = hasFields ? wanted.flatMap((numbers) => [[], numbers]) : wanted;
            assertEquals(byPacket, expected);
            assertEquals(effective, latency);
          }
        }
        using decoder = await device.createDecoder({ codec: "h264" });
        const { numbers } = await deliver(decoder, packetsOf(pictures, options));
        assertRun(numbers, 7, 20);
      });
    });
  }
}

for (const reorderFrames of [undefined, 2]) {
  test(`low latency loses no frame where ${reorderFrames} reordered ones are announced`, async () => {
    const pictures = inPyramids(3, 9);
    await withDevice(async (device) => {
      for (const latency of ["native", "low", "zero"] as const) {
        using decoder = await device.createDecoder({ codec: "h264", latency });
        const { numbers, effective } = await deliver(
          decoder,
          packetsOf(pictures, { reorderFrames }),
        );
        if (effective === "zero") assertEquals(numbers, pictures.map(({ number }) => number));
        else assertRun(numbers, 3, 37);
        assert(effective === latency || (latency === "zero" && effective === "low"), effective);
      }
    });
  });
}

test("effectiveLatency is that of the stream which is decoded now", async () => {
  await withDevice(async (device) => {
    using decoder = await device.createDecoder({ codec: "h264", latency: "zero" });
    const small = { size: 48, reorderFrames: 2 };
    const first = await deliver(decoder, packetsOf(inPyramids(0, 2), small));
    if (first.effective === "low") {
      const second = await deliver(decoder, packetsOf(inOrder(0, 5)));
      assertEquals([second.effective, second.packetsToFirst], ["zero", 1]);
    }
  });
});

const kCopies = "NVDEC's surfaces are few, and copied to be kept";

testOn("cpu", kCopies, "zero latency copies no picture", async () => {
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer((await clip("h264_ipp_wide.mp4")).path);
    using decoder = await device.createDecoder({
      codec: demuxer.codec,
      latency: "zero",
      outputColorType: "raw",
    });
    const { pooledBytes } = device.stats;
    let count = 0;
    for await (const packet of demuxer) {
      const [frame] = await decoder.decode(packet);
      assertEquals(await barcodeOf(frame), count++);
      // It is the decoder's own memory, which must not be written to.
      assertThrows(() => frame.toDLPack({ plane: 0, version: "legacy" }), UnsupportedError);
      frame.close();
    }
    assertEquals(count, 20);
    // Copies live in the library's memory, and go back to its pool.
    assertEquals(device.stats.pooledBytes, pooledBytes);
  });
});

test("latency is one of three", async () => {
  await withDevice(async (device) => {
    for (const latency of ["LOW", "", 1, null]) {
      const make = () => device.createDecoder({ codec: "h264", latency: latency as "low" });
      await assertRejects(make, TypeError, "latency");
    }
  });
});
