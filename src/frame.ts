/**
 * Decoded frames.
 *
 * @module
 */

import {
  Backend,
  DecodeStatus,
  FrameFlag,
  FrameInfo,
  NO_TIMESTAMP,
  PictureType,
} from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { type ColorSpace, colorSpaceOf } from "./color.ts";
import { bytesOf, checkDescriptor, describe, isBytes } from "./descriptor.ts";
import * as dlpack from "./dlpack.ts";
import { CuframeError } from "./errors.ts";
import { type Dtype, dtypeName, formatName, frameShape, type PixelFormat } from "./format.ts";
import { FrameMemory, requireOpen } from "./frame_memory.ts";
import { type FrameSummary, summarizeFrame } from "./frame_summary.ts";
import { callWithError, native } from "./native_call.ts";
import { FramePlane, packedLayout, type Plane, type PlaneLayout } from "./plane.ts";
import { type Rational, rational } from "./rational.ts";
import { convertFrame, copyFrame, type Tensor } from "./tensor.ts";
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
export class Frame implements Disposable {
  /** What JSON.stringify takes; as a function, whose name the DataCloneError shows, it also keeps a
   * Frame from being posted as an empty object. */
  readonly toJSON: () => FrameSummary = framesCannotBePostedUseCopyTo;
  readonly #handle: NativeHandle;
  readonly #label: string;
  readonly #records: Uint8Array<ArrayBuffer>;
  readonly #at: number;
  #lazyInfo: FrameInfo | null = null;
  #memory: FrameMemory | null = null;
  #planes: readonly Plane[] | null = null;

