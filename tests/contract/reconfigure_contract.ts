/** Streams after one another through one decoder: sizes, depths and headers change. */
import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { Decoder, Device, Frame } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { inPyramids, writeH264 } from "../support/h264_writer.ts";
import { ClosedError, Packet } from "./cuframe.ts";
import { assertRun, barcodeOf, barcodesOf, numbersOf, withDevice } from "./contract_device.ts";
import { nativeFormatOf } from "./reference.ts";

/** Clips of one codec, neighbours of which differ in size, depth, chroma, order or profile. */
const kChains: readonly (readonly string[])[] = [
  [
    ...["h264_b_pyramid.mp4", "h264_66x50.mp4", "h264_ipp.ts", "h264_10bit.mp4", "h264_444.mp4"],
    ...["h264_mbaff.mp4", "h264_odd.mp4", "h264_vfr.mkv", "h264_open_gop.mp4", "h264_lossless.mp4"],
  ],
  [
    ...["hevc.mp4", "hevc_10bit.mp4", "hevc_small.h265", "hevc_444.mp4", "hevc_gray.mp4"],
    ...["hevc_open_gop.mp4", "hevc_12bit.mp4", "hevc.ts"],
  ],
  ["vp9.webm", "vp9_odd.webm", "vp9_444.webm", "vp9_alt_ref.webm", "vp9_10bit.webm"],
  ["av1.mp4", "av1_odd.mp4", "av1_10bit.mp4", "av1.webm", "av1_intra_wide.mkv"],
  ["mpeg2.ts", "mpeg2_odd.ts", "mpeg2_interlaced.ts", "mpeg2_422.ts"],
  ["vp8.webm", "vp8_alt_ref.webm"],
];

async function checkFrame(frame: Frame, name: string, count: number): Promise<void> {
  const { width, height, pixelFormat, numbers } = await clip(name);
  assertEquals([frame.width, frame.height], [width, height], `Frame ${count} of ${name}`);
  assertEquals(frame.format as string, nativeFormatOf(pixelFormat));
  assertEquals(await barcodeOf(frame), numbers[count], `Frame ${count} of ${name}`);
}

interface Change {
  /** What is done between two streams. */
  readonly between: "nothing" | "setReconfigParams()" | "discontinuity";
  /** How the packets are. */
  readonly bitstream: "self-contained" | "container";
}

/** Decodes clips after one another without a flush; checks each frame. */
async function decodeChain(
  device: Device,
  names: readonly string[],
  { between, bitstream }: Change,
): Promise<void> {
  const expected = (await Promise.all(names.map((name) => clip(name)))).flatMap(
    ({ name, numbers }) => numbers.map((_, i) => ({ name, i })),
  );
  let at = 0;
  const check = async (frames: readonly Frame[]): Promise<void> => {
    for (using frame of frames) {
      const { name, i } = expected[at++];
      await checkFrame(frame, name, i);
    }
  };
  let decoder: Decoder | null = null;
  for (const name of names) {
    using demuxer = await device.createDemuxer((await clip(name)).path, { bitstream });
    const isFirst = decoder === null;
    decoder ??= await device.createDecoder(
      bitstream === "container" ? demuxer.decoderConfig : { codec: demuxer.codec },
    );
    const { width, height } = demuxer;
    if (!isFirst && between === "setReconfigParams()") {
      await decoder.setReconfigParams({ width, height });
    }
    let starts = !isFirst && between === "discontinuity";
    for await (const packet of demuxer) {
      if (starts) packet.decodeFlag = "discontinuity";
      starts = false;
      await check(await decoder.decode(packet));
    }
  }
  await check(await decoder!.flush());
  assertEquals(at, expected.length);
  decoder!.close();
}

for (const names of kChains) {
  for (const between of ["nothing", "setReconfigParams()", "discontinuity"] as const) {
    for (const bitstream of ["self-contained", "container"] as const) {
      const what = `${names[0]} and its like, ${bitstream}, with ${between} between them`;
      test(`one decoder gives all frames of ${what}`, async () => {
        await withDevice((device) => decodeChain(device, names, { between, bitstream }), {
          threads: 4,
          clips: names,
        });
      });
    }
  }
}

test("parameter sets may come in packets of their own, also where the stream changes", async () => {
  await withDevice(async (device) => {
    for (const latency of ["native", "low"] as const) {
      using decoder = await device.createDecoder({ codec: "h264", latency });
      const numbers: number[] = [];
      for (const size of [64, 96, 48]) {
        for (const [i, data] of writeH264(inPyramids(0, 3), { size, reorderFrames: 2 }).entries()) {
          const parts = i === 0 ? splitUnits(data) : [data];
          for (const part of parts) {
            const packet = new Packet({ data: part, timestamp: i * 40000, isKey: i === 0 });
            numbers.push(...await numbersOf(await decoder.decode(packet)));
          }
        }
      }
      numbers.push(...await numbersOf(await decoder.flush()));
      assertRun(numbers, 0, 13, 3);
      assertEquals(decoder.stats.framesCorrupt, 0);
    }
  });
});

/** The NAL units of a packet of writeH264(), each with its start code. */
function splitUnits(data: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let i = 0; i + 3 < data.length; i++) {
    if (data[i] === 0 && data[i + 1] === 0 && data[i + 2] === 0 && data[i + 3] === 1) {
      starts.push(i);
    }
  }
  assertEquals(starts.length, 3);
  return starts.map((start, i) => data.slice(start, starts[i + 1]));
}

test("times of a stream are its own, also of frames that come after the next began", async () => {
  // Time bases of 1/12800 and of 1/1000 s.
  const names = ["h264_b_pyramid.mp4", "h264.mkv", "h264_b_pyramid.mp4"];
  await withDevice(async (device) => {
    using decoder = await device.createDecoder({ codec: "h264" });
    const frames: Frame[] = [];
    for (const name of names) {
      using demuxer = await device.createDemuxer((await clip(name)).path);
      for await (const packet of demuxer) frames.push(...await decoder.decode(packet));
    }
    frames.push(...await decoder.flush());
    const times = frames.map((frame) => Math.round((frame.timestamp ?? -1) / 40000));
    assertRun(times, times[0], 45, 3);
    assertRun(await barcodesOf(frames), 0, 45, 3);
    frames.forEach((frame) => frame.close());
  });
});

test("what setReconfigParams() takes is checked, and nothing is done on a closed decoder", async () => {
  const wrong: [size: unknown, type: typeof TypeError | typeof RangeError, text: string][] = [
    [undefined, TypeError, "object"],
    [{}, TypeError, "width"],
    [{ width: 64 }, TypeError, "height"],
    [{ width: 64, height: "64" }, TypeError, "height"],
    [{ width: 0, height: 64 }, RangeError, "width"],
    [{ width: 64, height: 2 ** 21 }, RangeError, "height"],
    [{ width: 64, height: 64, depth: 8 }, TypeError, "depth"],
  ];
  await withDevice(async (device) => {
    const decoder = await device.createDecoder({ codec: "h264" });
    for (const [size, type, text] of wrong) {
      await assertRejects(
        () => decoder.setReconfigParams(size as never),
        type as typeof Error,
        text,
      );
    }
    await decoder.setReconfigParams({ width: 64, height: 64 });
    decoder.close();
    await assertRejects(() => decoder.setReconfigParams({ width: 64, height: 64 }), ClosedError);
    for (const key of ["maxWidth", "maxHeight"]) {
      for (const side of [0, -1, 1.5, 2 ** 21]) {
        await assertRejects(() => device.createDecoder({ codec: "h264", [key]: side }), RangeError);
      }
    }
  });
});
