/** The examples, with the permissions that they document. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { ffmpeg, ffprobeStreams, joinBytes, runCommand } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { documentedPermissions, type Ending, LIMIT, runProgram } from "./child.ts";

const kPermissions = ["--allow-ffi", "--allow-read", "--allow-write"];

const kExamples = [
  "decode.ts",
  "decode_from_memory_buffer.ts",
  "decode_reconfigure.ts",
  "decode_sei_msg.ts",
  "decode_with_low_latency.ts",
  "simple_decode_from_memory.ts",
  "simple_decode_sampling.ts",
  "simple_decode_stats.ts",
  "threaded_decode.ts",
];

async function run(name: string, args: readonly string[]): Promise<Ending> {
  const permissions = documentedPermissions(name);
  assertEquals(permissions, kPermissions);
  return await runProgram(`../../examples/${name}`, { args, permissions });
}

async function rawvideo(path: string, pixelFormat: string, frames = 1000): Promise<Uint8Array> {
  const raw = ["-pix_fmt", pixelFormat, "-frames:v", String(frames), "-f", "rawvideo", "pipe:1"];
  return (await ffmpeg(["-i", path, ...raw])).stdout;
}

function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}

test("decode.ts writes raw frames, metadata, a JSON line and a contact sheet", LIMIT, async () => {
  const { path } = await clip("h264_aac.mp4");
  await inFolder(async (folder) => {
    const [output, sheet] = [join(folder, "out.yuv"), join(folder, "sheet.png")];
    const args = ["-i", path, "-o", output, "--contact-sheet", sheet];
    const { code, stdout, stderr } = await run("decode.ts", args);
    assertEquals(code, 0, stderr);
    assertEquals(bytesOf(output), new Uint8Array(await rawvideo(path, "nv12")));
    const line = JSON.parse(stdout);
    assertEquals(stdout.trimEnd().split("\n").length, 1);
    assertEquals([line.frames, line.bytes, line.codec], [45, 45 * 176 * 144 * 1.5, "h264"]);
    assert(line.seconds > 0 && line.fps > 0);
    assertMatch(stderr, /avc1\.\w{6}.*176 x 144.*25\.000 frames\/s.*45 frames/);
    assertMatch(stderr, /audio: aac, 48000 Hz/);
    const [image] = await ffprobeStreams(sheet);
    assertEquals([image.codec_name, image.pix_fmt], ["png", "rgb24"]);
    const pixels = await rawvideo(sheet, "rgb24");
    assertEquals(pixels.length, Number(image.width) * Number(image.height) * 3);
    // A sheet of one colour shows nothing.
    assert(new Set(pixels).size > 100);
  });
});

test("decode.ts stops after --frames and writes other colours", LIMIT, async () => {
  const { path } = await clip("ffv1_422_10bit.mkv");
  await inFolder(async (folder) => {
    const output = join(folder, "out.yuv");
    const args = ["-i", path, "-o", output, "-c", "raw", "-n", "7"];
    const { code, stdout, stderr } = await run("decode.ts", args);
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout).frames, 7);
    assertEquals(bytesOf(output), new Uint8Array(await rawvideo(path, "yuv422p10le", 7)));
  });
});

test("decode_from_memory_buffer.ts writes the same frames", LIMIT, async () => {
  for (const name of ["h264.ts", "vp9.webm", "h264_faststart.mp4"]) {
    const { path, codec } = await clip(name);
    await inFolder(async (folder) => {
      const output = join(folder, "out.yuv");
      const args = ["-i", path, "-o", output];
      const { code, stdout, stderr } = await run("decode_from_memory_buffer.ts", args);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(bytesOf(output), new Uint8Array(await rawvideo(path, "nv12")), name);
      const line = JSON.parse(stdout);
      assertEquals([line.frames, line.codec, line.backend], [45, codec, "cpu"]);
    });
  }
});

test("simple_decode_sampling.ts samples several videos with one decoder", LIMIT, async () => {
  const names = ["h264_b_pyramid.mp4", "h264_one_gop.mp4", "hevc.mp4"];
  const paths = await Promise.all(names.map(async (name) => (await clip(name)).path));
  await inFolder(async (folder) => {
    const sheet = join(folder, "samples.png");
    const inputs = paths.flatMap((path) => ["-i", path]);
    const args = [...inputs, "-n", "4", "--max-width", "176", "--contact-sheet", sheet];
    const { code, stdout, stderr } = await run("simple_decode_sampling.ts", args);
    assertEquals([code, stderr], [0, ""]);
    const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ input }) => input), [...paths, undefined]);
    assertEquals(lines[0].indices, [0, 14, 29, 44]);
    assertEquals([lines[1].numFrames, lines[1].indices], [90, [0, 29, 59, 89]]);
    const { decodersCreated, decodersReused, gopsDecoded } = lines[3];
    assert(decodersCreated >= 2 && decodersReused >= 0 && gopsDecoded >= 3, stdout);
    assertEquals((await ffprobeStreams(sheet))[0].codec_name, "png");
    const refused = await run("simple_decode_sampling.ts", ["-i", paths[0], "--max-width", "8"]);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "176 x 144");
  });
});

test("simple_decode_from_memory.ts writes RGB frames and names what it took", LIMIT, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await inFolder(async (folder) => {
    const output = join(folder, "out.rgb");
    const args = ["-i", path, "-o", output, "-n", "5"];
    const { code, stdout, stderr } = await run("simple_decode_from_memory.ts", args);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "45 frames, 25.000 frames/s, 3 key frames");
    assertEquals(JSON.parse(stdout), {
      ...{ frames: 5, first: [0], last: [44], slice: [0, 11, 22, 33, 44] },
      ...{ byIndex: [44, 0, 0], byTime: [22] },
    });
    assertEquals(bytesOf(output).length, 5 * 176 * 144 * 3);
  });
});

test("simple_decode_stats.ts reports what libav exports of every frame", LIMIT, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  const tool = new URL("../../build/release/decode_stats_tool", import.meta.url).pathname;
  const { stdout: exported } = await runCommand(tool, [path]);
  const wanted = new TextDecoder().decode(exported).trim().split("\n").map((line, i) => {
    const { type, blocks } = JSON.parse(line);
    const sum = blocks.reduce((total: number, block: number[]) => total + block[4], 0);
    return [`Frame ${i} (${type}): 11 x 9 blocks`, `  QP:     mean ${(sum / 99).toFixed(2)}`];
  });
  assertEquals(wanted.length, 45);
  await inFolder(async (folder) => {
    const output = join(folder, "stats.txt");
    const { code, stdout, stderr } = await run("simple_decode_stats.ts", [
      "-i",
      path,
      "-o",
      output,
    ]);
    assertEquals([code, stdout, stderr], [0, "", ""]);
    const lines = readFileSync(output, "utf8").trimEnd().split("\n");
    assertEquals(lines[0], `${path}: h264, 176 x 144, 45 frames`);
    const told = lines.filter((line) => /^Frame|QP/.test(line)).map((line) => line.split(",")[0]);
    assertEquals(told, wanted.flat());
    const types = lines.filter((line) => line.startsWith("  types: "));
    assertEquals(types[0], "  types:  INTRA 99 (100.0 %)");
    assertEquals(types.length, 45);
    assert(lines.some((line) => /motion: list 1, \d+ blocks, mean \(/.test(line)));
    const first = await run("simple_decode_stats.ts", ["-i", path, "-n", "2"]);
    assertEquals([first.code, first.stderr], [0, ""]);
    assertEquals(first.stdout, lines.slice(0, lines.indexOf(wanted[2][0])).join("\n") + "\n");
    const refused = await run("simple_decode_stats.ts", ["-i", (await clip("hevc.mp4")).path]);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "no decode statistics of hevc");
  });
});

test("threaded_decode.ts writes planar RGB frames of all videos", LIMIT, async () => {
  const first = (await clip("h264_b_pyramid.mp4")).path;
  const second = (await clip("vp9.webm")).path;
  await inFolder(async (folder) => {
    const output = join(folder, "out.rgbp");
    const args = ["-i", first, "-i", second, "-o", output, "-b", "4", "--buffer", "8"];
    const { code, stdout, stderr } = await run("threaded_decode.ts", [...args, "--start", "3"]);
    assertEquals([code, stderr], [0, ""]);
    const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ input, frames }) => [input, frames]), [[first, 42], [second, 42]]);
    for (const { numFrames, framesAhead } of lines) {
      assertEquals(numFrames, 45);
      assert(framesAhead <= 8, `${framesAhead} frames ahead`);
    }
    assertEquals(bytesOf(output).length, 84 * 176 * 144 * 3);
  });
});

test("decode_with_low_latency.ts prints percentiles for each mode", LIMIT, async () => {
  const { path } = await clip("h264_ipp_wide.mp4");
  await inFolder(async (folder) => {
    const output = join(folder, "out.yuv");
    const { code, stdout, stderr } = await run("decode_with_low_latency.ts", [
      ...["-i", path, "-o", output],
    ]);
    assertEquals([code, stderr], [0, ""]);
    const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    const modes = ["native", "low", "zero"];
    assertEquals(lines.map(({ latency }) => latency), modes);
    assertEquals(lines.map(({ effectiveLatency }) => effectiveLatency), modes);
    for (const { latency, frames, milliseconds, packets } of lines) {
      assertEquals(frames, 20);
      const { p50, p90, p99, max } = milliseconds;
      assert(0 < p50 && p50 <= p90 && p90 <= p99 && p99 <= max, JSON.stringify(milliseconds));
      if (latency !== "native") assertEquals(packets, { p50: 0, p90: 0, p99: 0, max: 0 });
    }
    assertEquals(bytesOf(output), new Uint8Array(await rawvideo(path, "nv12")));
  });
  const b = (await clip("h264_b_pyramid.mp4")).path;
  const { stdout } = await run("decode_with_low_latency.ts", ["-i", b, "-l", "zero"]);
  const { effectiveLatency, packets } = JSON.parse(stdout);
  if (effectiveLatency === "low") assert(packets.max > 0, stdout);
  const wrong = await run("decode_with_low_latency.ts", ["-i", b, "-l", "lowest"]);
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.stderr, "native|low|zero");
});

test("decode_reconfigure.ts decodes videos of several sizes with one decoder", LIMIT, async () => {
  const names = ["h264_b_pyramid.mp4", "h264_66x50.mp4", "h264_ipp.ts"];
  const paths = await Promise.all(names.map(async (name) => (await clip(name)).path));
  await inFolder(async (folder) => {
    const output = join(folder, "out.yuv");
    const inputs = paths.flatMap((path) => ["-i", path]);
    const { code, stdout, stderr } = await run("decode_reconfigure.ts", [
      ...inputs,
      ...["-o", output],
    ]);
    assertEquals([code, stderr], [0, ""]);
    const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    const end = lines.pop();
    assertEquals(
      lines.map(({ width, height, frames }) => [width, height, frames]),
      [[176, 144, 45], [66, 50, 45], [176, 144, 45]],
    );
    assertEquals([end.framesDecoded, end.maxWidth, end.decodersCreated], [135, 176, 1]);
    const raw = await Promise.all(paths.map((path) => rawvideo(path, "nv12")));
    assertEquals(bytesOf(output), joinBytes(raw));
  });
  const other = (await clip("hevc.mp4")).path;
  const mixed = await run("decode_reconfigure.ts", ["-i", paths[0], "-i", other]);
  assertEquals([mixed.code, mixed.stdout], [1, ""]);
  assertStringIncludes(mixed.stderr, "h264 and hevc");
});

test(
  "examples without an input, or with one that is not there, end with an error",
  LIMIT,
  async () => {
    for (const name of kExamples) {
      const usage = await run(name, []);
      assertEquals([usage.code, usage.signal, usage.stdout], [1, null, ""]);
      assertStringIncludes(usage.stderr, `Usage: ${name} -i INPUT`);
      const missing = await run(name, ["-i", "/nowhere/in.mp4"]);
      assertEquals([missing.code, missing.signal, missing.stdout], [1, null, ""]);
      assertStringIncludes(missing.stderr, "/nowhere/in.mp4");
      assert(!existsSync("/nowhere"));
    }
  },
);
