import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Format } from "../../ffi/abi.ts";
import { dtypeBytes, dtypeCode, dtypeName, formatName } from "../../src/format.ts";
import { frameShape, planeShape } from "../../src/format.ts";

test("every format's number has its name", () => {
  for (const [name, code] of Object.entries(Format)) assertEquals(formatName(code), name);
  assertEquals(formatName(999), "UNKNOWN");
});

test("sample types go both ways", () => {
  for (const dtype of ["uint8", "uint16", "float16", "float32"] as const) {
    assertEquals(dtypeName(dtypeCode(dtype)), dtype);
  }
  assertEquals(dtypeBytes("float16"), 2);
});

test("a frame's planes form one array where its layout allows", () => {
  const planes = (...rows: [number, number][]) =>
    rows.map(([rows, rowBytes]) => ({ rows, rowBytes }));
  assertEquals(frameShape("NV12", "uint8", 64, 48, planes([48, 64], [24, 64])), [72, 64]);
  assertEquals(frameShape("NV12", "uint8", 64, 49, planes([49, 64], [25, 64])), [74, 64]);
  assertEquals(frameShape("NV12", "uint8", 63, 48, planes([48, 63], [24, 64])), null);
  assertEquals(frameShape("P010", "uint16", 64, 48, planes([48, 128], [24, 128])), [72, 64]);
  assertEquals(frameShape("NV16", "uint8", 64, 48, planes([48, 64], [48, 64])), [96, 64]);
  const three = planes([48, 64], [48, 64], [48, 64]);
  assertEquals(frameShape("YUV444", "uint8", 64, 48, three), [3, 48, 64]);
  assertEquals(frameShape("RGBP", "uint8", 64, 48, three), [3, 48, 64]);
  assertEquals(frameShape("RGB", "uint8", 64, 48, planes([48, 192])), [48, 64, 3]);
  assertEquals(frameShape("RGBA", "uint8", 64, 48, planes([48, 256])), [48, 64, 4]);
  assertEquals(frameShape("GRAY16", "uint16", 64, 48, planes([48, 128])), [48, 64]);
  const i420 = planes([48, 64], [24, 32], [24, 32]);
  assertEquals(frameShape("I420", "uint8", 64, 48, i420), null);
});

test("a plane's shape tells interleaved samples", () => {
  assertEquals(planeShape("NV12", "uint8", 0, { rows: 48, rowBytes: 64 }), [48, 64]);
  assertEquals(planeShape("NV12", "uint8", 1, { rows: 24, rowBytes: 64 }), [24, 32, 2]);
  assertEquals(planeShape("P010", "uint16", 1, { rows: 24, rowBytes: 128 }), [24, 32, 2]);
  assertEquals(planeShape("RGB", "uint8", 0, { rows: 48, rowBytes: 192 }), [48, 64, 3]);
  assertEquals(planeShape("I420", "uint8", 1, { rows: 24, rowBytes: 32 }), [24, 32]);
});
