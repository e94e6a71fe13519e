/**
 * What encoders take: formats by the guide's names, and how their planes lie.
 *
 * @module
 */

import { EncoderFormat as FormatCode } from "../ffi/abi.ts";
import type { Dtype, PixelFormat, PlaneSize } from "./format.ts";

/**
 * Layout of the pictures that an encoder takes, W x H pixels; planes follow one another.
 *
 * | | planes and their order | shape of all | type of a sample |
 * |---|---|---|---|
 * | "nv12" | Y; U and V interleaved, of half width and height | [H*3/2, W] | uint8 |
 * | "yv12" | Y; V; U, of half width and height | [H*3/2, W] | uint8 |
 * | "iyuv" | Y; U; V, of half width and height | [H*3/2, W] | uint8 |
 * | "yuv444" | Y; U; V | [3, H, W] | uint8 |
 * | "nv16" | Y; U and V interleaved, of half width | [2*H, W] | uint8 |
 * | "p010" | as "nv12" | [H*3/2, W] | uint16 |
 * | "p210" | as "nv16" | [2*H, W] | uint16 |
 * | "yuv444_10bit", "yuv444_16bit" | as "yuv444" | [3, H, W] | uint16 |
 * | "argb" | bytes B, G, R, A of each pixel | [H, W, 4] | uint8 |
 * | "abgr" | bytes R, G, B, A of each pixel | [H, W, 4] | uint8 |
 * | "argb10" | words: blue in bits 0 to 9, green, red, alpha in 30 and 31 | [H, W] | uint32 |
 * | "abgr10" | words: red in bits 0 to 9, green, blue, alpha in 30 and 31 | [H, W] | uint32 |
 * | "rgb" | bytes R, G, B of each pixel | [H, W, 3] | uint8 |
 * | "rgbp" | R; G; B | [3, H, W] | uint8 |
 *
 * Samples of 16 bits and words are little endian; 16-bit samples stand in the most significant bits and
 * are encoded with 10 bits, as are the words. "argb" and "abgr" are named by the words that the bytes form.
 * Alpha is not encoded. Where chroma is of half the width or height, W or H is even; RGB becomes such YUV, too,
 * unless the `profile` keeps all of its chroma ("high444", "main444").
 */
export type EncoderFormat =
  | "nv12"
  | "yv12"
  | "iyuv"
  | "yuv444"
  | "p010"
  | "yuv444_10bit"
  | "yuv444_16bit"
  | "argb"
  | "argb10"
  | "abgr"
  | "abgr10"
  | "nv16"
  | "p210"
  | "rgb"
  | "rgbp";

/** A format, or another name that the guide has for one: "yuv420" is "iyuv", "yuv420_10bit" is "p010". */
export type EncoderFormatName =
  | EncoderFormat
  | "yuv420"
  | "yuv420_10bit"
  | Uppercase<EncoderFormat | "yuv420" | "yuv420_10bit">
  | "YUV444_10bit"
  | "YUV444_16bit"
  | "YUV420_10bit";

/** The longest side of a picture that is encoded, in pixels. */
export const LARGEST_ENCODED_SIDE = 65536;

const ALIASES: { readonly [name: string]: EncoderFormat } = {
  yuv420: "iyuv",
  yuv420_10bit: "p010",
};

/** A format's planes: width and height of each as a part of the picture's, bytes of a pixel in it. */
interface FormatLayout {
  readonly planes: readonly (readonly [columns: 1 | 2, rows: 1 | 2, pixelBytes: number])[];
  readonly dtype: Dtype | "uint32";
  readonly shape: (width: number, height: number) => readonly number[];
  /** Formats of frames with the same bytes. */
  readonly frames: readonly PixelFormat[];
}

const semi420 = (w: number, h: number): number[] => [h + Math.ceil(h / 2), w];
const semi422 = (w: number, h: number): number[] => [2 * h, w];
const planes3 = (w: number, h: number): number[] => [3, h, w];
const bytes4 = (w: number, h: number): number[] => [h, w, 4];
const words = (w: number, h: number): number[] => [h, w];

const LAYOUTS: { readonly [format in EncoderFormat]: FormatLayout } = {
  nv12: layout([[1, 1, 1], [2, 2, 2]], "uint8", semi420, "NV12"),
  yv12: layout([[1, 1, 1], [2, 2, 1], [2, 2, 1]], "uint8", semi420, "I420"),
  iyuv: layout([[1, 1, 1], [2, 2, 1], [2, 2, 1]], "uint8", semi420, "I420"),
  yuv444: layout([[1, 1, 1], [1, 1, 1], [1, 1, 1]], "uint8", planes3, "YUV444", "I444"),
  p010: layout([[1, 1, 2], [2, 2, 4]], "uint16", semi420, "P010", "P016"),
  yuv444_10bit: layout([[1, 1, 2], [1, 1, 2], [1, 1, 2]], "uint16", planes3, "YUV444_16"),
  yuv444_16bit: layout([[1, 1, 2], [1, 1, 2], [1, 1, 2]], "uint16", planes3, "YUV444_16"),
  argb: layout([[1, 1, 4]], "uint8", bytes4, "BGRA"),
  argb10: layout([[1, 1, 4]], "uint32", words, "BGR10"),
  abgr: layout([[1, 1, 4]], "uint8", bytes4, "RGBA"),
  abgr10: layout([[1, 1, 4]], "uint32", words, "RGB10"),
  nv16: layout([[1, 1, 1], [2, 1, 2]], "uint8", semi422, "NV16"),
  p210: layout([[1, 1, 2], [2, 1, 4]], "uint16", semi422, "P210", "P216"),
  rgb: layout([[1, 1, 3]], "uint8", (w, h) => [h, w, 3], "RGB"),
  rgbp: layout([[1, 1, 1], [1, 1, 1], [1, 1, 1]], "uint8", planes3, "RGBP"),
};

