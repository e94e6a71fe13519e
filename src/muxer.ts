/**
 * Muxers: packets in, a file or a stream out.
 *
 * @module
 */

import { ErrorStruct, MuxerInfo } from "../ffi/abi.ts";
import type { NativeHandle } from "../ffi/handle.ts";
import type { Demuxer } from "./demuxer.ts";
import { checkDescriptor, instance, oneOf } from "./descriptor.ts";
import type { Encoder } from "./encoder.ts";
import type { EncodedChunk } from "./encoded_chunk.ts";
import { ClosedError, UnsupportedError } from "./errors.ts";
import type { ContainerName, TrackOptions, VideoTrackConfig } from "./muxer_options.ts";
import type { SinkDrain } from "./muxer_sink.ts";
import { copiedTrack, type MuxerTrack, TrackList, videoTrack } from "./muxer_track.ts";
import { checked, closedOr, native, opened, run } from "./native_call.ts";
import { type Packet, writtenPacket } from "./packet.ts";
import type { MediaStream } from "./stream_metadata.ts";

/** What a muxer is made of. */
export interface MuxerParts {
  /** The native muxer. */
  readonly handle: NativeHandle;
  /** The device it was made on; held so that it is not collected, which would close the muxer. */
  readonly device: object;
  /** What takes the bytes; null for a file. */
  readonly drain: SinkDrain | null;
  /** Name in warnings. */
  readonly label: string;
}

/** Makes a muxer of an opened native one. */
export let makeMuxer: (parts: MuxerParts) => Muxer;

/** What a muxer has done. */
export interface MuxerStats {
  /** Packets that were written. */
  readonly packets: number;
  /** Bytes that were written, also those that were written twice. */
  readonly bytes: number;
}

/** What finish() gives. */
export interface MuxerResult extends MuxerStats {
  /** The whole file, of a muxer made with `{ bytes: true }`; null for other sinks. */
  readonly data: Uint8Array<ArrayBuffer> | null;
}

/** Which streams copyTracks() takes. */
export interface CopyTracksOptions {
  /** Kinds of streams; default: all that the demuxer reads. */
  readonly only?: readonly ("video" | "audio" | "subtitle")[];
  /**
   * What becomes of a stream whose codec the container does not take: "throw" (default) an UnsupportedError, or
   * "skip" it: write() drops its packets.
   */
  readonly unsupported?: "throw" | "skip";
}

/** Options of a track that holds what an encoder made. */
export interface EncodedTrackOptions extends TrackOptions {
  /**
   * The demuxer of the video that was encoded: rotation, HDR metadata, shape of pixels, language and title are
   * as there, where the options do not say otherwise.
   */
  readonly from?: Demuxer;
}

/** Of an array that is written: the library takes more, but not without bound. */
const MOST_BYTES_AT_ONCE = 16 << 20;

const TYPES: readonly ("video" | "audio" | "subtitle")[] = ["video", "audio", "subtitle"];

/** Ends the streams of muxers that were collected: word from the library comes only when something is awaited. */
const drains = new FinalizationRegistry<SinkDrain>((drain) => drain.abort());

/** Writes packets into a file or a stream. Made by `device.createMuxer()`. */
export class Muxer implements AsyncDisposable, Disposable {
  /** Name in warnings. */
  readonly label: string;
  /** Kind of file. */
  readonly container: ContainerName;
  /**
   * The bytes, of a muxer made with `{ readable: true }`: a body for a Response. write() waits while nobody reads
   * them. Null for other sinks.
   */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly #handle: NativeHandle;
  readonly #drain: SinkDrain | null;
  readonly #device: object;
  readonly #tracks = new TrackList();
  #stats: MuxerStats = { packets: 0, bytes: 0 };
  #finishing: Promise<MuxerResult> | null = null;

  static {
    makeMuxer = (parts) => new Muxer(parts);
  }

  private constructor({ handle, drain, label, device }: MuxerParts) {
    this.#device = device;
    this.#handle = handle;
    this.#drain = drain;
    this.label = label;
    this.readable = drain?.readable ?? null;
    this.container = this.#info().container as ContainerName;
    if (drain !== null) drains.register(this, drain);
  }

