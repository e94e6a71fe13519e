import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { frameIndex, sliceRange } from "../../src/frame_range.ts";

function slice(start: unknown, end: unknown, step: unknown, length: number): number[] {
  const { first, count, step: by } = sliceRange(start, end, step, length);
  return Array.from({ length: count }, (_, i) => first + i * by);
}

test("slices forward are every step-th of what Array.prototype.slice gives", () => {
  const bounds = [undefined, -Infinity, -9, -5, -2, 0, 1, 3, 4, 5, 9, Infinity];
  for (const length of [0, 1, 5]) {
    const all = [...Array(length).keys()];
    for (const start of bounds) {
      for (const end of bounds) {
        for (const step of [1, 2, 3, 7]) {
          const wanted = all.slice(start, end).filter((_, i) => i % step === 0);
          assertEquals(slice(start, end, step, length), wanted, `${[start, end, step, length]}`);
        }
      }
    }
  }
});

test("slices backward are Python's", () => {
  const cases: [unknown, unknown, number, number[]][] = [
    [undefined, undefined, -1, [4, 3, 2, 1, 0]],
    [undefined, undefined, -2, [4, 2, 0]],
    [3, 0, -1, [3, 2, 1]],
    [3, 0, -2, [3, 1]],
    [-1, -4, -1, [4, 3, 2]],
    [9, -9, -3, [4, 1]],
    [0, 3, -1, []],
    [-9, undefined, -1, []],
    [2, 2, -1, []],
  ];
  for (const [start, end, step, wanted] of cases) {
    assertEquals(slice(start, end, step, 5), wanted, `${[start, end, step]}`);
  }
  assertEquals(slice(undefined, undefined, -1, 0), []);
});

test("an index names a frame from either end, or is refused with the length", () => {
  assertEquals([0, 4, -1, -5].map((index) => frameIndex("at()", index, 5)), [0, 4, 4, 0]);
  for (const index of [5, -6]) {
    assertThrows(() => frameIndex("at()", index, 5), RangeError, "the video has 5, from 0 to 4");
  }
  assertThrows(() => frameIndex("at()", 0, 0), RangeError, "the video has none");
  assertThrows(() => frameIndex("at()", 0.5, 5), TypeError, "at() takes whole numbers");
});
