/** The same frames from every kind of source. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Feeder, FileSource, SeekableSource, Source } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { MediaIoError, UnsupportedError } from "./cuframe.ts";
import { decodeAll, turns, until, withDevice } from "./contract_device.ts";

interface Material {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Chunks of the sizes given, again and again, until all bytes are out. */
async function* chunksOf(bytes: Uint8Array, ...sizes: number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const end = at + sizes[i % sizes.length];
    yield bytes.subarray(at, end);
    at = end;
    if (i % 16 === 0) await Promise.resolve();
  }
}

function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  const chunks = chunksOf(bytes, 4096, 1, 999);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

function byteStreamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const part = bytes.slice(at, at += 5000);
      if (part.length === 0) controller.close();
      else controller.enqueue(part);
    },
  });
}

function feederOf(bytes: Uint8Array, most: number, delay: boolean): Feeder {
  let at = 0;
  const feed = (buffer: Uint8Array): number => {
    const part = bytes.subarray(at, at + Math.min(most, buffer.length));
    buffer.set(part);
    at += part.length;
    return part.length;
  };
  return delay ? (buffer) => Promise.resolve().then(() => feed(buffer)) : feed;
}

function seekableOf(bytes: Uint8Array, most: number, delay: boolean): SeekableSource {
  const read = (offset: number, buffer: Uint8Array): number => {
    const part = bytes.subarray(offset, offset + Math.min(most, buffer.length));
    buffer.set(part);
    return part.length;
  };
  const later = (offset: number, buffer: Uint8Array): Promise<number> =>
    Promise.resolve().then(() => read(offset, buffer));
  return { size: bytes.length, read: delay ? later : read };
}

function withOffset(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes.length + 100).fill(0xff);
  whole.set(bytes, 33);
  return whole.subarray(33, 33 + bytes.length);
}

function sharedOf(bytes: Uint8Array): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}

const kSeekable: Readonly<Record<string, (material: Material) => Source>> = {
  "a file: URL": ({ path }) => pathToFileURL(path),
  "a file: URL as text": ({ path }) => pathToFileURL(path).href,
  "a Uint8Array": ({ bytes }) => bytes,
  "a Uint8Array within a buffer": ({ bytes }) => withOffset(bytes),
  "a DataView": ({ bytes }) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  "an ArrayBuffer": ({ bytes }) => bytes.slice().buffer,
  "a SharedArrayBuffer": ({ bytes }) => sharedOf(bytes),
  "a Blob": ({ bytes }) => new Blob([bytes.subarray(0, 777), bytes.subarray(777)]),
  "a File": ({ bytes }) => new File([bytes], "a.bin"),
  "a seekable object": ({ bytes }) => seekableOf(bytes, Infinity, false),
  "a seekable object that gives little": ({ bytes }) => seekableOf(bytes, 1009, false),
  "an async seekable object": ({ bytes }) => seekableOf(bytes, 10_007, true),
};

const kStreaming: Readonly<Record<string, (material: Material) => Source>> = {
  "a ReadableStream": ({ bytes }) => streamOf(bytes),
  "a ReadableStream of bytes": ({ bytes }) => byteStreamOf(bytes),
  "a Response": ({ bytes }) => new Response(bytes),
  "a Response with a stream": ({ bytes }) => new Response(streamOf(bytes)),
  "an async iterable of single bytes": ({ bytes }) => chunksOf(bytes, 1),
  "an async iterable of odd sizes": ({ bytes }) => chunksOf(bytes, 7, 0, 1013, 0, 0, 13, 65_537),
  "an async iterable of everything": ({ bytes }) => chunksOf(bytes, Infinity),
  "a stream of node:fs": ({ path }) => createReadStream(path, { highWaterMark: 1234 }),
  "a feeder": ({ bytes }) => feederOf(bytes, Infinity, false),
  "a feeder of single bytes": ({ bytes }) => feederOf(bytes, 1, false),
  "an async feeder": ({ bytes }) => feederOf(bytes, 4099, true),
};

async function material(name: string): Promise<Material> {
  const { path } = await clip(name);
  return { path, bytes: new Uint8Array(await readFile(path)) };
}

async function checkSource(name: string, make: (material: Material) => Source): Promise<void> {
  const media = await material(name);
  await withDevice(async (device) => {
    using fromPath = await device.createDemuxer(media.path);
    const wanted = await decodeAll(device, fromPath);
    using demuxer = await device.createDemuxer(make(media));
    assertEquals(await decodeAll(device, demuxer), wanted, name);
    assertEquals(demuxer.codecString, fromPath.codecString);
    assert(demuxer.label.length > 0, "A source needs a name in warnings");
  }, { clips: [name] });
}

for (const [kind, make] of Object.entries(kSeekable)) {
  // The index of the first comes at its end, and the others are read from start to end.
  for (const name of ["h264_b_pyramid.mp4", "h264.mkv", "hevc.ts"]) {
    test(`${kind} of ${name} gives the frames of the file`, () => checkSource(name, make));
  }
}

