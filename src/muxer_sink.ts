/**
 * Sinks of a muxer that are the script's: how a container's bytes leave the library.
 *
 * @module
 */

import { CompletionKind, SinkDesc, SinkKind } from "../ffi/abi.ts";
import { subscribe, type Subscription, type TicketEvent } from "../ffi/completion.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { ClosedError, MediaIoError } from "./errors.ts";
import { callWithError, checked, native } from "./native_call.ts";

/** Where a container's bytes go, recognized; a file is written by the library itself. */
export type ScriptSink =
  | { readonly kind: "bytes" }
  | { readonly kind: "readable" }
  | { readonly kind: "writable"; readonly stream: WritableStream<Uint8Array> };

type Bytes = Uint8Array<ArrayBuffer>;

/** What the library gives in one call. */
const TAKE_BYTES = 256 * 1024;

const MESSAGES = { writable: "The WritableStream failed", readable: "The stream was cancelled" };

/** A script's sink while a muxer writes into it. */
export class SinkDrain {
  /** What the script reads, if it reads. */
  readonly readable: ReadableStream<Bytes> | null;
  readonly #handle: NativeHandle;
  readonly #subscription: Subscription;
  readonly #sink: ScriptSink;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array> | null;
  readonly #pumping: Promise<void> | null;
  readonly #scratch = new Uint8Array(TAKE_BYTES);
  #reader: ReadableStreamDefaultController<Bytes> | null = null;
  #wake: (() => void) | null = null;
  #isEnded = false;
  #isAborted = false;
  #isPumping = false;
  /** Of the script's stream. */
  #failure: { readonly error: unknown } | null = null;
  /** Rejects when it is aborted: a WritableStream may be at work for ever. */
  readonly #aborted = Promise.withResolvers<never>();

  /** Makes the native sink and begins to empty it. */
  constructor(device: number, sink: ScriptSink, label: string) {
    this.#sink = sink;
    this.#writer = sink.kind === "writable" ? sink.stream.getWriter() : null;
    this.#subscription = subscribe((event) => this.#onEvent(event));
    const desc = new SinkDesc();
    desc.kind = sink.kind === "bytes" ? SinkKind.MEMORY : SinkKind.STREAM;
    desc.eventTicket = this.#subscription.ticket;
    const out = new Uint32Array(1);
    try {
      callWithError(
        (error) => native().cuf_sink_create(device, desc.bytes, out, error.bytes),
        "Making a sink",
      );
    } catch (error) {
      this.#subscription.close();
      this.#writer?.releaseLock();
      throw error;
    }
    this.#handle = new NativeHandle(out[0], label, "sink");
    this.readable = sink.kind === "readable" ? this.#makeReadable() : null;
    this.#pumping = this.#writer === null ? null : this.#pump(this.#writer);
    // Whoever finishes gets the failure; until then it is not unhandled.
    this.#pumping?.catch(() => {});
    this.#aborted.promise.catch(() => {});
  }

  /** The native sink. */
  get handle(): number {
    return this.#handle.value;
  }

  /** What a failure of the muxer was in truth: that of the script's stream, if it failed. */
  explain(error: unknown): unknown {
    if (this.#failure === null || this.#sink.kind === "bytes") return error;
    const { error: original } = this.#failure;
    return new MediaIoError(`${MESSAGES[this.#sink.kind]}: ${reasonOf(original)}`, {
      cause: original,
    });
  }

  /** The muxer has written all. Resolves when a WritableStream took it; gives all bytes of a sink of bytes. */
  async end(): Promise<Bytes | null> {
    this.#isEnded = true;
    this.#wake?.();
    await Promise.race([this.#pumping, this.#aborted.promise]);
    if (this.#sink.kind !== "bytes") return null;
    const bytes = this.#takeAll();
    this.#release();
    return bytes;
  }

  /**
   * The muxer ended before it had written all, or nobody waits for a WritableStream any more: so do the streams. What
   * is left in a readable stays for its reader.
   */
  abort(): void {
    if (this.#isAborted || (this.#isEnded && !this.#isPumping)) return;
    this.#isEnded = true;
    this.#isAborted = true;
    const reason = new ClosedError("The muxer was closed before it had written all");
    this.#writer?.abort(reason).catch(() => {});
    this.#reader?.error(reason);
    this.#aborted.reject(reason);
    this.#wake?.();
    this.#release();
  }

  #release(): void {
    this.#subscription.close();
    this.#handle.close();
  }

  #onEvent(event: TicketEvent): void {
    if (event.kind !== CompletionKind.SINK_DATA) return;
    // The muxer is gone, also where the script has closed only the device, or nothing.
    if (event.extra === 1) this.abort();
    this.#wake?.();
  }

  /** The next bytes; null if there are none now. */
  #take(): Bytes | null {
    if (this.#handle.isClosed) return null;
    const count = checked(
      native().cuf_sink_take(this.#handle.value, this.#scratch, this.#scratch.length),
      "Taking the muxer's bytes",
    );
    return count === 0 ? null : this.#scratch.slice(0, count);
  }

  /** The next bytes when they are there; null after the last. */
  async #next(): Promise<Bytes | null> {
    for (;;) {
      // Both made before bytes are looked for: word of them may come at any time after that.
      const wasEnded = this.#isEnded;
      const woken = new Promise<void>((resolve) => this.#wake = resolve);
      const bytes = this.#take();
      if (bytes !== null || wasEnded) return bytes;
      await woken;
    }
  }

  #takeAll(): Bytes {
    const parts: Bytes[] = [];
    for (let part = this.#take(); part !== null; part = this.#take()) parts.push(part);
    const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  async #pump(writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    this.#isPumping = true;
    try {
      for (let bytes = await this.#next(); bytes !== null; bytes = await this.#next()) {
        await writer.write(bytes);
      }
      if (!this.#isAborted) await writer.close();
    } catch (error) {
      this.#fail(error);
      throw this.explain(error);
    } finally {
      this.#isPumping = false;
      this.#release();
    }
  }

  #makeReadable(): ReadableStream<Bytes> {
    return new ReadableStream<Bytes>({
      start: (controller) => {
        this.#reader = controller;
      },
      pull: async (controller) => {
        const bytes = await this.#next();
        if (this.#failure !== null || this.#isAborted) return;
        if (bytes !== null) return controller.enqueue(bytes);
        controller.close();
        this.#release();
      },
      cancel: (reason) => {
        this.#fail(reason ?? new Error("nobody reads it any more"));
        this.#isEnded = true;
        this.#wake?.();
        this.#release();
      },
    }, { highWaterMark: 0 });
  }

  #fail(error: unknown): void {
    if (this.#isAborted) return;
    this.#failure ??= { error };
    if (this.#handle.isClosed || this.#sink.kind === "bytes") return;
    const text = `${MESSAGES[this.#sink.kind]}: ${reasonOf(error)}`;
    const message = new TextEncoder().encode(text);
    native().cuf_sink_fail(this.#handle.value, message, message.length);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
