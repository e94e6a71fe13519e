/**
 * Parts of a video by time.
 *
 * @module
 */

import { FrameSpan } from "../ffi/abi.ts";
import { describe } from "./descriptor.ts";
import { checked, native } from "./native_call.ts";

/** A part of a video: its times and its frames. */
export interface SegmentSpan {
  /** In seconds. */
  readonly start: number;
  /** In seconds. */
  readonly end: number;
  /** Number of the first frame. */
  readonly first: number;
  /** Number of frames. */
  readonly count: number;
}

/** The frames whose times lie in [start, end); throws RangeError if there are none. */
export function segmentSpan(
  what: string,
  transcoder: number,
  duration: number,
  start: number,
  end: number,
): SegmentSpan {
  for (const time of [start, end]) {
    if (typeof time !== "number") {
      throw new TypeError(`${what} takes numbers of seconds, not ${describe(time)}`);
    }
  }
  const text = `from ${start} to ${end} s`;
  if (!(start >= 0 && start < end)) {
    throw new RangeError(`${what}: there is no segment ${text}; 0 <= start < end, in seconds`);
  }
  if (start >= duration) {
    throw new RangeError(`${what}: there is no segment ${text}: the video ends at ${duration} s`);
  }
  // Beyond the end, also where microseconds were rounded.
  const behind = end < duration ? end : duration + 1;
  const span = new FrameSpan();
  const status = native().cuf_transcoder_frames(transcoder, start, behind, span.bytes);
  checked(status, "Looking for the frames of a segment");
  const { first, count } = span;
  if (count === 0) throw new RangeError(`${what}: no frame begins in the segment ${text}`);
  return { start, end: Math.min(end, duration), first, count };
}
