/**
 * What a transcoder is made from, and its segments.
 *
 * @module
 */

import { AudioMode, TranscoderDesc } from "../ffi/abi.ts";
import { LARGEST_SIDE, MOST_THREADS, ON_ERROR } from "./decoder_options.ts";
import {
  checkDescriptor,
  describe,
  instance,
  integer,
  oneOf,
  type Rules,
  signal,
  text,
} from "./descriptor.ts";
import { encoderFormat, formatCode } from "./encoder_format.ts";
import { configRules, type EncoderConfig, nativeConfig } from "./encoder_options.ts";
import type { NativeSettings } from "./encoder_settings.ts";
import { readStrings } from "./encoder_strings.ts";
import { cudaAddress, type DecodingDevice, nativeStream, requireContext } from "./gpu_options.ts";
import { checkMuxer, type MuxerDescriptor } from "./muxer_options.ts";
import type { VideoSourceDescriptor } from "./sampler_options.ts";

/** How files are written. */
export type TranscodeFileOptions = Pick<
  MuxerDescriptor,
  "container" | "fragmented" | "fastStart" | "overwrite" | "metadata"
>;

/**
 * What is encoded, and how. Parameters of the encoder may be given in the guide's spelling (`tuning_info`,
 * `maxbitrate`) and as texts ("3", "5M"), as JSON files of its samples hold them.
 */
export interface TranscoderDescriptor
  extends Partial<EncoderConfig>, TranscodeFileOptions, VideoSourceDescriptor {
  /**
   * What is encoded: a YUV format. Default: 4:2:0 of 8 bits, which every player takes; of 10 bits ("p010") for
   * HEVC and AV1 of a deeper video.
   */
  readonly format?: EncoderConfig["format"];
  /** Pixels in a row; default: the video's, without an odd last one, or in proportion to `height`. */
  readonly width?: number;
  /** Rows; default: the video's, without an odd last one, or in proportion to `width`. */
  readonly height?: number;
  /** Frames per second that rate control counts on; default: the video's. Times are always the video's. */
  readonly fps?: EncoderConfig["fps"];
  /** Colours that the stream tells; default: the video's. */
  readonly colorSpace?: EncoderConfig["colorSpace"];
  /**
   * What becomes of the sound. "copy" (default): its packets are copied; what the container does not take is left
   * out, and `droppedAudio` says so. "require": that is an UnsupportedError. "none": there is none.
   */
  readonly audio?: "copy" | "require" | "none";
  /**
   * What happens to damaged frames. "throw" (default): a CorruptDataError; "skip": they are left out and counted;
   * "conceal": they come as the decoder makes them up.
   */
  readonly onError?: "throw" | "skip" | "conceal";
  /** Most threads of a decoder and of an encoder, of the CPU; default: as many as the device has. */
  readonly threads?: number;
  /** The caller's CUstream in the device's context; absent or 0 on the CPU. */
  readonly cudaStream?: number | bigint;
  /** The device's CUcontext, where code of the guide gives it here; 0 or absent on the CPU. */
  readonly cudaContext?: number | bigint;
  /** Name in warnings; default: the path or the kind of the source. */
  readonly label?: string;
}

/** A checked descriptor as the library wants it. */
export interface NativeTranscoder {
  /** The record. */
  readonly desc: TranscoderDesc;
  /** What the encoder is told. */
  readonly encoder: NativeSettings;
  /** How files are written. */
  readonly file: TranscodeFileOptions;
}

const WHAT = "createTranscoder()";
const LARGEST_STREAM_INDEX = 2 ** 31 - 2;
/** The size that the encoder's part of a descriptor is checked with where the video's is not known yet. */
const ANY_SIDE = 256;
const AUDIO = { copy: AudioMode.COPY, require: AudioMode.REQUIRE, none: AudioMode.DROP };

/** Keys of files' options, which are checked as createMuxer() does. */
const FILE_KEYS = ["container", "fragmented", "fastStart", "overwrite", "metadata"] as const;
const fileKeys: Rules = Object.fromEntries(FILE_KEYS.map((key) => [key, () => null]));

const ownRules: Rules = {
  audio: oneOf("copy", "require", "none"),
  onError: oneOf("throw", "skip", "conceal"),
  threads: integer(1, MOST_THREADS),
  cudaStream: cudaAddress,
  cudaContext: cudaAddress,
  streamIndex: integer(0, LARGEST_STREAM_INDEX),
  label: text(),
  signal: signal(),
  onProgress: instance("a function", (value) => typeof value === "function"),
  ...fileKeys,
};

/** How files are written, of a descriptor that has other keys, too. */
export function fileOptions(what: string, descriptor: TranscodeFileOptions): TranscodeFileOptions {
  const given = FILE_KEYS.flatMap((key) =>
    descriptor[key] === undefined ? [] : [[key, descriptor[key]]]
  );
  const options: TranscodeFileOptions = Object.fromEntries(given);
  checkMuxer(options, what);
  return options;
}

/** Checks a descriptor and writes it as the library wants it. */
export function nativeTranscoder(
  device: DecodingDevice,
  descriptor: TranscoderDescriptor,
): NativeTranscoder {
  if (typeof descriptor !== "object" || descriptor === null) {
    throw new TypeError(`${WHAT} takes an object, not ${describe(descriptor)}`);
  }
  const config = readStrings(WHAT, descriptor) as TranscoderDescriptor;
  checkDescriptor(WHAT, config, {
    ...configRules(config.codec),
    ...ownRules,
    width: integer(2, LARGEST_SIDE),
    height: integer(2, LARGEST_SIDE),
  });
  requireContext(device, config.cudaContext);
  const cudaStream = nativeStream(device, config.cudaStream);
  const { width, height, format } = config;
  const encoded = Object.entries(config).filter(([key]) => !Object.hasOwn(ownRules, key));
  const native = nativeConfig(WHAT, {
    ...Object.fromEntries(encoded),
    width: width ?? ANY_SIDE,
    height: height ?? ANY_SIDE,
  });
  const desc = new TranscoderDesc();
  desc.streamNumber = (config.streamIndex ?? -1) + 1;
  desc.onError = ON_ERROR[config.onError ?? "throw"];
  desc.width = width ?? 0;
  desc.height = height ?? 0;
  desc.hasFormat = format === undefined ? 0 : 1;
  if (format !== undefined) desc.format = formatCode(encoderFormat(format)!);
  desc.hasColor = native.desc.hasColor;
  const { primaries, transfer, matrix, fullRange } = native.desc.color;
  Object.assign(desc.color, { primaries, transfer, matrix, fullRange });
  desc.threads = config.threads ?? 0;
  desc.audio = AUDIO[config.audio ?? "copy"];
  desc.wantsProgress = config.onProgress === undefined ? 0 : 1;
  desc.cudaStream = cudaStream;
  return { desc, encoder: native, file: fileOptions(WHAT, config) };
}
