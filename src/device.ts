/**
 * Devices: where the work is done.
 *
 * @module
 */

import {
  Backend,
  CompletionKind,
  DeviceDesc,
  DeviceInfo,
  DeviceStats as NativeStats,
  ErrorStruct,
} from "../ffi/abi.ts";
import { deliverSoon, queue, subscribe, type Subscription } from "../ffi/completion.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { createDecoder, type Decoder } from "./decoder.ts";
import type { DecoderDescriptor } from "./decoder_options.ts";
import type { Demuxer } from "./demuxer.ts";
import { type DemuxerDescriptor, openDemuxer } from "./demuxer_open.ts";
import type { DLPackCapsule } from "./dlpack.ts";
import { type DLPackImportDescriptor, type DLPackSource, frameOfDLPack } from "./dlpack_import.ts";
import { createEncoder, type Encoder } from "./encoder.ts";
import type { EncoderDescriptor } from "./encoder_options.ts";
import { ClosedError } from "./errors.ts";
import type { DeviceOptions } from "./device_options.ts";
import { type DeviceLostInfo, type DeviceStats, deviceStats, GPU_LOST } from "./device_stats.ts";
import type { Frame } from "./frame.ts";
import type { DecodingDevice } from "./gpu_options.ts";
import type { Muxer } from "./muxer.ts";
import { type MuxerSink, openMuxer } from "./muxer_open.ts";
import type { MuxerDescriptor } from "./muxer_options.ts";
import { checked, native, opened, run } from "./native_call.ts";
import type { SamplingDevice } from "./sampled_video.ts";
import type { SimpleDecoderDescriptor, ThreadedDecoderDescriptor } from "./sampler_options.ts";
import { createSimpleDecoder, type SimpleDecoder } from "./simple_decoder.ts";
import type { Source } from "./source_kind.ts";
import { createThreadedDecoder, type ThreadedDecoder } from "./threaded_decoder.ts";
import { createTranscoder, type Transcoder } from "./transcoder.ts";
import type { TranscoderDescriptor } from "./transcoder_options.ts";

const NOTHING = { liveFrames: 0, liveCapsules: 0 };

/** Makes a device on an adapter. */
export let createDevice: (
  adapter: { readonly backend: number; readonly ordinal: number },
  options: DeviceOptions,
) => Promise<Device>;

/** Makes demuxers, decoders and encoders, and counts what they do. Made by `requestDevice()`. */
export class Device implements AsyncDisposable, Disposable {
  /** Where it works. */
  readonly backend: "cpu" | "cuda";
  /** Number of its GPU; null on the CPU. */
  readonly gpu: number | null;
  /** CUcontext that it works in; null on the CPU. */
  readonly cudaContext: bigint | null;
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
  readonly #stop = new AbortController();
  readonly #end: { readonly events: Subscription; readonly gone: Promise<void> };
  readonly #decoding: DecodingDevice;

  static {
    createDevice = async ({ backend, ordinal }, options) => {
      const desc = new DeviceDesc();
      desc.backend = backend;
      desc.ordinal = ordinal;
      desc.threads = options.threads ?? 0;
      desc.memoryBudgetBytes = options.memoryBudgetBytes ?? 0;
      desc.cudaContext = Number(options.cudaContext ?? 0);
      const { label = "device" } = options;
      const loss = Promise.withResolvers<DeviceLostInfo>();
      const gone = Promise.withResolvers<void>();
      const events = subscribe(({ kind }) => {
        if (kind === CompletionKind.DEVICE_LOST) {
          loss.resolve({ reason: "unknown", message: GPU_LOST });
        } else {
          gone.resolve();
          events.close();
        }
      });
      desc.eventTicket = events.ticket;
      const error = new ErrorStruct();
      try {
        const { value } = await run(
          (ticket) => native().cuf_device_create(queue(), desc.bytes, ticket, error.bytes),
          { error, what: "Making a device" },
        );
        const handle = new NativeHandle(value, label, "Device");
        return new Device(handle, label, loss, { events, gone: gone.promise });
      } catch (failure) {
        events.close();
        throw failure;
      }
    };
  }

