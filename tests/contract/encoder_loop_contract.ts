/** Loops and streams over pictures: who closes what, how far they run ahead, how they end. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { EncodedChunk, EncoderInput, Frame } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { ffprobeFrames } from "../support/ffmpeg.ts";
import { rawPictures } from "../support/raw_pictures.ts";
import { inTime, until, withDevice } from "./contract_device.ts";
import { streamFile } from "./encoded_stream.ts";

async function pictures(count = 8) {
  return await rawPictures("nv12", { count, source: "test" });
}

/** Frames of a clip that are still open when they were given. */
async function* framesOf(
  device: Parameters<Parameters<typeof withDevice>[0]>[0],
  given: Frame[],
): AsyncGenerator<Frame> {
  const { path } = await clip("h264_b_pyramid.mp4");
  using demuxer = await device.createDemuxer(path);
  using decoder = await device.createDecoder({ codec: demuxer.codec });
  for await (const frame of decoder.frames(demuxer)) {
    given.push(frame);
    yield frame;
  }
}

test("encodeAll() encodes a decoder's frames and closes them", async () => {
  await withDevice(async (device) => {
    const given: Frame[] = [];
    using encoder = await device.createEncoder({ width: 176, height: 144 });
    const chunks: EncodedChunk[] = [];
    for await (const chunk of encoder.encodeAll(framesOf(device, given))) chunks.push(chunk);
    assertEquals(chunks.length, given.length);
    assert(given.length > 10 && given.every(({ isClosed }) => isClosed));
    assertEquals((await ffprobeFrames(await streamFile("h264", chunks))).length, given.length);
  });
});

test("encodeAll() leaves the frames of an array open, unless it is told otherwise", async () => {
  await withDevice(async (device) => {
    const given: Frame[] = [];
    for await (const _ of framesOf(device, given)) if (given.length === 4) break;
    using encoder = await device.createEncoder({ width: 176, height: 144 });
    let count = 0;
    for await (const _ of encoder.encodeAll(given)) count++;
    assertEquals([count, given.some(({ isClosed }) => isClosed)], [4, false]);
    for await (const _ of encoder.encodeAll(given, { closeFrames: true })) count++;
    assertEquals([count, given.every(({ isClosed }) => isClosed)], [8, true]);
  });
});

test("leaving encodeAll() ends the source, and nothing is lost", async () => {
  await withDevice(async (device) => {
    const given: Frame[] = [];
    using encoder = await device.createEncoder({ width: 176, height: 144, bf: 2 });
    const chunks: EncodedChunk[] = [];
    for await (const chunk of encoder.encodeAll(framesOf(device, given))) {
      chunks.push(chunk);
      if (chunks.length === 5) break;
    }
    assert(given.every(({ isClosed }) => isClosed));
    assertEquals(device.stats.liveDecoders, 0);
    const { framesEncoded } = encoder.stats;
    assertEquals(framesEncoded, given.length);
    chunks.push(...await encoder.endEncode());
    // Chunks that came with the one at which the loop was left are gone with the loop.
    assert(chunks.length <= framesEncoded && chunks.length >= 5);
  });
});

test("encodeAll() asks for a picture only when the chunks were taken", async () => {
  await withDevice(async (device) => {
    const raw = await pictures();
    let asked = 0;
    function* source(): Generator<EncoderInput> {
      for (const picture of raw.pictures) {
        asked++;
        yield picture;
      }
    }
    const { width, height } = raw;
    using encoder = await device.createEncoder({
      width,
      height,
      tuningInfo: "low_latency",
      threads: 1,
    });
    const chunks = encoder.encodeAll(source());
    assertEquals(asked, 0);
    await chunks.next();
    assertEquals(asked, 1);
    await chunks.next();
    assertEquals(asked, 2);
    await chunks.return();
    assertEquals([await chunks.next(), asked], [{ done: true, value: undefined }, 2]);
  });
});

test("an abort ends encodeAll() with its reason", async () => {
  await withDevice(async (device) => {
    const raw = await pictures();
    let isLeft = false;
    async function* stuck(): AsyncGenerator<EncoderInput> {
      try {
        yield raw.pictures[0];
        await new Promise(() => {});
      } finally {
        isLeft = true;
      }
    }
    using encoder = await device.createEncoder({ width: raw.width, height: raw.height });
    const stop = new AbortController();
    const run = (async () => {
      for await (const _ of encoder.encodeAll(stuck(), { signal: stop.signal })) {
        /* none comes */
      }
    })();
    await until(() => encoder.stats.framesEncoded === 1, () => "the first picture");
    const reason = new Error("enough");
    stop.abort(reason);
    const error = await inTime(run.then(() => null, (failure) => failure), "The abort");
    assertEquals(error, reason);
    assertEquals(isLeft, false);
    // The encoder goes on.
    assertEquals((await encoder.endEncode()).length, 1);
    const aborted = { signal: AbortSignal.abort(reason) };
    assertEquals(await encoder.encode(raw.pictures[0], aborted).catch((it) => it), reason);
    assertEquals(await encoder.endEncode(aborted).catch((it) => it), reason);
    assertEquals(
      await device.createEncoder({ width: 64, height: 64, ...aborted }).catch((it) => it),
      reason,
    );
  });
});

test("a source that throws ends encodeAll() with its error", async () => {
  await withDevice(async (device) => {
    const raw = await pictures();
    function* broken(): Generator<EncoderInput> {
      yield raw.pictures[0];
      throw new Error("broken source");
    }
    using encoder = await device.createEncoder({ width: raw.width, height: raw.height });
    const run = async () => {
      for await (const _ of encoder.encodeAll(broken())) { /* none comes */ }
    };
    await assertRejects(run, Error, "broken source");
    assertEquals((await encoder.endEncode()).length, 1);
  });
});

test("transform() is a stream of chunks that ends with those held back", async () => {
  await withDevice(async (device) => {
    const given: Frame[] = [];
    using encoder = await device.createEncoder({ width: 176, height: 144, bf: 2 });
    const frames = ReadableStream.from<Frame>(framesOf(device, given));
    const chunks: EncodedChunk[] = [];
    for await (const chunk of frames.pipeThrough(encoder.transform())) chunks.push(chunk);
    assertEquals(chunks.length, given.length);
    assert(given.every(({ isClosed }) => isClosed));
  });
});

test("transform() takes no more than its reader leaves room for", async () => {
  await withDevice(async (device) => {
    const raw = await pictures(12);
    let asked = 0;
    const source = new ReadableStream<EncoderInput>({
      pull(controller) {
        if (asked < raw.pictures.length) controller.enqueue(raw.pictures[asked++]);
        else controller.close();
      },
    }, { highWaterMark: 0 });
    const { width, height } = raw;
    using encoder = await device.createEncoder({
      width,
      height,
      tuningInfo: "low_latency",
      threads: 1,
    });
    const reader = source.pipeThrough(encoder.transform()).getReader();
    await reader.read();
    await until(() => encoder.stats.framesEncoded >= 1, () => "a picture");
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
    assert(asked <= 5, `${asked} pictures were asked for`);
    await reader.cancel();
  });
});
