/**
 * Frames one by one out of batches.
 *
 * @module
 */

import { unlessAborted } from "./abort.ts";
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
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  readonly #onEnd: (iterator: FrameIterator) => void;
  #batch: Frame[] = [];
  #at = 0;
  #version = 0;
  #isDone = false;
  #isDiscarded = false;
  /** The call that is made next, or is at work, has to tell of it. */
  #isAborted = false;
  #work: Promise<unknown> = Promise.resolve();

  static {
    discard = (iterator) => {
      iterator.#isDiscarded = true;
      iterator.#closeRest();
    };
  }

  /** Gives the frames of `batches`. An abort is as leaving the loop, and rejects the call that is made or at work. */
  constructor(
    batches: FrameBatches,
    signal?: AbortSignal,
    onEnd: (iterator: FrameIterator) => void = () => {},
  ) {
    this.#batches = batches;
    this.#onEnd = onEnd;
    this.#signal = signal;
    // The signal may live longer than a loop that was left unfinished.
    const self = new WeakRef(this);
    this.#onAbort = () => {
      const iterator = self.deref();
      if (iterator !== undefined) iterator.#abort();
    };
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#abort();
  }

  /** The next frame; it belongs to the caller. */
  next(): Promise<IteratorResult<Frame, void>> {
    if (this.#at < this.#batch.length && this.#version === this.#batches.version) {
      return Promise.resolve({ done: false, value: this.#batch[this.#at++] });
    }
    const result = this.#work.then(() => this.#step());
    this.#work = result.catch(() => {});
    if (this.#isDone) return result;
    return unlessAborted(result, this.#signal, ({ value }) => void value?.close());
  }

  /** Ends the iteration: closes the frames that were not given yet and stops reading ahead. */
  async return(): Promise<IteratorResult<Frame, void>> {
    if (!this.#isDone) {
      this.#end();
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
        else if (batch === null && this.#version === this.#batches.version) this.#end();
      } catch (error) {
        if (this.#isDone) break; // return() stopped it
        this.#end();
        throw error;
      }
    }
    if (this.#isAborted) {
      this.#isAborted = false;
      throw this.#signal?.reason;
    }
    return { done: true, value: undefined };
  }

  #abort(): void {
    this.#isAborted = true;
    // It closes what is there at once, and is not waited for.
    this.return().catch(() => {});
  }

  #end(): void {
    this.#isDone = true;
    this.#onEnd(this);
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  #closeRest(): void {
    for (const frame of this.#batch.slice(this.#at)) frame.close();
    this.#batch = [];
    this.#at = 0;
  }
}

/** The iterators of a decoder, so that closing it also frees what those hold that were left unfinished. */
export class FrameIterators {
  // Not weakly: those whose script has only one of the frames would leave the others to the collector.
  readonly #iterators = new Set<FrameIterator>();

  /** Makes an iterator. */
  start(batches: FrameBatches, signal?: AbortSignal): FrameIterator {
    let isEnded = false;
    const iterator = new FrameIterator(batches, signal, (ended) => {
      isEnded = true;
      this.#iterators.delete(ended);
    });
    // An aborted signal ends it at once.
    if (!isEnded) this.#iterators.add(iterator);
    return iterator;
  }

  /** Closes the frames that none of them gave. */
  discard(): void {
    const iterators = [...this.#iterators];
    this.#iterators.clear();
    for (const iterator of iterators) discard(iterator);
  }
}
