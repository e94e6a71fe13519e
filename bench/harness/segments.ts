/**
 * Segments of videos: random ones, and what must be in them.
 *
 * @module
 */

/** A part of a video, in seconds. */
export interface Segment {
  /** Where it begins. */
  readonly start: number;
  /** Where it ends; what begins there is not in it. */
  readonly end: number;
}

/** Of the times of frames, which are not exact in seconds. */
const TOLERANCE = 1e-6;

/** Times have two decimals. */
const HUNDREDTH = 0.01;

/**
 * `count` segments of `length` seconds that do not overlap, at random places of the first `duration` seconds, in
 * the order of the file; always the same ones for a seed. They begin at multiples of `step`, rounded to two decimals.
 *
 * @throws {RangeError} if there is no room for them
 */
export function randomSegments(
  duration: number,
  count: number,
  length: number,
  seed: number,
  step: number = HUNDREDTH,
): Segment[] {
  // A step more for each, since times are rounded up.
  const taken = length + step;
  const free = duration - count * taken;
  if (free < 0) {
    throw new RangeError(`${count} segments of ${length} s do not fit into ${duration} s`);
  }
  let state = seed + 1;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const gaps = Array.from({ length: count }, () => next() * free).sort((a, b) => a - b);
  return gaps.map((gap, i) => {
    const start = Math.ceil((gap + i * taken) / step) * step;
    const rounded = (time: number) => Number(time.toFixed(2));
    return { start: rounded(start), end: rounded(start + length) };
  });
}

/** Frames of a video with a constant frame rate whose times are in a segment. */
export function framesIn({ start, end }: Segment, fps: number): number {
  const firstFrom = (time: number) => Math.ceil(time * fps - TOLERANCE);
  return firstFrom(end) - firstFrom(start);
}

/** Name of a segment's file. */
export function segmentName({ start, end }: Segment): string {
  return `segment_${start.toFixed(2)}_${end.toFixed(2)}.mp4`;
}
