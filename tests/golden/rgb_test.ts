/** RGB output against an independent definition, exactly, and against swscale within 2. */
import { after, test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type DecoderDescriptor, type Frame, requestDevice } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { decodeRaw, ffmpeg } from "../support/ffmpeg.ts";
import {
  floatsOf,
  type MatrixName,
  type Meaning,
  type RawPicture,
  realRgbOf,
  rgbOf,
  toPlanar,
} from "./rgb_definition.ts";

const LIMIT = { timeout: 120_000 };
const kMatrices: readonly MatrixName[] = ["bt601", "bt709", "bt2020"];
const kMeanings: readonly Meaning[] = kMatrices.flatMap((matrix) =>
  [false, true].map((isFull) => ({ matrix, isFull }))
);
/** All depths and samplings, odd sizes, and pictures without chroma. */
const kClips = [
  "h264_b_pyramid.mp4",
  "h264_66x50.mp4",
  "vp9_odd.webm",
  "h264_odd.mp4",
  "h264_422.mp4",
  "mjpeg_odd.avi",
  "h264_10bit.mp4",
  "h264_422_10bit.mp4",
  "h264_444_10bit.mp4",
  "hevc_12bit.mp4",
  "hevc_444_12bit.mp4",
  "hevc_gray.mp4",
];
const kMean = [0.485, 0.456, 0.406];
const kStd = [0.25, 0.5, 0.125];

const device = await requestDevice();
after(() => device.close());

async function firstFrame(
  path: string,
  options: Omit<DecoderDescriptor, "codec"> = {},
): Promise<Frame> {
  await using demuxer = await device.createDemuxer(path);
  await using decoder = await device.createDecoder({ codec: demuxer.codec, ...options });
  for await (const frame of decoder.frames(demuxer)) return frame;
  throw new Error(`${path} gave no frame`);
}

async function firstPicture(name: string): Promise<RawPicture & { path: string }> {
  const { path, pixelFormat, width, height } = await clip(name);
  for await (const bytes of decodeRaw(path, pixelFormat)) {
    return { path, bytes, pixelFormat, width, height };
  }
  throw new Error(`ffmpeg gave no frame of ${name}`);
}

const override = ({ matrix, isFull }: Meaning) => ({ matrix, fullRange: isFull });
const nameOf = (name: string, { matrix, isFull }: Meaning): string =>
  `${name}, ${matrix}, ${isFull ? "full" : "limited"} range`;

for (const outputColorType of ["native", "raw"] as const) {
  test(`tensors of ${outputColorType} frames equal the definition`, LIMIT, async () => {
    for (const name of kClips) {
      const picture = await firstPicture(name);
      using frame = await firstFrame(picture.path, { outputColorType });
      for (const meaning of kMeanings) await checkIntegers(frame, picture, meaning, name);
      await checkFloats(frame, picture, kMeanings[0], name);
    }
  });
}

async function checkIntegers(
  frame: Frame,
  picture: RawPicture,
  meaning: Meaning,
  name: string,
): Promise<void> {
  const { width, height } = picture;
  const message = nameOf(name, meaning);
  const colorSpace = override(meaning);
  const narrow = Uint8Array.from(rgbOf(picture, meaning, false).values);
  using bytes = await frame.toTensor({ colorSpace });
  assertEquals([...bytes.shape], [height, width, 3]);
  assertEquals(bytes.data, narrow, message);
  using planes = await frame.toTensor({ colorSpace, layout: "chw" });
  assertEquals([...planes.shape], [3, height, width]);
  assertEquals(planes.data, toPlanar(narrow), message);
  using words = await frame.toTensor({ colorSpace, dtype: "uint16" });
  assertEquals(words.data, rgbOf(picture, meaning, true).values, message);
}

async function checkFloats(
  frame: Frame,
  picture: RawPicture,
  meaning: Meaning,
  name: string,
): Promise<void> {
  const colorSpace = override(meaning);
  const whole = rgbOf(picture, meaning, true);
  using plain = await frame.toTensor({ colorSpace, dtype: "float32" });
  assertEquals(plain.data, floatsOf(whole), name);
  const normal = { colorSpace, mean: kMean, std: kStd };
  using scaled = await frame.toTensor({ ...normal, dtype: "float32", layout: "chw" });
  assertEquals(scaled.data, toPlanar(floatsOf(whole, kMean, kStd)), name);
  using half = await frame.toTensor({ ...normal, dtype: "float16" });
  const expected = new Float16Array(floatsOf(whole, kMean, kStd));
  assertEquals(half.data, expected, name);
}

