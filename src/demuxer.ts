/**
 * Demuxers: containers taken apart into packets.
 *
 * @module
 */

import type { NativeHandle } from "../ffi/handle.ts";
import { unlessAborted } from "./abort.ts";
import type { ColorSpace } from "./color.ts";
import type { DecoderConfig } from "./decoder_config.ts";
import { describe, stopOf } from "./descriptor.ts";
import { ClosedError } from "./errors.ts";
import { closedOr, native, opened, run } from "./native_call.ts";
import type { Packet } from "./packet.ts";
import { PacketQueue } from "./packet_queue.ts";
import type { Rational } from "./rational.ts";
import type { SourceFeed } from "./source.ts";
import type {
  ChromaSubsampling,
  DemuxerFacts,
  MediaStream,
  StreamMetadata,
} from "./stream_metadata.ts";

/** What the decoder needs of a demuxer to read from it without a detour through JavaScript. */
export interface DemuxerPipeline {
  /** The native demuxer; throws ClosedError. */
  readonly handle: number;
  /** The device it was made on. */
  readonly device: object;
  /** What stops reading ahead from it before a seek; set by the decoder that does so. */
  beforeSeek: (() => Promise<void>) | null;
  /** How often seek() was called. */
  readonly seekCount: number;
  /** Packets that were read ahead for iteration. */
  takePackets(): Promise<Packet[]>;
  /** What a failure was in truth. */
  explain(error: unknown): unknown;
}

/** What a demuxer is made of. */
export interface DemuxerParts {
  /** The native demuxer. */
  readonly handle: NativeHandle;
  /** The device it was made on; held so that it is not collected, which would close the demuxer. */
  readonly device: object;
  /** What feeds it; null for a file. */
  readonly feed: SourceFeed | null;
  /** What it says of its streams. */
  readonly facts: DemuxerFacts;
  /** Name in warnings. */
  readonly label: string;
}

/** Makes a demuxer of an opened native one. */
export let makeDemuxer: (parts: DemuxerParts) => Demuxer;
/** The decoder's way into a demuxer. */
export let pipelineOf: (demuxer: Demuxer) => DemuxerPipeline;

/**
 * A container's video stream, packet by packet; with `streams`, its audio and subtitles, too. Made by
 * `device.createDemuxer()`.
 */
export class Demuxer implements StreamMetadata, AsyncIterable<Packet>, AsyncDisposable, Disposable {
  /** Name in warnings. */
  readonly label!: string;
  /** libav's name of the codec: "h264", "hevc", "av1", "vp9"... */
  readonly codec!: string;
  /** WebCodecs codec string; libav's name where WebCodecs has none. */
  readonly codecString!: string;
  /** Width for display in pixels, before rotation. */
  readonly width!: number;
  /** Height for display in pixels, before rotation. */
  readonly height!: number;
  /** Width of the coded picture in pixels. */
  readonly codedWidth!: number;
  /** Height of the coded picture in pixels. */
  readonly codedHeight!: number;
  /** Frames per second on average; its value is 0 if unknown. */
  readonly frameRate!: Rational;
  /** The lowest frame rate that fits all timestamps; its value is 0 if unknown. */
  readonly rFrameRate!: Rational;
  /** Seconds of one unit of pts. */
  readonly timeBase!: Rational;
  /** Shape of a pixel (width : height); its value is 0 if unknown. */
  readonly sampleAspectRatio!: Rational;
  /** Length in microseconds; null if unknown. */
  readonly duration!: number | null;
  /** Time of the first frame in microseconds; null if unknown. */
  readonly startTime!: number | null;
  /** Bits per second; null if unknown. */
  readonly bitRate!: number | null;
  /** How chroma is sampled. */
  readonly chromaFormat!: ChromaSubsampling;
  /** Bits of a sample; 0 if unknown. */
  readonly bitDepth!: number;
  /** Name of the codec's profile, such as "High"; null if unknown. */
  readonly profile!: string | null;
  /** Level as the codec numbers it (H.264: 31 is 3.1); null if unknown. */
  readonly level!: number | null;
  /** Colour space. */
  readonly colorSpace!: ColorSpace;
  /** Degrees to turn clockwise for display: 0, 90, 180 or 270. */
  readonly rotation!: number;
  /** Number of frames that the container claims; null if it makes no claim. */
  readonly numFrames!: number | null;
  /** libav's name of the container format. */
  readonly containerName!: string;
  /** The video stream's number in the container. */
  readonly streamIndex!: number;
  /** All streams of the container. */
  readonly streams!: readonly MediaStream[];
  /** The container's audio streams. */
  readonly audioStreams!: readonly MediaStream[];
  /** Whether seek() works: not for sources that stream. */
  readonly isSeekable!: boolean;
  /** A decoder's configuration for the packets, in WebCodecs' shape. */
  readonly decoderConfig!: DecoderConfig;
  readonly #handle: NativeHandle;
  readonly #feed: SourceFeed | null;
  readonly #packets: PacketQueue;
  readonly #pipeline: DemuxerPipeline;
  #seekCount = 0;
  #work: Promise<unknown> = Promise.resolve();

