/**
 * How videos are opened for random access.
 *
 * @module
 */

import { SamplerDesc, WarmUp } from "../ffi/abi.ts";
import { type ColorOverride, colorOverride, overrideCodes } from "./color.ts";
import { COLOR_TYPES, LARGEST_SIDE, ON_ERROR } from "./decoder_options.ts";
import { checkDescriptor, flag, instance, integer, oneOf, signal, text } from "./descriptor.ts";
import { UnsupportedError } from "./errors.ts";
import {
  cudaAddress,
  type DecodingDevice,
  type GpuDescriptor,
  gpuFields,
  gpuRules,
  requireContext,
} from "./gpu_options.ts";

/** How one source is opened. */
export interface VideoSourceDescriptor {
  /** Number of the wanted video stream in the container; default: the best one. */
  readonly streamIndex?: number;
  /** Stops the opening. */
  readonly signal?: AbortSignal;
  /**
   * Called while the video is indexed with the part that is done, from 0 to 1, never falling and the last
   * time with 1. What it throws stops the opening.
   */
  readonly onProgress?: (part: number) => void;
}

/** How a SimpleDecoder is made. */
export interface SimpleDecoderDescriptor extends VideoSourceDescriptor, GpuDescriptor {
  /**
   * "native" (default): NVDEC's layouts, the same bytes on every backend; "rgb": 8-bit [H, W, 3];
   * "rgbp": 8-bit [3, H, W]; "raw": the decoder's own planes without a copy.
   */
  readonly outputColorType?: "native" | "rgb" | "rgbp" | "raw";
  /**
   * Which list of frames access goes by. "exact" (default): every frame there is. It takes a pass over
   * the file unless that has tables of its frames, as mp4 and mov do. "approximate": that pass is spared,
   * and frame `i` is the one shown at `i` times the average frame duration, as the container claims it.
   * Where it claims too little, the list is exact; where it claims too much, frames up to a second behind
   * the end are the last one, later ones a CorruptDataError.
   */
  readonly index?: "exact" | "approximate";
  /**
   * What happens to damaged frames. "throw" (default): a CorruptDataError; "skip": iteration leaves them
   * out, asked for by index they are errors; "conceal": they come with `decodeStatus` set.
   */
  readonly onError?: "throw" | "skip" | "conceal";
  /**
   * Frames come with decode statistics, as createDecoder()'s do; default false. A video of another codec than
   * those is refused.
   */
  readonly enableDecodeStats?: boolean;
  /** Replaces the stream's matrix and range for "rgb" and "rgbp". */
  readonly colorSpace?: ColorOverride;
  /** Gives `frame.seiMessages`, as a Decoder does; default false. */
  readonly enableSeiMessage?: boolean;
  /**
   * Most decoders at work at once, 1 to 64; default: as many as the GPU has engines, or the device threads. A
   * GPU's driver spreads them over its engines.
   */
  readonly engines?: number;
  /** Decoders that are kept for the next video of the same kind; default 4, on a GPU `engines` if that is more. */
  readonly decoderCacheSize?: number;
  /**
   * Bytes of frames that may be decoded ahead; default 320 MiB, a few frames at least. The device's
   * memoryBudgetBytes bounds all of its memory.
   */
  readonly memoryBudgetBytes?: number;
  /** Widest picture in pixels; a wider video is refused, and so are wider frames in it. Default: any. */
  readonly maxWidth?: number;
  /** Highest picture in pixels; a higher video is refused, and so are higher frames in it. Default: any. */
  readonly maxHeight?: number;
  /** Scans for getScannedStreamMetadata() at once. An exact index is that scan. */
  readonly needScannedStreamMetadata?: boolean;
  /**
   * The video is there when its decoders on the GPU are, `engines` of them; default false. Without it they are
   * made while the video is indexed, too, but nobody waits for them: one, or `engines` if that was given. No
   * effect on the CPU.
   */
  readonly waitForSessionWarmUp?: boolean;
  /** The device's CUcontext, where code of the guide gives it here; 0 or absent on the CPU. */
  readonly cudaContext?: number | bigint;
  /** Name in warnings; default: the path or the kind of the source. */
  readonly label?: string;
}

/** How a ThreadedDecoder is made. */
export interface ThreadedDecoderDescriptor extends SimpleDecoderDescriptor {
  /** Most frames decoded ahead, 1 to 65536; default 12. */
  readonly bufferSize?: number;
  /** Index of the first frame; negative ones count from the end. Default 0. */
  readonly startFrame?: number;
}

/** Checked options, of which every video of a decoder is opened. */
export interface SamplerOptions {
  /** What was asked for. */
  readonly descriptor: SimpleDecoderDescriptor;
  /** Frames decoded ahead; 0: by the memory budget. */
  readonly bufferFrames: number;
  /** Whether the video takes the place of another, whose decoders come back. */
  readonly replaces?: boolean;
}

