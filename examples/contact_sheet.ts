/** A picture of small pictures, for a person to see what was decoded. */
import type { Frame, ImageDataLike } from "../mod.ts";
import { encodePng } from "./png.ts";

const MOST_TILES = 16;
const COLUMNS = 4;
const TILE_WIDTH = 320;
const GAP = 8;
const BACKGROUND = 24;

interface Tile {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Collects up to 16 frames, evenly spaced over the expected number of frames. */
export class ContactSheet {
  readonly #wanted: ReadonlySet<number>;
  readonly #tiles: Tile[] = [];

  /** For a video of about `expected` frames; with 0 the first ones are taken. */
  constructor(expected: number) {
    const count = expected > 0 ? Math.min(expected, MOST_TILES) : MOST_TILES;
    const step = expected > 0 ? expected / count : 1;
    this.#wanted = new Set(Array.from({ length: count }, (_, i) => Math.floor((i + 0.5) * step)));
  }

  /** Takes the frame if its number in the video is wanted. */
  async offer(frame: Frame, number: number): Promise<void> {
    if (!this.#wanted.has(number)) return;
    const width = Math.min(TILE_WIDTH, frame.width);
    const height = Math.max(1, Math.round(frame.height * width / frame.width));
    this.#tiles.push({ rgb: shrink(await frame.toImageData(), width, height), width, height });
  }

  /** The sheet as PNG. */
  encode(): Uint8Array<ArrayBuffer> {
    if (this.#tiles.length === 0) throw new RangeError("The video has no frames to show");
    const columns = Math.min(COLUMNS, this.#tiles.length);
    const rows = Math.ceil(this.#tiles.length / columns);
    const cellWidth = Math.max(...this.#tiles.map((tile) => tile.width)) + GAP;
    const cellHeight = Math.max(...this.#tiles.map((tile) => tile.height)) + GAP;
    const width = columns * cellWidth + GAP;
    const height = rows * cellHeight + GAP;
    const sheet = new Uint8Array(width * height * 3).fill(BACKGROUND);
    this.#tiles.forEach((tile, i) => {
      const left = GAP + (i % columns) * cellWidth;
      const top = GAP + Math.floor(i / columns) * cellHeight;
      for (let y = 0; y < tile.height; y++) {
        const row = tile.rgb.subarray(y * tile.width * 3, (y + 1) * tile.width * 3);
        sheet.set(row, ((top + y) * width + left) * 3);
      }
    });
    return encodePng(sheet, width, height);
  }
}

/** Scales down by the average of the pixels that fall into one. */
function shrink(image: ImageDataLike, width: number, height: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const top = Math.floor(y * image.height / height);
    const bottom = Math.max(top + 1, Math.floor((y + 1) * image.height / height));
    for (let x = 0; x < width; x++) {
      const left = Math.floor(x * image.width / width);
      const right = Math.max(left + 1, Math.floor((x + 1) * image.width / width));
      average(image, { left, top, right, bottom }, rgb, (y * width + x) * 3);
    }
  }
  return rgb;
}

function average(
  image: ImageDataLike,
  box: { left: number; top: number; right: number; bottom: number },
  out: Uint8Array,
  at: number,
): void {
  let red = 0, green = 0, blue = 0;
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const pixel = (y * image.width + x) * 4;
      red += image.data[pixel];
      green += image.data[pixel + 1];
      blue += image.data[pixel + 2];
    }
  }
  const count = (box.bottom - box.top) * (box.right - box.left);
  out[at] = Math.round(red / count);
  out[at + 1] = Math.round(green / count);
  out[at + 2] = Math.round(blue / count);
}
