/** What README shows of encoding and muxing runs as it stands there. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { clip } from "../support/clips.ts";
import { ffprobeStreams } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { LIMIT, runProgram } from "./child.ts";

const kRoot = new URL("../../", import.meta.url);

/** What stands before each snippet of the section. */
const kBefore = `
import { type Frame, requestDevice } from "${new URL("mod.ts", kRoot)}";
await using device = await requestDevice({ backend: "cpu" });
await using video = await device.createSimpleDecoder("in.mp4");
const frames = await video.getBatchFrames(3);
`;
const kEncoder = `
await using encoder = await device.createEncoder({ width: 176, height: 144, fps: 25 });
`;
const kSize = "const { width, height } = frames[0];\n";

function snippets(title: string): string[] {
  const readme = readFileSync(new URL("README.md", kRoot), "utf8");
  const section = new RegExp(`\n### ${title}\n([^]*?)\n### `).exec(readme)![1];
  return [...section.matchAll(/\n\`\`\`ts\n([^]*?)\`\`\`/g)].map(([, code]) => code);
}

/**
 * Runs the snippets of a section, each of which `blockOf` makes a block, in a folder with in.mp4. They must leave
 * none of what the member `live` of device.stats counts. Gives the output to `check`.
 */
async function runSection(
  title: string,
  count: number,
  { input, live, blockOf = (code) => `{\n${code}}\n` }: {
    readonly input: string;
    readonly live: string;
    readonly blockOf?: (code: string) => string;
  },
  check: (stdout: string, folder: string) => Promise<void> | void,
): Promise<void> {
  const { path } = await clip(input);
  const blocks = snippets(title).map(blockOf);
  assertEquals(blocks.length, count);
  await inFolder(async (folder) => {
    copyFileSync(path, join(folder, "in.mp4"));
    const program = join(folder, "snippets.ts");
    writeFileSync(
      program,
      `process.chdir(${JSON.stringify(folder)});\n` + kBefore + blocks.join("") +
        `for (const frame of frames) frame.close();\nconsole.log(device.stats.${live});\n`,
    );
    const { code, stdout, stderr } = await runProgram(program);
    assertEquals([code, stderr], [0, ""], stdout);
    assertEquals(stdout.trimEnd().split("\n").at(-1), "0");
    await check(stdout, folder);
  });
}

test("every snippet of README's section on encoding runs", LIMIT, async () => {
  const blockOf = (code: string): string => {
    const hasEncoder = code.includes("const encoder") || code.includes("using encoder");
    const hasSize = code.includes("const { width") || !/\bwidth,/.test(code);
    return `{\n${hasSize ? "" : kSize}${hasEncoder ? "" : kEncoder}${code}}\n`;
  };
  const setup = { input: "h264_b_pyramid.mp4", live: "liveEncoders", blockOf };
  await runSection("Encoding", 4, setup, (stdout) => {
    assert(stdout.split("\n").length > 40 && stdout.includes("libx264 1\n"), stdout);
  });
});

test("every snippet of README's section on muxing runs", LIMIT, async () => {
  const setup = { input: "h264_aac.mp4", live: "liveMuxers" };
  await runSection("Muxing", 2, setup, async (_, folder) => {
    for (const name of ["copy.mkv", "hevc.mp4"]) {
      const streams = await ffprobeStreams(join(folder, name));
      const wanted = [name === "copy.mkv" ? "h264" : "hevc", "aac"];
      assertEquals(streams.map(({ codec_name }) => codec_name), wanted);
    }
  });
});

test("every snippet of README's section on transcoding runs", LIMIT, async () => {
  const setup = { input: "h264_aac.mp4", live: "liveTranscoders" };
  await runSection("Transcoding", 3, setup, async (stdout, folder) => {
    assert(
      stdout.includes("100 %\n45 1.8 ") && stdout.includes("in_segment_1.00_1.40.mp4 2 4"),
      stdout,
    );
    const lengths = { "small.mp4": 45, "part.mp4": 15, "second.mp4": 25, "best.mp4": 20 };
    for (const [name, frames] of Object.entries(lengths)) {
      const [video, audio] = await ffprobeStreams(join(folder, name));
      assertEquals([video.codec_name, Number(video.nb_frames)], ["h264", frames], name);
      assertEquals(audio.codec_name, "aac");
    }
  });
});
