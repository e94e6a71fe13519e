/** Sources that fail: a typed error at the consumer's await, never a hang. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Device, Source } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { CorruptDataError, CuframeError, MediaIoError, UnsupportedError } from "./cuframe.ts";
import { decodeAll, inTime, numbersOf, withDevice } from "./contract_device.ts";

const kPart = 2000;

async function contentOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile((await clip(name)).path));
}

/** What a faulty source gives from its call `from` on; before that it gives `kPart` bytes a call. */
interface Fault {
  readonly from: number;
  readonly act: (capacity: number) => unknown;
}

type FaultyKind = (bytes: Uint8Array, fault: Fault) => Source;

const kCounting: Readonly<Record<string, FaultyKind>> = {
  "a feeder": (bytes, fault) => {
    let at = 0;
    return (buffer) => {
      if (at >= fault.from * kPart) return fault.act(buffer.length) as number;
      const part = bytes.subarray(at, at += kPart);
      buffer.set(part);
      return part.length;
    };
  },
  "an async feeder": (bytes, fault) => {
    let at = 0;
    return async (buffer) => {
      await Promise.resolve();
      if (at >= fault.from * kPart) return fault.act(buffer.length) as number;
      const part = bytes.subarray(at, at += kPart);
      buffer.set(part);
      return part.length;
    };
  },
  "a seekable object": (bytes, fault) => {
    let calls = 0;
    return {
      size: bytes.length,
      read: (offset, buffer) => {
        if (calls++ >= fault.from) return fault.act(buffer.length) as number;
        const part = bytes.subarray(offset, offset + Math.min(kPart, buffer.length));
        buffer.set(part);
        return part.length;
      },
    };
  },
};

const kThrowing: Readonly<Record<string, FaultyKind>> = {
  ...kCounting,
  "an async iterable": (bytes, fault) => {
    return (async function* () {
      for (let at = 0; at < bytes.length; at += kPart) {
        if (at >= fault.from * kPart) await fault.act(0);
        yield bytes.subarray(at, at + kPart);
      }
    })();
  },
  "a ReadableStream": (bytes, fault) => {
    let at = 0;
    return new ReadableStream({
      pull: async (controller) => {
        if (at >= fault.from * kPart) await fault.act(0);
        controller.enqueue(bytes.slice(at, at += kPart));
      },
    });
  },
  "a Response": (bytes, fault) => {
    return new Response(kThrowing["a ReadableStream"](bytes, fault) as ReadableStream<Uint8Array>);
  },
};

/** Opens the source and decodes all of it. */
async function consume(device: Device, source: Source): Promise<number[]> {
  using demuxer = await device.createDemuxer(source);
  using decoder = await device.createDecoder({ codec: demuxer.codec });
  return await numbersOf(decoder.frames(demuxer));
}

for (const [kind, make] of Object.entries(kThrowing)) {
  for (const [when, from] of [["first", 0], ["later", 8]] as const) {
    test(`${kind} that throws at a ${when} read is a MediaIoError with the cause`, async () => {
      const bytes = await contentOf("h264.ts");
      const cause = new Error("The tape is torn");
      const act = (): never => {
        throw cause;
      };
      await withDevice(async (device) => {
        const work = consume(device, make(bytes, { from, act }));
        const error = await assertRejects(
          () => inTime(work, kind),
          MediaIoError,
          "The tape is torn",
        );
        assertEquals(error.code, "io");
        assert(error.cause === cause, `The cause is ${error.cause}`);
      });
    });
  }
}

for (const [kind, make] of Object.entries(kCounting)) {
  const wrong: [name: string, give: (capacity: number) => unknown][] = [
    ["-1", () => -1],
    ["NaN", () => NaN],
    ["1.5", () => 1.5],
    ["Infinity", () => Infinity],
    ["more than the capacity", (capacity) => capacity + 1],
    ["4294967297", () => 2 ** 32 + 1],
    ["undefined", () => undefined],
    ["a text", () => "10"],
    ["a bigint", () => 10n],
  ];
  for (const [name, act] of wrong) {
    test(`${kind} that returns ${name} is a RangeError at the await`, async () => {
      const bytes = await contentOf("h264.ts");
      await withDevice(async (device) => {
        for (const from of [0, 6]) {
          const work = consume(device, make(bytes, { from, act }));
          const error = await assertRejects(() => inTime(work, kind), RangeError, "0 to");
          assert(!(error instanceof CuframeError));
        }
      });
    });
  }
}

