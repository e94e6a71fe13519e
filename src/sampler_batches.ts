/**
 * Frames of a video in order, decoded ahead.
 *
 * @module
 */

import { CorruptDataError, OutOfMemoryError } from "./errors.ts";
import type { Frame } from "./frame.ts";
import type { FrameBatches } from "./frame_iterator.ts";
import type { FrameRange } from "./frame_range.ts";
import type { Outcome } from "./native_call.ts";
import type { Sampler, StreamOwner } from "./sampler.ts";
import { readGood } from "./sequential_frames.ts";

/** Enough to make the cost of a batch small. */
const MOST_FRAMES = 64;
/** The first frames should not wait for a full batch. */
const FIRST_FRAMES = 4;
/** One being filled while the other is fetched. */
const REQUESTS_IN_FLIGHT = 2;

/** How a range is read. */
export interface RangeReading {
  /** Name of the call in messages. */
  readonly what: string;
  /** Bytes of frames in a batch at most, but one frame at least. */
  readonly batchBytes: number;
  /** Whether damaged frames are left out. */
  readonly skipsDamaged: boolean;
  /** Runs something when the calls before it are done. */
  inOrder<T>(work: () => Promise<T>): Promise<T>;
}

interface Request {
  readonly stop: AbortController;
  readonly outcome: Promise<Outcome>;
  /** Frames that were asked for by index; null for the next ones in order. */
  readonly frames: Uint32Array<ArrayBuffer> | null;
}

/**
 * The frames of a range for one iterator. The first one of a video has the decoders that run ahead; what
 * goes backward or comes beside it asks for batches of frames by index.
 */
export class SamplerBatches implements FrameBatches, StreamOwner {
  /** Never changes: a range is not sought. */
  readonly version: number = 0;
  /** An iterator's frames are not taken away from it. */
  readonly yields: boolean = false;
  readonly #sampler: Sampler;
  readonly #range: FrameRange;
  readonly #reading: RangeReading;
  #isStream: boolean | null = null;
  #asked = 0;
  #size = FIRST_FRAMES;
  #isEnded = false;
  #requests: Request[] = [];

  /** Reads `range` of `sampler`. */
  constructor(sampler: Sampler, range: FrameRange, reading: RangeReading) {
    this.#sampler = sampler;
    this.#range = range;
    this.#reading = reading;
    this.#isEnded = range.count === 0;
  }

  /** The next batch; null after the last. */
  async next(): Promise<Frame[] | null> {
    if (this.#isEnded) return null;
    if (this.#isStream === null) await this.#reading.inOrder(() => this.#begin());
    // What was asked for while the caller held the last batch may have had no room beside it.
    const ahead = this.#requests.length;
    this.#askAhead();
    for (let tried = 0;; tried++) {
      const request = this.#requests.shift();
      if (request === undefined) return await this.#end();
      try {
        return await this.#framesOf(request);
      } catch (error) {
        if (tried >= ahead || !(error instanceof OutOfMemoryError)) {
          await this.stop();
          throw error;
        }
        if (request.frames === null) this.#askAhead();
        else this.#requests.unshift(this.#ask(request.frames));
      }
    }
  }

  async #framesOf(request: Request): Promise<Frame[]> {
    try {
      const outcome = await request.outcome;
      const frames = this.#sampler.take(outcome);
      if (this.#isStream && (outcome.extra === 1 || frames.length === 0)) await this.#end();
      else this.#askAhead();
      return frames;
    } catch (error) {
      if (this.#reading.skipsDamaged && error instanceof CorruptDataError) {
        return await this.#goodFramesOf(request);
      }
      throw error;
    }
  }

  /** Cancels what runs ahead and closes its frames. */
  async stop(): Promise<void> {
    this.#isEnded = true;
    const requests = this.#requests.splice(0);
    for (const { stop } of requests) stop.abort();
    for (const { outcome } of requests) {
      // What failed has no frames; what a closed decoder had is gone with it.
      const frames = await outcome.then((done) => this.#sampler.take(done)).catch(() => []);
      for (const frame of frames) frame.close();
    }
    this.#sampler.stopStream(this);
  }

  async #end(): Promise<null> {
    await this.stop();
    return null;
  }

  #begin(): Promise<void> {
    // The iterator may have been left while it waited for its turn.
    const isStream = !this.#isEnded && this.#range.step > 0 && !this.#sampler.isStreaming;
    if (isStream) this.#sampler.startStream(this, this.#range);
    this.#isStream = isStream;
    return Promise.resolve();
  }

  #askAhead(): void {
    while (!this.#isEnded && this.#requests.length < REQUESTS_IN_FLIGHT) {
      const frames = this.#isStream ? null : this.#nextIndices();
      if (frames?.length === 0) return;
      this.#requests.push(this.#ask(frames));
    }
  }

  #ask(frames: Uint32Array<ArrayBuffer> | null): Request {
    const stop = new AbortController();
    const { what } = this.#reading;
    const outcome = Promise.try(() =>
      frames === null
        ? this.#sampler.requestNext(what, this.#nextSize(), stop.signal)
        : this.#sampler.requestFrames(what, frames, stop.signal)
    );
    // Whoever takes it gets the failure; until then it is not unhandled.
    outcome.catch(() => {});
    return { stop, outcome, frames };
  }

  /** Batches grow up to a share of the budget: what they hold comes on top of what is decoded ahead. */
  #nextSize(): number {
    const most = Math.max(
      1,
      Math.min(MOST_FRAMES, Math.floor(this.#reading.batchBytes / this.#sampler.frameBytes)),
    );
    const size = Math.min(this.#size, most);
    this.#size = size * 2;
    return size;
  }

  #nextIndices(): Uint32Array<ArrayBuffer> {
    // Small batches backward would decode a group of pictures again and again.
    if (this.#range.step < 0) this.#size = MOST_FRAMES;
    const { first, count, step } = this.#range;
    const from = this.#asked;
    this.#asked = Math.min(count, from + this.#nextSize());
    return Uint32Array.from({ length: this.#asked - from }, (_, i) => first + (from + i) * step);
  }

  /** What of a batch with damaged frames is good; a stream goes on behind them by itself. */
  async #goodFramesOf({ frames }: Request): Promise<Frame[]> {
    if (frames === null) return [];
    const { step } = this.#range;
    return await readGood(this.#reading.what, this.#sampler, frames[0], frames.length, step);
  }
}
