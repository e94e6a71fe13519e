/**
 * Frames in order, decoded ahead on the library's threads into a bounded buffer.
 *
 * @module
 */

import { stopOf } from "./descriptor.ts";
import { CorruptDataError } from "./errors.ts";
import type { Frame } from "./frame.ts";
import type { FrameBatches } from "./frame_iterator.ts";
import { frameCount, frameIndex } from "./frame_range.ts";
import { SampledVideo, type SamplingDevice } from "./sampled_video.ts";
import type { Sampler, StreamOwner } from "./sampler.ts";
import {
  type ThreadedDecoderDescriptor,
  threadedOptions,
  type VideoSourceDescriptor,
} from "./sampler_options.ts";
import type { Source } from "./source_kind.ts";
import { SampledDecoder, videoOf } from "./sampled_decoder.ts";

/** Makes a decoder that decodes ahead. */
export let createThreadedDecoder: (
  device: SamplingDevice,
  source: Source,
  descriptor?: ThreadedDecoderDescriptor,
) => Promise<ThreadedDecoder>;

/** A part of the buffer, so that the rest is being filled while a loop works on it. */
const LOOP_SHARE = 4;

/**
 * Decodes a video from a frame on to its end, ahead of the consumer by at most `bufferSize` frames. Made by
 * `device.createThreadedDecoder()`, which starts it.
 *
 * Calls may overlap; they are done in order. Frames belong to the caller and stay valid until they are
 * closed. Damage rejects the call that comes to it, and the next call goes on behind it.
 */
export class ThreadedDecoder extends SampledDecoder implements AsyncIterable<Frame> {
  /** Most frames that are decoded ahead. */
  readonly bufferSize: number;
  readonly #owner: StreamOwner = { yields: false };
  #isEnded = false;
  #version = 0;

  static {
    createThreadedDecoder = async (device, source, descriptor = {}) => {
      const options = threadedOptions(descriptor);
      const video = await SampledVideo.open("The ThreadedDecoder", device, source, options);
      const decoder = new ThreadedDecoder(video, options.bufferFrames);
      try {
        decoder.#start(video.sampler, descriptor.startFrame ?? 0);
        return decoder;
      } catch (error) {
        decoder.close();
        throw error;
      }
    };
  }

  get #video(): SampledVideo {
    return videoOf(this);
  }

  private constructor(video: SampledVideo, bufferSize: number) {
    super(video);
    this.bufferSize = bufferSize;
  }

  /**
   * The next frames; none at the end. Fewer than `count` come at the end and before damage, which the next
   * call tells.
   *
   * @param count 1 to bufferSize
   * @throws {RangeError} if count is larger than bufferSize
   */
  async getBatchFrames(
    count: number,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Frame[]> {
    const stop = stopOf("getBatchFrames()", options);
    const wanted = frameCount("getBatchFrames()", count);
    if (wanted > this.bufferSize) {
      throw new RangeError(
        `getBatchFrames() gives at most bufferSize = ${this.bufferSize} frames, not ${wanted}`,
      );
    }
    return await this.#video.inOrder((sampler) => this.#next(sampler, wanted, stop), stop);
  }

  /**
   * The frames from here to the end. Leaving the loop closes the few that were fetched for it and not
   * given; the next call goes on behind them.
   */
  [Symbol.asyncIterator](): AsyncIterator<Frame, void, void> {
    const size = Math.max(1, Math.floor(this.bufferSize / LOOP_SHARE));
    const version = (): number => this.#version;
    const batches: FrameBatches = {
      get version() {
        return version();
      },
      next: () => {
        return this.#video.inOrder(async (sampler) => {
          const frames = await this.#next(sampler, size);
          return frames.length === 0 ? null : frames;
        });
      },
      stop: () => Promise.resolve(),
    };
    return this.#video.iterators.start(batches);
  }

  /**
   * Goes on with another video; what was decoded ahead of this one is dropped, and decoders are used again
   * where they fit. A loop goes on in the new video. If it cannot be opened, the old one stays.
   *
   * @param startFrame index of the first frame; negative ones count from the end
   */
  async reconfigureDecoder(
    source: Source,
    startFrame: number = 0,
    descriptor: VideoSourceDescriptor = {},
  ): Promise<void> {
    await this.#video.replace(source, descriptor, {
      check: (sampler) => void firstFrame(sampler, startFrame),
      begin: (sampler) => {
        this.#start(sampler, startFrame);
        this.#version++;
      },
    });
  }

  /** Ends decoding and drops what was decoded ahead; no frames come any more until reconfigureDecoder(). */
  async end(): Promise<void> {
    await this.#video.inOrder((sampler) => {
      this.#isEnded = true;
      this.#version++;
      sampler.stopStream(this.#owner);
      return Promise.resolve();
    });
  }

  #start(sampler: Sampler, startFrame: number): void {
    const first = firstFrame(sampler, startFrame);
    sampler.startStream(this.#owner, { first, count: sampler.length - first, step: 1 });
    this.#isEnded = false;
  }

  async #next(sampler: Sampler, count: number, stop?: AbortSignal): Promise<Frame[]> {
    while (!this.#isEnded) {
      try {
        const frames = sampler.take(await sampler.requestNext("getBatchFrames()", count, stop));
        this.#isEnded = frames.length === 0;
        return frames;
      } catch (error) {
        if (!this.#video.skipsDamaged || !(error instanceof CorruptDataError)) throw error;
      }
    }
    return [];
  }
}

function firstFrame({ length }: Sampler, startFrame: number): number {
  return length === 0 && startFrame === 0 ? 0 : frameIndex("startFrame", startFrame, length);
}
