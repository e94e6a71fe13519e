/**
 * What a conversion to RGB is, written a second time from the text of DESIGN 5, one pixel at a time:
 * 8-bit input in products of Q7 and halved Q15 factors, each rounded to Q6; deeper input in one sum
 * that is rounded once; nearest chroma.
 */
import { bitDepthOf, planeShapes } from "../support/barcode.ts";

/** A matrix by the names that descriptors take. */
export type MatrixName = "bt601" | "bt709" | "bt2020";

/** What the samples mean. */
export interface Meaning {
  readonly matrix: MatrixName;
  readonly isFull: boolean;
}

/** A raw picture as ffmpeg writes it. */
export interface RawPicture {
  readonly bytes: Uint8Array;
  /** ffmpeg's name of a planar or grey format. */
  readonly pixelFormat: string;
  readonly width: number;
  readonly height: number;
}

/** R, G, B of each pixel, row after row; integers from 0 to `maximum`. */
export interface RgbPicture {
  readonly values: Uint16Array<ArrayBuffer>;
  readonly maximum: number;
}

// Kr and Kb of ITU-R BT.601-7, BT.709-6 and BT.2020-2.
const kWeights: Readonly<Record<MatrixName, readonly [kr: number, kb: number]>> = {
  bt601: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  bt2020: [0.2627, 0.0593],
};

/** Real factors: R = y Y + rv V, G = y Y - gu U - gv V, B = y Y + bu U. */
interface Factors {
  readonly y: number;
  readonly rv: number;
  readonly gu: number;
  readonly gv: number;
  readonly bu: number;
}

function factors({ matrix, isFull }: Meaning, depth: number, maximum: number): Factors {
  const [kr, kb] = kWeights[matrix];
  const kg = 1 - kr - kb;
  const step = 2 ** (depth - 8);
  const y = maximum / (isFull ? 2 ** depth - 1 : 219 * step);
  const c = maximum / (isFull ? 2 ** depth - 1 : 224 * step);
  return {
    y,
    rv: c * (2 - 2 * kr),
    gu: c * (2 - 2 * kb) * kb / kg,
    gv: c * (2 - 2 * kr) * kr / kg,
    bu: c * (2 - 2 * kb),
  };
}

type Pixel = (y: number, u: number, v: number) => readonly [r: number, g: number, b: number];

/** The real value in 255ths, not rounded and not limited. */
function realPixel(meaning: Meaning, depth: number): Pixel {
  const { y: y1, rv, gu, gv, bu } = factors(meaning, depth, 255);
  const black = meaning.isFull ? 0 : 16 * 2 ** (depth - 8);
  const grey = 2 ** (depth - 1);
  return (y, u, v) => {
    const [luma, cu, cv] = [(y - black) * y1, u - grey, v - grey];
    return [luma + cv * rv, luma - cu * gu - cv * gv, luma + cu * bu];
  };
}

/** Products of Q7 samples and halved Q15 factors. */
function narrowPixel(meaning: Meaning): Pixel {
  const real = factors(meaning, 8, 255);
  const fixed = (factor: number): number => Math.round(factor / 2 * 2 ** 15);
  const [y1, rv, gu, gv, bu] = [real.y, real.rv, real.gu, real.gv, real.bu].map(fixed);
  const black = meaning.isFull ? 0 : 16;
  const product = (centred: number, factor: number): number =>
    Math.floor((centred * 2 ** 7 * factor + 2 ** 14) / 2 ** 15);
  const toByte = (sum: number): number =>
    Math.min(Math.max(Math.floor((sum + 32) / 2 ** 6), 0), 255);
  return (y, u, v) => {
    const luma = product(y - black, y1);
    return [
      toByte(luma + product(v - 128, rv)),
      toByte(luma - product(u - 128, gu) - product(v - 128, gv)),
      toByte(luma + product(u - 128, bu)),
    ];
  };
}

