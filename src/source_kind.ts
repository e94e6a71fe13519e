/**
 * Which kinds of sources there are, and how each is recognized.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { describe, isBytes } from "./descriptor.ts";
import { MediaIoError, UnsupportedError } from "./errors.ts";
import { httpRequest, openHttp } from "./http_source.ts";
import { checkCount } from "./source_pump.ts";

/** A source that can be read anywhere. */
export interface SeekableSource {
  /** Size in bytes. */
  readonly size: number;
  /**
   * Fills `buffer`, or a part of it from its start, with the bytes from `offset` on; returns how many,
   * 0 at the end.
   */
  read(offset: number, buffer: Uint8Array<ArrayBuffer>): number | Promise<number>;
}

/**
 * The guide's feeder: fills `buffer`, or a part of it from its start, with the next bytes and returns how
 * many; 0 ends the stream. The buffer holds 65536 bytes and is used again for the next call.
 */
export type Feeder = (buffer: Uint8Array<ArrayBuffer>) => number | Promise<number>;

/** An open file of Deno (`Deno.FsFile`). It is read by seeking if it can seek, otherwise in order. */
export interface FileSource {
  /** Reads into `buffer`; resolves to the number of bytes, null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Moves the file's position; `whence` 0 counts from the start, 2 from the end. */
  seek(offset: number, whence: 0 | 2): Promise<number>;
}

/**
 * Where a demuxer can read from: a path, a `file:` URL, bytes, a Blob, a ReadableStream, a Response, an
 * open Deno file, an async iterable of bytes, a seekable object, a feeder function or the address of a file
 * on a web server (`http:` or `https:`, as a string, a URL or a Request that carries headers). Sources that
 * cannot seek are streamed with bounded memory; of MP4 files they take those whose index comes first.
 *
 * A web server that answers range requests is a source that can seek; of any other the file is streamed.
 */
export type Source =
  | string
  | URL
  | Request
  | ArrayBufferLike
  | ArrayBufferView
  | Blob
  | ReadableStream<Uint8Array>
  | Response
  | FileSource
  | AsyncIterable<Uint8Array>
  | SeekableSource
  | Feeder;

/** What next() of Chunks gives at the end. */
export const END: unique symbol = Symbol("end of the source");

/** Chunks of a source, one after another. */
export interface Chunks {
  /** The next chunk, END at the end: a source may give anything else by mistake, also null. */
  next(): Promise<unknown>;
  /** Tells the source that nothing more is wanted. */
  cancel(): unknown;
}

/** A source that gives bytes in order. */
export interface ChunkSource {
  readonly kind: "chunks";
  readonly name: string;
  /** Why it cannot seek, where that is not plain. */
  readonly readsInOrder?: string;
  open(): Chunks;
  /** Ends it, also one that was not opened. */
  close?(): void;
}

/** A source that gives any range. */
export interface RangeSource extends SeekableSource {
  readonly kind: "ranges";
  readonly name: string;
  /** Ends all that it has under way; the read that is at work rejects, and the next one begins anew. */
  interrupt?(): void;
  /** Ends it. */
  close?(): void;
}

/** A source that is not a file's path. */
export type ScriptSource =
  | {
    readonly kind: "bytes";
    readonly name: string;
    readonly bytes: ArrayBufferLike | ArrayBufferView;
  }
  | RangeSource
  | ChunkSource;

/** Any source, recognized. */
export type KnownSource = ScriptSource | { readonly kind: "path"; readonly name: string };

/** Measured: 64 KiB a call moves over 5 GB/s in both runtimes, 4 KiB 1, and 1 MiB only 6.5. */
const FEEDER_BYTES = 64 * 1024;

/** Recognizes a source; a TypeError names what is accepted. `stop` ends the waiting for a web server. */
export async function recognize(source: unknown, stop?: AbortSignal): Promise<KnownSource> {
  if (typeof source === "string" || source instanceof URL || source instanceof Request) {
    const request = httpRequest(source);
    return request === null ? pathOf(String(source)) : await openHttp(request, stop);
  }
  if (isBytes(source)) return { kind: "bytes", name: "The bytes", bytes: source };
  if (source instanceof Blob) return blobRanges(source);
  if (source instanceof Response) return responseChunks(source);
  if (typeof source === "function") return feederChunks(source as Feeder);
  if (typeof source === "object" && source !== null) {
    if (has(source, "getReader")) return streamChunks(source as ReadableStream, "The stream");
    if (has(source, "read") && has(source, "seek")) return await fileSource(source as FileSource);
    if (has(source, "read") && "size" in source) return seekableRanges(source as SeekableSource);
    if (has(source, Symbol.asyncIterator)) return iterableChunks(source as AsyncIterable<unknown>);
  }
  throw new TypeError(
    "A source is a path, a file:, http: or https: address, a Request, bytes, a Blob, a ReadableStream, a Response, a Deno file, an async " +
      `iterable of bytes, { size, read(offset, buffer) } or a feeder function, not ${
        describe(source)
      }`,
  );
}

