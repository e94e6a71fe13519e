/** Processes that end while they write a file, and one that serves one. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { framemd5 } from "../support/ffmpeg.ts";
import { type Ending, IN_DENO, LIMIT, runProgram } from "./child.ts";

async function inFolder(
  work: (path: string, files: () => string[]) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-muxer-"));
  try {
    await work(join(folder, "out.mkv"), () => readdirSync(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const run = (args: readonly string[], permissions?: readonly string[]): Promise<Ending> =>
  runProgram("./muxer_program.ts", { args, permissions });

for (const mode of ["kill", "exit", "leave", "throw"]) {
  test(`a process that ends by ${mode} leaves no file under the final name`, LIMIT, async () => {
    await inFolder(async (path, files) => {
      const { code, signal } = await run([mode, path]);
      const expected = { kill: "SIGKILL", exit: 3, leave: 0, throw: 1 }[mode];
      assertEquals(mode === "kill" ? signal : code, expected);
      assert(files().every((name) => /^\.out\.mkv\.\w{8}\.part$/.test(name)), files().join());
    });
  });
}

test("a process that closes the muxer and exits leaves nothing", LIMIT, async () => {
  await inFolder(async (path, files) => {
    assertEquals((await run(["close", path])).code, 0);
    assertEquals(files(), []);
  });
});

test("a process that finishes leaves the file, wherever it went meanwhile", LIMIT, async () => {
  await inFolder(async (path, files) => {
    const { code, stderr } = await run(["wander", relative(process.cwd(), path)]);
    assertEquals([code, stderr, files().join()], [0, "", "out.mkv"]);
  });
});

test("a server answers with a file that is written while it is sent", LIMIT, async () => {
  await inFolder(async (path) => {
    const { path: source } = await clip("h264_aac.mp4");
    const { code, stdout, stderr } = await run(["serve", path, source]);
    assertEquals([code, stderr, stdout.trim()], [0, "", "video/mp4"]);
    const md5s = async (file: string) => (await framemd5(file)).map(({ md5 }) => md5);
    assertEquals(await md5s(path), await md5s(source));
  });
});

test("writing a file needs --allow-write for it", IN_DENO, async () => {
  await inFolder(async (path, files) => {
    for (const permissions of [["--allow-ffi"], ["--allow-ffi", "--allow-write=/nowhere"]]) {
      const { stdout } = await run(["permission", path], permissions);
      assertMatch(stdout, /^MediaIoError: Writing .* is not permitted; .*--allow-write=/);
      assertStringIncludes(stdout, path);
      assertEquals(files(), []);
    }
    const { code, stderr } = await run(["finish", path], ["--allow-ffi", `--allow-write=${path}`]);
    assertEquals([code, stderr, files().join()], [0, "", "out.mkv"]);
  });
});