  static {
    makeDemuxer = (parts) => new Demuxer(parts);
    pipelineOf = (demuxer) => demuxer.#pipeline;
  }

  private constructor({ handle, device, feed, facts, label }: DemuxerParts) {
    this.#handle = handle;
    this.#feed = feed;
    const { metadata, streams, isSeekable, decoderConfig } = facts;
    const audioStreams = streams.filter((stream) => stream.type === "audio");
    Object.assign(this, metadata, { label, streams, audioStreams, isSeekable, decoderConfig });
    this.#packets = new PacketQueue(handle, facts, (error) => this.#explain(error));
    this.#pipeline = this.#makePipeline(device);
  }

  /**
   * The next packet, null at the end.
   *
   * @throws {MediaIoError} if the source fails
   * @throws {ClosedError} after close()
   */
  read(options: { readonly signal?: AbortSignal } = {}): Promise<Packet | null> {
    const stop = stopOf("read()", options);
    return this.#inOrder(() => this.#readOne(stop), stop);
  }

  /**
   * Moves to the key frame at or before a time. Packets read ahead are dropped.
   *
   * @param seconds from the start of the stream
   * @param options with a `signal`: after an abort it stands nowhere, so seek again
   * @throws {UnsupportedError} if the source cannot seek
   */
  seek(seconds: number, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (typeof seconds !== "number") {
      throw new TypeError(`seek() takes seconds, not ${describe(seconds)}`);
    }
    if (!(Math.abs(seconds) < 1e12)) {
      throw new RangeError(`seek() takes a finite time, not ${seconds}`);
    }
    const stop = stopOf("seek()", options);
    return this.#inOrder(async () => {
      await this.#pipeline.beforeSeek?.();
      await this.#packets.drain();
      this.#seekCount++;
      const handle = opened(this.#handle, "The demuxer");
      try {
        await run((ticket) => native().cuf_demuxer_seek(handle, seconds, ticket), {
          owner: this.#handle,
          signal: stop,
          what: "Seeking",
        });
      } catch (error) {
        stop?.throwIfAborted();
        throw this.#explain(error);
      }
    }, stop);
  }

  /**
   * The packets from here to the end. Leaving the loop loses none: those read ahead stay for the
   * next loop or for a decoder.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Packet, void> {
    let isDone = false;
    const iterator: AsyncIterableIterator<Packet, void> = {
      next: () => {
        if (isDone) return Promise.resolve({ done: true, value: undefined });
        const ready = this.#handle.isClosed ? null : this.#packets.shift();
        if (ready !== null) return Promise.resolve({ done: false, value: ready });
        return this.read().then((value) => {
          isDone ||= value === null;
          return value === null ? { done: true, value: undefined } : { done: false, value };
        });
      },
      return: async () => {
        isDone = true;
        await this.#packets.pause();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** Closes the demuxer and its source. What is still being read ends with a ClosedError. */
  close(): void {
    this.#handle.close();
    this.#feed?.close();
  }

  /** Calls close(). */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Calls close(). */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #makePipeline(device: object): DemuxerPipeline {
    const handle = (): number => opened(this.#handle, "The demuxer");
    const seekCount = (): number => this.#seekCount;
    return {
      get handle() {
        return handle();
      },
      get seekCount() {
        return seekCount();
      },
      device,
      beforeSeek: null,
      takePackets: () => this.#inOrder(() => this.#packets.drain()),
      explain: (error) => this.#explain(error),
    };
  }

  /** One piece of work after another: the queue of packets has one reader at a time. */
  #inOrder<T>(work: () => Promise<T>, stop?: AbortSignal): Promise<T> {
    const before = this.#work;
    const result = unlessAborted(before, stop).then(() => {
      opened(this.#handle, "The demuxer");
      return work();
    });
    const ended = result.catch(() => {});
    this.#work = stop === undefined ? ended : ended.then(() => before);
    return result;
  }

  async #readOne(stop: AbortSignal | undefined): Promise<Packet | null> {
    stop?.throwIfAborted();
    const onAbort = (): void => void this.#packets.pause();
    stop?.addEventListener("abort", onAbort, { once: true });
    try {
      const packet = await this.#packets.next();
      if (packet === null) stop?.throwIfAborted();
      return packet;
    } finally {
      stop?.removeEventListener("abort", onAbort);
    }
  }

  #explain(error: unknown): unknown {
    if (error instanceof ClosedError) return error;
    if (this.#handle.isClosed) return closedOr(error, this.#handle, "Reading the demuxer");
    return this.#feed === null ? error : this.#feed.explain(error);
  }
}
