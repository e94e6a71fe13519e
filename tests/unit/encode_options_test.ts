/** What goes with a picture to encode: the record for the library, and what is refused. */
import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { EncodeFlag, SideMessage } from "../../ffi/abi.ts";
import { encodeMessage, type EncodeOptions } from "../../src/encode_options.ts";

function record(options: EncodeOptions | undefined) {
  const { desc, messages, payloads } = encodeMessage("encode()", options);
  const { flags, pts, duration, messageCount } = desc;
  const { num, den } = desc.timeBase;
  return { flags, pts, duration, num, den, messageCount, messages, payloads };
}

const kNothing = {
  ...{ flags: 0, pts: 0, duration: 0, num: 0, den: 0, messageCount: 0, messages: null },
  payloads: null,
};

test("without options the library decides", () => {
  assertEquals(record(undefined), kNothing);
  assertEquals(record({}), kNothing);
});

test("flags and times are written", () => {
  assertEquals(record({ forceIdr: true, outputSpsPps: true }), {
    ...kNothing,
    flags: EncodeFlag.FORCE_IDR | EncodeFlag.OUTPUT_SPS_PPS,
  });
  assertEquals(record({ forceIntra: true }).flags, EncodeFlag.FORCE_INTRA);
  assertEquals(record({ timestamp: 40_000, duration: 20_000 }), {
    ...kNothing,
    ...{ flags: EncodeFlag.HAS_PTS, pts: 40_000, duration: 20_000, num: 1, den: 1_000_000 },
  });
  assertEquals(record({ pts: -7, timeBase: { num: 1, den: 90_000 } }), {
    ...kNothing,
    ...{ flags: EncodeFlag.HAS_PTS, pts: -7, num: 1, den: 90_000 },
  });
  assertEquals(record({ pts: 3 }), { ...kNothing, flags: EncodeFlag.HAS_PTS, pts: 3 });
});

test("messages are packed in their order", () => {
  const { messageCount, messages, payloads } = record({
    sei: [
      { type: 5, payload: [1, 2, 3] },
      { type: 144, payload: new Uint8Array(0) },
      { type: 4, payload: new Uint16Array([0x0504]), name: "x", parsed: null },
    ],
  });
  assertEquals([messageCount, messages!.length], [3, 3 * SideMessage.size]);
  assertEquals(payloads, new Uint8Array([1, 2, 3, 4, 5]));
  const parts = [0, 1, 2].map((i) => {
    const bytes = new Uint8Array(messages!);
    const { structSize, type, dataOffset, dataSize } = new SideMessage(bytes, i * SideMessage.size);
    return [structSize, type, dataOffset, dataSize];
  });
  const { size } = SideMessage;
  assertEquals(parts, [[size, 5, 0, 3], [size, 144, 3, 0], [size, 4, 3, 2]]);
});

const kRefused: readonly [
  options: object,
  kind: typeof TypeError | typeof RangeError,
  text: string,
][] = [
  [{ forceIDR: true }, TypeError, 'encode() has no key "forceIDR"; its keys are forceIdr, '],
  [{ forceIdr: 1 }, TypeError, "forceIdr must be true or false, not 1"],
  [{ timestamp: 1, pts: 1 }, TypeError, "encode() takes timestamp or pts, not both"],
  [{ timestamp: 1.5 }, RangeError, "timestamp must be an integer"],
  [{ duration: 10 }, TypeError, "duration goes with timestamp or pts"],
  [{ timestamp: 1, duration: -1 }, RangeError, "duration must be an integer of at least 0"],
  [{ timeBase: { num: 1, den: 30 } }, TypeError, "timeBase is the unit of pts"],
  [{ pts: 1, timeBase: { num: 1, den: 0 } }, TypeError, "timeBase must be { num, den }"],
  [{ sei: { type: 5 } }, TypeError, "sei must be an array of { type, payload }, not an object"],
  [{ sei: [{ type: 5 }] }, TypeError, 'encode(): sei[0] needs the key "payload"'],
  [{ sei: [{ type: -1, payload: [] }] }, RangeError, "sei[0]: type must be an integer from 0"],
  [
    { sei: [{ type: 5, payload: [256] }] },
    TypeError,
    "payload must be bytes, or an array of integers",
  ],
  [{ sei: [{ sei_type: 5, payload: [] }] }, TypeError, 'sei[0] has no key "sei_type"'],
  [{ signal: {} }, TypeError, "signal must be an AbortSignal"],
];

for (const [options, kind, text] of kRefused) {
  test(`encode() refuses ${JSON.stringify(options)}`, () => {
    assertThrows(() => encodeMessage("encode()", options as EncodeOptions), kind, text);
  });
}
