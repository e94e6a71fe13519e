/** Transcoders: jobs that are stopped, by the caller or by a failure beside them. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { test } from "node:test";
import type { Transcoder } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { inFolder } from "../support/folder.ts";
import { inTime, withDevice } from "./contract_device.ts";
import { filesIn } from "./muxed_file.ts";
import { kFast } from "./transcoded_file.ts";

const kHows = ["stop", "signal", "progress"] as const;

/** Stops a job at its first progress; milliseconds until its end was told, and with what. */
async function stoppedJob(
  transcoder: Transcoder,
  how: typeof kHows[number],
): Promise<{ readonly took: number; readonly error: Error | null }> {
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  let stopped = 0;
  const job = transcoder.transcodeWithMux({
    signal: stop.signal,
    onProgress: () => {
      begun.resolve();
      stopped = performance.now();
      if (how === "progress") throw new RangeError("enough");
    },
  });
  await Promise.race([begun.promise, job.completion.catch(() => {})]);
  stopped = performance.now();
  if (how === "stop") job.stop();
  if (how === "signal") stop.abort(new RangeError("enough"));
  const error = await inTime(job.then(() => null, (reason) => reason as Error), "the job");
  return { took: performance.now() - stopped, error };
}

test("a job that is stopped ends soon and leaves no file", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withDevice((device) =>
    inFolder(async (folder) => {
      const output = join(folder, "out.mp4");
      await using transcoder = await device.createTranscoder(path, output, { preset: "P6" });
      for (const how of kHows) {
        // A busy machine delays some ends. One that waits for the encoder is late each time.
        let soonest = Infinity;
        for (let attempt = 0; attempt < 8 && soonest >= 200; attempt++) {
          const { took, error } = await stoppedJob(transcoder, how);
          soonest = Math.min(soonest, took);
          assertEquals(error?.name, how === "stop" ? "AbortError" : "RangeError", String(error));
          assertEquals(await filesIn(folder), [], how);
        }
        assert(soonest < 200, `${how}: ${soonest} ms`);
      }
      // Behind them, the next one works.
      assertEquals((await transcoder.transcodeWithMux()).frames, 30);
    }), { clips: ["h264_1080p.mp4"] });
});

test("nothing is left of a job's file when its end is told, wherever it was stopped", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice((device) =>
    inFolder(async (folder) => {
      await using transcoder = await device.createTranscoder(path, null, kFast);
      for (let i = 0; i < 500; i++) {
        const job = transcoder.transcodeWithMux({ output: join(folder, `${i}.mp4`) });
        const until = performance.now() + (i % 100) / 100;
        do await Promise.resolve(); while (performance.now() < until);
        job.stop();
        await inTime(job.then(() => {}, () => {}), "the job");
        assertEquals(await filesIn(folder), [], `job ${i}`);
      }
    }), { clips: ["h264_b_pyramid.mp4"] });
});

test("the first segment that fails gives up the others, with its error", async () => {
  const { path } = await clip("h264_damaged.mp4");
  await withDevice((device) =>
    inFolder(async (folder) => {
      await using transcoder = await device.createTranscoder(path, null, kFast);
      const segments = Array.from({ length: 18 }, (_, i) => ({
        start: i * 0.1,
        end: i * 0.1 + 0.1,
        output: join(folder, `${i}.mp4`),
      }));
      const job = transcoder.transcodeSegments(segments, { concurrency: 2 });
      await assertRejects(() => job.completion, Error, "damaged");
      const files = await filesIn(folder);
      assert(files.length < 18 && files.every((name) => !name.startsWith(".")), String(files));
    }), { clips: ["h264_damaged.mp4"] });
});
