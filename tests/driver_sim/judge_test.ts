/**
 * The simulated driver judged by a client that nobody here wrote: Debian's ffmpeg, unchanged, decodes
 * on it through LD_LIBRARY_PATH. Equal frames alone would prove nothing, since ffmpeg falls back to
 * software silently: the counters of the simulated driver and an empty stderr are asserted too.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type Ending, isDeno, runCommand } from "../process/child.ts";
import { allClips, clip, type ClipTraits } from "../support/clips.ts";

const kDriver = join(import.meta.dirname!, "..", "..", "build", "release", "driver_sim");
const kSkip = !isDeno
  ? "Judged once, in Deno: ffmpeg is the client"
  : !existsSync(join(kDriver, "libcuda.so.1"))
  ? "The build has no simulated driver: it needs ffnvcodec's headers"
  : false;
const LIMIT = { timeout: 120_000, skip: kSkip };

/** ffmpeg's cuvid decoder of each codec. */
const kCuvid: Readonly<Record<string, string>> = {
  h264: "h264_cuvid",
  hevc: "hevc_cuvid",
  vp8: "vp8_cuvid",
  vp9: "vp9_cuvid",
  av1: "av1_cuvid",
  mpeg2video: "mpeg2_cuvid",
};
/** NVDEC's layout of what libav decodes to. */
const kLayout: Readonly<Record<string, string>> = {
  yuv420p: "nv12",
  yuvj420p: "nv12",
  yuv420p10le: "p010le",
  yuv420p12le: "p016le",
  yuv444p: "yuv444p",
  yuv444p12le: "yuv444p16le",
};
/** What an H100 does not decode, by name: refused, never decoded to something else. */
const kRefused =
  /^(h264_.*(10bit|deep|422|444).*|h264_deep\..*|mpeg2_422.*|hevc_422.*|.*_gray\..*)$/;
/** What its parser passes over without a word, and what its NVDEC makes something else of. */
const kPassedOver = /^vp9_444.*$/;
const kMistaken = /^h264_lossless.*$/;
/** What nvcuvid says of VP8's aspect ratio, ffmpeg remarks on. */
const kRemark = /^\[vp8_cuvid @ 0x[0-9a-f]+\] ignoring invalid SAR: 0\/0\n/;

interface Report {
  readonly calls: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

interface Judged {
  readonly ending: Ending;
  readonly frames: readonly string[];
  readonly report: Report | undefined;
}

const folder = await mkdtemp(join(tmpdir(), "cufsim-"));
after(() => rm(folder, { recursive: true, force: true }));
let runs = 0;

/** Runs ffmpeg to checksums of frames, with lines of "time, size, checksum". */
async function ffmpeg(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Judged> {
  const path = join(folder, `report-${runs++}.json`);
  const ending = await runCommand("timeout", [
    ...["-s", "KILL", "60", "ffmpeg", "-v", "warning", "-nostdin", "-xerror", ...args],
    ...["-fps_mode", "passthrough", "-autoscale", "0", "-f", "framemd5", "pipe:1"],
  ], { ...environment, CUFSIM_REPORT: path });
  const frames = ending.stdout.split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",").map((field) => field.trim()))
    .map(([, , pts, , size, md5]) => `${pts}, ${size}, ${md5}`);
  const report = existsSync(path) ? JSON.parse(await readFile(path, "utf8")) : undefined;
  return { ending, frames, report };
}

/** The same on the simulated driver. */
function simulated(args: readonly string[], model: string, more = {}): Promise<Judged> {
  return ffmpeg(args, { LD_LIBRARY_PATH: kDriver, CUFSIM_GPU: model, ...more });
}

const modelFor = (codec: string): string => codec === "av1" ? "l4" : "h100";
const input = (path: string): string[] => ["-i", path, "-map", "0:v:0", "-copyts"];

/** ffmpeg's arguments that put software frames into NVDEC's layout without changing a sample. */
function inLayout({ pixelFormat, fullRange }: ClipTraits, filter = ""): string[] {
  const moved = fullRange ? "scale=in_range=full:out_range=full," : "";
  return ["-vf", `${filter}${moved}format=${kLayout[pixelFormat]}`];
}

