import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { colorOverride, colorSpaceOf, overrideCodes } from "../../src/color.ts";
import { checkDescriptor } from "../../src/descriptor.ts";
import { rational } from "../../src/rational.ts";

test("code points get WebCodecs' names, null where unspecified, numbers where it has none", () => {
  assertEquals(colorSpaceOf({ primaries: 1, transfer: 1, matrix: 1, fullRange: 0 }), {
    primaries: "bt709",
    transfer: "bt709",
    matrix: "bt709",
    fullRange: false,
  });
  assertEquals(colorSpaceOf({ primaries: 9, transfer: 16, matrix: 9, fullRange: 1 }), {
    primaries: "bt2020",
    transfer: "pq",
    matrix: "bt2020-ncl",
    fullRange: true,
  });
  assertEquals(colorSpaceOf({ primaries: 2, transfer: 2, matrix: 7, fullRange: 0 }), {
    primaries: null,
    transfer: null,
    matrix: 7,
    fullRange: false,
  });
});

test("an override becomes numbers, and what it leaves out stays the stream's", () => {
  assertEquals(overrideCodes(undefined), { matrix: 0, range: 0 });
  assertEquals(overrideCodes({}), { matrix: 0, range: 0 });
  assertEquals(overrideCodes({ matrix: "bt601", range: "full" }), { matrix: 6, range: 2 });
  assertEquals(overrideCodes({ matrix: "bt2020", range: "limited" }), { matrix: 9, range: 1 });
  assertEquals(overrideCodes({ matrix: 4, fullRange: true }), { matrix: 4, range: 2 });
  assertEquals(overrideCodes({ matrix: null, fullRange: null }), { matrix: 0, range: 0 });
});

test("a demuxer's colour space fits as an override", () => {
  const colorSpace = colorSpaceOf({ primaries: 2, transfer: 13, matrix: 10, fullRange: 0 });
  checkDescriptor("make()", { colorSpace }, { colorSpace: colorOverride() });
  assertEquals(overrideCodes(colorSpace), { matrix: 10, range: 1 });
});

test("a bad override is refused", () => {
  const check = (colorSpace: unknown) =>
    checkDescriptor("make()", { colorSpace }, { colorSpace: colorOverride() });
  assertThrows(() => check({ matrix: "bt608" }), TypeError, "matrix must be");
  assertThrows(() => check({ matrix: 256 }), TypeError);
  assertThrows(() => check({ range: "tv" }), TypeError);
  assertThrows(() => check({ gamma: 2 }), TypeError, 'no key "gamma"');
  assertThrows(() => check("bt709"), TypeError);
});

test("a fraction without a denominator has the value 0", () => {
  assertEquals(rational({ num: 30000, den: 1001 }).value, 30000 / 1001);
  assertEquals(rational({ num: 0, den: 0 }), { num: 0, den: 0, value: 0 });
});
