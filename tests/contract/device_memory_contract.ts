/** Frames and tensors in a GPU's memory or the host's: who is told where, and what each gives. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { CudaArrayInterface, Device, Frame } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { simulatedDriver } from "../support/simulated_driver.ts";
import {
  assertRun,
  barcodesOf,
  bytesOf,
  contractBackend,
  firstFrame,
  hostFrames,
  numbersOf,
  printOf,
  printsOf,
  testOn,
  until,
  withDevice,
} from "./contract_device.ts";
import { ClosedError, requestDevice, type Tensor, UnsupportedError } from "./cuframe.ts";

const kName = "h264_b_pyramid.mp4";
const kOnGpu = "the CPU has one memory";
const kAdvice = /GPU's memory.*copyTo\(\).*useDeviceMemory: false/;

/** Fails unless it is host memory that is told of. */
function assertOnHost(memory: Frame | Tensor): void {
  assertEquals([memory.backend, memory.gpu, memory.devicePointer], ["cpu", null, null]);
  assertEquals(memory.cudaArrayInterface, null);
  assertEquals([...memory.dlpackDevice], [1, 0]);
  assert(memory.data.length > 0);
}

/** Fails unless it is a GPU's memory that is told of. */
function assertOnGpu(memory: Frame | Tensor, device: Device): void {
  const { backend, gpu, devicePointer } = memory;
  assertEquals([backend, gpu], ["cuda", device.gpu]);
  assert(typeof devicePointer === "bigint" && devicePointer > 0n, `${devicePointer}`);
  assertEquals([...memory.dlpackDevice], [2, device.gpu]);
  const { message } = assertThrows(() => memory.data, UnsupportedError);
  assert(kAdvice.test(message), message);
}

test("frames and tensors in host memory have views and no address on a GPU", async () => {
  const { path } = await clip(kName);
  await withDevice(async (device) => {
    for (const outputColorType of ["native", "rgb", "rgbp"] as const) {
      using frame = await firstFrame(device, path, { outputColorType, ...hostFrames() });
      assertOnHost(frame);
      for (const plane of frame.planes) assertEquals(plane.devicePointer, null);
      if (outputColorType !== "native") continue;
      using tensor = await frame.toTensor();
      assertOnHost(tensor);
      tensor.close();
      assertThrows(() => tensor.devicePointer, ClosedError);
      assertThrows(() => tensor.cudaArrayInterface, ClosedError);
    }
  });
});

testOn("cuda", kOnGpu, "frames of a cuda device are in its memory, and say so", async () => {
  const { path } = await clip(kName);
  await withDevice(async (device) => {
    assertEquals([device.backend, device.gpu], ["cuda", 0]);
    for (const outputColorType of ["native", "rgb", "rgbp", "raw"] as const) {
      using frame = await firstFrame(device, path, { outputColorType });
      assertOnGpu(frame, device);
      let end = frame.devicePointer!;
      for (const plane of frame.planes) {
        assertEquals(plane.devicePointer, end);
        end += BigInt(plane.stride * plane.rows);
        assertThrows(() => plane.data, UnsupportedError);
        assertThrows(() => plane.samples, UnsupportedError);
      }
      using twin = frame.clone();
      assertEquals(twin.devicePointer, frame.devicePointer);
      frame.close();
      assertThrows(() => frame.devicePointer, ClosedError);
      assertThrows(() => frame.cudaArrayInterface, ClosedError);
      assertEquals([frame.backend, frame.gpu], ["cuda", 0]);
      assertOnGpu(twin, device);
    }
  });
});

/** All ways to a video's first frames. */
async function frameByEveryDecoder(
  device: Device,
  path: string,
  options: { readonly useDeviceMemory?: boolean },
): Promise<Frame[]> {
  using video = await device.createSimpleDecoder(path, options);
  using threaded = await device.createThreadedDecoder(path, options);
  const decoded = await firstFrame(device, path, options);
  return [decoded, await video.at(0), ...await threaded.getBatchFrames(1)];
}

testOn("cuda", kOnGpu, "useDeviceMemory chooses, and the pixels are the same", async () => {
  const { path } = await clip(kName);
  await withDevice(async (device) => {
    const prints = new Set<string>();
    for (
      const [options, isOnGpu] of [
        [{}, true],
        [{ useDeviceMemory: true }, true],
        [{ useDeviceMemory: false }, false],
      ] as const
    ) {
      for (using frame of await frameByEveryDecoder(device, path, options)) {
        using tensor = await frame.toTensor({ dtype: "float32" });
        for (const memory of [frame, tensor]) {
          if (isOnGpu) assertOnGpu(memory, device);
          else assertOnHost(memory);
        }
        prints.add(`${await printOf(frame)} ${(await bytesOf(tensor)).join()}`);
      }
    }
    assertEquals(prints.size, 1);
  });
});

testOn("cuda", kOnGpu, "frames of an auto device are on the host unless asked for", async () => {
  const { path } = await clip(kName);
  using device = await requestDevice();
  assertEquals(device.backend, "cuda");
  for (using frame of await frameByEveryDecoder(device, path, {})) assertOnHost(frame);
  for (using other of await frameByEveryDecoder(device, path, { useDeviceMemory: true })) {
    assertOnGpu(other, device);
  }
});

testOn("cpu", "a GPU can do it", "decode() takes no device memory and no stream", async () => {
  await withDevice(async (device) => {
    for (const wrong of [{ useDeviceMemory: true }, { cudaStream: 7n }, { cudaContext: 1 }]) {
      const make = () => device.createDecoder({ codec: "h264", ...wrong });
      await assertRejects(make, UnsupportedError, Object.keys(wrong)[0]);
    }
  });
});

