/**
 * The log: what the library and libav tell about their work.
 *
 * @module
 */

import { LogLevel as NativeLevel } from "../ffi/abi.ts";
import { setLevel, setSink } from "../ffi/log.ts";
import { describe } from "./descriptor.ts";

/**
 * How serious a message is, or how much is logged: everything from "fatal" down to the level. "quiet":
 * nothing.
 */
export type LogLevel = "quiet" | "fatal" | "error" | "warn" | "info" | "debug" | "trace";

/** One message. */
export interface LogRecord {
  /** How serious it is; never "quiet". */
  readonly level: LogLevel;
  /** Which part of the library told it, such as "decoder"; "libav/h264" and so on for libav's parts. */
  readonly origin: string;
  /** One line of text. */
  readonly message: string;
  /** When, in milliseconds since 1970, as Date.now(). */
  readonly time: number;
}

const LEVELS: Readonly<Record<LogLevel, number>> = {
  quiet: NativeLevel.QUIET,
  fatal: NativeLevel.FATAL,
  error: NativeLevel.ERROR,
  warn: NativeLevel.WARN,
  info: NativeLevel.INFO,
  debug: NativeLevel.DEBUG,
  trace: NativeLevel.TRACE,
};
const NAMES = Object.keys(LEVELS) as LogLevel[];

/**
 * Chooses how much is logged, for the whole process, in place of LOGGER_LEVEL. Without either, nothing is;
 * with a handler set, "info". libav's levels: panic and fatal are "fatal"; error, warning and info are
 * their namesakes; verbose is "debug"; debug and trace are "trace".
 *
 * @throws {TypeError} for anything but a level
 * @throws {LibraryError} if the native library cannot be loaded
 */
export function setLogLevel(level: LogLevel): void {
  if (!NAMES.includes(level)) {
    throw new TypeError(
      `setLogLevel() takes ${NAMES.map((name) => `"${name}"`).join(", ")}, not ${describe(level)}`,
    );
  }
  setLevel(LEVELS[level]);
}

/**
 * Gives every message of the process to `handler`, in place of stderr, until another one is set; null: to
 * stderr again. Each Worker may have one of its own.
 *
 * It is called on this thread, never in the middle of other code than a call of this package: when work is
 * awaited, before an error that the messages may explain reaches the script, and at exit. It does not keep
 * the process alive. Up to 1024 messages wait for it; of more, the oldest are dropped, and a message says
 * how many. What it throws becomes an uncaught error.
 *
 * @throws {TypeError} for anything but a function or null
 * @throws {LibraryError} if the native library cannot be loaded
 */
export function setLogHandler(handler: ((record: LogRecord) => void) | null): void {
  if (handler === null) return setSink(null);
  if (typeof handler !== "function") {
    throw new TypeError(`setLogHandler() takes a function or null, not ${describe(handler)}`);
  }
  setSink(({ level, origin, message, timeUs }) => {
    const record: LogRecord = { level: NAMES[level], origin, message, time: timeUs / 1000 };
    try {
      handler(record);
    } catch (error) {
      // The other messages must still be delivered.
      queueMicrotask(() => {
        throw error;
      });
    }
  });
}
