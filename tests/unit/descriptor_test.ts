import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import {
  bytesOf,
  checkDescriptor,
  describe,
  flag,
  integer,
  oneOf,
  text,
  triple,
} from "../../src/descriptor.ts";

const rules = {
  mode: oneOf("fast", "slow"),
  threads: integer(1, 256),
  label: text(),
  isOn: flag(),
  mean: triple(),
  std: triple(true),
};
const check = (value: unknown, required: string[] = []) =>
  checkDescriptor("make()", value, rules, required);

test("a good descriptor passes, and so do absent and undefined keys", () => {
  check(undefined);
  check({});
  check({ mode: undefined });
  check({ mode: "slow", threads: 256, label: "a", isOn: false, mean: [0, -1, 2], std: [1, 1, 1] });
});

test("an unknown key is named together with the known ones", () => {
  const error = assertThrows(() => check({ treads: 2 }), TypeError);
  assertEquals(
    error.message,
    'make() has no key "treads"; its keys are mode, threads, label, isOn, mean, std',
  );
  assertThrows(() => check({ toString: 1 }), TypeError, 'no key "toString"');
});

test("a value of another type is a TypeError", () => {
  const error = assertThrows(() => check({ mode: "quick" }), TypeError);
  assertEquals(error.message, 'make(): mode must be "fast" or "slow", not "quick"');
  assertThrows(() => check({ threads: "2" }), TypeError, "integer from 1 to 256");
  assertThrows(() => check({ label: "" }), TypeError);
  assertThrows(() => check({ isOn: 1 }), TypeError);
  assertThrows(() => check({ mean: "0,0,0" }), TypeError);
  assertThrows(() => check(null), TypeError, "takes an object, not null");
  assertThrows(() => check("h264"), TypeError, 'not "h264"');
});

test("a number out of range is a RangeError", () => {
  for (const threads of [0, 257, 1.5, NaN, Infinity]) {
    assertThrows(() => check({ threads }), RangeError, "threads must be an integer");
  }
  assertThrows(() => check({ mean: [0, 0] }), RangeError);
  assertThrows(() => check({ mean: [0, NaN, 0] }), RangeError);
  assertThrows(() => check({ std: [1, 0, 1] }), RangeError, "numbers above 0");
});

test("a required key must be there", () => {
  assertThrows(() => check({}, ["label"]), TypeError, 'needs the key "label"');
  assertThrows(() => check(undefined, ["label"]), TypeError);
});

test("bytesOf keeps the memory, offset and length", () => {
  const words = new Uint16Array([1, 2, 3]).subarray(1);
  const bytes = bytesOf(words);
  assertEquals([...bytes], [2, 0, 3, 0]);
  bytes[0] = 9;
  assertEquals(words[0], 9);
  assertEquals(bytesOf(new ArrayBuffer(5)).length, 5);
});

test("describe names what was given", () => {
  assertEquals(describe(new Map()), "an object of class Map");
  assertEquals(describe([1, 2]), "an array of 2");
  assertEquals(describe(Object.create(null)), "an object");
  assertEquals(describe(() => {}), "a function");
  assertEquals(describe(undefined), "undefined");
});
