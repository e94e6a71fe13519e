/**
 * Random access to the frames of a video.
 *
 * @module
 */

import { stopOf } from "./descriptor.ts";
import type { Frame } from "./frame.ts";
import {
  frameCount,
  frameIndex,
  frameIndices,
  listOf,
  seconds,
  sliceRange,
} from "./frame_range.ts";
import { SampledVideo, type SamplingDevice } from "./sampled_video.ts";
import { SamplerBatches } from "./sampler_batches.ts";
import {
  type SimpleDecoderDescriptor,
  simpleOptions,
  type VideoSourceDescriptor,
} from "./sampler_options.ts";
import { SequentialFrames } from "./sequential_frames.ts";
import type { Source } from "./source_kind.ts";
import type { Tensor } from "./tensor.ts";
import type { BatchTensorDescriptor } from "./tensor_descriptor.ts";
import { SampledDecoder, videoOf } from "./sampled_decoder.ts";

/** Makes a decoder for random access on a device. */
export let createSimpleDecoder: (
  device: SamplingDevice,
  source: Source,
  descriptor?: SimpleDecoderDescriptor,
) => Promise<SimpleDecoder>;

/**
 * A video as a list of frames, by their place in display order. Made by `device.createSimpleDecoder()`.
 *
 * Calls may overlap; they are done in order. Frames belong to the caller and stay valid until they are
 * closed, whatever the decoder does next. Of a batch that fails, no frame is left open.
 */
export class SimpleDecoder extends SampledDecoder implements AsyncIterable<Frame> {
  readonly #sequence: SequentialFrames;
  #cursor = 0;

  static {
    createSimpleDecoder = async (device, source, descriptor = {}) => {
      const options = simpleOptions(descriptor);
      return new SimpleDecoder(
        await SampledVideo.open("The SimpleDecoder", device, source, options),
      );
    };
  }

