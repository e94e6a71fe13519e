/** Processes end when and how they should, whatever is going on in the library. */
import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
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
