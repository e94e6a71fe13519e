/** Decoders: how they are made, what they promise beside frames, aborts and closing. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { DecoderDescriptor, Frame, Packet } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { ClosedError, Decoder, UnsupportedError } from "./cuframe.ts";
import {
  assertRun,
  barcodesOf,
  contractBackend,
  decodePackets,
  inTime,
  numbersOf,
  withDevice,
} from "./contract_device.ts";

async function packetsOf(name: string): Promise<Packet[]> {
  const packets: Packet[] = [];
  const { path } = await clip(name);
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    for await (const packet of demuxer) packets.push(packet);
  });
  return packets;
}

test("a decoder says what it is and what it did", async () => {
  const packets = await packetsOf("h264_ipp.ts");
  await withDevice(async (device) => {
    using decoder = await device.createDecoder({ codec: "avc1.64001f", label: "mine" });
    assert(decoder instanceof Decoder);
    const said = [decoder.codec, decoder.backend, decoder.fallbackReason, decoder.label];
    assertEquals(said, ["h264", contractBackend(), null, "mine"]);
    const implementation = contractBackend() === "cuda" ? "nvdec" : "h264";
    assert(decoder.implementation.includes(implementation), decoder.implementation);
    const none = { packetsDecoded: 0, framesDecoded: 0, framesCorrupt: 0, memoryBytes: 0 };
    assertEquals(decoder.stats, none);
    await numbersOf(decodePackets(decoder, packets));
    const { memoryBytes, ...work } = decoder.stats;
    assertEquals(work, { packetsDecoded: 45, framesDecoded: 45, framesCorrupt: 0 });
    // What a GPU's decoder predicts from is the driver's, and counted apart.
    const held = device.stats.gpuMemory?.decoderBytes ?? memoryBytes;
    assert(held > 0, "It holds no pictures to predict from");
    using unnamed = await device.createDecoder({ codec: "hevc" });
    assert(unnamed.label.includes("hevc"), unnamed.label);
  });
});

test("descriptors of decoders are checked", async () => {
  const wrong: [descriptor: object, type: typeof TypeError | typeof RangeError, text: string][] = [
    [{}, TypeError, "codec"],
    [{ codec: "" }, TypeError, "codec"],
    [{ codec: "h264; rm" }, TypeError, "codec name"],
    [{ codec: "x".repeat(100) }, TypeError, "codec name"],
    [{ codec: "h264", outputColourType: "rgb" }, TypeError, "outputColourType"],
    [{ codec: "h264", outputColorType: "bgr" }, TypeError, "outputColorType"],
    [{ codec: "h264", onError: "ignore" }, TypeError, "onError"],
    [{ codec: "h264", threads: 0 }, RangeError, "threads"],
    [{ codec: "h264", threads: 2.5 }, RangeError, "threads"],
    [{ codec: "h264", codedWidth: -1 }, RangeError, "codedWidth"],
    [{ codec: "h264", description: "00" }, TypeError, "description"],
    [{ codec: "h264", colorSpace: { range: "tv" } }, TypeError, "range"],
    [{ codec: "h264", colorSpace: { gamut: "p3" } }, TypeError, "gamut"],
    [{ codec: "h264", signal: {} }, TypeError, "signal"],
    [{ codec: "h264", label: 1 }, TypeError, "label"],
  ];
  await withDevice(async (device) => {
    for (const [descriptor, type, text] of wrong) {
      const make = (): Promise<Decoder> => device.createDecoder(descriptor as DecoderDescriptor);
      await assertRejects(make, type as typeof Error, text);
    }
    await assertRejects(() => device.createDecoder(undefined as never), TypeError);
    for (const codec of ["no-such-codec", "aac"]) {
      await assertRejects(() => device.createDecoder({ codec }), UnsupportedError, codec);
    }
  });
});

test("options of methods are checked", async () => {
  const [packet] = await packetsOf("h264_ipp.ts");
  await withDevice(async (device) => {
    using decoder = await device.createDecoder({ codec: "h264" });
    using demuxer = await device.createDemuxer((await clip("h264_ipp.ts")).path);
    const wrong = { signals: 1 } as object;
    await assertRejects(() => decoder.decode(packet, wrong), TypeError, "signals");
    await assertRejects(() => decoder.flush(wrong), TypeError, "signals");
    await assertRejects(async () => await demuxer.read(wrong), TypeError, "signals");
    for (const source of [undefined, null, 7, "in.mp4", {}]) {
      assertThrows(() => decoder.frames(source as never), TypeError);
    }
  });
});

test("decode() calls that overlap give their frames in order", async () => {
  const packets = await packetsOf("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using decoder = await device.createDecoder({ codec: "h264" });
    const batches = packets.map((packet) => decoder.decode(packet));
    batches.push(decoder.flush());
    assertRun(await numbersOf((await Promise.all(batches)).flat()), 0, 45);
  });
});

test("after flush() the decoder takes a new start, after reset() too", async () => {
  const packets = await packetsOf("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using decoder = await device.createDecoder({ codec: "h264" });
    assertEquals(await decoder.flush(), []);
    for (let round = 0; round < 2; round++) {
      assertRun(await numbersOf(decodePackets(decoder, packets)), 0, 45);
    }
    for (const packet of packets.slice(0, 9)) await numbersOf(await decoder.decode(packet));
    await decoder.reset();
    assertEquals(await decoder.flush(), []);
    assertRun(await numbersOf(decodePackets(decoder, packets.slice(15))), 15, 30);
  });
});

test("frames() takes an iterable, an async iterable and a demuxer of another device", async () => {
  const packets = await packetsOf("h264_b_pyramid.mp4");
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using decoder = await device.createDecoder({ codec: "h264" });
    assertRun(await numbersOf(decoder.frames(packets)), 0, 45);
    assertRun(await numbersOf(decoder.frames(new Set(packets))), 0, 45);
    const generate = async function* (): AsyncGenerator<Packet> {
      yield* packets;
    };
    assertRun(await numbersOf(decoder.frames(generate())), 0, 45);
    await withDevice(async (other) => {
      using demuxer = await other.createDemuxer(path);
      assertRun(await numbersOf(decoder.frames(demuxer)), 0, 45);
    });
  });
});

test("frames() ends for good, and closes with its generator's methods", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    {
      await using frames = decoder.frames(demuxer);
      assert(frames[Symbol.asyncIterator]() === frames);
      (await frames.next()).value!.close();
    }
    await demuxer.seek(0);
    const frames = decoder.frames(demuxer);
    (await frames.next()).value!.close();
    const reason = new Error("Thrown in");
    const error = await assertRejects(() => frames.throw(reason));
    assert(error === reason);
    assertEquals(await frames.next(), { done: true, value: undefined });
    assertEquals(await frames.return(), { done: true, value: undefined });
    await demuxer.seek(0);
    const again = decoder.frames(demuxer);
    assertRun(await numbersOf(again), 0, 45);
    assertEquals(await again.next(), { done: true, value: undefined });
  });
});

test("next() calls of frames() that overlap give every frame once", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    const frames = decoder.frames(demuxer);
    const results = await Promise.all(Array.from({ length: 50 }, () => frames.next()));
    const given = results.flatMap(({ value }) => value ? [value] : []);
    const numbers = await numbersOf(given);
    assertRun(numbers.sort((a, b) => a - b), 0, 45);
  });
});

test("an abort before the work rejects with its reason and does nothing", async () => {
  const packets = await packetsOf("h264_ipp.ts");
  const { path } = await clip("h264_ipp.ts");
  const reason = new Error("Not now");
  const signal = AbortSignal.abort(reason);
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: "h264" });
    const work: Readonly<Record<string, () => Promise<unknown>>> = {
      "createDemuxer()": () => device.createDemuxer(path, { signal }),
      "createDecoder()": () => device.createDecoder({ codec: "h264", signal }),
      "read()": () => demuxer.read({ signal }),
      "decode()": () => decoder.decode(packets[0], { signal }),
      "flush()": () => decoder.flush({ signal }),
    };
    for (const [what, start] of Object.entries(work)) {
      const error = await assertRejects(() => inTime(start(), what));
      assert(error === reason, `${what}: ${error}`);
    }
    assertEquals(decoder.stats.packetsDecoded, 0);
    assertRun(await numbersOf(decoder.frames(demuxer)), 0, 45);
  });
});

test("an abort during work rejects with its reason or comes too late", async () => {
  const packets = await packetsOf("h264_1080p.mp4");
  const reason = new Error("Enough");
  await withDevice(async (device) => {
    using decoder = await device.createDecoder({ codec: "h264" });
    const stop = new AbortController();
    const work = packets.map((packet) => decoder.decode(packet, { signal: stop.signal }));
    const outcomes = Promise.allSettled(work);
    stop.abort(reason);
    let aborted = 0;
    for (const outcome of await inTime(outcomes, "decode()")) {
      if (outcome.status === "fulfilled") await numbersOf(outcome.value);
      else {
        assert(outcome.reason === reason, `${outcome.reason}`);
        aborted++;
      }
    }
    assert(aborted > 0, "Thirty frames were decoded before the abort");
    await decoder.reset();
    assertRun(await numbersOf(decodePackets(decoder, packets)), 0, 30);
  });
});

test("closing a decoder during its work is a ClosedError, its frames stay", async () => {
  const packets = await packetsOf("h264_ipp.ts");
  await withDevice(async (device) => {
    const decoder = await device.createDecoder({ codec: "h264" });
    const kept: Frame[] = [];
    for (const packet of packets.slice(0, 20)) kept.push(...await decoder.decode(packet));
    const pending = decoder.decode(packets[20]);
    decoder.close();
    decoder.close();
    decoder[Symbol.dispose]();
    await decoder[Symbol.asyncDispose]();
    await assertRejects(() => inTime(pending, "decode()"), ClosedError);
    assert(kept.length > 0, "No frame came before");
    assertRun(await barcodesOf(kept), 0, kept.length);
    kept.forEach((frame) => frame.close());
    await assertRejects(() => decoder.decode(packets[0]), ClosedError);
    await assertRejects(() => decoder.flush(), ClosedError);
    await assertRejects(() => decoder.reset(), ClosedError);
    assertThrows(() => decoder.frames(packets), ClosedError);
    assertThrows(() => decoder.stats, ClosedError);
    assertEquals(decoder.codec, "h264");
  });
});

test("closing a demuxer early, late and twice", async () => {
  const { path } = await clip("h264_ipp.ts");
  await withDevice(async (device) => {
    const demuxer = await device.createDemuxer(path);
    const pending = [demuxer.read(), demuxer.read()];
    demuxer.close();
    demuxer.close();
    demuxer[Symbol.dispose]();
    await demuxer[Symbol.asyncDispose]();
    for (const read of pending) await assertRejects(() => inTime(read, "read()"), ClosedError);
    await assertRejects(() => demuxer.read(), ClosedError);
    await assertRejects(async () => {
      for await (const _ of demuxer);
    }, ClosedError);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    await assertRejects(() => decoder.frames(demuxer).next(), ClosedError);
    assertEquals([demuxer.width, demuxer.codec], [176, "h264"]);
    const late = await device.createDemuxer(path);
    for await (const _ of late);
    late.close();
  });
});
