/** Decoded pixels and times against ffmpeg's, of every clip that decodes without a complaint. */
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { assertEquals } from "@std/assert";
import { type Frame, requestDevice } from "../../mod.ts";
import { allClips, type Clip, clip, type ClipTraits } from "../support/clips.ts";
import { type FrameMd5, framemd5 } from "../support/ffmpeg.ts";
import { decoderBytes } from "./decoder_layout.ts";

/** NVDEC's layout of each of libav's formats, under ffmpeg's name and under ours. */
const kLayouts: Readonly<Record<string, readonly [ffmpeg: string, ours: string]>> = {
  gray: ["nv12", "NV12"],
  yuv420p: ["nv12", "NV12"],
  yuvj420p: ["nv12", "NV12"],
  yuv420p10le: ["p010le", "P010"],
  yuv420p12le: ["p016le", "P016"],
  yuv422p: ["nv16", "NV16"],
  yuvj422p: ["nv16", "NV16"],
  yuv422p10le: ["p210le", "P210"],
  yuv444p: ["yuv444p", "YUV444"],
  yuv444p10le: ["yuv444p16le", "YUV444_16"],
  yuv444p12le: ["yuv444p16le", "YUV444_16"],
};
/** Where ffmpeg only moves samples; elsewhere it scales them to other ranges or depths, or filters. */
const kExactInFfmpeg = ["yuv420p", "yuv420p10le", "yuv420p12le", "yuv444p"];

const LIMIT = { timeout: 120_000 };
const device = await requestDevice();
after(() => device.close());

const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

/** What is compared of a frame: ffmpeg says the same, in the same words. */
interface Decoded {
  readonly pts: number | null;
  readonly size: number;
  readonly md5: string;
}

async function decode(
  path: string,
  outputColorType: "native" | "raw",
  look: (frame: Frame, index: number) => Promise<Uint8Array> | Uint8Array,
  onError: "throw" | "conceal" = "throw",
): Promise<Decoded[]> {
  await using demuxer = await device.createDemuxer(path);
  await using decoder = await device.createDecoder({
    codec: demuxer.codec,
    outputColorType,
    onError,
  });
  const decoded: Decoded[] = [];
  for await (using frame of decoder.frames(demuxer)) {
    const bytes = await look(frame, decoded.length);
    decoded.push({ pts: frame.pts, size: bytes.length, md5: md5(bytes) });
  }
  return decoded;
}

async function copied(frame: Frame): Promise<Uint8Array> {
  const bytes = new Uint8Array(frame.byteLength);
  await frame.copyTo(bytes);
  return bytes;
}

/** The decoder's own frames by the word of ffmpeg. */
async function reference(wanted: Clip): Promise<FrameMd5[]> {
  const whole = await framemd5(wanted.path);
  if (wanted.thenPixelFormat === undefined || !("from" in wanted.making)) return whole;
  // ffmpeg would convert what follows the change to the first format: the parts know better.
  const names = wanted.making.from;
  const parts = await Promise.all(names.map(async (name) => framemd5((await clip(name)).path)));
  return parts.flat().map((frame, i) => ({ ...frame, pts: whole[i].pts }));
}

function formatAt(wanted: Clip, index: number): string {
  const { thenPixelFormat, pixelFormat, frames } = wanted;
  return thenPixelFormat !== undefined && index >= frames / 2 ? thenPixelFormat : pixelFormat;
}

async function check(wanted: Clip): Promise<void> {
  const expected = await reference(wanted);
  assertEquals(expected.length, wanted.numbers.length, wanted.name);
  const raw = await decode(wanted.path, "raw", copied);
  assertEquals(raw, expected, `${wanted.name} as "raw"`);
  const packed: Decoded[] = [];
  const native = await decode(wanted.path, "native", async (frame, index) => {
    const format = formatAt(wanted, index);
    assertEquals(frame.format, kLayouts[format][1], `${wanted.name}, frame ${index}`);
    const bytes = await copied(frame);
    packed.push({ pts: frame.pts, size: bytes.length, md5: md5(bytes) });
    return decoderBytes(frame, format === "gray");
  });
  assertEquals(native, expected, `${wanted.name} as "native"`);
  const isExact = kExactInFfmpeg.includes(wanted.pixelFormat) && !wanted.fullRange;
  if (!isExact || wanted.thenPixelFormat !== undefined) return;
  const pixelFormat = kLayouts[wanted.pixelFormat][0];
  const converted = await framemd5(wanted.path, { pixelFormat });
  assertEquals(packed, converted, `${wanted.name} in ffmpeg's ${pixelFormat}`);
}

const kGroups: Readonly<Record<string, (traits: ClipTraits) => boolean>> = {
  "H.264 of 8 bits 4:2:0": (traits) => traits.codec === "h264" && isPlain(traits),
  "H.264 of other formats": (traits) => traits.codec === "h264" && !isPlain(traits),
  HEVC: ({ codec }) => codec === "hevc",
  AV1: ({ codec }) => codec === "av1",
  "VP8 and VP9": ({ codec }) => codec === "vp8" || codec === "vp9",
  MPEG: ({ codec }) => codec.startsWith("mpeg"),
  "other codecs": ({ codec }) => !/^(h264|hevc|av1|vp[89]|mpeg.*)$/.test(codec),
};

function isPlain({ pixelFormat, thenSize, thenPixelFormat }: ClipTraits): boolean {
  return pixelFormat === "yuv420p" && (thenSize ?? thenPixelFormat) === undefined;
}

const good = allClips().filter(({ state }) => state === "good");

test("every good clip is in one group", () => {
  for (const traits of good) {
    const groups = Object.values(kGroups).filter((holds) => holds(traits));
    assertEquals(groups.length, 1, traits.name);
  }
});

for (const [name, holds] of Object.entries(kGroups)) {
  test(`native and raw frames equal ffmpeg's: ${name}`, LIMIT, async () => {
    for (const { name } of good.filter(holds)) await check(await clip(name));
  });
}

test("what can be read of truncated files equals ffmpeg's frames", LIMIT, async () => {
  for (const name of ["h264_truncated.mkv", "h264_truncated.ts"]) {
    const { path } = await clip(name);
    const expected = await framemd5(path);
    const raw = await decode(path, "raw", copied, "conceal");
    assertEquals(raw.length, expected.length, name);
    // The last picture is half there: what libav fills in depends on its threads.
    assertEquals(raw.slice(0, -1), expected.slice(0, -1), name);
  }
});

test("a chosen stream of two is decoded", LIMIT, async () => {
  const { path } = await clip("two_videos.mkv");
  const { path: single } = await clip("h264_ipp_small.ts");
  await using demuxer = await device.createDemuxer(path, { streamIndex: 1 });
  await using decoder = await device.createDecoder({ codec: demuxer.codec });
  const sums: string[] = [];
  for await (using frame of decoder.frames(demuxer)) {
    assertEquals([frame.width, frame.height], [160, 160]);
    sums.push(md5(await copied(frame)));
  }
  const expected = await framemd5(single, { pixelFormat: "nv12" });
  assertEquals(sums, expected.map((frame) => frame.md5));
});
