/**
 * How a caller is told of progress.
 *
 * @module
 */

/** What the caller's onProgress throws aborts the work, also when that was the last call. */
export function guardedProgress(
  { signal, onProgress }: {
    readonly signal?: AbortSignal;
    readonly onProgress?: (part: number) => void;
  },
): {
  readonly signal?: AbortSignal;
  readonly onProgress?: (part: number) => void;
  readonly failed?: AbortSignal;
} {
  if (onProgress === undefined) return { signal };
  const failure = new AbortController();
  const failed = failure.signal;
  const either = signal === undefined ? failed : AbortSignal.any([signal, failed]);
  const guarded = (part: number): void => {
    if (either.aborted) return;
    try {
      onProgress(part);
    } catch (error) {
      failure.abort(error);
    }
  };
  return { signal: either, onProgress: guarded, failed };
}
