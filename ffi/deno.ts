/**
 * The library in Deno; the only file that names `Deno`.
 *
 * @module
 */

import { SYMBOLS, type Symbols } from "./abi.ts";
import type { Native, Wake } from "./native.ts";

/**
 * cuf_queue_wait is the one nonblocking function: a callback from a native thread would block that
 * thread, deadlock on a join and crash at exit.
 */
const NATIVE_SYMBOLS = {
  ...SYMBOLS,
  cuf_queue_wait_async: {
    name: "cuf_queue_wait",
    parameters: ["u32"],
    result: "i32",
    nonblocking: true,
  },
} as const;

/** What is loaded: SYMBOLS and the nonblocking wait. */
interface DenoSymbols extends Symbols {
  cuf_queue_wait_async(queue: number): Promise<number>;
}

/** Calls the two functions that tell which ABI the library at `path` has. */
export function probeInDeno(path: string): { version: number; hash: number } {
  const { cuf_library_abi_version, cuf_library_abi_hash } = SYMBOLS;
  const opened = Deno.dlopen(path, { cuf_library_abi_version, cuf_library_abi_hash });
  const version = opened.symbols.cuf_library_abi_version();
  const hash = opened.symbols.cuf_library_abi_hash();
  opened.close();
  return { version, hash };
}

/** Opens the library at `path`; `wrap` may replace its functions. */
export function openInDeno(path: string, wrap: <T extends object>(symbols: T) => T): Native {
  const opened: object = Deno.dlopen(path, NATIVE_SYMBOLS).symbols;
  const symbols = wrap(opened as DenoSymbols);
  return {
    symbols,
    // A scoped --allow-ffi=<file> permits calls but neither pointers nor views.
    canView: () => Deno.permissions.querySync({ name: "ffi" }).state === "granted",
    view: (address, byteLength) => {
      const pointer = Deno.UnsafePointer.create(BigInt(address));
      if (pointer === null) throw new RangeError("A view of address 0");
      return Deno.UnsafePointerView.getArrayBuffer(pointer, byteLength);
    },
    startWake: (queue, onWake) => new DenoWake(symbols, queue, onWake),
  };
}

/** The value of an environment variable; undefined if unset, null if Deno would have to ask. */
export function environmentInDeno(variable: string): string | null | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : null;
}

/** True for the error of an operation that Deno's permissions do not allow. */
export function isDenied(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied;
}

/** One nonblocking wait, in flight only while held: it keeps the process alive. */
class DenoWake implements Wake {
  readonly #symbols: DenoSymbols;
  readonly #queue: number;
  readonly #onWake: () => void;
  #isHeld = false;
  #isWaiting = false;

  constructor(symbols: DenoSymbols, queue: number, onWake: () => void) {
    this.#symbols = symbols;
    this.#queue = queue;
    this.#onWake = onWake;
  }

  hold(): void {
    this.#isHeld = true;
    if (!this.#isWaiting) this.#wait();
  }

  release(): void {
    this.#isHeld = false;
    if (this.#isWaiting) this.#symbols.cuf_queue_wake(this.#queue);
  }

  #wait(): void {
    this.#isWaiting = true;
    void this.#symbols.cuf_queue_wait_async(this.#queue).then(() => {
      this.#isWaiting = false;
      this.#onWake();
      if (this.#isHeld && !this.#isWaiting) this.#wait();
    });
  }
}
