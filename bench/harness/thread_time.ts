/**
 * Time of one thread.
 *
 * @module
 */

import { readFileSync } from "node:fs";

const never = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps without giving the event loop a turn. */
export function sleep(milliseconds: number): void {
  Atomics.wait(never, 0, 0, milliseconds);
}

/** Processor time of the calling thread in microseconds; its compilers' and collector's threads are others. */
export function threadCpuUs(): number {
  // The kernel adds to it when the thread leaves the processor, and else only at its ticks.
  sleep(0.01);
  return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1000;
}