const LARGEST_STREAM_INDEX = 2 ** 31 - 2;
const MOST_ENGINES = 64;
const LARGEST_CACHE = 1024;
const LARGEST_BUFFER = 65536;
const DEFAULT_BUFFER = 12;
const DEFAULT_BUDGET = 320 << 20;
const BATCHES_IN_BUDGET = 8;

const sourceRules = {
  streamIndex: integer(0, LARGEST_STREAM_INDEX),
  signal: signal(),
  onProgress: instance("a function", (value) => typeof value === "function"),
};
const simpleRules = {
  outputColorType: oneOf("native", "rgb", "rgbp", "raw"),
  index: oneOf("exact", "approximate"),
  onError: oneOf("throw", "skip", "conceal"),
  enableDecodeStats: flag(),
  colorSpace: colorOverride(),
  enableSeiMessage: flag(),
  engines: integer(1, MOST_ENGINES),
  decoderCacheSize: integer(1, LARGEST_CACHE),
  memoryBudgetBytes: integer(1),
  maxWidth: integer(1, LARGEST_SIDE),
  maxHeight: integer(1, LARGEST_SIDE),
  needScannedStreamMetadata: flag(),
  waitForSessionWarmUp: flag(),
  cudaContext: cudaAddress,
  ...gpuRules,
  label: text(),
  ...sourceRules,
};

/** Checks how a video is put in the place of another. */
export function checkSourceDescriptor(descriptor: VideoSourceDescriptor): void {
  checkDescriptor("reconfigureDecoder()", descriptor, sourceRules);
}

/** Checks what a SimpleDecoder is made of. */
export function simpleOptions(descriptor: SimpleDecoderDescriptor): SamplerOptions {
  checkDescriptor("createSimpleDecoder()", descriptor, simpleRules);
  return { descriptor, bufferFrames: 0 };
}

/** Checks what a ThreadedDecoder is made of. */
export function threadedOptions(descriptor: ThreadedDecoderDescriptor): SamplerOptions {
  checkDescriptor("createThreadedDecoder()", descriptor, {
    ...simpleRules,
    bufferSize: integer(1, LARGEST_BUFFER),
    startFrame: integer(-0xffff_ffff, 0xffff_ffff),
  });
  return { descriptor, bufferFrames: descriptor.bufferSize ?? DEFAULT_BUFFER };
}

/** Bytes of a batch of frames on its way to the consumer: a part of its budget and of the device's. */
export function batchBytesOf({ descriptor }: SamplerOptions, deviceBudgetBytes: number): number {
  const budget = Math.min(descriptor.memoryBudgetBytes ?? DEFAULT_BUDGET, deviceBudgetBytes);
  return budget / BATCHES_IN_BUDGET;
}

/** The options as the library wants them. */
export function nativeSamplerDesc(
  device: DecodingDevice,
  options: SamplerOptions,
  streamIndex: number | undefined,
): SamplerDesc {
  const { descriptor } = options;
  requireContext(device, descriptor.cudaContext);
  const desc = new SamplerDesc();
  Object.assign(desc, gpuFields(device, descriptor));
  desc.streamNumber = (streamIndex ?? -1) + 1;
  desc.outputColorType = COLOR_TYPES[descriptor.outputColorType ?? "native"];
  desc.onError = ON_ERROR[descriptor.onError ?? "throw"];
  Object.assign(desc, overrideCodes(descriptor.colorSpace));
  desc.enableSeiMessage = descriptor.enableSeiMessage ? 1 : 0;
  desc.maxWidth = descriptor.maxWidth ?? 0;
  desc.maxHeight = descriptor.maxHeight ?? 0;
  desc.engines = descriptor.engines ?? 0;
  desc.decoderCacheSize = descriptor.decoderCacheSize ?? 0;
  desc.bufferFrames = options.bufferFrames;
  desc.bufferBytes = descriptor.memoryBudgetBytes ?? DEFAULT_BUDGET;
  desc.enableDecodeStats = descriptor.enableDecodeStats ? 1 : 0;
  if (options.replaces) desc.warmUp = WarmUp.NONE;
  else if (descriptor.waitForSessionWarmUp) desc.warmUp = WarmUp.WAIT;
  desc.isIndexApproximate = descriptor.index === "approximate" ? 1 : 0;
  return desc;
}

/**
 * Throws UnsupportedError if the pictures are larger than the descriptor allows. The limit is a promise on
 * which a GPU's decoders are sized.
 */
export function requireSize(
  { maxWidth = Infinity, maxHeight = Infinity }: SimpleDecoderDescriptor,
  { width, height }: { readonly width: number; readonly height: number },
  label: string,
): void {
  if (width <= maxWidth && height <= maxHeight) return;
  throw new UnsupportedError(
    `${label} is ${width} x ${height}, larger than maxWidth x maxHeight, which are ${maxWidth} x ${maxHeight}; ` +
      "give larger ones, or leave them out",
  );
}
