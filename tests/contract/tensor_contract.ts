/** Tensors of one frame. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { Dtype, TensorDescriptor } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { pixelReader, quantized } from "./color_reference.ts";
import { ClosedError, type Frame, Tensor, UnsupportedError } from "./cuframe.ts";
import { bytesOf, firstFrame, hostFrames, withDevice } from "./contract_device.ts";

const kBits: Readonly<Record<Dtype, number>> = { uint8: 8, uint16: 16, float16: 16, float32: 32 };

async function withFrame(
  name: string,
  work: (frame: Frame, rgb: Uint8Array) => Promise<void>,
  options: { readonly useDeviceMemory?: boolean } = {},
): Promise<void> {
  const { path } = await clip(name);
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path, options);
    using converted = await firstFrame(device, path, { outputColorType: "rgb" });
    await work(frame, await bytesOf(converted));
  });
}

/** A number of IEEE half precision, for runtimes without Float16Array. */
function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits >> 15 === 1 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A copy of a tensor's values, wherever they lie. */
async function numbersIn(tensor: Tensor): Promise<ArrayLike<number>> {
  const { buffer } = await bytesOf(tensor);
  if (tensor.dtype === "uint8") return new Uint8Array(buffer);
  if (tensor.dtype === "float32") return new Float32Array(buffer);
  const words = new Uint16Array(buffer);
  return tensor.dtype === "uint16" ? words : Float64Array.from(words, halfToNumber);
}

for (const name of ["h264_b_pyramid.mp4", "vp9_odd.webm"]) {
  for (const layout of ["hwc", "chw"] as const) {
    for (const dtype of ["uint8", "uint16", "float16", "float32"] as const) {
      test(`a ${dtype} ${layout} tensor of ${name} has the values of the RGB frame`, async () => {
        await withFrame(name, async (frame, rgb) => {
          const { width, height } = frame;
          using tensor = await frame.toTensor({ layout, dtype });
          assert(tensor instanceof Tensor);
          assertEquals([tensor.layout, tensor.dtype, tensor.isClosed], [layout, dtype, false]);
          const isPlanar = layout === "chw";
          assertEquals(tensor.shape, isPlanar ? [3, height, width] : [height, width, 3]);
          const row = isPlanar ? width : width * 3;
          assertEquals(tensor.strides, isPlanar ? [row * height, row, 1] : [row, 3, 1]);
          assertEquals(tensor.byteLength, width * height * 3 * kBits[dtype] / 8);
          const data = await numbersIn(tensor);
          assertEquals(data.length, width * height * 3);
          // Half precision has 11 bits; wider types carry the value before it is rounded to 8 bits.
          for (let at = 0; at < rgb.length; at++) {
            const pixel = Math.floor(at / 3);
            const index = isPlanar ? (at % 3) * width * height + pixel : at;
            const value = data[index];
            const wanted = dtype === "uint8" ? rgb[at] : rgb[at] / 255;
            const scale = dtype === "uint16" ? topOf(frame) : 1;
            const tolerance = dtype === "uint8" ? 0 : 0.51 / 255 + 0.0005;
            const off = Math.abs(value / scale - wanted);
            if (off > tolerance) throw new Error(`${at}: ${value} for ${rgb[at]}`);
          }
        });
      });
    }
  }
}

/** Greatest value of a uint16 tensor: the frame's depth is kept. */
function topOf({ bitDepth }: Frame): number {
  return 2 ** bitDepth - 1;
}

test("a uint16 tensor keeps 10 and 12 bits", async () => {
  for (const name of ["hevc_full_10bit.mp4", "hevc_bt2020.mp4", "hevc_444_12bit.mp4"]) {
    await withDevice(async (device) => {
      using frame = await firstFrame(device, (await clip(name)).path);
      using tensor = await frame.toTensor({ dtype: "uint16" });
      const data = await numbersIn(tensor);
      const pixel = await pixelReader(frame);
      const top = topOf(frame);
      for (let at = 0; at < frame.width * frame.height; at++) {
        const wanted = pixel(at % frame.width, Math.floor(at / frame.width));
        for (let c = 0; c < 3; c++) {
          const off = Math.abs(data[at * 3 + c] - quantized(wanted[c], top));
          if (off > 1) throw new Error(`${name} is off by ${off} at ${at}, channel ${c}`);
        }
      }
    }, { clips: [name] });
  }
});

