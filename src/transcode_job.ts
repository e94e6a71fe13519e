/**
 * Transcoding that is at work, and what it came to.
 *
 * @module
 */

/** What a segment, or a whole video, came to. */
export interface TranscodeResult {
  /** Frames that were written. */
  readonly frames: number;
  /** Frames that were left out, since they are damaged. */
  readonly skipped: number;
  /** Seconds of video. */
  readonly seconds: number;
  /** Bytes that were written; of a file that goes on, so far. */
  readonly bytes: number;
  /** Seconds that it took. */
  readonly elapsed: number;
  /** `seconds` of video in each second of `elapsed`. */
  readonly speed: number;
  /** Path of the file; null for other sinks. */
  readonly output: string | null;
  /** The whole file, of `{ bytes: true }`; null for other sinks, and before finish() of a file that goes on. */
  readonly data: Uint8Array<ArrayBuffer> | null;
  /** Kind of file. */
  readonly container: string;
  /** Tracks of sound in it. */
  readonly audioTracks: number;
  /** Streams of sound that the container does not take, with their codecs; null if there are none. */
  readonly droppedAudio: string | null;
  /** Where it was decoded. */
  readonly decoderBackend: "cpu" | "cuda";
  /** Where it was encoded. */
  readonly encoderBackend: "cpu" | "cuda";
  /** Which decoder did the work: "nvdec", or libav's. */
  readonly decoder: string;
  /** Which encoder did the work: "nvenc", or libav's, such as "libx264". */
  readonly encoder: string;
  /** Why it was not the GPU of an "auto" device that decoded; null if it was. */
  readonly decoderFallbackReason: string | null;
  /** Why it was not the GPU of an "auto" device that encoded; null if it was. */
  readonly encoderFallbackReason: string | null;
}

/** What finish() gives. */
export interface TranscodeFinish {
  /** Bytes of the file; 0 if nothing was appended. */
  readonly bytes: number;
  /** Path of the file; null for other sinks, and if nothing was appended. */
  readonly output: string | null;
  /** The whole file, of `{ bytes: true }`; null for other sinks. */
  readonly data: Uint8Array<ArrayBuffer> | null;
}

/** What a job is started with. */
export interface JobStart<T> {
  /** Does it; reports from 0 to 1. */
  readonly work: (signal: AbortSignal, onProgress: (part: number) => void) => Promise<T>;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** The caller's. */
  readonly onProgress: ((part: number) => void) | undefined;
  /** What is read while it is written. */
  readonly readable?: ReadableStream<Uint8Array<ArrayBuffer>> | null;
}

/** Transcoding at work. It can be awaited as it is. Made by a Transcoder. */
export class TranscodeJob<T = TranscodeResult> implements PromiseLike<T> {
  /** What it comes to. */
  readonly completion: Promise<T>;
  /** The bytes as they are written, of `{ readable: true }`: a body for a Response. Null for other sinks. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly #stop = new AbortController();
  #progress = 0;

  /** Starts the work. */
  constructor({ work, signal, onProgress, readable = null }: JobStart<T>) {
    this.readable = readable;
    const stop = this.#stop.signal;
    const either = signal === undefined ? stop : AbortSignal.any([signal, stop]);
    const report = (part: number): void => {
      if (either.aborted || part <= this.#progress) return;
      this.#progress = part;
      try {
        onProgress?.(part);
      } catch (error) {
        this.#stop.abort(error);
      }
    };
    this.completion = work(either, report).then((value) => {
      // What onProgress threw with its last call counts, too.
      stop.throwIfAborted();
      return value;
    });
    // The reader is told of a failure, too: who gives the stream away need not wait for the end.
    if (readable !== null) this.completion.catch(() => {});
  }

  /** How much is done, from 0 to 1. */
  get progress(): number {
    return this.#progress;
  }

  /**
   * Gives it up: `completion` rejects with an AbortError, and nothing is left of its file, unless that was being
   * completed.
   */
  stop(): void {
    // Who stops it need not wait for its end.
    this.completion.catch(() => {});
    this.#stop.abort();
  }

  /** Waits for `completion`. */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.completion.then(onFulfilled, onRejected);
  }
}
