import { test } from "node:test";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  Completion,
  CompletionKind,
  ErrorStruct,
  NO_TIMESTAMP,
  Status,
  type Symbols,
} from "../../ffi/abi.ts";
import { Completions, nextTicket, type TicketEvent } from "../../ffi/completion.ts";
import { check, NativeError } from "../../ffi/native_error.ts";
import type { Native, Wake } from "../../ffi/native.ts";

interface Entry {
  ticket: number;
  status?: number;
  kind?: number;
  value?: number;
  extra?: number;
}

/** A completion queue in TypeScript, so that order and timing are in the test's hands. */
class QueueDouble implements Native, Wake {
  readonly entries: Entry[] = [];
  readonly errors = new Map<number, string>();
  readonly cancelled: number[] = [];
  pollResult: number | undefined;
  holds = 0;
  isArmed = false;
  drain: () => void = () => {};

  readonly symbols: Symbols = {
    cuf_queue_create: (out: Uint32Array) => {
      out[0] = 77;
      return 0;
    },
    cuf_queue_poll: (_queue: number, out: Uint8Array<ArrayBuffer>, capacity: number) => {
      if (this.pollResult !== undefined) return this.pollResult;
      const taken = this.entries.splice(0, capacity);
      taken.forEach((entry, index) => {
        const record = new Completion(out, index * Completion.size);
        Object.assign(record, { status: 0, kind: CompletionKind.DONE, ...entry });
      });
      this.isArmed = taken.length === 0;
      return taken.length;
    },
    cuf_queue_error: (_queue: number, ticket: number, out: Uint8Array<ArrayBuffer>) => {
      const message = this.errors.get(ticket);
      if (message === undefined) return Status.INVALID_ARGUMENT;
      Object.assign(new ErrorStruct(out), { status: Status.IO, nativeCode: -5, message });
      return 0;
    },
    cuf_queue_cancel: (_queue: number, ticket: number) => this.cancelled.push(ticket),
  } as unknown as Symbols;

  canView = (): boolean => true;
  view = (): ArrayBuffer => new ArrayBuffer(0);
  startWake = (_queue: number, onWake: () => void): Wake => {
    this.drain = onWake;
    return this;
  };

  hold(): void {
    this.holds++;
  }

  release(): void {
    this.holds--;
  }

  push(entry: Entry): void {
    this.entries.push(entry);
  }
}

const started = (): number => 0;

test("outcomes reach their tickets in any order, and only running work holds the process", async () => {
  const native = new QueueDouble();
  const all = new Completions(native);
  assertEquals([all.handle, native.isArmed, native.holds], [77, true, 0]);
  const tickets: number[] = [];
  const start = (ticket: number): number => tickets.push(ticket);
  const outcomes = Array.from({ length: 150 }, () => all.submit(start));
  assertEquals(native.holds, 1);
  for (const ticket of tickets.toReversed()) native.push({ ticket, value: 2 * ticket, extra: -1 });
  native.isArmed = false;
  native.drain();
  assertEquals([native.holds, native.isArmed], [0, true]);
  const expected = tickets.map((ticket) => ({ value: 2 * ticket, extra: -1, ticket }));
  assertEquals(await Promise.all(outcomes), expected);
});

test("progress is told and does not settle", async () => {
  const native = new QueueDouble();
  const all = new Completions(native);
  const parts: number[] = [];
  const watched = all.submit(started, { onProgress: (part) => void parts.push(part) });
  const unwatched = all.submit(started);
  for (const value of [0, 250_000, 1_000_000]) {
    for (const ticket of [1, 2]) native.push({ ticket, kind: CompletionKind.PROGRESS, value });
  }
  native.drain();
  assertEquals([parts, native.holds], [[0, 0.25, 1], 1]);
  for (const ticket of [1, 2]) native.push({ ticket, value: 9 });
  native.drain();
  assertEquals([(await watched).value, (await unwatched).value, native.holds], [9, 9, 0]);
});

test("tickets wrap around, leave 0 out and skip those in use", () => {
  const used = new Set([7, 2 ** 32 - 1, 1, 2]);
  const isUsed = (ticket: number): boolean => used.has(ticket);
  assertEquals(nextTicket(0, () => false), 1);
  assertEquals(nextTicket(6, isUsed), 8);
  assertEquals(nextTicket(2 ** 31 - 1, isUsed), 2 ** 31);
  assertEquals(nextTicket(2 ** 32 - 2, () => false), 2 ** 32 - 1);
  assertEquals(nextTicket(2 ** 32 - 1, () => false), 1);
  assertEquals(nextTicket(2 ** 32 - 2, isUsed), 3);
});

test("submits and subscriptions never share a ticket", () => {
  const all = new Completions(new QueueDouble());
  const tickets: number[] = [];
  for (let i = 0; i < 3; i++) {
    void all.submit((ticket) => tickets.push(ticket));
    tickets.push(all.subscribe(() => {}).ticket);
  }
  assertEquals(new Set(tickets).size, 6);
});

test("failed work rejects with the error of its ticket", async () => {
  const native = new QueueDouble();
  const all = new Completions(native);
  let ticket = 0;
  const failing = all.submit((it) => ticket = it);
  native.errors.set(ticket, "Cannot read 'in.mp4'");
  native.push({ ticket, status: Status.IO });
  native.drain();
  const error = await assertRejects(() => failing, NativeError, "Cannot read 'in.mp4'");
  assertEquals([error.status, error.nativeCode, error.timestampUs], [Status.IO, -5, 0]);
  assertEquals(native.holds, 0);
});

