/**
 * A decoder's video: the source that is open now, calls in order, and counters over all sources.
 *
 * @module
 */

import { Backend } from "../ffi/abi.ts";
import type { NativeHandle } from "../ffi/handle.ts";
import { unlessAborted } from "./abort.ts";
import { ClosedError } from "./errors.ts";
import type { DecodingDevice } from "./gpu_options.ts";
import { FrameIterators } from "./frame_iterator.ts";
import { Sampler } from "./sampler.ts";
import {
  batchBytesOf,
  checkSourceDescriptor,
  type SamplerOptions,
  type VideoSourceDescriptor,
} from "./sampler_options.ts";
import type { RangeReading } from "./sampler_batches.ts";
import type { Source } from "./source_kind.ts";

/** What a decoder of random access has done, over all of its videos. */
export interface SampleStats {
  /** Packets that were sent to decoders. */
  readonly packetsDecoded: number;
  /** Packets that were left out, since no wanted frame needs them. */
  readonly packetsDropped: number;
  /** Frames that decoders gave. */
  readonly framesDecoded: number;
  /** Groups of pictures that were begun; one that is decoded again counts again. */
  readonly gopsDecoded: number;
  /** Jumps in the file. */
  readonly seeks: number;
  /** Decoders that were made. */
  readonly decodersCreated: number;
  /** Decoders of an earlier video that were used again. */
  readonly decodersReused: number;
  /** Bytes read from the source, also for the index. */
  readonly bytesRead: number;
  /** Most frames that were held at once, decoded ahead, of the present video. */
  readonly framesAhead: number;
}

/** The device that videos are opened on. */
export interface SamplingDevice {
  /** Its native handle. */
  readonly handle: NativeHandle;
  /** Itself; held so that it is not collected, which would close the videos. */
  readonly object: object;
  /** Most bytes of all its frames. */
  readonly memoryBudgetBytes: number;
  /** Aborted when it is closed. */
  readonly stop: AbortSignal;
  /** Where it decodes. */
  readonly decoding: DecodingDevice;
}

/** What SimpleDecoder and ThreadedDecoder are made around. */
export class SampledVideo {
  /** Name in messages: "The SimpleDecoder". */
  readonly name: string;
  /** The loops over it. */
  readonly iterators: FrameIterators = new FrameIterators();
  readonly #device: SamplingDevice;
  readonly #options: SamplerOptions;
  readonly #stop = new AbortController();
  #sampler: Sampler;
  #earlier: SampleStats | null = null;
  #work: Promise<unknown> = Promise.resolve();

  /** Opens the first source. */
  static async open(
    name: string,
    device: SamplingDevice,
    source: Source,
    options: SamplerOptions,
  ): Promise<SampledVideo> {
    const sampler = await Sampler.open(device, source, options, options.descriptor);
    return new SampledVideo(name, device, sampler, options);
  }

  private constructor(
    name: string,
    device: SamplingDevice,
    sampler: Sampler,
    options: SamplerOptions,
  ) {
    this.name = name;
    this.#device = device;
    this.#sampler = sampler;
    this.#options = options;
  }

  /** The video that is open now; throws ClosedError. */
  get sampler(): Sampler {
    this.requireOpen();
    return this.#sampler;
  }

  /** Name in warnings; also after close(). */
  get label(): string {
    return this.#sampler.label;
  }

  /** Where frames are decoded now: on an "auto" device that can be the CPU for one video and a GPU for another. */
  get backend(): "cpu" | "cuda" {
    const { backend } = this.sampler.info();
    if (backend === Backend.AUTO) return this.#device.decoding.backend;
    return backend === Backend.CUDA ? "cuda" : "cpu";
  }

  /** Why frames are not decoded on the GPU of an "auto" device; null if they are. */
  get fallbackReason(): string | null {
    return this.sampler.info().fallbackReason || null;
  }

  /** How frames of a range are read for an iterator. */
  reading(what: string): RangeReading {
    return {
      what,
      batchBytes: batchBytesOf(this.#options, this.#device.memoryBudgetBytes),
      skipsDamaged: this.skipsDamaged,
      inOrder: (work) => this.inOrder(work),
    };
  }

  /** Whether damaged frames are left out. */
  get skipsDamaged(): boolean {
    return this.#options.descriptor.onError === "skip";
  }

  /** What was done so far. */
  get stats(): SampleStats {
    const now = this.sampler.info();
    const before = this.#earlier;
    return {
      packetsDecoded: now.packetsDecoded + (before?.packetsDecoded ?? 0),
      packetsDropped: now.packetsDropped + (before?.packetsDropped ?? 0),
      framesDecoded: now.framesDecoded + (before?.framesDecoded ?? 0),
      gopsDecoded: now.gopsDecoded + (before?.gopsDecoded ?? 0),
      seeks: now.seeks + (before?.seeks ?? 0),
      decodersCreated: now.decodersCreated + (before?.decodersCreated ?? 0),
      decodersReused: now.decodersReused + (before?.decodersReused ?? 0),
      bytesRead: now.bytesRead + (before?.bytesRead ?? 0),
      framesAhead: now.framesAhead,
    };
  }

  /**
   * Runs `work` when the calls before it are done, with the video that is open then; not at all when
   * `signal` is aborted before.
   */
  inOrder<T>(work: (sampler: Sampler) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#work;
    const result = unlessAborted(before, signal).then(() => work(this.sampler));
    const ended = result.catch(() => {});
    this.#work = signal === undefined ? ended : ended.then(() => before);
    return result;
  }

  /**
   * Opens another source in the place of the present one, which stays if that or `check` fails. Then
   * `begin` starts on it: after the old one, whose decoders it may use.
   */
  async replace(
    source: Source,
    descriptor: VideoSourceDescriptor,
    { check = () => {}, begin }: {
      readonly check?: (sampler: Sampler) => void;
      readonly begin: (sampler: Sampler) => void;
    },
  ): Promise<void> {
    checkSourceDescriptor(descriptor);
    await this.inOrder(async () => {
      const { signal } = descriptor;
      const stop = this.#stop.signal;
      const options = { ...this.#options, replaces: true };
      const next = await Sampler.open(this.#device, source, options, {
        ...descriptor,
        signal: signal === undefined ? stop : AbortSignal.any([stop, signal]),
      });
      try {
        // Opening that was done already cannot be aborted any more.
        stop.throwIfAborted();
        check(next);
      } catch (error) {
        next.close("");
        throw error;
      }
      this.#earlier = this.stats;
      this.#sampler.close(`The video was replaced by reconfigureDecoder() of ${this.name}`);
      this.#sampler = next;
      begin(next);
    });
  }

  /** Closes the video; calls that are at work or in the queue end with a ClosedError. */
  close(): void {
    if (this.#stop.signal.aborted) return;
    const because = `${this.name} is closed`;
    this.#sampler.close(because);
    this.#stop.abort(new ClosedError(because));
    this.iterators.discard();
  }

  /** Throws ClosedError after close(). */
  requireOpen(): void {
    this.#stop.signal.throwIfAborted();
  }
}
