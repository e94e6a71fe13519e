/**
 * Pictures in a GPU's memory that is the caller's, described by the CUDA array interface.
 *
 * @module
 */

import { ImportDesc } from "../ffi/abi.ts";
import { describe } from "./descriptor.ts";
import { formatCode, type PictureLayout } from "./encoder_format.ts";
import type { PlaneSize } from "./format.ts";
import { callWithError, native } from "./native_call.ts";

/** An array in a GPU's memory, as Python's `__cuda_array_interface__` describes it. */
export interface CudaArrayLike {
  /** Length of each dimension. */
  readonly shape: readonly number[];
  /** Type of a value, such as "|u1", "<u2" or "<u4". */
  readonly typestr: string;
  /** Device pointer, and whether the memory must not be written. */
  readonly data: readonly [pointer: number | bigint, isReadOnly: boolean];
  /** Bytes from one value to the next in each dimension; null or absent: without gaps. */
  readonly strides?: readonly number[] | null;
  /** Version of the interface. */
  readonly version?: number;
  /**
   * The stream that the memory is complete on, and on which it may be filled again as soon as encode()
   * resolved; until then it must exist. 1: the legacy default stream, 2: the per-thread one. Null or absent:
   * the encoder's `cudaStream`; without one it is complete, and encode() resolves when it was read.
   */
  readonly stream?: number | bigint | null;
}

/** An array for the whole picture, or one for each of its planes. */
export type CudaArrays = CudaArrayLike | readonly CudaArrayLike[];

/** Something that tells of its arrays, such as the guide's AppFrame with its `cuda()`. */
export type CudaArraySource =
  | { readonly cudaArrayInterface: CudaArrays }
  | { readonly __cuda_array_interface__: CudaArrays }
  | { cuda(): CudaArrays };

const TYPES: { readonly [dtype: string]: readonly string[] } = {
  uint8: ["|u1", "<u1", "u1"],
  uint16: ["<u2"],
  // Words may come as the bytes that they are.
  uint32: ["<u4", "|u1"],
  float16: [],
  float32: [],
};

/** The arrays of an input that has some; null for others. */
export function cudaArraysOf(input: unknown): readonly CudaArrayLike[] | null {
  if (typeof input !== "object" || input === null) return null;
  const { cudaArrayInterface, __cuda_array_interface__: python, cuda } = input as {
    readonly [key: string]: unknown;
  };
  const told = cudaArrayInterface ?? python ??
    (typeof cuda === "function" ? cuda.call(input) : input);
  const arrays: readonly unknown[] = Array.isArray(told) ? told : [told];
  return arrays.length > 0 && arrays.every(isArray) ? arrays : null;
}

function isArray(value: unknown): value is CudaArrayLike {
  if (typeof value !== "object" || value === null) return false;
  const { shape, typestr, data } = value as { readonly [key: string]: unknown };
  return Array.isArray(shape) && typeof typestr === "string" && Array.isArray(data);
}

/** Makes a native frame of the caller's memory; its handle must be closed. */
export function importCudaArrays(
  what: string,
  device: number,
  layout: PictureLayout,
  arrays: readonly CudaArrayLike[],
): number {
  const planes = placesOf(what, layout, arrays);
  const desc = new ImportDesc();
  desc.format = formatCode(layout.format);
  desc.width = layout.width;
  desc.height = layout.height;
  desc.stream = streamOf(what, arrays);
  desc.planeCount = planes.length;
  planes.forEach(({ address, stride }, i) => {
    const plane = desc.planesAt(i);
    plane.address = address;
    plane.strideBytes = stride;
    plane.rows = layout.planes[i].rows;
    plane.rowBytes = layout.planes[i].rowBytes;
  });
  const out = new Uint32Array(1);
  callWithError(
    (error) => native().cuf_frame_import(device, desc.bytes, out, error.bytes),
    what,
  );
  return out[0];
}

/** Where a plane is. */
export interface PlanePlace {
  /** Device pointer. */
  readonly address: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
}

