/**
 * Frames one by one out of batches.
 *
 * @module
 */

import type { Frame } from "./frame.ts";

/** Where batches of frames come from. */
export interface FrameBatches {
  /** Changes when what was given before is out of date, as after a seek. */
  readonly version: number;
  /** The next batch, which may be empty; null after the last. */
  next(): Promise<Frame[] | null>;
  /** The consumer left: stop what runs ahead and close its frames. */
  stop(): Promise<void>;
}

/** Closes the frames that were fetched and not given: their decoder is closed. */
let discard: (iterator: FrameIterator) => void;

/**
 * Gives frames one by one and awaits the library once for a batch. Written by hand: an async generator
 * costs several promises a frame, and cannot be left while it waits.
 */
export class FrameIterator implements AsyncGenerator<Frame, void, void> {
  readonly #batches: FrameBatches;
  #batch: Frame[] = [];
  #at = 0;
  #version = 0;
  #isDone = false;
  #isDiscarded = false;
  #work: Promise<unknown> = Promise.resolve();

  static {
    discard = (iterator) => {
      iterator.#isDiscarded = true;
      iterator.#closeRest();
    };
  }

  /** Gives the frames of `batches`. */
  constructor(batches: FrameBatches) {
    this.#batches = batches;
  }

  /** The next frame; it belongs to the caller. */
  next(): Promise<IteratorResult<Frame, void>> {
    if (this.#at < this.#batch.length && this.#version === this.#batches.version) {
      return Promise.resolve({ done: false, value: this.#batch[this.#at++] });
    }
    const result = this.#work.then(() => this.#step());
    this.#work = result.catch(() => {});
    return result;
  }

  /** Ends the iteration: closes the frames that were not given yet and stops reading ahead. */
  async return(): Promise<IteratorResult<Frame, void>> {
    if (!this.#isDone) {
      this.#isDone = true;
      this.#closeRest();
      await this.#batches.stop();
    }
    return { done: true, value: undefined };
  }

  /** Ends the iteration and rejects with `error`. */
  async throw(error: unknown): Promise<IteratorResult<Frame, void>> {
    await this.return();
    throw error;
  }

  /** The iterator itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends the iteration. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #step(): Promise<IteratorResult<Frame, void>> {
    while (!this.#isDone) {
      if (this.#version !== this.#batches.version) this.#closeRest();
      if (this.#at < this.#batch.length) {
        return { done: false, value: this.#batch[this.#at++] };
      }
      this.#version = this.#batches.version;
      try {
        const batch = await this.#batches.next();
        this.#batch = batch ?? [];
        this.#at = 0;
        if (this.#isDone || this.#isDiscarded) this.#closeRest();
        else if (batch === null && this.#version === this.#batches.version) this.#isDone = true;
      } catch (error) {
        if (this.#isDone) break; // return() stopped it
        this.#isDone = true;
        throw error;
      }
    }
    return { done: true, value: undefined };
  }

  #closeRest(): void {
    for (const frame of this.#batch.slice(this.#at)) frame.close();
    this.#batch = [];
    this.#at = 0;
  }
}

/** The iterators of a decoder, so that closing it also frees what those hold that were left unfinished. */
export class FrameIterators {
  #iterators: WeakRef<FrameIterator>[] = [];

  /** Makes an iterator. */
  start(batches: FrameBatches): FrameIterator {
    const iterator = new FrameIterator(batches);
    this.#iterators = this.#iterators.filter((known) => known.deref() !== undefined);
    this.#iterators.push(new WeakRef(iterator));
    return iterator;
  }

  /** Closes the frames that none of them gave. */
  discard(): void {
    for (const reference of this.#iterators.splice(0)) {
      const iterator = reference.deref();
      if (iterator !== undefined) discard(iterator);
    }
  }
}
