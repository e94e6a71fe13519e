/**
 * What a decoded picture is: its time, sizes, format and colours.
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
import { type ColorSpace, colorSpaceOf } from "./color.ts";
import { type Dtype, dtypeName, formatName, frameShape, type PixelFormat } from "./format.ts";
import { type Rational, rational } from "./rational.ts";

/** The record that describes a picture, read when it is first asked for. */
export let pictureInfo: (picture: PictureProperties) => FrameInfo;

/** Describing properties of a frame. They can still be read after close(). */
export abstract class PictureProperties {
  readonly #records: Uint8Array<ArrayBuffer>;
  readonly #at: number;
  #lazyInfo: FrameInfo | null = null;

  static {
    pictureInfo = (picture) => picture.#info;
  }

  /** Takes the record at `at`. */
  protected constructor(records: Uint8Array<ArrayBuffer>, at: number) {
    this.#records = records;
    this.#at = at;
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
  /**
   * Bytes of the decode statistics; 0 if the decoder was made without `enableDecodeStats`, the frame is damaged
   * or the decoder told nothing of it.
   */
  get decodeStatsSize(): number {
    return this.#info.decodeStatsBytes;
  }
  /** Where the memory is. */
  get backend(): "cpu" | "cuda" {
    return this.#info.backend === Backend.CUDA ? "cuda" : "cpu";
  }
  /** Number of the GPU in whose memory it is; null in host memory. */
  get gpu(): number | null {
    return this.backend === "cuda" ? this.#info.gpu : null;
  }
  /** Bytes of all planes without padding: what copyTo() writes. */
  get byteLength(): number {
    return this.#sizes.reduce((total, { rows, rowBytes }) => total + rows * rowBytes, 0);
  }
  get #sizes() {
    return planeSizes(this.#info);
  }

  get #info(): FrameInfo {
    return this.#lazyInfo ??= new FrameInfo(this.#records, this.#at);
  }
}

/** Rows and bytes of a picture's planes. */
export function planeSizes(info: FrameInfo): ReturnType<FrameInfo["planesAt"]>[] {
  return Array.from({ length: info.planeCount }, (_, i) => info.planesAt(i));
}
