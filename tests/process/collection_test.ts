/** What becomes of frames that nobody closes, and of views that outlive them. */
import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { LIMIT, runProgram } from "./child.ts";

async function run(mode: string): Promise<Record<string, unknown>> {
  const { path } = await clip("h264_b_pyramid.mp4");
  const { code, signal, stdout, stderr } = await runProgram("./collection_program.ts", {
    ...{ args: [mode, path], denoFlags: ["--v8-flags=--expose-gc"] },
  });
  assertEquals({ code, signal, stderr }, { code: 0, signal: null, stderr: "" }, stdout);
  return JSON.parse(stdout);
}

test("what is dropped is freed, with one warning for each label", LIMIT, async () => {
  const { warnings, ...rest } = await run("dropped");
  assertEquals(rest, { before: 90, frames: true, liveCapsules: 1, all: true, frameBytes: 0 });
  const expected = ["'a decoder'", "'a demuxer'", "'first'", "'second'"];
  const sorted = (warnings as string[]).toSorted((a, b) => label(a) < label(b) ? -1 : 1);
  assertEquals(sorted.map(label), expected);
  for (const warning of sorted) assertStringIncludes(warning, "without close()");
});

const label = (warning: string): string => /'[^']*'/.exec(warning)?.[0] ?? "";

test("muxers that are dropped are closed", LIMIT, async () => {
  const { warnings, ...rest } = await run("muxers");
  assertEquals(rest, { before: 1, all: true, files: 0, ended: "ClosedError" });
  assertEquals((warnings as string[]).map(label).sort(), ["'a file'", "'a stream'"]);
});

test("a view in use keeps its frame's memory, and no longer", LIMIT, async () => {
  const expected = { others: true, liveFrames: 5, intact: true, freed: true };
  assertEquals(await run("viewed"), expected);
});

test("a view that was transferred away puts its memory in quarantine", LIMIT, async () => {
  const expected = { enough: true, liveFrames: 0, intact: [true, true] };
  assertEquals(await run("transferred"), expected);
});

test("leaving a loop closes what was decoded ahead", LIMIT, async () => {
  assertEquals(await run("broken"), { afterBreak: 0, thrown: "NV12", afterThrow: 0 });
});
