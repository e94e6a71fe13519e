/** Views of frames: they never outlive the memory, and the memory never dies under them. */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import type { Frame } from "../../mod.ts";
import {
  barcodesOf,
  bytesOf,
  contractBackend,
  firstFrame,
  hostFrames,
  noLiveHandles,
  numbersOf,
  until,
  withDevice,
} from "./contract_device.ts";
import { requestDevice } from "./cuframe.ts";

test("all views of a frame are empty after close()", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    for (const outputColorType of ["native", "rgb", "rgbp", "raw"] as const) {
      const frame = await firstFrame(device, path, { outputColorType, ...hostFrames() });
      const { planes } = frame;
      const views: Uint8Array[] = planes.flatMap((
        { data, samples },
      ) => [data, samples as Uint8Array]);
      if (outputColorType !== "raw") views.push(frame.data, frame.data.subarray(5));
      assert(views.every((view) => view.length > 0));
      frame.close();
      assertEquals(views.map((view) => view.length), views.map(() => 0));
      assert(views.every((view) => view[0] === undefined), "A sample can still be read");
      assertEquals(planes.map(({ data }) => data.length), planes.map(() => 0));
    }
  });
});

test("views are of the same memory: what is written in one is in the other", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path, hostFrames());
    using twin = frame.clone();
    frame.data[3] = 77;
    assertEquals([frame.planes[0].data[3], twin.data[3]], [77, 77]);
    const copy = new Uint8Array(frame.byteLength);
    await twin.copyTo(copy);
    assertEquals(copy[3], 77);
  });
});

test("frames that are kept are not overwritten by later ones", async () => {
  const { path } = await clip("h264_one_gop.mp4");
  await withDevice(async (device) => {
    for (const hasViews of [true, false]) {
      const options = hasViews ? hostFrames() : {};
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec, ...options });
      const kept: Frame[] = [];
      for await (const frame of decoder.frames(demuxer)) {
        // A view pins nothing but may not be stale.
        if (hasViews && kept.length % 2 === 0) frame.planes[0].data;
        kept.push(frame);
      }
      assertEquals(await barcodesOf(kept), Array.from({ length: 90 }, (_, i) => i));
      kept.forEach((frame) => frame.close());
    }
  });
});

test("a frame outlives its decoder, its demuxer and its device", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  for (const outputColorType of ["native", "rgb", "raw"] as const) {
    const device = await requestDevice({ backend: contractBackend() });
    const frame = await firstFrame(device, path, { outputColorType });
    await until(() => device.stats.liveHandles === 1, () => "the frame to be alone");
    const before = await bytesOf(frame);
    device.close();
    assertEquals(await bytesOf(frame), before);
    frame.close();
  }
});

test("a view outlives the decoder, the demuxer and the device, not its frame", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  for (const outputColorType of ["native", "rgb", "raw"] as const) {
    const device = await requestDevice({ backend: contractBackend() });
    const frame = await firstFrame(device, path, { outputColorType, ...hostFrames() });
    await until(() => device.stats.liveHandles === 1, () => "the frame to be alone");
    const { data } = frame.planes[0];
    const before = data.slice();
    device.close();
    assertEquals(data, before);
    frame.close();
    assertEquals(data.length, 0);
  }
});

test("a view that was transferred away puts its memory in quarantine", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    const frame = await firstFrame(device, path, hostFrames());
    const { data, byteLength } = frame;
    const wanted = data.slice();
    let moved: Uint8Array | undefined;
    try {
      moved = structuredClone(data, { transfer: [data.buffer] });
    } catch {
      // A runtime may refuse to move memory that is not its own.
    }
    frame.close();
    await noLiveHandles(device);
    const { quarantinedBytes } = device.stats;
    if (moved === undefined) assertEquals(quarantinedBytes, 0);
    else if (moved.length > 0) {
      // Either a copy was moved, or the memory may never be used again.
      assertEquals(moved, wanted);
      assert(quarantinedBytes >= byteLength, `${quarantinedBytes} bytes in quarantine`);
      for (let i = 0; i < 4; i++) (await firstFrame(device, path, hostFrames())).close();
      assertEquals(moved, wanted, "The memory was used again");
    }
  });
});

test("memory of closed frames is used again", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using first = await firstFrame(device, path);
    const clipBytes = 45 * first.byteLength;
    first.close();
    for (let round = 0; round < 6; round++) {
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      assertEquals((await numbersOf(decoder.frames(demuxer))).length, 45);
      assertEquals(device.stats.frameBytes, 0);
    }
    const { pooledBytes } = device.stats.gpuMemory ?? device.stats;
    assert(pooledBytes > 0 && pooledBytes < 2 * clipBytes, `${pooledBytes} of ${clipBytes}`);
  });
});