test("chunks that are no bytes are a TypeError at the await", async () => {
  const bytes = await contentOf("h264.ts");
  await withDevice(async (device) => {
    for (const wrong of ["text", 7, null, undefined, [1, 2, 3], {}]) {
      const source = (async function* () {
        yield bytes.subarray(0, 10_000);
        yield wrong as Uint8Array;
      })();
      await assertRejects(
        () => inTime(consume(device, source), "The source"),
        TypeError,
        "Uint8Array",
      );
    }
  });
});

test("packets before the fault arrive, the fault comes at the await after them", async () => {
  const bytes = await contentOf("mpeg2_odd.ts");
  await withDevice(async (device) => {
    const source = (async function* () {
      yield bytes;
      throw new Error("No more tape");
    })();
    using demuxer = await device.createDemuxer(source);
    let packets = 0;
    const read = async (): Promise<void> => {
      for await (const _ of demuxer) packets++;
    };
    await assertRejects(() => inTime(read(), "Reading"), MediaIoError, "No more tape");
    assert(packets >= 43, `${packets} packets`);
  });
});

test("a source that ends early gives what a file of those bytes gives", async () => {
  for (const name of ["h264_truncated.ts", "h264_truncated.mkv"]) {
    const bytes = await contentOf(name);
    await withDevice(async (device) => {
      using fromPath = await device.createDemuxer((await clip(name)).path);
      const wanted = await decodeAll(device, fromPath).catch(String);
      const ends = { from: Infinity, act: () => 0 };
      for (const [kind, make] of Object.entries(kCounting)) {
        using demuxer = await device.createDemuxer(make(bytes, ends));
        assertEquals(await decodeAll(device, demuxer).catch(String), wanted, kind);
      }
    });
  }
});

test("a seekable source that ends before its size is a typed error", async () => {
  const bytes = await contentOf("h264_faststart.mp4");
  const half = bytes.subarray(0, bytes.length >> 1);
  await withDevice(async (device) => {
    const source = {
      size: bytes.length,
      read: (offset: number, buffer: Uint8Array): number => {
        const part = half.subarray(offset, offset + buffer.length);
        buffer.set(part);
        return part.length;
      },
    };
    const error = await assertRejects(() => inTime(consume(device, source), "It"), CuframeError);
    assert(error.code === "io" || error.code === "corrupt-data", error.code);
  });
});

test("an mp4 with its index at the end needs a source that seeks, and the error says so", async () => {
  await withDevice(async (device) => {
    for (const name of ["h264_1080p.mp4", "prores.mov"]) {
      const bytes = await contentOf(name);
      for (const source of [new Blob([bytes]).stream(), new Response(bytes)]) {
        const error = await assertRejects(() => device.createDemuxer(source), UnsupportedError);
        assert(/index/.test(error.message) && /path/.test(error.message), error.message);
      }
    }
  });
});

test("empty sources of every kind are a CorruptDataError", async () => {
  const empty = new Uint8Array(0);
  const sources: readonly (() => Source)[] = [
    () => empty,
    () => new Blob([]),
    () => new Blob([]).stream(),
    () => new Response(empty),
    () => (async function* () {})(),
    () => ({ size: 0, read: () => 0 }),
    () => () => 0,
  ];
  await withDevice(async (device) => {
    for (const make of sources) {
      await assertRejects(() => device.createDemuxer(make()), CorruptDataError, "empty");
    }
  });
});

test("a source of noise is refused, whatever its kind", async () => {
  const noise = new Uint8Array(200_000);
  for (let i = 0, state = 1; i < noise.length; i++) {
    state = Math.imul(state, 1103515245) + 12345 >>> 0;
    noise[i] = state >>> 16;
  }
  await withDevice(async (device) => {
    for (const source of [noise, new Blob([noise]), new Blob([noise]).stream()]) {
      await assertRejects(() => inTime(device.createDemuxer(source), "Opening"), CuframeError);
    }
  });
});
