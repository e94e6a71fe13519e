/** Formats of encoders: sizes of their planes, what fits them, and the sentences for what does not. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { EncoderFormat as FormatCode } from "../../ffi/abi.ts";
import {
  ENCODER_FORMATS,
  encoderFormat,
  formatCode,
  formatsOf,
  PictureLayout,
} from "../../src/encoder_format.ts";

test("every format of the library has a layout whose shape has its bytes", () => {
  assertEquals(ENCODER_FORMATS.length, Object.keys(FormatCode).length);
  for (const [name, code] of Object.entries(FormatCode)) {
    const format = encoderFormat(name)!;
    assertEquals([format.toUpperCase(), formatCode(format)], [name, code]);
    const { shape, byteLength, sampleBytes } = new PictureLayout(format, 64, 48);
    assertEquals(shape.reduce((a, b) => a * b, sampleBytes), byteLength, format);
  }
  assertEquals(formatsOf((1 << FormatCode.NV12) | (1 << FormatCode.RGBP)), ["nv12", "rgbp"]);
});

test("the guide's other names of formats, in any case, are the same formats", () => {
  assertEquals(encoderFormat("NV12"), "nv12");
  assertEquals(encoderFormat("YUV420"), "iyuv");
  assertEquals(encoderFormat("YUV420_10bit"), "p010");
  assertEquals(encoderFormat("YUV444_16BIT"), "yuv444_16bit");
  for (const bad of ["nv21", "", "toString", 3, null]) assertEquals(encoderFormat(bad), undefined);
});

test("chroma of half the size is rounded up", () => {
  const { planes, byteLength } = new PictureLayout("nv12", 65, 49);
  assertEquals([...planes], [{ rows: 49, rowBytes: 65 }, { rows: 25, rowBytes: 66 }]);
  assertEquals(byteLength, 49 * 65 + 25 * 66);
  const iyuv = new PictureLayout("iyuv", 64, 48);
  assertEquals([0, 1, 2].map((i) => iyuv.planeStride(i, 128)), [128, 64, 64]);
  assertEquals(new PictureLayout("p010", 64, 48).planeStride(1, 256), 256);
  assertEquals(new PictureLayout("nv16", 64, 48).planeStride(1, 80), 80);
});

test("frames of another size or format are refused with what is expected", () => {
  const nv12 = new PictureLayout("nv12", 64, 48);
  nv12.requireFrame("encode()", { width: 64, height: 48, format: "NV12" });
  assertThrows(
    () => nv12.requireFrame("encode()", { width: 66, height: 48, format: "NV12" }),
    RangeError,
    'encode() takes a picture of 64 x 48 "nv12", uint8 [72, 64], 4608 bytes, not one of 66 x 48',
  );
  assertThrows(
    () => nv12.requireFrame("encode()", { width: 64, height: 48, format: "P016" }),
    TypeError,
    'not P016; make the encoder with format: "p010"',
  );
  assertThrows(
    () => nv12.requireFrame("encode()", { width: 64, height: 48, format: "GRAY8" }),
    TypeError,
    'not GRAY8; decode to "native" or "rgb" frames',
  );
  const p010 = new PictureLayout("p010", 64, 48);
  for (const format of ["P010", "P016"] as const) {
    p010.requireFrame("encode()", { width: 64, height: 48, format });
  }
  assert(new PictureLayout("argb10", 64, 48).words.includes("uint32 [48, 64], 12288 bytes"));
});
