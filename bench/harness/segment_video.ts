/**
 * What is known of a source video: where its frames are.
 *
 * @module
 */

import type { Segment } from "./segments.ts";
import { output } from "./workspace.ts";

/** A source video. */
export interface SourceVideo {
  /** Absolute path. */
  readonly path: string;
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Seconds that segments are taken from. */
  readonly duration: number;
  /** How many frames a segment has. */
  readonly countFrames: (segment: Segment) => number;
}

/** Of times that are rounded to microseconds. */
const TOLERANCE = 1e-6;

/** Any video, looked at by ffprobe. */
export function probeVideo(path: string): SourceVideo {
  const ffprobe = (entries: string, form: string) =>
    output([
      ...["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", entries],
      ...["-of", form, path],
    ]);
  const { streams: [stream] } = JSON.parse(ffprobe("stream=width,height", "json"));
  const times = ffprobe("packet=pts_time,duration_time", "csv=p=0").trim().split("\n")
    .map((line) => line.split(",").map(Number))
    .filter(([time]) => Number.isFinite(time))
    .sort(([a], [b]) => a - b);
  const [first] = times[0];
  const [last, length] = times[times.length - 1];
  return {
    ...{ path, width: stream.width, height: stream.height },
    duration: last - first + (length || 0),
    countFrames: ({ start, end }) => {
      const before = (seconds: number) =>
        times.filter(([time]) => time - first < seconds - TOLERANCE).length;
      return before(end) - before(start);
    },
  };
}
