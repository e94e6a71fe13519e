/** The example that serves segments, with the permissions that it documents. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { clip } from "../support/clips.ts";
import { ffmpeg, ffprobeFrames, ffprobeStreams } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { documentedPermissions, isDeno, LIMIT } from "./child.ts";

const kExample = "serve_segment.ts";
const kPermissions = ["--allow-ffi", "--allow-read", "--allow-net"];
/** Less than LIMIT, so that a hang is told of; the slowest test takes 13 s on a busy machine. */
const kPatienceMs = 110_000;

type Line = Readonly<Record<string, unknown>>;

/** The example at work. */
class SegmentServer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #deadline: ReturnType<typeof setTimeout>;
  #stderr = "";
  address = "";

  private constructor(args: readonly string[]) {
    const example = fileURLToPath(new URL(`../../examples/${kExample}`, import.meta.url));
    assertEquals(documentedPermissions(kExample), kPermissions);
    const runtime = isDeno ? ["run", "--no-check", "--no-prompt", "--quiet", ...kPermissions] : [];
    this.#child = spawn(process.execPath, [...runtime, example, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: "1" },
    });
    this.#deadline = setTimeout(() => this.#child.kill("SIGKILL"), kPatienceMs);
    this.#child.stderr!.on("data", (data) => this.#stderr += data);
    const { stdout } = this.#child;
    this.#lines = createInterface({ input: stdout! })[Symbol.asyncIterator]();
  }

  static async start(...args: string[]): Promise<SegmentServer> {
    const server = new SegmentServer([...args, "-p", "0"]);
    server.address = String((await server.line()).address);
    return server;
  }

  /** The next line that it prints. */
  async line(): Promise<Line> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`The server ended: ${this.#stderr}`);
    return JSON.parse(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#deadline);
    const ended = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await ended;
    assertEquals(this.#stderr, "");
  }
}

/** Noise, which makes large packets: nobody's buffers hold all of it. */
async function noisyClip(folder: string): Promise<string> {
  const path = join(folder, "noise.mp4");
  const picture = "testsrc2=s=640x360:r=30,noise=alls=40:allf=t";
  const encoding = ["-t", "20", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];
  await ffmpeg(["-f", "lavfi", "-i", picture, ...encoding, path]);
  return path;
}

test("serve_segment.ts answers with a segment as fragmented mp4", LIMIT, async () => {
  const { path } = await clip("h264_aac.mp4");
  await inFolder(async (folder) => {
    await using server = await SegmentServer.start("-i", path);
    for (const [start, end, frames] of [[0.2, 1, 20], [1.5, 100, 7]]) {
      const response = await fetch(`${server.address}?start=${start}&end=${end}`);
      assertEquals([response.status, response.headers.get("content-type")], [200, "video/mp4"]);
      const body = new Uint8Array(await response.arrayBuffer());
      assertEquals(await server.line(), { start, end, frames, bytes: body.length });
      const file = join(folder, "body.mp4");
      writeFileSync(file, body);
      assert(new TextDecoder("latin1").decode(body).includes("moof"));
      const shown = await ffprobeFrames(file);
      assertEquals([shown.length, shown[0].keyFrame, shown[0].pts], [frames, true, 0]);
      const [sound] = await ffprobeStreams(file, "a");
      assertEquals(sound.codec_name, "aac");
    }
  });
});

test("serve_segment.ts refuses what is no segment, with a sentence", LIMIT, async () => {
  const { path } = await clip("h264_aac.mp4");
  await using server = await SegmentServer.start("-i", path);
  for (
    const [query, sentence] of [
      ["start=1&end=0.5", "there is no segment from 1 to 0.5 s; 0 <= start < end, in seconds"],
      ["start=-1&end=1", "there is no segment from -1 to 1 s; 0 <= start < end, in seconds"],
      ["start=9&end=10", "there is no segment from 9 to 10 s: the video ends at 1.8 s"],
      ["start=1", "end must be a number of seconds, as in ?start=10&end=25"],
      ["start=one&end=2", "start must be a number of seconds, as in ?start=10&end=25"],
      ["start=&end=2", "start must be a number of seconds, as in ?start=10&end=25"],
    ]
  ) {
    const response = await fetch(`${server.address}?${query}`);
    assertEquals(response.status, 400, query);
    assertStringIncludes(await response.text(), sentence);
  }
  const posted = await fetch(`${server.address}?start=0&end=1`, { method: "POST" });
  assertEquals([posted.status, await posted.text()], [405, "Segments are fetched with GET\n"]);
});

test(
  "serve_segment.ts sends while it encodes, and stops for a client that goes away",
  LIMIT,
  async () => {
    await inFolder(async (folder) => {
      const path = await noisyClip(folder);
      const config = join(folder, "config.json");
      // Slow, so that it is still at work when the first bytes come.
      writeFileSync(config, JSON.stringify({ preset: "P6", gop: 10 }));
      await using server = await SegmentServer.start("-i", path, "-c", config);
      const client = new AbortController();
      const whole = `${server.address}?start=0&end=20`;
      const response = await fetch(whole, { signal: client.signal });
      // Held to the end: Bun closes the connection of a body that nobody holds any more.
      const body = response.body!.getReader();
      const { value } = await body.read();
      assert(value!.length > 0);
      // Others do not wait for it. This is the first that ends.
      const other = await fetch(`${server.address}?start=3&end=3.5`);
      const { byteLength } = await other.arrayBuffer();
      assertEquals(await server.line(), { start: 3, end: 3.5, frames: 15, bytes: byteLength });
      const left = performance.now();
      client.abort();
      const line = await server.line();
      const waited = performance.now() - left;
      assertEquals([line.start, line.end], [0, 20]);
      assertMatch(String(line.error), /^MediaIoError: The stream was cancelled/);
      assert(waited < 5000, `stopped after ${waited} ms`);
      await assertRejects(async () => {
        while (!(await body.read()).done);
      });
      // Both transcoders go on.
      const ends = await Promise.all(["start=0&end=0.5", "start=9&end=9.5"].map(async (query) => {
        const next = await fetch(`${server.address}?${query}`);
        await next.arrayBuffer();
        return next.status;
      }));
      assertEquals(ends, [200, 200]);
      const frames = [await server.line(), await server.line()].map((it) => it.frames);
      assertEquals(frames, [15, 15]);
    });
  },
);
