/**
 * Devices: where the work is done.
 *
 * @module
 */

import { DeviceDesc, DeviceInfo, DeviceStats as NativeStats, ErrorStruct } from "../ffi/abi.ts";
import { deliverSoon, queue } from "../ffi/completion.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { createDecoder, type Decoder } from "./decoder.ts";
import type { DecoderDescriptor } from "./decoder_options.ts";
import type { Demuxer } from "./demuxer.ts";
import { type DemuxerDescriptor, openDemuxer } from "./demuxer_open.ts";
import { checked, native, opened, run } from "./native_call.ts";
import type { SamplingDevice } from "./sampled_video.ts";
import type { SimpleDecoderDescriptor, ThreadedDecoderDescriptor } from "./sampler_options.ts";
import { createSimpleDecoder, type SimpleDecoder } from "./simple_decoder.ts";
import type { Source } from "./source_kind.ts";
import { createThreadedDecoder, type ThreadedDecoder } from "./threaded_decoder.ts";

/** What a device holds and has done. */
export interface DeviceStats {
  /** Demuxers, decoders, videos, sources and frames that are not closed; a tensor counts as a frame. */
  readonly liveHandles: number;
  /** Demuxers that are not closed. */
  readonly liveDemuxers: number;
  /** Decoders that are not closed. */
  readonly liveDecoders: number;
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
}

/** Why a device cannot be used any longer. */
export interface DeviceLostInfo {
  /** "closed" by close(), or "unknown". */
  readonly reason: "closed" | "unknown";
  /** One sentence. */
  readonly message: string;
}

/** How a device is made. */
export interface DeviceOptions {
  /** Most threads that one decoder may use; default: one for each processor. */
  readonly threads?: number;
  /**
   * Most bytes of pictures at once: frames, tensors, what is kept for the next ones, and what decoders
   * hold. Beyond it calls fail with an OutOfMemoryError, and go on when frames were closed. Default: 3/4
   * of the machine's memory, so that a hostile file ends in that error.
   */
  readonly memoryBudgetBytes?: number;
  /** Name in warnings; default: "device". */
  readonly label?: string;
}

/** Makes a device on an adapter. */
export let createDevice: (
  adapter: { readonly backend: number; readonly ordinal: number },
  options: DeviceOptions,
) => Promise<Device>;

/** Makes demuxers and decoders, and counts what they do. Made by `requestDevice()`. */
export class Device implements AsyncDisposable, Disposable {
  /** Where it works. */
  readonly backend: "cpu" | "cuda" = "cpu";
  /** Name in warnings. */
  readonly label: string;
  /** Most threads that one decoder uses. */
  readonly threads: number;
  /** Most bytes of pictures at once; see memoryBudgetBytes of requestDevice(). */
  readonly memoryBudgetBytes: number;
  /** Resolves when the device can no longer be used, also by close(). */
  readonly lost: Promise<DeviceLostInfo>;
  readonly #handle: NativeHandle;
  readonly #lose: (info: DeviceLostInfo) => void;

  static {
    createDevice = async ({ backend, ordinal }, options) => {
      const desc = new DeviceDesc();
      desc.backend = backend;
      desc.ordinal = ordinal;
      desc.threads = options.threads ?? 0;
      desc.memoryBudgetBytes = options.memoryBudgetBytes ?? 0;
      const error = new ErrorStruct();
      const { value } = await run(
        (ticket) => native().cuf_device_create(queue(), desc.bytes, ticket, error.bytes),
        { error, what: "Making a device" },
      );
      const { label = "device" } = options;
      return new Device(new NativeHandle(value, label, "Device"), label);
    };
  }

  private constructor(handle: NativeHandle, label: string) {
    const info = new DeviceInfo();
    checked(native().cuf_device_info(handle.value, info.bytes), "Reading the device's properties");
    const { promise, resolve } = Promise.withResolvers<DeviceLostInfo>();
    this.#handle = handle;
    this.#lose = resolve;
    this.label = label;
    this.threads = info.threads;
    this.memoryBudgetBytes = info.memoryBudgetBytes;
    this.lost = promise;
  }

  /** What the device holds now and has done so far. */
  get stats(): DeviceStats {
    const stats = new NativeStats();
    const handle = opened(this.#handle, "The device");
    checked(native().cuf_device_stats(handle, stats.bytes), "Reading the device's counters");
    return {
      liveHandles: stats.liveHandles,
      liveDemuxers: stats.liveDemuxers,
      liveDecoders: stats.liveDecoders,
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
    };
  }

  /**
   * Opens a container or elementary stream.
   *
   * @throws {MediaIoError} if it cannot be read, or holds no video
   */
  createDemuxer(source: Source, descriptor: DemuxerDescriptor = {}): Promise<Demuxer> {
    return this.#make(() =>
      openDemuxer({ handle: this.#handle, object: this }, source, descriptor)
    );
  }

  /**
   * Makes a decoder. `{ codec: demuxer.codec }` is enough for a demuxer's packets.
   *
   * @throws {UnsupportedError} if there is no decoder for the codec, or codedWidth and codedHeight are larger
   * than maxWidth and maxHeight allow
   */
  createDecoder(descriptor: DecoderDescriptor): Promise<Decoder> {
    return this.#make(() => createDecoder({ handle: this.#handle, object: this }, descriptor));
  }

  /**
   * Opens a video for random access to its frames. The source must be able to seek: a path, bytes, a Blob,
   * a Deno file or a seekable object.
   *
   * @throws {MediaIoError} if it cannot be read
   * @throws {UnsupportedError} if it cannot seek, or is larger than maxWidth and maxHeight allow
   */
  createSimpleDecoder(
    source: Source,
    descriptor: SimpleDecoderDescriptor = {},
  ): Promise<SimpleDecoder> {
    return this.#make(() => createSimpleDecoder(this.#sampling(), source, descriptor));
  }

  /**
   * Opens a video and starts to decode it ahead, from `startFrame` on. Sources as for
   * createSimpleDecoder().
   *
   * @throws {MediaIoError} if it cannot be read
   * @throws {RangeError} if there is no frame `startFrame`
   */
  createThreadedDecoder(
    source: Source,
    descriptor: ThreadedDecoderDescriptor = {},
  ): Promise<ThreadedDecoder> {
    return this.#make(() => createThreadedDecoder(this.#sampling(), source, descriptor));
  }

  /** Closes the device, its demuxers and its decoders. Frames stay valid until they are closed. */
  close(): void {
    this.#handle.close();
    // Sources that nobody waits for hear of it, too, and are cancelled.
    deliverSoon();
    this.#lose({ reason: "closed", message: `The device '${this.label}' was closed` });
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

  #sampling(): SamplingDevice {
    const { memoryBudgetBytes } = this;
    return { handle: this.#handle, object: this, memoryBudgetBytes };
  }

  /** Every mistake is a rejection, also one that is found at once. */
  async #make<T>(make: () => Promise<T>): Promise<T> {
    opened(this.#handle, "The device");
    return await make();
  }
}
