/**
 * Tracks of a muxer, and which packet belongs to which.
 *
 * @module
 */

import type { TrackDesc } from "../ffi/abi.ts";
import { Demuxer, pipelineOf } from "./demuxer.ts";
import { bytesOf, describe, instance } from "./descriptor.ts";
import { EncodedChunk } from "./encoded_chunk.ts";
import { Encoder, nativeEncoder } from "./encoder.ts";
import {
  configuredTrack,
  nativeTrack,
  type TrackOptions,
  type VideoTrackConfig,
} from "./muxer_options.ts";
import { callWithError, native } from "./native_call.ts";
import { Packet } from "./packet.ts";
import type { MediaStream } from "./stream_metadata.ts";

/** One track of the file that a muxer writes. */
export class MuxerTrack {
  /** Its number in the file. */
  readonly index: number;
  /** What it holds. */
  readonly type: "video" | "audio" | "subtitle";
  /** libav's name of the codec. */
  readonly codec: string;
  /** Number of the stream that it is copied from; null for a track of an encoder's or the script's packets. */
  readonly streamIndex: number | null;

  /** Made by a Muxer. */
  constructor(index: number, facts: Omit<MuxerTrack, "index">) {
    this.index = index;
    this.type = facts.type;
    this.codec = facts.codec;
    this.streamIndex = facts.streamIndex;
  }
}

/** Adds a native track; gives its number. */
function addNative(muxer: number, desc: TrackDesc, description?: Uint8Array): number {
  return callWithError(
    (error) =>
      native().cuf_muxer_add_track(
        muxer,
        desc.bytes,
        description ?? null,
        description?.length ?? 0,
        error.bytes,
      ),
    "Adding a track",
  );
}

/** Adds a track for an encoder's chunks or a script's packets. */
export function videoTrack(
  muxer: number,
  source: Encoder | VideoTrackConfig,
  { from, ...options }: TrackOptions & { readonly from?: Demuxer },
): MuxerTrack {
  const isDemuxer = instance("a Demuxer", (value) => value instanceof Demuxer);
  const facts = { type: "video", codec: source.codec, streamIndex: null } as const;
  if (from !== undefined && isDemuxer(from) !== null) {
    throw new TypeError(`addVideoTrack(): from must be a Demuxer, not ${describe(from)}`);
  }
  const desc = source instanceof Encoder
    ? nativeTrack("addVideoTrack()", options)
    : configuredTrack(source, options);
  if (source instanceof Encoder) desc.encoder = nativeEncoder(source);
  if (from !== undefined) desc.madeFrom = pipelineOf(from).handle;
  const { description } = source as Partial<VideoTrackConfig>;
  const headers = description === undefined ? undefined : bytesOf(description);
  return new MuxerTrack(addNative(muxer, desc, headers), facts);
}

/** Adds a track for the packets of a demuxer's stream. */
export function copiedTrack(
  muxer: number,
  demuxer: Demuxer,
  given: MediaStream | number,
  options: TrackOptions,
): MuxerTrack {
  if (!(demuxer instanceof Demuxer)) {
    throw new TypeError(`copyTrack() takes a Demuxer, not ${describe(demuxer)}`);
  }
  const index = typeof given === "number" ? given : given?.index;
  const stream = demuxer.streams.find((each) => each.index === index);
  if (stream === undefined) {
    throw new RangeError(
      `copyTrack(): there is no stream ${index}; '${demuxer.label}' has ${demuxer.streams.length}`,
    );
  }
  if (!stream.isRead || stream.type === "other") {
    throw new TypeError(
      `copyTrack(): the demuxer does not read stream ${index} (${stream.type}, ${stream.codec}); ` +
        'open it with createDemuxer(source, { streams: "all" })',
    );
  }
  const desc = nativeTrack("copyTrack()", options);
  desc.demuxer = pipelineOf(demuxer).handle;
  desc.streamIndex = stream.index;
  const facts = { type: stream.type, codec: stream.codec, streamIndex: stream.index };
  return new MuxerTrack(addNative(muxer, desc), facts);
}

/** The tracks of one muxer. */
export class TrackList {
  /** In the order of the file. */
  readonly all: MuxerTrack[] = [];
  readonly #skipped = new Set<number>();

  /** Adds a track. */
  add(track: MuxerTrack): MuxerTrack {
    this.all.push(track);
    return track;
  }

  /** Packets of a stream are dropped. */
  skip(streamIndex: number): void {
    this.#skipped.add(streamIndex);
  }

  /** The number of the track that an item goes to; null if it is dropped. */
  indexFor(item: unknown, given: MuxerTrack | undefined): number | null {
    if (!(item instanceof Packet || item instanceof EncodedChunk)) {
      throw new TypeError(
        `write() takes Packets and EncodedChunks, or arrays of them, not ${describe(item)}`,
      );
    }
    if (given !== undefined) {
      if (this.all.includes(given)) return given.index;
      throw new TypeError(`write(): ${describe(given)} is no track of this muxer`);
    }
    const streamIndex = item instanceof Packet ? item.streamIndex : null;
    const fitting = this.all.filter((track) => track.streamIndex === streamIndex);
    if (fitting.length === 1) return fitting[0].index;
    if (fitting.length === 0 && streamIndex !== null && this.#skipped.has(streamIndex)) return null;
    const what = streamIndex === null
      ? "tracks of encoded video"
      : `tracks that are copied from a stream ${streamIndex}`;
    throw new TypeError(
      `write(): the muxer has ${fitting.length === 0 ? "no" : "several"} ${what}; ` +
        (fitting.length === 0 ? "add the track first" : "pass the track that is meant"),
    );
  }
}
