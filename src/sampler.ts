/**
 * One video that is open for random access: what SimpleDecoder and ThreadedDecoder work with.
 *
 * @module
 */

import { ErrorStruct, FrameInfo, FrameTime, SamplerInfo } from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { unlessAborted } from "./abort.ts";
import { ClosedError } from "./errors.ts";
import { type Frame, makeFrame } from "./frame.ts";
import type { FrameRange } from "./frame_range.ts";
import type { DecodingDevice } from "./gpu_options.ts";
import { callWithError, checked, native, type Outcome, run } from "./native_call.ts";
import {
  nativeSamplerDesc,
  requireSize,
  type SamplerOptions,
  type VideoSourceDescriptor,
} from "./sampler_options.ts";
import { guardedProgress } from "./progress.ts";
import { batchTensor, type Tensor } from "./tensor.ts";
import type { BatchTensorDescriptor } from "./tensor_descriptor.ts";
import type { SourceFeed } from "./source.ts";
import type { Source } from "./source_kind.ts";
import { type OpenedSource, openSource } from "./source_open.ts";
import {
  scannedMetadata,
  type ScannedStreamMetadata,
  type VideoMetadata,
  videoMetadata,
} from "./video_metadata.ts";

/** Who reads frames in order, of which a sampler has one at a time. */
export interface StreamOwner {
  /** Whether another may take its place at any time between its reads. */
  readonly yields: boolean;
}

/** A native sampler and its source. */
export class Sampler {
  /** Name in messages and warnings. */
  readonly label: string;
  /** Number of frames. */
  readonly length: number;
  /** What the container says. */
  readonly metadata: VideoMetadata;
  /** Bytes of one frame at most, an estimate. */
  readonly frameBytes: number;
  readonly #handle: NativeHandle;
  readonly #feed: SourceFeed | null;
  #owner: StreamOwner | null = null;
  #closedBecause = "";

  /** Opens a source and indexes it. */
  static async open(
    device: {
      readonly handle: NativeHandle;
      readonly stop: AbortSignal;
      readonly decoding: DecodingDevice;
    },
    source: Source,
    options: SamplerOptions,
    opening: VideoSourceDescriptor,
  ): Promise<Sampler> {
    const { descriptor } = options;
    const { label } = descriptor;
    const { signal } = opening;
    signal?.throwIfAborted();
    const opened = await openSource(device, source, { label, mustSeek: true, signal });
    try {
      const sampler = new Sampler(
        await openNative(device, opened, options, opening),
        opened,
      );
      try {
        requireSize(descriptor, sampler.metadata, opened.label);
        // Whoever asks for it later hears of a failure.
        if (descriptor.needScannedStreamMetadata) sampler.#scan().catch(() => {});
        return sampler;
      } catch (error) {
        sampler.close("");
        throw error;
      }
    } catch (error) {
      opened.feed?.close();
      throw opened.feed?.explain(error) ?? error;
    }
  }

  private constructor(handle: NativeHandle, { feed, label }: OpenedSource) {
    this.#handle = handle;
    this.#feed = feed;
    this.label = label;
    const info = this.info();
    this.length = info.frameCount;
    this.metadata = videoMetadata(handle.value, info);
    const { codedWidth, codedHeight, bitDepth } = this.metadata;
    this.frameBytes = Math.max(1, codedWidth * codedHeight * 3 * (bitDepth > 8 ? 2 : 1));
  }

  /** Throws ClosedError if it was closed; gives the native handle. */
  get handle(): number {
    if (this.#handle.isClosed) throw new ClosedError(this.#closedBecause);
    return this.#handle.value;
  }

  /** What it did so far. */
  info(): SamplerInfo {
    const info = new SamplerInfo();
    checked(native().cuf_sampler_info(this.handle, info.bytes), "Reading a video's counters");
    return info;
  }

  /** The whole index, exact. */
  async scanned(signal?: AbortSignal): Promise<ScannedStreamMetadata> {
    const { value: numFrames, extra: duration } = await unlessAborted(this.#scan(), signal);
    const { packetCount } = this.info();
    return scannedMetadata(this.handle, { ...this.metadata, numFrames, duration }, packetCount);
  }

  #scan(): Promise<Outcome> {
    return this.#run(
      "getScannedStreamMetadata()",
      (handle, ticket) => native().cuf_sampler_scan(handle, ticket),
      {},
    );
  }

  /** Index of the frame that is shown at a time. */
  frameAt(seconds: number): number {
    const found = native().cuf_sampler_frame_at(this.handle, seconds);
    return checked(found, "Looking for the frame of a time");
  }

  /** When a frame is shown, in seconds. */
  timeOf(frame: number): number {
    const time = new FrameTime();
    const status = native().cuf_sampler_frame_time(this.handle, frame, time.bytes);
    checked(status, "Reading the time of a frame");
    const { num, den } = this.metadata.timeBase;
    return time.pts * num / den;
  }

