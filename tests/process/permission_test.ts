/** What works with which of Deno's permissions, and what the errors say. */
import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { dirname } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { library } from "../../ffi/library.ts";
import { clip } from "../support/clips.ts";
import { framemd5 } from "../support/ffmpeg.ts";
import { MediaServer, resourceOf } from "../support/media_server.ts";
import { IN_DENO, runProgram } from "./child.ts";

type Results = Readonly<Record<string, string | undefined>>;

async function run(
  permissions: readonly string[],
  environment = {},
  address?: string,
): Promise<Results> {
  const path = address ?? (await clip("h264_b_pyramid.mp4")).path;
  const { code, stdout, stderr } = await runProgram("./permission_program.ts", {
    ...{ args: [path], permissions, environment },
  });
  assertEquals([code, stderr], [0, ""], stdout);
  return JSON.parse(stdout);
}

const kPixels = 176 * 144;

async function checkCopies(results: Results): Promise<void> {
  const { path } = await clip("h264_b_pyramid.mp4");
  const [{ md5 }] = await framemd5(path, { pixelFormat: "nv12" });
  const { decode, copy, tensorCopy, imageData } = results;
  const expected = { decode: "done", copy: md5, tensorCopy: "32", imageData: `${kPixels * 4}` };
  assertEquals({ decode, copy, tensorCopy, imageData }, expected);
}

test("the documented permissions are enough for everything", IN_DENO, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  const results = await run(["--allow-ffi", `--allow-read=${path}`]);
  await checkCopies(results);
  const { view, plane, tensorView, features } = results;
  assertEquals([view, plane, tensorView], [kPixels * 1.5, kPixels, kPixels * 3].map(String));
  assertStringIncludes(features!, "zero-copy-views");
});

test("a scoped --allow-ffi permits copies; views refuse in one sentence", IN_DENO, async () => {
  for (const scope of [library().path, dirname(library().path)]) {
    const results = await run([`--allow-ffi=${scope}`, "--allow-read"]);
    await checkCopies(results);
    for (const refusal of [results.view, results.plane, results.tensorView]) {
      assertMatch(
        refusal!,
        /^UnsupportedError: Views .* need --allow-ffi without a path; copyTo\(\)/,
      );
      assertEquals(refusal!.split("\n").length, 1);
    }
    assert(!results.features!.includes("zero-copy-views"));
  }
});

test("without --allow-ffi every entrance says so in one sentence", IN_DENO, async () => {
  for (const permissions of [["--allow-read"], ["--allow-ffi=/nowhere", "--allow-read"]]) {
    const { decode, features } = await run(permissions);
    for (const refusal of [decode, features]) {
      assertMatch(refusal!, /^LibraryError: Deno may not open .*libcuframe\.so.*--allow-ffi/);
      assertEquals(refusal!.split("\n").length, 1);
    }
  }
});

test("without --allow-read for the file the error names it", IN_DENO, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  for (const permissions of [["--allow-ffi"], ["--allow-ffi", "--allow-read=/nowhere"]]) {
    const { decode } = await run(permissions);
    assertMatch(decode!, /^MediaIoError: Reading .* is not permitted; .*--allow-read/);
    assertStringIncludes(decode!, path);
  }
});

test("a web server needs --allow-net for its host, and nothing else", IN_DENO, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await using server = await MediaServer.start(resourceOf(new Uint8Array(await readFile(path))));
  const address = server.at("a.mp4");
  for (const host of [server.host, "127.0.0.1"]) {
    await checkCopies(await run(["--allow-ffi", `--allow-net=${host}`], {}, address));
  }
  const { length } = server.exchanges;
  for (const others of [["--allow-read"], ["--allow-net=127.0.0.1:9"]]) {
    const { decode } = await run(["--allow-ffi", ...others], {}, address);
    assertMatch(decode!, /^MediaIoError: Reading .* is not permitted; .*--allow-net=/);
    assertStringIncludes(decode!, address);
    assertStringIncludes(decode!, `--allow-net=${server.host}`);
  }
  assertEquals(server.exchanges.length, length);
});

test("a redirect to a host that is not permitted is refused", IN_DENO, async () => {
  await using other = await MediaServer.start(resourceOf(new Uint8Array(9)));
  const answers = (_: unknown, response: ServerResponse): boolean => {
    response.writeHead(302, { location: other.at("a.mp4") }).end();
    return true;
  };
  await using server = await MediaServer.start({ ...resourceOf(new Uint8Array(9)), answers });
  const permissions = ["--allow-ffi", `--allow-net=${server.host}`];
  const { decode } = await run(permissions, {}, server.at("a.mp4"));
  assertMatch(decode!, /^MediaIoError: .*a\.mp4 could not be read: .*net access/);
  assertEquals(other.exchanges.length, 0);
});

test("--deny-env is no hindrance, and CUFRAME_LIB is then not read", IN_DENO, async () => {
  const environment = { CUFRAME_LIB: "/nowhere/libcuframe.so" };
  await checkCopies(await run(["--allow-ffi", "--allow-read", "--deny-env"], environment));
  const { decode } = await run(["--allow-ffi", "--allow-read", "--allow-env"], environment);
  assertMatch(decode!, /^LibraryError: .*\/nowhere\/libcuframe\.so/s);
});
