/**
 * Which frames an index, a list of indices or a slice names.
 *
 * @module
 */

import { describe } from "./descriptor.ts";

/** Frames `first`, `first + step` and so on, `count` of them; `step` may be negative. */
export interface FrameRange {
  /** Index of the first one. */
  readonly first: number;
  /** How many. */
  readonly count: number;
  /** Distance from each to the next; never 0. */
  readonly step: number;
}

/** The frame that an index names; negative ones count from the end. */
export function frameIndex(what: string, index: unknown, length: number): number {
  if (typeof index !== "number" || !Number.isInteger(index)) {
    throw new TypeError(`${what} takes whole numbers as indices, not ${describe(index)}`);
  }
  const frame = index < 0 ? index + length : index;
  if (frame >= 0 && frame < length) return frame;
  throw new RangeError(
    length === 0
      ? `${what}: there is no frame ${index}, the video has none`
      : `${what}: there is no frame ${index}; the video has ${length}, from 0 to ${length - 1}`,
  );
}

/** The frames that indices name, in their order and with their repetitions. */
export function frameIndices(
  what: string,
  indices: readonly unknown[],
  length: number,
): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(indices, (index) => frameIndex(what, index, length));
}

/** What an iterable holds now. */
export function listOf(what: string, values: Iterable<number>): readonly unknown[] {
  const isIterable = typeof values === "object" && values !== null && Symbol.iterator in values;
  if (!isIterable) {
    throw new TypeError(`${what} takes an iterable of numbers, not ${describe(values)}`);
  }
  return [...values];
}

/** A number of frames, at least 1. */
export function frameCount(what: string, count: unknown): number {
  if (typeof count !== "number" || !Number.isInteger(count)) {
    throw new TypeError(`${what} takes a whole number of frames, not ${describe(count)}`);
  }
  if (count < 1 || count > 0xffff_ffff) {
    throw new RangeError(`${what} takes 1 frame or more, not ${count}`);
  }
  return count;
}

/** A time in seconds. */
export function seconds(what: string, value: unknown): number {
  if (typeof value !== "number") {
    throw new TypeError(`${what} takes seconds, not ${describe(value)}`);
  }
  if (!(Math.abs(value) < 1e12)) throw new RangeError(`${what} takes a finite time, not ${value}`);
  return value;
}

/**
 * The frames of a slice: the bounds as Array.prototype.slice takes them, every `step`th of them. With a
 * negative step from `start`, by default the last frame, down to but without `end`.
 */
export function sliceRange(
  start: unknown,
  end: unknown,
  step: unknown,
  length: number,
): FrameRange {
  const by = bound(step, "step");
  if (by === 0 || !Number.isFinite(by)) {
    throw new RangeError(`slice(): step must be a whole number other than 0, not ${by}`);
  }
  const [least, most] = by > 0 ? [0, length] : [-1, length - 1];
  const place = (value: unknown, name: string, absent: number): number => {
    if (value === undefined) return absent;
    const at = bound(value, name);
    return Math.min(Math.max(at < 0 ? at + length : at, least), most);
  };
  const first = place(start, "start", by > 0 ? least : most);
  const last = place(end, "end", by > 0 ? most : least);
  return { first, count: Math.max(0, Math.ceil((last - first) / by)), step: by };
}

function bound(value: unknown, name: string): number {
  const isWhole = typeof value === "number" &&
    (Number.isInteger(value) || Math.abs(value) === Infinity);
  if (isWhole) return value;
  throw new TypeError(`slice(): ${name} must be a whole number, not ${describe(value)}`);
}
