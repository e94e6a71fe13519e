/**
 * What deno.ts and bun.ts offer in common.
 *
 * @module
 */

import type { Symbols } from "./abi.ts";

/** Wakes one JS thread for its completion queue. */
export interface Wake {
  /** Keeps the process alive, and the wakes coming, until release(). */
  hold(): void;
  /** Lets the process end when nothing else keeps it. */
  release(): void;
}

/** The opened library as one runtime gives it. */
export interface Native {
  /** The functions of the library. */
  readonly symbols: Symbols;
  /** Whether view() is allowed. */
  canView(): boolean;
  /** Native memory as an ArrayBuffer, without a copy. */
  view(address: number, byteLength: number): ArrayBuffer;
  /** Calls `onWake` on this thread after the armed queue got a completion. */
  startWake(queue: number, onWake: () => void): Wake;
}
