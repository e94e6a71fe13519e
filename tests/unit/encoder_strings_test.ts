/** Encoder parameters in the guide's spelling. */
import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { encoderConfigFromStrings } from "../../src/encoder_strings.ts";

test("texts of the guide's JSON become parameters", () => {
  const config = encoderConfigFromStrings(JSON.stringify({
    codec: "hevc",
    preset: "p4",
    tuning_info: "HIGH_QUALITY",
    rc: "VBR",
    fps: "30",
    gop: "60",
    idrperiod: "60",
    bf: "3",
    bitrate: "5M",
    maxbitrate: "7500000",
    vbvbufsize: "2.3M",
    vbvinit: "500k",
    qmin: "10,10,10",
    qmax: "[40, 41, 42]",
    initqp: "26",
    multipass: "fullres",
    aq: "1",
    temporalaq: "0",
    lookahead: "16",
    ldkfs: "1",
    colorspace: "bt709",
    repeatspspps: "1",
    max_res: ["3840", "2160"],
    slice: { mode: "3", data: "4" },
    timinginfo: { num_unit_in_ticks: "1", timescale: "60" },
  }));
  assertEquals(config as unknown, {
    ...{ codec: "hevc", preset: "P4", tuningInfo: "high_quality", rc: "vbr", fps: 30, gop: 60 },
    ...{ idrPeriod: 60, bf: 3, bitrate: 5_000_000, maxBitrate: 7_500_000, vbvBufSize: 2_300_000 },
    ...{ vbvInit: 500_000, qmin: [10, 10, 10], qmax: [40, 41, 42], initQp: 26 },
    ...{ multipass: "fullres", aq: true, temporalAq: false, lookahead: 16, ldkfs: 1 },
    ...{ colorSpace: "bt709", repeatSpsPps: true, maxWidth: 3840, maxHeight: 2160 },
    ...{ slice: { mode: 3, data: 4 }, timingInfo: { numUnitsInTick: 1, timescale: 60 } },
  });
});

test("numbers and lists are taken as they are, and other names of the guide's text", () => {
  assertEquals(
    encoderConfigFromStrings({ constqp: [20, 22, 24], bf: 2, codecconfig: "CQP" }) as unknown,
    { constQp: [20, 22, 24], bf: 2, rc: "constqp" },
  );
  assertEquals(
    encoderConfigFromStrings({
      qp: "21",
      framerate: "30000/1001",
      codec: "H265",
      max_res: "64x48",
    }) as unknown,
    { constQp: 21, fps: { num: 30000, den: 1001 }, codec: "hevc", maxWidth: 64, maxHeight: 48 },
  );
  assertEquals(
    encoderConfigFromStrings({
      "slice::mode": "3",
      "slice::data": 2,
      "timingInfo::timescale": 60,
    }) as unknown,
    { slice: { mode: 3, data: 2 }, timingInfo: { timescale: 60 } },
  );
  assertEquals(encoderConfigFromStrings({}), {});
});

const kRefused: readonly [
  json: unknown,
  kind: typeof TypeError | typeof RangeError,
  text: string,
][] = [
  [{ bframes: "3" }, TypeError, 'has no key "bframes"; its keys are codec, preset, tuning_info'],
  [{ slice: { rows: 1 } }, TypeError, 'has no key "slice.rows"'],
  [{ gpu_id: 0 }, TypeError, 'has no key "gpu_id"; it is said by requestDevice({ gpu })'],
  [{ width: 64 }, TypeError, "it is said by createEncoder({ width })"],
  [{ bf: "three" }, TypeError, 'bf must be an integer from 0 to 16, not "three"'],
  [{ bf: "17" }, RangeError, "bf must be an integer from 0 to 16, not 17"],
  [{ bf: "-1" }, TypeError, 'not "-1"'],
  [{ bitrate: "5MB" }, TypeError, 'not "5MB"'],
  [{ preset: "fast" }, TypeError, 'preset must be "P1" or'],
  [{ aq: "yes" }, TypeError, 'aq must be true or false, not "yes"'],
  [{ qmin: "10,10" }, RangeError, "qmin must be an integer from 0 to 51, or three of them"],
  [{ max_res: "4K" }, TypeError, 'max_res must be [width, height], not "4K"'],
  [{ qp: 20, constqp: 30 }, TypeError, '"qp" and "constqp" are the same; give one of them'],
  [{ framerate: 25, fps: 30 }, TypeError, '"framerate" and "fps" are the same'],
  [{ max_res: [64, 48], max_width: 64 }, TypeError, '"max_res" and "max_width" are the same'],
  [[], TypeError, "takes an object, or its JSON, not an array of 0"],
  ["[]", TypeError, "takes an object, or its JSON"],
];

for (const [json, kind, text] of kRefused) {
  test(`the guide's spelling ${JSON.stringify(json)} is refused`, () => {
    assertThrows(() => encoderConfigFromStrings(json as object), kind, text);
  });
}

test("what is no JSON is refused as JSON.parse does it", () => {
  assertThrows(() => encoderConfigFromStrings("{bf: 3"), SyntaxError);
});