  /** The tracks, in the order in which they were added. */
  get tracks(): readonly MuxerTrack[] {
    return [...this.#tracks.all];
  }

  /** What it has done so far. */
  get stats(): MuxerStats {
    return this.#handle.isClosed ? this.#stats : this.#readStats();
  }

  /**
   * Adds a video track for the chunks of an encoder, or for packets that the script has from elsewhere.
   *
   * @throws {UnsupportedError} if the container does not take the codec; it names those that do
   */
  addVideoTrack(
    source: Encoder | VideoTrackConfig,
    options: EncodedTrackOptions = {},
  ): MuxerTrack {
    return this.#tracks.add(videoTrack(this.#open(), source, options));
  }

  /**
   * Adds a track for the packets of a stream that a demuxer reads, by default its video.
   *
   * @throws {UnsupportedError} if the container does not take the codec; it names those that do
   */
  copyTrack(
    demuxer: Demuxer,
    stream: MediaStream | number = demuxer.streamIndex,
    options: TrackOptions = {},
  ): MuxerTrack {
    return this.#tracks.add(copiedTrack(this.#open(), demuxer, stream, options));
  }

  /** Adds a track for each stream that a demuxer reads. */
  copyTracks(demuxer: Demuxer, options: CopyTracksOptions = {}): MuxerTrack[] {
    checkDescriptor("copyTracks()", options, {
      only: instance(`an array of ${TYPES.join(", ")}`, isTypes),
      unsupported: oneOf("throw", "skip"),
    });
    const { only = TYPES, unsupported = "throw" } = options;
    const added: MuxerTrack[] = [];
    for (const stream of demuxer.streams) {
      if (!stream.isRead || stream.type === "other" || !only.includes(stream.type)) continue;
      try {
        added.push(this.copyTrack(demuxer, stream));
      } catch (error) {
        if (unsupported !== "skip" || !(error instanceof UnsupportedError)) throw error;
        this.#tracks.skip(stream.index);
      }
    }
    return added;
  }

  /**
   * Writes a packet or a chunk, or several, in decode order; resolves when there is room for more. The bytes of
   * one are taken when the call returns. Tracks are interleaved by their times. A packet of a demuxer goes to the track
   * that was copied from its stream, a chunk to the only track that was not copied, unless `track` says.
   *
   * @throws {TypeError} for a packet without a track, and for one whose times do not follow those before
   * @throws {MediaIoError} if the file or the stream cannot be written
   */
  async write(
    item: EncodedChunk | Packet | readonly (EncodedChunk | Packet)[],
    track?: MuxerTrack,
  ): Promise<void> {
    const handle = this.#open();
    const items: readonly (EncodedChunk | Packet)[] = Array.isArray(item) ? item : [item];
    let writing: Promise<void>[] = [];
    let bytes = 0;
    for (const each of items) {
      writing.push(this.#writeOne(handle, each, track));
      bytes += each?.data?.length ?? 0;
      if (bytes < MOST_BYTES_AT_ONCE) continue;
      await Promise.all(writing);
      writing = [];
      bytes = 0;
    }
    await Promise.all(writing);
  }

  /**
   * Completes the file, which gets its name, or ends the stream. With `{ readable: true }` it resolves when the
   * last bytes are ready to be read. Later calls give the same.
   *
   * @throws {MediaIoError} if it cannot be written, or if there is a file of its name by now
   */
  finish(): Promise<MuxerResult> {
    this.#finishing ??= this.#finish();
    return this.#finishing;
  }

  /**
   * Closes the muxer. Without finish() nothing is left of a file, and a stream ends with an error; with
   * `keepPartial` what was written until now is completed later. What is still being written ends with a
   * ClosedError.
   */
  close(): void {
    if (!this.#handle.isClosed) this.#stats = this.#readStats();
    this.#handle.close();
    this.#drain?.abort();
  }

  /** Calls close(). */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Calls close(), and waits until nothing is left of the file, or, with `keepPartial`, until it is complete. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#handle.isClosed) {
      const handle = this.#handle.value;
      // Closing the device meanwhile does the same.
      await run((ticket) => native().cuf_muxer_end(handle, ticket), { what: "Ending a muxer" })
        .catch(() => {});
    }
    this.close();
  }

  #open(): number {
    const handle = opened(this.#handle, "The muxer");
    if (this.#finishing !== null) throw new ClosedError("The muxer is finished");
    return handle;
  }

  async #writeOne(
    handle: number,
    item: EncodedChunk | Packet,
    given: MuxerTrack | undefined,
  ): Promise<void> {
    const index = this.#tracks.indexFor(item, given);
    if (index === null) return;
    const isChunk = "toPacket" in item;
    const { info, data } = writtenPacket(isChunk ? item.toPacket() : item);
    if (data.length === 0 && isChunk) {
      throw new TypeError("write(): the chunk's data was transferred away; write it before that");
    }
    if (data.length === 0) return; // some containers have such packets; none says anything
    const error = new ErrorStruct();
    await this.#run("Writing a packet", (ticket) =>
      native().cuf_muxer_write(
        handle,
        index,
        info.bytes,
        data,
        data.length,
        ticket,
        error.bytes,
      ), error);
  }

  async #finish(): Promise<MuxerResult> {
    const handle = opened(this.#handle, "The muxer");
    await this.#run("Finishing a file", (ticket) => native().cuf_muxer_finish(handle, ticket));
    const data = await this.#drain?.end() ?? null;
    const stats = this.stats;
    this.close();
    return { ...stats, data };
  }

  async #run(what: string, start: (ticket: number) => number, error?: ErrorStruct): Promise<void> {
    try {
      await run(start, { what, error, owner: this.#handle });
    } catch (failure) {
      if (this.#handle.isClosed) throw closedOr(failure, this.#handle, what);
      throw this.#drain?.explain(failure) ?? failure;
    }
  }

  #info(): MuxerInfo {
    const info = new MuxerInfo();
    checked(native().cuf_muxer_info(this.#handle.value, info.bytes), "Reading a muxer's state");
    return info;
  }

  #readStats(): MuxerStats {
    try {
      const { packetsWritten, bytesWritten } = this.#info();
      return { packets: packetsWritten, bytes: bytesWritten };
    } catch {
      return this.#stats; // the device was closed
    }
  }
}

function isTypes(value: unknown): boolean {
  return Array.isArray(value) && value.every((word) => TYPES.includes(word));
}
