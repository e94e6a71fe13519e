/**
 * Failures that the library reports.
 *
 * @module
 */

import { ErrorStruct, NO_TIMESTAMP, Status } from "./abi.ts";

/** A call into the library, or the work of a ticket, failed. */
export class NativeError extends Error {
  /** The class's name. */
  override name = "NativeError";
  /** A negative Status. */
  readonly status: number;
  /** The number that libav or the driver gave; 0 if none. */
  readonly nativeCode: number;
  /** Time of the damaged picture; NO_TIMESTAMP if unknown. */
  readonly timestampUs: number;

  /** Copies `error`, which may be reused. */
  constructor(error: ErrorStruct) {
    super(error.message);
    this.status = error.status;
    this.nativeCode = error.nativeCode;
    this.timestampUs = error.timestampUs;
  }
}

let tellBefore: () => void = () => {};

/** Calls `tell` before each failure that is reported from now on. */
export function beforeFailures(tell: () => void): void {
  tellBefore = tell;
}

/** An empty error struct for a call to fill in. */
export function makeError(): ErrorStruct {
  return new ErrorStruct();
}

/** Returns `result` unless it is negative; then throws what `error` says, or `what` failed. */
export function check(result: number, error: ErrorStruct | null, what: string): number {
  if (result < 0) throw toError(result, error ?? makeError(), what);
  return result;
}

/** The error that a negative result means. */
export function toError(status: number, error: ErrorStruct, what: string): NativeError {
  tellBefore();
  // A call without an error struct, or one that fails before it reads its arguments, says nothing.
  if (error.status !== 0) return new NativeError(error);
  const known = Object.entries(Status).find(([, value]) => value === status)?.[0];
  const reason = status === Status.INVALID_HANDLE
    ? "the object or its device is closed"
    : known?.toLowerCase().replaceAll("_", " ") ?? status;
  const filled = makeError();
  filled.status = status;
  filled.timestampUs = NO_TIMESTAMP;
  filled.message = `${what} failed: ${reason}`;
  return new NativeError(filled);
}