  /** Decodes frames in any order. */
  async read(
    what: string,
    frames: Uint32Array<ArrayBuffer>,
    signal?: AbortSignal,
  ): Promise<Frame[]> {
    signal?.throwIfAborted();
    if (frames.length === 0) return [];
    return this.take(await this.requestFrames(what, frames, signal));
  }

  /** Starts to decode frames in any order; take() fetches them. */
  requestFrames(
    what: string,
    frames: Uint32Array<ArrayBuffer>,
    signal?: AbortSignal,
  ): Promise<Outcome> {
    const error = new ErrorStruct();
    const { length } = frames;
    return this.#run(
      what,
      (handle, ticket) => native().cuf_sampler_read(handle, frames, length, ticket, error.bytes),
      { error, signal },
    );
  }

  /** Decodes frames in any order, at least one, into one tensor. */
  readTensor(
    what: string,
    frames: Uint32Array<ArrayBuffer>,
    descriptor: BatchTensorDescriptor,
  ): Promise<Tensor> {
    const error = new ErrorStruct();
    const { length } = frames;
    const { signal } = descriptor;
    return batchTensor(what, length, this.label, descriptor, this.metadata, (desc) =>
      this.#run(
        what,
        (handle, ticket) =>
          native().cuf_sampler_read_tensor(
            handle,
            frames,
            length,
            desc.bytes,
            ticket,
            error.bytes,
          ),
        { error, signal },
      ));
  }

  /** Whether somebody reads in order who must not be disturbed. */
  get isStreaming(): boolean {
    return this.#owner !== null && !this.#owner.yields;
  }

  /** Whether `owner` is who reads in order. */
  isStreamOf(owner: StreamOwner): boolean {
    return this.#owner === owner;
  }

  /** Begins to decode a range ahead for `owner`, in the place of what was begun before. */
  startStream(owner: StreamOwner, { first, count, step }: FrameRange): void {
    const { handle } = this;
    callWithError(
      (error) => native().cuf_sampler_start(handle, first, count, step, error.bytes),
      "Decoding ahead",
    );
    this.#owner = owner;
  }

  /** Frees what was decoded ahead for `owner`, if it still is who reads in order. */
  stopStream(owner: StreamOwner): void {
    if (this.#owner !== owner) return;
    if (!this.#handle.isClosed) this.startStream(owner, { first: 0, count: 0, step: 1 });
    this.#owner = null;
  }

  /** Starts to fetch the next frames in order; take() fetches them. */
  requestNext(what: string, mostFrames: number, signal?: AbortSignal): Promise<Outcome> {
    return this.#run(
      what,
      (handle, ticket) => native().cuf_sampler_next(handle, mostFrames, ticket),
      { signal },
    );
  }

  /** Fetches the frames of a completed request. */
  take({ value: count, ticket }: Outcome): Frame[] {
    const { handle } = this;
    if (count === 0) return [];
    const records = new Uint8Array(FrameInfo.size * count);
    checked(native().cuf_sampler_take(handle, ticket, records, count), "Taking frames");
    return Array.from(
      { length: count },
      (_, i) => makeFrame(records, i * FrameInfo.size, this.label),
    );
  }

  /** Closes the video and its source; `because` is what the ClosedErrors say that follow. */
  close(because: string): void {
    if (this.#handle.isClosed) return;
    this.#closedBecause = because;
    this.#handle.close();
    this.#feed?.close();
  }

  async #run(
    what: string,
    start: (handle: number, ticket: number) => number,
    options: { readonly error?: ErrorStruct; readonly signal?: AbortSignal },
  ): Promise<Outcome> {
    const { handle } = this;
    try {
      return await run((ticket) => start(handle, ticket), { ...options, what });
    } catch (error) {
      if (options.signal?.aborted && error === options.signal.reason) throw error;
      if (this.#handle.isClosed) throw new ClosedError(this.#closedBecause, { cause: error });
      throw this.#feed?.explain(error) ?? error;
    }
  }
}

async function openNative(
  device: { readonly handle: NativeHandle; readonly decoding: DecodingDevice },
  { path, feed, label }: OpenedSource,
  options: SamplerOptions,
  opening: VideoSourceDescriptor,
): Promise<NativeHandle> {
  const { signal, onProgress, failed } = guardedProgress(opening);
  const desc = nativeSamplerDesc(device.decoding, options, opening.streamIndex);
  desc.source = feed?.handle ?? 0;
  desc.wantsProgress = onProgress === undefined ? 0 : 1;
  const error = new ErrorStruct();
  const size = path?.length ?? 0;
  const { value } = await run(
    (ticket) =>
      native().cuf_sampler_open(device.handle.value, desc.bytes, path, size, ticket, error.bytes),
    { error, owner: device.handle, signal, onProgress, what: "Opening a video" },
  );
  const handle = new NativeHandle(value, label, "video", { warns: true });
  if (failed?.aborted) {
    handle.close();
    throw failed.reason;
  }
  return handle;
}
