/**
 * A web server on this machine that gives files, well or badly, and remembers what it was asked.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request and what became of it. */
export interface Exchange {
  /** Its number, from 0. */
  readonly number: number;
  /** Path and query. */
  readonly url: string;
  /** The request's headers, their names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Offsets of the first and the last byte that it asks for; null if it asks for all. */
  readonly range: { readonly first: number; readonly last: number | null } | null;
  /** Bytes of the body that were handed to the connection. */
  sent: number;
  /** Whether the answer is held back. */
  isHeld: boolean;
  /** Whether the whole answer was sent. */
  isDone: boolean;
  /** Whether the client closed the connection before. */
  isAborted: boolean;
}

/** A file of the server, and its manners. */
export interface Resource {
  /** Size in bytes. */
  readonly size: number;
  /** Its bytes from `first` to before `end`. */
  read(first: number, end: number): Uint8Array;
  /** Answers with all bytes, whatever range was asked for. */
  readonly ignoresRanges?: boolean;
  /** Headers of every answer beside the usual ones, which they replace; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Bytes of an answer after which the connection is cut. */
  readonly cutsAfter?: (exchange: Exchange) => number;
  /** Bytes that are sent in each millisecond; default: as many as the client takes. */
  readonly bytesPerMs?: number;
  /** Holds an answer back until it resolves: before its headers if they are not sent yet, then its end. */
  readonly holds?: (exchange: Exchange) => Promise<void> | null;
  /** Bytes of an answer before `holds` applies; default 0. */
  readonly holdsAfter?: number;
  /** Answers by itself if it returns true. */
  readonly answers?: (exchange: Exchange, response: ServerResponse) => boolean;
}

const CHUNK = 64 << 10;

/** A file that lies in memory. */
export function resourceOf(
  bytes: Uint8Array,
  manners: Omit<Resource, "size" | "read"> = {},
): Resource {
  return { size: bytes.length, read: (first, end) => bytes.subarray(first, end), ...manners };
}

/** A server that runs until it is closed. */
export class MediaServer implements AsyncDisposable {
  /** What it was asked, in order. */
  readonly exchanges: Exchange[] = [];
  readonly #server: Server;
  readonly #resource: Resource;

  /** Starts one that gives `resource` at every path. */
  static async start(resource: Resource): Promise<MediaServer> {
    const server = new MediaServer(resource);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", () => resolve()));
    return server;
  }

  private constructor(resource: Resource) {
    this.#resource = resource;
    this.#server = createServer((request, response) => this.#onRequest(request, response));
  }

  /** Where it listens, such as "127.0.0.1:8000". */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** An address of it. */
  at(path: string): string {
    return `http://${this.host}/${path}`;
  }

  /** Bytes of bodies that were handed to connections. */
  get sent(): number {
    return this.exchanges.reduce((sum, { sent }) => sum + sent, 0);
  }

  /** Answers that are neither complete nor given up by the client. */
  get open(): number {
    return this.exchanges.filter(({ isDone, isAborted }) => !isDone && !isAborted).length;
  }

  /** Answers that are held back and whose client waits. */
  get held(): number {
    return this.exchanges.filter(({ isHeld, isAborted }) => isHeld && !isAborted).length;
  }

  /** Ends it and all its connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { headers, url = "" } = request;
    const asked = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
    const last = asked?.[2] ? Number(asked[2]) : null;
    const exchange: Exchange = {
      number: this.exchanges.length,
      url,
      headers: headers as Exchange["headers"],
      range: asked === null ? null : { first: Number(asked[1]), last },
      ...{ sent: 0, isHeld: false, isDone: false, isAborted: false },
    };
    this.exchanges.push(exchange);
    response.on("close", () => exchange.isAborted = !exchange.isDone);
    response.on("error", () => {});
    if (this.#resource.answers?.(exchange, response)) return void (exchange.isDone = true);
    this.#answer(exchange, response).catch((error) => response.destroy(error as Error));
  }

  async #answer(exchange: Exchange, response: ServerResponse): Promise<void> {
    const { size, ignoresRanges, headers, holdsAfter = 0 } = this.#resource;
    const range = ignoresRanges ? null : exchange.range;
    const first = range?.first ?? 0;
    const end = Math.min(size, (range?.last ?? size) + 1);
    if (holdsAfter === 0) await this.#hold(exchange);
    if (range !== null && first >= size) {
      response.writeHead(416, { "content-range": `bytes */${size}` });
      exchange.isDone = true;
      return void response.end();
    }
    const usual = {
      "content-length": `${end - first}`,
      ...(range === null ? {} : { "content-range": `bytes ${first}-${end - 1}/${size}` }),
    };
    const all = Object.entries({ ...usual, ...headers });
    const known = all.filter((entry): entry is [string, string] => entry[1] !== undefined);
    response.writeHead(range === null ? 200 : 206, Object.fromEntries(known));
    response.flushHeaders();
    await this.#send(exchange, response, first, end);
  }

  async #hold(exchange: Exchange): Promise<void> {
    const hold = this.#resource.holds?.(exchange) ?? null;
    exchange.isHeld = hold !== null;
    await hold;
    exchange.isHeld = false;
  }

  async #send(
    exchange: Exchange,
    response: ServerResponse,
    first: number,
    end: number,
  ): Promise<void> {
    const { cutsAfter, bytesPerMs, holdsAfter = 0, holds, read } = this.#resource;
    const stop = Math.min(end, first + (cutsAfter?.(exchange) ?? Infinity));
    let pause = holdsAfter > 0 && holds !== undefined ? first + holdsAfter : Infinity;
    for (let at = first; at < stop && !exchange.isAborted;) {
      if (at >= pause) {
        await this.#hold(exchange);
        pause = Infinity;
      }
      const next = Math.min(stop, pause, at + (bytesPerMs ?? CHUNK));
      const isTaken = response.write(read(at, next));
      exchange.sent += next - at;
      at = next;
      if (bytesPerMs !== undefined) await new Promise((resolve) => setTimeout(resolve, 1));
      if (!isTaken) await untilTaken(response);
    }
    if (exchange.isAborted) return;
    exchange.isDone = true;
    if (stop === end) return void response.end();
    // What was written must be on its way before the connection is cut.
    await new Promise((resolve) => setTimeout(resolve, 10));
    response.destroy();
  }
}

function untilTaken(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}