test("mean and std normalise float tensors", async () => {
  const mean = [0.485, 0.456, 0.406];
  const std = [0.229, 0.224, 0.225];
  await withFrame("h264_b_pyramid.mp4", async (frame) => {
    using plain = await frame.toTensor({ dtype: "float32" });
    for (const dtype of ["float32", "float16"] as const) {
      using normal = await frame.toTensor({ dtype, mean, std });
      const [from, to] = [await numbersIn(plain), await numbersIn(normal)];
      for (let at = 0; at < from.length; at++) {
        const wanted = (from[at] - mean[at % 3]) / std[at % 3];
        const off = Math.abs(to[at] - wanted);
        if (off > (dtype === "float32" ? 1e-5 : 2e-3)) throw new Error(`${at} is off by ${off}`);
      }
    }
    using shifted = await frame.toTensor({ dtype: "float32", mean });
    const [first, second] = Array.from(await numbersIn(plain));
    assert(Math.abs((await numbersIn(shifted))[0] - first + mean[0]) < 1e-5);
    using scaled = await frame.toTensor({ dtype: "float32", std: [2, 2, 2] });
    assert(Math.abs((await numbersIn(scaled))[1] * 2 - second) < 1e-5);
  });
});

test("four channels have opaque alpha", async () => {
  await withFrame("vp9_odd.webm", async (frame, rgb) => {
    for (const dtype of ["uint8", "uint16", "float32"] as const) {
      using tensor = await frame.toTensor({ channels: 4, dtype });
      using three = await frame.toTensor({ dtype });
      assertEquals(tensor.shape, [241, 321, 4]);
      const [data, without] = [await numbersIn(tensor), await numbersIn(three)];
      const opaque = dtype === "uint8" ? 255 : dtype === "uint16" ? topOf(frame) : 1;
      for (let at = 0; at < rgb.length / 3; at++) {
        assert(data[at * 4 + 3] === opaque, `Alpha is ${data[at * 4 + 3]}`);
        for (let c = 0; c < 3; c++) assert(data[at * 4 + c] === without[at * 3 + c]);
      }
    }
  });
});

test("colorSpace of a tensor replaces the stream's", async () => {
  await withFrame("h264_limited_601.mp4", async (frame) => {
    const spaces: readonly [TensorDescriptor["colorSpace"], matrix: string, fullRange: boolean][] =
      [
        [{ matrix: "bt709" }, "bt709", false],
        [{ matrix: "bt601", range: "full" }, "smpte170m", true],
        [{ matrix: 9, fullRange: true }, "bt2020-ncl", true],
        [{ matrix: null, fullRange: null }, "smpte170m", false],
      ];
    for (const [colorSpace, matrix, fullRange] of spaces) {
      using tensor = await frame.toTensor({ colorSpace });
      const data = await numbersIn(tensor);
      const pixel = await pixelReader(frame, matrix, fullRange);
      for (let at = 0; at < frame.width * frame.height; at++) {
        const wanted = pixel(at % frame.width, Math.floor(at / frame.width));
        for (let c = 0; c < 3; c++) {
          const off = Math.abs(data[at * 3 + c] - quantized(wanted[c], 255));
          if (off > 1) throw new Error(`${matrix} ${fullRange} is off by ${off} at ${at}`);
        }
      }
    }
  });
});

test("copyTo() of a tensor gives its data; views are empty after close()", async () => {
  await withFrame("h264_64x64.mp4", async (frame) => {
    const tensor = await frame.toTensor({ dtype: "float32", layout: "chw" });
    const { data } = tensor;
    const copy = new Float32Array(data.length);
    await tensor.copyTo(copy);
    assertEquals(copy, data as unknown as Float32Array<ArrayBuffer>);
    const larger = new Uint8Array(tensor.byteLength + 8);
    await tensor.copyTo(larger.subarray(4));
    assertEquals(new Float32Array(larger.slice(4, -4).buffer), copy);
    await assertRejects(() => tensor.copyTo(new Uint8Array(10)), RangeError, "bytes");
    await assertRejects(
      () => tensor.copyTo([] as unknown as ArrayBuffer),
      TypeError,
      "ArrayBuffer",
    );
    assertEquals(tensor.data.buffer, data.buffer, "The view is made once");
    assertEquals(tensor.toJSON(), { shape: [3, 64, 64], dtype: "float32", layout: "chw" });
    assertThrows(() => structuredClone(tensor));
    tensor.close();
    tensor.close();
    tensor[Symbol.dispose]();
    assertEquals([data.length, tensor.isClosed], [0, true]);
    assertThrows(() => tensor.data, ClosedError);
    await assertRejects(() => tensor.copyTo(copy), ClosedError);
    assertEquals(tensor.shape, [3, 64, 64]);
  }, hostFrames());
});

