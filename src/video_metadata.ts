/**
 * What is known of a video that was opened for random access.
 *
 * @module
 */

import { DemuxerInfo, IndexEntry, PacketFlag, type SamplerInfo } from "../ffi/abi.ts";
import { checked, native } from "./native_call.ts";
import { metadataOf, type StreamMetadata } from "./stream_metadata.ts";

/** What the container says of a video, and how many frames it has. */
export interface VideoMetadata extends StreamMetadata {
  /** Number of frames that are shown, counted; with an approximate index about so many. */
  readonly numFrames: number;
  /** Frames per second on average; 0 if unknown. */
  readonly averageFps: number;
}

/**
 * What a scan of the whole stream found. The arrays have one entry for each packet, in decode order, also
 * for packets that show nothing.
 */
export interface ScannedStreamMetadata extends VideoMetadata {
  /** Microseconds from the first frame's time to the end of the last one. */
  readonly duration: number;
  /** numFrames in the time of `duration`; 0 if that is 0. */
  readonly averageFps: number;
  /** Indices of the key frames, ascending. */
  readonly keyFrameIndices: Uint32Array<ArrayBuffer>;
  /** Sizes in bytes. */
  readonly packetSizes: Uint32Array<ArrayBuffer>;
  /** Times of presentation in units of timeBase, as `frame.pts`; NaN where the stream has none. */
  readonly pts: Float64Array<ArrayBuffer>;
  /** Times of decoding in units of timeBase; NaN where the stream has none. */
  readonly dts: Float64Array<ArrayBuffer>;
}

/** Entries of the index that are fetched at once. */
const BATCH = 8192;

/** What the library says of the stream that a sampler reads. */
export function videoMetadata(
  sampler: number,
  { frameCount, durationUs }: SamplerInfo,
): VideoMetadata {
  const info = new DemuxerInfo();
  checked(native().cuf_sampler_stream_info(sampler, info.bytes), "Reading the stream's metadata");
  const metadata = metadataOf(info);
  return {
    ...metadata,
    numFrames: frameCount,
    duration: metadata.duration ?? (frameCount > 0 ? durationUs : null),
    averageFps: metadata.frameRate.value,
  };
}

/** Reads a sampler's exact index, of which `metadata` says what is known so far. */
export function scannedMetadata(
  sampler: number,
  metadata: VideoMetadata & { readonly duration: number },
  packetCount: number,
): ScannedStreamMetadata {
  const packetSizes = new Uint32Array(packetCount);
  const pts = new Float64Array(packetCount);
  const dts = new Float64Array(packetCount);
  const keyFrames: number[] = [];
  const records = new Uint8Array(IndexEntry.size * Math.min(packetCount, BATCH));
  for (let first = 0; first < packetCount;) {
    const room = records.length / IndexEntry.size;
    const count = checked(
      native().cuf_sampler_index(sampler, first, records, room),
      "Reading the index",
    );
    for (let i = 0; i < count; i++) {
      const entry = new IndexEntry(records, i * IndexEntry.size);
      const { flags, frame } = entry;
      packetSizes[first + i] = entry.sizeBytes;
      pts[first + i] = flags & PacketFlag.HAS_PTS ? entry.pts : NaN;
      dts[first + i] = flags & PacketFlag.HAS_DTS ? entry.dts : NaN;
      if (flags & PacketFlag.KEY && frame >= 0) keyFrames.push(frame);
    }
    first += count;
  }
  const { numFrames, duration } = metadata;
  const averageFps = duration > 0 ? numFrames / (duration / 1e6) : 0;
  const keyFrameIndices = Uint32Array.from(keyFrames).sort();
  return { ...metadata, averageFps, keyFrameIndices, packetSizes, pts, dts };
}
