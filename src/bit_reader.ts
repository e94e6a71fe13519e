/**
 * Bits of untrusted bytes.
 *
 * @module
 */

/** Thrown behind the end; whoever reads untrusted bytes catches it. */
export class BitsEnded extends Error {}

/** Reads bits, most significant first. Behind the end it throws BitsEnded. */
export class BitReader {
  readonly #data: Uint8Array;
  #at = 0;

  /** Over `data`, from its first bit on. */
  constructor(data: Uint8Array) {
    this.#data = data;
  }

  /** An unsigned number of up to 32 bits. */
  bits(count: number): number {
    if (this.#at + count > 8 * this.#data.length) throw new BitsEnded();
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      value = 2 * value + (this.#data[this.#at >> 3] >> (7 - (this.#at & 7)) & 1);
    }
    return value;
  }

  /** A number of up to 32 bits in two's complement. */
  signed(count: number): number {
    const value = this.bits(count);
    return count > 0 && value >= 2 ** (count - 1) ? value - 2 ** count : value;
  }

  /** One bit. */
  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** Whole bytes from here on, a copy; by default all that are left. */
  bytes(count: number = this.#data.length - (this.#at >> 3)): Uint8Array<ArrayBuffer> {
    const begin = this.#at >> 3;
    if (begin + count > this.#data.length) throw new BitsEnded();
    this.#at += 8 * count;
    return new Uint8Array(this.#data.subarray(begin, begin + count));
  }

  /** Whole bytes that are left. */
  get bytesLeft(): number {
    return this.#data.length - Math.ceil(this.#at / 8);
  }
}
