/**
 * What a device holds and has done, and how it ends.
 *
 * @module
 */

import type { DeviceStats as NativeStats } from "../ffi/abi.ts";

/** What a device holds and has done. */
export interface DeviceStats {
  /** Demuxers, decoders, encoders, muxers, videos, sources and frames that are not closed; a tensor counts as a frame. */
  readonly liveHandles: number;
  /** Demuxers that are not closed. */
  readonly liveDemuxers: number;
  /** Decoders that are not closed. */
  readonly liveDecoders: number;
  /** Encoders that are not closed. */
  readonly liveEncoders: number;
  /** Muxers that are not closed. */
  readonly liveMuxers: number;
  /** Transcoders that are not closed. */
  readonly liveTranscoders: number;
  /** Frames and tensors that are not closed. */
  readonly liveFrames: number;
  /** Videos opened for random access that are not closed. */
  readonly liveSamplers: number;
  /** Sources that are not closed. */
  readonly liveSources: number;
  /** DLPack arrays whose deleter was not called, by the consumer or by close(). */
  readonly liveCapsules: number;
  /** Bytes of frames and tensors that are not closed. */
  readonly frameBytes: number;
  /** Bytes kept for the next frames. */
  readonly pooledBytes: number;
  /** Bytes never used again, since a view of them was transferred. */
  readonly quarantinedBytes: number;
  /** Bytes read from files and sources. */
  readonly bytesRead: number;
  /** Packets that were decoded. */
  readonly packetsDecoded: number;
  /** Frames that were decoded. */
  readonly framesDecoded: number;
  /** Decoders that were made. */
  readonly decodersCreated: number;
  /** Decoders that random access used again for another video. */
  readonly decodersReused: number;
  /** Videos opened for random access whose file had been indexed before, so that nothing was read. */
  readonly indexCacheHits: number;
  /**
   * Bytes that count towards memoryBudgetBytes: frames and tensors, also those in quarantine and in
   * DLPack capsules, pooledBytes, and the pictures that decoders hold.
   */
  readonly memoryBytes: number;
  /** Memory of the GPU; null on the CPU. */
  readonly gpuMemory: GpuMemoryStats | null;
}

/** What a device has of its GPU's memory, in bytes. */
export interface GpuMemoryStats {
  /** Of frames and tensors that are held. */
  readonly frameBytes: number;
  /** Kept for the next frames. */
  readonly pooledBytes: number;
  /** About what the decoders' surfaces take. */
  readonly decoderBytes: number;
  /** Most of the sum of the three. */
  readonly peakBytes: number;
  /** Allocations of the driver; frames in a steady state need none. */
  readonly allocations: number;
  /** Page-locked memory of the host that is kept for copies from the GPU. */
  readonly pinnedBytes: number;
}

/** Why a device cannot be used any longer. */
export interface DeviceLostInfo {
  /** "closed" by close(); "unknown": the driver failed so that nothing works on the GPU any longer. */
  readonly reason: "closed" | "unknown";
  /** One sentence. */
  readonly message: string;
}

/** What is said of a GPU that was lost. */
export const GPU_LOST =
  "The GPU was lost: the driver failed so that its context can no longer be used; start the process again";

/** The counters of a device. */
export function deviceStats(stats: NativeStats, isGpu: boolean): DeviceStats {
  return {
    liveHandles: stats.liveHandles,
    liveDemuxers: stats.liveDemuxers,
    liveDecoders: stats.liveDecoders,
    liveEncoders: stats.liveEncoders,
    liveMuxers: stats.liveMuxers,
    liveTranscoders: stats.liveTranscoders,
    liveFrames: stats.liveFrames,
    liveSamplers: stats.liveSamplers,
    liveSources: stats.liveSources,
    liveCapsules: stats.liveCapsules,
    frameBytes: stats.frameBytes,
    pooledBytes: stats.pooledBytes,
    quarantinedBytes: stats.quarantinedBytes,
    bytesRead: stats.bytesRead,
    packetsDecoded: stats.packetsDecoded,
    framesDecoded: stats.framesDecoded,
    decodersCreated: stats.decodersCreated,
    decodersReused: stats.decodersReused,
    indexCacheHits: stats.indexCacheHits,
    memoryBytes: stats.memoryBytes,
    gpuMemory: isGpu ? gpuMemory(stats) : null,
  };
}

function gpuMemory(stats: NativeStats): GpuMemoryStats {
  return {
    frameBytes: stats.gpuFrameBytes,
    pooledBytes: stats.gpuPooledBytes,
    decoderBytes: stats.gpuDecoderBytes,
    peakBytes: stats.gpuPeakBytes,
    allocations: stats.gpuAllocations,
    pinnedBytes: stats.pinnedBytes,
  };
}
