/** Encoder parameters: what is refused, and the way to the library and back. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { checkDescriptor } from "../../src/descriptor.ts";
import { ENCODER_PARAMETERS, type EncoderParameters } from "../../src/encoder_parameters.ts";
import {
  nativeSettings,
  parameterNumbers,
  parameterRules,
  parametersOf,
  settingsOf,
} from "../../src/encoder_settings.ts";

function check(parameters: object): void {
  checkDescriptor("Here", parameters, parameterRules((parameters as EncoderParameters).codec));
}

function roundTrip(parameters: EncoderParameters): EncoderParameters {
  const { bytes, count } = nativeSettings(parametersOf(parameters));
  return settingsOf(bytes!, count);
}

/** A value that a row of the table allows, in the form in which it comes back. */
function valueOf({ kind, least, most, names }: (typeof ENCODER_PARAMETERS)[number]): unknown {
  if (kind === "choice") return names.at(-1);
  if (kind === "flag") return true;
  if (kind === "quantizers") return [least, least + 1, most];
  return kind === "ratio" ? { num: 24000, den: 1001 } : most;
}

test("every parameter goes to the library and comes back as it was", () => {
  const all: { [key: string]: unknown } = {};
  for (const row of ENCODER_PARAMETERS) {
    const [group, key] = row.name.split(".");
    if (key === undefined) all[group] = valueOf(row);
    else all[group] = { ...all[group] as object, [key]: valueOf(row) };
  }
  // That many that none is missing, and groups count once.
  assert(ENCODER_PARAMETERS.length >= 35);
  assertEquals(Object.keys(all).length, ENCODER_PARAMETERS.length - 2);
  check({ ...all, codec: "hevc" });
  assertEquals(roundTrip(all as EncoderParameters) as unknown, all);
});

test("parameters that are left out are not sent", () => {
  assertEquals(nativeSettings(parametersOf({})), { bytes: null, count: 0 });
  assertEquals(roundTrip({ bf: 0, aq: false, constQp: 0 }), { bf: 0, aq: false, constQp: 0 });
  assertEquals(roundTrip({ bf: undefined, slice: { mode: 3 } }), { slice: { mode: 3 } });
});

test("frame rates are exact ratios", () => {
  const rate = (fps: EncoderParameters["fps"]) => parameterNumbers("fps", fps);
  assertEquals(rate(30), [30, 1]);
  assertEquals(rate(29.97), [30000, 1001]);
  assertEquals(rate(23.976), [24000, 1001]);
  assertEquals(rate(59.94), [60000, 1001]);
  assertEquals(rate(30000 / 1001), [30000, 1001]);
  assertEquals(rate(12.5), [12500, 1000]);
  assertEquals(rate({ num: 25, den: 2 }), [25, 2]);
});

const kRefused: readonly [
  parameters: object,
  kind: typeof TypeError | typeof RangeError,
  text: string,
][] = [
  [{ bframes: 2 }, TypeError, 'Here has no key "bframes"; its keys are codec, preset, '],
  [{ bf: "2" }, TypeError, 'Here: bf must be an integer from 0 to 16, not "2"'],
  [{ bf: 17 }, RangeError, "Here: bf must be an integer from 0 to 16, not 17"],
  [{ bf: 1.5 }, RangeError, "not 1.5"],
  [{ preset: "P8" }, TypeError, 'preset must be "P1" or "P2" or '],
  [{ preset: "p1" }, TypeError, 'not "p1"'],
  [{ aq: 1 }, TypeError, "aq must be true or false, not 1"],
  [{ constQp: 52 }, RangeError, "constQp must be an integer from 0 to 51, or three of them"],
  [{ constQp: [1, 2] }, RangeError, "not an array of 2"],
  [{ constQp: [1, 2, "3"] }, TypeError, "not an array of 3"],
  [{ cq: 0 }, RangeError, "cq must be an integer from 1 to 51"],
  [{ cq: 60 }, RangeError, "cq must be an integer from 1 to 51"],
  [{ fps: 0 }, RangeError, "fps must be a number above 0, or { num, den }"],
  [{ fps: { num: 30 } }, TypeError, "fps must be a number above 0"],
  [{ fps: { num: 30, den: 0 } }, RangeError, "fps must be a number above 0"],
  [{ fps: Infinity }, RangeError, "not Infinity"],
  [{ slice: 3 }, TypeError, "slice must be { mode, data }, not 3"],
  [{ slice: { rows: 3 } }, TypeError, "slice must be { mode, data } without rows"],
  [{ slice: { mode: 4 } }, RangeError, "with mode an integer from 0 to 3"],
  [{ timingInfo: { timescale: "x" } }, TypeError, "with timescale an integer from 1"],
];

for (const [parameters, kind, text] of kRefused) {
  test(`encoder parameters ${JSON.stringify(parameters)} are refused`, () => {
    assertThrows(() => check(parameters), kind, text);
  });
}

test("quantizers of AV1 go further", () => {
  check({ codec: "av1", constQp: 255, cq: 63, qmin: [0, 100, 255] });
  assertThrows(() => check({ codec: "av1", constQp: 256 }), RangeError, "from 0 to 255");
  assertThrows(() => check({ codec: "av1", cq: 64 }), RangeError, "from 1 to 63");
});
