/**
 * Calls of the library whose failures are public errors.
 *
 * @module
 */

import { ErrorStruct, type Symbols } from "../ffi/abi.ts";
import { type Outcome, submit } from "../ffi/completion.ts";
import { check } from "../ffi/native_error.ts";
import type { NativeHandle } from "../ffi/handle.ts";
import { library } from "../ffi/library.ts";
import { ClosedError, publicError } from "./errors.ts";

export type { Outcome };

/** The library's functions; opens it at first use. */
export function native(): Symbols {
  return library().symbols;
}

const shared = new ErrorStruct();

/**
 * An empty error struct for a call that is made often: good until the next one is taken, so for a failure that
 * is thrown as soon as the call returned. Making one for each call costs more than the call.
 */
export function sharedError(): ErrorStruct {
  shared.status = 0;
  return shared;
}

/** Runs a function that reports failures in a CufError and returns a status or a count. */
export function callWithError(call: (error: ErrorStruct) => number, what: string): number {
  const error = new ErrorStruct();
  try {
    return check(call(error), error, what);
  } catch (failure) {
    throw publicError(failure);
  }
}

/** Checks the result of a function without a CufError. */
export function checked(result: number, what: string): number {
  if (result >= 0) return result;
  try {
    return check(result, null, what);
  } catch (failure) {
    throw publicError(failure);
  }
}

/**
 * Starts asynchronous work and waits for its outcome. `owner` is the object that works: when it is
 * closed meanwhile, the failure is a ClosedError.
 */
export async function run(
  start: (ticket: number) => number,
  options: {
    readonly what: string;
    readonly error?: ErrorStruct;
    readonly owner?: NativeHandle;
    readonly signal?: AbortSignal;
    readonly onProgress?: (part: number) => void;
  },
): Promise<Outcome> {
  try {
    return await submit(start, options);
  } catch (error) {
    if (options.signal?.aborted && error === options.signal.reason) throw error;
    throw closedOr(error, options.owner, options.what);
  }
}

/** The public error for a failure of work whose owner may have been closed meanwhile. */
export function closedOr(error: unknown, owner: NativeHandle | undefined, what: string): unknown {
  if (owner?.isClosed) {
    return new ClosedError(`${what} ended early: it was closed`, { cause: error });
  }
  return publicError(error);
}

/** Throws ClosedError if the object was closed; gives its handle. */
export function opened(handle: NativeHandle, what: string): number {
  if (handle.isClosed) throw new ClosedError(`${what} is closed`);
  return handle.value;
}
