/**
 * One reader's way through a remote file: response after response.
 *
 * @module
 */

import { MediaIoError } from "./errors.ts";
import { BrokenTransfer, type HttpResource, type Transfer } from "./http_resource.ts";

/** What a jump asks for: the library's own unit of reading. */
export const FIRST_BYTES: number = 256 << 10;
/** Reading over this much costs less than another request. */
const SKIP_BYTES = 256 << 10;
/** Requests of one that reads on and on grow by this, up to LARGEST_BYTES; then one goes to the end. */
const GROWTH = 4;
const LARGEST_BYTES = 4 << 20;

/** Reads forward. What a jump leaves unread is little: requests are small until reading goes on. */
export class HttpLane {
  readonly #resource: HttpResource;
  readonly #size: number;
  readonly #stop: AbortController;
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #chunk: Uint8Array = new Uint8Array(0);
  #position = 0;
  #end = 0;
  #length = FIRST_BYTES;

  /** Reads `resource`, of `size` bytes; `opened` is a response that is there already and `stop` ends it. */
  constructor(
    resource: HttpResource,
    size: number,
    opened: { readonly transfer: Transfer; readonly stop: AbortController } | null = null,
  ) {
    this.#resource = resource;
    this.#size = size;
    this.#stop = opened?.stop ?? new AbortController();
    if (opened !== null) this.#take(opened.transfer);
  }

  /** Bytes to read over until `offset`; Infinity if another request does better. */
  distance(offset: number): number {
    const distance = offset - this.#position;
    const isNear = distance >= 0 && distance <= SKIP_BYTES && offset <= this.#end;
    return isNear ? distance : Infinity;
  }

  /** Fills the buffer, or a part of it from its start, with the bytes from `offset` on; at least one. */
  async read(offset: number, buffer: Uint8Array): Promise<number> {
    if (this.#reader === null || this.distance(offset) === Infinity || offset === this.#end) {
      await this.#ask(offset);
    }
    while (this.#position + this.#chunk.length <= offset) {
      this.#position += this.#chunk.length;
      this.#chunk = await this.#next();
    }
    const skipped = offset - this.#position;
    const part = this.#chunk.subarray(skipped, skipped + buffer.length);
    buffer.set(part);
    this.#chunk = this.#chunk.subarray(skipped + part.length);
    this.#position = offset + part.length;
    if (this.#position === this.#end) this.#drain();
    return part.length;
  }

  /** Gives up the response that is there, but not the place. */
  drop(): void {
    const reader = this.#reader;
    this.#reader = null;
    this.#chunk = this.#chunk.subarray(0, 0);
    this.#length = FIRST_BYTES;
    void reader?.cancel().catch(() => {});
  }

  /** Ends it for good; what waits for bytes is rejected with `reason`. */
  cancel(reason: unknown): void {
    this.#stop.abort(reason);
    this.drop();
  }

  async #ask(offset: number): Promise<void> {
    const goesOn = offset === this.#end && offset > 0;
    const length = goesOn ? this.#length * GROWTH : FIRST_BYTES;
    this.drop();
    this.#length = length;
    const isToEnd = length > LARGEST_BYTES || offset + length >= this.#size;
    const last = isToEnd ? null : offset + length - 1;
    this.#take(await this.#resource.range(offset, last, this.#stop.signal));
  }

  #take({ body, start, end }: Transfer): void {
    this.#reader = body.getReader();
    if (this.#stop.signal.aborted) this.drop();
    this.#stop.signal.throwIfAborted();
    this.#chunk = new Uint8Array(0);
    this.#position = start;
    this.#end = end ?? this.#size;
  }

  async #next(): Promise<Uint8Array> {
    let result: ReadableStreamReadResult<Uint8Array>;
    try {
      result = await this.#reader!.read();
    } catch (error) {
      this.#stop.signal.throwIfAborted();
      const { signal } = this.#resource;
      signal.throwIfAborted();
      throw new BrokenTransfer(`the connection broke (${(error as Error).message})`, {
        cause: error,
      });
    }
    this.#stop.signal.throwIfAborted();
    if (result.done) throw new BrokenTransfer("the answer ended early");
    if (this.#position + result.value.length > this.#end) {
      throw new MediaIoError(
        `${this.#resource.name} sent more bytes than its headers said; its server is broken`,
      );
    }
    return result.value;
  }

  /** Takes the end of a response, without which its connection is not used again. */
  #drain(): void {
    const reader = this.#reader!;
    this.#reader = null;
    reader.read().then(({ done }) => done ? undefined : reader.cancel()).catch(() => {});
  }
}
