/**
 * A few pixels of a 1080p picture, by which a benchmark tells whether it got the right frame.
 *
 * @module
 */

import { Buffer } from "node:buffer";

const WIDTH = 1920;
const COLUMNS = 16;
const ROWS = 9;
const STEP = 120;

/** Bytes of the points of one picture. */
export const POINT_BYTES: number = COLUMNS * ROWS * 3;

/** Collects the red, green and blue of 16 x 9 pixels of each picture. */
export class Points {
  readonly #pictures: Uint8Array[] = [];

  /** Takes those of a picture of `channels` interleaved bytes a pixel. */
  add(pixels: Uint8Array, channels: number): void {
    const picture = new Uint8Array(POINT_BYTES);
    for (let i = 0; i < COLUMNS * ROWS; i++) {
      const x = (i % COLUMNS + 0.5) * STEP;
      const y = (Math.floor(i / COLUMNS) + 0.5) * STEP;
      const at = (y * WIDTH + x) * channels;
      for (let c = 0; c < 3; c++) picture[3 * i + c] = pixels[at + c];
    }
    this.#pictures.push(picture);
  }

  /** Pictures taken. */
  get count(): number {
    return this.#pictures.length;
  }

  /** The points of all pictures, to be printed. */
  toString(): string {
    return Buffer.concat(this.#pictures).toString("base64");
  }
}
