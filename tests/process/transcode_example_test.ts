/** The examples of transcoding, with the permissions that they document. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { ffprobeFrames, ffprobeStreams } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { documentedPermissions, type Ending, LIMIT, runProgram } from "./child.ts";

const kPermissions = ["--allow-ffi", "--allow-read", "--allow-write"];
/** The guide's own. */
const kConfig = JSON.stringify({
  codec: "h264",
  preset: "P4",
  tuning_info: "high_quality",
  bitrate: 5_000_000,
});

async function run(name: string, args: readonly string[]): Promise<Ending> {
  const permissions = documentedPermissions(name);
  assertEquals(permissions, kPermissions);
  return await runProgram(`../../examples/${name}`, { args, permissions });
}

const transcode = (...args: string[]): Promise<Ending> => run("transcode.ts", args);
const createSegments = (...args: string[]): Promise<Ending> =>
  run("create_video_segments.ts", args);

/** Of a file that an example wrote: whether frames are key frames, and the codecs of its streams. */
async function readBack(path: string) {
  const frames = await ffprobeFrames(path);
  const codecs = (await ffprobeStreams(path)).map(({ codec_name }) => codec_name);
  const sound = (await ffprobeStreams(path, "a")).map(({ codec_name }) => codec_name);
  return {
    keys: frames.map(({ keyFrame }) => keyFrame),
    codecs: [...new Set([...codecs, ...sound])],
  };
}

test("transcode.ts transcodes a whole video by the guide's JSON", LIMIT, async () => {
  const { path } = await clip("h264_aac.mp4");
  await inFolder(async (folder) => {
    const [output, config] = [join(folder, "out.mp4"), join(folder, "config.json")];
    writeFileSync(config, kConfig);
    const { code, stdout, stderr } = await transcode("-i", path, "-o", output, "-c", config);
    assertEquals([code, stderr], [0, ""]);
    const line = JSON.parse(stdout);
    assertEquals([line.frames, line.codec, line.width, line.height], [45, "h264", 176, 144]);
    assertEquals([line.output, line.audioTracks, line.encoder], [output, 1, "libx264"]);
    const { keys, codecs } = await readBack(output);
    assertEquals([keys.length, keys[0], codecs], [45, true, ["h264", "aac"]]);

    const again = await transcode("-i", path, "-o", output);
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, "overwrite");
  });
});

test("transcode.ts changes the codec and the size, and leaves the sound out", LIMIT, async () => {
  const { path } = await clip("h264_aac.mp4");
  await inFolder(async (folder) => {
    const [output, config] = [join(folder, "out.mkv"), join(folder, "config.json")];
    writeFileSync(output, "before");
    writeFileSync(config, JSON.stringify({ codec: "hevc", preset: "P1", bitrate: "300K" }));
    const files = ["-i", path, "-o", output, "-c", config];
    const { code, stderr } = await transcode(...files, "-s", "96x80", "-a", "none", "--overwrite");
    assertEquals([code, stderr], [0, ""]);
    const [{ width, height }] = await ffprobeStreams(output);
    const { keys, codecs } = await readBack(output);
    assertEquals([width, height, keys.length, codecs], [96, 80, 45, ["hevc"]]);

    writeFileSync(config, JSON.stringify({ codec: "h264", prset: "P4" }));
    const wrong = await transcode("-i", path, "-o", join(folder, "no.mp4"), "-c", config);
    assertEquals([wrong.code, existsSync(join(folder, "no.mp4"))], [1, false]);
    assertStringIncludes(wrong.stderr, "prset");
  });
});

test(
  "create_video_segments.ts writes a file for each line of the guide's file",
  LIMIT,
  async () => {
    const { path } = await clip("h264_aac.mp4");
    await inFolder(async (folder) => {
      const [segments, config] = [join(folder, "segments.txt"), join(folder, "config.json")];
      writeFileSync(config, kConfig);
      writeFileSync(segments, "# of 1.8 s\n0.0 0.4\n\n0.2\t1.0 # in a GOP\n1.5, 60\n");
      const files = ["-i", path, "-s", segments, "-c", config, "-o", join(folder, "cut.mp4")];
      const { code, stdout, stderr } = await createSegments(...files);
      assertEquals(code, 0, stderr);
      assertMatch(stderr, /^1\.80 s of h264, 3 segments\n1\.5 to 60 s ends with the video\n$/);
      const line = JSON.parse(stdout);
      const names = ["0.00_0.40", "0.20_1.00", "1.50_1.80"].map((it) => `cut_segment_${it}.mp4`);
      assertEquals(
        line.files.map(({ output }: { output: string }) => output),
        names.map((name) => join(folder, name)),
      );
      assertEquals(line.files.map(({ frames }: { frames: number }) => frames), [10, 20, 7]);
      assertEquals([line.frames, line.decodersCreated], [37, 1]);
      assertEquals(readdirSync(folder).sort(), ["config.json", ...names, "segments.txt"]);
      for (const [i, name] of names.entries()) {
        const { keys, codecs } = await readBack(join(folder, name));
        assertEquals([keys.length, keys[0]], [[10, 20, 7][i], true], name);
        assertEquals(codecs, ["h264", "aac"], name);
      }
    });
  },
);

test("create_video_segments.ts joins segments, and does several at once", LIMIT, async () => {
  const { path } = await clip("h264_aac.mp4");
  await inFolder(async (folder) => {
    const [segments, output] = [join(folder, "segments.txt"), join(folder, "best.mp4")];
    writeFileSync(segments, "1.0 1.4\n0.0 0.4\n");
    const joined = await createSegments("-i", path, "-s", segments, "-o", output, "--join");
    assertEquals(joined.code, 0, joined.stderr);
    const { keys, codecs } = await readBack(output);
    assertEquals([keys.length, keys[0], keys[10], codecs], [20, true, true, ["h264", "aac"]]);

    const both = await createSegments("-i", path, "-s", segments, "-o", output, "-n", "2");
    assertEquals(both.code, 0, both.stderr);
    const cut = await readBack(join(folder, "best_segment_1.00_1.40.mp4"));
    assert(cut.keys[0]);
    assertEquals([cut.keys.length, readdirSync(folder).length], [10, 4]);
  });
});

test(
  "create_video_segments.ts says which line is wrong, before it writes anything",
  LIMIT,
  async () => {
    const { path } = await clip("h264_aac.mp4");
    await inFolder(async (folder) => {
      const segments = join(folder, "segments.txt");
      const output = join(folder, "cut.mp4");
      for (
        const [text, complaint] of [
          ["0 1\n0.5\n", 'line 2: "0.5" is not a start and an end in seconds'],
          ["0 1 2\n", 'line 1: "0 1 2" is not a start and an end in seconds'],
          ["0 one\n", 'line 1: "0 one" is not a start and an end in seconds'],
          ["\n2 1\n", "line 2: 2 is not before 1"],
          ["0 1\n5 6\n", "there is no segment from 5 to 6 s: the video ends at 1.8 s"],
        ]
      ) {
        writeFileSync(segments, text);
        const { code, stderr } = await createSegments("-i", path, "-s", segments, "-o", output);
        assertEquals(code, 1, text);
        assertStringIncludes(stderr, complaint);
        assertEquals(readdirSync(folder), ["segments.txt"]);
      }
    });
  },
);