/** That the pictures came from the simulated NVDEC, and that ffmpeg left nothing behind. */
function assertDecodedThere(judged: Judged, traits: ClipTraits, frames: number): void {
  assertEquals(judged.ending.stderr.replace(kRemark, ""), "");
  assertEquals(judged.ending.code, 0);
  assert(judged.report !== undefined, "ffmpeg did not use the driver");
  const { counters, calls, problems } = judged.report;
  assertEquals(problems, []);
  // AV1's hidden frames are all shown later; those of VP8 and VP9 are not.
  const hidden = traits.hiddenFrames && traits.codec !== "av1";
  if (hidden) assert(counters.pictures_decoded > frames);
  else assertEquals(counters.pictures_decoded, frames);
  assert(calls.cuvidMapVideoFrame >= frames);
  for (const alive of ["contexts", "decoders", "parsers", "mapped", "device_bytes"]) {
    assertEquals(counters[alive] ?? 0, 0, `${alive} left behind`);
  }
}

const even = ({ width, height }: ClipTraits): boolean => width % 2 === 0 && height % 2 === 0;
const judgeable = allClips().filter((traits) =>
  traits.state === "good" && even(traits) && traits.codec in kCuvid && !traits.editList &&
  !traits.negativePts && !traits.thenSize && !traits.thenPixelFormat
);

const isUntold = ({ name }: ClipTraits): boolean => kPassedOver.test(name) || kMistaken.test(name);

for (const traits of judgeable.filter((one) => !kRefused.test(one.name) && !isUntold(one))) {
  test(`ffmpeg decodes ${traits.name} on the simulated driver as in software`, LIMIT, async () => {
    const { path, codec } = await clip(traits.name);
    const [there, here] = await Promise.all([
      simulated(["-c:v", kCuvid[codec], ...input(path)], modelFor(codec)),
      ffmpeg([...input(path), ...inLayout(traits)]),
    ]);
    assertDecodedThere(there, traits, here.frames.length);
    assertEquals(there.frames, here.frames);
  });
}

for (const traits of judgeable.filter(({ name }) => kRefused.test(name))) {
  test(`ffmpeg is refused ${traits.name}, as by an H100`, LIMIT, async () => {
    const { path, codec } = await clip(traits.name);
    const { ending, frames, report } = await simulated(
      ["-c:v", kCuvid[codec], ...input(path)],
      "h100",
    );
    assert(ending.code !== 0);
    assert(/not supported|NOT_SUPPORTED/.test(ending.stderr), ending.stderr);
    assertEquals(frames, []);
    assertEquals(report?.counters.pictures_decoded ?? 0, 0);
  });
}

for (const traits of judgeable.filter(isUntold)) {
  test(`ffmpeg is not told that ${traits.name} is not decoded, as on an H200`, LIMIT, async () => {
    const { path, codec } = await clip(traits.name);
    const [there, here] = await Promise.all([
      simulated(["-c:v", kCuvid[codec], ...input(path)], "h100"),
      ffmpeg([...input(path), "-vf", "format=nv12"]),
    ]);
    assertEquals(there.frames.length, kMistaken.test(traits.name) ? here.frames.length : 0);
    assert(there.frames.every((frame) => !here.frames.includes(frame)));
    assertEquals(there.report?.problems, []);
  });
}

const hwaccel = ["h264_b_pyramid.mp4", "h264_mbaff.mp4", "h264_slices.mp4", "h264_66x50.mp4"]
  .concat(["vp8_alt_ref.webm", "vp9_alt_ref.webm", "vp9_10bit.webm"])
  .concat(["mpeg2.ts", "mpeg2_interlaced.ts"]);

for (const name of hwaccel) {
  test(`ffmpeg's hwaccel decodes ${name} from parameters and slices alone`, LIMIT, async () => {
    const wanted = await clip(name);
    const [there, here] = await Promise.all([
      simulated(
        ["-hwaccel", "cuda", "-c:v", wanted.codec, ...input(wanted.path)],
        modelFor(wanted.codec),
      ),
      ffmpeg([...input(wanted.path), ...inLayout(wanted)]),
    ]);
    assertDecodedThere(there, wanted, here.frames.length);
    assertEquals(there.frames, here.frames);
    // FFmpeg's hwaccel has its own parser.
    assertEquals(there.report?.calls.cuvidParseVideoData, undefined);
  });
}

