/** Largest sizes of pictures: streams beyond them are refused, and nothing else is lost. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { Frame } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { joinedBytes, kJoinedStreams } from "../support/joined_stream.ts";
import { UnsupportedError } from "./cuframe.ts";
import { assertRun, barcodeOf, numbersOf, withDevice } from "./contract_device.ts";

for (const stream of kJoinedStreams) {
  const { format, parts } = stream;
  test(`${parts.join(", ")} in ${format}: parts that are too large are told in their place`, async () => {
    const bytes = await joinedBytes(stream);
    const clips = await Promise.all(parts.map((name) => clip(name)));
    await withDevice(async (device) => {
      for (
        const limit of [{ maxWidth: 176, maxHeight: 144 }, { maxHeight: 144 }, { maxWidth: 66 }]
      ) {
        using demuxer = await device.createDemuxer(bytes);
        using decoder = await device.createDecoder({ codec: demuxer.codec, ...limit });
        const { maxWidth = Infinity, maxHeight = Infinity } = limit as {
          readonly maxWidth?: number;
          readonly maxHeight?: number;
        };
        const events: string[] = [];
        for (let isDone = false; !isDone;) {
          try {
            for await (using frame of decoder.frames(demuxer)) {
              events.push(`${await barcodeOf(frame)}`);
            }
            isDone = true;
          } catch (error) {
            assert(error instanceof UnsupportedError, `${error}`);
            assert(error.message.includes(`${limit.maxWidth ?? "any"} x`), error.message);
            events.push(/stream is (\d+ x \d+)/.exec(error.message)![1]);
          }
        }
        const fits = ({ width, height }: { readonly width: number; readonly height: number }) =>
          width <= maxWidth && height <= maxHeight;
        const wanted = clips.flatMap((part) =>
          fits(part) ? part.numbers.map(String) : [`${part.width} x ${part.height}`]
        );
        assertEquals(events, wanted);
      }
    }, { clips: parts });
  });
}

test("behind a stream that is too large the next one is decoded", async () => {
  for (const codec of ["h264", "hevc", "av1", "vp9"] as const) {
    const [small, large] = {
      h264: ["h264_b_pyramid.mp4", "h264_ipp_wide.mp4"],
      hevc: ["hevc.mp4", "hevc_b_wide.mp4"],
      av1: ["av1.mp4", "av1_wide.mp4"],
      vp9: ["vp9.webm", "vp9_odd.webm"],
    }[codec];
    await withDevice(async (device) => {
      using decoder = await device.createDecoder({ codec, maxWidth: 176, maxHeight: 144 });
      const frames: Frame[] = [];
      const errors: unknown[] = [];
      for (const name of [small, large, small, large]) {
        using demuxer = await device.createDemuxer((await clip(name)).path);
        for await (const packet of demuxer) {
          try {
            frames.push(...await decoder.decode(packet));
          } catch (error) {
            errors.push(error);
          }
        }
      }
      frames.push(...await decoder.flush());
      assertRun(await numbersOf(frames), 0, 45, 2);
      assertEquals(errors.length, 2, codec);
      for (const error of errors) {
        assert(error instanceof UnsupportedError, `${error}`);
        assert(error.message.includes("176 x 144"), error.message);
      }
    }, { clips: [small, large] });
  }
});

test("codecs whose headers are not read ahead are held to the limits by their pictures", async () => {
  for (const name of ["mpeg4_asp.mp4", "ffv1.mkv", "mjpeg.avi"]) {
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer((await clip(name)).path);
      using decoder = await device.createDecoder({ codec: demuxer.codec, maxWidth: 175 });
      const decode = (): Promise<number[]> => numbersOf(decoder.frames(demuxer));
      await assertRejects(decode, UnsupportedError, "176 x 144");
      assertEquals(await decode(), []);
    }, { clips: [name] });
  }
});

test("a stream as large as the limits is decoded, damage or not", async () => {
  for (const name of ["h264_66x50.mp4", "h264_odd.mp4", "vp9_odd.webm", "av1_odd.mp4"]) {
    await withDevice(async (device) => {
      const { path, width, height } = await clip(name);
      using demuxer = await device.createDemuxer(path);
      const limits = { maxWidth: width, maxHeight: height };
      using decoder = await device.createDecoder({ codec: demuxer.codec, ...limits });
      assertRun(await numbersOf(decoder.frames(demuxer)), 0, 45);
    }, { clips: [name] });
  }
  await withDevice(async (device) => {
    for (const onError of ["skip", "conceal"] as const) {
      using demuxer = await device.createDemuxer((await clip("h264_damaged.mp4")).path);
      using decoder = await device.createDecoder({ codec: "h264", onError, maxWidth: 100 });
      const decode = (): Promise<number[]> => numbersOf(decoder.frames(demuxer));
      await assertRejects(decode, UnsupportedError, "176 x 144");
    }
  });
});

test("sizes beyond the limits are refused before any packet", async () => {
  await withDevice(async (device) => {
    const make = () =>
      device.createDecoder({ codec: "h264", codedWidth: 640, codedHeight: 360, maxWidth: 320 });
    await assertRejects(make, UnsupportedError, "640 x 360");
    const limits = { maxWidth: 176, maxHeight: 144 };
    using decoder = await device.createDecoder({ codec: "h264", ...limits });
    using demuxer = await device.createDemuxer((await clip("h264_b_pyramid.mp4")).path);
    const frames: Frame[] = [];
    let count = 0;
    for await (const packet of demuxer) {
      // Refused, it changes nothing.
      const reconfigure = () => decoder.setReconfigParams({ width: 177, height: 144 });
      if (++count === 20) {
        await assertRejects(reconfigure, UnsupportedError, "177 x 144");
      }
      frames.push(...await decoder.decode(packet));
    }
    frames.push(...await decoder.flush());
    assertRun(await numbersOf(frames), 0, 45);
  });
});
