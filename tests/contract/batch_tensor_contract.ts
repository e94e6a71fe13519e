/** Contract of tensors of several frames, of crops and of other sizes. */

import { Buffer } from "node:buffer";
import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Frame, TensorDescriptor } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { bytesOf, hostFrames, withDevice } from "./contract_device.ts";
import { ClosedError } from "./cuframe.ts";

const kIndices = [31, 0, -1, 7, 7];
const kKinds: readonly TensorDescriptor[] = [
  {},
  { layout: "chw", dtype: "float32", mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] },
  { dtype: "uint16", crop: { x: 3, y: 5, width: 101, height: 77 } },
  { channels: 4, resize: { width: 30, height: 40 } },
  {
    layout: "chw",
    dtype: "float16",
    crop: { width: 90, height: 90, y: 50 },
    resize: { width: 224, height: 224 },
  },
];

for (const kind of kKinds) {
  test(`getBatchTensor() is the frames' toTensor(): ${JSON.stringify(kind)}`, async () => {
    const { path } = await clip("h264_b_pyramid.mp4");
    await withDevice(async (device) => {
      using video = await device.createSimpleDecoder(path);
      const layout = kind.layout === "chw" ? "nchw" : "nhwc";
      using batch = await video.getBatchTensor(kIndices, { ...kind, layout });
      const frames: Frame[] = await video.getBatchFramesByIndex(kIndices);
      const size = batch.byteLength / frames.length;
      const all = await bytesOf(batch);
      for (const [i, frame] of frames.entries()) {
        using tensor = await frame.toTensor(kind);
        assertEquals(batch.shape, [frames.length, ...tensor.shape]);
        assertEquals(batch.strides, [tensor.shape.reduce((a, b) => a * b), ...tensor.strides]);
        assertEquals([batch.layout, batch.dtype], [layout, tensor.dtype]);
        const part = all.subarray(i * size, (i + 1) * size);
        assert(Buffer.compare(part, await bytesOf(tensor)) === 0, `Frame ${i} differs`);
        frame.close();
      }
      assertEquals(video.stats.framesDecoded > 0, true);
    });
  });
}

test("a crop is that part of the picture, and resizing keeps what is even", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path);
    using frame = await video.at(9);
    using whole = await frame.toTensor();
    const [rows, width] = whole.shape;
    const all = await bytesOf(whole);
    using part = await frame.toTensor({ crop: { x: 33, y: 21, width: 40, height: 30 } });
    const some = await bytesOf(part);
    for (let y = 0; y < 30; y++) {
      const begin = ((y + 21) * width + 33) * 3;
      assertEquals(
        [...some.subarray(y * 120, (y + 1) * 120)],
        [...all.subarray(begin, begin + 120)],
      );
    }
    using same = await frame.toTensor({ resize: { width, height: rows } });
    assertEquals(Buffer.compare(await bytesOf(same), all), 0);
    using pixel = await frame.toTensor({
      crop: { x: 50, y: 60, width: 1, height: 1 },
      resize: { width: 5, height: 4 },
    });
    const one = [...all.subarray((60 * width + 50) * 3, (60 * width + 50) * 3 + 3)];
    assertEquals([...await bytesOf(pixel)], Array.from({ length: 20 }, () => one).flat());
  });
});

test("getBatchTensor() refuses what it cannot do, before it decodes", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    const video = await device.createSimpleDecoder(path);
    const refused: [Iterable<number>, object, new () => Error, string][] = [
      [[], {}, RangeError, "at least one"],
      [[0, 45], {}, RangeError, "45"],
      [[0], { layout: "hwc" }, TypeError, "nhwc"],
      [[0], { dtype: "int8" }, TypeError, "uint8"],
      [[0], { resize: { width: 224 } }, TypeError, "height"],
      [[0], { resize: { width: 0, height: 1 } }, RangeError, "width"],
      [[0], { crop: { x: 170, width: 7, height: 7 } }, RangeError, "not inside"],
      [[0], { crop: { z: 1, width: 7, height: 7 } }, TypeError, '"z"'],
      [[0], { mean: [0, 0, 0] }, TypeError, "float"],
      [[0], { channels: 4, layout: "nchw" }, TypeError, "nhwc"],
      [[0], { resize: { width: 65535, height: 65535 } }, TypeError, "2 GiB"],
    ];
    for (const [indices, descriptor, kind, text] of refused) {
      await assertRejects(() => video.getBatchTensor(indices, descriptor), kind, text);
    }
    const stop = AbortSignal.abort(new Error("enough"));
    await assertRejects(() => video.getBatchTensor([0], { signal: stop }), Error, "enough");
    assertEquals(video.stats.packetsDecoded, 0);
    const pending = video.getBatchTensor([44, 0, 20]).then(
      (tensor) => tensor.close(),
      (error) => assert(error instanceof ClosedError, `${error}`),
    );
    video.close();
    await pending;
    await assertRejects(() => video.getBatchTensor([0]), ClosedError);
  });
});

test("a batch tensor outlives its decoder and is exported whole", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    const video = await device.createSimpleDecoder(path, hostFrames());
    using tensor = await video.getBatchTensor([1, 2], { layout: "nchw", dtype: "float32" });
    video.close();
    assertEquals(tensor.data.length, tensor.shape.reduce((a, b) => a * b));
    using capsule = tensor.toDLPack();
    assertEquals(capsule.isClosed, false);
    assertEquals(device.stats.liveCapsules, 1);
  });
});
