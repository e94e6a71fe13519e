/**
 * The errors that callers can tell apart.
 *
 * @module
 */

import { NO_TIMESTAMP, Status } from "../ffi/abi.ts";
import { NativeError } from "../ffi/native_error.ts";

export { LibraryError } from "../ffi/library.ts";

/** What kind of failure a {@linkcode CuframeError} tells. */
export type ErrorCode =
  | "unsupported"
  | "corrupt-data"
  | "out-of-memory"
  | "io"
  | "device-lost"
  | "closed"
  | "internal";

/** Details of a {@linkcode CuframeError}. */
export interface CuframeErrorOptions {
  /** Kind of failure; the subclasses fix it, the default is "internal". */
  readonly code?: ErrorCode;
  /** The error number of libav or of the driver; default 0. */
  readonly nativeCode?: number;
  /** What led to this error. */
  readonly cause?: unknown;
}

/** Base of every error that the library reports, except for mistakes in a call (TypeError, RangeError). */
export class CuframeError extends Error {
  /** Name of the class. */
  override readonly name: string = "CuframeError";
  /** Kind of failure. */
  readonly code: ErrorCode;
  /** The error number of libav or of the driver, 0 if there is none. */
  readonly nativeCode: number;

  /** Makes an error with one sentence and its details. */
  constructor(message: string, options: CuframeErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = options.code ?? "internal";
    this.nativeCode = options.nativeCode ?? 0;
  }
}

/** This build, machine or codec cannot do what was asked. */
export class UnsupportedError extends CuframeError {
  /** Name of the class. */
  override readonly name: string = "UnsupportedError";

  /** Makes an error with one sentence and its details. */
  constructor(message: string, options: CuframeErrorOptions = {}) {
    super(message, { ...options, code: "unsupported" });
  }
}

/** The media data is damaged. A decoder stays usable after it. */
export class CorruptDataError extends CuframeError {
  /** Name of the class. */
  override readonly name: string = "CorruptDataError";
  /** Time of the damaged picture in microseconds, null if unknown. */
  readonly timestamp: number | null;

  /** Makes an error with one sentence, its details and the time of the damaged picture. */
  constructor(
    message: string,
    options: CuframeErrorOptions & { readonly timestamp?: number | null } = {},
  ) {
    super(message, { ...options, code: "corrupt-data" });
    this.timestamp = options.timestamp ?? null;
  }
}

/** Memory for frames or for the library ran out. */
export class OutOfMemoryError extends CuframeError {
  /** Name of the class. */
  override readonly name: string = "OutOfMemoryError";

  /** Makes an error with one sentence and its details. */
  constructor(message: string, options: CuframeErrorOptions = {}) {
    super(message, { ...options, code: "out-of-memory" });
  }
}

/** The device stopped working; request a new one. */
export class DeviceLostError extends CuframeError {
  /** Name of the class. */
  override readonly name: string = "DeviceLostError";

  /** Makes an error with one sentence and its details. */
  constructor(message: string, options: CuframeErrorOptions = {}) {
    super(message, { ...options, code: "device-lost" });
  }
}

/** The object was closed before or during the call. */
export class ClosedError extends CuframeError {
  /** Name of the class. */
  override readonly name: string = "ClosedError";

  /** Makes an error with one sentence and its details. */
  constructor(message: string, options: CuframeErrorOptions = {}) {
    super(message, { ...options, code: "closed" });
  }
}

/** A file or another source could not be read, or holds no media that can be read. */
export class MediaIoError extends CuframeError {
  /** Name of the class. */
  override readonly name: string = "MediaIoError";

  /** Makes an error with one sentence and its details. */
  constructor(message: string, options: CuframeErrorOptions = {}) {
    super(message, { ...options, code: "io" });
  }
}

/** Turns what the bridge throws into a public error; anything else passes unchanged. */
export function publicError(error: unknown): unknown {
  if (!(error instanceof NativeError)) return error;
  const { message, nativeCode, timestampUs } = error;
  switch (error.status) {
    case Status.INVALID_ARGUMENT:
      return new TypeError(message);
    case Status.INVALID_HANDLE:
      return new ClosedError(message, { nativeCode });
    case Status.UNSUPPORTED:
      return new UnsupportedError(message, { nativeCode });
    case Status.CORRUPT_DATA: {
      const timestamp = timestampUs === NO_TIMESTAMP ? null : timestampUs;
      return new CorruptDataError(message, { nativeCode, timestamp });
    }
    case Status.OUT_OF_MEMORY:
      return new OutOfMemoryError(message, { nativeCode });
    case Status.IO:
      return new MediaIoError(message, { nativeCode });
    case Status.ABORTED:
      // Not by a signal, whose reason the caller gets: something that the work needs was closed.
      return new ClosedError(message, { nativeCode });
    case Status.DEVICE_LOST:
      return new DeviceLostError(message, { nativeCode });
    default:
      return new CuframeError(message, { nativeCode });
  }
}
