/**
 * Workers that decode at the same time.
 *
 * @module
 */

/** Where a benchmark works. */
export type BenchBackend = "auto" | "cpu" | "cuda";

/** Reads --backend. */
export function benchBackend(text: string): BenchBackend {
  if (text === "auto" || text === "cpu" || text === "cuda") return text;
  throw new TypeError(`--backend takes auto, cpu or cuda, not ${text}`);
}

/**
 * What a Worker is asked to do; `engines` is the number of decoders that it may use at once. Times are the
 * medians of `rounds`.
 */
export type Job =
  & { readonly backend: BenchBackend; readonly engines: number }
  & Work;

type Work =
  /** Decode the first frames of a file in order. */
  | {
    readonly kind: "first";
    readonly path: string;
    readonly count: number;
    readonly rounds: number;
  }
  /** Decode some frames of a file. */
  | {
    readonly kind: "sample";
    readonly path: string;
    readonly indices: readonly number[];
    readonly rounds: number;
  }
  /** Decode files one after another, all with one decoder or each with new ones. */
  | {
    readonly kind: "clips";
    readonly paths: readonly string[];
    readonly isReusing: boolean;
  };

/** What a Worker did. */
export interface JobResult {
  /** Frames that it got. */
  readonly frames: number;
  /** Seconds that it took; opening is in it only for "clips". */
  readonly seconds: number;
}

/** What all of them did. */
export interface ThreadsResult {
  /** Of each Worker. */
  readonly threads: readonly JobResult[];
  /** Frames of all. */
  readonly frames: number;
  /** Seconds of the slowest. */
  readonly seconds: number;
  /** Frames of all in one second. */
  readonly fps: number;
}

/** Workers that were started and wait. */
export class Threads implements Disposable {
  readonly #workers: readonly Worker[];

  /** Starts them. */
  static async start(count: number): Promise<Threads> {
    const workers = Array.from(
      { length: count },
      () => new Worker(new URL("./decode_thread.ts", import.meta.url), { type: "module" }),
    );
    await Promise.all(workers.map(answer));
    return new Threads(workers);
  }

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  /** How many there are. */
  get count(): number {
    return this.#workers.length;
  }

  /** Gives each its job and waits for all. */
  async run(jobOf: (thread: number) => Job): Promise<ThreadsResult> {
    const threads = await Promise.all(this.#workers.map((worker, i) => {
      const result = answer(worker);
      worker.postMessage(jobOf(i));
      return result as Promise<JobResult>;
    }));
    const frames = threads.reduce((sum, thread) => sum + thread.frames, 0);
    const seconds = Math.max(...threads.map((thread) => thread.seconds));
    return { threads, frames, seconds, fps: frames / seconds };
  }

  /** Ends them. */
  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

function answer(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data.error === undefined) resolve(data);
      else reject(new Error(data.error));
    };
    worker.onerror = (event) => reject(new Error(event.message));
  });
}
