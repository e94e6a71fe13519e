/**
 * RGB tensors made of frames.
 *
 * @module
 */

import { ConvertDesc, ErrorStruct, FrameInfo, Layout } from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { type ColorOverride, colorOverride, overrideCodes } from "./color.ts";
import {
  bytesOf,
  checkDescriptor,
  describe,
  integer,
  isBytes,
  oneOf,
  signal,
  triple,
} from "./descriptor.ts";
import {
  type DLPackCapsule,
  type DLPackDescriptor,
  type DLPackDevice,
  exportDLPack,
  HOST_DEVICE,
} from "./dlpack.ts";
import { type Dtype, dtypeBytes, dtypeCode } from "./format.ts";
import { FrameMemory, requireOpen } from "./frame_memory.ts";
import { callWithError, checked, native, run } from "./native_call.ts";

/** How a frame becomes a tensor. */
export interface TensorDescriptor {
  /** "hwc": pixel after pixel (default); "chw": plane after plane. */
  readonly layout?: "hwc" | "chw";
  /** Type of a value: "uint8" (default); "uint16" keeps the depth; floats are 0 to 1 before mean and std. */
  readonly dtype?: Dtype;
  /** Subtracted from R, G and B; for float types only; default [0, 0, 0]. */
  readonly mean?: readonly number[];
  /** Divides R, G and B after that; for float types only; default [1, 1, 1]. */
  readonly std?: readonly number[];
  /** 3 (default), or 4 with opaque alpha, for layout "hwc" only. */
  readonly channels?: 3 | 4;
  /** Replaces the stream's matrix and range. */
  readonly colorSpace?: ColorOverride;
  /** Stops the conversion. */
  readonly signal?: AbortSignal;
}

/** Values of a tensor. Float16Array where the runtime has it, else the raw bits. */
export type TensorData =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Float16Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>;

/** What a tensor shows of itself in JSON. */
export interface TensorSummary {
  /** Length of each dimension. */
  readonly shape: readonly number[];
  /** Type of a value. */
  readonly dtype: Dtype;
  /** Order of the dimensions. */
  readonly layout: "hwc" | "chw";
}

/** Makes a tensor of a converted native frame. */
let makeTensor: (handle: NativeHandle, label: string, descriptor: TensorDescriptor) => Tensor;

/** An RGB picture as an array of numbers. It stays valid until close(). */
export class Tensor implements Disposable {
  /** What JSON.stringify takes; as a function, whose name the DataCloneError shows, it also keeps
   * a Tensor from being posted as an empty object. */
  readonly toJSON: () => TensorSummary = tensorsCannotBePostedUseCopyTo;
  /** Length of each dimension: [H, W, C] or [C, H, W]. */
  readonly shape: readonly number[];
  /** Elements from one value to the next in each dimension. */
  readonly strides: readonly number[];
  /** Type of a value. */
  readonly dtype: Dtype;
  /** Order of the dimensions. */
  readonly layout: "hwc" | "chw";
  /** Bytes of all values. */
  readonly byteLength: number;
  /** Where the memory is, as Python's `__dlpack_device__` gives it. */
  readonly dlpackDevice: DLPackDevice = HOST_DEVICE;
  readonly #handle: NativeHandle;
  readonly #label: string;
  readonly #memory: FrameMemory;
  readonly #address: number;

  static {
    makeTensor = (handle, label, descriptor) => new Tensor(handle, label, descriptor);
  }

  private constructor(handle: NativeHandle, label: string, descriptor: TensorDescriptor) {
    const info = new FrameInfo();
    checked(native().cuf_frame_info(handle.value, info.bytes), "Reading a tensor");
    const { width, height } = info;
    const channels = descriptor.channels ?? 3;
    this.layout = descriptor.layout ?? "hwc";
    this.dtype = descriptor.dtype ?? "uint8";
    this.shape = this.layout === "hwc" ? [height, width, channels] : [channels, height, width];
    this.strides = [this.shape[1] * this.shape[2], this.shape[2], 1];
    this.byteLength = width * height * channels * dtypeBytes(this.dtype);
    this.#handle = handle;
    this.#label = label;
    this.#memory = new FrameMemory(handle, "tensor");
    this.#address = info.address;
  }

