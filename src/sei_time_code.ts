/**
 * Time codes of SEI messages.
 *
 * @module
 */

import type { BitReader } from "./bit_reader.ts";

/** One clock timestamp. */
export interface SeiTimestamp {
  /** Hours; null if they are those of the timestamp before. */
  readonly hours: number | null;
  /** Minutes; null if they are those of the timestamp before. */
  readonly minutes: number | null;
  /** Seconds; null if they are those of the timestamp before. */
  readonly seconds: number | null;
  /** Frames, or fields if isFieldBased, within the second. */
  readonly frames: number;
  /** "01:02:03:04", with ";" before the frames of drop-frame time code; null if a part is null. */
  readonly text: string | null;
  /** Whether this timestamp skipped numbers of frames (drop-frame time code). */
  readonly isDropped: boolean;
  /** How frames are counted and dropped: 0 to 6 by table D-3 of H.264; 0 for MPEG-2. */
  readonly countingType: number;
  /** Whether frames are counted by fields. */
  readonly isFieldBased: boolean;
  /** Whether all parts were sent. */
  readonly isFull: boolean;
  /** Whether the time since the timestamp before tells nothing. */
  readonly hasDiscontinuity: boolean;
  /** Scan of the source in H.264: 0 progressive, 1 interlaced, 2 unknown; null elsewhere. */
  readonly scanType: number | null;
  /** What is to be added, in units of the stream's clock; 0 if absent. */
  readonly timeOffset: number;
  /** Bits of timeOffset in the stream; 0 if absent. */
  readonly timeOffsetBits: number;
}

/** Where the codecs' timestamps differ. */
interface Syntax {
  readonly hasScanType: boolean;
  readonly hasFieldFlag: boolean;
  readonly frameBits: number;
  /** Bits of the time offset; null: the timestamp tells. */
  readonly offsetBits: number | null;
  readonly isOffsetSigned: boolean;
}

const HEVC: Syntax = {
  hasScanType: false,
  hasFieldFlag: true,
  frameBits: 9,
  offsetBits: null,
  isOffsetSigned: true,
};
const AV1: Syntax = { ...HEVC, hasFieldFlag: false, isOffsetSigned: false };

/** A timestamp of H.264, D.1.3, behind its clock_timestamp_flag. */
export function h264Timestamp(bits: BitReader, offsetBits: number): SeiTimestamp {
  return timestamp(bits, { ...HEVC, hasScanType: true, frameBits: 8, offsetBits });
}

/** A timestamp of HEVC, D.2.27, behind its clock_timestamp_flag. */
export function hevcTimestamp(bits: BitReader): SeiTimestamp {
  return timestamp(bits, HEVC);
}

/** The timestamp of AV1, 5.8.6. */
export function av1Timestamp(bits: BitReader): SeiTimestamp {
  return timestamp(bits, AV1);
}

/** The time code of a group of pictures of MPEG-1 and 2, 6.2.2.6 of ISO/IEC 13818-2. */
export function mpeg2Timestamp(bits: BitReader): SeiTimestamp {
  const isDropped = bits.flag();
  const hours = bits.bits(5);
  const minutes = bits.bits(6);
  bits.bits(1); // marker
  const seconds = bits.bits(6);
  const frames = bits.bits(6);
  return {
    ...{ hours, minutes, seconds, frames, text: text(hours, minutes, seconds, frames, isDropped) },
    ...{ isDropped, countingType: 0, isFieldBased: false, isFull: true, hasDiscontinuity: false },
    ...{ scanType: null, timeOffset: 0, timeOffsetBits: 0 },
  };
}

function timestamp(bits: BitReader, syntax: Syntax): SeiTimestamp {
  const scanType = syntax.hasScanType ? bits.bits(2) : null;
  const isFieldBased = syntax.hasFieldFlag && bits.flag();
  const countingType = bits.bits(5);
  const isFull = bits.flag();
  const hasDiscontinuity = bits.flag();
  const isDropped = bits.flag();
  const frames = bits.bits(syntax.frameBits);
  const seconds = isFull || bits.flag() ? bits.bits(6) : null;
  const minutes = isFull || (seconds !== null && bits.flag()) ? bits.bits(6) : null;
  const hours = isFull || (minutes !== null && bits.flag()) ? bits.bits(5) : null;
  const timeOffsetBits = syntax.offsetBits ?? bits.bits(5);
  const timeOffset = syntax.isOffsetSigned
    ? bits.signed(timeOffsetBits)
    : bits.bits(timeOffsetBits);
  return {
    ...{ hours, minutes, seconds, frames, text: text(hours, minutes, seconds, frames, isDropped) },
    ...{ isDropped, countingType, isFieldBased, isFull, hasDiscontinuity },
    ...{ scanType, timeOffset, timeOffsetBits },
  };
}

function text(
  hours: number | null,
  minutes: number | null,
  seconds: number | null,
  frames: number,
  isDropped: boolean,
): string | null {
  if (hours === null || minutes === null || seconds === null) return null;
  const [h, m, s, f] = [hours, minutes, seconds, frames].map((part) =>
    String(part).padStart(2, "0")
  );
  return `${h}:${m}:${s}${isDropped ? ";" : ":"}${f}`;
}