  static {
    makeFrame = (records, at, label) => new Frame(records, at, label);
    frameHandle = (frame) => {
      requireOpen(frame.#handle, "frame");
      return frame.#handle.value;
    };
  }

  private constructor(records: Uint8Array<ArrayBuffer>, at: number, label: string) {
    this.#records = records;
    this.#at = at;
    this.#label = label;
    // The handle is the second word of the record; a FrameInfo is made when something else is asked.
    const handle = new Uint32Array(records.buffer, records.byteOffset + at + 4, 1)[0];
    this.#handle = new NativeHandle(handle, label, "Frame", { warns: true });
  }

  /** Its place in display order, from 0; null if it was decoded in order, by a Decoder. */
  get index(): number | null {
    const { index } = this.#info;
    return index < 0 ? null : index;
  }
  /** Time at which it is shown, in microseconds; null if the stream does not say. */
  get timestamp(): number | null {
    const { timestampUs } = this.#info;
    return timestampUs === NO_TIMESTAMP ? null : timestampUs;
  }
  /** How long it is shown, in microseconds; 0 if unknown. */
  get duration(): number {
    return this.#info.durationUs;
  }
  /** Time at which it is shown, in units of timeBase; null if the stream does not say. */
  get pts(): number | null {
    return this.#info.flags & FrameFlag.HAS_PTS ? this.#info.pts : null;
  }
  /** Seconds of one unit of pts. */
  get timeBase(): Rational {
    return rational(this.#info.timeBase);
  }
  /** Width for display in pixels, before rotation. */
  get width(): number {
    return this.#info.width;
  }
  /** Height for display in pixels, before rotation. */
  get height(): number {
    return this.#info.height;
  }
  /** Width of the coded picture in pixels. */
  get codedWidth(): number {
    return this.#info.codedWidth;
  }
  /** Height of the coded picture in pixels. */
  get codedHeight(): number {
    return this.#info.codedHeight;
  }
  /** Layout of the samples. */
  get format(): PixelFormat {
    return formatName(this.#info.format);
  }
  /** Significant bits of a sample. */
  get bitDepth(): number {
    return this.#info.bitDepth;
  }
  /** Type of a sample: "uint8", or "uint16" for more than 8 bits. */
  get dtype(): Dtype {
    return dtypeName(this.#info.dtype);
  }
  /**
   * Shape of `data` as one array: [H, W, 3] for RGB, [3, H, W] for RGBP and YUV444,
   * [H + ceil(H / 2), W] for NV12, P010 and P016, [2 * H, W] for NV16, P210 and P216. Null where the
   * planes do not form one array: planar formats with smaller chroma, and odd widths with interleaved
   * chroma, whose chroma rows are one sample longer; use `planes` there.
   */
  get shape(): readonly number[] | null {
    return frameShape(this.format, this.dtype, this.width, this.height, this.#sizes);
  }
  /** Colour space. */
  get colorSpace(): ColorSpace {
    return colorSpaceOf(this.#info.color);
  }
  /** Degrees to turn clockwise for display: 0, 90, 180 or 270. */
  get rotation(): number {
    return this.#info.rotation;
  }
  /** How it was coded; null if unknown. */
  get pictureType(): "I" | "P" | "B" | null {
    const code = this.#info.pictureType;
    if (code === PictureType.I) return "I";
    if (code === PictureType.P) return "P";
    return code === PictureType.B ? "B" : null;
  }
  /** Whether decoding can start at it. */
  get isKey(): boolean {
    return (this.#info.flags & FrameFlag.KEY) !== 0;
  }
  /** Whether its lines belong to two fields. */
  get isInterlaced(): boolean {
    return (this.#info.flags & FrameFlag.INTERLACED) !== 0;
  }
  /** Whether the upper field of an interlaced frame comes first. */
  get isTopFieldFirst(): boolean {
    return (this.#info.flags & FrameFlag.TOP_FIELD_FIRST) !== 0;
  }
  /** "ok", "corrupt" (damaged, not repaired) or "concealed" (damaged, filled in by the decoder). */
  get decodeStatus(): "ok" | "corrupt" | "concealed" {
    const code = this.#info.decodeStatus;
    if (code === DecodeStatus.OK) return "ok";
    return code === DecodeStatus.CONCEALED ? "concealed" : "corrupt";
  }
  /** Where the memory is. */
  get backend(): "cpu" | "cuda" {
    return this.#info.backend === Backend.CUDA ? "cuda" : "cpu";
  }
  /** Bytes of all planes without padding: what copyTo() writes. */
  get byteLength(): number {
    return this.#sizes.reduce((total, { rows, rowBytes }) => total + rows * rowBytes, 0);
  }
  /** Where the memory is, as Python's `__dlpack_device__` gives it. */
  get dlpackDevice(): dlpack.DLPackDevice {
    return dlpack.HOST_DEVICE;
  }
  /** Whether close() was called. */
  get isClosed(): boolean {
    return this.#handle.isClosed;
  }

  /** The planes. Their views need no copy, and are empty after close(). */
  get planes(): readonly Plane[] {
    requireOpen(this.#handle, "frame");
    if (this.#planes !== null) return this.#planes;
    const memory = this.#memory ??= new FrameMemory(this.#handle, "frame");
    return this.#planes = this.#sizes.map((_, i) => new FramePlane(this.#info, i, memory));
  }

  /**
   * All planes one after another, as a view without a copy that is empty after close().
   *
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
    const memory = this.#memory ??= new FrameMemory(this.#handle, "frame");
    return new Uint8Array(memory.buffer(address, byteLength));
  }

  /**
   * Copies all planes one after another, without padding. It works under `--allow-ffi=<file>`, where
   * views cannot be made. The bytes are there when the promise resolves.
   *
   * @returns where in `destination` each plane starts, and its bytes from row to row
   * @throws {RangeError} if `destination` has fewer than byteLength bytes
   */
  // deno-lint-ignore require-await -- a failure is a rejection, as it will be for device memory
  async copyTo(
    destination: ArrayBufferLike | ArrayBufferView,
    options: Record<string, never> = {},
  ): Promise<PlaneLayout[]> {
    checkDescriptor("copyTo()", options, {});
    if (!isBytes(destination)) {
      throw new TypeError(`copyTo() takes an ArrayBuffer or a view, not ${describe(destination)}`);
    }
    copyFrame(frameHandle(this), bytesOf(destination), this.byteLength);
    return packedLayout(this.#sizes);
  }

  /**
   * The picture as an RGB tensor, converted on the library's threads at full depth. For float types a
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
    return dlpack.exportDLPack(frameHandle(this), this.#label, descriptor, this.#info.planeCount);
  }

  /** A second frame over the same memory, which lives until both are closed. */
  clone(): Frame {
    const handle = frameHandle(this);
    const out = new Uint32Array(1);
    callWithError(
      (error) => native().cuf_frame_clone(handle, out, error.bytes),
      "Cloning a frame",
    );
    const record = this.#records.slice(this.#at, this.#at + FrameInfo.size);
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

  get #sizes() {
    return Array.from({ length: this.#info.planeCount }, (_, i) => this.#info.planesAt(i));
  }

  get #info(): FrameInfo {
    return this.#lazyInfo ??= new FrameInfo(this.#records, this.#at);
  }
}

function framesCannotBePostedUseCopyTo(this: Frame): FrameSummary {
  return summarizeFrame(this);
}
