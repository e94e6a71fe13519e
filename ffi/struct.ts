/**
 * Base of the generated struct classes: typed access to the bytes of a C struct.
 *
 * @module
 */

/** What INT64_MIN reads as: a time that is not known. */
export const NO_TIMESTAMP: number = -(2 ** 63);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A C struct in a byte array, read and written field by field. */
export class Struct {
  /** The bytes that hold the struct, and maybe its neighbours in an array of records. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where in `bytes` the struct starts. */
  readonly at: number;
  readonly #view: DataView;

  /** Lays the struct over `bytes`, or over new zeroed bytes whose struct_size is filled in. */
  constructor(size: number, hasSize: boolean, bytes?: Uint8Array<ArrayBuffer>, at: number = 0) {
    this.bytes = bytes ?? new Uint8Array(size);
    this.at = at;
    this.#view = new DataView(this.bytes.buffer, this.bytes.byteOffset + at, size);
    if (hasSize && bytes === undefined) this.#view.setUint32(0, size, true);
  }

  /** Reads a uint32_t. */
  protected getU32(offset: number): number {
    return this.#view.getUint32(offset, true);
  }

  /** Writes a uint32_t; a RangeError if the value is none. */
  protected setU32(offset: number, value: number): void {
    // The runtimes wrap bad integers silently, and so would DataView.
    if (value >>> 0 !== value) throw notInRange("an integer from 0 to 4294967295", value);
    this.#view.setUint32(offset, value, true);
  }

  /** Reads an int32_t. */
  protected getI32(offset: number): number {
    return this.#view.getInt32(offset, true);
  }

  /** Writes an int32_t; a RangeError if the value is none. */
  protected setI32(offset: number, value: number): void {
    if ((value | 0) !== value) throw notInRange("an integer of 32 bits", value);
    this.#view.setInt32(offset, value, true);
  }

  /** Reads an int64_t, exact up to 2^53; halves are 3 times faster than a BigInt in Bun. */
  protected getI64(offset: number): number {
    return this.#view.getInt32(offset + 4, true) * 2 ** 32 + this.#view.getUint32(offset, true);
  }

  /** Writes an int64_t; a RangeError unless the value is a safe integer or NO_TIMESTAMP. */
  protected setI64(offset: number, value: number): void {
    if (!Number.isSafeInteger(value) && value !== NO_TIMESTAMP) {
      throw notInRange("an integer within 2^53", value);
    }
    const high = Math.floor(value / 2 ** 32);
    this.#view.setInt32(offset + 4, high, true);
    this.#view.setUint32(offset, value - high * 2 ** 32, true);
  }

  /** Reads a uint64_t, exact up to 2^53, where addresses and sizes stay. */
  protected getU64(offset: number): number {
    return this.#view.getUint32(offset + 4, true) * 2 ** 32 + this.#view.getUint32(offset, true);
  }

  /** Writes a uint64_t; a RangeError unless the value is a safe integer of at least 0. */
  protected setU64(offset: number, value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw notInRange("an integer from 0 to 2^53 - 1", value);
    }
    this.setI64(offset, value);
  }

  /** Reads `length` doubles. */
  protected getF64Array(offset: number, length: number): number[] {
    return Array.from({ length }, (_, i) => this.#view.getFloat64(offset + 8 * i, true));
  }

  /** Writes `length` doubles; a RangeError for another number of values. */
  protected setF64Array(offset: number, length: number, values: readonly number[]): void {
    if (values.length !== length) throw new RangeError(`Takes ${length} numbers: ${values.length}`);
    values.forEach((value, i) => this.#view.setFloat64(offset + 8 * i, value, true));
  }

  /** Reads a double. */
  protected getF64(offset: number): number {
    return this.#view.getFloat64(offset, true);
  }

  /** Writes a double. */
  protected setF64(offset: number, value: number): void {
    this.#view.setFloat64(offset, value, true);
  }

  /** Reads the UTF-8 text of a char array up to its NUL. */
  protected getText(offset: number, capacity: number): string {
    const start = this.at + offset;
    const field = this.bytes.subarray(start, start + capacity);
    const end = field.indexOf(0);
    return decoder.decode(end < 0 ? field : field.subarray(0, end));
  }

  /** Writes text and its NUL; a RangeError if it does not fit or holds a NUL. */
  protected setText(offset: number, capacity: number, value: string): void {
    const text = encoder.encode(value);
    if (text.length >= capacity) {
      throw new RangeError(`Text of ${text.length} bytes, where ${capacity - 1} fit`);
    }
    if (text.includes(0)) throw new RangeError("Text with a NUL character inside");
    const start = this.at + offset;
    this.bytes.fill(0, start, start + capacity);
    this.bytes.set(text, start);
  }

  /** Where the `index`-th of `length` nested structs of `size` bytes starts in `bytes`. */
  protected element(offset: number, length: number, size: number, index: number): number {
    if (!Number.isInteger(index) || index < 0 || index >= length) {
      throw new RangeError(`Index ${index} in an array of ${length}`);
    }
    return this.at + offset + size * index;
  }
}

function notInRange(wanted: string, value: unknown): RangeError {
  return new RangeError(`Not ${wanted}: ${value}`);
}