/** One sum at full depth, rounded once. Doubles hold all sums exactly: they stay below 2^46. */
function widePixel(meaning: Meaning, depth: number, maximum: number): Pixel {
  const outputBits = Math.log2(maximum + 1);
  const one = 2 ** (outputBits > 14 ? 28 : 29 - outputBits);
  const real = factors(meaning, depth, maximum);
  const fixed = (factor: number): number => Math.round(factor * one);
  const [y1, rv, gu, gv, bu] = [real.y, real.rv, real.gu, real.gv, real.bu].map(fixed);
  const black = meaning.isFull ? 0 : 16 * 2 ** (depth - 8);
  const grey = 2 ** (depth - 1);
  const round = (sum: number): number =>
    Math.min(Math.max(Math.floor((sum + one / 2) / one), 0), maximum);
  return (y, u, v) => {
    const luma = (y - black) * y1;
    return [
      round(luma + (v - grey) * rv),
      round(luma - (u - grey) * gu - (v - grey) * gv),
      round(luma + (u - grey) * bu),
    ];
  };
}

/** The definition applied to a picture; `keepsDepth`: to the samples' depth and not to 8 bits. */
export function rgbOf(picture: RawPicture, meaning: Meaning, keepsDepth: boolean): RgbPicture {
  const depth = bitDepthOf(picture.pixelFormat);
  const maximum = keepsDepth ? 2 ** depth - 1 : 255;
  const pixel = depth === 8 ? narrowPixel(meaning) : widePixel(meaning, depth, maximum);
  return { values: Uint16Array.from(eachPixel(picture, pixel)), maximum };
}

/** The real values in 255ths, not limited to the range of colours. */
export function realRgbOf(picture: RawPicture, meaning: Meaning): Float64Array {
  return eachPixel(picture, realPixel(meaning, bitDepthOf(picture.pixelFormat)));
}

function eachPixel(picture: RawPicture, pixel: Pixel): Float64Array {
  const { width, height, pixelFormat } = picture;
  const [luma, u, v] = planesOf(picture);
  const isHalfWide = /420|422/.test(pixelFormat);
  const isHalfHigh = /420/.test(pixelFormat);
  const grey = 2 ** (bitDepthOf(pixelFormat) - 1);
  const chromaWidth = isHalfWide ? (width + 1) >> 1 : width;
  const values = new Float64Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    for (let x = 0; x < width; x++) {
      const at = (isHalfHigh ? row >> 1 : row) * chromaWidth + (isHalfWide ? x >> 1 : x);
      const rgb = pixel(luma[row * width + x], u?.[at] ?? grey, v?.[at] ?? grey);
      values.set(rgb, (row * width + x) * 3);
    }
  }
  return values;
}

function planesOf({ bytes, pixelFormat, width, height }: RawPicture): (Uint8Array | Uint16Array)[] {
  let at = 0;
  return planeShapes(pixelFormat, width, height).map((shape) => {
    const plane = bytes.slice(at, at += shape.bytes);
    return shape.sampleBytes === 2 ? new Uint16Array(plane.buffer) : plane;
  });
}

/**
 * Floats of a picture: (value / maximum - mean) / std, by one product and one sum of floats. Take
 * deviations that a float can hold.
 */
export function floatsOf(
  { values, maximum }: RgbPicture,
  mean: readonly number[] = [0, 0, 0],
  std: readonly number[] = [1, 1, 1],
): Float32Array<ArrayBuffer> {
  const scale = std.map((deviation) => Math.fround(1 / (maximum * deviation)));
  const bias = std.map((deviation, i) => Math.fround(-Math.fround(mean[i]) / deviation));
  return Float32Array.from(
    values,
    (value, i) => Math.fround(value * scale[i % 3]) + bias[i % 3],
  );
}

/** Channel planes of interleaved values. */
export function toPlanar<T extends Uint8Array | Float32Array>(values: T): T {
  const planar = values.slice() as T;
  const pixels = values.length / 3;
  for (let i = 0; i < values.length; i++) planar[(i % 3) * pixels + Math.floor(i / 3)] = values[i];
  return planar;
}
