/**
 * What a decoder is made from.
 *
 * @module
 */

import { ColorType, DecoderDesc, OnError } from "../ffi/abi.ts";
import { codecName } from "./codec_name.ts";
import { type ColorOverride, colorOverride, overrideCodes } from "./color.ts";
import {
  bytes,
  bytesOf,
  checkDescriptor,
  flag,
  integer,
  oneOf,
  signal,
  text,
} from "./descriptor.ts";

/** How a decoder is made. A demuxer's `decoderConfig` fits, with or without more keys beside it. */
export interface DecoderDescriptor {
  /** libav's name ("h264", "hevc", "av1"...), an alias ("h265") or a WebCodecs string ("avc1.64001f"). */
  readonly codec: string;
  /** Codec headers, where the packets do not hold them. */
  readonly description?: ArrayBufferLike | ArrayBufferView;
  /** Width of the coded picture, for codecs that keep it in the container; default 0, unknown. */
  readonly codedWidth?: number;
  /** Height of the coded picture, for codecs that keep it in the container; default 0, unknown. */
  readonly codedHeight?: number;
  /** Taken so that a decoderConfig fits; frames are not scaled. */
  readonly displayAspectWidth?: number;
  /** Taken so that a decoderConfig fits; frames are not scaled. */
  readonly displayAspectHeight?: number;
  /**
   * "native" (default): NVDEC's layouts, the same bytes on every backend; "rgb": 8-bit [H, W, 3];
   * "rgbp": 8-bit [3, H, W]; "raw": the decoder's own planes without a copy.
   */
  readonly outputColorType?: "native" | "rgb" | "rgbp" | "raw";
  /**
   * What happens to damaged pictures. "throw" (default): a CorruptDataError, after which decoding can
   * go on; "skip": they are left out; "conceal": they come with `decodeStatus` set.
   */
  readonly onError?: "throw" | "skip" | "conceal";
  /**
   * Gives `frame.seiMessages`; default false. Codecs other than H.264, HEVC, AV1 and MPEG-1/2 have no such
   * messages.
   */
  readonly enableSeiMessage?: boolean;
  /** Most threads it may use; default: as many as the device has. */
  readonly threads?: number;
  /** Replaces the stream's matrix and range for "rgb" and "rgbp". */
  readonly colorSpace?: ColorOverride;
  /** Name in warnings; default: the codec. */
  readonly label?: string;
  /** Stops the making. */
  readonly signal?: AbortSignal;
}

const LARGEST_SIDE = 1 << 20;
const MOST_THREADS = 256;

/** The library's numbers of the output colour types. */
export const COLOR_TYPES = {
  native: ColorType.NATIVE,
  rgb: ColorType.RGB,
  rgbp: ColorType.RGBP,
  raw: ColorType.RAW,
} as const;
/** The library's numbers of the ways to treat damage. */
export const ON_ERROR = {
  throw: OnError.THROW,
  skip: OnError.SKIP,
  conceal: OnError.CONCEAL,
} as const;

/** Checks a descriptor and writes it as the library wants it. */
export function nativeDecoderDescriptor(
  descriptor: DecoderDescriptor,
): { desc: DecoderDesc; headers: Uint8Array | null } {
  const side = integer(0, LARGEST_SIDE);
  checkDescriptor("createDecoder()", descriptor, {
    codec: text(),
    description: bytes(),
    codedWidth: side,
    codedHeight: side,
    displayAspectWidth: side,
    displayAspectHeight: side,
    outputColorType: oneOf("native", "rgb", "rgbp", "raw"),
    onError: oneOf("throw", "skip", "conceal"),
    enableSeiMessage: flag(),
    threads: integer(1, MOST_THREADS),
    colorSpace: colorOverride(),
    label: text(),
    signal: signal(),
  }, ["codec"]);
  const desc = new DecoderDesc();
  desc.codec = codecName(descriptor.codec);
  desc.outputColorType = COLOR_TYPES[descriptor.outputColorType ?? "native"];
  desc.onError = ON_ERROR[descriptor.onError ?? "throw"];
  desc.enableSeiMessage = descriptor.enableSeiMessage ? 1 : 0;
  desc.threads = descriptor.threads ?? 0;
  desc.width = descriptor.codedWidth ?? 0;
  desc.height = descriptor.codedHeight ?? 0;
  Object.assign(desc, overrideCodes(descriptor.colorSpace));
  const { description } = descriptor;
  return { desc, headers: description === undefined ? null : bytesOf(description) };
}
