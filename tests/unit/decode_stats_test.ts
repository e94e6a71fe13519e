/** Taking records of decode statistics apart. */
import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { parseDecodeStats } from "../../src/decode_stats.ts";

interface Block {
  readonly qp?: number;
  readonly flags?: number;
  readonly vectors?: readonly [number, number, number, number];
}

function recordOf(header: number, blocks: readonly Block[], room = 0): Uint8Array<ArrayBuffer> {
  // Not at the start of its buffer, as a view need not be.
  const bytes = new Uint8Array(5 + 32 + 12 * blocks.length + room).subarray(5);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  // What no backend defines must not matter.
  bytes.fill(0xee);
  view.setUint8(0, header);
  view.setUint32(4, blocks.length, true);
  blocks.forEach(({ qp = 0, flags = 0, vectors = [0, 0, 0, 0] }, i) => {
    const at = 32 + 12 * i;
    view.setUint8(at, qp);
    view.setUint8(at + 1, flags);
    vectors.forEach((value, j) => view.setInt16(at + 4 + 2 * j, value, true));
  });
  return bytes;
}

const plain = (stats: object): unknown =>
  Object.fromEntries(
    Object.entries(stats).map(([key, value]) => [
      key,
      typeof value === "number" ? value : Array.from(value as Uint8Array),
    ]),
  );

const NOTHING = {
  ...{ columns: 0, rows: 0, qpLuma: [], cuType: [] },
  ...{ mv0X: [], mv0Y: [], mv1X: [], mv1Y: [] },
};

const BLOCKS: readonly Block[] = [
  { qp: 51, flags: 0, vectors: [1, -1, 2, -2] },
  { qp: 255, flags: 0b1111_0011, vectors: [-32768, 32767, 0, 0] },
  { qp: 0, flags: 0b0000_1111, vectors: [0, 0, -300, 300] },
];

test("bytes become arrays; bits of the type byte that are not its own are ignored", () => {
  assertEquals(plain(parseDecodeStats(recordOf(3, BLOCKS), 2)), {
    ...{ columns: 2, rows: 2, qpLuma: [51, 255, 0], cuType: [0, 1, 7] },
    ...{ mv0X: [1, -32768, 0], mv0Y: [-1, 32767, 0], mv1X: [2, 0, -300], mv1Y: [-2, 0, 300] },
  });
});

test("without its flag there is no second list", () => {
  const { mv0X, mv1X, mv1Y } = parseDecodeStats(recordOf(0xfd, BLOCKS), 3);
  assertEquals([mv0X.length, mv1X.length, mv1Y.length], [3, 0, 0]);
});

test("what stands behind the blocks is ignored", () => {
  const { rows, qpLuma } = parseDecodeStats(recordOf(1, BLOCKS, 40), 1);
  assertEquals([rows, [...qpLuma]], [3, [51, 255, 0]]);
});

test("a record that is not whole is empty", () => {
  const whole = recordOf(3, BLOCKS);
  const flawed = [
    ...[whole.subarray(0, 0), whole.subarray(0, 31), whole.subarray(0, whole.length - 1)],
    ...[recordOf(2, BLOCKS), recordOf(0, []), recordOf(3, [])],
  ];
  for (const record of flawed) assertEquals(plain(parseDecodeStats(record, 2)), NOTHING);
  assertEquals(plain(parseDecodeStats(whole, 0)), NOTHING);
});
