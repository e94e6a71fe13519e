/** Transcoders: where they write to, what they refuse, and how they end. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { clip } from "../support/clips.ts";
import { inFolder } from "../support/folder.ts";
import { until, withDevice } from "./contract_device.ts";
import { ClosedError, MediaIoError, UnsupportedError } from "./cuframe.ts";
import { filesIn } from "./muxed_file.ts";
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
