/**
 * Waiting that an AbortSignal ends.
 *
 * @module
 */

/**
 * `work`, or a rejection with the signal's reason as soon as it is aborted. What the work still comes to
 * goes to `discard`.
 */
export function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  discard: (value: T) => void = () => {},
): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    let isAborted = false;
    const onAbort = (): void => {
      isAborted = true;
      reject(signal.reason);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.finally(() => signal.removeEventListener("abort", onAbort)).then(
      (value) => isAborted ? discard(value) : resolve(value),
      reject,
    );
  });
}
