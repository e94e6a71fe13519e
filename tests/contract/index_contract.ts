/** Indexing a video for random access: what is kept of it, its progress, and how it is stopped. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { copyFile, mkdtemp, open, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { FileSource, SeekableSource } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { inTime, numbersOf, turns, withDevice } from "./contract_device.ts";

/** A time in the past: what was written just now may change again without a trace. */
const LONG_AGO = new Date("2001-02-03T04:05:06Z");
const MAKERS = ["createSimpleDecoder", "createThreadedDecoder"] as const;

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cuframe-index-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A transport stream that takes a pass of many reads. */
async function longStream(): Promise<Uint8Array<ArrayBuffer>> {
  const part = await readFile((await clip("h264.ts")).path);
  const bytes = new Uint8Array(part.length * 100);
  for (let i = 0; i < 100; i++) bytes.set(part, i * part.length);
  return bytes;
}

/** A source whose reads take a while; `beforeRead` is called with their number. */
function slowSource(bytes: Uint8Array, beforeRead: (count: number) => void = () => {}) {
  let reads = 0;
  return {
    size: bytes.length,
    read: async (offset: number, buffer: Uint8Array): Promise<number> => {
      beforeRead(++reads);
      await new Promise((resolve) => setTimeout(resolve, 2));
      const part = bytes.subarray(offset, offset + buffer.length);
      buffer.set(part);
      return part.length;
    },
    count: (): number => reads,
  };
}

test("the index of a file that has not changed is used again, by every device", async () => {
  const { path: original } = await clip("h264.mkv");
  await withFolder(async (folder) => {
    const path = join(folder, "kept.mkv");
    await copyFile(original, path);
    await utimes(path, LONG_AGO, LONG_AGO);
    await withDevice(async (device) => {
      using video = await device.createSimpleDecoder(path);
      assertEquals([video.length, device.stats.indexCacheHits], [45, 0]);
      assert(video.stats.bytesRead > 10_000, `${video.stats.bytesRead} bytes read`);
      assertEquals(device.stats.bytesRead, video.stats.bytesRead);
      await video.reconfigureDecoder(path);
      assertEquals(device.stats.indexCacheHits, 1);
    });
    await withDevice(async (device) => {
      using video = await device.createSimpleDecoder(path);
      assertEquals([video.length, video.stats.bytesRead, device.stats.bytesRead], [45, 0, 0]);
      assertEquals(await numbersOf(await video.getBatchFramesByIndex([44, 7])), [44, 7]);
      using threaded = await device.createThreadedDecoder(path, { startFrame: 40 });
      assertEquals(await numbersOf(threaded), [40, 41, 42, 43, 44]);
      assertEquals(device.stats.indexCacheHits, 2);
      // Asked for by number it might be another stream.
      using first = await device.createSimpleDecoder(path, { streamIndex: 0 });
      assertEquals([first.length, device.stats.indexCacheHits], [45, 2]);
    });
  });
});

test("the index of a file that has changed is not used, whatever the file's times say", async () => {
  const short = await readFile((await clip("h264.ts")).path);
  const long = await readFile((await clip("h264_one_gop.mp4")).path);
  const size = Math.max(short.length, long.length);
  const padded = (bytes: Uint8Array): Uint8Array => {
    const result = new Uint8Array(size);
    result.set(bytes);
    return result;
  };
  await withFolder(async (folder) => {
    const path = join(folder, "changing.bin");
    await withDevice(async (device) => {
      for (const [bytes, length] of [[short, 45], [long, 90], [short, 45]] as const) {
        await writeFile(path, padded(bytes));
        await utimes(path, LONG_AGO, LONG_AGO);
        assertEquals((await stat(path)).mtimeMs, LONG_AGO.getTime());
        using video = await device.createSimpleDecoder(path);
        assertEquals(video.length, length);
        assertEquals(await numbersOf(await video.getBatchFramesByIndex([-1])), [length - 1]);
      }
      assertEquals(device.stats.indexCacheHits, 0);
      await writeFile(path, short);
      for (let i = 0; i < 2; i++) (await device.createSimpleDecoder(path)).close();
      assertEquals(device.stats.indexCacheHits, 0, "It was modified just now");
    });
  });
});