test("frames stay on the device until they are asked for", LIMIT, async () => {
  const wanted = await clip("h264_b_pyramid.mp4");
  const device = ["-hwaccel", "cuda", "-hwaccel_output_format", "cuda", "-c:v", "h264"];
  const [there, here] = await Promise.all([
    simulated([...device, ...input(wanted.path), "-vf", "hwdownload,format=nv12"], "h100"),
    ffmpeg([...input(wanted.path), ...inLayout(wanted)]),
  ]);
  assertDecodedThere(there, wanted, here.frames.length);
  assertEquals(there.frames, here.frames);
});

test("NVDEC's crop is ffmpeg's crop filter", LIMIT, async () => {
  const wanted = await clip("h264_b_pyramid.mp4");
  const crop = ["-crop", "16x32x48x16"];
  const filter = `crop=${wanted.width - 48 - 16}:${wanted.height - 16 - 32}:48:16,`;
  const [there, here] = await Promise.all([
    simulated(["-c:v", "h264_cuvid", ...crop, ...input(wanted.path)], "h100"),
    ffmpeg([...input(wanted.path), ...inLayout(wanted, filter)]),
  ]);
  assertDecodedThere(there, wanted, here.frames.length);
  assertEquals(there.frames, here.frames);
});

test("NVDEC's resize gives the size that is asked for", LIMIT, async () => {
  const wanted = await clip("h264_b_pyramid.mp4");
  const there = await simulated(
    ["-c:v", "h264_cuvid", "-resize", "96x80", ...input(wanted.path)],
    "h100",
  );
  assertDecodedThere(there, wanted, wanted.frames);
  const sizes = new Set(there.frames.map((line) => line.split(", ")[1]));
  assertEquals([...sizes], [String(96 * 80 * 3 / 2)]);
});

test("bob gives each field a frame", LIMIT, async () => {
  const wanted = await clip("mpeg2_interlaced.ts");
  const bob = ["-c:v", "mpeg2_cuvid", "-deint", "bob"];
  const [fields, frames, woven] = await Promise.all([
    simulated([...bob, ...input(wanted.path)], "h100"),
    simulated([...bob, "-drop_second_field", "1", ...input(wanted.path)], "h100"),
    simulated([...bob.slice(0, 2), ...input(wanted.path)], "h100"),
  ]);
  // ffmpeg's queue is too short for what comes at the end: it loses some fields, silently.
  assert(fields.frames.length > 2 * wanted.frames - 6);
  assert(fields.frames.length <= 2 * wanted.frames);
  const pictures = (judged: Judged) => judged.frames.map((line) => line.split(", ")[2]);
  assert(new Set(pictures(fields)).size > wanted.frames);
  assertDecodedThere(frames, wanted, wanted.frames);
  assertEquals(frames.frames.length, wanted.frames);
  assert(pictures(frames).every((md5, i) => md5 !== pictures(woven)[i]));
});

test("a slow stream and a slow engine change no frame", LIMIT, async () => {
  const wanted = await clip("h264_64x64.mp4");
  const slow = { CUFSIM_STREAM_DELAY_US: "3000", CUFSIM_PICTURE_US: "3000" };
  const [there, here] = await Promise.all([
    simulated(["-c:v", "h264_cuvid", ...input(wanted.path)], "h100", slow),
    ffmpeg([...input(wanted.path), ...inLayout(wanted)]),
  ]);
  assertDecodedThere(there, wanted, here.frames.length);
  assertEquals(there.frames, here.frames);
});

test("ffmpeg finds no encoder, as on an H100", LIMIT, async () => {
  const wanted = await clip("h264_64x64.mp4");
  const ending = await runCommand("timeout", [
    ...["-s", "KILL", "60", "ffmpeg", "-v", "error", "-nostdin", "-i", wanted.path],
    ...["-c:v", "h264_nvenc", "-f", "null", "-"],
  ], { LD_LIBRARY_PATH: kDriver });
  assert(ending.code !== 0 && ending.signal === null);
  assert(/No capable devices found|unsupported device/i.test(ending.stderr), ending.stderr);
});
