/**
 * Rectangles and text on an RGB picture, enough for a chart.
 *
 * @module
 */

import { encodePng } from "../../examples/png.ts";

/** Red, green and blue, 0 to 255. */
export type Color = readonly [number, number, number];

const GLYPH_WIDTH = 5;
const GLYPH_HEIGHT = 7;
/** Width of a character with the gap behind it, in dots. */
const ADVANCE = GLYPH_WIDTH + 1;
const ROW_RADIX = 32;

/** Seven rows of five dots each, a row as one digit of base 32; capitals stand for small letters. */
const GLYPHS: ReadonlyMap<string, string> = new Map(
  ("0ehjlphe 14c4444e 2eh1248v 3v2421he 426aiv22 5vgu11he 668guhhe 7v124888 8ehhehhe 9ehhf12c " +
    "Aehhvhhh Buhhuhhu Cehggghe Dsihhhis Evgguggv Fvgguggg Gehgnhhf Hhhhvhhh Ie44444e J72222ic " +
    "Khikokih Lggggggv Mhrllhhh Nhhpljhh Oehhhhhe Puhhuggg Qehhhlid Ruhhukih Sfgge11u Tv444444 " +
    "Uhhhhhhe Vhhhhha4 Whhhllla Xhha4ahh Yhhha444 Zv1248gv .00000cc ,0000c48 -000v000 /01248g0 " +
    "(2488842 )8422248").split(" ").map((glyph) => [glyph[0], glyph.slice(1)]),
);

/** How text is drawn. */
export interface TextStyle {
  /** Its color. */
  readonly color: Color;
  /** Pixels of a dot; a character is 7 dots high. Default 2. */
  readonly dot?: number;
  /** What of the text is at `x`; default "left". */
  readonly align?: "left" | "middle" | "right";
}

/** A picture to draw on. */
export class Canvas {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  readonly #rgb: Uint8Array;

  /** Makes a picture of one color. */
  constructor(width: number, height: number, background: Color) {
    this.width = width;
    this.height = height;
    this.#rgb = new Uint8Array(width * height * 3);
    this.fill(0, 0, width, height, background);
  }

  /** Draws a rectangle; what is outside of the picture is left out. */
  fill(left: number, top: number, width: number, height: number, color: Color): void {
    const [x0, y0] = [Math.max(0, Math.round(left)), Math.max(0, Math.round(top))];
    const x1 = Math.min(this.width, Math.round(left + width));
    const y1 = Math.min(this.height, Math.round(top + height));
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) this.#rgb.set(color, (y * this.width + x) * 3);
    }
  }

  /** Writes a line of text; characters without a picture are left empty. */
  text(text: string, x: number, top: number, { color, dot = 2, align = "left" }: TextStyle): void {
    const width = (text.length * ADVANCE - 1) * dot;
    const left = x - { left: 0, middle: width / 2, right: width }[align];
    for (const [i, character] of [...text.toUpperCase()].entries()) {
      const rows = GLYPHS.get(character) ?? "";
      for (const [row, digit] of [...rows].entries()) {
        const bits = parseInt(digit, ROW_RADIX);
        for (let column = 0; column < GLYPH_WIDTH; column++) {
          if ((bits >> (GLYPH_WIDTH - 1 - column) & 1) === 0) continue;
          this.fill(left + (i * ADVANCE + column) * dot, top + row * dot, dot, dot, color);
        }
      }
    }
  }

  /** Height of a line of text in pixels. */
  static textHeight(dot = 2): number {
    return GLYPH_HEIGHT * dot;
  }

  /** The picture as PNG. */
  encode(): Uint8Array<ArrayBuffer> {
    return encodePng(this.#rgb, this.width, this.height);
  }
}