test("data of every dtype is a view of the type that fits", async () => {
  await withFrame("h264_64x64.mp4", async (frame) => {
    const types = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array } as const;
    for (const dtype of ["uint8", "uint16", "float16", "float32"] as const) {
      using tensor = await frame.toTensor({ dtype });
      const { data } = tensor;
      if (dtype !== "float16") assert(data instanceof types[dtype], data.constructor.name);
      assertEquals(data.length, 64 * 64 * 3);
      const isBits = dtype === "float16" && data instanceof Uint16Array;
      const numbers = isBits ? Float64Array.from(data, halfToNumber) : data;
      assertEquals(Array.from(numbers), Array.from(await numbersIn(tensor)));
    }
  }, hostFrames());
});

test("a tensor outlives its frame", async () => {
  await withFrame("h264_64x64.mp4", async (frame, rgb) => {
    using tensor = await frame.toTensor();
    const pending = frame.toTensor();
    frame.close();
    using late = await pending;
    assertEquals(await bytesOf(tensor), rgb);
    assertEquals(await bytesOf(late), rgb);
    await assertRejects(async () => await frame.toTensor(), ClosedError);
  });
});

test("descriptors of tensors are checked", async () => {
  await withFrame("h264_64x64.mp4", async (frame) => {
    const wrong: [descriptor: object, type: typeof TypeError | typeof RangeError, text: string][] =
      [
        [{ layouts: "chw" }, TypeError, "layouts"],
        [{ layout: "nchw" }, TypeError, "layout"],
        [{ dtype: "float64" }, TypeError, "dtype"],
        [{ dtype: "uint8", mean: [0, 0, 0] }, TypeError, "mean"],
        [{ dtype: "float32", mean: [0, 0] }, RangeError, "mean"],
        [{ dtype: "float32", mean: [0, 0, NaN] }, RangeError, "mean"],
        [{ dtype: "float32", std: [1, 0, 1] }, RangeError, "std"],
        [{ dtype: "float32", std: "1" }, TypeError, "std"],
        [{ channels: 2 }, RangeError, "channels"],
        [{ channels: 4, layout: "chw" }, TypeError, "channels"],
        [{ colorSpace: { matrix: "bt709x" } }, TypeError, "matrix"],
        [{ colorSpace: { range: "tv" } }, TypeError, "range"],
        [{ colorSpace: { full: true } }, TypeError, "full"],
        [{ signal: 1 }, TypeError, "signal"],
      ];
    for (const [descriptor, type, text] of wrong) {
      await assertRejects(async () => await frame.toTensor(descriptor), type as typeof Error, text);
    }
  });
});

test("a frame that is RGB already gives no tensor, and says so", async () => {
  const { path } = await clip("h264_64x64.mp4");
  await withDevice(async (device) => {
    for (const outputColorType of ["rgb", "rgbp"] as const) {
      using frame = await firstFrame(device, path, { outputColorType });
      await assertRejects(() => frame.toTensor(), UnsupportedError);
    }
    using raw = await firstFrame(device, path, { outputColorType: "raw" });
    using native = await firstFrame(device, path);
    using fromRaw = await raw.toTensor();
    using fromNative = await native.toTensor();
    assertEquals(await bytesOf(fromRaw), await bytesOf(fromNative));
  });
});

test("an abort before the conversion rejects with its reason", async () => {
  await withFrame("h264_64x64.mp4", async (frame) => {
    const reason = new Error("Not now");
    const error = await assertRejects(() => frame.toTensor({ signal: AbortSignal.abort(reason) }));
    assert(error === reason, `${error}`);
  });
});