test("rgb and rgbp frames equal the definition", LIMIT, async () => {
  for (const name of kClips) {
    const picture = await firstPicture(name);
    for (const meaning of kMeanings) {
      const colorSpace = override(meaning);
      const expected = Uint8Array.from(rgbOf(picture, meaning, false).values);
      using rgb = await firstFrame(picture.path, { outputColorType: "rgb", colorSpace });
      assertEquals(tight(rgb, 0), expected, nameOf(name, meaning));
      using rgbp = await firstFrame(picture.path, { outputColorType: "rgbp", colorSpace });
      const planes = Array.from({ length: rgbp.planes.length }, (_, i) => [...tight(rgbp, i)]);
      assertEquals(Uint8Array.from(planes.flat()), toPlanar(expected), nameOf(name, meaning));
    }
  }
});

/** A plane without the padding of its rows. */
function tight(frame: Frame, index: number): Uint8Array {
  const { data, stride, rows, rowBytes } = frame.planes[index];
  const out = new Uint8Array(rows * rowBytes);
  for (let row = 0; row < rows; row++) {
    out.set(data.subarray(row * stride, row * stride + rowBytes), row * rowBytes);
  }
  return out;
}

/** Clips that say what they mean, and what a stream means that does not. */
const kStreams: readonly (readonly [clip: string, matrix: MatrixName, isFull: boolean])[] = [
  ["h264_full_709.mp4", "bt709", true],
  ["h264_full_601.mp4", "bt601", true],
  ["h264_limited_709.mp4", "bt709", false],
  ["h264_limited_601.mp4", "bt601", false],
  ["hevc_bt2020.mp4", "bt2020", false],
  ["hevc_full_10bit.mp4", "bt2020", true],
  ["mjpeg.avi", "bt601", true],
  ["h264_b_pyramid.mp4", "bt601", false],
  ["h264_1080p.mp4", "bt709", false],
];

test("matrix and range are the stream's, and by height where it names none", LIMIT, async () => {
  for (const [name, matrix, isFull] of kStreams) {
    const picture = await firstPicture(name);
    const expected = Uint8Array.from(rgbOf(picture, { matrix, isFull }, false).values);
    using rgb = await firstFrame(picture.path, { outputColorType: "rgb" });
    assertEquals(tight(rgb, 0), expected, name);
    using native = await firstFrame(picture.path);
    using tensor = await native.toTensor();
    assertEquals(tensor.data, expected, name);
    const image = await native.toImageData();
    assertEquals(image.data.filter((_, i) => i % 4 < 3), new Uint8ClampedArray(expected), name);
    assert(image.data.every((value, i) => i % 4 < 3 || value === 255), name);
  }
});

/** swscale with its chroma as we have it: neither dithered nor filtered. */
async function swscale(path: string, { matrix, isFull }: Meaning): Promise<Uint8Array> {
  const scale = [
    ...["in_color_matrix=" + matrix, "in_range=" + (isFull ? "pc" : "tv"), "out_range=pc"],
    "flags=neighbor+accurate_rnd+full_chroma_int+full_chroma_inp",
  ];
  const filter = ["-vf", `scale=${scale.join(":")},format=rgb24`, "-frames:v", "1"];
  const input = ["-v", "error", "-noautorotate", "-i", path];
  return (await ffmpeg([...input, ...filter, "-f", "rawvideo", "pipe:1"])).stdout;
}

// swscale takes grey for full range whatever it is told, and its nearest chroma sample is another one
// where the chroma's width is not exactly half.
const kSwscaleClips = kClips.filter((name) => !/^(hevc_gray|vp9_odd|mjpeg_odd)/.test(name));
// Its sums have room for twice the range of colours; beyond that white turns black.
const kSwscaleLimit = 505;

test("rgb frames are within 2 of swscale", LIMIT, async () => {
  for (const name of kSwscaleClips) {
    const picture = await firstPicture(name);
    for (const meaning of kMeanings) {
      const expected = await swscale(picture.path, meaning);
      const real = realRgbOf(picture, meaning);
      using rgb = await firstFrame(picture.path, {
        outputColorType: "rgb",
        colorSpace: override(meaning),
      });
      const actual = tight(rgb, 0);
      assertEquals(actual.length, expected.length, nameOf(name, meaning));
      const far = actual.findIndex((value, i) =>
        Math.abs(value - expected[i]) > 2 && real[i] < kSwscaleLimit
      );
      assert(far < 0, `${nameOf(name, meaning)}: ${far}: ${actual[far]}, not ${expected[far]}`);
    }
  }
});