testOn("cuda", kOnGpu, "cudaArrayInterface describes frames and tensors", async () => {
  const { path } = await clip(kName);
  await withDevice(async (device) => {
    const check = (
      memory: Frame | Tensor,
      wanted: Pick<CudaArrayInterface, "shape" | "typestr" | "strides">,
    ): void => {
      const { shape, typestr, data, strides, version, stream } = memory.cudaArrayInterface!;
      assertEquals({ shape: [...shape], typestr, strides: [...strides] }, wanted);
      assertEquals([data[0], data[1], version, stream], [memory.devicePointer, false, 3, 1]);
    };
    using native = await firstFrame(device, path);
    check(native, { shape: [216, 176], typestr: "|u1", strides: [176, 1] });
    using rgb = await firstFrame(device, path, { outputColorType: "rgb" });
    check(rgb, { shape: [144, 176, 3], typestr: "|u1", strides: [528, 3, 1] });
    using deep = await firstFrame(device, (await clip("hevc_10bit.mp4")).path);
    check(deep, { shape: [216, 176], typestr: "<u2", strides: [352, 2] });
    const types = { uint8: "|u1", uint16: "<u2", float16: "<f2", float32: "<f4" } as const;
    for (const dtype of ["uint8", "uint16", "float16", "float32"] as const) {
      using tensor = await native.toTensor({ dtype, layout: "chw" });
      const size = tensor.byteLength / (3 * 144 * 176);
      check(tensor, {
        shape: [3, 144, 176],
        typestr: types[dtype],
        strides: [144 * 176 * size, 176 * size, size],
      });
    }
    using odd = await firstFrame(device, (await clip("vp9_odd.webm")).path);
    assertThrows(() => odd.cudaArrayInterface, UnsupportedError, "plane");
  });
});

testOn(
  "cuda",
  kOnGpu,
  "a frame on the GPU outlives its decoder, clones and exports too",
  async () => {
    const { path } = await clip(kName);
    await withDevice(async (device) => {
      const kept: Frame[] = [];
      for (let round = 0; round < 3; round++) {
        const video = await device.createSimpleDecoder(path, { engines: 1 });
        kept.push(...await video.getBatchFramesByIndex([7, 40]));
        video.close();
      }
      const clones = kept.map((frame) => frame.clone());
      kept.forEach((frame) => frame.close());
      assertEquals(await barcodesOf(clones), [7, 40, 7, 40, 7, 40]);
      clones.forEach((frame) => frame.close());
    });
  },
);

testOn("cuda", kOnGpu, "device.stats tells of the GPU's memory, which frames reuse", async () => {
  const { path } = await clip("h264_one_gop.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    const allocations: number[] = [];
    // Packet by packet: how many frames are under way at most does not depend on who is faster.
    for await (const packet of demuxer) {
      for (using frame of await decoder.decode(packet)) {
        const { frameBytes, peakBytes, decoderBytes } = device.stats.gpuMemory!;
        assert(frameBytes >= frame.byteLength && decoderBytes > 0, `${frameBytes}`);
        assert(peakBytes >= frameBytes + decoderBytes, `${peakBytes}`);
      }
      allocations.push(device.stats.gpuMemory!.allocations);
    }
    // Nothing is allocated once as many frames have been as are under way.
    assertEquals([allocations.length, allocations.at(-1)], [90, allocations.at(40)]);
    const { pooledBytes, pinnedBytes } = device.stats.gpuMemory!;
    assert(pooledBytes > 0 && pinnedBytes >= 0);
  });
});

testOn("cpu", "a GPU has some", "a CPU device has no GPU's memory", async () => {
  await withDevice((device) => {
    assertEquals([device.gpu, device.cudaContext, device.stats.gpuMemory], [null, null, null]);
    return Promise.resolve();
  });
});

const noDriver = contractBackend() === "cpu" || simulatedDriver() === null;
// Memory that was exported is waited for by a thread of its own, since nobody tells who reads it.
test("the host waits for nothing while frames stay on the GPU", {
  skip: noDriver ? "Only the simulated driver counts calls" : false,
}, async () => {
  const driver = simulatedDriver()!;
  const waits = (): number =>
    driver.calls("cuStreamSynchronize") + driver.calls("cuCtxSynchronize") +
    driver.calls("cuEventSynchronize");
  // Decoders that were closed wait for their copies, on threads of the library.
  const areGone = (): Promise<void> =>
    until(() => driver.count("decoders") === 0, () => "the decoders' end");
  // So do exports of the tests before this one.
  await until(() => driver.count("contexts") === 0, () => "the end of the tests before");
  const { path } = await clip(kName);
  await withDevice(async (device) => {
    for (const outputColorType of ["native", "rgb"] as const) {
      await areGone();
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec, outputColorType });
      const before = waits();
      let count = 0;
      for await (using frame of decoder.frames(demuxer)) {
        assert(frame.devicePointer !== null);
        if (outputColorType === "native") (await frame.toTensor({ dtype: "float16" })).close();
        count++;
      }
      assertEquals([count, waits() - before], [45, 0], outputColorType);
    }
    await areGone();
    const before = waits();
    using video = await device.createSimpleDecoder(path);
    (await video.getBatchTensor([3, 40, 17], { dtype: "float32", layout: "nchw" })).close();
    assertEquals(waits() - before, 0);
  });
});

testOn("cuda", kOnGpu, "frames of host and device memory mix on one device", async () => {
  const { path } = await clip(kName);
  await withDevice(async (device) => {
    const prints = await Promise.all([true, false].map(async (useDeviceMemory) => {
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec, useDeviceMemory });
      return await printsOf(decoder.frames(demuxer));
    }));
    assertEquals(prints[0], prints[1]);
    using video = await device.createSimpleDecoder(path);
    assertRun(await numbersOf(video), 0, 45);
  });
});
