/**
 * What a container says of its streams.
 *
 * @module
 */

import {
  ChromaFormat,
  DemuxerFlag,
  DemuxerInfo,
  NO_TIMESTAMP,
  StreamInfo,
  StreamKind,
} from "../ffi/abi.ts";
import { type ColorSpace, colorSpaceOf } from "./color.ts";
import type { DecoderConfig } from "./decoder_config.ts";
import { checked, native } from "./native_call.ts";
import { type Rational, rational } from "./rational.ts";

/** How chroma is sampled, relative to luma. */
export type ChromaSubsampling = "4:0:0" | "4:2:0" | "4:2:2" | "4:4:4" | "other" | "unknown";

/** What kind of stream it is. */
export type StreamType = "video" | "audio" | "subtitle" | "other";

/** One stream of a container. */
export interface MediaStream {
  /** Its number in the container. */
  readonly index: number;
  /** What it holds. */
  readonly type: StreamType;
  /** libav's name of the codec, such as "aac". */
  readonly codec: string;
  /** Language, such as "eng"; null if the container does not say. */
  readonly language: string | null;
  /** Title; null if the container does not say. */
  readonly title: string | null;
  /** Whether the demuxer reads its packets: of the video, and of what `streams` asked for. */
  readonly isRead: boolean;
  /** Length in microseconds; null if unknown. */
  readonly duration: number | null;
  /** Bits per second; null if unknown. */
  readonly bitRate: number | null;
  /** Width in pixels; 0 for other streams than video. */
  readonly width: number;
  /** Height in pixels; 0 for other streams than video. */
  readonly height: number;
  /** Samples per second of an audio stream; 0 for others. */
  readonly sampleRate: number;
  /** Channels of an audio stream; 0 for others. */
  readonly channels: number;
  /** Whether it is a cover picture rather than a video. */
  readonly isAttachedPicture: boolean;
}

/** What a container says of the video stream that is read. */
export interface StreamMetadata {
  /** libav's name of the codec: "h264", "hevc", "av1", "vp9"... */
  readonly codec: string;
  /** WebCodecs codec string; libav's name where WebCodecs has none. */
  readonly codecString: string;
  /** Width for display in pixels, before rotation. */
  readonly width: number;
  /** Height for display in pixels, before rotation. */
  readonly height: number;
  /** Width of the coded picture in pixels. */
  readonly codedWidth: number;
  /** Height of the coded picture in pixels. */
  readonly codedHeight: number;
  /** Frames per second on average; its value is 0 if unknown. */
  readonly frameRate: Rational;
  /** The lowest frame rate that fits all timestamps; its value is 0 if unknown. */
  readonly rFrameRate: Rational;
  /** Seconds of one unit of pts. */
  readonly timeBase: Rational;
  /** Shape of a pixel (width : height); its value is 0 if unknown. */
  readonly sampleAspectRatio: Rational;
  /** Length in microseconds; null if unknown. */
  readonly duration: number | null;
  /** Time of the first frame in microseconds; null if unknown. */
  readonly startTime: number | null;
  /** Bits per second; null if unknown. */
  readonly bitRate: number | null;
  /** How chroma is sampled. */
  readonly chromaFormat: ChromaSubsampling;
  /** Bits of a sample; 0 if unknown. */
  readonly bitDepth: number;
  /** Name of the codec's profile, such as "High"; null if unknown. */
  readonly profile: string | null;
  /** Level as the codec numbers it (H.264: 31 is 3.1); null if unknown. */
  readonly level: number | null;
  /** Colour space. */
  readonly colorSpace: ColorSpace;
  /** Degrees to turn clockwise for display: 0, 90, 180 or 270. */
  readonly rotation: number;
  /** Number of frames that the container claims; null if it makes no claim. */
  readonly numFrames: number | null;
  /** libav's name of the container format. */
  readonly containerName: string;
  /** The video stream's number in the container. */
  readonly streamIndex: number;
}

