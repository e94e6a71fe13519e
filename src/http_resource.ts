/**
 * Requests of one http: or https: address, and which answers are believed.
 *
 * @module
 */

import { MediaIoError } from "./errors.ts";
import { requireNet } from "./permissions.ts";

/** The connection or the server failed in a way that may be over in a moment. */
export class BrokenTransfer extends Error {
  /** Name of the class. */
  override readonly name: string = "BrokenTransfer";
}

/** Bytes of a resource on their way. */
export interface Transfer {
  /** The answer's body. */
  readonly body: ReadableStream<Uint8Array>;
  /** Offset of its first byte. */
  readonly start: number;
  /** Offset behind its last byte; null if it was not told. */
  readonly end: number | null;
  /** Size of the whole resource; null if it was not told. */
  readonly size: number | null;
  /** Whether the answer is 206: the server gave the range that was asked for. */
  readonly isRange: boolean;
  /** Whether the server says that it would give ranges. */
  readonly offersRanges: boolean;
}

const NOT_SATISFIABLE = 416;
const PARTIAL = 206;
const OK = 200;
/** Answers that say "not now". */
const PASSING: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/** A whole number of a header; null if there is none that makes sense. */
function count(text: string | null | undefined): number | null {
  if (!/^\d+$/.test(text ?? "")) return null;
  return Number.isSafeInteger(Number(text)) ? Number(text) : null;
}

/** One media file of a server. All its requests must find the same version of it. */
export class HttpResource {
  /** Name in messages: the address without credentials and query, which may hold secrets. */
  readonly name: string;
  readonly #request: Request;
  #known: { readonly etag: string | null; readonly modified: string | null } | null = null;
  #size: number | null = null;

  /** Takes the request that every further one copies. */
  constructor(request: Request) {
    this.#request = request;
    const { origin, pathname, search } = new URL(request.url);
    this.name = origin + pathname + (search === "" ? "" : "?...");
  }

  /** The caller's own signal; it ends everything. */
  get signal(): AbortSignal {
    return this.#request.signal;
  }

