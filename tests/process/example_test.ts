/** The examples, with the permissions that they document. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { ffmpeg, ffprobeStreams } from "../support/ffmpeg.ts";
import { type Ending, LIMIT, runProgram } from "./child.ts";

const kPermissions = ["--allow-ffi", "--allow-read", "--allow-write"];

/** What the file's comment tells Deno's users to type. */
function documentedPermissions(name: string): string[] {
  const text = readFileSync(new URL(`../../examples/${name}`, import.meta.url), "utf8");
  const command = /deno run ([^\n]*?) (?:\\\n|examples\/)/.exec(text)?.[1] ?? "";
  return command.split(" ").filter((word) => word.startsWith("--allow"));
}

async function run(name: string, args: readonly string[]): Promise<Ending> {
  const permissions = documentedPermissions(name);
  assertEquals(permissions, kPermissions);
  return await runProgram(`../../examples/${name}`, { args, permissions });
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
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

test(
  "examples without an input, or with one that is not there, end with an error",
  LIMIT,
  async () => {
    for (const name of ["decode.ts", "decode_from_memory_buffer.ts"]) {
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
