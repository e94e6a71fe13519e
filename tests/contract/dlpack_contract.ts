/** DLPack: the struct that a consumer gets, and who frees it when. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { Device } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { readDLPack, valuesOf } from "../support/dlpack_struct.ts";
import {
  bytesOf,
  contractBackend,
  firstFrame,
  hostFrames,
  testOn,
  until,
  withDevice,
} from "./contract_device.ts";
import { ClosedError, DLPackCapsule, requestDevice, UnsupportedError } from "./cuframe.ts";

const kUnsigned = 1;
const kFloat = 2;

function packed(shape: readonly number[]): number[] {
  return shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
}

const kWhole: readonly [
  name: string,
  color: "native" | "rgb" | "rgbp",
  bits: number,
  shape: readonly number[],
][] = [
  ["h264_b_pyramid.mp4", "native", 8, [216, 176]],
  ["h264_66x50.mp4", "native", 8, [75, 66]],
  ["hevc_10bit.mp4", "native", 16, [216, 176]],
  ["hevc_12bit.mp4", "native", 16, [216, 176]],
  ["h264_422.mp4", "native", 8, [288, 176]],
  ["h264_444.mp4", "native", 8, [3, 144, 176]],
  ["hevc_444_12bit.mp4", "native", 16, [3, 144, 176]],
  ["h264_odd.mp4", "native", 8, [3, 241, 321]],
  ["vp9_odd.webm", "rgb", 8, [241, 321, 3]],
  ["vp9_odd.webm", "rgbp", 8, [3, 241, 321]],
];

for (const [name, outputColorType, bits, shape] of kWhole) {
  test(`DLPack of ${outputColorType} ${name} is one array [${shape.join(", ")}]`, async () => {
    const { path } = await clip(name);
    await withDevice(async (device) => {
      using frame = await firstFrame(device, path, { outputColorType, ...hostFrames() });
      for (const version of ["versioned", "legacy"] as const) {
        using capsule = frame.toDLPack({ version });
        assert(capsule instanceof DLPackCapsule);
        const name = version === "legacy" ? "dltensor" : "dltensor_versioned";
        assertEquals([capsule.version, capsule.name], [version, name]);
        assertEquals([...capsule.dlpackDevice], [...frame.dlpackDevice]);
        const struct = readDLPack(capsule.address, version);
        assertEquals(struct.version, version === "legacy" ? null : [1, 0]);
        assertEquals([struct.flags, struct.byteOffset], [0n, 0n]);
        assertEquals([...struct.device], [...frame.dlpackDevice]);
        assertEquals([...struct.dtype], [kUnsigned, bits, 1]);
        assertEquals([...struct.shape], [...shape]);
        assertEquals([...struct.shape], [...frame.shape!]);
        assertEquals([...struct.strides], packed(shape));
        assertEquals(valuesOf(struct), await bytesOf(frame));
        // The same memory, not a copy of it.
        frame.data[7] ^= 0xff;
        assertEquals(valuesOf(struct)[7], frame.data[7]);
      }
    }, { clips: [name] });
  });
}

/** Exports every plane of a frame; how many have padding between their rows. */
async function exportPlanes(
  device: Device,
  outputColorType: "native" | "rgbp" | "raw",
): Promise<number> {
  const { path } = await clip("vp9_odd.webm");
  using frame = await firstFrame(device, path, { outputColorType, ...hostFrames() });
  const packedBytes = new Uint8Array(frame.byteLength);
  const layout = await frame.copyTo(packedBytes);
  let padded = 0;
  for (const [plane, { shape, stride, rows, rowBytes }] of frame.planes.entries()) {
    using capsule = frame.toDLPack({ plane });
    const struct = readDLPack(capsule.address, "versioned");
    assertEquals([...struct.shape], [...shape]);
    assertEquals([...struct.strides], [stride, ...packed(shape).slice(1)]);
    assertEquals(struct.flags, outputColorType === "raw" ? 1n : 0n);
    const { offset } = layout[plane];
    assertEquals(valuesOf(struct), packedBytes.slice(offset, offset + rows * rowBytes));
    if (stride > rowBytes) padded++;
  }
  return padded;
}

