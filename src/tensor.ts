/**
 * RGB tensors made of frames.
 *
 * @module
 */

import { Backend, type ConvertDesc, ErrorStruct, FrameInfo } from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { bytesOf, describe, isBytes } from "./descriptor.ts";
import {
  type CudaArrayInterface,
  shareByCudaArrayInterface,
  withHostCopy,
} from "./device_memory.ts";
import {
  type DLPackCapsule,
  type DLPackDescriptor,
  type DLPackDevice,
  dlpackDeviceOf,
  exportDLPack,
} from "./dlpack.ts";
import { type Dtype, dtypeBytes } from "./format.ts";
import { FrameMemory, requireOpen } from "./frame_memory.ts";
import { callWithError, checked, native, type Outcome, run } from "./native_call.ts";
import {
  type BatchTensorDescriptor,
  nativeDescriptor,
  type TensorDescriptor,
  type TensorSize,
} from "./tensor_descriptor.ts";

/** Values of a tensor. Float16Array where the runtime has it, else the raw bits. */
export type TensorData =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Float16Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>;

/** Order of a tensor's dimensions: N frames, H rows, W pixels in a row, C channels. */
export type TensorLayout = "hwc" | "chw" | "nhwc" | "nchw";

/** What a tensor shows of itself in JSON. */
export interface TensorSummary {
  /** Length of each dimension. */
  readonly shape: readonly number[];
  /** Type of a value. */
  readonly dtype: Dtype;
  /** Order of the dimensions. */
  readonly layout: TensorLayout;
}

/** What a native tensor is. */
interface TensorKind {
  readonly layout: TensorLayout;
  readonly dtype?: Dtype;
  readonly channels?: number;
  readonly count?: number;
}

/** Makes a tensor of a converted native frame. */
let makeTensor: (handle: NativeHandle, label: string, kind: TensorKind) => Tensor;
/** The native frame of a tensor; throws ClosedError. */
export let tensorHandle: (tensor: Tensor) => number;

/** RGB pictures as an array of numbers. It stays valid until close(). */
export class Tensor implements Disposable {
  /** What JSON.stringify takes; as a function, whose name the DataCloneError shows, it also keeps
   * a Tensor from being posted as an empty object. */
  readonly toJSON: () => TensorSummary = tensorsCannotBePostedUseCopyTo;
  /** Length of each dimension: [H, W, C] or [C, H, W], and those of a batch [N, ...]. */
  readonly shape: readonly number[];
  /** Elements from one value to the next in each dimension. */
  readonly strides: readonly number[];
  /** Type of a value. */
  readonly dtype: Dtype;
  /** Order of the dimensions. */
  readonly layout: TensorLayout;
  /** Bytes of all values. */
  readonly byteLength: number;
  /** Number of the GPU in whose memory it is; null in host memory. */
  readonly gpu: number | null;
  /** Where the memory is, as Python's `__dlpack_device__` gives it. */
  readonly dlpackDevice: DLPackDevice;
  readonly #handle: NativeHandle;
  readonly #label: string;
  readonly #memory: FrameMemory;
  readonly #address: number;