  private constructor(
    handle: NativeHandle,
    label: string,
    { promise, resolve }: PromiseWithResolvers<DeviceLostInfo>,
    end: { readonly events: Subscription; readonly gone: Promise<void> },
  ) {
    const info = new DeviceInfo();
    checked(native().cuf_device_info(handle.value, info.bytes), "Reading the device's properties");
    const isGpu = info.backend === Backend.CUDA;
    this.backend = isGpu ? "cuda" : "cpu";
    this.gpu = isGpu ? info.ordinal : null;
    this.cudaContext = isGpu ? BigInt(info.cudaContext) : null;
    this.#decoding = {
      backend: this.backend,
      cudaContext: this.cudaContext ?? 0n,
      isAutomatic: info.fallsBack !== 0,
    };
    this.#end = end;
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
    return deviceStats(stats, this.gpu !== null);
  }

  /**
   * Opens a container or elementary stream.
   *
   * @throws {MediaIoError} if it cannot be read, or holds no video
   */
  createDemuxer(source: Source, descriptor: DemuxerDescriptor = {}): Promise<Demuxer> {
    return this.#make(() =>
      openDemuxer(
        { handle: this.#handle, object: this, stop: this.#stop.signal },
        source,
        descriptor,
      )
    );
  }

  /**
   * Makes a decoder. `{ codec: demuxer.codec }` is enough for a demuxer's packets.
   *
   * @throws {UnsupportedError} if there is no decoder for the codec, or codedWidth and codedHeight are larger
   * than maxWidth and maxHeight allow
   */
  createDecoder(descriptor: DecoderDescriptor): Promise<Decoder> {
    return this.#make(() => createDecoder(this.#sampling(), descriptor));
  }

  /**
   * Opens a video for random access to its frames. The source must be able to seek: a path, bytes, a Blob,
   * a Deno file, a seekable object or a file of a web server that answers range requests.
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

  /**
   * Makes an encoder. `{ width, height }` is enough for NV12 pictures to H.264.
   *
   * @throws {TypeError} for unknown keys and contradictions, RangeError for numbers out of range, before
   * anything is made
   * @throws {UnsupportedError} for what the encoder cannot; it names what it can
   * @throws {OutOfMemoryError} if the GPU has no free session
   */
  createEncoder(descriptor: EncoderDescriptor): Promise<Encoder> {
    return this.#make(() => createEncoder(this.#sampling(), descriptor));
  }

  /**
   * Makes a muxer, which writes packets and chunks into a file or a stream. A file stands under a temporary name
   * beside its own until `finish()`.
   *
   * @throws {MediaIoError} if the file cannot be made, or is there already without `overwrite`
   * @throws {UnsupportedError} for containers that the sink cannot take
   */
  createMuxer(sink: MuxerSink, descriptor: MuxerDescriptor = {}): Promise<Muxer> {
    return this.#make(() => openMuxer(this.#sampling(), sink, descriptor));
  }

  /**
   * Opens a video to be transcoded, whole or in segments. Sources as for createSimpleDecoder(), outputs as for
   * createMuxer(); without an output, files are named after the source and the segment.
   *
   * @param config what is encoded, and how: as createEncoder() takes it, also in the guide's spelling and as texts
   * @throws {MediaIoError} if the source cannot be read
   * @throws {TypeError} for unknown keys and contradictions, RangeError for numbers out of range
   */
  createTranscoder(
    source: Source,
    output: MuxerSink | null = null,
    config: TranscoderDescriptor = {},
  ): Promise<Transcoder> {
    return this.#make(() => createTranscoder(this.#sampling(), source, output, config));
  }

  /**
   * A frame of an array of another library, without a copy, to be encoded or converted. The array is the
   * frame's: its deleter is called when the frame and what was made from it are closed. A DLPackCapsule is
   * released by this. If it throws, the array stays its owner's. One on a GPU may be filled again, and its
   * frame encoded again, as soon as encode() resolved (see `stream`).
   *
   * @throws {TypeError} for an array whose shape or type is not the format's
   */
  fromDLPack(source: DLPackCapsule | DLPackSource, descriptor: DLPackImportDescriptor): Frame {
    return frameOfDLPack({ handle: opened(this.#handle, "The device") }, source, descriptor);
  }

  /** Closes the device, its demuxers, decoders, encoders and muxers. Frames stay valid until they are closed. */
  close(): void {
    this.#handle.close();
    this.#stop.abort(new ClosedError(`The device '${this.label}' was closed`));
    // Sources that nobody waits for hear of it, too, and are cancelled.
    deliverSoon();
    this.#lose({ reason: "closed", message: `The device '${this.label}' was closed` });
  }

  /** Calls close(). */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Calls close(), and on a GPU waits until nothing of the device is left there, so that a caller's context can be
   * destroyed; not if there are frames, which the caller closes later.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const { liveFrames, liveCapsules } = this.#handle.isClosed ? NOTHING : this.stats;
    this.close();
    if (this.gpu === null || liveFrames + liveCapsules > 0) return;
    this.#end.events.hold(true);
    await this.#end.gone;
  }

  #sampling(): SamplingDevice {
    const { memoryBudgetBytes } = this;
    const stop = this.#stop.signal;
    const decoding = this.#decoding;
    return { handle: this.#handle, object: this, stop, memoryBudgetBytes, decoding };
  }

  /** Every mistake is a rejection, also one that is found at once. */
  async #make<T>(make: () => Promise<T>): Promise<T> {
    opened(this.#handle, "The device");
    return await make();
  }
}
