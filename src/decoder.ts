/**
 * Decoders: packets in, frames out.
 *
 * @module
 */

import { Backend, DecoderInfo, ErrorStruct, FrameInfo } from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import {
  type DecoderDescriptor,
  LARGEST_SIDE,
  latencyName,
  nativeDecoderDescriptor,
} from "./decoder_options.ts";
import type { DecoderStats } from "./decoder_work.ts";
import { Demuxer, type DemuxerPipeline, pipelineOf } from "./demuxer.ts";
import { checkDescriptor, describe, integer, stopOf } from "./descriptor.ts";
import { type Frame, makeFrame } from "./frame.ts";
import { type BatchDecoder, PacketBatches, PipelineBatches } from "./frame_batches.ts";
import { FrameIterators } from "./frame_iterator.ts";
import type { DecodingDevice } from "./gpu_options.ts";
import { checked, native, opened, type Outcome, run } from "./native_call.ts";
import { Packet, packetMessage } from "./packet.ts";

/** Makes a decoder on a device. */
export let createDecoder: (
  device: {
    readonly handle: NativeHandle;
    readonly object: object;
    readonly decoding: DecodingDevice;
  },
  descriptor: DecoderDescriptor,
) => Promise<Decoder>;

/** Decodes packets of one codec. Made by `device.createDecoder()`. */
export class Decoder implements AsyncDisposable, Disposable {
  /** libav's name of the codec. */
  readonly codec: string;
  /** When frames come, as it was asked for. */
  readonly latency: "native" | "low" | "zero";
  /** Name in warnings. */
  readonly label: string;
  readonly #handle: NativeHandle;
  readonly #iterators = new FrameIterators();
  readonly #device: object;
  /** Headers that the native decoder was given last. */
  #headers: Uint8Array | null = null;
  #pipeline: PipelineBatches | null = null;

  static {
    createDecoder = async (device, descriptor) => {
      const { desc, headers } = nativeDecoderDescriptor(device.decoding, descriptor);
      const { signal, label = `${desc.codec} decoder` } = descriptor;
      const error = new ErrorStruct();
      const size = headers?.length ?? 0;
      const { value } = await run(
        (ticket) =>
          native().cuf_decoder_create(
            device.handle.value,
            desc.bytes,
            headers,
            size,
            ticket,
            error.bytes,
          ),
        { error, signal, owner: device.handle, what: "Making a decoder" },
      );
      const handle = new NativeHandle(value, label, "Decoder", { warns: true });
      return new Decoder(handle, device.object, label);
    };
  }

  private constructor(handle: NativeHandle, device: object, label: string) {
    this.#handle = handle;
    this.#device = device;
    const { codec, latency } = this.#info();
    this.codec = codec;
    this.latency = latencyName(latency);
    this.label = label;
  }

  /** Which decoder does the work: "nvdec", or libav's, such as "libdav1d". */
  get implementation(): string {
    return this.#info().implementation;
  }

  /** Where it decodes; on an "auto" device a stream that the GPU does not decode goes over to the CPU. */
  get backend(): "cpu" | "cuda" {
    return this.#info().backend === Backend.CUDA ? "cuda" : "cpu";
  }

  /** Why it is not the GPU of an "auto" device that decodes; null if it is. */
  get fallbackReason(): string | null {
    return this.#info().fallbackReason || null;
  }

  /**
   * What it can give of `latency` on the stream that it decodes: "low" instead of "zero" from the first
   * packet of a stream on whose headers say that frames are reordered, or from the first reordered frame
   * on if they do not say, for H.264 and HEVC on the CPU. Their B-frames come in display order there.
   */
  get effectiveLatency(): "native" | "low" | "zero" {
    return latencyName(this.#info().effectiveLatency);
  }

  /** What it has done so far. */
  get stats(): DecoderStats {
    const { packetsDecoded, framesDecoded, framesCorrupt, memoryBytes } = this.#info();
    return { packetsDecoded, framesDecoded, framesCorrupt, memoryBytes };
  }

  /**
   * Decodes one packet and gives the frames that are ready, in display order unless `latency` is "zero":
   * none, one or several. Calls may overlap; they are done in order.
   *
   * @throws {CorruptDataError} for damage, unless onError says otherwise; decoding can go on
   * @throws {OutOfMemoryError} beyond memoryBudgetBytes: close frames and decode the packet again
   * @throws {UnsupportedError} for the first packet of a stream that is larger than maxWidth or maxHeight
   * allow; its other packets give nothing, and the next stream that fits is decoded
   */
  async decode(packet: Packet, options: { readonly signal?: AbortSignal } = {}): Promise<Frame[]> {
    if (!(packet instanceof Packet)) {
      throw new TypeError(`decode() takes a Packet, not ${describe(packet)}`);
    }
    if (packet.type !== "video") {
      throw new TypeError(`decode() takes packets of video; this one is of ${packet.type}`);
    }
    const stop = stopOf("decode()", options);
    const { info, data, headers } = packetMessage(packet, this.#headers);
    this.#headers = headers;
    return this.#take(
      await this.#run(
        "decode()",
        stop,
        (handle, ticket) =>
          native().cuf_decoder_decode(handle, info.bytes, data, data.length, ticket),
      ),
    );
  }

