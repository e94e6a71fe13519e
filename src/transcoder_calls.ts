/**
 * Calls of the library that transcoders are made of.
 *
 * @module
 */

import {
  Backend,
  DemuxerInfo,
  ErrorStruct,
  TranscodeDesc,
  TranscodeResult as NativeResult,
  TranscoderInfo,
} from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import type { EncoderParameters } from "./encoder_parameters.ts";
import { settingArguments, takeSettings } from "./encoder_settings.ts";
import { checked, native, run } from "./native_call.ts";
import { guardedProgress } from "./progress.ts";
import type { SamplingDevice } from "./sampled_video.ts";
import type { SourceFeed } from "./source.ts";
import type { Source } from "./source_kind.ts";
import { openSource } from "./source_open.ts";
import { metadataOf, type StreamMetadata } from "./stream_metadata.ts";
import type { TranscodeResult } from "./transcode_job.ts";
import type { SegmentSpan } from "./transcode_span.ts";
import type { TranscodeTarget } from "./transcode_target.ts";
import {
  nativeTranscoder,
  type TranscodeFileOptions,
  type TranscoderDescriptor,
} from "./transcoder_options.ts";

/** What a transcoder has done. */
export interface TranscoderStats {
  /** Segments, and whole videos, that were written. */
  readonly segments: number;
  /** Frames that were written. */
  readonly frames: number;
  /** Packets that were sent to decoders. */
  readonly packetsDecoded: number;
  /** Groups of pictures that were begun. */
  readonly gopsDecoded: number;
  /** Jumps in the file. */
  readonly seeks: number;
  /** Decoders that were made. */
  readonly decodersCreated: number;
  /** Decoders of an earlier video that were used again. */
  readonly decodersReused: number;
  /** Encoders that were made: of those that cannot begin anew, one for each segment. */
  readonly encodersCreated: number;
  /** Pictures that were copied from a GPU's memory to the host's or back. */
  readonly hostCopies: number;
  /** Bytes read from the source, but for the sound. */
  readonly bytesRead: number;
}

/** A native transcoder and what is known of its video. */
export interface OpenedTranscoder {
  /** The native transcoder. */
  readonly handle: NativeHandle;
  /** What feeds it; null for a file. */
  readonly feed: SourceFeed | null;
  /** Name in messages. */
  readonly label: string;
  /** Path of the source; null if it is no file. */
  readonly path: string | null;
  /** How files are written. */
  readonly file: TranscodeFileOptions;
  /** What the container says. */
  readonly metadata: StreamMetadata;
  /** Frames. */
  readonly length: number;
  /** Seconds. */
  readonly duration: number;
  /** Pixels in a row of what is encoded. */
  readonly width: number;
  /** Rows of what is encoded. */
  readonly height: number;
  /** Most threads of a decoder, and of an encoder. */
  readonly threads: number;
}

/** A segment to be written. */
export interface SegmentCall {
  /** What of the video. */
  readonly span: SegmentSpan;
  /** Where to. */
  readonly target: TranscodeTarget;
  /** Whether it goes behind the segments before it. */
  readonly isAppended?: boolean;
  /** Whether it is the whole video, with the sound behind its last frame. */
  readonly isWhole?: boolean;
  /** Which works on it. */
  readonly lane: number;
  /** How many work beside each other. */
  readonly lanes: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
  /** Told of how much is done. */
  readonly onProgress: (part: number) => void;
}

/** Opens a source and indexes it. */
export async function openTranscoder(
  device: SamplingDevice,
  source: Source,
  descriptor: TranscoderDescriptor,
): Promise<OpenedTranscoder> {
  const { desc, encoder, file } = nativeTranscoder(device.decoding, descriptor);
  const { signal: stop, label: name } = descriptor;
  stop?.throwIfAborted();
  const { path, feed, label } = await openSource(device, source, {
    label: name,
    mustSeek: true,
    signal: stop,
  });
  try {
    const { signal, onProgress, failed } = guardedProgress(descriptor);
    desc.source = feed?.handle ?? 0;
    const error = new ErrorStruct();
    const { value } = await run(
      (ticket) =>
        native().cuf_transcoder_open(
          device.handle.value,
          desc.bytes,
          path,
          path?.length ?? 0,
          ...settingArguments(encoder),
          ticket,
          error.bytes,
        ),
      { error, owner: device.handle, signal, onProgress, what: "Opening a video" },
    );
    const handle = new NativeHandle(value, label, "Transcoder", { warns: true });
    if (failed?.aborted) {
      handle.close();
      throw failed.reason;
    }
    const info = readTranscoderInfo(value);
    const stream = new DemuxerInfo();
    const status = native().cuf_transcoder_stream_info(value, stream.bytes);
    checked(status, "Reading the stream's metadata");
    return {
      ...{ handle, feed, label, file, metadata: metadataOf(stream) },
      path: path === null ? null : new TextDecoder().decode(path),
      length: info.frameCount,
      duration: info.durationUs / 1e6,
      ...{ width: info.width, height: info.height, threads: info.threads },
    };
  } catch (error) {
    feed?.close();
    throw feed?.explain(error) ?? error;
  }
}

