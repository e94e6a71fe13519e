import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { Packet } from "../../src/packet.ts";

const data = new Uint8Array([0, 0, 1]);

test("a packet made from a timestamp", () => {
  const packet = new Packet({ data, timestamp: -40000, duration: 20000, isKey: true });
  assertEquals(packet.timestamp, -40000);
  assertEquals(packet.pts, -40000);
  assertEquals(packet.dts, null);
  assertEquals(packet.duration, 20000);
  assertEquals(packet.timeBase, { num: 1, den: 1000000, value: 1e-6 });
  assertEquals([packet.isKey, packet.isDiscard, packet.isCorrupt], [true, false, false]);
  assertEquals(packet.position, null);
  assertEquals(packet.decoderConfig, null);
  assertEquals(packet.data, data);
});

test("a packet made from pts and a time base", () => {
  const packet = new Packet({ data, pts: 3003, dts: 0, timeBase: { num: 1, den: 90000 } });
  assertEquals(packet.timestamp, 33367);
  assertEquals(packet.dts, 0);
  const timed = new Packet({ data, timestamp: 1000000, timeBase: { num: 1, den: 90000 } });
  assertEquals(timed.pts, 90000);
  assertEquals(new Packet({ data, pts: null }).timestamp, null);
});

test("bad packets are refused", () => {
  assertThrows(() => new Packet({ data } as never), TypeError, '"timestamp"');
  assertThrows(() => new Packet({ timestamp: 0 } as never), TypeError, '"data"');
  assertThrows(() => new Packet({ data, timestamp: 0.5 }), RangeError);
  assertThrows(() => new Packet({ data, timestamp: 0, duration: -1 }), RangeError);
  assertThrows(() => new Packet({ data: "x" as never, timestamp: 0 }), TypeError, "bytes");
  assertThrows(() => new Packet({ data, timestamp: 0, timeBase: { num: 1, den: 0 } }), TypeError);
  assertThrows(() => new Packet({ data, timestamp: 0, key: true } as never), TypeError, "no key");
});