test("DLPack of a plane has the plane's shape", async () => {
  await withDevice(async (device) => {
    for (const type of ["native", "rgbp"] as const) await exportPlanes(device, type);
  });
});

const kRaw = "NVDEC's own planes are those of native frames";

testOn("cpu", kRaw, "DLPack of raw planes has their row padding and is read-only", async () => {
  await withDevice(async (device) => {
    assert(await exportPlanes(device, "raw") > 0, "No plane has padding");
  });
});

testOn("cpu", kRaw, "DLPack of 10-bit raw planes counts strides in samples", async () => {
  const { path } = await clip("hevc_10bit.mp4");
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path, { outputColorType: "raw" });
    using capsule = frame.toDLPack({ plane: 1 });
    const { dtype, shape, strides } = readDLPack(capsule.address, "versioned");
    assertEquals([...dtype], [kUnsigned, 16, 1]);
    assertEquals([...shape], [72, 88]);
    assertEquals([...strides], [frame.planes[1].stride / 2, 1]);
  });
});

test("DLPack of a tensor has its shape, type and values", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path, hostFrames());
    for (const layout of ["hwc", "chw"] as const) {
      for (const dtype of ["uint8", "uint16", "float16", "float32"] as const) {
        using tensor = await frame.toTensor({ layout, dtype });
        using capsule = tensor.toDLPack();
        using legacy = tensor.toDLPack({ version: "legacy" });
        const struct = readDLPack(capsule.address, "versioned");
        const bits = dtype === "uint8" ? 8 : dtype === "float32" ? 32 : 16;
        assertEquals([...struct.dtype], [dtype.startsWith("f") ? kFloat : kUnsigned, bits, 1]);
        assertEquals([...struct.shape], [...tensor.shape]);
        assertEquals([...struct.strides], [...tensor.strides]);
        assertEquals([struct.flags, struct.byteOffset], [0n, 0n]);
        assertEquals([...tensor.dlpackDevice], [1, 0]);
        const bytes = new Uint8Array(tensor.byteLength);
        await tensor.copyTo(bytes);
        assertEquals(valuesOf(struct), bytes);
        assertEquals(readDLPack(legacy.address, "legacy").data, struct.data);
      }
    }
    using rgba = await frame.toTensor({ channels: 4 });
    using capsule = rgba.toDLPack();
    assertEquals([...readDLPack(capsule.address, "versioned").shape], [144, 176, 4]);
  });
});

test("an exported array outlives its frame, its decoder and its device", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  for (const outputColorType of ["native", "raw"] as const) {
    for (const onThread of [false, true]) {
      const device = await requestDevice({ backend: contractBackend() });
      const options = { outputColorType, ...hostFrames() };
      const frame = await firstFrame(device, path, options);
      const wanted = frame.planes[0].data.slice();
      const capsule = frame.toDLPack({ plane: 0 });
      const address = capsule.release();
      frame.close();
      await until(() => device.stats.liveHandles === 0, () => "the frame to be gone");
      assertEquals([device.stats.liveCapsules, device.stats.frameBytes], [1, 0]);
      // What is decoded now must not go into the exported memory.
      for (let i = 0; i < 4; i++) (await firstFrame(device, path, options)).close();
      const struct = readDLPack(address, "versioned");
      const { rows, rowBytes, stride } = { rows: 144, rowBytes: 176, stride: struct.strides[0] };
      const rowsOf = (bytes: Uint8Array, pitch: number) =>
        Array.from(
          { length: rows },
          (_, y) => [...bytes.subarray(y * pitch, y * pitch + rowBytes)],
        );
      assertEquals(rowsOf(valuesOf(struct), rowBytes), rowsOf(wanted, stride));
      device.close();
      assertEquals(rowsOf(valuesOf(struct), rowBytes), rowsOf(wanted, stride));
      await struct.delete({ onThread });
    }
  }
});

