/**
 * Sources of media that the script gives: what they may be, and how they come to the library.
 *
 * @module
 */

import { CompletionKind, SourceDesc, SourceKind } from "../ffi/abi.ts";
import { subscribe, type Subscription, type TicketEvent } from "../ffi/completion.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { bytesOf } from "./descriptor.ts";
import { MediaIoError } from "./errors.ts";
import { callWithError, checked, native } from "./native_call.ts";
import {
  pumpChunks,
  RangeReader,
  SourceChunkError,
  SourceCountError,
  SourceError,
} from "./source_pump.ts";
import type { ScriptSource } from "./source_kind.ts";

/** What the library takes in one call. */
const WRITE_BYTES = 1 << 30;

/** A script's source while a demuxer reads it. */
export class SourceFeed {
  readonly #handle: NativeHandle;
  readonly #subscription: Subscription;
  readonly #name: string;
  readonly #source: ScriptSource;
  readonly #stop = new AbortController();
  #space: (() => void) | null = null;
  #ranges: RangeReader | null = null;
  /** The range that is being read; replaced when that is given up. */
  #request: object | null = null;
  #failure: { readonly error: unknown; readonly isToldAsItIs: boolean } | null = null;

  /** Makes the native source and starts to feed it. */
  constructor(device: number, source: ScriptSource, label: string) {
    this.#name = source.name;
    this.#source = source;
    this.#subscription = subscribe((event) => this.#onEvent(event));
    try {
      this.#handle = new NativeHandle(this.#create(device, source), label, "source");
      this.#start(source);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The native source. */
  get handle(): number {
    return this.#handle.value;
  }

  /** What the demuxer's failure was in truth: the error that the script's source threw, if it did. */
  explain(error: unknown): unknown {
    if (this.#failure === null) return error;
    const { error: original, isToldAsItIs } = this.#failure;
    if (isToldAsItIs) return original;
    const reason = original instanceof Error ? original.message : String(original);
    return new MediaIoError(`${this.#name} failed: ${reason}`, { cause: original });
  }

  /** Stops feeding, cancels the script's source if it has not ended, and frees the native one. */
  close(): void {
    if (!this.#stop.signal.aborted) this.#stop.abort();
    if (this.#source.kind !== "bytes") this.#source.close?.();
    this.#space?.();
    this.#subscription.close();
    this.#handle?.close();
  }

  #create(device: number, source: ScriptSource): number {
    const desc = new SourceDesc();
    desc.eventTicket = this.#subscription.ticket;
    if (source.kind === "bytes") {
      desc.kind = SourceKind.MEMORY;
      desc.sizeBytes = source.bytes.byteLength;
    } else if (source.kind === "ranges") {
      desc.kind = SourceKind.SEEKABLE;
      desc.sizeBytes = source.size;
    }
    const out = new Uint32Array(1);
    callWithError(
      (error) => native().cuf_source_create(device, desc.bytes, out, error.bytes),
      `Reading ${source.name}`,
    );
    return out[0];
  }

  #start(source: ScriptSource): void {
    if (source.kind === "bytes") this.#writeAll(bytesOf(source.bytes));
    else if (source.kind === "ranges") this.#ranges = new RangeReader(source);
    else void this.#pump(source);
  }

  #writeAll(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + WRITE_BYTES);
      const written = native().cuf_source_write(this.handle, part, part.length);
      at += checked(written, `Copying ${this.#name}`);
    }
    native().cuf_source_finish(this.handle);
  }

  async #pump(source: Extract<ScriptSource, { kind: "chunks" }>): Promise<void> {
    try {
      await pumpChunks(source, (bytes) => this.#write(bytes), this.#stop.signal);
      if (!this.#handle.isClosed) native().cuf_source_finish(this.#handle.value);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Writes into the bounded ring; waits for space when it is full. */
  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#handle.isClosed;) {
      // Made before the call: the space event may come as soon as the ring is full.
      const space = new Promise<void>((resolve) => this.#space = resolve);
      const part = bytes.subarray(at, at + WRITE_BYTES);
      const written = native().cuf_source_write(this.#handle.value, part, part.length);
      if (written < 0) return this.#stop.abort(); // the device was closed
      at += written;
      if (at < bytes.length) await space;
    }
  }

  #onEvent(event: TicketEvent): void {
    if (event.kind === CompletionKind.SOURCE_SPACE) this.#space?.();
    else if (event.kind === CompletionKind.SOURCE_CLOSED) this.close();
    else if (event.kind === CompletionKind.SOURCE_CANCEL) this.#giveUp();
    else if (event.kind === CompletionKind.SOURCE_READ) {
      void this.#answer(event.value, event.extra);
    }
  }

  async #answer(offset: number, length: number): Promise<void> {
    const request = {};
    this.#setRequest(request);
    try {
      const bytes = await this.#ranges!.read(offset, length);
      if (this.#request !== request || this.#handle.isClosed) return;
      if (bytes.length < length) {
        const end = offset + bytes.length;
        throw new Error(`it ended at byte ${end}, before the size that it claims`);
      }
      checked(native().cuf_source_write(this.#handle.value, bytes, length), "Reading a source");
      this.#setRequest(null);
    } catch (error) {
      if (this.#request !== request) return;
      this.#setRequest(null);
      this.#fail(error);
    }
  }

  /** Word that nobody waits for a range comes when nothing is awaited: it must be delivered all the same. */
  #setRequest(request: object | null): void {
    this.#request = request;
    const canStop = this.#source.kind === "ranges" && this.#source.interrupt !== undefined;
    if (canStop) this.#subscription.hold(request !== null);
  }

  /** Nobody waits for the range any more. A source that cannot stop reading it gives it all the same. */
  #giveUp(): void {
    const source = this.#source;
    if (source.kind !== "ranges" || source.interrupt === undefined) return;
    const request = this.#request;
    this.#setRequest(null);
    source.interrupt();
    if (request !== null && !this.#handle.isClosed) {
      native().cuf_source_finish(this.#handle.value);
    }
  }

  #fail(error: unknown): void {
    const isToldAsItIs = error instanceof SourceCountError || error instanceof SourceChunkError ||
      error instanceof SourceError;
    this.#failure ??= { error: error instanceof SourceError ? error.error : error, isToldAsItIs };
    if (this.#handle.isClosed) return;
    const reason = error instanceof Error ? error.message : String(error);
    const message = new TextEncoder().encode(`${this.#name} failed: ${reason}`);
    native().cuf_source_fail(this.#handle.value, message, message.length);
  }
}
