/**
 * Pixel formats: their names, sample types and array shapes.
 *
 * @module
 */

import { Dtype as DtypeCode, Format } from "../ffi/abi.ts";

/**
 * Layout of a frame's samples. NVDEC's: NV12, P010, P016 (4:2:0, two planes), NV16, P210, P216 (4:2:2,
 * two planes), YUV444, YUV444_16 (three planes); the 16-bit ones keep the sample in the most
 * significant bits. The decoder's own ("raw"): I420, I422, I444, GRAY8, GBRP, and with P16 or 16 in the
 * name in the least significant bits of 16. RGB, RGBA and BGRA are interleaved, RGBP is three planes.
 * BGR10 and RGB10 are words of 32 bits that begin with the least significant bits.
 */
export type PixelFormat =
  | "NV12"
  | "P010"
  | "P016"
  | "NV16"
  | "P210"
  | "P216"
  | "YUV444"
  | "YUV444_16"
  | "RGB"
  | "RGBP"
  | "RGBA"
  | "I420"
  | "I422"
  | "I444"
  | "I420P16"
  | "I422P16"
  | "I444P16"
  | "GRAY8"
  | "GRAY16"
  | "GBRP"
  | "GBRP16"
  | "BGRA"
  | "BGR10"
  | "RGB10"
  | "UNKNOWN";

/** Type of one sample. */
export type Dtype = "uint8" | "uint16" | "float16" | "float32";

const FORMAT_NAMES: readonly PixelFormat[] = Object.entries(Format)
  .sort(([, a], [, b]) => a - b)
  .map(([name]) => name as PixelFormat);
const DTYPES: readonly Dtype[] = ["uint8", "uint16", "float16", "float32"];
const SEMI_PLANAR: readonly PixelFormat[] = ["NV12", "P010", "P016", "NV16", "P210", "P216"];

/** Name of a format's number. */
export function formatName(code: number): PixelFormat {
  return FORMAT_NAMES[code] ?? "UNKNOWN";
}

/** Name of a sample type's number. */
export function dtypeName(code: number): Dtype {
  return DTYPES[code] ?? "uint8";
}

/** Number of a sample type's name. */
export function dtypeCode(name: Dtype): number {
  return DtypeCode[name.toUpperCase() as keyof typeof DtypeCode];
}

/** Bytes of one sample. */
export function dtypeBytes(dtype: Dtype): number {
  return dtype === "uint8" ? 1 : dtype === "float32" ? 4 : 2;
}

/** Size of a plane in bytes. */
export interface PlaneSize {
  /** Number of rows. */
  readonly rows: number;
  /** Bytes of a row without padding. */
  readonly rowBytes: number;
}

/**
 * The shape of all planes as one array: [H, W, 3] for RGB, [3, H, W] for RGBP and YUV444,
 * [H + ceil(H / 2), W] for NV12, P010 and P016, [2 * H, W] for NV16, P210 and P216, [H, W] for grey.
 * Null where the planes do not form one: the planar formats with smaller chroma planes, and an odd
 * width in the formats with interleaved chroma, whose chroma rows are one sample longer.
 */
export function frameShape(
  format: PixelFormat,
  dtype: Dtype,
  width: number,
  height: number,
  planes: readonly PlaneSize[],
): readonly number[] | null {
  if (format === "RGB") return [height, width, 3];
  if (format === "RGBA" || format === "BGRA") return [height, width, 4];
  const rowBytes = width * dtypeBytes(dtype);
  if (planes.some((plane) => plane.rowBytes !== rowBytes)) return null;
  if (planes.length === 1) return [height, width];
  const rows = planes.reduce((sum, plane) => sum + plane.rows, 0);
  if (SEMI_PLANAR.includes(format)) return [rows, width];
  return planes.every((plane) => plane.rows === height) ? [planes.length, height, width] : null;
}

/** The shape of one plane: [rows, samples], and for interleaved samples [rows, pixels, samples of a pixel]. */
export function planeShape(
  format: PixelFormat,
  dtype: Dtype,
  index: number,
  plane: PlaneSize,
): readonly number[] {
  const samples = plane.rowBytes / dtypeBytes(dtype);
  if (format === "RGB") return [plane.rows, samples / 3, 3];
  if (format === "RGBA" || format === "BGRA") return [plane.rows, samples / 4, 4];
  if (index === 1 && SEMI_PLANAR.includes(format)) return [plane.rows, samples / 2, 2];
  return [plane.rows, samples];
}