test("the deleter gives the memory back, also from another thread", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    for (const version of ["versioned", "legacy"] as const) {
      for (const onThread of [false, true]) {
        const frame = await firstFrame(device, path, hostFrames());
        const { byteLength } = frame;
        const struct = readDLPack(frame.toDLPack({ version }).release(), version);
        frame.close();
        const { pooledBytes } = device.stats;
        assertEquals(device.stats.liveCapsules, 1);
        await struct.delete({ onThread });
        assertEquals(device.stats.liveCapsules, 0);
        const returned = device.stats.pooledBytes - pooledBytes;
        assert(returned >= byteLength, `${returned} bytes came back`);
      }
    }
  });
});

test("close() frees what nobody took, release() leaves it to the consumer", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path, hostFrames());
    const closed = frame.toDLPack();
    assertEquals([device.stats.liveCapsules, closed.isClosed], [1, false]);
    closed.close();
    closed.close();
    closed[Symbol.dispose]();
    assertEquals([device.stats.liveCapsules, closed.isClosed], [0, true]);
    assertThrows(() => closed.address, ClosedError);
    assertThrows(() => closed.release(), ClosedError);

    const released = frame.toDLPack();
    const { address } = released;
    assertEquals(released.release(), address);
    assertEquals(released.isClosed, true);
    assertThrows(() => released.release(), ClosedError);
    assertThrows(() => released.address, ClosedError);
    released.close();
    assertEquals(device.stats.liveCapsules, 1);
    await readDLPack(address, "versioned").delete();
    assertEquals(device.stats.liveCapsules, 0);
  });
});

test("a consumer that was quicker than close() leaves nothing to free", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path, hostFrames());
    using other = frame.toDLPack({ plane: 1 });
    const capsule = frame.toDLPack();
    await readDLPack(capsule.address, "versioned").delete();
    assertEquals(device.stats.liveCapsules, 1);
    capsule.close();
    assertEquals([device.stats.liveCapsules, other.isClosed], [1, false]);
  });
});

test("what cannot be one array is refused, and its planes are not", async () => {
  const { path } = await clip("vp9_odd.webm");
  await withDevice(async (device) => {
    using odd = await firstFrame(device, path, hostFrames());
    assertEquals(odd.shape, null);
    assertThrows(() => odd.toDLPack(), UnsupportedError, "plane");
    odd.toDLPack({ plane: 0, version: "legacy" }).close();
    assertEquals(device.stats.liveCapsules, 0);
  });
});

testOn("cpu", kRaw, "raw frames are read-only, and no array of their planes is one", async () => {
  const { path } = await clip("vp9_odd.webm");
  await withDevice(async (device) => {
    using raw = await firstFrame(device, path, { outputColorType: "raw" });
    assertThrows(() => raw.toDLPack(), UnsupportedError, "plane");
    const legacy = { plane: 0, version: "legacy" } as const;
    assertThrows(() => raw.toDLPack(legacy), UnsupportedError, "read-only");
    raw.toDLPack({ plane: 2 }).close();
    assertEquals(device.stats.liveCapsules, 0);
  });
});

test("descriptors of DLPack exports are checked", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    const frame = await firstFrame(device, path, hostFrames());
    const tensor = await frame.toTensor();
    for (const plane of [-1, 2, 0.5]) {
      assertThrows(() => frame.toDLPack({ plane }), RangeError, "plane");
    }
    const wrong: readonly [object, string][] = [
      [{ plane: "0" }, "plane"],
      [{ version: "1.0" }, "version"],
      [{ planes: 0 }, "planes"],
      [null as unknown as object, "toDLPack()"],
    ];
    for (const [descriptor, text] of wrong) {
      assertThrows(() => frame.toDLPack(descriptor), TypeError, text);
      assertThrows(() => tensor.toDLPack(descriptor), TypeError, text);
    }
    assertThrows(() => tensor.toDLPack({ plane: 0 } as object), TypeError, "plane");
    frame.close();
    tensor.close();
    assertThrows(() => frame.toDLPack(), ClosedError);
    assertThrows(() => tensor.toDLPack(), ClosedError);
    assertEquals([...frame.dlpackDevice], [1, 0]);
    assertEquals(device.stats.liveCapsules, 0);
  });
});
