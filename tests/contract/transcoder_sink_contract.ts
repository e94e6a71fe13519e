/** Transcoders that write into streams of the script. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import { inTime, turns, withDevice } from "./contract_device.ts";
import { MediaIoError, UnsupportedError } from "./cuframe.ts";
import { kFast } from "./transcoded_file.ts";

const kClip = "h264_b_pyramid.mp4";
const kLarge = "h264_1080p.mp4";
const kOptions = { clips: [kClip] };

/** A stream that takes one chunk and is at work on it for ever; resolves when it has it. */
function stuckStream(): { stream: WritableStream<Uint8Array>; isStuck: Promise<void> } {
  const stuck = Promise.withResolvers<void>();
  const stream = new WritableStream<Uint8Array>({
    write: () => {
      stuck.resolve();
      return new Promise(() => {});
    },
  });
  return { stream, isStuck: stuck.promise };
}

test("a job that writes into a stream ends with its own error, not with the stream's", async () => {
  const { path } = await clip(kClip);
  await withDevice(async (device) => {
    for (const output of [{ readable: true } as const, new WritableStream<Uint8Array>()]) {
      await using transcoder = await device.createTranscoder(path, output, {
        ...kFast,
        container: "avi",
      });
      const job = transcoder.transcodeWithMux();
      const body = job.readable === null ? null : new Response(job.readable).arrayBuffer();
      const read = body?.then(() => "read", () => "failed");
      await assertRejects(() => job.completion, UnsupportedError, "avi");
      if (read !== undefined) assertEquals(await inTime(read, "the body"), "failed");
    }
    await using transcoder = await device.createTranscoder(path, { readable: true }, kFast);
    const stop = new AbortController();
    const job = transcoder.transcodeWithMux({ signal: stop.signal });
    stop.abort(new RangeError("enough"));
    await assertRejects(() => inTime(job.completion, "the job"), RangeError, "enough");
    await assertRejects(() => new Response(job.readable).arrayBuffer());
  }, kOptions);
});

test("a stream that takes no more holds nobody: the job and finish() can be given up", async () => {
  const { path } = await clip(kClip);
  await withDevice(async (device) => {
    const one = stuckStream();
    await using transcoder = await device.createTranscoder(path, one.stream, kFast);
    const job = transcoder.transcodeWithMux();
    await inTime(one.isStuck, "the stream");
    // All is encoded by then: it is the stream that is waited for.
    while (transcoder.stats.segments === 0) await turns(1);
    job.stop();
    const error = await inTime(job.then(() => null, (reason) => reason), "the job");
    assertEquals((error as Error)?.name, "AbortError", String(error));

    const other = stuckStream();
    await using joining = await device.createTranscoder(path, other.stream, kFast);
    await joining.segmentedTranscode(0, 0.4);
    const stop = new AbortController();
    const finishing = joining.finish({ signal: stop.signal });
    finishing.catch(() => {});
    await inTime(other.isStuck, "the other stream");
    await turns(20);
    stop.abort(new RangeError("enough"));
    await assertRejects(() => inTime(finishing, "finish()"), RangeError, "enough");
  }, kOptions);
});

test("who gives a readable away need not wait for the job", async () => {
  const { path } = await clip(kLarge);
  await withDevice(async (device) => {
    // More than fits between the library and the reader.
    const large = { preset: "P1", rc: "constqp", constQp: 1 } as const;
    await using transcoder = await device.createTranscoder(path, { readable: true }, large);
    const job = transcoder.transcodeWithMux();
    const reader = job.readable!.getReader();
    assert((await reader.read()).value!.length > 0);
    await reader.cancel(new Error("the client left"));
    // Nobody handles the rejection, which would end the script.
    await turns(100);
    await assertRejects(() => job.completion, MediaIoError, "the client left");
  }, { clips: [kLarge] });
});
