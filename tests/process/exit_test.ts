/** Processes end when and how they should, whatever is going on in the library. */
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { joinBytes } from "../support/ffmpeg.ts";
import { MediaServer, resourceOf } from "../support/media_server.ts";
import { type Ending, isDeno, LIMIT, runProgram } from "./child.ts";

async function end(mode: string, name = "h264_1080p.mp4"): Promise<Ending> {
  return await runProgram("./exit_program.ts", { args: [mode, (await clip(name)).path] });
}

test("a process ends by itself with everything open", LIMIT, async () => {
  assertEquals(await end("natural"), { code: 0, signal: null, stdout: "end\n", stderr: "" });
});

test("a process lives as long as frames are awaited", LIMIT, async () => {
  const ending = await end("awaiting", "h264.ts");
  assertEquals(ending, { code: 0, signal: null, stdout: "45\n", stderr: "" });
});

test("a process ends by itself in the middle of a server's answer", LIMIT, async () => {
  const part = await readFile((await clip("h264.ts")).path);
  const bytes = joinBytes(Array.from({ length: 100 }, () => part));
  for (const ignoresRanges of [false, true]) {
    const stuck = { ignoresRanges, holds: () => new Promise<void>(() => {}), holdsAfter: 300_000 };
    // A stream is read ahead, and what is read keeps a process alive until it is closed.
    for (const mode of ["remoteClosed", ...(ignoresRanges ? [] : ["remoteOpen"])]) {
      await using server = await MediaServer.start(resourceOf(bytes, stuck));
      const ending = await runProgram("./exit_program.ts", { args: [mode, server.at("a.ts")] });
      assertEquals(ending, { code: 0, signal: null, stdout: `${mode}\n`, stderr: "" });
    }
  }
});

for (const mode of ["throw", "rejection"]) {
  test(`a process ends with status 1 in the middle of decoding: ${mode}`, LIMIT, async () => {
    const { code, signal, stdout, stderr } = await end(mode, "h264.ts");
    assertEquals([code, signal, stdout], [1, null, ""], stderr);
    assertStringIncludes(stderr, "on purpose");
    assert(!/cuframe:|crash|panic/i.test(stderr), stderr);
  });
}

for (const mode of isDeno ? ["exit", "denoExit"] : ["exit"]) {
  test(`a process ends with its status in the middle of decoding: ${mode}`, LIMIT, async () => {
    assertEquals(await end(mode, "h264.ts"), { code: 3, signal: null, stdout: "", stderr: "" });
  });
}
