/**
 * What an encoder is made from.
 *
 * @module
 */

import { EncoderDesc } from "../ffi/abi.ts";
import { colorCodes, type ColorSpace, colorSpaceRule } from "./color.ts";
import { MOST_THREADS } from "./decoder_options.ts";
import {
  checkDescriptor,
  describe,
  flag,
  instance,
  integer,
  type Rules,
  signal,
  text,
} from "./descriptor.ts";
import type { EncoderParameters } from "./encoder_parameters.ts";
import {
  encoderFormat,
  type EncoderFormatName,
  formatCode,
  formatRule,
  LARGEST_ENCODED_SIDE,
  PictureLayout,
} from "./encoder_format.ts";
import {
  type NativeSettings,
  nativeSettings,
  parameterRules,
  parametersOf,
} from "./encoder_settings.ts";
import { cudaAddress, type DecodingDevice, nativeStream, requireContext } from "./gpu_options.ts";
import { UnsupportedError } from "./errors.ts";

/** What is encoded, and how: also what `encoderSupport()` asks about. */
export interface EncoderConfig extends Omit<EncoderParameters, "colorSpace"> {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Layout of the pictures, in any case ("NV12"); default "nv12". See {@linkcode EncoderFormat}. */
  readonly format?: EncoderFormatName;
  /** The same as `constQp`. */
  readonly qp?: EncoderParameters["constQp"];
  /**
   * Colours, which the stream tells: "bt601" or "bt709", as the guide's `colorspace`, with which RGB becomes
   * limited-range YUV; or a whole description, such as a frame's `colorSpace`, for YUV input. Default: for
   * RGB "bt709" from 720 lines up, "bt601" below; for YUV input the stream says nothing.
   */
  readonly colorSpace?: "bt601" | "bt709" | Partial<ColorSpace>;
  /**
   * Options of the encoder's own by name, such as { preset: "veryfast" } for libx264: the last word. Those of
   * libav's encoders are in its documentation; "x264-params", "x265-params" and "svtav1-params" take the
   * encoders' own. NVENC has none.
   */
  readonly native?: { readonly [name: string]: string | number | boolean };
}

/** How an encoder is made. */
export interface EncoderDescriptor extends EncoderConfig {
  /**
   * The guide's: true: pictures are in host memory only, false: in a GPU's only; others are then a TypeError.
   * Default: both are taken. Must not be false on the CPU.
   */
  readonly useCpuInputBuffer?: boolean;
  /**
   * The caller's CUstream in the device's context (1: the legacy default one, 2: the per-thread one). Pictures in
   * the GPU's memory that work on it wrote are complete for the encoder. Absent or 0 on the CPU.
   */
  readonly cudaStream?: number | bigint;
  /** The device's CUcontext, where code of the guide gives it here; 0 or absent on the CPU. */
  readonly cudaContext?: number | bigint;
  /** Most threads it may use, of the CPU; default: as many as the device has. */
  readonly threads?: number;
  /**
   * Most bytes of pictures that wait to be encoded; beyond it encode() fails with an OutOfMemoryError and takes
   * nothing. Default: the device's memoryBudgetBytes.
   */
  readonly inputBudgetBytes?: number;
  /** Name in warnings; default: the codec. */
  readonly label?: string;
  /** Stops the making. */
  readonly signal?: AbortSignal;
}

/** A checked descriptor as the library wants it. */
export interface NativeEncoderDescriptor extends NativeSettings {
  /** The record. */
  readonly desc: EncoderDesc;
  /** What its pictures look like. */
  readonly layout: PictureLayout;
}

const SPACES = ["bt601", "bt709"];

/** What the keys of an EncoderConfig may hold. */
export function configRules(codec: unknown): Rules {
  const parameters = parameterRules(codec);
  return {
    width: integer(1, LARGEST_ENCODED_SIDE),
    height: integer(1, LARGEST_ENCODED_SIDE),
    format: formatRule,
    ...parameters,
    qp: parameters.constQp,
    colorSpace: (value) => SPACES.includes(value as string) ? null : colorSpaceRule(value),
    native: instance("an object of texts, numbers and booleans", isNative),
  };
}

/** Checks what is to be encoded and writes it as the library wants it. */
export function nativeConfig(what: string, config: EncoderConfig): NativeEncoderDescriptor {
  return nativeDescriptor(what, config, configRules(config?.codec));
}

/** Checks a descriptor and writes it as the library wants it. */
export function nativeEncoderDescriptor(
  device: DecodingDevice,
  descriptor: EncoderDescriptor,
): NativeEncoderDescriptor {
  const rules = {
    ...configRules(descriptor?.codec),
    useCpuInputBuffer: flag(),
    cudaStream: cudaAddress,
    cudaContext: cudaAddress,
    threads: integer(1, MOST_THREADS),
    inputBudgetBytes: integer(1),
    label: text(),
    signal: signal(),
  };
  const native = nativeDescriptor("createEncoder()", descriptor, rules);
  requireContext(device, descriptor.cudaContext);
  const cudaStream = nativeStream(device, descriptor.cudaStream);
  if (device.backend === "cpu" && descriptor.useCpuInputBuffer === false) {
    throw new UnsupportedError(
      "useCpuInputBuffer: false needs a CUDA device; the CPU's pictures are in host memory, so leave it out",
    );
  }
  const { desc } = native;
  desc.cudaStream = cudaStream;
  desc.threads = descriptor.threads ?? 0;
  desc.inputBudgetBytes = descriptor.inputBudgetBytes ?? 0;
  return native;
}

function nativeDescriptor(
  what: string,
  config: EncoderConfig,
  rules: Rules,
): NativeEncoderDescriptor {
  checkDescriptor(what, config, rules, ["width", "height"]);
  if (config.qp !== undefined && config.constQp !== undefined) {
    throw new TypeError(`${what}: qp and constQp are the same; give one of them`);
  }
  const { width, height } = config;
  const format = encoderFormat(config.format ?? "nv12")!;
  const layout = new PictureLayout(format, width, height);
  const desc = new EncoderDesc();
  desc.format = formatCode(format);
  desc.width = width;
  desc.height = height;
  const { colorSpace } = config;
  const isNamed = typeof colorSpace === "string";
  if (colorSpace !== undefined && !isNamed) {
    desc.hasColor = 1;
    Object.assign(desc.color, colorCodes(colorSpace));
  }
  const parameters = parametersOf({
    ...config,
    constQp: config.constQp ?? config.qp,
    colorSpace: isNamed ? colorSpace : undefined,
  });
  const { bytes: settings, count: settingCount } = nativeSettings(parameters);
  return { desc, settings, settingCount, native: nativeOptions(what, config.native), layout };
}

function isNative(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every((it) => ["string", "number", "boolean"].includes(typeof it));
}

function nativeOptions(what: string, options: EncoderConfig["native"] = {}): Uint8Array | null {
  const words = Object.entries(options).flatMap(([name, value]) => [
    name,
    typeof value === "boolean" ? (value ? "1" : "0") : String(value),
  ]);
  const bad = words.find((word, i) => word.includes("\0") || word === "" && i % 2 === 0);
  if (bad !== undefined) {
    throw new TypeError(
      `${what}: native has names of one character or more, without NUL, not ${describe(bad)}`,
    );
  }
  return words.length === 0
    ? null
    : new TextEncoder().encode(words.map((it) => `${it}\0`).join(""));
}
