/**
 * What can be said of a muxer and of its tracks.
 *
 * @module
 */

import { MuxerDesc, TrackDesc, TrackField } from "../ffi/abi.ts";
import { colorCodes, type ColorSpace, colorSpaceRule } from "./color.ts";
import {
  bytes,
  checkDescriptor,
  flag,
  instance,
  integer,
  oneOf,
  type Rule,
  signal,
  text,
} from "./descriptor.ts";
import type { ContentLightLevel, MasteringDisplay } from "./sei_parsed.ts";

/** A kind of file that is written. */
export type ContainerName =
  | "mp4"
  | "mov"
  | "mkv"
  | "webm"
  | "ts"
  | "avi"
  | "h264"
  | "hevc"
  | "obu"
  | "ivf";

/** How a file is written. */
export interface MuxerDescriptor {
  /**
   * Kind of file; default: by the path's extension, and "mp4" for other sinks. "h264", "hevc" and "obu" (AV1)
   * are elementary streams of one track, without times.
   */
  readonly container?: ContainerName;
  /**
   * Of mp4 and mov: written in fragments, which a player takes while they come. Default: false for files and
   * bytes, true for streams, which cannot be written otherwise.
   */
  readonly fragmented?: boolean;
  /** Of mp4 and mov: the index is moved to the front when the file is complete; default false. */
  readonly fastStart?: boolean;
  /** Whether a file of that name is replaced; default false: it is an error. */
  readonly overwrite?: boolean;
  /** Of files: what was written until close() is completed, where finish() was not called; default false. */
  readonly keepPartial?: boolean;
  /** The file's metadata, such as `{ title: "Night" }`; it goes before that of a copied file. */
  readonly metadata?: { readonly [name: string]: string };
  /** Stops the opening. */
  readonly signal?: AbortSignal;
  /** Name in warnings; default: the path or the kind of the sink. */
  readonly label?: string;
}

/** What a track's file says of it, where that shall be otherwise than where the track comes from. */
export interface TrackOptions {
  /** Language, such as "eng". */
  readonly language?: string;
  /** Title. */
  readonly title?: string;
  /** Degrees to turn clockwise for display: 0, 90, 180 or 270. */
  readonly rotation?: number;
  /** Colour space. */
  readonly colorSpace?: Partial<ColorSpace>;
  /** Frames per second, as a number or a fraction. */
  readonly frameRate?: number | { readonly num: number; readonly den: number };
  /** Shape of a pixel (width : height). */
  readonly sampleAspectRatio?: { readonly num: number; readonly den: number };
  /** The display that the pictures were made on, as a parsed SEI message tells it. */
  readonly masteringDisplay?: MasteringDisplay;
  /** How bright it gets, as a parsed SEI message tells it. */
  readonly contentLightLevel?: ContentLightLevel;
}

/** A video track whose packets the script has from elsewhere. */
export interface VideoTrackConfig {
  /** libav's name of the codec, such as "h264" or "vp9". */
  readonly codec: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** The codec's headers; of H.264, HEVC and AV1 they are taken from the first packet where there are none. */
  readonly description?: ArrayBufferLike | ArrayBufferView;
}

const LARGEST_32_BIT = 2 ** 31 - 1;
const MOST_PIXELS = 65_535;
const MOST_CHARACTERS = { language: 11, title: 127 };
/** Of a frame rate that is a number: exact for the usual ones, such as 29.97. */
const NTSC = 1001;

const encoder = new TextEncoder();

const short = (most: number): Rule => (value) =>
  typeof value === "string" && value !== "" && !value.includes("\0") &&
    encoder.encode(value).length <= most
    ? null
    : { wanted: `a text of 1 to ${most} bytes` };

const rotationRule: Rule = (value) =>
  [0, 90, 180, 270].includes(value as number) ? null : { wanted: "0, 90, 180 or 270" };

function isFraction(value: unknown): boolean {
  const { num, den } = (value ?? {}) as { readonly num?: unknown; readonly den?: unknown };
  return [num, den].every((part) =>
    Number.isInteger(part) && (part as number) > 0 && (part as number) <= LARGEST_32_BIT
  );
}

const numberIn = (least: number, most: number): Rule => (value) =>
  typeof value !== "number"
    ? { wanted: "a number" }
    : value >= least && value <= most
    ? null
    : { wanted: `from ${least} to ${most}`, isRange: true };

function masteringRule(value: unknown): ReturnType<Rule> {
  const point: Rule = (given) =>
    Array.isArray(given) && given.length === 2 && given.every((at) => at >= 0 && at <= 1)
      ? null
      : { wanted: "[x, y] with numbers from 0 to 1" };
  const light = numberIn(0, 100_000);
  const rules = {
    kind: text(),
    red: point,
    green: point,
    blue: point,
    whitePoint: point,
    maxLuminance: light,
    minLuminance: light,
  };
  checkDescriptor("masteringDisplay", value, rules, Object.keys(rules).slice(1));
  return null;
}

function lightRule(value: unknown): ReturnType<Rule> {
  const level = integer(0, MOST_PIXELS);
  const rules = {
    kind: text(),
    maxContentLightLevel: level,
    maxPictureAverageLightLevel: level,
  };
  checkDescriptor("contentLightLevel", value, rules, Object.keys(rules).slice(1));
  return null;
}

