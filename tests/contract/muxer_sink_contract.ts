/** Muxers that write into streams of the script. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Device, Muxer } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { joinBytes } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { inTime, turns, withDevice } from "./contract_device.ts";
import { ClosedError, MediaIoError, Packet, UnsupportedError } from "./cuframe.ts";
import { copyTo, picturesOf, timesOf } from "./muxed_file.ts";

const kStreamed = ["mp4", "mov", "mkv", "ts"] as const;

/** A stream that keeps what it is given. */
function collector(): { stream: WritableStream<Uint8Array>; chunks: Uint8Array[]; ends: string[] } {
  const chunks: Uint8Array[] = [];
  const ends: string[] = [];
  const stream = new WritableStream<Uint8Array>({
    write: (chunk) => void chunks.push(chunk),
    close: () => void ends.push("close"),
    abort: (reason) => void ends.push(`abort ${(reason as Error).name}`),
  });
  return { stream, chunks, ends };
}

test("a WritableStream gets the whole file and its end", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const { path: source } = await clip("h264_aac.mp4");
      for (const container of kStreamed) {
        const { stream, chunks, ends } = collector();
        await copyTo(device, source, stream, { container });
        assertEquals(ends, ["close"]);
        const path = join(folder, `out.${container}`);
        await writeFile(path, joinBytes(chunks));
        assertEquals(await picturesOf(path), await picturesOf(source), container);
      }
    })
  );
});

test("a readable is the body of a Response while it is written", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const { path: source } = await clip("h264_aac.mp4");
      await using demuxer = await device.createDemuxer(source, { streams: "all" });
      await using muxer = await device.createMuxer({ readable: true });
      muxer.copyTracks(demuxer);
      const body = new Response(muxer.readable).arrayBuffer();
      for await (const packet of demuxer) await muxer.write(packet);
      await muxer.finish();
      const path = join(folder, "out.mp4");
      await writeFile(path, new Uint8Array(await body));
      assertEquals(await picturesOf(path), await picturesOf(source));
      assertEquals(await timesOf(path, "v"), await timesOf(source, "v"));
      assertEquals(muxer.container, "mp4");
    })
  );
});

test("what is left in a readable can be read when the muxer is finished and closed", async () => {
  await withDevice(async (device) => {
    await using demuxer = await device.createDemuxer((await clip("h264_b_pyramid.mp4")).path);
    const muxer = await device.createMuxer({ readable: true }, { container: "ts" });
    muxer.copyTrack(demuxer);
    for await (const packet of demuxer) await muxer.write(packet);
    const { bytes } = await muxer.finish();
    muxer.close();
    const body = await new Response(muxer.readable).arrayBuffer();
    assertEquals(body.byteLength, bytes);
  });
});

const kBigBytes = 300_000;

/** Writes pictures that nobody could decode, but that take room. */
async function writeBig(muxer: Muxer, from: number, count: number): Promise<void> {
  if (muxer.tracks.length === 0) {
    muxer.addVideoTrack({ codec: "mjpeg", width: 64, height: 64 });
  }
  for (let i = from; i < from + count; i++) {
    const data = new Uint8Array(kBigBytes);
    await muxer.write(new Packet({ data, timestamp: i * 40_000, isKey: true }));
  }
}

test("write() waits for a slow stream, and goes on with it", async () => {
  await withDevice(async (device) => {
    let release = (): void => {};
    let taken = 0;
    const held = new Promise<void>((resolve) => release = resolve);
    const stream = new WritableStream<Uint8Array>({
      write: async (chunk) => {
        taken += chunk.length;
        await held;
      },
    });
    await using muxer = await device.createMuxer(stream, { container: "mkv" });
    let written = 0;
    const writing = (async () => {
      for (; written < 20; written++) await writeBig(muxer, written, 1);
    })();
    await turns(200);
    assert(written < 12, `${written} pictures were written`);
    release();
    await inTime(writing, "the stream");
    await muxer.finish();
    assert(taken > 20 * kBigBytes);
  });
});

test("a readable that nobody reads holds write() back until it is closed", async () => {
  await withDevice(async (device) => {
    const muxer = await device.createMuxer({ readable: true }, { container: "mkv" });
    const writing = writeBig(muxer, 0, 20);
    writing.catch(() => {});
    await turns(100);
    muxer.close();
    await assertRejects(() => inTime(writing, "write()"), ClosedError);
    await assertRejects(() => new Response(muxer.readable).arrayBuffer());
  });
});