function layout(
  planes: FormatLayout["planes"],
  dtype: FormatLayout["dtype"],
  shape: FormatLayout["shape"],
  ...frames: readonly PixelFormat[]
): FormatLayout {
  return { planes, dtype, shape, frames };
}

/** Names of the formats, by their numbers. */
export const ENCODER_FORMATS: readonly EncoderFormat[] = Object.entries(FormatCode)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => name.toLowerCase() as EncoderFormat);

/** The format of a name in any case, or of one of the guide's other names; undefined for others. */
export function encoderFormat(name: unknown): EncoderFormat | undefined {
  if (typeof name !== "string") return undefined;
  const lower = name.toLowerCase();
  const format = Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : lower;
  return Object.hasOwn(LAYOUTS, format) ? format as EncoderFormat : undefined;
}

/** The number of a format. */
export function formatCode(format: EncoderFormat): number {
  return ENCODER_FORMATS.indexOf(format);
}

/** The format of a descriptor. */
export function formatRule(value: unknown): { readonly wanted: string } | null {
  return encoderFormat(value) === undefined ? { wanted: formatWords() } : null;
}

function formatWords(): string {
  return [...ENCODER_FORMATS, ...Object.keys(ALIASES)].map((name) => `"${name}"`).join(" or ");
}

/** What pictures of one format and size look like in memory. */
export class PictureLayout {
  /** Their format. */
  readonly format: EncoderFormat;
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Their planes, one after another. */
  readonly planes: readonly PlaneSize[];
  /** Shape of all planes as one array. */
  readonly shape: readonly number[];
  /** Type of a sample; of a pixel, where that is a word. */
  readonly dtype: Dtype | "uint32";
  /** Bytes of all planes without padding. */
  readonly byteLength: number;

  /** Of pictures of `width` x `height` pixels. */
  constructor(format: EncoderFormat, width: number, height: number) {
    const { planes, dtype, shape } = LAYOUTS[format];
    this.format = format;
    this.width = width;
    this.height = height;
    this.dtype = dtype;
    this.shape = shape(width, height);
    this.planes = planes.map(([columns, rows, pixelBytes]) => ({
      rows: Math.ceil(height / rows),
      rowBytes: Math.ceil(width / columns) * pixelBytes,
    }));
    this.byteLength = this.planes.reduce((sum, { rows, rowBytes }) => sum + rows * rowBytes, 0);
  }

  /** Bytes of a sample, or of a word. */
  get sampleBytes(): number {
    return this.dtype === "uint8" ? 1 : this.dtype === "uint16" ? 2 : 4;
  }

  /** Names of the formats of frames that have these bytes. */
  get frameFormats(): readonly PixelFormat[] {
    return LAYOUTS[this.format].frames;
  }

  /** Bytes from row to row of a plane, where rows of the first have `stride` bytes. */
  planeStride(index: number, stride: number): number {
    const [first, plane] = [LAYOUTS[this.format].planes[0], LAYOUTS[this.format].planes[index]];
    return stride * plane[2] / (first[2] * plane[0]);
  }

  /** What is expected, for an error sentence. */
  get words(): string {
    const { format, width, height, shape, dtype, byteLength } = this;
    return `a picture of ${width} x ${height} "${format}", ${dtype} [${shape.join(", ")}], ` +
      `${byteLength} bytes`;
  }

  /** Throws a RangeError for a frame or tensor of another size, a TypeError for another format. */
  requireFrame(what: string, picture: FramePicture): void {
    const { width, height } = picture;
    if (width !== this.width || height !== this.height) {
      throw new RangeError(`${what} takes ${this.words}, not one of ${width} x ${height}`);
    }
    if (this.frameFormats.includes(picture.format)) return;
    const fitting = ENCODER_FORMATS.filter((name) => LAYOUTS[name].frames.includes(picture.format));
    const advice = fitting.length === 0
      ? 'decode to "native" or "rgb" frames'
      : `make the encoder with format: ${fitting.map((name) => `"${name}"`).join(" or ")}`;
    throw new TypeError(`${what} takes ${this.words}, not ${picture.format}; ${advice}`);
  }
}

/** What is compared of a frame. */
export interface FramePicture {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Layout of its samples. */
  readonly format: PixelFormat;
}

/** The formats in a mask of the library's. */
export function formatsOf(mask: number): EncoderFormat[] {
  return ENCODER_FORMATS.filter((_, code) => (mask & (1 << code)) !== 0);
}
