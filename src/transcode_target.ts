/**
 * Where a transcoder writes to.
 *
 * @module
 */

import { resolve } from "node:path";
import type { NativeHandle } from "../ffi/handle.ts";
import { unlessAborted } from "./abort.ts";
import { type KnownSink, recognizeSink } from "./muxer_open.ts";
import { nativeMuxer } from "./muxer_options.ts";
import { SinkDrain } from "./muxer_sink.ts";
import { requireWrite } from "./permissions.ts";
import type { MuxerDesc } from "../ffi/abi.ts";
import type { TranscodeFileOptions } from "./transcoder_options.ts";

/** A file or another sink, as the library wants it. */
export class TranscodeTarget {
  /** Path of the file; null for other sinks. */
  readonly path: string | null;
  /** What takes the bytes; null for a file. */
  readonly drain: SinkDrain | null;
  /** The record. */
  readonly desc: MuxerDesc;
  /** The file's metadata. */
  readonly metadata: Uint8Array;
  /** The path's bytes. */
  readonly pathBytes: Uint8Array | null;

  /** Recognizes a sink, and begins to empty it if it is the script's. */
  constructor(what: string, device: NativeHandle, sink: unknown, options: TranscodeFileOptions) {
    const known: KnownSink = recognizeSink(what, sink);
    this.path = known.kind === "path" ? known.path : null;
    this.pathBytes = this.path === null ? null : new TextEncoder().encode(this.path);
    const { container = known.kind === "path" ? undefined : "mp4" } = options;
    const { desc, metadata } = nativeMuxer({ ...options, container });
    this.drain = known.kind === "path" ? null : new SinkDrain(device.value, known, what);
    desc.sink = this.drain?.handle ?? 0;
    this.desc = desc;
    this.metadata = metadata;
  }

  /** Throws MediaIoError unless the script may write there. */
  async permit(): Promise<void> {
    if (this.path !== null) await requireWrite(this.path);
  }
}

/** What files of segments are named after. */
export interface NamedAfter {
  /** The output's path; null if it is no file. */
  readonly output: string | null;
  /** The source's path; null if it is no file. */
  readonly source: string | null;
  /** Kind of file, if it was said. */
  readonly container: string | undefined;
}

const EXTENSION = /\.[^./\\]+$/;

/** A path for a segment that `what` writes; throws TypeError if there is nothing that it could be named after. */
export function segmentPath(
  what: string,
  { output, source, container }: NamedAfter,
  start: number,
  end: number,
): string {
  const base = output ?? source;
  if (base === null) {
    throw new TypeError(`${what}: a source that is no file has no name for an output; give one`);
  }
  const extension = container === undefined ? EXTENSION.exec(output ?? "")?.[0] : `.${container}`;
  const span = `${start.toFixed(2)}_${end.toFixed(2)}`;
  return `${base.replace(EXTENSION, "")}_segment_${span}${extension ?? ".mp4"}`;
}

/** Throws TypeError for outputs that two of several segments write, and for those that nobody could read. */
export function checkOutputs(what: string, outputs: readonly unknown[]): void {
  const seen = new Map<unknown, number>();
  outputs.forEach((output, i) => {
    const known = recognizeSink(what, output);
    if (known.kind === "readable") {
      throw new TypeError(
        `${what}: nobody could read segments[${i}]; give it a WritableStream, or use segmentedTranscode()`,
      );
    }
    if (known.kind === "bytes") return;
    const place = known.kind === "path" ? resolve(known.path) : known.stream;
    const before = seen.get(place);
    if (before !== undefined) {
      const where = known.kind === "path" ? known.path : "the same stream";
      throw new TypeError(
        `${what}: segments[${before}] and segments[${i}] are both written to ${where}; ` +
          "give each an output of its own",
      );
    }
    seen.set(place, i);
  });
}

/** What a job's sink has when all is in it; rejects with the signal's reason where a stream does not take it. */
export function ended(
  { drain }: TranscodeTarget,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer> | null> {
  // A file is complete, whatever the signal says by now.
  return drain === null ? Promise.resolve(null) : unlessAborted(drain.end(), signal);
}
