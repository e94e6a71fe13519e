/**
 * The simulated NVENC judged by Debian's ffmpeg: frames that are on the device already, lossless
 * streams, bit rates, messages, and cards that cannot.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { clip } from "../support/clips.ts";
import {
  assertEncodedThere,
  encode,
  FieldRecord,
  folder,
  kSource,
  LIMIT,
  probe,
  psnr,
  run,
} from "./encode_judge.ts";

/** Checksums of the pictures of a stream, as yuv420p. */
async function pictures(input: readonly string[]): Promise<string[]> {
  const ending = await run("ffmpeg", [
    ...["-v", "error", "-nostdin", ...input, "-map", "0:v:0", "-pix_fmt", "yuv420p"],
    ...["-fps_mode", "passthrough", "-f", "framemd5", "pipe:1"],
  ]);
  assertEquals(ending.stderr, "");
  return ending.stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",").at(-1)!.trim());
}

for (const decoder of ["h264_cuvid", "h264"]) {
  test(`frames that ${decoder} left on the device are encoded without a copy`, LIMIT, async () => {
    const wanted = await clip("h264_1080p.mp4");
    const device = ["-hwaccel", "cuda", "-hwaccel_output_format", "cuda", "-c:v", decoder];
    const encoded = await encode(["-preset", "p1", "-bf", "0"], {
      input: [...device, "-i", wanted.path],
    });
    assertEncodedThere(encoded, wanted.frames);
    const { counters, calls } = encoded.report;
    assertEquals(counters.encode_host_copies, 0);
    assertEquals(counters.pictures_decoded, wanted.frames);
    assertEquals(calls.nvEncMapInputResource, wanted.frames);
    assert(await psnr(encoded.path, ["-i", wanted.path]) > 30);
  });
}

for (const codec of ["h264_nvenc", "hevc_nvenc"]) {
  test(`${codec} -tune lossless is lossless`, LIMIT, async () => {
    const encoded = await encode(["-pix_fmt", "yuv420p", "-tune", "lossless"], { codec });
    assertEncodedThere(encoded);
    const config = new FieldRecord(encoded.report.encode.config);
    assertEquals([config.word(44), config.word(48)], [0, 0]);
    const source = await pictures(["-f", "lavfi", "-i", kSource]);
    assertEquals(await pictures(["-i", encoded.path]), source);
  });
}

for (const [mode, wanted] of [["cbr", 700_000], ["vbr", 400_000]] as const) {
  test(`-rc ${mode} -b:v ${wanted} gives that rate within a tenth, over 10 s`, LIMIT, async () => {
    // Noise, of which there is more than the rate allows.
    const noise = "testsrc2=s=320x240:r=25:d=10,noise=alls=30:allf=t";
    const encoded = await encode(
      ["-pix_fmt", "nv12", "-rc", mode, "-b:v", String(wanted), "-bufsize", String(wanted)],
      { input: ["-f", "lavfi", "-i", noise] },
    );
    assertEncodedThere(encoded, 250);
    const rate = encoded.report.counters.encoded_bytes * 8 / 10;
    assert(Math.abs(rate / wanted - 1) < 0.1, `${rate} bits per second`);
    assert((await stat(encoded.path)).size * 8 / 10 > rate);
  });
}

test("user data goes from stream to stream as SEI", LIMIT, async () => {
  const path = join(folder, "x264.mp4");
  const made = await run("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", kSource, "-pix_fmt", "yuv420p"],
    ...["-c:v", "libx264", "-preset", "ultrafast", path],
  ]);
  assertEquals(made.stderr, "");
  // x264 says who it is in unregistered user data of its first picture.
  const encoded = await encode(["-udu_sei", "1", "-bf", "0", "-surfaces", "8"], {
    input: ["-i", path],
  });
  assertEncodedThere(encoded);
  const written = (await readFile(encoded.path)).toString("latin1");
  assert(written.includes("x264 - core"));
  const without = await encode(["-udu_sei", "0"], { input: ["-i", path] });
  assertEncodedThere(without);
  assert(!(await readFile(without.path)).toString("latin1").includes("x264 - core"));
});

test("access unit delimiters and slices are in the stream", LIMIT, async () => {
  const encoded = await encode(["-pix_fmt", "nv12", "-aud", "1", "-slices", "3", "-bf", "0"]);
  assertEncodedThere(encoded);
  const traced = await run("ffmpeg", [
    ...["-v", "trace", "-nostdin", "-i", encoded.path, "-c", "copy"],
    ...["-bsf:v", "trace_headers", "-frames:v", "1", "-f", "null", "-"],
  ]);
  const count = (text: string) => traced.stderr.split(text).length - 1;
  assert(count("Access Unit Delimiter") >= 1);
  assert(count("Slice Header") % 3 === 0 && count("Slice Header") > 0);
});

test(
  "a card without NVENC, without HEVC, without B-frames, or with all sessions taken",
  LIMIT,
  async () => {
    const [none, hevc, b] = await Promise.all([
      encode(["-pix_fmt", "nv12"], { model: "h100" }),
      encode(["-pix_fmt", "nv12"], { codec: "hevc_nvenc", more: { CUFSIM_ENCODE_CODECS: "1" } }),
      encode(["-pix_fmt", "nv12", "-bf", "2"], { more: { CUFSIM_ENCODE_CAPS: "0:0" } }),
    ]);
    assert(/No capable devices found|unsupported device/i.test(none.ending.stderr));
    assert(/Codec not supported/i.test(hevc.ending.stderr), hevc.ending.stderr);
    assert(/Max B-frames 2 exceed 0/i.test(b.ending.stderr), b.ending.stderr);
    for (const { ending, report } of [none, hevc, b]) {
      assert(ending.code !== 0 && ending.signal === null);
      assertEquals(report.counters.encoders ?? 0, 0);
    }
  },
);

test("a driver that is older than the client is refused by name", LIMIT, async () => {
  // No driver speaks less than 11.1 here, which is what this ffmpeg was built for.
  const encoded = await encode(["-pix_fmt", "nv12"], { more: { CUFSIM_ENCODE_API: "110" } });
  assert(encoded.ending.code !== 0);
  assert(/Required: 11\.1 Found: 11\.0/.test(encoded.ending.stderr), encoded.ending.stderr);
});

test("slow streams and a slow encoder change no picture", LIMIT, async () => {
  const wanted = await clip("h264_1080p.mp4");
  const device = ["-hwaccel", "cuda", "-hwaccel_output_format", "cuda"];
  const options = ["-rc", "constqp", "-qp", "30", "-preset", "p1", "-bf", "0", "-frames:v", "12"];
  const input = [...device, "-i", wanted.path];
  const slow = { CUFSIM_STREAM_DELAY_US: "2000", CUFSIM_ENCODE_US: "5000" };
  const [quick, late] = await Promise.all([
    encode(options, { input }),
    encode(options, { input, more: slow }),
  ]);
  assertEncodedThere(late, 12);
  assertEquals(await pictures(["-i", late.path]), await pictures(["-i", quick.path]));
  assertEquals((await probe(late.path)).types, "IPPPPPPPPPPP");
});
