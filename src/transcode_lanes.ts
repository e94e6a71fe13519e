/**
 * Several jobs at once.
 *
 * @module
 */

/** A call of one lane. */
export interface LaneCall {
  /** Its number, from 1 on. */
  readonly lane: number;
  /** How many work beside each other. */
  readonly lanes: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
  /** Told of how much of the job is done. */
  readonly onProgress: (part: number) => void;
}

/**
 * Works on jobs in turn, as many at once as there are lanes, and gives the results in the order of the jobs. The
 * first failure gives up what is not done, and is what this rejects with when all have ended.
 */
export async function inLanes<J extends { readonly weight: number }, R>(
  jobs: readonly J[],
  concurrency: number,
  { signal, onProgress }: {
    readonly signal: AbortSignal;
    readonly onProgress: (part: number) => void;
  },
  work: (job: J, call: LaneCall) => Promise<R>,
): Promise<R[]> {
  const lanes = Math.min(concurrency, jobs.length);
  const total = jobs.reduce((sum, { weight }) => sum + weight, 0);
  const done = jobs.map(() => 0);
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const results: R[] = [];
  const waiting = jobs.entries();
  const runLane = async (lane: number): Promise<void> => {
    for (const [i, job] of waiting) {
      if (either.aborted) return;
      const report = (part: number): void => {
        done[i] = part * job.weight;
        onProgress(done.reduce((sum, it) => sum + it, 0) / total);
      };
      try {
        results[i] = await work(job, { lane, lanes, signal: either, onProgress: report });
      } catch (error) {
        failure.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, i) => runLane(i + 1)));
  either.throwIfAborted();
  return results;
}
