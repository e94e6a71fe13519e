/**
 * Media at http: and https: addresses, read by the runtime's own fetch().
 *
 * @module
 */

import { describe } from "./descriptor.ts";
import { MediaIoError, UnsupportedError } from "./errors.ts";
import { FIRST_BYTES, HttpLane } from "./http_lane.ts";
import { BrokenTransfer, HttpResource, type Transfer } from "./http_resource.ts";
import { type Chunks, type ChunkSource, END, type RangeSource } from "./source_kind.ts";
import { SourceError } from "./source_pump.ts";

/** Milliseconds to wait before each further try; a byte that comes makes it start from the front. */
const WAITS_MS: readonly number[] = [0, 300, 1000];
/** Places that are read in turn: one for each decoder of a batch would be too many connections. */
const MOST_LANES = 4;

/** An opened response, and what ends it. */
interface Opened {
  readonly transfer: Transfer;
  readonly stop: AbortController;
}

/** The address in a source, if it is one of a web server. */
export function httpRequest(source: string | URL | Request): Request | null {
  const address = source instanceof Request ? source.url : String(source);
  const isWeb = /^https?:\/\//i.test(address);
  if (!(source instanceof Request)) return isWeb ? new Request(address) : null;
  if (!isWeb) {
    throw new UnsupportedError(`A Request as a source is one of http: or https:, not ${address}`);
  }
  if (source.method !== "GET" || source.headers.has("range")) {
    const problem = source.method !== "GET" ? source.method : "one with a Range header";
    throw new TypeError(
      `A Request as a source is a GET of the whole file, not ${describe(problem)}`,
    );
  }
  return source;
}

/** Waits; rejects with the signal's reason when it is aborted. */
async function pause(ms: number, stop: AbortSignal): Promise<void> {
  stop.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      if (stop.aborted) reject(stop.reason);
      else resolve();
    }
    stop.addEventListener("abort", done);
  });
}

/** Does something again after a failure that may be over in a moment, a bounded number of times. */
async function persist<T>(
  work: () => Promise<T>,
  stop: AbortSignal,
  place: string,
): Promise<T> {
  for (let tries = 0;; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BrokenTransfer)) throw error;
      if (tries === WAITS_MS.length) {
        const message = `${place} in ${tries + 1} tries: ${error.message}`;
        throw new MediaIoError(message, { cause: error.cause ?? error });
      }
    }
    await pause(WAITS_MS[tries], stop);
  }
}

/**
 * Sends the first request of an address and sees what its server can: a source that can be read anywhere,
 * or one in order. Whoever does not use it must close it.
 */
export async function openHttp(
  request: Request,
  stop?: AbortSignal,
): Promise<RangeSource | ChunkSource> {
  const resource = new HttpResource(request);
  await resource.requirePermission();
  const ends = stop === undefined ? [request.signal] : [request.signal, stop];
  const opening = AbortSignal.any(ends);
  const attempt = (ask: (stop: AbortSignal) => Promise<Transfer>): Promise<Opened> =>
    persist(() => opened(ask, opening), opening, `${resource.name} could not be opened`);
  const first = await attempt((signal) => resource.range(0, FIRST_BYTES - 1, signal));
  const { isRange, size, offersRanges } = first.transfer;
  if (isRange && size !== null) return new HttpRanges(resource, size, first);
  if (isRange) {
    // A range of an unknown whole; in order it can be had to its end.
    giveUp(first);
    return streamed(resource, await attempt((signal) => resource.whole(signal)));
  }
  if (offersRanges && size !== null && size > 0 && await keepsPromise(resource, size, opening)) {
    return new HttpRanges(resource, size, first);
  }
  return streamed(resource, first);
}

/** One request that `opening` ends until its answer came. */
async function opened(
  ask: (stop: AbortSignal) => Promise<Transfer>,
  opening: AbortSignal,
): Promise<Opened> {
  opening.throwIfAborted();
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(opening.reason);
  opening.addEventListener("abort", onAbort, { once: true });
  try {
    return { transfer: await ask(stop.signal), stop };
  } finally {
    opening.removeEventListener("abort", onAbort);
  }
}

/** Ends a response. Deno may leave its connection open if it is aborted only. */
function giveUp({ transfer, stop }: Opened): void {
  stop.abort();
  void transfer.body.cancel().catch(() => {});
}

