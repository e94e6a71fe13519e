/**
 * What this side adds to the library's log, and how the environment turns it on.
 *
 * @module
 */

import { LogLevel, type Symbols } from "./abi.ts";

const encoder = new TextEncoder();
const announced = new Set<string>();

/**
 * Takes LOGGER_LEVEL, unless a level was chosen in this process before, and tells which library is at
 * work. A name that is no level is said on stderr, once.
 */
export function startLog(symbols: Symbols, path: string, name: string | null | undefined): void {
  if (name) {
    const bytes = encoder.encode(name);
    symbols.cuf_log_configure(bytes, bytes.length);
  }
  announce(symbols, path);
}

/** Tells which library is at work, once, as soon as anybody wants to know. */
export function announce(symbols: Symbols, path: string): void {
  if (announced.has(path)) return;
  if (write(symbols, LogLevel.INFO, "library", `Loaded ${path}`)) announced.add(path);
}

/** False: nobody wants to know. */
function write(symbols: Symbols, level: number, origin: string, message: string): boolean {
  const from = encoder.encode(origin);
  const text = encoder.encode(message);
  return symbols.cuf_log_write(level, from, from.length, text, text.length) === 1;
}
