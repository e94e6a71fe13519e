/** A source that works until it is told to fail. */
import type { SeekableSource } from "../../mod.ts";

/** Bytes in memory that can be read until tear(). */
export class TearingSource implements SeekableSource {
  /** How many there are. */
  readonly size: number;
  readonly #bytes: Uint8Array;
  #isTorn = false;

  /** Takes the bytes. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  /** Reads; throws "The tape tore" after tear(). */
  read(offset: number, buffer: Uint8Array): number {
    if (this.#isTorn) throw new Error("The tape tore");
    const part = this.#bytes.subarray(offset, offset + buffer.length);
    buffer.set(part);
    return part.length;
  }

  /** From now on reading fails. */
  tear(): void {
    this.#isTorn = true;
  }
}
