/**
 * Moves bytes out of a script's source, and holds it to its contract.
 *
 * @module
 */

import { bytesOf, describe, isBytes } from "./descriptor.ts";
import { type ChunkSource, END, type RangeSource } from "./source_kind.ts";

/** A source broke its contract. The consumer gets this error itself, not one that wraps it. */
export class SourceCountError extends RangeError {
  /** Name of the class. */
  override readonly name: string = "RangeError";
}

/** A source gave something that is no bytes. */
export class SourceChunkError extends TypeError {
  /** Name of the class. */
  override readonly name: string = "TypeError";
}

/** A source failed, and knows best how to say it: the consumer gets `error` itself. */
export class SourceError extends Error {
  /** Name of the class. */
  override readonly name: string = "SourceError";
  /** What the consumer gets. */
  readonly error: unknown;

  /** Wraps it on its way through the library. */
  constructor(error: unknown) {
    super(error instanceof Error ? error.message : String(error));
    this.error = error;
  }
}

/** Throws SourceCountError unless `count` is a whole number from 0 to `capacity`. */
export function checkCount(count: unknown, capacity: number, what: string): number {
  if (typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= capacity) {
    return count;
  }
  throw new SourceCountError(
    `${what} must return a number of bytes from 0 to ${capacity}, not ${describe(count)}`,
  );
}

/**
 * Takes chunk after chunk and writes it, until the end or until `stop` is aborted; then the source
 * is cancelled, also while it is being waited for.
 */
export async function pumpChunks(
  source: ChunkSource,
  write: (bytes: Uint8Array) => Promise<void>,
  stop: AbortSignal,
): Promise<void> {
  const chunks = source.open();
  let isDone = false;
  // A cancelled source may fail again; its consumer is gone by then.
  const cancel = (): void => {
    if (!isDone) Promise.resolve().then(() => chunks.cancel()).catch(() => {});
    isDone = true;
  };
  stop.addEventListener("abort", cancel, { once: true });
  try {
    while (!stop.aborted) {
      const chunk = await chunks.next();
      if (chunk === END) {
        isDone = true;
        return;
      }
      if (stop.aborted) return;
      if (!isBytes(chunk)) {
        throw new SourceChunkError(`${source.name} must give Uint8Arrays, not ${describe(chunk)}`);
      }
      await write(bytesOf(chunk));
    }
  } finally {
    stop.removeEventListener("abort", cancel);
    cancel();
  }
}

/** Answers range after range from a source that can be read anywhere. */
export class RangeReader {
  readonly #source: RangeSource;
  #buffer = new Uint8Array(0);

  /** Reads from `source`. */
  constructor(source: RangeSource) {
    this.#source = source;
  }

  /** Bytes from `offset` on: `length` of them, fewer where the source ends early. Valid until the next call. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
    const buffer = this.#buffer.subarray(0, length);
    let filled = 0;
    while (filled < length) {
      const rest = buffer.subarray(filled);
      const count = await this.#source.read(offset + filled, rest);
      if (checkCount(count, rest.length, `read() of ${this.#source.name}`) === 0) break;
      filled += count;
    }
    return buffer.subarray(0, filled);
  }
}
