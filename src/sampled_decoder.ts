/**
 * What SimpleDecoder and ThreadedDecoder have in common: a video and what is known of it.
 *
 * @module
 */

import { stopOf } from "./descriptor.ts";
import type { SampledVideo, SampleStats } from "./sampled_video.ts";
import type { ScannedStreamMetadata, VideoMetadata } from "./video_metadata.ts";

/** The video of a decoder. */
export let videoOf: (decoder: SampledDecoder) => SampledVideo;

/** A decoder of one video at a time. */
export abstract class SampledDecoder implements AsyncDisposable, Disposable {
  readonly #video: SampledVideo;

  static {
    videoOf = (decoder) => decoder.#video;
  }

  /** Takes the video. */
  protected constructor(video: SampledVideo) {
    this.#video = video;
  }

  /** Number of frames of the whole video. */
  get length(): number {
    return this.#video.sampler.length;
  }

  /** What the container says of the video. */
  get streamMetadata(): VideoMetadata {
    return this.#video.sampler.metadata;
  }

  /** What it has done so far, over all of its videos; `framesAhead` shows how full the buffer was. */
  get stats(): SampleStats {
    return this.#video.stats;
  }

  /** Where frames are decoded; on an "auto" device that is told by the first frame. */
  get backend(): "cpu" | "cuda" {
    return this.#video.backend;
  }

  /** Why frames are not decoded on the GPU of an "auto" device; null if they are, and before the first. */
  get fallbackReason(): string | null {
    return this.#video.fallbackReason;
  }

  /** Name in warnings. */
  get label(): string {
    return this.#video.label;
  }

  /** Numbers from a scan of the whole stream: exact counts and rates, key frames, packets. */
  async getScannedStreamMetadata(
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ScannedStreamMetadata> {
    const stop = stopOf("getScannedStreamMetadata()", options);
    return await this.#video.sampler.scanned(stop);
  }

  /** Closes the decoder. Its frames stay; calls at work end with a ClosedError. */
  close(): void {
    this.#video.close();
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
}
