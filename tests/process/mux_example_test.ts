/** The example of muxing, with the permissions that it documents. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { ffprobeStreams, framemd5 } from "../support/ffmpeg.ts";
import { LIMIT, runProgram } from "./child.ts";

const kPermissions = ["--allow-ffi", "--allow-read", "--allow-write"];

test("remux.ts copies a video into another container", LIMIT, async () => {
  const { path } = await clip("h264_aac.mp4");
  const folder = mkdtempSync(join(tmpdir(), "cuframe-remux-"));
  const run = (args: readonly string[]) =>
    runProgram("../../examples/remux.ts", { args, permissions: kPermissions });
  try {
    const output = join(folder, "out.mkv");
    const { code, stderr } = await run(["-i", path, "-o", output, "-l", "fra"]);
    assertEquals(code, 0, stderr);
    const line = JSON.parse(stderr);
    assertEquals([line.container, line.tracks], ["mkv", ["video h264", "audio aac"]]);
    const md5s = async (file: string) => (await framemd5(file)).map(({ md5 }) => md5);
    assertEquals(await md5s(output), await md5s(path));
    const [sound] = await ffprobeStreams(output, "a");
    assertEquals((sound.tags as Record<string, unknown>).language, "fra");
    const again = await run(["-i", path, "-o", output]);
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, "overwrite");
    const fast = await run(["-i", output, "-o", join(folder, "fast.mp4"), "--fast-start"]);
    assertEquals(fast.code, 0, fast.stderr);
    const bytes = readFileSync(join(folder, "fast.mp4"), "latin1");
    assertEquals(bytes.indexOf("moov") < bytes.indexOf("mdat"), true);
    const streamed = await run(["-i", path, "-o", "-", "-f", "ts"]);
    assertEquals(streamed.code, 0, streamed.stderr);
    assertEquals(JSON.parse(streamed.stderr).container, "ts");
    assertEquals(streamed.stdout.startsWith("G"), true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
