/**
 * Tickets: work that the library does on its own threads, and how its outcome reaches this one.
 *
 * @module
 */

import { Completion, CompletionKind, type ErrorStruct, type Symbols } from "./abi.ts";
import { library } from "./library.ts";
import type { Native, Wake } from "./native.ts";
import { check, makeError, toError } from "./native_error.ts";

/** How a ticket's work ended. */
export interface Outcome {
  /** Its result: a handle or a count. */
  readonly value: number;
  /** A second number that some results have. */
  readonly extra: number;
  /** The ticket, by which some results are fetched. */
  readonly ticket: number;
}

/** One completion record of a subscription. */
export interface TicketEvent {
  /** A CompletionKind. */
  readonly kind: number;
  /** Its first number. */
  readonly value: number;
  /** Its second number. */
  readonly extra: number;
  /** A Status. */
  readonly status: number;
}

/** A ticket whose records go to a handler. */
export interface Subscription {
  /** The ticket, unique on this thread's queue. */
  readonly ticket: number;
  /** Whether it keeps the process alive, and has records delivered while nothing else is awaited. */
  hold(holdsLoop: boolean): void;
  /** Ends the subscription; records that still come are dropped. */
  close(): void;
}

/** Settings of a submit. */
export interface SubmitOptions {
  /** What fails, for the sentence of an error of which the library says nothing; default "The call". */
  readonly what?: string;
  /** An abort asks the work to stop. */
  readonly signal?: AbortSignal;
  /** The struct that the call fills in when its result is negative. */
  readonly error?: ErrorStruct;
  /** Told of how much of the work is done, from 0 to 1, if the work tells; must not throw. */
  readonly onProgress?: (part: number) => void;
}

interface Pending {
  resolve(outcome: Outcome): void;
  reject(reason: unknown): void;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
  readonly onProgress: ((part: number) => void) | undefined;
}

const BATCH = 64;
/** What the value of a progress record counts in. */
const MILLION = 1e6;

/** A completion queue, and who waits for what on it. */
export class Completions {
  /** The queue's handle. */
  readonly handle: number;
  readonly #symbols: Symbols;
  readonly #wake: Wake;
  readonly #pending = new Map<number, Pending>();
  readonly #handlers = new Map<number, (event: TicketEvent) => void>();
  readonly #bytes = new Uint8Array(BATCH * Completion.size);
  readonly #records: readonly Completion[];
  #holders = 0;
  #lastTicket = 0;

  /** Makes a queue of the library. */
  constructor({ symbols, startWake }: Native) {
    const out = new Uint32Array(1);
    const error = makeError();
    check(symbols.cuf_queue_create(out, error.bytes), error, "Making a completion queue");
    this.handle = out[0];
    this.#symbols = symbols;
    this.#records = Array.from(
      { length: BATCH },
      (_, index) => new Completion(this.#bytes, index * Completion.size),
    );
    this.#wake = startWake(this.handle, () => this.#drain());
    this.#drain();
  }

  /** As the function submit. */
  submit(start: (ticket: number) => number, options: SubmitOptions = {}): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const { what = "The call", signal, error = null, onProgress } = options;
      signal?.throwIfAborted();
      const ticket = this.#newTicket();
      check(start(ticket), error, what);
      const onAbort = (): void => {
        this.#symbols.cuf_queue_cancel(this.handle, ticket);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#pending.set(ticket, { resolve, reject, signal, onAbort, onProgress });
      this.#hold();
    });
  }

  /** As the function subscribe. */
  subscribe(handler: (event: TicketEvent) => void): Subscription {
    const ticket = this.#newTicket();
    this.#handlers.set(ticket, handler);
    let isHolding = false;
    const hold = (holdsLoop: boolean): void => {
      if (holdsLoop === isHolding || !this.#handlers.has(ticket)) return;
      isHolding = holdsLoop;
      if (holdsLoop) this.#hold();
      else this.#release();
    };
    return {
      ticket,
      hold,
      close: () => {
        hold(false);
        this.#handlers.delete(ticket);
      },
    };
  }

  #newTicket(): number {
    return this.#lastTicket = nextTicket(
      this.#lastTicket,
      (ticket) => this.#pending.has(ticket) || this.#handlers.has(ticket),
    );
  }

  #hold(): void {
    if (this.#holders++ === 0) this.#wake.hold();
  }

  #release(): void {
    if (--this.#holders === 0) this.#wake.release();
  }

  /** Delivers what is there. */
  deliver(): void {
    this.#drain();
  }

  /** Takes all records. The poll that finds none arms the queue, so that the next one wakes. */
  #drain(): void {
    for (;;) {
      const count = this.#symbols.cuf_queue_poll(this.handle, this.#bytes, BATCH);
      if (count < 0) return this.#failAll(count);
      if (count === 0) return;
      for (let index = 0; index < count; index++) this.#deliver(this.#records[index]);
    }
  }

  #deliver(record: Completion): void {
    const { ticket } = record;
    const entry = this.#pending.get(ticket);
    if (entry !== undefined) {
      if (record.kind === CompletionKind.DONE) return this.#settle(ticket, entry, record);
      return entry.onProgress?.(record.value / MILLION);
    }
    const handler = this.#handlers.get(ticket);
    if (handler === undefined) return;
    const { kind, value, extra, status } = record;
    try {
      handler({ kind, value, extra, status });
    } catch (error) {
      // The other records must still be delivered; the error surfaces as an uncaught one.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #settle(ticket: number, entry: Pending, { status, value, extra }: Completion): void {
    this.#remove(ticket, entry);
    if (status >= 0) return entry.resolve({ value, extra, ticket });
    const error = makeError();
    this.#symbols.cuf_queue_error(this.handle, ticket, error.bytes);
    const reason = entry.signal?.aborted ? entry.signal.reason : undefined;
    entry.reject(reason ?? toError(status, error, "The work"));
  }

  #remove(ticket: number, entry: Pending): void {
    this.#pending.delete(ticket);
    entry.signal?.removeEventListener("abort", entry.onAbort);
    this.#release();
  }

  #failAll(status: number): void {
    for (const [ticket, entry] of [...this.#pending]) {
      this.#remove(ticket, entry);
      entry.reject(toError(status, makeError(), "Waiting on the completion queue"));
    }
  }
}

/** The next number after `last` that is not used, and not 0; it wraps around after 2^32. */
export function nextTicket(last: number, isUsed: (ticket: number) => boolean): number {
  let ticket = last;
  do ticket = (ticket + 1) >>> 0; while (ticket === 0 || isUsed(ticket));
  return ticket;
}

let current: Completions | undefined;

/** Delivers soon what is there already, for records that nobody waits for, such as those of a close. */
export function deliverSoon(): void {
  queueMicrotask(() => current?.deliver());
}

function completions(): Completions {
  return current ??= new Completions(library());
}

/** The handle of this thread's completion queue, made at first use. */
export function queue(): number {
  return completions().handle;
}

/**
 * Starts work with a new ticket and waits for its outcome, which keeps the process alive.
 *
 * `start` makes the call and returns its result. If that is negative or if it throws, nothing is
 * running and the promise rejects; so it does with a NativeError when the work fails. An abort asks
 * the work to stop, and the promise rejects with `signal.reason` once it has; work that was done
 * already resolves, since its result may be a handle that somebody must close.
 */
export function submit(
  start: (ticket: number) => number,
  options: SubmitOptions = {},
): Promise<Outcome> {
  return completions().submit(start, options);
}

/** Sends the records of a new ticket to `handler`, which must not throw. */
export function subscribe(handler: (event: TicketEvent) => void): Subscription {
  return completions().subscribe(handler);
}
