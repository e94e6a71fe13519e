/** Raw frames in a file, one after another. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Frame } from "../mod.ts";

/** Writes the bytes of frames. */
export class FrameWriter {
  readonly #file: number;
  #bytes = new Uint8Array(0);

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  async write(frame: Frame): Promise<void> {
    if (this.#bytes.length !== frame.byteLength) this.#bytes = new Uint8Array(frame.byteLength);
    await frame.copyTo(this.#bytes);
    for (let at = 0; at < this.#bytes.length;) at += writeSync(this.#file, this.#bytes, at);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
