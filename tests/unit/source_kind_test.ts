import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MediaIoError, UnsupportedError } from "../../src/errors.ts";
import { type ChunkSource, type RangeSource, recognize } from "../../src/source_kind.ts";
import { pumpChunks, RangeReader } from "../../src/source_pump.ts";

const never = new AbortController().signal;

async function pump(source: unknown, stop: AbortSignal = never): Promise<number[]> {
  const bytes: number[] = [];
  const known = await recognize(source);
  assertEquals(known.kind, "chunks");
  await pumpChunks(known as ChunkSource, (chunk) => {
    bytes.push(...chunk);
    return Promise.resolve();
  }, stop);
  return bytes;
}

test("paths and file URLs are paths; other addresses say what to pass", async () => {
  assertEquals(await recognize("a b.mp4"), { kind: "path", name: "a b.mp4" });
  assertEquals(await recognize(new URL("file:///tmp/a%20b.mp4")), {
    kind: "path",
    name: "/tmp/a b.mp4",
  });
  // As libav's protocols do not count, neither do addresses within a name.
  assertEquals(await recognize("a http://host/a.mp4"), {
    kind: "path",
    name: "a http://host/a.mp4",
  });
  await assertRejects(() => recognize(new URL("rtsp://host/a")), UnsupportedError, "stream");
  await assertRejects(() => recognize(""), TypeError);
  await assertRejects(() => recognize(5), TypeError, "A source is a path");
});

test("a Blob answers ranges", async () => {
  const blob = await recognize(new Blob([new Uint8Array([1, 2, 3, 4, 5])])) as RangeSource;
  assertEquals([...await new RangeReader(blob).read(1, 3)], [2, 3, 4]);
  assertEquals([...await new RangeReader(blob).read(4, 3)], [5]);
});

test("a seekable object is asked again until a range is full", async () => {
  const read = (offset: number, buffer: Uint8Array) => {
    buffer[0] = offset;
    return 1;
  };
  const source = await recognize({ size: 100, read }) as RangeSource;
  assertEquals([...await new RangeReader(source).read(7, 3)], [7, 8, 9]);
  await assertRejects(() => recognize({ size: -1, read }), RangeError);
});

test("a wrong count is a RangeError", async () => {
  for (const count of [-1, 65537, 1.5, NaN, undefined]) {
    await assertRejects(() => pump(() => count), RangeError, "from 0 to 65536");
  }
  const source = await recognize({ size: 9, read: () => 10 }) as RangeSource;
  await assertRejects(() => new RangeReader(source).read(0, 4), RangeError);
});

test("a feeder is called until it returns 0", async () => {
  let calls = 0;
  const feeder = (buffer: Uint8Array) => {
    buffer[0] = ++calls;
    return Promise.resolve(calls < 4 ? 1 : 0);
  };
  assertEquals(await pump(feeder), [1, 2, 3]);
});

test("streams, responses and iterables give their bytes", async () => {
  const bytes = new Uint8Array([1, 2, 3]);
  assertEquals(await pump(new Blob([bytes]).stream()), [1, 2, 3]);
  assertEquals(await pump(new Response(bytes)), [1, 2, 3]);
  async function* iterable() {
    yield bytes;
    await Promise.resolve();
    yield bytes.subarray(1);
  }
  assertEquals(await pump(iterable()), [1, 2, 3, 2, 3]);
  await assertRejects(() => recognize(new Response("", { status: 404 })), MediaIoError, "404");
  await assertRejects(() => recognize(new Response(null)), TypeError, "no body");
});

test("a chunk that is no bytes is a TypeError, and ends the iterable", async () => {
  let isReturned = false;
  async function* iterable() {
    try {
      yield await Promise.resolve("text");
    } finally {
      isReturned = true;
    }
  }
  await assertRejects(() => pump(iterable()), TypeError, 'must give Uint8Arrays, not "text"');
  await new Promise((resolve) => setTimeout(resolve));
  assert(isReturned);
});

test("stopping cancels a stream that is being waited for", async () => {
  const stop = new AbortController();
  let isCancelled = false;
  const stream = new ReadableStream({
    cancel() {
      isCancelled = true;
    },
  });
  const pumping = pump(stream, stop.signal);
  await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort();
  assertEquals(await pumping, []);
  assert(isCancelled);
});
