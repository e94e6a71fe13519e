/** Writes encoded chunks one after another: an elementary stream. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { EncodedChunk } from "../mod.ts";

/** A file for an elementary stream (.h264, .hevc, .obu), and what was written. */
export class ChunkWriter implements Disposable {
  /** Chunks that were written. */
  chunks = 0;
  /** Bytes of them. */
  bytes = 0;
  readonly #file: number;

  /** Opens the file. */
  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  /** Writes chunks. */
  write(chunks: Iterable<EncodedChunk>): void {
    for (const { data } of chunks) {
      for (let at = 0; at < data.length;) at += writeSync(this.#file, data, at);
      this.chunks++;
      this.bytes += data.length;
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
