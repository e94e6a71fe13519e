/** Transcoders: where they write to, what goes wrong, and how they end. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { TranscodeJob } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { ffmpeg, ffprobePackets } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { until, withDevice } from "./contract_device.ts";
import { ClosedError, CorruptDataError, MediaIoError, UnsupportedError } from "./cuframe.ts";
import { filesIn, withSmallDisk } from "./muxed_file.ts";
import { assertShows, kFast, shownOf, timedClip } from "./transcoded_file.ts";

const kClip = "h264_b_pyramid.mp4";
const kOptions = { clips: [kClip] };

test("without an output, files are named after the source and the segment", async () => {
  const source = await timedClip(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      const path = join(folder, "night.mov.mp4");
      await copyFile(source.path, path);
      await using transcoder = await device.createTranscoder(path, null, kFast);
      const { output } = await transcoder.segmentedTranscode(0.2, 0.456);
      assertEquals(output, join(folder, "night.mov_segment_0.20_0.46.mp4"));
      await assertShows(output!, source, 5, 12);
      const results = await transcoder.transcodeSegments([{ start: 0, end: 0.2 }, {
        start: 1,
        end: 99,
      }]);
      const names = ["night.mov_segment_0.00_0.20.mp4", "night.mov_segment_1.00_1.80.mp4"];
      assertEquals(results.map((result) => result.output), names.map((it) => join(folder, it)));
    }), kOptions);
});

test("files of segments are of the kind that was said, or of the output's", async () => {
  const source = await timedClip(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      const named = async (output: string | URL | null, container?: "mkv") => {
        const path = join(folder, "copy.mp4");
        await copyFile(source.path, path);
        const config = { ...kFast, container };
        await using transcoder = await device.createTranscoder(path, output, config);
        const [result] = await transcoder.transcodeSegments([{ start: 0.2, end: 0.4 }]);
        await assertShows(result.output!, source, 5, 10);
        return [relative(folder, result.output!), result.container];
      };
      const segment = "segment_0.20_0.40";
      assertEquals(await named(null, "mkv"), [`copy_${segment}.mkv`, "mkv"]);
      assertEquals(await named(join(folder, "a.mov")), [`a_${segment}.mov`, "mov"]);
      assertEquals(await named(join(folder, "b.mov"), "mkv"), [`b_${segment}.mkv`, "mkv"]);
      assertEquals(await named(join(folder, "c")), [`c_${segment}.mp4`, "mp4"]);
      const address = pathToFileURL(join(folder, "d.ts"));
      assertEquals(await named(address), [`d_${segment}.ts`, "ts"]);
    }), kOptions);
});

test("segments that would be written to one place, or read by nobody, are refused", async () => {
  const { path } = await clip(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      const output = join(folder, "out.mp4");
      const config = { ...kFast, overwrite: true };
      await using transcoder = await device.createTranscoder(path, output, config);
      const stream = new WritableStream<Uint8Array>();
      const refused = [
        [[{ start: 0, end: 0.4 }, { start: 0.001, end: 0.401 }], "_segment_0.00_0.40.mp4"],
        [[
          { start: 0, end: 0.4, output },
          { start: 0.4, end: 0.8, output: pathToFileURL(output) },
        ], "segments[0] and segments[1]"],
        [[0, 0.4].map((start) => ({ start, end: 0.8, output: stream })), "the same stream"],
        [[{ start: 0, end: 0.4, output: { readable: true } }], "segmentedTranscode()"],
        [[{ start: 0, end: 0.4, output: 5 }], "5"],
      ] as const;
      for (const [segments, text] of refused) {
        const job = transcoder.transcodeSegments(segments as never);
        await assertRejects(() => job.completion, TypeError, text);
      }
      assertEquals(await filesIn(folder), []);
      const bytes = { bytes: true } as const;
      const segments = [0, 0.4].map((start) => ({ start, end: 0.8, output: bytes }));
      const results = await transcoder.transcodeSegments(segments);
      assert(results.every(({ data }) => data!.length > 100));
    }), kOptions);
});

test("nothing is overwritten unless that is asked for", async () => {
  const { path } = await clip(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      const output = join(folder, "there.mp4");
      await writeFile(output, "mine");
      await using transcoder = await device.createTranscoder(path, output, kFast);
      await assertRejects(
        () => transcoder.transcodeWithMux().completion,
        MediaIoError,
        "there.mp4",
      );
      await assertRejects(
        () => transcoder.segmentedTranscode(0, 1, { output }).completion,
        MediaIoError,
      );
      assertEquals(await readFile(output, "utf8"), "mine");
      assertEquals(await filesIn(folder), ["there.mp4"]);
      const { bytes } = await transcoder.transcodeWithMux({ overwrite: true });
      assertEquals((await readFile(output)).length > bytes / 2, true);
      await writeFile(output, "mine");
      // A segment that could not begin the output leaves that to the next one.
      await assertRejects(
        () => transcoder.segmentedTranscode(0, 1).completion,
        MediaIoError,
        "there.mp4",
      );
      assertEquals(await transcoder.finish(), { bytes: 0, output: null, data: null });
      await assertRejects(() => transcoder.segmentedTranscode(0, 1).completion, MediaIoError);
      await transcoder.segmentedTranscode(0, 1, { overwrite: true });
      assertEquals((await transcoder.finish()).output, output);
    }), kOptions);
});

test("segments that are no part of the video are refused before anything is written", async () => {
  const { path } = await clip(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      const output = join(folder, "out.mp4");
      await using transcoder = await device.createTranscoder(path, output, kFast);
      for (const [start, end] of [[1, 1], [2, 1], [-1, 1], [NaN, 1], [0, NaN], [Infinity, NaN]]) {
        const job = transcoder.segmentedTranscode(start, end);
        await assertRejects(() => job.completion, RangeError, "0 <= start < end");
      }
      for (const start of [1.8, 7]) {
        const job = transcoder.segmentedTranscode(start, 9, { output });
        await assertRejects(() => job.completion, RangeError, "ends at 1.8 s");
      }
      const between = transcoder.segmentedTranscode(0.041, 0.042);
      await assertRejects(() => between.completion, RangeError, "no frame begins");
      const text = "1" as unknown as number;
      await assertRejects(() => transcoder.segmentedTranscode(text, 2).completion, TypeError);
      const wrong = transcoder.transcodeSegments([{ start: 0, end: 1, output }, {
        start: 5,
        end: 6,
      }]);
      await assertRejects(() => wrong.completion, RangeError);
      await assertRejects(
        () => transcoder.transcodeWithMux({ ouput: "x" } as never).completion,
        TypeError,
        'no key "ouput"',
      );
      assertEquals(await filesIn(folder), []);
      assertEquals(await transcoder.finish(), { bytes: 0, output: null, data: null });
    }), kOptions);
});

test("an output is given up with a segment that fails within it", async () => {
  const { path } = await clip("h264_1080p.mp4");
  await withDevice((device) =>
    inFolder(async (folder) => {
      const output = join(folder, "out.mp4");
      await using transcoder = await device.createTranscoder(path, output, { preset: "P3" });
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

test("close() completes an output that nothing is at work on, and gives up what is", async () => {
  const source = await timedClip(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      const output = join(folder, "out.mp4");
      const transcoder = await device.createTranscoder(source.path, output, kFast);
      await transcoder.segmentedTranscode(0, 0.4);
      transcoder.close();
      transcoder.close();
      await until(() => device.stats.liveTranscoders === 0, () => "the end");
      await untilFiles(folder, ["out.mp4"]);
      await assertShows(output, source, 0, 10);
      const busy = await device.createTranscoder(source.path, join(folder, "busy.mp4"), kFast);
      const job = busy.transcodeWithMux();
      busy.close();
      await assertRejects(() => job.completion, ClosedError);
      await assertRejects(() => busy.transcodeWithMux().completion, ClosedError);
      await assertRejects(() => busy.finish(), ClosedError);
      await untilFiles(folder, ["out.mp4"]);
      await using _disposed = await device.createTranscoder(
        source.path,
        join(folder, "d.mp4"),
        kFast,
      );
      await _disposed.segmentedTranscode(0, 0.2);
    }), kOptions);
});

async function untilFiles(folder: string, wanted: readonly string[]): Promise<void> {
  let found: string[] = [];
  const end = performance.now() + 20_000;
  do {
    found = await filesIn(folder);
    if (String(found) === String(wanted)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  } while (performance.now() < end);
  assertEquals(found, wanted);
}

test("bytes and streams are outputs, too", async () => {
  const source = await timedClip(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      await using transcoder = await device.createTranscoder(source.path, { bytes: true }, kFast);
      const { data, output } = await transcoder.transcodeWithMux();
      assertEquals(output, null);
      const file = join(folder, "bytes.mp4");
      await writeFile(file, data!);
      await assertShows(file, source, 0, source.times.length);
      await transcoder.segmentedTranscode(0, 0.4);
      await transcoder.segmentedTranscode(1, 1.2);
      await writeFile(file, (await transcoder.finish()).data!);
      const numbers = [...source.numbers.slice(0, 10), ...source.numbers.slice(25, 30)];
      assertEquals((await shownOf(file)).numbers, numbers);
      const job = transcoder.segmentedTranscode(0.4, 0.8, { output: { readable: true } });
      await writeFile(file, new Uint8Array(await new Response(job.readable).arrayBuffer()));
      assertEquals((await job).container, "mp4");
      assertEquals((await shownOf(file)).numbers, source.numbers.slice(10, 20));
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

test("what makes no sense is refused when the transcoder is made", async () => {
  const { path } = await clip(kClip);
  await withDevice(async (device) => {
    const make = (config: object) => device.createTranscoder(path, null, config);
    await assertRejects(() => make({ bitrat: 5 }), TypeError, 'no key "bitrat"');
    await assertRejects(() => make({ bf: 99 }), RangeError, "bf");
    await assertRejects(() => make({ bf: "many" }), TypeError, "bf");
    await assertRejects(() => make({ audio: "loud" }), TypeError, "audio");
    await assertRejects(() => make({ codec: "vp9" }), TypeError, "createTranscoder(): codec");
    await assertRejects(
      () => device.createTranscoder(path, 5 as never),
      TypeError,
      "createTranscoder()",
    );
    await assertRejects(() => make({ width: 101 }), Error, "even");
    await assertRejects(() => make({ format: "rgb" }), TypeError, "YUV");
    await assertRejects(() => make({ cq: 20, rc: "cbr" }), TypeError, "cq");
    await assertRejects(() => make({ container: "doc" }), TypeError, "container");
    await assertRejects(() => device.createTranscoder("/nowhere.mp4"), MediaIoError, "nowhere");
    const bytes = new Uint8Array(await readFile(path));
    const stream = new Blob([bytes]).stream();
    await assertRejects(() => device.createTranscoder(stream), UnsupportedError, "random access");
    {
      using named = await device.createTranscoder(path, null, { label: "night" });
      using plain = await make({});
      assertEquals([named.label, plain.label], ["night", path]);
      assertEquals([plain.streamMetadata.codec, plain.duration], ["h264", 1.8]);
    }
    const blob = await device.createTranscoder(new Blob([bytes]), null, kFast);
    await assertRejects(() => blob.transcodeWithMux().completion, TypeError, "no name");
    const { data } = await blob.segmentedTranscode(0.2, 0.4, { output: { bytes: true } });
    assert(data!.length > 0);
    blob.close();
  }, kOptions);
});
