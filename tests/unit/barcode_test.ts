import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  BARCODE_LIMIT,
  bitDepthOf,
  drawBarcode,
  frameBytes,
  makeRawFrames,
  planeShapes,
  readBarcode,
  readRawFrame,
} from "../support/barcode.ts";

const kSizes = [[64, 64], [66, 50], [321, 241], [176, 144]];

test("every number reads back", () => {
  const luma = new Uint8Array(64 * 64);
  for (let number = 0; number < BARCODE_LIMIT; number++) {
    drawBarcode(luma, 64, 64, 64, number);
    assertEquals(readBarcode(luma, 64, 64, 64, { bitDepth: 8 }), number);
  }
  assertThrows(() => drawBarcode(luma, 64, 64, 64, BARCODE_LIMIT), RangeError);
});

test("odd sizes, strides and depths read back", () => {
  for (const [width, height] of kSizes) {
    const stride = width + 13;
    for (const bitDepth of [8, 10, 12, 16]) {
      const luma = bitDepth > 8
        ? new Uint16Array(stride * height)
        : new Uint8Array(stride * height);
      drawBarcode(luma, stride, width, height, 1234, bitDepth);
      assertEquals(readBarcode(luma, stride, width, height, { bitDepth }), 1234);
      assert(luma.every((value) => value < 2 ** bitDepth));
      const upper = Uint16Array.from(luma).map((value) => value << (16 - bitDepth));
      const options = { bitDepth, msbAligned: true };
      assertEquals(readBarcode(upper, stride, width, height, options), 1234);
    }
  }
});

test("noise and a loss of contrast within bounds do not change the number", () => {
  for (const [width, height] of kSizes) {
    const luma = new Uint8Array(width * height);
    drawBarcode(luma, width, width, height, 2741);
    const noisy = luma.map((value, i) => 128 + (value - 128) * 0.6 + ((i * 7919) % 41) - 20);
    assertEquals(readBarcode(noisy, width, width, height, { bitDepth: 8 }), 2741);
  }
});

test("what is no barcode reads as -1", () => {
  const read = (luma: Uint8Array): number => readBarcode(luma, 64, 64, 64, { bitDepth: 8 });
  const [first, second] = [6, 7].map((number) => {
    const luma = new Uint8Array(64 * 64);
    drawBarcode(luma, 64, 64, 64, number);
    return luma;
  });
  for (const value of [0, 16, 128, 235, 255]) {
    assertEquals(read(new Uint8Array(64 * 64).fill(value)), -1);
  }
  assertEquals(read(first.map((value, i) => (value + second[i]) >> 1)), -1, "a blend");
  assertEquals(read(first.map((value) => 255 - value)), -1, "a negative");
  const torn = first.slice();
  torn.fill(200, 0, 64 * 16);
  assertEquals(read(torn), -1, "a lost row");
});

test("raw frames are numbered, move and hold the extremes of all planes", () => {
  for (const pixelFormat of ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p12le"]) {
    const [width, height] = [321, 241];
    const frames = [...makeRawFrames({ width, height, count: 3, pixelFormat, start: 40 })];
    const depth = bitDepthOf(pixelFormat);
    assertEquals(frames.map((f) => readRawFrame(f, pixelFormat, width, height)), [40, 41, 42]);
    let offset = 0;
    for (const { bytes, sampleBytes } of planeShapes(pixelFormat, width, height)) {
      const plane = frames.map((frame) => frame.slice(offset, offset + bytes));
      assertNotEquals(plane[0], plane[1]);
      const samples = Array.from(sampleBytes === 1 ? plane[0] : new Uint16Array(plane[0].buffer));
      assertEquals(samples.reduce((a, b) => Math.min(a, b)), 0);
      assertEquals(samples.reduce((a, b) => Math.max(a, b)), 2 ** depth - 1);
      offset += bytes;
    }
    assertEquals(offset, frames[0].length);
  }
});

test("plane shapes follow the pixel format", () => {
  assertEquals(frameBytes("yuv420p", 321, 241), 321 * 241 + 2 * 161 * 121);
  assertEquals(frameBytes("nv12", 321, 241), 321 * 241 + 2 * 161 * 121);
  assertEquals(frameBytes("p010le", 64, 64), 64 * 64 * 3);
  assertEquals(frameBytes("gray12le", 5, 3), 30);
  assertEquals(frameBytes("rgb24", 5, 3), 45);
  assertEquals(bitDepthOf("p010le"), 10);
  assertEquals(bitDepthOf("p016le"), 16);
  assertEquals(bitDepthOf("yuv444p12le"), 12);
  assertEquals(bitDepthOf("yuvj420p"), 8);
  assertThrows(() => frameBytes("monow", 8, 8), RangeError);
});
