/** Streams that change their size or format on the way. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import { joinedBytes, kJoinedStreams } from "../support/joined_stream.ts";
import { barcodeOf, decodePackets, withDevice } from "./contract_device.ts";
import { nativeFormatOf } from "./reference.ts";

const kNames = [
  ...["h264_size_change.h264", "h264_depth_change.h264", "hevc_size_change.h265"],
  ...["hevc_depth_change.h265", "h264_size_change.ts"],
];

for (const name of kNames) {
  for (const outputColorType of ["native", "rgb", "raw"] as const) {
    test(`${outputColorType} frames of ${name} follow the stream`, async () => {
      const wanted = await clip(name);
      const before = [wanted.width, wanted.height];
      const after = [...wanted.thenSize ?? before];
      const [first, second] = [wanted.pixelFormat, wanted.thenPixelFormat ?? wanted.pixelFormat];
      await withDevice(async (device) => {
        for (const packetByPacket of [false, true]) {
          using demuxer = await device.createDemuxer(wanted.path);
          using decoder = await device.createDecoder({ codec: demuxer.codec, outputColorType });
          const frames = packetByPacket ? decodePackets(decoder, demuxer) : decoder.frames(demuxer);
          let count = 0;
          for await (using frame of frames) {
            const isFirst = count < 45;
            assertEquals([frame.width, frame.height], isFirst ? before : after, `Frame ${count}`);
            const format = nativeFormatOf(isFirst ? first : second);
            if (outputColorType === "native") assertEquals(frame.format as string, format);
            if (outputColorType === "rgb") assertEquals(frame.format, "RGB");
            else assertEquals(await barcodeOf(frame), wanted.numbers[count]);
            count++;
          }
          assertEquals(count, wanted.numbers.length);
        }
      }, { clips: [name] });
    });
  }
}

for (const stream of kJoinedStreams) {
  test(`frames of ${stream.parts.join(", ")} in one ${stream.format} stream come in order`, async () => {
    const bytes = await joinedBytes(stream);
    const clips = await Promise.all(stream.parts.map((name) => clip(name)));
    const expected = clips.flatMap(({ numbers, width, height, pixelFormat }) =>
      numbers.map((number) => [number, width, height, nativeFormatOf(pixelFormat)])
    );
    await withDevice(async (device) => {
      for (const packetByPacket of [false, true]) {
        using demuxer = await device.createDemuxer(bytes);
        using decoder = await device.createDecoder({ codec: demuxer.codec });
        const frames = packetByPacket ? decodePackets(decoder, demuxer) : decoder.frames(demuxer);
        const given: unknown[] = [];
        for await (using frame of frames) {
          given.push([await barcodeOf(frame), frame.width, frame.height, frame.format]);
        }
        assertEquals(given, expected);
      }
    }, { threads: 4, clips: stream.parts });
  });
}

test("one decoder takes the packets of one file after those of another", async () => {
  const names = ["h264_b_pyramid.mp4", "h264_66x50.mp4", "h264_10bit.mp4", "h264_444.mp4"];
  await withDevice(async (device) => {
    using decoder = await device.createDecoder({ codec: "h264" });
    for (const name of names) {
      const { path, width, height, pixelFormat } = await clip(name);
      using demuxer = await device.createDemuxer(path);
      let count = 0;
      for await (using frame of decoder.frames(demuxer)) {
        assertEquals([frame.width, frame.height], [width, height]);
        assertEquals(frame.format as string, nativeFormatOf(pixelFormat));
        assertEquals(await barcodeOf(frame), count++);
      }
      assertEquals(count, 45);
    }
  }, { clips: names });
});
