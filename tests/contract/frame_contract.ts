/** Frames: what they show of themselves, copies and pictures. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import { inspect } from "node:util";
import type { Frame } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import {
  barcodeOf,
  bytesOf,
  firstFrame,
  hostFrames,
  testOn,
  withDevice,
} from "./contract_device.ts";
import { ClosedError } from "./cuframe.ts";

async function withFrame(
  name: string,
  work: (frame: Frame) => Promise<void>,
  options: { readonly useDeviceMemory?: boolean } = {},
): Promise<void> {
  const { path } = await clip(name);
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path, options);
    await work(frame);
  }, { clips: [name] });
}

test("copyTo() writes the planes one after another without padding", async () => {
  const { path } = await clip("vp9_odd.webm");
  await withDevice(async (device) => {
    for (const outputColorType of ["native", "rgb", "rgbp", "raw"] as const) {
      using frame = await firstFrame(device, path, { outputColorType, ...hostFrames() });
      const bytes = new Uint8Array(frame.byteLength + 20).fill(0xaa);
      const layout = await frame.copyTo(bytes.subarray(10));
      assertEquals(layout.length, frame.planes.length);
      let end = 0;
      frame.planes.forEach((plane, i) => {
        const { offset, stride } = layout[i];
        assertEquals([offset, stride], [end, plane.rowBytes]);
        for (let y = 0; y < plane.rows; y++) {
          const row = bytes.subarray(10 + offset + y * stride).subarray(0, plane.rowBytes);
          const wanted = plane.data.subarray(y * plane.stride).subarray(0, plane.rowBytes);
          assertEquals(row, wanted, `Row ${y} of plane ${i}`);
        }
        end += plane.rows * plane.rowBytes;
      });
      assertEquals(end, frame.byteLength);
      assert([...bytes.subarray(0, 10), ...bytes.subarray(-10)].every((byte) => byte === 0xaa));
    }
  });
});

test("copyTo() takes buffers and views of any type, and checks them", async () => {
  await withFrame("hevc_10bit.mp4", async (frame) => {
    const wanted = await bytesOf(frame);
    const buffer = new ArrayBuffer(frame.byteLength);
    const shared = new SharedArrayBuffer(frame.byteLength);
    const words = new Uint16Array(frame.byteLength / 2);
    for (const target of [buffer, shared, words, new DataView(new ArrayBuffer(frame.byteLength))]) {
      await frame.copyTo(target);
      const bytes = ArrayBuffer.isView(target)
        ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
        : new Uint8Array(target);
      assertEquals(bytes.slice(), wanted);
    }
    const small = new Uint8Array(frame.byteLength - 1);
    await assertRejects(() => frame.copyTo(small), RangeError, `${frame.byteLength}`);
    await assertRejects(() => frame.copyTo([] as unknown as ArrayBuffer), TypeError, "ArrayBuffer");
    const options = { format: "RGBA" } as unknown as Record<string, never>;
    await assertRejects(() => frame.copyTo(buffer, options), TypeError, "format");
    const gone = new ArrayBuffer(frame.byteLength);
    structuredClone(gone, { transfer: [gone] });
    await assertRejects(() => frame.copyTo(gone), Error);
  });
});

const kApart = "NVDEC's planes lie together";

testOn(
  "cpu",
  kApart,
  "data of planes that lie apart is refused, planes and copyTo() are not",
  async () => {
    const { path } = await clip("vp9_odd.webm");
    await withDevice(async (device) => {
      using frame = await firstFrame(device, path, { outputColorType: "raw" });
      assertThrows(() => frame.data, Error, "planes");
      assertEquals(frame.shape, null);
      assertEquals((await frame.copyTo(new Uint8Array(frame.byteLength))).length, 3);
    });
  },
);

test("toImageData() is RGBA with the pixels of the RGB frame", async () => {
  for (const name of ["h264_b_pyramid.mp4", "vp9_odd.webm", "hevc_10bit.mp4"]) {
    const { path, width, height } = await clip(name);
    await withDevice(async (device) => {
      using rgb = await firstFrame(device, path, { outputColorType: "rgb" });
      const wanted = await bytesOf(rgb);
      for (const outputColorType of ["native", "rgb", "rgbp", "raw"] as const) {
        using frame = await firstFrame(device, path, { outputColorType });
        const image = await frame.toImageData();
        assertEquals([image.width, image.height, image.colorSpace], [width, height, "srgb"]);
        assert(image.data instanceof Uint8ClampedArray);
        assertEquals(image.data.length, width * height * 4);
        for (let at = 0; at < width * height; at++) {
          for (let c = 0; c < 3; c++) {
            if (image.data[at * 4 + c] !== wanted[at * 3 + c]) {
              throw new Error(`${name} as ${outputColorType} differs at ${at}, channel ${c}`);
            }
          }
          if (image.data[at * 4 + 3] !== 255) throw new Error("Alpha is not opaque");
        }
      }
    }, { clips: [name] });
  }
});

test("console.log of a frame is readable, open and closed", async () => {
  await withFrame("hevc_10bit.mp4", (frame) => {
    const deno = (globalThis as { readonly Deno?: { inspect(value: unknown): string } }).Deno;
    const shown = [inspect(frame)];
    if (deno !== undefined) shown.push(deno.inspect(frame));
    const custom = frame as unknown as Record<symbol, (...args: unknown[]) => string>;
    shown.push(custom[Symbol.for("Deno.customInspect")](inspect));
    shown.push(custom[Symbol.for("nodejs.util.inspect.custom")](2, {}, inspect));
    for (const text of shown) {
      assertMatch(text, /^Frame \{/);
      for (const part of ["timestamp: 0", "P010", "176", "144", "bitDepth: 10", "ok"]) {
        assert(text.includes(part), text);
      }
      assert(text.length < 600 && text.split("\n").length < 20, text);
    }
    frame.close();
    assertMatch(inspect(frame), /isClosed: true/);
    return Promise.resolve();
  });
});

test("JSON of a frame is a summary", async () => {
  await withFrame("h264_b_pyramid.mp4", (frame) => {
    assertEquals(JSON.parse(JSON.stringify(frame)), {
      ...{ index: null, timestamp: 0, duration: 40_000, format: "NV12", width: 176, height: 144 },
      bitDepth: 8,
      ...{ pictureType: "I", isKey: true, decodeStatus: "ok", isClosed: false },
    });
    assertEquals(frame.toJSON().format, "NV12");
    return Promise.resolve();
  });
});

test("a frame cannot be posted, its bytes can", async () => {
  await withFrame("h264_b_pyramid.mp4", (frame) => {
    assertThrows(() => structuredClone(frame));
    assertEquals(structuredClone(frame.data), frame.data);
    return Promise.resolve();
  }, hostFrames());
});

test("what describes a frame can be read after close(), its memory cannot", async () => {
  await withFrame("h264_b_pyramid.mp4", async (frame) => {
    frame.close();
    frame.close();
    frame[Symbol.dispose]();
    assertEquals(frame.isClosed, true);
    assertEquals([frame.width, frame.format, frame.timestamp, frame.pts], [176, "NV12", 0, 0]);
    assertEquals([frame.byteLength, frame.pictureType], [176 * 144 * 3 / 2, "I"]);
    assertThrows(() => frame.planes, ClosedError, "closed");
    assertThrows(() => frame.data, ClosedError, "closed");
    assertThrows(() => frame.clone(), ClosedError, "closed");
    await assertRejects(() => frame.copyTo(new Uint8Array(1 << 20)), ClosedError);
    await assertRejects(async () => await frame.toTensor(), ClosedError);
    await assertRejects(async () => await frame.toImageData(), ClosedError);
  });
});

test("a clone keeps the memory and the description", async () => {
  await withFrame("h264_b_pyramid.mp4", async (frame) => {
    const wanted = await bytesOf(frame);
    using twin = frame.clone();
    assertEquals(twin.toJSON(), frame.toJSON());
    frame.close();
    assertEquals(twin.isClosed, false);
    assertEquals(await bytesOf(twin), wanted);
    assertEquals(await barcodeOf(twin), 0);
    using third = twin.clone();
    twin.close();
    assertEquals(await bytesOf(third), wanted);
  });
});