function readTranscoderInfo(transcoder: number): TranscoderInfo {
  const info = new TranscoderInfo();
  checked(native().cuf_transcoder_info(transcoder, info.bytes), "Reading a transcoder's counters");
  return info;
}

/** What a transcoder has done. */
export function readTranscoderStats(transcoder: number): TranscoderStats {
  const info = readTranscoderInfo(transcoder);
  return {
    segments: info.segments,
    frames: info.frames,
    packetsDecoded: info.packetsDecoded,
    gopsDecoded: info.gopsDecoded,
    seeks: info.seeks,
    decodersCreated: info.decodersCreated,
    decodersReused: info.decodersReused,
    encodersCreated: info.encodersCreated,
    hostCopies: info.hostCopies,
    bytesRead: info.bytesRead,
  };
}

/** The encoder's parameters of a transcoder. */
export function readTranscoderSettings(transcoder: number): EncoderParameters {
  const { settingCount } = readTranscoderInfo(transcoder);
  return takeSettings(
    "Reading the encoder's settings",
    settingCount,
    (records, capacity) => native().cuf_transcoder_settings(transcoder, records, capacity),
  );
}

/** Writes a segment. */
export async function transcodeSegment(
  what: string,
  transcoder: NativeHandle,
  { span, target, isAppended = false, isWhole = false, lane, lanes, signal, onProgress }:
    SegmentCall,
): Promise<TranscodeResult> {
  await target.permit();
  signal.throwIfAborted();
  const desc = new TranscodeDesc();
  desc.firstFrame = span.first;
  desc.frameCount = span.count;
  desc.isAppended = isAppended ? 1 : 0;
  desc.isWhole = isWhole ? 1 : 0;
  desc.lane = lane;
  desc.lanes = lanes;
  desc.wantsProgress = 1;
  const { pathBytes, metadata } = target;
  const error = new ErrorStruct();
  // When it is stopped, this ends as soon as the file is gone; the encoder's end is not waited for.
  const { ticket } = await run(
    (ticket) =>
      native().cuf_transcoder_run(
        transcoder.value,
        desc.bytes,
        target.desc.bytes,
        pathBytes,
        pathBytes?.length ?? 0,
        metadata,
        metadata.length,
        ticket,
        error.bytes,
      ),
    { error, owner: transcoder, signal, onProgress, what },
  );
  const result = new NativeResult();
  const status = native().cuf_transcoder_take(transcoder.value, ticket, result.bytes);
  checked(status, "Taking what a segment came to");
  return resultOf(result, target.path);
}

function resultOf(native: NativeResult, output: string | null): TranscodeResult {
  const backend = (number: number) => number === Backend.CUDA ? "cuda" : "cpu";
  const seconds = native.durationUs / 1e6;
  const elapsed = native.elapsedUs / 1e6;
  return {
    frames: native.frames,
    skipped: native.lostFrames,
    seconds,
    bytes: native.bytesWritten,
    elapsed,
    speed: elapsed > 0 ? seconds / elapsed : 0,
    output,
    data: null,
    container: native.container,
    audioTracks: native.audioTracks,
    droppedAudio: native.droppedAudio || null,
    decoderBackend: backend(native.decoderBackend),
    encoderBackend: backend(native.encoderBackend),
    decoder: native.decoder,
    encoder: native.encoder,
    decoderFallbackReason: native.decoderFallback || null,
    encoderFallbackReason: native.encoderFallback || null,
  };
}
