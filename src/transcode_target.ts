/**
 * Where a transcoder writes to.
 *
 * @module
 */

import type { NativeHandle } from "../ffi/handle.ts";
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

/** A path for a segment of what stands under another path. */
export function segmentPath(base: string, start: number, end: number): string {
  const stem = base.replace(/\.[^./\\]+$/, "");
  return `${stem}_segment_${start.toFixed(2)}_${end.toFixed(2)}.mp4`;
}
