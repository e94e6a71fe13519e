import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import {
  ConvertDesc,
  DecoderDesc,
  DemuxerInfo,
  ErrorStruct,
  FrameInfo,
  NO_TIMESTAMP,
  Rational,
} from "../../ffi/abi.ts";

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer);

test("a new struct is zero but for its size", () => {
  const info = new FrameInfo();
  assertEquals(info.bytes.length, FrameInfo.size);
  assertEquals(info.structSize, FrameInfo.size);
  assertEquals(info.bytes.subarray(4).every((byte) => byte === 0), true);
  assertEquals(new Rational().bytes, new Uint8Array(8));
});

test("fields of 32 bits refuse what does not fit", () => {
  const info = new FrameInfo();
  info.width = 4294967295;
  info.rotation = -2147483648;
  assertEquals([info.width, info.rotation], [4294967295, -2147483648]);
  for (const bad of [-1, 1.5, 2 ** 32, NaN, Infinity]) {
    assertThrows(() => info.width = bad, RangeError);
  }
  for (const bad of [2 ** 31, -(2 ** 31) - 1, 0.5, NaN]) {
    assertThrows(() => info.rotation = bad, RangeError);
  }
  assertEquals([info.width, info.rotation], [4294967295, -2147483648]);
});

test("64-bit integers are exact to 2^53 and agree with BigInt views", () => {
  const info = new FrameInfo();
  for (const value of [0, 1, -1, 2 ** 32, -(2 ** 32), -(2 ** 32) - 1, 2 ** 53 - 1, 1 - 2 ** 53]) {
    info.pts = value;
    assertEquals(info.pts, value);
    assertEquals(viewOf(info.bytes).getBigInt64(8, true), BigInt(value));
  }
  info.pts = NO_TIMESTAMP;
  assertEquals(viewOf(info.bytes).getBigInt64(8, true), -(2n ** 63n));
  assertEquals(info.pts, NO_TIMESTAMP);
  for (const bad of [2 ** 53, 0.5, NaN]) assertThrows(() => info.pts = bad, RangeError);
});

test("addresses are unsigned", () => {
  const info = new FrameInfo();
  info.address = 0x7fff_ffff_f000;
  assertEquals(info.address, 0x7fff_ffff_f000);
  const view = viewOf(info.bytes);
  let offset = 0;
  while (view.getBigUint64(offset, true) !== 0x7fff_ffff_f000n) offset += 8;
  view.setBigUint64(offset, 0xffff_8000n << 20n, true);
  assertEquals(info.address, 0xffff_8000 * 2 ** 20);
  assertThrows(() => info.address = -1, RangeError);
});

test("texts end in NUL, replace the one before and must fit", () => {
  const desc = new DecoderDesc();
  desc.codec = "mpeg2video";
  desc.codec = "vp9";
  assertEquals(desc.codec, "vp9");
  desc.codec = "ü".repeat(15);
  assertEquals(desc.codec, "ü".repeat(15));
  desc.codec = "x".repeat(31);
  assertEquals(desc.codec.length, 31);
  assertThrows(() => desc.codec = "ü".repeat(16), RangeError, "32 bytes");
  assertThrows(() => desc.codec = "a\0b", RangeError, "NUL");
  assertEquals(new ErrorStruct().message, "");
});

test("nested structs and arrays of them lie over the same bytes", () => {
  const info = new FrameInfo();
  info.timeBase.den = 90000;
  info.planesAt(3).strideBytes = -64;
  // CufFrameInfo's planes begin at 136 and take 24 bytes each.
  const strideOffset = 136 + 3 * 24 + 8;
  assertEquals(info.timeBase.den, 90000);
  assertEquals(viewOf(info.bytes).getInt32(strideOffset, true), -64);
  for (const bad of [-1, 4, 0.5]) assertThrows(() => info.planesAt(bad), RangeError);
});

test("arrays of doubles are set as a whole", () => {
  const desc = new ConvertDesc();
  desc.setMean([0.1, -2, 1e300]);
  assertEquals(desc.mean, [0.1, -2, 1e300]);
  assertEquals(desc.std, [0, 0, 0]);
  assertThrows(() => desc.setMean([1, 2]), RangeError);
});

test("records of an array do not touch each other, also in a part of a buffer", () => {
  const outer = new Uint8Array(8 + 2 * FrameInfo.size);
  const bytes = outer.subarray(8);
  const first = new FrameInfo(bytes);
  const second = new FrameInfo(bytes, FrameInfo.size);
  second.width = 7;
  second.planesAt(0).rows = 5;
  second.timeBase.num = 3;
  assertEquals([first.width, first.planesAt(0).rows, first.timeBase.num], [0, 0, 0]);
  assertEquals([second.planesAt(0).rows, second.timeBase.num, second.structSize], [5, 3, 0]);
  assertThrows(() => new FrameInfo(bytes, FrameInfo.size + 1), RangeError);
});

test("texts of a record after others are found", () => {
  const bytes = new Uint8Array(2 * DemuxerInfo.size);
  new DemuxerInfo(bytes).codec = "h264";
  new DemuxerInfo(bytes, DemuxerInfo.size).codec = "hevc";
  assertEquals(new DemuxerInfo(bytes).codec, "h264");
  assertEquals(new DemuxerInfo(bytes, DemuxerInfo.size).codec, "hevc");
});