test("onProgress is told of a long pass, and of 1 at last", async () => {
  const bytes = await longStream();
  await withFolder(async (folder) => {
    const path = join(folder, "long.ts");
    await writeFile(path, bytes);
    await utimes(path, LONG_AGO, LONG_AGO);
    await withDevice(async (device) => {
      for (const source of [bytes, path, slowSource(bytes)]) {
        for (const make of MAKERS) {
          const parts: number[] = [];
          const isKnown = make !== MAKERS[0] && source === path;
          using video = await device[make](source, { onProgress: (part) => void parts.push(part) });
          const told = parts.length;
          assert(told === new Set(parts).size && told <= 101, `${told} times`);
          assertEquals(parts, parts.toSorted((a, b) => a - b));
          assertEquals(parts.at(-1), 1);
          assert(isKnown ? told === 1 : told > 20 && parts[0] < 0.1, `${told} times`);
          assertEquals(video.streamMetadata.codec, "h264");
        }
      }
      const parts: number[] = [];
      using video = await device.createSimpleDecoder((await clip("h264_64x64.mp4")).path);
      await video.reconfigureDecoder(bytes, { onProgress: (part) => void parts.push(part) });
      assert(parts.length > 20 && parts.at(-1) === 1, `${parts}`);
    });
  });
});

test("an abort ends the pass in the middle, with the signal's reason", async () => {
  const bytes = await longStream();
  await withDevice(async (device) => {
    const { path } = await clip("h264_64x64.mp4");
    using present = await device.createSimpleDecoder(path);
    const opens = [
      ...MAKERS.map((make) => device[make].bind(device)),
      present.reconfigureDecoder.bind(present),
    ];
    for (const openBy of opens) {
      const stop = new AbortController();
      const reason = { is: "enough" };
      const parts: number[] = [];
      const source = slowSource(bytes);
      const onProgress = (part: number): void => {
        parts.push(part);
        if (part > 0.3) stop.abort(reason);
      };
      const opening = openBy(source, { signal: stop.signal, onProgress });
      const error = await inTime<unknown>(opening, "Opening").then(() => null, (error) => error);
      assert(error === reason, `${error}`);
      assert(parts.at(-1)! < 0.6, `${parts}`);
      const reads = source.count();
      await turns(20);
      assertEquals(source.count(), reads);
      assertEquals(device.stats.liveSamplers, 1);
    }
    assertEquals(await numbersOf(await present.getBatchFrames(2)), [0, 1]);
  });
});

test("an abort while a read of the source is at work ends the opening at once", async () => {
  const bytes = await longStream();
  await withDevice(async (device) => {
    for (const last of [1, 3, 9]) {
      const stop = new AbortController();
      const source = slowSource(bytes, (count) => {
        if (count === last) queueMicrotask(() => stop.abort(new Error(`after ${last}`)));
      });
      const opening = device.createSimpleDecoder(source, { signal: stop.signal });
      await assertRejects(() => inTime(opening, "Opening"), Error, `after ${last}`);
      await turns(5);
      assertEquals(source.count(), last);
    }
  });
});

test("what onProgress throws rejects the opening", async () => {
  const bytes = await longStream();
  await withDevice(async (device) => {
    for (const least of [0, 0.5, 1]) {
      let calls = 0;
      const onProgress = (part: number): void => {
        if (part < least) return;
        calls++;
        throw new Error("The bar broke");
      };
      for (const make of MAKERS) {
        calls = 0;
        const opening = device[make](bytes, { onProgress });
        await assertRejects(() => inTime<unknown>(opening, "Opening"), Error, "The bar broke");
        assertEquals(calls, 1);
      }
    }
    const wrong = { onProgress: 5 as unknown as () => void };
    await assertRejects(() => device.createSimpleDecoder(bytes, wrong), TypeError, "onProgress");
  });
});

/** What is used of Deno in its own tests of files. */
interface DenoFiles {
  open(path: string): Promise<FileSource & Disposable>;
}

test("open files are read by seeking", async () => {
  const { Deno: deno } = globalThis as unknown as { readonly Deno?: DenoFiles };
  for (const name of ["h264_b_pyramid.mp4", "h264.mkv", "h264.ts"]) {
    const { path } = await clip(name);
    const handle = await open(path);
    const source: SeekableSource = {
      size: (await handle.stat()).size,
      read: async (offset, buffer) => {
        return (await handle.read(buffer, 0, buffer.length, offset)).bytesRead;
      },
    };
    using file = deno === undefined ? null : await deno.open(path);
    await withDevice(async (device) => {
      for (const opened of file === null ? [source] : [source, file]) {
        using video = await device.createSimpleDecoder(opened);
        assertEquals(await numbersOf(await video.getBatchFramesByIndex([40, 2, 17])), [40, 2, 17]);
        using threaded = await device.createThreadedDecoder(opened, { startFrame: -3 });
        assertEquals(await numbersOf(threaded), [42, 43, 44]);
        assertEquals(await numbersOf(await video.getBatchFrames(3)), [0, 1, 2]);
      }
      assertEquals(device.stats.indexCacheHits, 0);
    });
    await handle.close();
  }
});
