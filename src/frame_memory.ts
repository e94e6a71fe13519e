/**
 * Views of native memory that never outlive it.
 *
 * @module
 */

import type { NativeHandle } from "../ffi/handle.ts";
import { library } from "../ffi/library.ts";
import { ClosedError, UnsupportedError } from "./errors.ts";

/**
 * A buffer keeps its handle alive, so that the collector cannot free the memory while a view of it is
 * in use, whatever became of the frame (facts: a wrapper can be collected before the views it gave out).
 */
const owners = new WeakMap<ArrayBuffer, NativeHandle>();

/** The buffers made over the memory of one native frame. */
export class FrameMemory {
  readonly #handle: NativeHandle;
  readonly #what: string;
  readonly #isOnDevice: boolean;
  readonly #buffers = new Map<number, ArrayBuffer>();

  /** Over the memory that `handle` holds, on the host or a GPU; `what` names it in errors. */
  constructor(handle: NativeHandle, what: string, isOnDevice: boolean) {
    this.#handle = handle;
    this.#what = what;
    this.#isOnDevice = isOnDevice;
  }

  /** The buffer over a range of memory, made at first use. After close() a new empty one. */
  buffer(address: number, byteLength: number): ArrayBuffer {
    if (this.#handle.isClosed) return new ArrayBuffer(0);
    if (this.#isOnDevice) {
      throw new UnsupportedError(
        `The ${this.#what} is in a GPU's memory, which scripts cannot read: copy it by copyTo(), or make ` +
          "the decoder with useDeviceMemory: false",
      );
    }
    const known = this.#buffers.get(address);
    if (known?.detached) {
      throw new ClosedError(
        `The ${this.#what}'s memory was transferred away with a view; post a copy by copyTo() instead`,
      );
    }
    if (known !== undefined) return known;
    const native = library();
    if (!native.canView()) {
      throw new UnsupportedError(
        `Views of a ${this.#what}'s memory need --allow-ffi without a path; copyTo() works with one`,
      );
    }
    const buffer = native.view(address, byteLength);
    owners.set(buffer, this.#handle);
    this.#buffers.set(address, buffer);
    return buffer;
  }

  /** Detaches all views and gives the memory back. */
  close(): void {
    let wasTransferred = false;
    for (const buffer of this.#buffers.values()) {
      if (buffer.detached) wasTransferred = true;
      else buffer.transfer(0);
    }
    // A view that was transferred still reaches the memory: it must never be used again.
    if (wasTransferred) library().symbols.cuf_frame_quarantine(this.#handle.release());
    else this.#handle.close();
  }
}

/** Throws ClosedError if the handle was closed. */
export function requireOpen(handle: NativeHandle, what: string): void {
  if (handle.isClosed) throw new ClosedError(`The ${what} is closed; use it before close()`);
}