for (const [kind, make] of Object.entries(kStreaming)) {
  const names = ["h264_faststart.mp4", "h264_no_cues.mkv", "h264.ts", "av1.webm", "vp8.ivf"];
  for (const name of [...names, "hevc.h265"]) {
    test(`${kind} of ${name} gives the frames of the file`, () => checkSource(name, make));
  }
}

test("seekable sources seek, streaming ones do not", async () => {
  const media = await material("h264_faststart.mp4");
  await withDevice(async (device) => {
    for (const [kinds, isSeekable] of [[kSeekable, true], [kStreaming, false]] as const) {
      for (const [kind, make] of Object.entries(kinds)) {
        using demuxer = await device.createDemuxer(make(media));
        assertEquals(demuxer.isSeekable, isSeekable, kind);
      }
    }
  });
});

/** Deno's own files; the type is here so that Bun's programs compile. */
interface DenoFiles {
  open(path: string): Promise<FileSource & { close(): void }>;
}
const deno = (globalThis as { readonly Deno?: DenoFiles }).Deno;
interface BunFiles {
  file(path: string): Blob;
}
const bun = (globalThis as { readonly Bun?: BunFiles }).Bun;

test("the runtime's own files give the frames of the file", async () => {
  for (const name of ["h264_b_pyramid.mp4", "h264.ts"]) {
    if (bun !== undefined) await checkSource(name, ({ path }) => bun.file(path));
    if (deno === undefined) continue;
    const file = await deno.open((await clip(name)).path);
    try {
      await checkSource(name, () => file);
    } finally {
      file.close();
    }
  }
});

test("an open Deno file that cannot seek is read in order", async () => {
  const { bytes } = await material("h264.ts");
  let at = 0;
  const file: FileSource = {
    read: (buffer) => {
      const part = bytes.subarray(at, at += Math.min(3000, buffer.length));
      buffer.set(part);
      return Promise.resolve(part.length === 0 ? null : part.length);
    },
    seek: () => Promise.reject(new Error("Illegal seek")),
  };
  await checkSource("h264.ts", () => file);
});

test("bytes are copied when the demuxer is made: the script may change them later", async () => {
  const media = await material("h264.ts");
  await withDevice(async (device) => {
    using fromPath = await device.createDemuxer(media.path);
    const wanted = await decodeAll(device, fromPath);
    using demuxer = await device.createDemuxer(media.bytes);
    media.bytes.fill(0);
    assertEquals(await decodeAll(device, demuxer), wanted);
  });
});

test("a stream is read no further than needed", async () => {
  const { bytes } = await material("h264.ts");
  const kChunk = 188 * 348;
  // Empty packets of a transport stream, which readers skip.
  const empty = new Uint8Array(kChunk);
  for (let at = 0; at < kChunk; at += 188) empty.set([0x47, 0x1f, 0xff, 0x10], at);
  let given = 0;
  let isCancelled = false;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield bytes;
      for (; given < 1 << 30; given += kChunk) yield empty;
    } finally {
      isCancelled = true;
    }
  };
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(endless());
    await turns(200);
    assert(given < 16 << 20, `${given} bytes were taken ahead`);
    demuxer.close();
    await until(() => isCancelled, () => "the iterable to be told to stop");
  });
});

test("what is no source is refused with what would be one", async () => {
  const used = new Response("x");
  await used.text();
  const locked = new ReadableStream();
  locked.getReader();
  const text = (body: BodyInit, status = 200): Response => new Response(body, { status });
  type Refusal = typeof TypeError | typeof RangeError | typeof MediaIoError;
  const wrong: [source: unknown, type: Refusal, text: string][] = [
    [undefined, TypeError, "path"],
    [null, TypeError, "path"],
    [17, TypeError, "path"],
    [{}, TypeError, "path"],
    [["a.mp4"], TypeError, "path"],
    ["", TypeError, "empty"],
    [{ read: () => 0 }, TypeError, "path"],
    [{ size: -1, read: () => 0 }, RangeError, "size"],
    [{ size: 1.5, read: () => 0 }, RangeError, "size"],
    [{ size: "9", read: () => 0 }, RangeError, "size"],
    [locked, TypeError, "locked"],
    [used, TypeError, "body"],
    [text("Not here", 404), MediaIoError, "404"],
  ];
  await withDevice(async (device) => {
    for (const [source, type, text] of wrong) {
      await assertRejects(() => device.createDemuxer(source as Source), type as typeof Error, text);
    }
    for (const source of ["rtsp://127.0.0.1:9/a", new URL("ftp://127.0.0.1:9/a")]) {
      await assertRejects(() => device.createDemuxer(source), UnsupportedError, "not opened");
    }
    for (const source of ["concat:a|b", "data:video/mp4;base64,AA==", "pipe:0", "subfile:a"]) {
      // A name with a colon is the name of a file, here one that does not exist.
      await assertRejects(() => device.createDemuxer(source), MediaIoError, source);
    }
  });
});
