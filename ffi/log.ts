/**
 * The library's log: records that native threads keep for this thread until it takes them.
 *
 * @module
 */

import process from "node:process";
import { LogRecord } from "./abi.ts";
import { beforeFailures, queue, subscribe, type Subscription } from "./completion.ts";
import { library } from "./library.ts";
import { announce } from "./log_writer.ts";

/** One line of the log. */
export interface LogEntry {
  /** A LogLevel. */
  readonly level: number;
  /** Which part told it. */
  readonly origin: string;
  /** What it told. */
  readonly message: string;
  /** When, in microseconds since 1970. */
  readonly timeUs: number;
}

const BATCH = 64;

let sink: ((entry: LogEntry) => void) | null = null;
let subscription: Subscription | null = null;
let isDraining = false;
let hasHooks = false;

/** Chooses how much is logged, for the whole process; a LogLevel. */
export function setLevel(level: number): void {
  const { symbols, path } = library();
  symbols.cuf_log_set_level(level);
  announce(symbols, path);
}

/**
 * Gives all records from now on to `next`, which must not throw, until it is replaced; null: to nobody.
 * They come when this thread is woken for anything, before a failure that they may explain, and at exit.
 */
export function setSink(next: ((entry: LogEntry) => void) | null): void {
  drain();
  sink = next;
  if (next === null) {
    if (subscription === null) return;
    library().symbols.cuf_log_unsubscribe(queue());
    subscription.close();
    subscription = null;
    return;
  }
  if (subscription !== null) return;
  const { symbols, path } = library();
  // It does not keep the process alive: who logs is not who is waited for.
  subscription = subscribe(drain);
  symbols.cuf_log_subscribe(queue(), subscription.ticket);
  if (!hasHooks) {
    hasHooks = true;
    beforeFailures(drain);
    process.on("exit", drain);
  }
  announce(symbols, path);
}

/** Takes what is there, and only that: what the sink causes to be logged comes with the next wake. */
function drain(): void {
  if (subscription === null || isDraining) return;
  isDraining = true;
  try {
    for (const entry of take()) sink?.(entry);
  } finally {
    isDraining = false;
  }
}

function take(): LogEntry[] {
  const { symbols } = library();
  const bytes = new Uint8Array(BATCH * LogRecord.size);
  const entries: LogEntry[] = [];
  for (;;) {
    const count = symbols.cuf_log_take(queue(), bytes, BATCH);
    if (count <= 0) return entries;
    for (let i = 0; i < count; i++) {
      const { level, origin, message, timeUs } = new LogRecord(bytes, i * LogRecord.size);
      entries.push({ level, origin, message, timeUs });
    }
  }
}
