/**
 * The library in Bun; the only file that names `bun:ffi`.
 *
 * @module
 */

import process from "node:process";
import { SYMBOLS, type Symbols, Wake as WakeStruct } from "./abi.ts";
import type { Native, Wake } from "./native.ts";

/** What is used of bun:ffi. */
interface BunFfi {
  dlopen(
    path: string,
    symbols: Record<string, { args: string[]; returns: string }>,
  ): { symbols: object; close(): void };
  toArrayBuffer(address: number, offset: number, byteLength: number): ArrayBuffer;
  JSCallback: new (
    callback: () => void,
    signature: { args: string[]; returns: string; threadsafe: boolean },
  ) => { ptr: number };
}

const LONGEST_INTERVAL_MS = 2 ** 31 - 1;

// A synchronous builtin: `import("bun:ffi")` would make opening the library asynchronous, and the
// global Bun.FFI lacks JSCallback.
function bunFfi(): BunFfi {
  const module: unknown = process.getBuiltinModule("bun:ffi");
  return module as BunFfi;
}

function open(path: string, names: readonly string[]): { symbols: object; close(): void } {
  const entries = Object.entries(SYMBOLS).filter(([name]) => names.includes(name));
  const described = entries.map(([name, { parameters, result }]) => {
    const args = parameters.map((kind) => kind === "buffer" ? "ptr" : kind);
    return [name, { args, returns: result }];
  });
  return bunFfi().dlopen(path, Object.fromEntries(described));
}

/** Calls the two functions that tell which ABI the library at `path` has. */
export function probeInBun(path: string): { version: number; hash: number } {
  const opened = open(path, ["cuf_library_abi_version", "cuf_library_abi_hash"]);
  const symbols = opened.symbols as Symbols;
  const version = symbols.cuf_library_abi_version();
  const hash = symbols.cuf_library_abi_hash();
  opened.close();
  return { version, hash };
}

/** Opens the library at `path`; `wrap` may replace its functions. */
export function openInBun(path: string, wrap: <T extends object>(symbols: T) => T): Native {
  const symbols = wrap(open(path, Object.keys(SYMBOLS)).symbols as Symbols);
  return {
    symbols,
    canView: () => true,
    // No deallocator: it would run at transfer(0) too.
    view: (address, byteLength) => bunFfi().toArrayBuffer(address, 0, byteLength),
    startWake: (queue, onWake) =>
      isMainThread() ? new CallbackWake(symbols, queue, onWake) : new PollingWake(onWake),
  };
}

function isMainThread(): boolean {
  const { isMainThread }: { isMainThread: boolean } = process.getBuiltinModule("worker_threads");
  return isMainThread;
}

/** A callback that native threads may call at any time; it does not keep the process alive. */
class CallbackWake implements Wake {
  // Collected, it would leave the queue with a dangling address.
  readonly #callback: { ptr: number };
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(symbols: Symbols, queue: number, onWake: () => void) {
    const signature = { args: [], returns: "void", threadsafe: true };
    this.#callback = new (bunFfi().JSCallback)(onWake, signature);
    const wake = new WakeStruct();
    wake.callbackAddress = this.#callback.ptr;
    const result = symbols.cuf_queue_set_wake(queue, wake.bytes);
    if (result < 0) throw new Error(`The wake of the queue was refused with status ${result}`);
  }

  hold(): void {
    this.#timer ??= setInterval(() => {}, LONGEST_INTERVAL_MS);
  }

  release(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** How often a Worker looks for records: that it waits for, and of which nobody waits, as the log's. */
const [BUSY_POLL_MS, IDLE_POLL_MS] = [1, 50];

/**
 * Looks for records now and then. Of a Worker, whose callbacks crash the process when a native thread
 * calls them while terminate() takes the Worker down, of which nothing tells the Worker (Bun 1.4).
 */
class PollingWake implements Wake {
  readonly #onWake: () => void;
  #timer: ReturnType<typeof setInterval>;

  constructor(onWake: () => void) {
    this.#onWake = onWake;
    this.#timer = this.#pollIdly();
  }

  hold(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(this.#onWake, BUSY_POLL_MS);
  }

  release(): void {
    clearInterval(this.#timer);
    this.#timer = this.#pollIdly();
  }

  #pollIdly(): ReturnType<typeof setInterval> {
    const timer = setInterval(this.#onWake, IDLE_POLL_MS);
    timer.unref();
    return timer;
  }
}
