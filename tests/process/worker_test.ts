/** Several JS threads use the library at once, and one of them ends early. */
import { test } from "node:test";
import { assertEquals, assertMatch } from "@std/assert";
import { clip } from "../support/clips.ts";
import { framemd5 } from "../support/ffmpeg.ts";
import { LIMIT, runProgram } from "./child.ts";

async function result(mode: string, path: string): Promise<unknown> {
  const { code, signal, stdout, stderr } = await runProgram("./worker_program.ts", {
    args: [mode, path],
  });
  assertEquals({ code, signal, stderr }, { code: 0, signal: null, stderr: "" }, stdout);
  return JSON.parse(stdout);
}

async function wanted(path: string): Promise<string[]> {
  return (await framemd5(path, { pixelFormat: "nv12" })).map(({ md5 }) => md5);
}

test("four Workers and the main thread decode; one Worker is terminated", LIMIT, async () => {
  const { path } = await clip("h264_one_gop.mp4");
  const all = await result("terminate", path) as string[][];
  const expected = await wanted(path);
  assertEquals(all.length, 5);
  for (const sums of all) assertEquals(sums, expected);
});

test("frames and tensors are not posted to Workers", LIMIT, async () => {
  const { path } = await clip("h264_64x64.mp4");
  for (const refusal of await result("refuse", path) as string[]) {
    assertMatch(refusal, /^DataCloneError: .*(could not|can not|cannot) be cloned/s);
  }
});

test("packets reach a Worker, and copied bytes come back", LIMIT, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  assertEquals(await result("exchange", path), await wanted(path));
});
