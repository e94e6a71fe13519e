/** Transcoders: full disks, damaged files, and what becomes of an output then. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { TranscodeJob } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { ffmpeg, ffprobePackets } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { withDevice } from "./contract_device.ts";
import { CorruptDataError, MediaIoError } from "./cuframe.ts";
import { filesIn, withSmallDisk } from "./muxed_file.ts";
import { kFast, shownOf } from "./transcoded_file.ts";

const kClip = "h264_b_pyramid.mp4";
const kOptions = { clips: [kClip] };

test("an output is given up with a segment that fails within it", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withDevice((device) =>
    inFolder(async (folder) => {
      const output = join(folder, "out.mp4");
      // So slow that it is at work for long when it is stopped.
      await using transcoder = await device.createTranscoder(path, output, { preset: "P7" });
      await transcoder.segmentedTranscode(0, 0.2);
      const job: TranscodeJob = transcoder.segmentedTranscode(0.2, 1.2, {
        onProgress: () => job.stop(),
      });
      await assertRejects(() => job.completion, Error);
      const next = transcoder.segmentedTranscode(0.8, 1);
      await assertRejects(() => next.completion, TypeError, "given up");
      await assertRejects(() => transcoder.finish(), TypeError, "given up");
      assertEquals(await filesIn(folder), []);
      const other = join(folder, "other.mp4");
      assertEquals((await transcoder.segmentedTranscode(0.8, 1, { output: other })).frames, 5);
    }), { clips: ["h264_1080p.mp4"] });
});

test("leaving the scope of a transcoder does not hide the error of its segment", async () => {
  const { path } = await clip(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      const work = async () => {
        const output = join(folder, "out.mp4");
        await using transcoder = await device.createTranscoder(path, output, kFast);
        await transcoder.segmentedTranscode(0, 0.4);
        await transcoder.segmentedTranscode(0.4, 1.8, {
          onProgress: () => {
            throw new RangeError("enough");
          },
        });
      };
      await assertRejects(work, RangeError, "enough");
      assertEquals(await filesIn(folder), []);
    }), kOptions);
});

test("a full disk is told, and nothing is left on it", async (t) => {
  const { path } = await clip(kClip);
  await withDevice(async (device) => {
    const isMounted = await withSmallDisk(128, async (disk) => {
      const output = join(disk, "out.mp4");
      const large = { preset: "P1", rc: "constqp", constQp: 1, overwrite: true } as const;
      await using transcoder = await device.createTranscoder(path, output, large);
      const { bytes, frames } = await transcoder.transcodeWithMux({ output: { bytes: true } });
      assert(bytes > 2 * 128 * 1024, `${bytes} bytes`);
      const full = "No space left on device";
      const whole = transcoder.transcodeWithMux();
      const { message } = await assertRejects(() => whole.completion, MediaIoError, full);
      assert(message.includes(output), message);
      assertEquals(await filesIn(disk), []);
      // What fits is written behind it.
      await transcoder.segmentedTranscode(0, 0.08, { output });
      assertEquals(await filesIn(disk), ["out.mp4"]);
      const again = await transcoder.transcodeWithMux({ output: { bytes: true } });
      assertEquals(again.frames, frames);
      const appended = transcoder.segmentedTranscode(0, 1.8);
      await assertRejects(() => appended.completion, MediaIoError, full);
      await assertRejects(() => transcoder.finish(), TypeError, "given up");
      // The file that was there before.
      assertEquals(await filesIn(disk), ["out.mp4"]);
    });
    if (!isMounted) t.skip("Mounting a tmpfs is not permitted");
  }, kOptions);
});

test("damaged frames are an error, or are left out and counted", async () => {
  for (const name of ["h264_damaged.mp4", "h264_truncated.mkv"]) {
    const { path, damaged } = await clip(name);
    await withDevice((device) =>
      inFolder(async (folder) => {
        const output = join(folder, "out.mp4");
        if (name === "h264_damaged.mp4") {
          await using strict = await device.createTranscoder(path, output, kFast);
          await assertRejects(() => strict.transcodeWithMux().completion, Error, "damaged");
          assertEquals(await filesIn(folder), []);
        }
        await using lax = await device.createTranscoder(path, output, {
          ...kFast,
          onError: "skip",
        });
        const { frames, skipped } = await lax.transcodeWithMux();
        assertEquals(frames + skipped, lax.length);
        assert(frames > 10 && (skipped > 0 || name !== "h264_damaged.mp4"));
        const { numbers } = await shownOf(output);
        assertEquals(numbers.length, frames);
        // Those that refer to damaged ones come as they are.
        assert(numbers.every((number) => !damaged.includes(number)), String(numbers));
      }), { clips: [name] });
  }
});

test("of a file that was cut off, pictures and sound are written up to there", async () => {
  const { path } = await clip("h264_aac.mp4");
  await withDevice((device) =>
    inFolder(async (folder) => {
      const [whole, source] = ["whole.mp4", "cut.mp4"].map((name) => join(folder, name));
      await ffmpeg(["-i", path, "-c", "copy", "-movflags", "faststart", whole]);
      const bytes = await readFile(whole);
      await writeFile(source, bytes.subarray(0, bytes.length * 0.7));
      const output = join(folder, "out.mp4");
      await using strict = await device.createTranscoder(source, output, kFast);
      await assertRejects(() => strict.transcodeWithMux().completion, CorruptDataError);
      const config = { ...kFast, onError: "skip" } as const;
      await using lax = await device.createTranscoder(source, output, config);
      const { frames, skipped, audioTracks } = await lax.transcodeWithMux();
      assertEquals([frames + skipped, audioTracks], [lax.length, 1]);
      assert(frames > 10 && frames < 45, `${frames} frames`);
      assertEquals((await shownOf(output)).numbers.length, frames);
      assert((await ffprobePackets(output, "a")).length > 10);
    }), { clips: ["h264_aac.mp4"] });
});
