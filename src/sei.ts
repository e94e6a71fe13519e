/**
 * SEI messages: what a stream tells about its pictures beside these.
 *
 * @module
 */

import { SeiFlag, SeiMessage as Record, SeiSyntax } from "../ffi/abi.ts";
import { checked, native } from "./native_call.ts";
import { seiName } from "./sei_names.ts";
import { parseSei, type SeiParsed } from "./sei_parsed.ts";

/** One SEI message of H.264 or HEVC, metadata OBU of AV1, or time code of an MPEG-2 group. */
export interface SeiMessage {
  /** Its payloadType; of AV1 the metadata_type; of MPEG-2 136, the time code's. */
  readonly type: number;
  /** The name of the type in its specification, such as "user_data_unregistered". */
  readonly name: string;
  /**
   * Whether NVIDIA's decoder gives it as a structure: a time code, mastering display, content light level or
   * alternative transfer characteristics, whose fields are in `parsed`. False for AV1, as there.
   */
  readonly uncompressed: boolean;
  /** Its bytes without emulation prevention, in JavaScript's memory; of AV1 without trailing bits. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** Its fields, of the types that have a form here; null for the others and where they do not fit. */
  readonly parsed: SeiParsed | null;
  /** Whether it came behind the picture's data (HEVC's suffix SEI). */
  readonly isSuffix: boolean;
  /** Whether it is cut off, wrongly framed, or too short for its type. */
  readonly isMalformed: boolean;
}

const USER_DATA = ["userDataRegistered", "userDataUnregistered"];

/** Fetches the messages of a native frame. */
export function readSei(frame: number, count: number, byteLength: number): SeiMessage[] {
  if (count === 0) return [];
  const records = new Uint8Array(Record.size * count);
  const data = new Uint8Array(byteLength);
  const result = native().cuf_frame_sei(frame, records, count, data, byteLength);
  checked(result, "Reading a frame's SEI messages");
  return Array.from(
    { length: result },
    (_, i) => messageOf(new Record(records, i * Record.size), data),
  );
}

function messageOf(record: Record, data: Uint8Array): SeiMessage {
  const { type, syntax, flags, dataOffset, dataSize } = record;
  const payload = new Uint8Array(data.subarray(dataOffset, dataOffset + dataSize));
  const { parsed, isMalformed } = parseSei(record, payload);
  return {
    type,
    name: seiName(syntax, type),
    uncompressed: parsed !== null && syntax !== SeiSyntax.AV1 && !USER_DATA.includes(parsed.kind),
    payload,
    parsed,
    isSuffix: (flags & SeiFlag.SUFFIX) !== 0,
    isMalformed: isMalformed || (flags & SeiFlag.MALFORMED) !== 0,
  };
}