const CHROMA: { readonly [code: number]: ChromaSubsampling } = {
  [ChromaFormat["400"]]: "4:0:0",
  [ChromaFormat["420"]]: "4:2:0",
  [ChromaFormat["422"]]: "4:2:2",
  [ChromaFormat["444"]]: "4:4:4",
  [ChromaFormat.OTHER]: "other",
};
const STREAM_TYPES: { readonly [code: number]: StreamType } = {
  [StreamKind.VIDEO]: "video",
  [StreamKind.AUDIO]: "audio",
  [StreamKind.SUBTITLE]: "subtitle",
};
/** In self-contained packets of these codecs the headers are inside. */
const HEADERS_INSIDE = ["h264", "hevc", "vvc", "av1"];

/** Everything that an open demuxer says once. */
export interface DemuxerFacts {
  /** Of the stream that is read. */
  readonly metadata: StreamMetadata;
  /** All streams. */
  readonly streams: readonly MediaStream[];
  /** Whether seek() works. */
  readonly isSeekable: boolean;
  /** For a decoder of the packets. */
  readonly decoderConfig: DecoderConfig;
}

/** Reads what an open demuxer says of its streams. */
export function readFacts(demuxer: number, isContainerBitstream: boolean): DemuxerFacts {
  const info = new DemuxerInfo();
  checked(native().cuf_demuxer_info(demuxer, info.bytes), "Reading the stream's metadata");
  const metadata = metadataOf(info);
  const hasDescription = info.extradataSize > 0 &&
    (isContainerBitstream || !HEADERS_INSIDE.includes(info.codec));
  const description = hasDescription ? extradataOf(demuxer, info.extradataSize) : undefined;
  return {
    metadata,
    streams: streamsOf(demuxer, info.streamCount),
    isSeekable: (info.flags & DemuxerFlag.SEEKABLE) !== 0,
    decoderConfig: configOf(metadata, description),
  };
}

/** Puts the library's record into words. */
export function metadataOf(info: DemuxerInfo): StreamMetadata {
  return {
    codec: info.codec,
    codecString: info.codecString || info.codec,
    width: info.width,
    height: info.height,
    codedWidth: info.codedWidth,
    codedHeight: info.codedHeight,
    frameRate: rational(info.frameRate),
    rFrameRate: rational(info.rFrameRate),
    timeBase: rational(info.timeBase),
    sampleAspectRatio: rational(info.sampleAspectRatio),
    duration: info.durationUs < 0 ? null : info.durationUs,
    startTime: info.startTimeUs === NO_TIMESTAMP ? null : info.startTimeUs,
    bitRate: info.bitRateBps || null,
    chromaFormat: CHROMA[info.chromaFormat] ?? "unknown",
    bitDepth: info.bitDepth,
    profile: info.profileName || null,
    level: info.level < 0 ? null : info.level,
    colorSpace: colorSpaceOf(info.color),
    rotation: info.rotation,
    numFrames: info.numFrames < 0 ? null : info.numFrames,
    containerName: info.containerName,
    streamIndex: info.streamIndex,
  };
}

function configOf(metadata: StreamMetadata, description: Uint8Array | undefined): DecoderConfig {
  const { codecString, codedWidth, codedHeight, width, height, sampleAspectRatio } = metadata;
  return {
    codec: codecString,
    ...(description === undefined ? {} : { description }),
    codedWidth,
    codedHeight,
    displayAspectWidth: Math.round(width * (sampleAspectRatio.value || 1)),
    displayAspectHeight: height,
    colorSpace: metadata.colorSpace,
  };
}

function extradataOf(demuxer: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  checked(native().cuf_demuxer_extradata(demuxer, bytes, size), "Reading the codec headers");
  return bytes;
}

function streamsOf(demuxer: number, capacity: number): MediaStream[] {
  const records = new Uint8Array(StreamInfo.size * capacity);
  const count = native().cuf_demuxer_streams(demuxer, records, capacity);
  checked(count, "Listing the streams");
  return Array.from({ length: count }, (_, i) => {
    const info = new StreamInfo(records, i * StreamInfo.size);
    return {
      index: info.index,
      type: STREAM_TYPES[info.kind] ?? "other",
      codec: info.codec,
      language: info.language || null,
      title: info.title || null,
      isRead: info.isRead !== 0,
      duration: info.durationUs < 0 ? null : info.durationUs,
      bitRate: info.bitRateBps || null,
      width: info.width,
      height: info.height,
      sampleRate: info.sampleRateHz,
      channels: info.channels,
      isAttachedPicture: info.isAttachedPicture !== 0,
    };
  });
}
