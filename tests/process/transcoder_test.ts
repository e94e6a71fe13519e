/** Processes that end while they transcode. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { clip } from "../support/clips.ts";
import { type Ending, LIMIT, runProgram } from "./child.ts";

interface Left extends Ending {
  /** Files in the output's folder. */
  readonly files: readonly string[];
}

async function run(mode: string): Promise<Left> {
  const { path } = await clip("h264_1080p.mp4");
  const folder = mkdtempSync(join(tmpdir(), "cuframe-transcoder-"));
  try {
    const args = [mode, path, join(folder, "out.mp4")];
    const ending = await runProgram("./transcoder_program.ts", { args });
    return { ...ending, files: readdirSync(folder) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const kTemporary = /^\.out2?\.mp4\.\w{8}\.part$/;
const areTemporary = (names: readonly string[]): boolean =>
  names.length > 0 && names.every((name) => kTemporary.test(name));

for (const mode of ["kill", "kill between segments", "kill within segments", "exit"]) {
  test(`a process that ends by ${mode} leaves no file under a final name`, LIMIT, async () => {
    const { code, signal, stdout, stderr, files } = await run(mode);
    const isKilled = mode !== "exit";
    assertEquals([code, signal, stderr], isKilled ? [null, "SIGKILL", ""] : [3, null, ""]);
    assert(areTemporary(stdout.split(",")), stdout);
    assert(
      isKilled ? areTemporary(files) : files.every((name) => kTemporary.test(name)),
      files.join(),
    );
  });
}

test("a process that completes its output leaves that", LIMIT, async () => {
  const { code, stdout, stderr, files } = await run("finish");
  assertEquals([code, stderr, stdout, files], [0, "", "out.mp4", ["out.mp4"]]);
});