/** Where each plane of a picture is; throws TypeError and RangeError for other arrays. */
export function placesOf(
  what: string,
  layout: PictureLayout,
  arrays: readonly CudaArrayLike[],
): readonly PlanePlace[] {
  for (const { typestr } of arrays) {
    if (TYPES[layout.dtype].includes(typestr)) continue;
    throw new TypeError(
      `${what} takes ${layout.words}, of typestr "${TYPES[layout.dtype][0]}", not ${
        describe(typestr)
      }`,
    );
  }
  const { planes } = layout;
  if (arrays.length === planes.length) {
    const places = planes.map((plane, i) => placeOf(arrays[i], plane));
    if (places.every((place) => place !== null)) return places;
  }
  const whole = arrays.length === 1 ? placesInOne(layout, arrays[0]) : null;
  if (whole !== null) return whole;
  const shapes = arrays.map(({ shape, strides }) =>
    `[${shape.join(", ")}]${strides ? ` with strides [${strides.join(", ")}]` : ""}`
  );
  const each = planes.map(({ rows, rowBytes }) => `[${rows}, ${rowBytes / layout.sampleBytes}]`);
  throw new RangeError(
    `${what} takes ${layout.words}, or one array for each plane (${
      each.join(", ")
    }), rows without ` +
      `gaps inside, not ${shapes.join(", ")}`,
  );
}

/** The place of a plane whose rows are the array's first dimension; null if it is not such an array. */
function placeOf(array: CudaArrayLike, { rows, rowBytes }: PlaneSize): PlanePlace | null {
  const strides = stridesOf(array);
  if (strides === null || array.shape[0] !== rows || strides[0] < rowBytes) return null;
  const isRow = rowLength(array, strides, 1) === rowBytes;
  return isRow ? { address: Number(array.data[0]), stride: strides[0] } : null;
}

/** The planes of a whole picture: rows of one length one below the other, an array of planes, or bytes. */
function placesInOne(layout: PictureLayout, array: CudaArrayLike): readonly PlanePlace[] | null {
  const strides = stridesOf(array);
  if (strides === null) return null;
  const { planes } = layout;
  const [{ rows, rowBytes }] = planes;
  const start = Number(array.data[0]);
  const isEven = planes.every((plane) => plane.rowBytes === rowBytes);
  const total = planes.reduce((sum, plane) => sum + plane.rows, 0);
  if (isEven && placeOf(array, { rows: total, rowBytes }) !== null) {
    let row = 0;
    return planes.map((plane) => {
      row += plane.rows;
      return { address: start + strides[0] * (row - plane.rows), stride: strides[0] };
    });
  }
  const [count, height] = array.shape;
  const isStack = isEven && array.shape.length === 3 && count === planes.length &&
    height === rows && strides[1] >= rowBytes && rowLength(array, strides, 2) === rowBytes;
  if (isStack) {
    return planes.map((_, i) => ({ address: start + strides[0] * i, stride: strides[1] }));
  }
  if (rowLength(array, strides, 0) !== layout.byteLength) return null;
  const isWhole = array.shape.length === 1 || array.shape.join() === layout.shape.join();
  if (!isWhole) return null;
  let offset = 0;
  return planes.map((plane) => {
    offset += plane.rows * plane.rowBytes;
    return { address: start + offset - plane.rows * plane.rowBytes, stride: plane.rowBytes };
  });
}

/** Bytes of the dimensions from `first` on, if they have no gaps; else -1. */
function rowLength(
  { shape, typestr }: CudaArrayLike,
  strides: readonly number[],
  first: number,
): number {
  let bytes = Number(typestr.at(-1));
  for (let i = shape.length - 1; i >= first; i--) {
    if (shape[i] !== 1 && strides[i] !== bytes) return -1;
    bytes *= shape[i];
  }
  return bytes;
}

function stridesOf({ shape, strides, typestr }: CudaArrayLike): readonly number[] | null {
  if (!shape.every((length) => Number.isSafeInteger(length) && length > 0)) return null;
  if (strides === null || strides === undefined) {
    const size = Number(typestr.at(-1));
    return shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, size));
  }
  const isGood = Array.isArray(strides) && strides.length === shape.length &&
    strides.every((stride) => Number.isSafeInteger(stride) && stride >= 0);
  return isGood ? strides : null;
}

function streamOf(what: string, arrays: readonly CudaArrayLike[]): number {
  const streams = new Set(arrays.map(({ stream }) => stream ?? null));
  for (const stream of streams) {
    if (stream === null) continue;
    const isStream = typeof stream === "bigint" || Number.isSafeInteger(stream);
    if (isStream && Number(stream) > 0) continue;
    throw new TypeError(
      `${what}: stream must be 1, 2, a CUstream or null (0 is ambiguous), not ${describe(stream)}`,
    );
  }
  if (new Set([...streams].map(Number)).size === 1) return Number([...streams][0]);
  throw new TypeError(`${what}: the planes are complete on different streams; use one stream`);
}
