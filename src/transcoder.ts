/**
 * Transcoders: videos, and parts of them, into other files.
 *
 * @module
 */

import type { NativeHandle } from "../ffi/handle.ts";
import { checkDescriptor, signal as signalRule } from "./descriptor.ts";
import type { EncoderParameters } from "./encoder_parameters.ts";
import { type MuxerSink, recognizeSink } from "./muxer_open.ts";
import { native, opened, run } from "./native_call.ts";
import type { SamplingDevice } from "./sampled_video.ts";
import type { Source } from "./source_kind.ts";
import type { StreamMetadata } from "./stream_metadata.ts";
import { type TranscodeFinish, TranscodeJob, type TranscodeResult } from "./transcode_job.ts";
import {
  checkJob,
  checkSegments,
  type TranscodeOptions,
  type TranscodeSegment,
  type TranscodeSegmentsOptions,
} from "./transcode_options.ts";
import { inLanes } from "./transcode_lanes.ts";
import { type SegmentSpan, segmentSpan } from "./transcode_span.ts";
import { checkOutputs, ended, segmentPath, TranscodeTarget } from "./transcode_target.ts";
import {
  type OpenedTranscoder,
  openTranscoder,
  readTranscoderSettings,
  readTranscoderStats,
  type SegmentCall,
  type TranscoderStats,
  transcodeSegment,
} from "./transcoder_calls.ts";
import type { TranscoderDescriptor } from "./transcoder_options.ts";

/** Makes a transcoder on a device. */
export let createTranscoder: (
  device: SamplingDevice,
  source: Source,
  output: MuxerSink | null,
  descriptor: TranscoderDescriptor,
) => Promise<Transcoder>;

/** Where a job writes to: a file of its own, or behind the segments before it. */
interface JobPlan {
  readonly span: SegmentSpan;
  readonly target: TranscodeTarget;
  readonly isAppended?: boolean;
  readonly isWhole?: boolean;
}

const GPU_CONCURRENCY = 2;

/**
 * Transcodes a video, whole or in segments: decoder, encoder and index stay from one job to the next. Made by
 * `device.createTranscoder()`. Jobs may overlap; they are done in order.
 */
export class Transcoder implements AsyncDisposable, Disposable {
  /** What the container says of the video. */
  readonly streamMetadata: StreamMetadata;
  /** Frames of the video. */
  readonly length: number;
  /** Seconds from the first frame's time to the end of the last one. */
  readonly duration: number;
  /** Pixels in a row of what is encoded. */
  readonly width: number;
  /** Rows of what is encoded. */
  readonly height: number;
  /** Name in warnings. */
  readonly label: string;
  readonly #device: SamplingDevice;
  readonly #opened: OpenedTranscoder;
  readonly #output: MuxerSink | null;
  readonly #outputPath: string | null;
  readonly #handle: NativeHandle;
  #appended: TranscodeTarget | null = null;
  /** Whether one of them failed: its job has told. */
  #hasFailed = false;

  static {
    createTranscoder = async (device, source, output, descriptor) => {
      const known = output === null ? null : recognizeSink("createTranscoder()", output);
      const path = known?.kind === "path" ? known.path : null;
      return new Transcoder(device, await openTranscoder(device, source, descriptor), output, path);
    };
  }

  private constructor(
    device: SamplingDevice,
    opening: OpenedTranscoder,
    output: MuxerSink | null,
    outputPath: string | null,
  ) {
    this.#device = device;
    this.#opened = opening;
    this.#output = output;
    this.#outputPath = outputPath;
    this.#handle = opening.handle;
    this.label = opening.label;
    this.streamMetadata = opening.metadata;
    this.length = opening.length;
    this.duration = opening.duration;
    this.width = opening.width;
    this.height = opening.height;
  }