test("failed work without an error text says what kind of failure it was", async () => {
  const native = new QueueDouble();
  const all = new Completions(native);
  const failing = all.submit(started);
  native.push({ ticket: 1, status: Status.DEVICE_LOST });
  native.drain();
  const error = await assertRejects(() => failing, NativeError, "The work failed: device lost");
  assertEquals(error.timestampUs, NO_TIMESTAMP);
});

test("a start that fails or throws rejects at once and leaves nothing pending", async () => {
  const native = new QueueDouble();
  const all = new Completions(native);
  const { signal } = new AbortController();
  const error = new ErrorStruct();
  Object.assign(error, { status: Status.UNSUPPORTED, message: "No such backend" });
  const refused = all.submit(() => Status.UNSUPPORTED, { signal, error });
  await assertRejects(() => refused, NativeError, "No such backend");
  const thrown = all.submit(() => {
    throw new TypeError("bad");
  });
  await assertRejects(() => thrown, TypeError, "bad");
  assertEquals(native.holds, 0);
});

test("an abort cancels, and rejects with the reason after the work has ended", async () => {
  const native = new QueueDouble();
  const all = new Completions(native);
  const controller = new AbortController();
  let state = "pending";
  const reason = new Error("enough");
  const work = all.submit(started, { signal: controller.signal });
  const seen = work.catch((error: unknown) => state = error === reason ? "reason" : "other");
  controller.abort(reason);
  await Promise.resolve();
  assertEquals([native.cancelled, state, native.holds], [[1], "pending", 1]);
  native.push({ ticket: 1, status: Status.ABORTED });
  native.drain();
  await seen;
  assertEquals([state, native.holds], ["reason", 0]);
});

test("an abort that comes too late leaves the outcome, whose handle somebody must close", async () => {
  const native = new QueueDouble();
  const all = new Completions(native);
  const controller = new AbortController();
  const work = all.submit(started, { signal: controller.signal });
  controller.abort();
  native.push({ ticket: 1, value: 9 });
  native.drain();
  assertEquals((await work).value, 9);
});

test("an aborted signal starts nothing, and a used one keeps no listener", async () => {
  const native = new QueueDouble();
  const all = new Completions(native);
  let isStarted = false;
  const start = (): number => isStarted ? 0 : Number(isStarted = true);
  const signal = AbortSignal.abort(new Error("early"));
  await assertRejects(() => all.submit(start, { signal }), Error, "early");
  assert(!isStarted);
  const controller = new AbortController();
  const work = all.submit(started, { signal: controller.signal });
  native.push({ ticket: 2 });
  native.push({ ticket: 1 });
  native.drain();
  await work;
  controller.abort();
  assertEquals(native.cancelled, []);
});

test("a subscription gets its records until it is closed and holds only on request", () => {
  const native = new QueueDouble();
  const all = new Completions(native);
  const events: TicketEvent[] = [];
  const silent = all.subscribe((event) => events.push(event));
  assertEquals(native.holds, 0);
  const holding = all.subscribe(() => {});
  holding.hold(true);
  assertEquals(native.holds, 1);
  const kind = CompletionKind.SOURCE_READ;
  native.push({ ticket: silent.ticket, kind, value: 2 ** 40, extra: 3, status: -6 });
  native.push({ ticket: 999, kind });
  native.drain();
  assertEquals(events, [{ kind, value: 2 ** 40, extra: 3, status: -6 }]);
  holding.close();
  holding.close();
  holding.hold(true);
  assertEquals(native.holds, 0);
  for (const holdsLoop of [true, true, false, false, true]) silent.hold(holdsLoop);
  assertEquals(native.holds, 1);
  silent.close();
  assertEquals(native.holds, 0);
  native.push({ ticket: silent.ticket, kind });
  native.drain();
  assertEquals(events.length, 1);
});

test("work that is submitted from a handler survives the drain it came from", async () => {
  const native = new QueueDouble();
  const all = new Completions(native);
  const inner: Promise<unknown>[] = [];
  const { ticket } = all.subscribe(() => {
    inner.push(all.submit((it) => {
      native.push({ ticket: it, value: it });
      return 0;
    }));
  });
  native.push({ ticket });
  native.push({ ticket });
  native.drain();
  assertEquals(await Promise.all(inner), [
    { value: 2, extra: 0, ticket: 2 },
    { value: 3, extra: 0, ticket: 3 },
  ]);
  assertEquals(native.holds, 0);
});

test("a queue that cannot be polled rejects everything instead of hanging", async () => {
  const native = new QueueDouble();
  const all = new Completions(native);
  const work = [all.submit(started), all.submit(started)];
  native.pollResult = Status.INVALID_HANDLE;
  native.drain();
  const results = await Promise.allSettled(work);
  for (const result of results) {
    assert(result.status === "rejected");
    assertInstanceOf(result.reason, NativeError);
  }
  assertEquals(native.holds, 0);
});

test("check passes counts and throws what the error struct says, or else what failed", () => {
  const error = new ErrorStruct();
  assertEquals(check(12, error, "Reading"), 12);
  Object.assign(error, { status: Status.CORRUPT_DATA, message: "Bad", timestampUs: 40 });
  const said = assertThrows(() => check(Status.CORRUPT_DATA, error, "Reading"), NativeError, "Bad");
  error.message = "reused";
  assertEquals([said.message, said.timestampUs], ["Bad", 40]);
  assertThrows(() => check(-3, null, "Reading"), NativeError, "Reading failed: unsupported");
  assertThrows(() => check(-77, null, "Reading"), NativeError, "Reading failed: -77");
});