/** Whether a server that answered with all bytes gives ranges, as it says. */
async function keepsPromise(
  resource: HttpResource,
  size: number,
  opening: AbortSignal,
): Promise<boolean> {
  try {
    giveUp(await opened((signal) => resource.range(size - 1, null, signal), opening));
    return true;
  } catch {
    opening.throwIfAborted();
    return false;
  }
}

/** A file of a server that gives ranges. */
class HttpRanges implements RangeSource {
  readonly kind = "ranges";
  readonly name: string;
  readonly size: number;
  readonly #resource: HttpResource;
  /** The lane used last comes last. */
  #lanes: HttpLane[];
  #reading: AbortController | null = null;

  constructor(
    resource: HttpResource,
    size: number,
    first: Opened,
  ) {
    this.name = resource.name;
    this.size = size;
    this.#resource = resource;
    this.#lanes = [new HttpLane(resource, size, first)];
  }

  async read(offset: number, buffer: Uint8Array): Promise<number> {
    const reading = this.#reading = new AbortController();
    const lane = this.#laneAt(offset);
    const onStop = (): void => this.#end(lane, reading.signal.reason);
    reading.signal.addEventListener("abort", onStop, { once: true });
    const stop = AbortSignal.any([reading.signal, this.#resource.signal]);
    const attempt = async (): Promise<number> => {
      stop.throwIfAborted();
      try {
        return await lane.read(offset, buffer);
      } catch (error) {
        lane.drop();
        throw error;
      }
    };
    const place = `${this.name} could not be read at byte ${offset} of ${this.size}`;
    try {
      return await persist(attempt, stop, place);
    } catch (error) {
      throw new SourceError(error);
    }
  }

  interrupt(): void {
    this.#stop(new Error("The read was given up"));
  }

  close(): void {
    this.#stop(new Error("The source was closed"));
  }

  #stop(reason: Error): void {
    this.#reading?.abort(reason);
    for (const lane of this.#lanes.splice(0)) lane.cancel(reason);
  }

  #end(lane: HttpLane, reason: unknown): void {
    this.#lanes = this.#lanes.filter((other) => other !== lane);
    lane.cancel(reason);
  }

  /** The lane that comes to `offset` soonest; a new one in the place of the oldest if none does. */
  #laneAt(offset: number): HttpLane {
    const distances = this.#lanes.map((lane) => lane.distance(offset));
    const nearest = Math.min(...distances);
    const found = nearest === Infinity ? -1 : distances.indexOf(nearest);
    const lane = found < 0 ? new HttpLane(this.#resource, this.size) : this.#lanes[found];
    this.#lanes = [...this.#lanes.filter((other) => other !== lane), lane];
    if (this.#lanes.length > MOST_LANES) {
      this.#end(this.#lanes[0], new Error("Another place is read"));
    }
    return lane;
  }
}

/** The bytes of a response in order. Where it breaks off it ends: its server gives no ranges to go on from. */
function streamed(resource: HttpResource, { transfer, stop }: Opened): ChunkSource {
  const { name } = resource;
  const { body, end } = transfer;
  let count = 0;
  const fail = (problem: string, cause?: unknown): never => {
    const place = `byte ${count}${end === null ? "" : ` of ${end}`}`;
    throw new SourceError(
      new MediaIoError(
        `${name} could not be read on at ${place}: ${problem}; its server gives no ranges, from which ` +
          "reading could go on",
        { cause },
      ),
    );
  };
  // Of an opened one cancel() is called, too; here its body is locked.
  const close = (): void => giveUp({ transfer, stop });
  const open = (): Chunks => {
    const reader = body.getReader();
    const next = async (): Promise<unknown> => {
      try {
        const { done, value } = await reader.read();
        if (!done) count += value.length;
        if (!done) return value;
      } catch (error) {
        if (resource.signal.aborted) throw new SourceError(resource.signal.reason);
        fail(`the connection broke (${(error as Error).message})`, error);
      }
      if (end !== null && count < end) fail("the answer ended early");
      return END;
    };
    const cancel = async (): Promise<void> => {
      stop.abort();
      await reader.cancel();
    };
    return { next, cancel };
  };
  return { kind: "chunks", name, open, close, readsInOrder: "its server gives no ranges" };
}
