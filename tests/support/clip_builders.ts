/** Short ways to write down the recipe of a test clip. */
import { bitDepthOf } from "./barcode.ts";
import type { ClipTraits, Making } from "./clip_traits.ts";

/** Traits that differ from the default of 45 good frames of 4:2:0. */
export type Overrides = Partial<Omit<ClipTraits, "name" | "making">>;

/** Frames in a clip unless it says otherwise. */
export const kFrames: number = 45;
/** The integers from `start` up to, and without, `end`. */
export const range = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, i) => start + i);

function recipe(file: string, making: Making, overrides: Overrides): ClipTraits {
  const { frames = kFrames, start = 0, pixelFormat = "yuv420p" } = overrides;
  return {
    ...{ name: file, making, state: "good", codec: "" },
    ...{ width: 176, height: 144, frames, start, numbers: range(start, start + frames) },
    ...{ pixelFormat, bitDepth: bitDepthOf(pixelFormat), frameRate: "25/1", hasB: false },
    ...{ openGop: false, keyInterval: undefined, vfr: false, negativePts: false, editList: false },
    ...{ interlaced: false, rotation: 0, fullRange: false, matrix: undefined, audio: false },
    ...{ lossless: false, hiddenFrames: false, thenSize: undefined, thenPixelFormat: undefined },
    ...{ damaged: [], secondStream: undefined },
    ...overrides,
  };
}

/** Overrides, and arguments for ffmpeg. */
export interface EncodeOverrides extends Overrides {
  /** Output arguments after those of the encoder. */
  readonly args?: readonly string[];
  /** Arguments before the raw input. */
  readonly inputArgs?: readonly string[];
  /** Further inputs. */
  readonly more?: readonly string[];
  /** Raw format, where decoders give another one than was encoded. */
  readonly rawFormat?: string;
  /** Encoded twice. */
  readonly twoPass?: boolean;
}

/** Numbered raw frames through one of ffmpeg's encoders. */
export function encoded(
  file: string,
  encoder: readonly string[],
  { args = [], inputArgs, more, rawFormat, twoPass, ...overrides }: EncodeOverrides = {},
): ClipTraits {
  const input = { inputArgs, more, rawFormat, twoPass };
  return recipe(file, { kind: "encode", args: [...encoder, ...args], ...input }, overrides);
}

/** x264: a pyramid of three B pictures between each two others. */
export const kB = "bframes=3:b-adapt=0:b-pyramid=normal:ref=3";

/** H.264 by x264; fixed GOPs of 15 with a pyramid of B pictures unless said otherwise. */
export function h264(file: string, overrides: EncodeOverrides = {}, parameters = kB): ClipTraits {
  const settings = `keyint=15:min-keyint=1:scenecut=0:${parameters}`;
  const encoder = ["-c:v", "libx264", "-preset", "veryfast", "-threads", "2", "-crf", "23"];
  const hasB = parameters.includes("bframes=3");
  const traits = { codec: "h264", keyInterval: 15, hasB, ...overrides };
  return encoded(file, [...encoder, "-x264-params", settings], traits);
}

/** x264: I and P pictures only. */
export const kIpp = "bframes=0";

/** HEVC by x265; closed GOPs of 15 unless said otherwise. */
export function hevc(
  file: string,
  overrides: EncodeOverrides = {},
  parameters = "open-gop=0",
): ClipTraits {
  const settings = "keyint=15:min-keyint=1:scenecut=0:bframes=3:b-adapt=0:pools=2:" +
    `frame-threads=1:log-level=error:${parameters}`;
  const encoder = ["-c:v", "libx265", "-preset", "superfast", "-x265-params", settings];
  const tag = /\.(mp4|mov)$/.test(file) ? ["-tag:v", "hvc1"] : [];
  const traits = { codec: "hevc", keyInterval: 15, hasB: true, ...overrides };
  return encoded(file, [...encoder, ...tag], traits);
}

/** AV1 by SVT-AV1, with hidden alternative references. */
export function av1(file: string, overrides: EncodeOverrides = {}): ClipTraits {
  const encoder = ["-c:v", "libsvtav1", "-preset", "10", "-crf", "35", "-g", "15"];
  const traits = { codec: "av1", hiddenFrames: true, ...overrides };
  return encoded(file, [...encoder, "-svtav1-params", "lp=2"], traits);
}

/** VP8 or VP9 by libvpx, without alternative references unless asked for. */
export function vpx(
  codec: "vp8" | "vp9",
  file: string,
  overrides: EncodeOverrides = {},
): ClipTraits {
  const encoder = ["-c:v", codec === "vp8" ? "libvpx" : "libvpx-vp9", "-deadline", "good"];
  const rate = ["-cpu-used", "5", "-b:v", "600k", "-g", "15", "-threads", "1"];
  const noAltRef = ["-auto-alt-ref", "0", "-lag-in-frames", "0"];
  return encoded(file, [...encoder, ...rate, ...noAltRef], { codec, ...overrides });
}

/** Any other of ffmpeg's encoders, at constant quality. */
export function other(encoder: string, file: string, overrides: EncodeOverrides = {}): ClipTraits {
  const settings = ["-c:v", encoder, "-q:v", "4", "-g", "15", "-threads", "1"];
  return encoded(file, settings, { codec: encoder, ...overrides });
}

/** A stream copy, which keeps the traits of its first source unless overridden. */
export function copied(
  file: string,
  from: readonly ClipTraits[],
  args: readonly string[],
  overrides: Overrides,
  inputArgs: readonly string[] = [],
): ClipTraits {
  const { name: _name, making: _making, ...traits } = from[0];
  const names = from.map((source) => source.name);
  const turn = overrides.rotation;
  const making: Making = { kind: "copy", from: names, inputArgs, args, turn };
  return recipe(file, making, { ...traits, ...overrides });
}

/** A change to the bytes of a clip. */
export function bytes(
  making: Making,
  source: ClipTraits,
  file: string,
  overrides: Overrides,
): ClipTraits {
  const { name: _name, making: _making, ...traits } = source;
  return recipe(file, making, { ...traits, ...overrides });
}

/** The bytes of several clips in one file. */
export function joined(
  file: string,
  from: readonly ClipTraits[],
  overrides: Overrides,
): ClipTraits {
  const numbers = from.flatMap((part) => part.numbers);
  const making: Making = { kind: "join", from: from.map((part) => part.name) };
  return bytes(making, from[0], file, { frames: numbers.length, numbers, ...overrides });
}

/** The first part of a clip. */
export const cut = (
  file: string,
  source: ClipTraits,
  keep: number,
  overrides: Overrides,
): ClipTraits => bytes({ kind: "cut", from: [source.name], keep }, source, file, overrides);

/** A file of text. */
export const text = (file: string, content: string): ClipTraits =>
  recipe(file, { kind: "text", text: content }, {
    state: "unreadable",
    frames: 0,
    width: 0,
    height: 0,
  });

/** Overrides for a pixel format. */
export const pixels = (pixelFormat: string, overrides: EncodeOverrides = {}): EncodeOverrides => ({
  pixelFormat,
  ...overrides,
});

/** Colour tags; the range is given to the input as well, or ffmpeg would convert. */
export function tagged(
  matrix: string,
  full: boolean,
  transfer = matrix,
  primaries = matrix,
): EncodeOverrides {
  const ranged = ["-color_range", full ? "pc" : "tv"];
  const tags = ["-colorspace", matrix, "-color_primaries", primaries, "-color_trc", transfer];
  return { matrix, fullRange: full, inputArgs: ranged, args: [...ranged, ...tags] };
}