  /** Throws MediaIoError unless the script may connect to the host. */
  async requirePermission(): Promise<void> {
    await requireNet(new URL(this.#request.url), this.name);
  }

  /** Asks for all bytes in order. */
  async whole(stop: AbortSignal): Promise<Transfer> {
    return this.#accept(await this.#send(null, stop), null);
  }

  /**
   * Asks for the bytes from `start` to `last`, by default to the end. A server may answer with all bytes to
   * the first request of a resource only.
   */
  async range(start: number, last: number | null, stop: AbortSignal): Promise<Transfer> {
    const isFirst = this.#known === null;
    const transfer = this.#accept(await this.#send(`bytes=${start}-${last ?? ""}`, stop), start);
    if (transfer.isRange || isFirst) return transfer;
    void transfer.body.cancel().catch(() => {});
    throw new MediaIoError(
      `${this.name} gave ranges at first, and then answered a request for bytes from ${start} on with all ` +
        "of them; its server is broken, so download it, or pass `await fetch(url)` to read it in order",
    );
  }

  async #send(range: string | null, stop: AbortSignal): Promise<Response> {
    const headers = new Headers(this.#request.headers);
    // Offsets are those of the bytes as they travel.
    headers.set("accept-encoding", "identity");
    if (range !== null) headers.set("range", range);
    const validator = this.#validator();
    if (range !== null && validator !== null) headers.set("if-range", validator);
    const signal = AbortSignal.any([stop, this.#request.signal]);
    try {
      return await fetch(this.#request, { headers, signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const { name } = error as Error;
      const message = this.#messageOf(error as Error);
      // Another try would end in the same way. Neither runtime has a class or code for redirects.
      if (name === "NotCapable" || name === "PermissionDenied" || /redirect/i.test(message)) {
        throw new MediaIoError(`${this.name} could not be read: ${message}`, { cause: error });
      }
      throw new BrokenTransfer(`no answer came (${message})`, { cause: error });
    }
  }

  /** What the runtime says, without the address, which may hold secrets. */
  #messageOf({ message }: Error): string {
    return message.replaceAll(this.#request.url, this.name).replace(/\. For more .*$/s, "");
  }

  /** What If-Range takes: no weak ETag. */
  #validator(): string | null {
    const { etag = null, modified = null } = this.#known ?? {};
    return etag !== null && !etag.startsWith("W/") ? etag : modified;
  }

  #accept(response: Response, start: number | null): Transfer {
    try {
      return this.#check(response, start);
    } catch (error) {
      void response.body?.cancel().catch(() => {});
      throw error;
    }
  }

  #check(response: Response, start: number | null): Transfer {
    const { status, statusText, headers, body } = response;
    const answer = `${status}${statusText === "" ? "" : ` ${statusText}`}`;
    const told = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/i.exec(headers.get("content-range") ?? "");
    if (PASSING.includes(status)) throw new BrokenTransfer(`the server answered ${answer}`);
    if (status === NOT_SATISFIABLE) this.#refused(count(told?.[3]), start);
    const isRange = status === PARTIAL && start !== null;
    if ((status !== OK && !isRange) || body === null) {
      const problem = response.ok ? ", which brings no media" : "";
      throw new MediaIoError(`${this.name} answered ${answer}${problem}; nothing was read`);
    }
    const encoding = headers.get("content-encoding") ?? "identity";
    if (encoding.toLowerCase() !== "identity") {
      throw new MediaIoError(
        `${this.name} comes compressed (Content-Encoding: ${encoding}) although it was asked for as it is; ` +
          "pass `await fetch(url)` to have it decompressed and read in order",
      );
    }
    const transfer = isRange ? this.#rangeOf(told, start) : {
      ...{ start: 0, end: count(headers.get("content-length")) },
      size: count(headers.get("content-length")),
    };
    this.#compare(headers, transfer.size);
    const offersRanges = /^\s*bytes\s*$/i.test(headers.get("accept-ranges") ?? "");
    return { ...transfer, body, isRange, offersRanges };
  }

  #rangeOf(
    told: RegExpExecArray | null,
    start: number,
  ): { readonly start: number; readonly end: number; readonly size: number | null } {
    const [first, last, size] = [count(told?.[1]), count(told?.[2]), count(told?.[3])];
    const isGood = first === start && last !== null && last >= start &&
      (size === null ? told?.[3] === "*" : last < size);
    if (!isGood) {
      throw new MediaIoError(
        `${this.name} answered a request for bytes from ${start} on with the Content-Range ` +
          `"${
            told?.[0] ?? ""
          }"; its server is broken, so pass \`await fetch(url)\` to read it in order`,
      );
    }
    return { start, end: last + 1, size };
  }

  /** 416: there is nothing there. */
  #refused(size: number | null, start: number | null): never {
    if (size === 0 && this.#known === null) {
      throw new MediaIoError(`${this.name} is empty (0 bytes)`);
    }
    if (size !== null && this.#size !== null && size !== this.#size) this.#changed("size", size);
    throw new MediaIoError(
      `${this.name} answered 416 Range Not Satisfiable to a request for bytes from ${
        start ?? 0
      } on`,
    );
  }

  /** Bytes of two versions must not be mixed. */
  #compare(headers: Headers, size: number | null): void {
    const etag = headers.get("etag");
    const modified = headers.get("last-modified");
    if (this.#known === null) {
      this.#known = { etag, modified };
      this.#size = size;
      return;
    }
    const before = this.#known;
    if (size !== null && this.#size !== null && size !== this.#size) this.#changed("size", size);
    if (before.etag !== null && etag !== null) {
      // Weak and strong forms of a tag name the same version.
      if (before.etag.replace(/^W\//, "") !== etag.replace(/^W\//, "")) this.#changed("ETag", etag);
    } else if (before.modified !== null && modified !== null && before.modified !== modified) {
      this.#changed("Last-Modified", modified);
    }
  }

  #changed(what: "size" | "ETag" | "Last-Modified", now: string | number): never {
    const { etag, modified } = this.#known!;
    const before = { size: this.#size, ETag: etag, "Last-Modified": modified }[what];
    throw new MediaIoError(
      `${this.name} changed while it was being read (its ${what} was ${before} and is ${now}); open it again`,
    );
  }
}