const frameRateRule: Rule = (value) =>
  isFraction(value) || (typeof value === "number" && value > 0 && value <= 1e6)
    ? null
    : { wanted: "a number above 0 or { num, den } of positive integers" };

const TRACK_RULES = {
  language: short(MOST_CHARACTERS.language),
  title: short(MOST_CHARACTERS.title),
  rotation: rotationRule,
  colorSpace: colorSpaceRule,
  frameRate: frameRateRule,
  sampleAspectRatio: instance("{ num, den } of positive integers", isFraction),
  masteringDisplay: masteringRule,
  contentLightLevel: lightRule,
};

/** Checks what a muxer is made of. */
export function checkMuxer(descriptor: MuxerDescriptor, what: string = "createMuxer()"): void {
  checkDescriptor(what, descriptor, {
    container: oneOf("mp4", "mov", "mkv", "webm", "ts", "avi", "h264", "hevc", "obu", "ivf"),
    fragmented: flag(),
    fastStart: flag(),
    overwrite: flag(),
    keepPartial: flag(),
    metadata: (value) => isTexts(value) ? null : { wanted: "an object of texts" },
    signal: signal(),
    label: text(),
  });
}

function isTexts(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, said]) =>
    name !== "" && typeof said === "string" && !`${name}${said}`.includes("\0")
  );
}

/** The library's record of it. */
export function nativeMuxer(descriptor: MuxerDescriptor): {
  readonly desc: MuxerDesc;
  readonly metadata: Uint8Array;
} {
  const desc = new MuxerDesc();
  desc.container = descriptor.container ?? "";
  desc.isFragmented = descriptor.fragmented ? 1 : 0;
  desc.hasFastStart = descriptor.fastStart ? 1 : 0;
  desc.overwrites = descriptor.overwrite ? 1 : 0;
  desc.keepsPartial = descriptor.keepPartial ? 1 : 0;
  const pairs = Object.entries(descriptor.metadata ?? {});
  const metadata = encoder.encode(pairs.map(([name, said]) => `${name}\0${said}\0`).join(""));
  return { desc, metadata };
}

/** The library's record of a track, without where it comes from. `rules` are of keys beside those of every track. */
export function nativeTrack(
  what: string,
  options: TrackOptions,
  rules: { readonly [key: string]: Rule } = {},
): TrackDesc {
  checkDescriptor(what, options, { ...TRACK_RULES, ...rules });
  const desc = new TrackDesc();
  desc.language = options.language ?? "";
  desc.title = options.title ?? "";
  if (options.rotation !== undefined) {
    desc.setMask |= TrackField.ROTATION;
    desc.rotation = options.rotation;
  }
  if (options.colorSpace !== undefined) {
    desc.setMask |= TrackField.COLOR;
    Object.assign(desc.color, colorCodes(options.colorSpace));
  }
  if (options.frameRate !== undefined) Object.assign(desc.frameRate, fraction(options.frameRate));
  const { sampleAspectRatio } = options;
  if (sampleAspectRatio !== undefined) {
    const { num, den } = sampleAspectRatio;
    Object.assign(desc.sampleAspectRatio, { num, den });
  }
  putHdr(desc, options);
  return desc;
}

function putHdr(desc: TrackDesc, options: TrackOptions): void {
  const { masteringDisplay: display, contentLightLevel: light } = options;
  if (display !== undefined) {
    const points = [display.red, display.green, display.blue, display.whitePoint];
    desc.setMask |= TrackField.MASTERING_DISPLAY;
    desc.setDisplayX(points.map(([x]) => x));
    desc.setDisplayY(points.map(([, y]) => y));
    desc.displayMinLuminance = display.minLuminance;
    desc.displayMaxLuminance = display.maxLuminance;
  }
  if (light !== undefined) {
    desc.setMask |= TrackField.CONTENT_LIGHT;
    desc.maxContentLight = light.maxContentLightLevel;
    desc.maxFrameAverageLight = light.maxPictureAverageLightLevel;
  }
}

function fraction(rate: NonNullable<TrackOptions["frameRate"]>): { num: number; den: number } {
  if (typeof rate !== "number") return { num: rate.num, den: rate.den };
  if (Number.isInteger(rate)) return { num: rate, den: 1 };
  const ntsc = Math.ceil(rate) * 1000;
  if (Math.abs(ntsc / NTSC - rate) < 0.005) return { num: ntsc, den: NTSC };
  return { num: Math.round(rate * 1000), den: 1000 };
}

/** The record of a track whose packets come from elsewhere. */
export function configuredTrack(config: VideoTrackConfig, options: TrackOptions): TrackDesc {
  const size = integer(1, MOST_PIXELS);
  checkDescriptor("addVideoTrack()", config, {
    codec: short(MOST_CHARACTERS.language * 3),
    width: size,
    height: size,
    description: bytes(),
  }, ["codec", "width", "height"]);
  const desc = nativeTrack("addVideoTrack()", options);
  desc.codec = config.codec;
  desc.width = config.width;
  desc.height = config.height;
  return desc;
}
