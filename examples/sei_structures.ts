/** SEI messages as the C structs of NVIDIA's decoder, which Python scripts read by ctypes. */
import type { SeiMessage, SeiTimestamp } from "../mod.ts";

const MOST_TIMESTAMPS = 3;
const TIMESTAMP_BYTES = 20;
const TIME_CODE_BYTES = MOST_TIMESTAMPS * TIMESTAMP_BYTES + 4;
const LIGHT_LEVEL_BYTES = 8;

/** The struct of a message that is `uncompressed`; the payload of the others. */
export function structureOf(message: SeiMessage): Uint8Array {
  const { parsed, payload, uncompressed, name } = message;
  if (!uncompressed || parsed === null) return payload;
  if (name === "group_of_pictures_time_code") return mpeg2TimeCode(payload);
  if ("timestamps" in parsed) return timeCode(parsed.timestamps);
  // These have the fields of the payload, in the processor's order of bytes.
  if (parsed.kind === "masteringDisplayColorVolume") return swapped(payload, [...TWO_BYTES, 4, 4]);
  if (parsed.kind === "contentLightLevelInfo") {
    const bytes = new Uint8Array(LIGHT_LEVEL_BYTES);
    bytes.set(swapped(payload, [2, 2]));
    return bytes;
  }
  return payload.subarray(0, 1);
}

const TWO_BYTES: readonly number[] = new Array(8).fill(2);

/** SEIMASTERINGDISPLAYINFO has all x, then all y of the primaries; the payload has them in turns. */
function swapped(payload: Uint8Array, sizes: readonly number[]): Uint8Array {
  const fields: Uint8Array[] = [];
  for (let at = 0, i = 0; i < sizes.length; at += sizes[i++]) {
    fields.push(payload.slice(at, at + sizes[i]).reverse());
  }
  const isDisplay = sizes.length > 2;
  const order = isDisplay ? [0, 2, 4, 1, 3, 5, 6, 7, 8, 9] : [0, 1];
  return Uint8Array.from(order.flatMap((i) => [...fields[i]]));
}

/** TIMECODE: three TIMECODESETs and their number. */
function timeCode(timestamps: readonly (SeiTimestamp | null)[]): Uint8Array {
  const bytes = new Uint8Array(TIME_CODE_BYTES);
  for (const [i, time] of timestamps.entries()) {
    if (time !== null) writeTimestamp(new DataView(bytes.buffer, i * TIMESTAMP_BYTES), time);
  }
  bytes[MOST_TIMESTAMPS * TIMESTAMP_BYTES] = timestamps.length;
  return bytes;
}

function writeTimestamp(view: DataView, time: SeiTimestamp): void {
  view.setInt32(0, time.timeOffset, true);
  view.setUint16(4, time.frames, true);
  const { seconds, minutes, hours, isFull } = time;
  const flagOf = (part: number | null): number => Number(part !== null && !isFull);
  const bytes = [
    ...[1, Number(time.isFieldBased), time.countingType, Number(isFull)],
    ...[Number(time.hasDiscontinuity), Number(time.isDropped)],
    ...[seconds ?? 0, minutes ?? 0, hours ?? 0],
    ...[flagOf(seconds), flagOf(minutes), flagOf(hours), time.timeOffsetBits],
  ];
  for (const [i, byte] of bytes.entries()) view.setUint8(6 + i, byte);
}

/** TIMECODEMPEG2: a byte for each field of the header. */
function mpeg2TimeCode([a, b, c, d]: Uint8Array): Uint8Array {
  const bits = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  const field = (from: number, count: number): number =>
    Math.floor(bits / 2 ** (32 - from - count)) % 2 ** count;
  return Uint8Array.of(
    field(0, 1), // drop_frame_flag
    field(1, 5), // hours
    field(6, 6), // minutes
    field(12, 1), // marker_bit
    field(13, 6), // seconds
    field(19, 6), // pictures
  );
}