test("a WritableStream that fails is told as its own error", async () => {
  await withDevice(async (device) => {
    const reason = new Error("no room");
    const stream = new WritableStream<Uint8Array>({ write: () => Promise.reject(reason) });
    await using muxer = await device.createMuxer(stream, { container: "mkv" });
    const error = await assertRejects(
      () => inTime(writeBig(muxer, 0, 50), "the failure"),
      MediaIoError,
      "no room",
    );
    assertEquals(error.cause, reason);
    await assertRejects(() => muxer.finish(), MediaIoError, "no room");
  });
});

test("a stream that fails at its end fails finish()", async () => {
  await withDevice(async (device) => {
    const stream = new WritableStream<Uint8Array>({
      close: () => Promise.reject(new Error("late")),
    });
    await using muxer = await device.createMuxer(stream, { container: "mkv" });
    await writeBig(muxer, 0, 2);
    await assertRejects(() => inTime(muxer.finish(), "the end"), MediaIoError, "late");
  });
});

test("close() ends a finish() that waits for a stream which takes no more", async () => {
  await withDevice(async (device) => {
    const stuck = Promise.withResolvers<void>();
    const stream = new WritableStream<Uint8Array>({
      write: () => {
        stuck.resolve();
        return new Promise(() => {});
      },
    });
    await using muxer = await device.createMuxer(stream, { container: "mkv" });
    await writeBig(muxer, 0, 2);
    const finishing = muxer.finish();
    finishing.catch(() => {});
    await inTime(stuck.promise, "the stream");
    await turns(20);
    muxer.close();
    await assertRejects(() => inTime(finishing, "finish()"), ClosedError);
  });
});

test("cancelling the readable ends writing", async () => {
  await withDevice(async (device) => {
    await using muxer = await device.createMuxer({ readable: true }, { container: "mkv" });
    const reader = muxer.readable!.getReader();
    const writing = writeBig(muxer, 0, 50);
    writing.catch(() => {});
    assert((await reader.read()).value!.length > 0);
    await reader.cancel(new Error("the client left"));
    await assertRejects(() => inTime(writing, "write()"), MediaIoError, "the client left");
  });
});

async function begun(device: Device, sink: Parameters<Device["createMuxer"]>[0]): Promise<Muxer> {
  const muxer = await device.createMuxer(sink, { container: "mkv" });
  await writeBig(muxer, 0, 1);
  return muxer;
}

test("without finish() streams end with an error", async () => {
  await withDevice(async (device) => {
    const { stream, ends } = collector();
    (await begun(device, stream)).close();
    await inTime(
      (async () => {
        while (ends.length === 0) await turns(1);
      })(),
      "the abort",
    );
    assertEquals(ends, ["abort ClosedError"]);
    const muxer = await begun(device, { readable: true });
    const body = new Response(muxer.readable).arrayBuffer();
    muxer.close();
    await assertRejects(() => body);
  });
});

test("closing the device ends streams as well", async () => {
  await withDevice(async (outer) => {
    const { requestDevice } = await import("./cuframe.ts");
    const device = await requestDevice({ backend: "cpu" });
    const muxer = await device.createMuxer({ readable: true }, { container: "mkv" });
    const writing = writeBig(muxer, 0, 20);
    writing.catch(() => {});
    await turns(50);
    device.close();
    await assertRejects(() => inTime(writing, "write()"), Error);
    muxer.close();
    assertEquals(outer.stats.liveMuxers, 0);
  });
});

test("a stream cannot be what takes going back", async () => {
  await withDevice(async (device) => {
    for (const sink of [{ readable: true } as const, collector().stream]) {
      await assertRejects(
        () => device.createMuxer(sink, { container: "avi" }),
        UnsupportedError,
        "fragmented mp4",
      );
    }
    await assertRejects(
      () => device.createMuxer({ readable: true }, { fastStart: true }),
      UnsupportedError,
      "fragmented",
    );
    const { stream } = collector();
    stream.getWriter();
    await assertRejects(() => device.createMuxer(stream), TypeError, "locked");
  });
});
