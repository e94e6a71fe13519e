/**
 * What a decoder is made from.
 *
 * @module
 */

import { ColorType, DecoderDesc, Latency, OnError } from "../ffi/abi.ts";
import { codecName } from "./codec_name.ts";
import { type ColorOverride, colorOverride, overrideCodes } from "./color.ts";
import {
  bytes,
  bytesOf,
  checkDescriptor,
  flag,
  instance,
  integer,
  oneOf,
  signal,
  text,
} from "./descriptor.ts";
import {
  cudaAddress,
  type DecodingDevice,
  type GpuDescriptor,
  gpuFields,
  gpuRules,
  requireContext,
} from "./gpu_options.ts";

/** How a decoder is made. A demuxer's `decoderConfig` fits, with or without more keys beside it. */
export interface DecoderDescriptor extends GpuDescriptor {
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
   * Most bytes of its pictures at once: those that it predicts from, and its frames until they are closed.
   * Beyond it calls fail with an OutOfMemoryError: a decode() has then not taken its packet, a loop over
   * frames() goes on with a new one. Default: the device's.
   */
  readonly memoryBudgetBytes?: number;
  /**
   * When frames come. "native" (default): in display order, as late as is fastest, and at least one frame
   * late in streams with B-frames; "low": in display order, each by the `decode()` of its own packet unless
   * frames that come later in the stream are shown before it; "zero": in decode order, each by the
   * `decode()` of its own packet. Streams with B-frames are not what "low" and "zero" are for: see
   * `decoder.effectiveLatency`. Both cost speed, since frames are not decoded beside each other.
   */
  readonly latency?: "native" | "low" | "zero";
  /** Widest picture in pixels; a stream with wider ones is refused. Default: any. */
  readonly maxWidth?: number;
  /** Highest picture in pixels; a stream with higher ones is refused. Default: any. */
  readonly maxHeight?: number;
  /**
   * Gives `frame.seiMessages`; default false. Codecs other than H.264, HEVC, AV1 and MPEG-1/2 have no such
   * messages.
   */
  readonly enableSeiMessage?: boolean;
  /** Most threads it may use; default: as many as the device has. */
  readonly threads?: number;
  /**
   * Frames come with decode statistics (`parseDecodeStats()`); default false. On the CPU for H.264, MPEG-1,
   * MPEG-2, MPEG-4, H.263 and its kin, and VP9 (quantisers only); others are an UnsupportedError. libav cannot
   * use frame threads then, only those for slices.
   */
  readonly enableDecodeStats?: boolean;
  /** Replaces the stream's matrix and range for "rgb" and "rgbp". */
  readonly colorSpace?: ColorOverride;
  /**
   * Frames are scaled to this size, in even pixels, by NVDEC's own scaler, whose filter NVIDIA does not tell;
   * on "cuda" devices only. `toTensor({ resize })` scales anywhere, by a known filter.
   */
  readonly outputSize?: { readonly width: number; readonly height: number };
  /** The device's CUcontext, where code of the guide gives it here; 0 or absent on the CPU. */
  readonly cudaContext?: number | bigint;
  /** Name in warnings; default: the codec. */
  readonly label?: string;
  /** Stops the making. */
  readonly signal?: AbortSignal;
}

/** The longest side of a picture that a descriptor may name. */
export const LARGEST_SIDE: number = 1 << 20;
/** Most threads that a descriptor may name. */
export const MOST_THREADS: number = 256;

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

const LATENCIES = { native: Latency.NATIVE, low: Latency.LOW, zero: Latency.ZERO } as const;

/** The name of one of the library's latencies. */
export function latencyName(code: number): "native" | "low" | "zero" {
  if (code === Latency.ZERO) return "zero";
  return code === Latency.LOW ? "low" : "native";
}

function outputFields(size: DecoderDescriptor["outputSize"]): {
  readonly outputWidth: number;
  readonly outputHeight: number;
} {
  if (size === undefined) return { outputWidth: 0, outputHeight: 0 };
  const side = integer(2, LARGEST_SIDE);
  const sides = ["width", "height"];
  checkDescriptor("createDecoder(): outputSize", size, { width: side, height: side }, sides);
  const { width, height } = size;
  if (width % 2 === 0 && height % 2 === 0) return { outputWidth: width, outputHeight: height };
  throw new RangeError(
    `createDecoder(): outputSize must be even, since NVDEC writes chroma of half the size, not ${width} x ${height}`,
  );
}

/** Checks a descriptor and writes it as the library wants it. */
export function nativeDecoderDescriptor(
  device: DecodingDevice,
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
    latency: oneOf("native", "low", "zero"),
    maxWidth: integer(1, LARGEST_SIDE),
    maxHeight: integer(1, LARGEST_SIDE),
    enableSeiMessage: flag(),
    threads: integer(1, MOST_THREADS),
    memoryBudgetBytes: integer(1),
    enableDecodeStats: flag(),
    colorSpace: colorOverride(),
    outputSize: instance("{ width, height }", (value) => typeof value === "object"),
    cudaContext: cudaAddress,
    ...gpuRules,
    label: text(),
    signal: signal(),
  }, ["codec"]);
  requireContext(device, descriptor.cudaContext);
  const desc = new DecoderDesc();
  Object.assign(desc, gpuFields(device, descriptor), outputFields(descriptor.outputSize));
  desc.codec = codecName(descriptor.codec);
  desc.outputColorType = COLOR_TYPES[descriptor.outputColorType ?? "native"];
  desc.onError = ON_ERROR[descriptor.onError ?? "throw"];
  desc.enableSeiMessage = descriptor.enableSeiMessage ? 1 : 0;
  desc.threads = descriptor.threads ?? 0;
  desc.memoryBudgetBytes = descriptor.memoryBudgetBytes ?? 0;
  desc.enableDecodeStats = descriptor.enableDecodeStats ? 1 : 0;
  desc.width = descriptor.codedWidth ?? 0;
  desc.height = descriptor.codedHeight ?? 0;
  Object.assign(desc, overrideCodes(descriptor.colorSpace));
  desc.latency = LATENCIES[descriptor.latency ?? "native"];
  desc.maxWidth = descriptor.maxWidth ?? 0;
  desc.maxHeight = descriptor.maxHeight ?? 0;
  const { description } = descriptor;
  return { desc, headers: description === undefined ? null : bytesOf(description) };
}