  /** The encoder's parameters in force, as far as they are not its own choice. */
  get settings(): EncoderParameters {
    return readTranscoderSettings(opened(this.#handle, "The transcoder"));
  }

  /** What it has done so far. */
  get stats(): TranscoderStats {
    return readTranscoderStats(opened(this.#handle, "The transcoder"));
  }

  /**
   * Transcodes the whole video into a file of its own, with its sound also where that is longer.
   *
   * @throws {MediaIoError} if there is a file of that name, without `overwrite`, or it cannot be written
   */
  transcodeWithMux(options: TranscodeOptions = {}): TranscodeJob {
    const what = "transcodeWithMux()";
    return this.#job(what, options, () => {
      if (this.#appended !== null && options.output === undefined) {
        throw new TypeError(`${what}: segments were appended to the output; call finish() before`);
      }
      const span = { start: 0, end: this.duration, first: 0, count: this.length };
      const sink = options.output ?? this.#output ?? this.#named(what, span);
      return { span, target: this.#target(what, sink, options), isWhole: true };
    });
  }

  /**
   * Transcodes the frames whose times lie in [start, end), in seconds from the first frame's time on. The first
   * one becomes a key frame, and times begin at zero. An end beyond that of the video is that.
   *
   * Without `options.output` it is written behind the segments before it, into the transcoder's output, which
   * finish() or close() completes; a transcoder without an output writes a file named after the segment.
   *
   * @throws {RangeError} if start is not before end, negative, or beyond the end of the video
   * @throws {MediaIoError} if there is a file of that name, without `overwrite`, or it cannot be written
   */
  segmentedTranscode(start: number, end: number, options: TranscodeOptions = {}): TranscodeJob {
    const what = "segmentedTranscode()";
    return this.#job(what, options, () => {
      const span = this.#span(what, start, end);
      if (options.output === undefined && this.#output !== null) {
        return { span, target: this.#appending(what, this.#output, options), isAppended: true };
      }
      const sink = options.output ?? this.#named(what, span);
      return { span, target: this.#target(what, sink, options) };
    });
  }

  /**
   * Transcodes segments into files of their own, several at once, and gives the results in the order of the
   * segments. The first failure gives up those that are not done; files that are complete stay. Without names,
   * files are named after the transcoder's output, or its source, and the segment.
   *
   * @throws {TypeError} for two segments with one output, and for `{ readable: true }`, which nobody could read
   * @throws {RangeError} for a segment that is not in the video, before anything is written
   */
  transcodeSegments(
    segments: readonly TranscodeSegment[],
    options: TranscodeSegmentsOptions = {},
  ): TranscodeJob<TranscodeResult[]> {
    const what = "transcodeSegments()";
    return new TranscodeJob<TranscodeResult[]>({
      signal: options.signal,
      onProgress: options.onProgress,
      work: async (signal, onProgress) => {
        checkSegments(what, segments, options);
        const jobs = segments.map(({ start, end, output }) => {
          const span = this.#span(what, start, end);
          return { span, weight: span.count, sink: output ?? this.#named(what, span) };
        });
        checkOutputs(what, jobs.map(({ sink }) => sink));
        const isOnGpu = this.#device.decoding.backend === "cuda";
        const { concurrency = isOnGpu ? GPU_CONCURRENCY : this.#opened.threads } = options;
        return await inLanes(jobs, concurrency, { signal, onProgress }, async (job, call) => {
          const target = this.#target(what, job.sink, options);
          return await this.#run(what, { ...call, span: job.span, target });
        });
      },
    });
  }

  /**
   * Completes the output that segments were appended to, when they are done. The next segment begins another.
   *
   * @throws {TypeError} if the output was given up, since one of its segments failed or was stopped
   */
  async finish(options: { readonly signal?: AbortSignal } = {}): Promise<TranscodeFinish> {
    checkDescriptor("finish()", options, { signal: signalRule() });
    const handle = opened(this.#handle, "The transcoder");
    const target = this.#appended;
    this.#appended = null;
    try {
      const { value: bytes } = await run(
        (ticket) => native().cuf_transcoder_finish(handle, ticket),
        { owner: this.#handle, signal: options.signal, what: "finish()" },
      );
      if (target === null || bytes === 0) return { bytes, output: null, data: null };
      return { bytes, output: target.path, data: await ended(target, options.signal) };
    } catch (error) {
      const explained = target?.drain?.explain(error) ?? error;
      target?.drain?.abort();
      throw explained;
    }
  }

  /**
   * Closes the transcoder. Jobs at work are given up, and nothing is left of their files. An output that segments
   * were appended to is completed in the background; finish() tells when, and whether that went well.
   */
  close(): void {
    if (this.#handle.isClosed) return;
    this.#handle.close();
    this.#opened.feed?.close();
    this.#appended?.drain?.end().catch(() => {});
  }

  /** Calls close(). */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Completes the output, if segments were appended to it, and closes the transcoder. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#handle.isClosed && this.#appended !== null) await this.finish();
    } catch (error) {
      if (!(this.#hasFailed && error instanceof TypeError)) throw error;
    } finally {
      this.close();
    }
  }

  /** Every mistake is a rejection, also one that is found at once. */
  #job(what: string, options: TranscodeOptions, plan: () => JobPlan): TranscodeJob {
    let planned: JobPlan | { readonly error: unknown };
    try {
      checkJob(what, options);
      opened(this.#handle, "The transcoder");
      options.signal?.throwIfAborted();
      planned = plan();
    } catch (error) {
      planned = { error };
    }
    return new TranscodeJob({
      signal: options.signal,
      onProgress: options.onProgress,
      readable: "error" in planned ? null : planned.target.drain?.readable,
      work: async (signal, onProgress) => {
        if ("error" in planned) throw planned.error;
        return await this.#run(what, { ...planned, lane: 0, lanes: 1, signal, onProgress });
      },
    });
  }

  async #run(what: string, call: SegmentCall): Promise<TranscodeResult> {
    const { target, isAppended = false } = call;
    try {
      const result = await transcodeSegment(what, this.#handle, call);
      return isAppended ? result : { ...result, data: await ended(target, call.signal) };
    } catch (error) {
      const said = this.#opened.feed?.explain(error) ?? error;
      const explained = target.drain?.explain(said) ?? said;
      target.drain?.abort();
      this.#hasFailed ||= isAppended;
      throw explained;
    }
  }

  /** Where segments are appended. A file is made by the first that can, with its own word on `overwrite`. */
  #appending(what: string, output: MuxerSink, options: TranscodeOptions): TranscodeTarget {
    if (!this.#appended?.drain) this.#appended = this.#target(what, output, options);
    return this.#appended;
  }

  #target(what: string, sink: MuxerSink, { overwrite }: TranscodeOptions): TranscodeTarget {
    const { file } = this.#opened;
    const options = overwrite === undefined ? file : { ...file, overwrite };
    return new TranscodeTarget(what, this.#device.handle, sink, options);
  }

  #named(what: string, { start, end }: SegmentSpan): string {
    const { path: source, file: { container } } = this.#opened;
    return segmentPath(what, { output: this.#outputPath, source, container }, start, end);
  }

  #span(what: string, start: number, end: number): SegmentSpan {
    return segmentSpan(what, opened(this.#handle, "The transcoder"), this.duration, start, end);
  }
}