  /** Gives the frames that are held back at the end of a stream. Packets of a new start may follow. */
  async flush(options: { readonly signal?: AbortSignal } = {}): Promise<Frame[]> {
    const stop = stopOf("flush()", options);
    return this.#take(
      await this.#run(
        "flush()",
        stop,
        (handle, ticket) => native().cuf_decoder_flush(handle, ticket),
      ),
    );
  }

  /** Forgets what was sent and not yet given, as after a seek. */
  async reset(): Promise<void> {
    const pipeline = this.#pipeline;
    this.#pipeline = null;
    await pipeline?.stop();
    this.#headers = null;
    await this.#run(
      "reset()",
      undefined,
      (handle, ticket) => native().cuf_decoder_reset(handle, ticket),
    );
  }

  /**
   * Says that the next packet begins another stream of the same codec, with pictures of this size. The
   * frames of the stream before that are held back come first from the next call. A stream that changes
   * its size, depth or other parameters by itself, at a key frame, does not need it.
   *
   * @throws {UnsupportedError} if the size is larger than maxWidth or maxHeight allow; nothing changes then
   */
  async setReconfigParams(
    size: { readonly width: number; readonly height: number },
  ): Promise<void> {
    const side = integer(1, LARGEST_SIDE);
    const sides = ["width", "height"];
    checkDescriptor("setReconfigParams()", size, { width: side, height: side }, sides);
    const { width, height } = size;
    this.#headers = null;
    await this.#run(
      "setReconfigParams()",
      undefined,
      (handle, ticket) => native().cuf_decoder_reconfigure(handle, width, height, ticket),
    );
  }

  /**
   * All frames of a demuxer, from where it stands, or of packets; flushes by itself. Every frame belongs to
   * the caller. A demuxer of the same device is read and decoded ahead on the library's threads.
   *
   * Leaving the loop closes the frames not yet given; what was read ahead is then lost, so seek before
   * reading the demuxer again. An abort of `signal` is as leaving the loop, and rejects with its reason.
   * After another error, a new call goes on behind it and loses nothing.
   */
  frames(
    packets: Demuxer | AsyncIterable<Packet> | Iterable<Packet>,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Frame, void, void> {
    opened(this.#handle, "The decoder");
    const stop = stopOf("frames()", options);
    const isIterable = typeof packets === "object" && packets !== null &&
      (Symbol.asyncIterator in packets || Symbol.iterator in packets);
    if (!isIterable) {
      throw new TypeError(`frames() takes a Demuxer or packets, not ${describe(packets)}`);
    }
    const worker: BatchDecoder = {
      // A demuxer may give audio and subtitles, too.
      decode: (packet) => packet.type === "video" ? this.decode(packet) : Promise.resolve([]),
      flush: () => this.flush(),
      read: (demuxer, frames, bytes, stop) =>
        this.#run(
          "frames()",
          stop,
          (handle, ticket) => native().cuf_decoder_read(handle, demuxer, frames, bytes, ticket),
        ),
      take: (outcome) => this.#take(outcome),
    };
    if (!(packets instanceof Demuxer)) {
      return this.#iterators.start(new PacketBatches(worker, packets), stop);
    }
    const demuxer = pipelineOf(packets);
    if (demuxer.device !== this.#device) {
      return this.#iterators.start(new PacketBatches(worker, packets), stop);
    }
    return this.#iterators.start({
      get version() {
        return demuxer.seekCount;
      },
      next: () => this.#nextBatch(demuxer, worker),
      stop: async () => await this.#pipeline?.leave(),
    }, stop);
  }

  /** Closes the decoder. Its frames stay; what is still being decoded ends with a ClosedError. */
  close(): void {
    this.#handle.close();
    this.#iterators.discard();
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

  /** Goes on with the pipeline that is there, or begins a new one if the demuxer moved. */
  async #nextBatch(demuxer: DemuxerPipeline, worker: BatchDecoder): Promise<Frame[] | null> {
    const current = this.#pipeline;
    const hasMoved = current !== null &&
      (current.demuxer !== demuxer || current.seekCount !== demuxer.seekCount);
    if (hasMoved) await this.reset();
    const pipeline = this.#pipeline ??= new PipelineBatches(worker, demuxer);
    const batch = await pipeline.next();
    if (batch === null && this.#pipeline === pipeline) this.#pipeline = null;
    return batch;
  }

  #info(): DecoderInfo {
    const info = new DecoderInfo();
    const handle = opened(this.#handle, "The decoder");
    checked(native().cuf_decoder_info(handle, info.bytes), "Reading the decoder's state");
    return info;
  }

  #run(
    what: string,
    signal: AbortSignal | undefined,
    start: (handle: number, ticket: number) => number,
  ): Promise<Outcome> {
    const handle = opened(this.#handle, "The decoder");
    return run((ticket) => start(handle, ticket), { owner: this.#handle, signal, what });
  }

  #take({ value: count, ticket }: Outcome): Frame[] {
    const handle = opened(this.#handle, "The decoder");
    if (count === 0) return [];
    const records = new Uint8Array(FrameInfo.size * count);
    checked(native().cuf_decoder_take(handle, ticket, records, count), "Taking frames");
    const frames: Frame[] = new Array(count);
    for (let i = 0; i < count; i++) frames[i] = makeFrame(records, i * FrameInfo.size, this.label);
    return frames;
  }
}