  get #video(): SampledVideo {
    return videoOf(this);
  }

  private constructor(video: SampledVideo) {
    super(video);
    this.#sequence = new SequentialFrames(video.skipsDamaged);
  }

  /** Index of the frame that getBatchFrames() gives next; `length` at the end. */
  get cursor(): number {
    this.#video.requireOpen();
    return this.#cursor;
  }

  /**
   * One frame. Frame after frame costs no more than decoding them in order.
   *
   * @param index from 0; negative ones count from the end
   * @throws {RangeError} if there is no such frame
   */
  async at(index: number, options: { readonly signal?: AbortSignal } = {}): Promise<Frame> {
    const stop = stopOf("at()", options);
    return await this.#video.inOrder(async (sampler) => {
      const frame = frameIndex("at()", index, sampler.length);
      return (await sampler.read("at()", Uint32Array.of(frame), stop))[0];
    }, stop);
  }

  /**
   * A part of the video, decoded as it is iterated, as often as that is done. The bounds are those of
   * Array.prototype.slice; a negative `step` goes from `start`, by default the last frame, down to but
   * without `end`. The loop's frames belong to the caller; leaving it closes those decoded ahead.
   *
   * @param start first frame; default 0
   * @param end the frame behind the last; default: the end of the video
   * @param step distance from frame to frame; default 1
   * @param options with a `signal`, whose abort is as leaving the loop and rejects with its reason
   * @throws {RangeError} if step is 0
   */
  slice(
    start?: number,
    end?: number,
    step: number = 1,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncIterable<Frame> {
    const stop = stopOf("slice()", options);
    const { sampler } = this.#video;
    const range = sliceRange(start, end, step, sampler.length);
    return {
      [Symbol.asyncIterator]: () =>
        this.#video.iterators.start(
          new SamplerBatches(sampler, range, this.#video.reading("slice()")),
          stop,
        ),
    };
  }

  /** All frames, from the first; as slice(). */
  [Symbol.asyncIterator](): AsyncIterator<Frame, void, void> {
    return this.slice()[Symbol.asyncIterator]();
  }

  /**
   * The next frames from the cursor on, fewer at the end and none behind it. An error leaves the cursor
   * where it was; seekToIndex() goes past a damaged frame.
   *
   * @param count 1 or more
   */
  async getBatchFrames(
    count: number,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Frame[]> {
    const stop = stopOf("getBatchFrames()", options);
    const wanted = frameCount("getBatchFrames()", count);
    return await this.#video.inOrder(async (sampler) => {
      if (this.#cursor >= sampler.length) return [];
      const first = this.#cursor;
      const batch = await this.#sequence.read("getBatchFrames()", sampler, first, wanted, stop);
      this.#cursor = batch.end;
      return batch.frames;
    }, stop);
  }

  /**
   * Frames in any order, also repeated; each is decoded once. Repeated ones share memory, and each is
   * closed for itself.
   *
   * @param indices from 0; negative ones count from the end
   * @throws {RangeError} if there is no such frame; nothing is decoded then
   */
  async getBatchFramesByIndex(
    indices: Iterable<number>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Frame[]> {
    const what = "getBatchFramesByIndex()";
    const stop = stopOf(what, options);
    const wanted = listOf(what, indices);
    return await this.#video.inOrder(
      (sampler) => sampler.read(what, frameIndices(what, wanted, sampler.length), stop),
      stop,
    );
  }

  /**
   * The frames shown at some times, clamped to the first and the last frame.
   *
   * @param times in seconds, as getIndexFromTimeInSeconds() takes them
   */
  async getBatchFramesAt(
    times: Iterable<number>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Frame[]> {
    const what = "getBatchFramesAt()";
    const stop = stopOf(what, options);
    const wanted = listOf(what, times).map((time) => seconds(what, time));
    return await this.#video.inOrder((sampler) => {
      if (wanted.length > 0 && sampler.length === 0) frameIndex(what, 0, 0);
      const frames = Uint32Array.from(wanted, (time) => sampler.frameAt(time));
      return sampler.read(what, frames, stop);
    }, stop);
  }

  /**
   * Frames in any order, also repeated, as one tensor [N, H, W, C] or [N, C, H, W]: each is decoded once
   * and cropped, resized, converted and normalised straight into its place, on the threads that decode.
   * `outputColorType` has no say; a damaged frame fails the batch.
   *
   * @param indices from 0; negative ones count from the end; at least one
   * @throws {RangeError} if there is no such frame, or the crop is not inside; nothing is decoded then
   * @throws {TypeError} if the tensor would be 2 GiB or more
   */
  async getBatchTensor(
    indices: Iterable<number>,
    descriptor: BatchTensorDescriptor = {},
  ): Promise<Tensor> {
    const what = "getBatchTensor()";
    const wanted = listOf(what, indices);
    if (wanted.length === 0) throw new RangeError(`${what} needs at least one index`);
    return await this.#video.inOrder(
      (sampler) => sampler.readTensor(what, frameIndices(what, wanted, sampler.length), descriptor),
      descriptor.signal,
    );
  }

  /**
   * Moves the cursor of getBatchFrames(). Nothing is decoded yet.
   *
   * @param index from 0; negative ones count from the end
   * @throws {RangeError} if there is no such frame
   */
  async seekToIndex(index: number): Promise<void> {
    await this.#video.inOrder((sampler) => {
      this.#cursor = frameIndex("seekToIndex()", index, sampler.length);
      return Promise.resolve();
    });
  }

  /**
   * Index of the frame that is shown at a time, clamped to the first and the last.
   *
   * @param time in seconds of the stream's own time, in which the first frame need not be at 0:
   * `frame.timestamp / 1e6`
   * @throws {RangeError} if the video has no frames
   */
  getIndexFromTimeInSeconds(time: number): number {
    const what = "getIndexFromTimeInSeconds()";
    const { sampler } = this.#video;
    const wanted = seconds(what, time);
    if (sampler.length === 0) frameIndex(what, 0, 0);
    return sampler.frameAt(wanted);
  }

  /**
   * When a frame is shown, in seconds of the stream's own time.
   *
   * @param index from 0; negative ones count from the end
   * @throws {RangeError} if there is no such frame
   */
  getTimeFromIndex(index: number): number {
    const { sampler } = this.#video;
    return sampler.timeOf(frameIndex("getTimeFromIndex()", index, sampler.length));
  }

  /**
   * Puts another video in the place of this one and the cursor at its start; decoders are used again where
   * they fit. Iterators over the old video end with a ClosedError. If it cannot be opened, the old one stays.
   */
  async reconfigureDecoder(source: Source, descriptor: VideoSourceDescriptor = {}): Promise<void> {
    await this.#video.replace(source, descriptor, {
      begin: () => {
        this.#sequence.stop();
        this.#cursor = 0;
      },
    });
  }
}