  /** The values, as a view without a copy that is empty after close(). */
  get data(): TensorData {
    requireOpen(this.#handle, "tensor");
    const buffer = this.#memory.buffer(this.#address, this.byteLength);
    if (this.dtype === "uint8") return new Uint8Array(buffer);
    if (this.dtype === "float32") return new Float32Array(buffer);
    const hasFloat16 = this.dtype === "float16" && typeof Float16Array !== "undefined";
    return hasFloat16 ? new Float16Array(buffer) : new Uint16Array(buffer);
  }

  /** Whether close() was called. */
  get isClosed(): boolean {
    return this.#handle.isClosed;
  }

  /**
   * Copies the values. It works under `--allow-ffi=<file>`, where views cannot be made.
   *
   * @throws {RangeError} if `destination` has fewer than byteLength bytes
   */
  // deno-lint-ignore require-await -- a failure is a rejection, as it will be for device memory
  async copyTo(destination: ArrayBufferLike | ArrayBufferView): Promise<void> {
    if (!isBytes(destination)) {
      throw new TypeError(`copyTo() takes an ArrayBuffer or a view, not ${describe(destination)}`);
    }
    requireOpen(this.#handle, "tensor");
    copyFrame(this.#handle.value, bytesOf(destination), this.byteLength);
  }

  /**
   * The values as a DLPack array of `shape`, `strides` and `dtype`, without a copy. Its memory lives
   * until the consumer calls the deleter, also after close().
   */
  toDLPack(descriptor: DLPackDescriptor = {}): DLPackCapsule {
    requireOpen(this.#handle, "tensor");
    return exportDLPack(this.#handle.value, this.#label, descriptor, null);
  }

  /** Gives the memory back and empties all views of it. Later calls do nothing. */
  close(): void {
    if (!this.#handle.isClosed) this.#memory.close();
  }

  /** Calls close(). */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Copies a native frame of `byteLength` bytes. */
export function copyFrame(handle: number, bytes: Uint8Array, byteLength: number): void {
  if (bytes.length < byteLength) {
    throw new RangeError(`copyTo() needs ${byteLength} bytes; the destination has ${bytes.length}`);
  }
  callWithError(
    (error) => native().cuf_frame_copy(handle, bytes, bytes.length, error.bytes),
    "Copying pixels",
  );
}

/** Checks the descriptor and converts a native frame. */
export async function convertFrame(
  frame: number,
  label: string,
  descriptor: TensorDescriptor,
): Promise<Tensor> {
  const desc = nativeDescriptor(descriptor);
  const error = new ErrorStruct();
  const { value } = await run(
    (ticket) => native().cuf_frame_convert(frame, desc.bytes, ticket, error.bytes),
    { error, signal: descriptor.signal, what: "Converting a frame" },
  );
  return makeTensor(new NativeHandle(value, label, "Tensor", { warns: true }), label, descriptor);
}

function nativeDescriptor(descriptor: TensorDescriptor): ConvertDesc {
  checkDescriptor("toTensor()", descriptor, {
    layout: oneOf("hwc", "chw"),
    dtype: oneOf("uint8", "uint16", "float16", "float32"),
    mean: triple(),
    std: triple(true),
    channels: integer(3, 4),
    colorSpace: colorOverride(),
    signal: signal(),
  });
  const { layout = "hwc", dtype = "uint8", channels = 3, mean, std } = descriptor;
  const isFloat = dtype.startsWith("float");
  if (!isFloat && (mean ?? std) !== undefined) {
    throw new TypeError(`toTensor(): mean and std are for float types, not for "${dtype}"`);
  }
  if (channels === 4 && layout === "chw") {
    throw new TypeError('toTensor(): 4 channels are for layout "hwc"');
  }
  const desc = new ConvertDesc();
  desc.layout = layout === "chw" ? Layout.CHW : Layout.HWC;
  desc.dtype = dtypeCode(dtype);
  desc.channels = channels;
  Object.assign(desc, overrideCodes(descriptor.colorSpace));
  if (mean !== undefined) desc.setMean(mean);
  if (std !== undefined) desc.setStd(std);
  return desc;
}

function tensorsCannotBePostedUseCopyTo(this: Tensor): TensorSummary {
  return { shape: this.shape, dtype: this.dtype, layout: this.layout };
}
