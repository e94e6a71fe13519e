/**
 * Decoded frames.
 *
 * @module
 */

import { FrameInfo } from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { type ParsedDecodeStats, parseDecodeStats } from "./decode_stats.ts";
import { bytesOf, checkDescriptor, describe, isBytes } from "./descriptor.ts";
import * as dlpack from "./dlpack.ts";
import { type CudaArrayInterface, shareByCudaArrayInterface } from "./device_memory.ts";
import { CuframeError, UnsupportedError } from "./errors.ts";
import { FrameMemory, requireOpen } from "./frame_memory.ts";
import { type FrameSummary, summarizeFrame } from "./frame_summary.ts";
import { callWithError, native } from "./native_call.ts";
import { FramePlane, packedLayout, type Plane, type PlaneLayout } from "./plane.ts";
import { pictureInfo, PictureProperties, planeSizes } from "./picture_properties.ts";
import { readSei, type SeiMessage } from "./sei.ts";
import { convertFrame, copyFrame, packedStrides, type Tensor } from "./tensor.ts";
import type { TensorDescriptor } from "./tensor_descriptor.ts";
import { type ImageDataLike, imageDataOf } from "./image_data.ts";

/** Makes frames of a batch's records. */
export let makeFrame: (records: Uint8Array<ArrayBuffer>, at: number, label: string) => Frame;
/** The native frame; throws ClosedError. */
export let frameHandle: (frame: Frame) => number;

/**
 * One decoded picture. It stays valid until close(), longer than its decoder; every frame should be
 * closed, best by `using`. Describing properties can still be read after close().
 */
export class Frame extends PictureProperties implements Disposable {
  /** What JSON.stringify takes; as a function, whose name the DataCloneError shows, it also keeps a
   * Frame from being posted as an empty object. */
  readonly toJSON: () => FrameSummary = framesCannotBePostedUseCopyTo;
  readonly #handle: NativeHandle;
  readonly #label: string;
  #memory: FrameMemory | null = null;
  #planes: readonly Plane[] | null = null;
  #seiMessages: readonly SeiMessage[] | null = null;