  static {
    makeTensor = (handle, label, kind) => new Tensor(handle, label, kind);
    tensorHandle = (tensor) => {
      requireOpen(tensor.#handle, "tensor");
      return tensor.#handle.value;
    };
  }

  private constructor(handle: NativeHandle, label: string, kind: TensorKind) {
    const info = new FrameInfo();
    checked(native().cuf_frame_info(handle.value, info.bytes), "Reading a tensor");
    const { width, height } = info;
    const { layout, dtype = "uint8", channels = 3, count } = kind;
    this.layout = layout;
    this.dtype = dtype;
    const picture = layout.endsWith("hwc") ? [height, width, channels] : [channels, height, width];
    this.shape = count === undefined ? picture : [count, ...picture];
    this.strides = packedStrides(this.shape);
    this.byteLength = this.shape.reduce((a, b) => a * b, dtypeBytes(dtype));
    this.#handle = handle;
    this.#label = label;
    this.gpu = info.backend === Backend.CUDA ? info.gpu : null;
    this.dlpackDevice = dlpackDeviceOf(this.gpu);
    this.#memory = new FrameMemory(handle, "tensor", this.gpu !== null);
    this.#address = info.address;
  }

  /** Where the memory is. */
  get backend(): "cpu" | "cuda" {
    return this.gpu === null ? "cpu" : "cuda";
  }

  /** Its address in a GPU's memory, valid until close(); null in host memory. */
  get devicePointer(): bigint | null {
    requireOpen(this.#handle, "tensor");
    return this.gpu === null ? null : BigInt(this.#address);
  }

  /**
   * The memory on a GPU for consumers of Python's `__cuda_array_interface__`; null in host memory. Reading it
   * makes later work of the legacy default stream find the tensor complete.
   */
  get cudaArrayInterface(): CudaArrayInterface | null {
    requireOpen(this.#handle, "tensor");
    if (this.gpu === null) return null;
    return shareByCudaArrayInterface(this.#handle.value, this.#address, this);
  }

  /**
   * The values, as a view without a copy that is empty after close().
   *
   * @throws {UnsupportedError} if the tensor is in a GPU's memory: use copyTo()
   */
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
   * Copies the values, also from a GPU. It works under `--allow-ffi=<file>`, where views cannot be made.
   *
   * @throws {RangeError} if `destination` has fewer than byteLength bytes
   */
  async copyTo(destination: ArrayBufferLike | ArrayBufferView): Promise<void> {
    if (!isBytes(destination)) {
      throw new TypeError(`copyTo() takes an ArrayBuffer or a view, not ${describe(destination)}`);
    }
    requireOpen(this.#handle, "tensor");
    await copyFrame(this.gpu, this.#handle.value, bytesOf(destination), this.byteLength);
  }

  /**
   * The values as a DLPack array of `shape`, `strides` and `dtype`, without a copy. Its memory lives
   * until the consumer calls the deleter, also after close().
   */
  toDLPack(descriptor: DLPackDescriptor = {}): DLPackCapsule {
    requireOpen(this.#handle, "tensor");
    return exportDLPack(this.#handle.value, this.#label, descriptor, null, this.gpu);
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

/** Elements from one value to the next in each dimension of an array without gaps. */
export function packedStrides(shape: readonly number[]): number[] {
  return shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
}

/** Copies a native frame of `byteLength` bytes, on the host or a GPU. */
export async function copyFrame(
  gpu: number | null,
  handle: number,
  bytes: Uint8Array,
  byteLength: number,
): Promise<void> {
  if (bytes.length < byteLength) {
    throw new RangeError(`copyTo() needs ${byteLength} bytes; the destination has ${bytes.length}`);
  }
  const copy = (from: number): number =>
    callWithError(
      (error) => native().cuf_frame_copy(from, bytes, bytes.length, error.bytes),
      "Copying pixels",
    );
  if (gpu === null) copy(handle);
  else await withHostCopy(handle, copy);
}

/** Checks the descriptor and converts a native frame. */
export async function convertFrame(
  frame: number,
  label: string,
  descriptor: TensorDescriptor,
  picture: TensorSize,
): Promise<Tensor> {
  const desc = nativeDescriptor("toTensor()", descriptor, ["hwc", "chw"], picture);
  const error = new ErrorStruct();
  const { value } = await run(
    (ticket) => native().cuf_frame_convert(frame, desc.bytes, ticket, error.bytes),
    { error, signal: descriptor.signal, what: "Converting a frame" },
  );
  const { layout = "hwc", dtype, channels } = descriptor;
  const handle = new NativeHandle(value, label, "Tensor", { warns: true });
  return makeTensor(handle, label, { layout, dtype, channels });
}

/** Checks the descriptor, has `count` frames decoded by `decode`, and gives them as one tensor. */
export async function batchTensor(
  what: string,
  count: number,
  label: string,
  descriptor: BatchTensorDescriptor,
  picture: TensorSize,
  decode: (desc: ConvertDesc) => Promise<Outcome>,
): Promise<Tensor> {
  const { value } = await decode(nativeDescriptor(what, descriptor, ["nhwc", "nchw"], picture));
  const { layout = "nhwc", dtype, channels } = descriptor;
  const handle = new NativeHandle(value, label, "Tensor", { warns: true });
  return makeTensor(handle, label, { layout, dtype, channels, count });
}

function tensorsCannotBePostedUseCopyTo(this: Tensor): TensorSummary {
  return { shape: this.shape, dtype: this.dtype, layout: this.layout };
}
