/**
 * What a frame shows of itself in a console and in JSON.
 *
 * @module
 */

import type { PixelFormat } from "./format.ts";
import type { Frame } from "./frame.ts";

/** A frame without its pixels. */
export interface FrameSummary {
  /** Its place in display order, from 0; null if it was decoded in order, by a Decoder. */
  readonly index: number | null;
  /** Time at which it is shown, in microseconds; null if the stream does not say. */
  readonly timestamp: number | null;
  /** How long it is shown, in microseconds; 0 if unknown. */
  readonly duration: number;
  /** Layout of the samples. */
  readonly format: PixelFormat;
  /** Width for display in pixels. */
  readonly width: number;
  /** Height for display in pixels. */
  readonly height: number;
  /** Significant bits of a sample. */
  readonly bitDepth: number;
  /** How it was coded; null if unknown. */
  readonly pictureType: "I" | "P" | "B" | null;
  /** Whether decoding can start at it. */
  readonly isKey: boolean;
  /** Whether it is damaged. */
  readonly decodeStatus: "ok" | "corrupt" | "concealed";
  /** Whether close() was called. */
  readonly isClosed: boolean;
}

/** Describes a frame. */
export function summarizeFrame(frame: Frame): FrameSummary {
  const { index, timestamp, duration, format, width, height, bitDepth } = frame;
  const { pictureType, isKey, decodeStatus, isClosed } = frame;
  return {
    index,
    timestamp,
    duration,
    format,
    width,
    height,
    bitDepth,
    pictureType,
    isKey,
    decodeStatus,
    isClosed,
  };
}
