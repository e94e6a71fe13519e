/**
 * Frames from a cursor on, batch after batch.
 *
 * @module
 */

import { CorruptDataError } from "./errors.ts";
import type { Frame } from "./frame.ts";
import type { Sampler, StreamOwner } from "./sampler.ts";

/** Most frames that are fetched at once. */
const MOST_FRAMES = 64;

/**
 * Reads batches. The first one of a video, and a second one that follows another, begin to decode ahead:
 * whoever wants a batch here and one there should not pay for the frames between them.
 */
export class SequentialFrames implements StreamOwner {
  /** Iterators come first. */
  readonly yields: boolean = true;
  readonly #skipsDamaged: boolean;
  #sampler: Sampler | null = null;
  #position = -1;

  /** With `skipsDamaged`, damaged frames are left out. */
  constructor(skipsDamaged: boolean) {
    this.#skipsDamaged = skipsDamaged;
  }

  /**
   * Up to `count` frames from `first` on, fewer only at the end, and the index behind them. Calls must not
   * overlap.
   */
  async read(
    what: string,
    sampler: Sampler,
    first: number,
    count: number,
    signal?: AbortSignal,
  ): Promise<{ readonly frames: Frame[]; readonly end: number }> {
    const isNext = this.#sampler === sampler && this.#position === first;
    if (!isNext) this.stop();
    const begins = first === 0 && count < sampler.length;
    const goesOn = (isNext || begins || this.#skipsDamaged) && !sampler.isStreaming;
    this.#sampler = sampler;
    this.#position = -1;
    const size = Math.min(count, sampler.length - first);
    let end = first + size;
    let frames: Frame[];
    if (goesOn) {
      const range = { first, count: sampler.length - first, step: 1 };
      if (!sampler.isStreamOf(this)) sampler.startStream(this, range);
      frames = await this.#gather(what, sampler, size, signal);
      if (frames.length < size) end = sampler.length;
      else end = frames[size - 1].index! + 1;
    } else if (this.#skipsDamaged) {
      frames = await readGood(what, sampler, first, size, 1, signal);
    } else {
      frames = await sampler.read(what, indicesFrom(first, size), signal);
    }
    this.#position = end;
    if (end === sampler.length) this.stop();
    return { frames, end };
  }

  /** Gives back what was decoded ahead. */
  stop(): void {
    this.#sampler?.stopStream(this);
    this.#sampler = null;
    this.#position = -1;
  }

  async #gather(
    what: string,
    sampler: Sampler,
    count: number,
    signal: AbortSignal | undefined,
  ): Promise<Frame[]> {
    const frames: Frame[] = [];
    while (frames.length < count) {
      const size = Math.min(count - frames.length, MOST_FRAMES);
      try {
        const outcome = await sampler.requestNext(what, size, signal);
        frames.push(...sampler.take(outcome));
        if (outcome.value === 0) break;
      } catch (error) {
        if (this.#skipsDamaged && error instanceof CorruptDataError) continue;
        for (const frame of frames) frame.close();
        this.stop();
        throw error;
      }
    }
    return frames;
  }
}

/** `count` indices from `first` on. */
function indicesFrom(first: number, count: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: count }, (_, i) => first + i);
}

/** Frames one by one, without the damaged ones: a batch fails as a whole. */
export async function readGood(
  what: string,
  sampler: Sampler,
  first: number,
  count: number,
  step: number = 1,
  signal?: AbortSignal,
): Promise<Frame[]> {
  const good: Frame[] = [];
  for (let i = 0; i < count; i++) {
    try {
      good.push(...await sampler.read(what, Uint32Array.of(first + i * step), signal));
    } catch (error) {
      if (error instanceof CorruptDataError) continue;
      for (const frame of good) frame.close();
      throw error;
    }
  }
  return good;
}
