/**
 * How parts of a video are transcoded.
 *
 * @module
 */

import { checkDescriptor, flag, instance, integer, type Rules, signal } from "./descriptor.ts";
import type { MuxerSink } from "./muxer_open.ts";
import type { TranscodeFileOptions } from "./transcoder_options.ts";

/** How one job goes. */
export interface TranscodeOptions extends Pick<TranscodeFileOptions, "overwrite"> {
  /** Where it is written to, instead of the transcoder's output. */
  readonly output?: MuxerSink;
  /** Gives it up; the job rejects with its reason, and nothing is left of the file. */
  readonly signal?: AbortSignal;
  /**
   * Told of how much is done, from 0 to 1. What it throws gives the job up; when it is told 1, the file is
   * complete, and stays.
   */
  readonly onProgress?: (part: number) => void;
}

/** A part of a video, in seconds from its first frame's time on. */
export interface TranscodeSegment {
  /** The first frame is the first that is not before this. */
  readonly start: number;
  /** Frames from this on are not in it; beyond the end it is the end. */
  readonly end: number;
  /** Where it is written to; default: a file named after the segment. Nobody could read a readable. */
  readonly output?: Exclude<MuxerSink, { readonly readable: true }>;
}

/** How several segments are transcoded. */
export interface TranscodeSegmentsOptions extends Omit<TranscodeOptions, "output"> {
  /** How many are at work at once, 1 to 63; default: one for each thread of the device, on a GPU 2. */
  readonly concurrency?: number;
}

/** Most segments that are at work at once. */
export const MOST_CONCURRENT = 63;

const jobRules: Rules = {
  overwrite: flag(),
  signal: signal(),
  onProgress: instance("a function", (value) => typeof value === "function"),
};

/** Checks how one job goes. Sinks are checked where they are opened. */
export function checkJob(what: string, options: TranscodeOptions): void {
  checkDescriptor(what, options, { ...jobRules, output: () => null });
}

/** Checks how several segments are transcoded. */
export function checkSegments(
  what: string,
  segments: readonly TranscodeSegment[],
  options: TranscodeSegmentsOptions,
): void {
  checkDescriptor(what, options, { ...jobRules, concurrency: integer(1, MOST_CONCURRENT) });
  if (!Array.isArray(segments)) {
    throw new TypeError(`${what} takes an array of { start, end, output? }`);
  }
  const any = () => null;
  segments.forEach((segment, i) => {
    const rules = { start: any, end: any, output: any };
    checkDescriptor(`${what}: segments[${i}]`, segment, rules, ["start", "end"]);
  });
}
