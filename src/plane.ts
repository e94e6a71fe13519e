/**
 * Planes of frames.
 *
 * @module
 */

import { Backend, type FrameInfo, type Plane as PlaneInfo } from "../ffi/abi.ts";
import {
  type Dtype,
  dtypeBytes,
  dtypeName,
  formatName,
  planeShape,
  type PlaneSize,
} from "./format.ts";
import type { FrameMemory } from "./frame_memory.ts";

/** Where a plane lies in a buffer. */
export interface PlaneLayout {
  /** Bytes before its first row. */
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
}

/** Where planes of these sizes lie one after another without padding. */
export function packedLayout(sizes: readonly PlaneSize[]): PlaneLayout[] {
  let offset = 0;
  return sizes.map(({ rows, rowBytes }) => {
    offset += rows * rowBytes;
    return { offset: offset - rows * rowBytes, stride: rowBytes };
  });
}

/** One plane of a frame. */
export interface Plane {
  /**
   * Its bytes with the padding between rows, without a copy; empty after the frame's close(). An
   * UnsupportedError in a GPU's memory.
   */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Its address in a GPU's memory, valid until the frame's close(); null in host memory. */
  readonly devicePointer: bigint | null;
  /** The same memory as 16-bit samples where dtype is "uint16"; otherwise `data`. */
  readonly samples: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Number of rows. */
  readonly rows: number;
  /** Bytes of a row without padding. */
  readonly rowBytes: number;
  /** [rows, samples]; with interleaved samples [rows, pixels, samples of a pixel]. */
  readonly shape: readonly number[];
  /** Type of a sample. */
  readonly dtype: Dtype;
}

/** A plane of a native frame, whose view is made when it is asked for. */
export class FramePlane implements Plane {
  readonly #frame: FrameInfo;
  readonly #info: PlaneInfo;
  readonly #index: number;
  readonly #memory: FrameMemory;

  /** The `index`-th plane of a frame's record. */
  constructor(frame: FrameInfo, index: number, memory: FrameMemory) {
    this.#frame = frame;
    this.#info = frame.planesAt(index);
    this.#index = index;
    this.#memory = memory;
  }

  /** Its bytes with the padding between rows. */
  get data(): Uint8Array<ArrayBuffer> {
    const { buffer, offset, byteLength } = this.#range();
    return buffer.byteLength === 0
      ? new Uint8Array(buffer)
      : new Uint8Array(buffer, offset, byteLength);
  }

  /** Its address in a GPU's memory. */
  get devicePointer(): bigint | null {
    return this.#frame.backend === Backend.CUDA ? BigInt(this.#info.address) : null;
  }

  /** Its samples. */
  get samples(): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
    if (dtypeBytes(this.dtype) !== 2) return this.data;
    const { buffer, offset, byteLength } = this.#range();
    return buffer.byteLength === 0
      ? new Uint16Array(buffer)
      : new Uint16Array(buffer, offset, byteLength / 2);
  }

  /** Bytes from one row to the next. */
  get stride(): number {
    return this.#info.strideBytes;
  }

  /** Number of rows. */
  get rows(): number {
    return this.#info.rows;
  }

  /** Bytes of a row without padding. */
  get rowBytes(): number {
    return this.#info.rowBytes;
  }

  /** Its shape as an array. */
  get shape(): readonly number[] {
    return planeShape(formatName(this.#frame.format), this.dtype, this.#index, this);
  }

  /** Type of a sample. */
  get dtype(): Dtype {
    return dtypeName(this.#frame.dtype);
  }

  /** From the first sample to the last; the last row has no padding that may be read. */
  #range(): { buffer: ArrayBuffer; offset: number; byteLength: number } {
    const { address, strideBytes, rows, rowBytes } = this.#info;
    const byteLength = rows === 0 ? 0 : strideBytes * (rows - 1) + rowBytes;
    const block = this.#frame.address;
    if (block === 0) {
      return { buffer: this.#memory.buffer(address, byteLength), offset: 0, byteLength };
    }
    const buffer = this.#memory.buffer(block, this.#frame.byteLength);
    return { buffer, offset: address - block, byteLength };
  }
}
