import { test } from "node:test";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  AssertionError,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";

class Point {
  constructor(readonly x: number, readonly y: number) {}
}

const cyclic = (): unknown => {
  const value: Record<string, unknown> = { name: "a" };
  value.self = value;
  return value;
};

const equal: [unknown, unknown][] = [
  [NaN, NaN],
  [1n, 1n],
  [new Uint8Array([1, 2]), new Uint8Array([0, 1, 2]).subarray(1)],
  [new Float32Array([NaN]), new Float32Array([NaN])],
  [new BigInt64Array([1n]), new BigInt64Array([1n])],
  [new Uint8Array([1]).buffer, new Uint8Array([1]).buffer],
  [new Map([["a", [1]]]), new Map([["a", [1]]])],
  [new Map([[{ k: 1 }, 2]]), new Map([[{ k: 1 }, 2]])],
  [new Set([{ a: 1 }, 2]), new Set([2, { a: 1 }])],
  [{ a: [{ b: new Point(1, 2) }] }, { a: [{ b: new Point(1, 2) }] }],
  [new Error(), new Error()],
  [new Date(5), new Date(5)],
  [cyclic(), cyclic()],
];

const different: [unknown, unknown][] = [
  [0, -0],
  [1, 1n],
  [1, "1"],
  [null, undefined],
  [[], {}],
  [[1, 2], [1, 2, 3]],
  [{ a: undefined }, {}],
  [{ x: 1, y: 2 }, new Point(1, 2)],
  [new Uint8Array([1, 2]), new Uint8Array([1, 3])],
  [new Uint8Array([1]), new Uint8Array([1, 0])],
  [new Uint8Array([1]), new Int8Array([1])],
  [new Uint8Array([1]).buffer, new Uint8Array([2]).buffer],
  [new Map([["a", 1]]), new Map([["b", 1]])],
  [new Map([["a", 1]]), new Map([["a", 2]])],
  [new Set([1]), new Set([2])],
  [new Error("a"), new Error("b")],
  [new Error("a"), new TypeError("a")],
  [new Date(5), new Date(6)],
  [/a/, /a/g],
  [() => 1, () => 1],
];

test("equal values pass assertEquals and fail assertNotEquals", () => {
  for (const [left, right] of equal) {
    assertEquals(left, right);
    assertThrows(() => assertNotEquals(left, right), AssertionError);
  }
});

test("different values fail assertEquals and pass assertNotEquals", () => {
  for (const [left, right] of different) {
    assertNotEquals(left, right);
    assertThrows(() => assertEquals(left, right), AssertionError);
  }
});

test("the message says where values differ", () => {
  const { message } = assertThrows(
    () => assertEquals({ planes: [{ stride: 64 }] }, { planes: [{ stride: 60 }] }, "frame 3"),
    AssertionError,
  );
  assertMatch(message, /^frame 3: Values differ at \.planes\[0\]\.stride\n *actual: 64\n/);
});

test("assertThrows judges class and text, and returns the error", () => {
  const thrower = (): never => {
    throw new RangeError("index 9 is out of range");
  };
  assertEquals(assertThrows(thrower, RangeError, "index 9").name, "RangeError");
  assertThrows(() => assertThrows(thrower, TypeError), AssertionError, "Expected TypeError");
  assertThrows(() => assertThrows(thrower, RangeError, "index 8"), AssertionError, "index 8");
  assertThrows(() => assertThrows(() => 1), AssertionError, "returned 1");
});

test("assertRejects judges rejections only", async () => {
  const error = await assertRejects(() => Promise.reject(new TypeError("no")), TypeError, "no");
  assertStringIncludes(error.message, "no");
  await assertRejects(() => assertRejects(() => Promise.resolve(1)), AssertionError, "gave 1");
});

test("the small assertions fail when they should", () => {
  assertThrows(() => assert(0), AssertionError);
  assertThrows(() => assertStrictEquals({}, {}), AssertionError);
  assertThrows(() => assertAlmostEquals(1, 1.1, 0.05), AssertionError);
  assertThrows(() => assertAlmostEquals(1, NaN), AssertionError);
  assertThrows(() => assertMatch("a", /b/), AssertionError);
  assertThrows(() => assertStringIncludes("a", "b"), AssertionError);
  assertAlmostEquals(1, 1.04, 0.05);
});
