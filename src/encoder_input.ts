/**
 * Pictures in all the forms in which an encoder takes them.
 *
 * @module
 */

import {
  type CudaArrays,
  cudaArraysOf,
  type CudaArraySource,
  importCudaArrays,
} from "./cuda_array.ts";
import { bytesOf, checkDescriptor, describe, instance, integer, isBytes } from "./descriptor.ts";
import { refuseInput } from "./encode_options.ts";
import type { PictureLayout } from "./encoder_format.ts";
import { UnsupportedError } from "./errors.ts";
import type { PixelFormat } from "./format.ts";
import { Frame, frameHandle } from "./frame.ts";
import { native } from "./native_call.ts";
import { Tensor, tensorHandle } from "./tensor.ts";

/** A picture in JavaScript's memory whose rows may have padding. */
export interface HostPicture {
  /** Its planes, one after another. */
  readonly data: ArrayBufferLike | ArrayBufferView;
  /**
   * Bytes from one row of the first plane to the next; rows of interleaved chroma of half the width have as
   * many, those of planes of half the width half of it. Default: rows without padding.
   */
  readonly stride?: number;
}

/**
 * A picture to be encoded, of the encoder's size and format: a Frame of either backend, an RGB Tensor, bytes
 * (planes one after another), or arrays in a GPU's memory. Typed arrays of 16 bits are for the formats with
 * samples of 16 bits.
 */
export type EncoderInput =
  | Frame
  | Tensor
  | ArrayBufferLike
  | ArrayBufferView
  | HostPicture
  | CudaArrays
  | CudaArraySource;

/** A picture as the library takes it. */
export type NativeInput =
  | { readonly frame: number; readonly isImported: boolean }
  | { readonly bytes: Uint8Array; readonly stride: number };

const HOST_RULES = { data: instance("bytes", isBytes), stride: integer(1, 2 ** 31 - 1) };

/** Which memory an encoder takes pictures from; undefined: from any. */
export interface InputPlace {
  /** The native device. */
  readonly device: number;
  /** Whether that is a GPU. */
  readonly hasGpu: boolean;
  /** The encoder's `useCpuInputBuffer`. */
  readonly useCpuInputBuffer: boolean | undefined;
}

/** Gives a picture to `use` as the library takes it; throws TypeError and RangeError for what does not fit. */
export function withInput<T>(
  what: string,
  input: EncoderInput,
  layout: PictureLayout,
  place: InputPlace,
  use: (input: NativeInput) => T,
): T {
  const given = nativeInput(what, input, layout, place);
  try {
    return use(given);
  } finally {
    if ("frame" in given && given.isImported) native().cuf_handle_close(given.frame);
  }
}

function nativeInput(
  what: string,
  input: EncoderInput,
  layout: PictureLayout,
  place: InputPlace,
): NativeInput {
  if (input instanceof Frame) {
    layout.requireFrame(what, input);
    requirePlace(what, place, input.backend);
    return { frame: frameHandle(input), isImported: false };
  }
  if (input instanceof Tensor) {
    layout.requireFrame(what, pictureOfTensor(what, input, layout));
    requirePlace(what, place, input.backend);
    return { frame: tensorHandle(input), isImported: false };
  }
  if (isBytes(input)) {
    requirePlace(what, place, "cpu");
    return { bytes: samplesOf(what, input, layout, 0), stride: 0 };
  }
  const arrays = cudaArraysOf(input);
  if (arrays !== null) {
    requirePlace(what, place, "cuda");
    return { frame: importCudaArrays(what, place.device, layout, arrays), isImported: true };
  }
  if (typeof input !== "object" || input === null || !("data" in input)) {
    return refuseInput(what, input, layout.words);
  }
  checkDescriptor(what, input, HOST_RULES, ["data"]);
  requirePlace(what, place, "cpu");
  const { data, stride = 0 } = input as HostPicture;
  return { bytes: samplesOf(what, data, layout, stride), stride };
}

function requirePlace(what: string, place: InputPlace, backend: "cpu" | "cuda"): void {
  const { hasGpu, useCpuInputBuffer } = place;
  if (backend === "cuda" && !hasGpu) {
    throw new UnsupportedError(
      `${what}: the picture is in a GPU's memory and the device is the CPU; copy it by copyTo()`,
    );
  }
  if (useCpuInputBuffer === undefined || useCpuInputBuffer === (backend === "cpu")) return;
  throw new TypeError(
    `${what}: the encoder was made with useCpuInputBuffer: ${useCpuInputBuffer}, and the picture is in ` +
      `${backend === "cpu" ? "host memory" : "a GPU's memory"}; leave the option out to take both`,
  );
}

/** What a tensor is as a picture. */
function pictureOfTensor(
  what: string,
  { shape, dtype, layout }: Tensor,
  expected: PictureLayout,
): { readonly width: number; readonly height: number; readonly format: PixelFormat } {
  if (dtype !== "uint8" || shape.length !== 3) {
    throw new TypeError(
      `${what} takes ${expected.words}, not a tensor of ${dtype} [${shape.join(", ")}]`,
    );
  }
  if (layout === "chw") return { width: shape[2], height: shape[1], format: "RGBP" };
  return { width: shape[1], height: shape[0], format: shape[2] === 4 ? "RGBA" : "RGB" };
}

/** The bytes of a picture; throws for another type or size. */
function samplesOf(
  what: string,
  data: ArrayBufferLike | ArrayBufferView,
  layout: PictureLayout,
  stride: number,
): Uint8Array {
  const bytes = bytesOf(data);
  if (ArrayBuffer.isView(data) && !isOfSamples(data, layout.sampleBytes)) {
    throw new TypeError(`${what} takes ${layout.words}, not ${describe(data)}`);
  }
  if (stride === 0) {
    if (bytes.length === layout.byteLength) return bytes;
    throw new RangeError(`${what} takes ${layout.words}, not ${bytes.length} bytes`);
  }
  const { planes, sampleBytes } = layout;
  const strides = planes.map((_, i) => layout.planeStride(i, stride));
  const isStride = planes.every(({ rowBytes }, i) =>
    strides[i] >= rowBytes && strides[i] % sampleBytes === 0
  );
  if (!isStride) {
    const half = planes.length === 3 && strides[1] < stride;
    throw new RangeError(
      `${what} takes ${layout.words}, whose rows have ${
        planes[0].rowBytes
      } bytes: stride must be that or ` +
        `more, in whole samples${half ? ", also halved" : ""}, not ${stride}`,
    );
  }
  const all = planes.reduce((sum, { rows }, i) => sum + rows * strides[i], 0);
  const last = planes.length - 1;
  const least = all - strides[last] + planes[last].rowBytes;
  if (bytes.length >= least && bytes.length <= all) return bytes;
  throw new RangeError(
    `${what} takes ${layout.words}, which with a stride of ${stride} are ${all} bytes, not ${bytes.length}`,
  );
}

/** Whether a view may hold samples of so many bytes: bytes always may, as they come from files. */
function isOfSamples(view: ArrayBufferView, sampleBytes: number): boolean {
  if (view instanceof DataView || view instanceof Uint8Array || view instanceof Uint8ClampedArray) {
    return true;
  }
  if (view instanceof Uint16Array) return sampleBytes === 2;
  return view instanceof Uint32Array && sampleBytes === 4;
}
