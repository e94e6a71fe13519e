/** Several decoders at once, numbers of threads, and owners that go before their frames. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import { assertRun, barcodeOf, contractBackend, numbersOf, withDevice } from "./contract_device.ts";
import { requestDevice } from "./cuframe.ts";

test("two decoders and two demuxers work at once", async () => {
  const names = ["h264_b_pyramid.mp4", "hevc.mp4", "vp9.webm", "av1.mp4"];
  await withDevice(async (device) => {
    const work = names.map(async (name) => {
      const { path } = await clip(name);
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec, threads: 1 });
      return await numbersOf(decoder.frames(demuxer));
    });
    for (const numbers of await Promise.all(work)) assertRun(numbers, 0, 45);
  }, { clips: names });
});

test("the number of threads changes nothing but speed", async () => {
  for (const name of ["h264_b_slices.mp4", "hevc.mp4", "vp9.webm"]) {
    const { path } = await clip(name);
    for (const threads of [1, 2, 5]) {
      await withDevice(async (device) => {
        assertEquals(device.threads, threads);
        using demuxer = await device.createDemuxer(path);
        using decoder = await device.createDecoder({ codec: demuxer.codec });
        assertRun(await numbersOf(decoder.frames(demuxer)), 0, 45);
      }, { threads });
    }
  }
});

test("what is never closed is freed with the device's last frame, and frames still work", async () => {
  const { path } = await clip("h264_64x64.mp4");
  const device = await requestDevice({ backend: contractBackend() });
  const demuxer = await device.createDemuxer(path);
  const decoder = await device.createDecoder({ codec: demuxer.codec });
  const { value: frame } = await decoder.frames(demuxer).next();
  decoder.close();
  demuxer.close();
  device.close();
  assertEquals(await barcodeOf(frame!), 0);
  using tensor = await frame!.toTensor();
  assertEquals(tensor.shape, [64, 64, 3]);
  using twin = frame!.clone();
  frame!.close();
  assertEquals(await barcodeOf(twin), 0);
});