function has(object: object, method: string | symbol): boolean {
  return typeof (object as { readonly [key: string | symbol]: unknown })[method] === "function";
}

function pathOf(text: string): KnownSource {
  if (text === "") throw new TypeError("The path of a source is empty");
  if (text.startsWith("file://")) return { kind: "path", name: fileURLToPath(text) };
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1].toLowerCase();
  if (scheme === undefined) return { kind: "path", name: text };
  throw new UnsupportedError(
    `Addresses of ${scheme}: are not opened by the library; pass its bytes as a stream instead`,
  );
}

function blobRanges(blob: Blob): RangeSource {
  const read = async (offset: number, buffer: Uint8Array<ArrayBuffer>): Promise<number> => {
    const part = await blob.slice(offset, offset + buffer.length).arrayBuffer();
    buffer.set(new Uint8Array(part));
    return part.byteLength;
  };
  return { kind: "ranges", name: "The Blob", size: blob.size, read };
}

function responseChunks(response: Response): ChunkSource {
  const name = `The response${response.url ? ` of ${response.url}` : ""}`;
  if (!response.ok) {
    throw new MediaIoError(`${name} has status ${response.status}; nothing was read`);
  }
  if (response.body === null || response.bodyUsed) {
    throw new TypeError(`${name} has no body left to read; fetch it again`);
  }
  return streamChunks(response.body, name);
}

function streamChunks(stream: ReadableStream<unknown>, name: string): ChunkSource {
  if (stream.locked) throw new TypeError(`${name} is locked by another reader`);
  const open = (): Chunks => {
    const reader = stream.getReader();
    return {
      next: async () => {
        const { done, value } = await reader.read();
        if (done) reader.releaseLock();
        return done ? END : value;
      },
      cancel: async () => {
        await reader.cancel();
        reader.releaseLock();
      },
    };
  };
  return { kind: "chunks", name, open };
}

function iterableChunks(iterable: AsyncIterable<unknown>): ChunkSource {
  const open = (): Chunks => {
    const iterator = iterable[Symbol.asyncIterator]();
    return {
      next: async () => {
        const { done, value } = await iterator.next();
        return done ? END : value;
      },
      cancel: () => iterator.return?.(),
    };
  };
  return { kind: "chunks", name: "The async iterable", open };
}

function feederChunks(feeder: Feeder): ChunkSource {
  return countedChunks("The feeder", feeder);
}

/** Chunks from a function that fills a buffer. */
function countedChunks(name: string, fill: Feeder): ChunkSource {
  const open = (): Chunks => {
    const buffer = new Uint8Array(FEEDER_BYTES);
    return {
      next: async () => {
        const count = checkCount(await fill(buffer), FEEDER_BYTES, name);
        return count === 0 ? END : buffer.subarray(0, count);
      },
      cancel: () => {},
    };
  };
  return { kind: "chunks", name, open };
}

async function fileSource(file: FileSource): Promise<ScriptSource> {
  const name = "The file";
  let size: number;
  try {
    size = await file.seek(0, 2);
  } catch {
    // Pipes and terminals cannot seek.
    return countedChunks(name, async (buffer) => await file.read(buffer) ?? 0);
  }
  const read = async (offset: number, buffer: Uint8Array): Promise<number> => {
    await file.seek(offset, 0);
    return await file.read(buffer) ?? 0;
  };
  return { kind: "ranges", name, size, read };
}

function seekableRanges(source: SeekableSource): RangeSource {
  const { size } = source;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw new RangeError(
      `size of a seekable source must be a number of bytes, not ${describe(size)}`,
    );
  }
  const read = (offset: number, buffer: Uint8Array<ArrayBuffer>): number | Promise<number> =>
    source.read(offset, buffer);
  return { kind: "ranges", name: "The seekable source", size, read };
}
