/**
 * Colour spaces: the code points of ITU-T H.273 under the names of WebCodecs.
 *
 * @module
 */

import { checkDescriptor, describe, flag, oneOf, type Rule } from "./descriptor.ts";

/** A colour space in the words of WebCodecs. Where those have no word, the number of ITU-T H.273. */
export interface ColorSpace {
  /** Colour primaries, such as "bt709"; null if the stream does not say. */
  readonly primaries: string | number | null;
  /** Transfer characteristics, such as "bt709"; null if the stream does not say. */
  readonly transfer: string | number | null;
  /** Matrix coefficients, such as "bt709" or "smpte170m"; null if the stream does not say. */
  readonly matrix: string | number | null;
  /** Whether samples use the full range (0 to 255 at 8 bits). */
  readonly fullRange: boolean;
}

/** What replaces the stream's own colour description where frames become RGB. */
export interface ColorOverride {
  /**
   * Matrix: "bt601" (same as "smpte170m"), "bt709", "bt2020" (same as "bt2020-ncl"), "bt470bg",
   * "rgb" or an H.273 number; default: the stream's, and without one BT.709 from 720 lines up, BT.601 below.
   */
  readonly matrix?: string | number | null;
  /** Range of the samples; default: the stream's. */
  readonly range?: "limited" | "full";
  /** The same as `range` in the words of WebCodecs. */
  readonly fullRange?: boolean | null;
  /** Taken so that a decoderConfig fits; RGB conversion keeps the stream's primaries. */
  readonly primaries?: string | number | null;
  /** Taken so that a decoderConfig fits; RGB conversion keeps the stream's transfer. */
  readonly transfer?: string | number | null;
}

const UNSPECIFIED = 2;
const PRIMARIES = { 1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 12: "smpte432" };
const TRANSFER = {
  1: "bt709",
  6: "smpte170m",
  8: "linear",
  13: "iec61966-2-1",
  16: "pq",
  18: "hlg",
};
const MATRIX = { 0: "rgb", 1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020-ncl" };
const MATRIX_CODES: { readonly [name: string]: number } = {
  bt709: 1,
  bt470bg: 5,
  bt601: 6,
  smpte170m: 6,
  bt2020: 9,
  "bt2020-ncl": 9,
};

/** Describes code points of H.273. */
export function colorSpaceOf(
  code: {
    readonly primaries: number;
    readonly transfer: number;
    readonly matrix: number;
    readonly fullRange: number;
  },
): ColorSpace {
  return {
    primaries: nameOf(PRIMARIES, code.primaries),
    transfer: transferName(code.transfer),
    matrix: nameOf(MATRIX, code.matrix),
    fullRange: code.fullRange !== 0,
  };
}

/** The name of transfer characteristics by their number in H.273, as in a ColorSpace. */
export function transferName(code: number): string | number | null {
  return nameOf(TRANSFER, code);
}

/** The override's numbers as the library wants them; 0 keeps what the stream says. */
export function overrideCodes(
  override: ColorOverride | undefined,
): { matrix: number; range: number } {
  if (override === undefined) return { matrix: 0, range: 0 };
  const isFull = override.range !== undefined
    ? override.range === "full"
    : override.fullRange ?? undefined;
  return { matrix: matrixCode(override.matrix), range: isFull === undefined ? 0 : isFull ? 2 : 1 };
}

/** A colour description as H.273's numbers; what it does not say is unspecified. */
export function colorCodes(
  space: Partial<ColorSpace>,
): { primaries: number; transfer: number; matrix: number; fullRange: number } {
  return {
    primaries: codeOf(PRIMARIES, space.primaries),
    transfer: codeOf(TRANSFER, space.transfer),
    matrix: codeOf(MATRIX, space.matrix),
    fullRange: space.fullRange ? 1 : 0,
  };
}

/** A descriptor's colour description, as a frame has one. */
export function colorSpaceRule(value: unknown): ReturnType<Rule> {
  const known = (names: CodeNames): Rule => (word) =>
    word === null || !Number.isNaN(codeOf(names, word))
      ? null
      : { wanted: `${Object.values(names).join(", ")}, a number of H.273 or null` };
  checkDescriptor("colorSpace", value, {
    primaries: known(PRIMARIES),
    transfer: known(TRANSFER),
    matrix: known(MATRIX),
    fullRange: (isFull) => isFull === null ? null : flag()(isFull),
  });
  return null;
}

/** A descriptor's colour override. */
export function colorOverride(): Rule {
  const free: Rule = (value) =>
    value === null || typeof value === "string" || typeof value === "number"
      ? null
      : { wanted: "a name, a number of H.273 or null" };
  return (value) => {
    checkDescriptor("colorSpace", value, {
      matrix: (matrix) => matrix === null || isMatrix(matrix) ? null : { wanted: matrixWords() },
      range: oneOf("limited", "full"),
      fullRange: (isFull) => isFull === null ? null : flag()(isFull),
      primaries: free,
      transfer: free,
    });
    return null;
  };
}

interface CodeNames {
  readonly [code: number]: string;
}

/** The number of a name, or a number itself; NaN for others. */
function codeOf(names: CodeNames, word: unknown): number {
  if (word === null || word === undefined) return UNSPECIFIED;
  if (typeof word === "number" && Number.isInteger(word) && word >= 0 && word <= 255) return word;
  const alias = names === MATRIX && typeof word === "string" ? MATRIX_CODES[word] : undefined;
  return alias ?? Number(Object.entries(names).find(([, name]) => name === word)?.[0]);
}

function nameOf(names: CodeNames, code: number): string | number | null {
  return code === UNSPECIFIED ? null : names[code] ?? code;
}

function isMatrix(value: unknown): boolean {
  if (typeof value === "string") return Object.hasOwn(MATRIX_CODES, value) || value === "rgb";
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 255;
}

function matrixWords(): string {
  return `${["rgb", ...Object.keys(MATRIX_CODES)].join(", ")} or a number of H.273`;
}

function matrixCode(matrix: string | number | null | undefined): number {
  // "rgb" needs no override: RGB-coded streams say so themselves, and 0 means the stream's.
  if (matrix === null || matrix === undefined || matrix === "rgb") return 0;
  if (typeof matrix === "number") return matrix;
  if (!Object.hasOwn(MATRIX_CODES, matrix)) {
    throw new TypeError(`Unknown matrix ${describe(matrix)}; the names are ${matrixWords()}`);
  }
  return MATRIX_CODES[matrix];
}