  static {
    makeFrame = (records, at, label) => new Frame(records, at, label);
    frameHandle = (frame) => {
      requireOpen(frame.#handle, "frame");
      return frame.#handle.value;
    };
  }

  private constructor(records: Uint8Array<ArrayBuffer>, at: number, label: string) {
    super(records, at);
    this.#label = label;
    // The handle is the second word of the record; a FrameInfo is made when something else is asked.
    const handle = new Uint32Array(records.buffer, records.byteOffset + at + 4, 1)[0];
    this.#handle = new NativeHandle(handle, label, "Frame", { warns: true });
  }

  /** Where the memory is, as Python's `__dlpack_device__` gives it. */
  get dlpackDevice(): dlpack.DLPackDevice {
    return dlpack.dlpackDeviceOf(this.gpu);
  }
  /** Whether close() was called. */
  get isClosed(): boolean {
    return this.#handle.isClosed;
  }

  /** The planes. Their views need no copy, and are empty after close(); of a GPU's memory there are none. */
  get planes(): readonly Plane[] {
    requireOpen(this.#handle, "frame");
    if (this.#planes !== null) return this.#planes;
    return this.#planes = planeSizes(this.#info).map((_, i) =>
      new FramePlane(this.#info, i, this.#views)
    );
  }

  /**
   * The picture's SEI messages in the order of the stream, at most 4096; those of both fields of a frame.
   * Empty if it has none, and unless its decoder was made with `enableSeiMessage: true`. They are fetched
   * when they are first asked for, and stay after close().
   *
   * @throws {ClosedError} if that is after close()
   */
  get seiMessages(): readonly SeiMessage[] {
    const { seiCount, seiBytes } = this.#info;
    return this.#seiMessages ??= readSei(frameHandle(this), seiCount, seiBytes);
  }

  /**
   * All planes one after another, as a view without a copy that is empty after close().
   *
   * @throws {UnsupportedError} if the frame is in a GPU's memory: use copyTo()
   * @throws {CuframeError} if the planes lie apart in memory, as those of "raw" frames do
   */
  get data(): Uint8Array<ArrayBuffer> {
    requireOpen(this.#handle, "frame");
    const { address, byteLength } = this.#info;
    if (address === 0) {
      throw new CuframeError("The planes of a raw frame lie apart; use planes, or copyTo()", {
        code: "unsupported",
      });
    }
    return new Uint8Array(this.#views.buffer(address, byteLength));
  }

  /** Address of the first plane in a GPU's memory, valid until close(); null in host memory. */
  get devicePointer(): bigint | null {
    return this.planes[0].devicePointer;
  }

  /**
   * The memory on a GPU as an array of `shape`, for consumers of Python's `__cuda_array_interface__`; null in
   * host memory. Reading it makes later work of the legacy default stream find the frame complete.
   *
   * @throws {UnsupportedError} if `shape` is null
   */
  get cudaArrayInterface(): CudaArrayInterface | null {
    const handle = frameHandle(this);
    const { shape, dtype } = this;
    if (this.backend === "cpu") return null;
    if (shape === null) {
      throw new UnsupportedError(
        "The planes of this frame form no single array; export them one by one by toDLPack({ plane })",
      );
    }
    const strides = packedStrides(shape);
    return shareByCudaArrayInterface(handle, this.#info.address, { shape, strides, dtype });
  }

  /**
   * Copies all planes one after another, without padding, also from a GPU. It works under
   * `--allow-ffi=<file>`, where views cannot be made. The bytes are there when the promise resolves.
   *
   * @returns where in `destination` each plane starts, and its bytes from row to row
   * @throws {RangeError} if `destination` has fewer than byteLength bytes
   */
  async copyTo(
    destination: ArrayBufferLike | ArrayBufferView,
    options: Record<string, never> = {},
  ): Promise<PlaneLayout[]> {
    checkDescriptor("copyTo()", options, {});
    if (!isBytes(destination)) {
      throw new TypeError(`copyTo() takes an ArrayBuffer or a view, not ${describe(destination)}`);
    }
    await copyFrame(this.gpu, frameHandle(this), bytesOf(destination), this.byteLength);
    return packedLayout(planeSizes(this.#info));
  }

  /**
   * The picture as an RGB tensor where the frame is, converted at full depth. For float types a
   * value is (rgb / maximum - mean) / std. Frames of outputColorType "rgb" and "rgbp" are refused.
   */
  toTensor(descriptor: TensorDescriptor = {}): Promise<Tensor> {
    return convertFrame(frameHandle(this), this.#label, descriptor, this);
  }

  /** The picture as 8-bit RGBA in JavaScript's memory, in the shape of the web's ImageData. */
  toImageData(): Promise<ImageDataLike> {
    return imageDataOf(this);
  }

  /**
   * The memory as a DLPack array without a copy: of this frame's `shape`, or of one plane's. It lives
   * until the consumer calls the deleter, also after close(). Raw frames are flagged as read-only.
   *
   * @throws {UnsupportedError} if `shape` is null or the planes lie apart, as those of raw frames do;
   * for the legacy version of raw frames, which has no such flag
   */
  toDLPack(descriptor: dlpack.FrameDLPackDescriptor = {}): dlpack.DLPackCapsule {
    const { planeCount } = this.#info;
    return dlpack.exportDLPack(frameHandle(this), this.#label, descriptor, planeCount, this.gpu);
  }

  /**
   * A copy of the decode statistics as NVDEC lays them out, decodeStatsSize bytes, little endian: a header of
   * 32 bytes (byte 0: 1, + 2 if there are vectors of list 1; bytes 4 to 7: number of blocks), then 12 bytes
   * for each block (QP; 2 * type; 2 unused; mv0 x, y; mv1 x, y).
   */
  get rawDecodeStats(): Uint8Array<ArrayBuffer> {
    const handle = frameHandle(this);
    const record = new Uint8Array(this.decodeStatsSize);
    callWithError(
      (error) => native().cuf_frame_decode_stats(handle, record, record.length, error.bytes),
      "Reading decode statistics",
    );
    return record;
  }

  /**
   * How the picture's blocks were coded: quantisers, types and motion vectors. For frames of decoders made
   * with `enableDecodeStats`; all arrays are empty where decodeStatsSize is 0.
   */
  parseDecodeStats(): ParsedDecodeStats {
    return parseDecodeStats(this.rawDecodeStats, this.#info.decodeStatsColumns);
  }

  /** A second frame over the same memory, which lives until both are closed. */
  clone(): Frame {
    const handle = frameHandle(this);
    const out = new Uint32Array(1);
    callWithError(
      (error) => native().cuf_frame_clone(handle, out, error.bytes),
      "Cloning a frame",
    );
    const { bytes, at } = pictureInfo(this);
    const record = bytes.slice(at, at + FrameInfo.size);
    new FrameInfo(record).frame = out[0];
    return new Frame(record, 0, this.#label);
  }

  /** Gives the memory back and empties all views of it. Later calls do nothing. */
  close(): void {
    if (this.#handle.isClosed) return;
    if (this.#memory === null) this.#handle.close();
    else this.#memory.close();
  }

  /** Calls close(). */
  [Symbol.dispose](): void {
    this.close();
  }

  /** What console.log shows in Deno. */
  [Symbol.for("Deno.customInspect")](
    inspect: (value: unknown, options?: object) => string,
    options?: object,
  ): string {
    return `Frame ${inspect(summarizeFrame(this), options)}`;
  }

  /** What console.log shows in Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](
    _depth: number,
    options: object,
    inspect: (value: unknown, options?: object) => string,
  ): string {
    return `Frame ${inspect(summarizeFrame(this), options)}`;
  }

  get #info(): FrameInfo {
    return pictureInfo(this);
  }

  get #views(): FrameMemory {
    return this.#memory ??= new FrameMemory(this.#handle, "frame", this.backend === "cuda");
  }
}

function framesCannotBePostedUseCopyTo(this: Frame): FrameSummary {
  return summarizeFrame(this);
}
