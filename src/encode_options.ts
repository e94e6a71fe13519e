/**
 * What goes with a picture that is encoded.
 *
 * @module
 */

import { EncodeDesc, EncodeFlag, SideMessage } from "../ffi/abi.ts";
import {
  bytesOf,
  checkDescriptor,
  describe,
  flag,
  instance,
  integer,
  isBytes,
  type Rule,
  signal,
} from "./descriptor.ts";

/** A message to be inserted. One of `frame.seiMessages` fits. */
export interface SeiMessageInput {
  /**
   * Payload type of an SEI message of H.264 and HEVC, such as 5, user_data_unregistered (see `SeiType`). Of
   * AV1 the metadata type: 1 and 2 for HDR, 4 for ITU-T T.35, 6 to 31 for data of the caller's own.
   */
  readonly type: number;
  /**
   * The message without header and emulation prevention, as bytes or numbers from 0 to 255. That of type 5
   * begins with the 16 bytes of a UUID.
   */
  readonly payload: ArrayBufferLike | ArrayBufferView | readonly number[];
  /** Taken so that a message of a frame fits. */
  readonly name?: unknown;
  /** Taken so that a message of a frame fits. */
  readonly uncompressed?: unknown;
  /** Taken so that a message of a frame fits. */
  readonly parsed?: unknown;
  /** Taken so that a message of a frame fits. */
  readonly isSuffix?: unknown;
  /** Taken so that a message of a frame fits. */
  readonly isMalformed?: unknown;
}

/** What goes with one picture. */
export interface EncodeOptions {
  /** The picture becomes an IDR picture (AV1: a key frame), at which decoding can start; default false. */
  readonly forceIdr?: boolean;
  /** The picture is coded without others; default false. Decoding cannot always start at it. */
  readonly forceIntra?: boolean;
  /** The stream's headers come with the picture; default false. Not all encoders can without an IDR picture. */
  readonly outputSpsPps?: boolean;
  /** Messages that come with the picture, in this order. */
  readonly sei?: readonly SeiMessageInput[];
  /** Time at which it is shown, in microseconds. Default: the frame's, and else counted on by `fps`. */
  readonly timestamp?: number;
  /** Time at which it is shown, in units of timeBase, instead of `timestamp`. */
  readonly pts?: number;
  /** Seconds of one unit of pts. Default: the frame's, of other input 1 / 1000000. */
  readonly timeBase?: { readonly num: number; readonly den: number };
  /** How long it is shown: in the unit of the `pts` or `timestamp` beside it. Default: by `fps`. */
  readonly duration?: number;
  /** Gives the call up: a picture whose turn has not come yet is not encoded. No chunk is lost. */
  readonly signal?: AbortSignal;
}

/** What goes with a picture, as the library wants it. */
export interface EncodeMessage {
  /** The record. */
  readonly desc: EncodeDesc;
  /** Records of the messages; null where there are none. */
  readonly messages: Uint8Array | null;
  /** Their payloads, one after another. */
  readonly payloads: Uint8Array | null;
}

const MICROSECONDS = { num: 1, den: 1_000_000 };
const LARGEST_32_BIT = 2 ** 31 - 1;
const PLAIN: EncodeMessage = { desc: new EncodeDesc(), messages: null, payloads: null };

const time = integer(Number.MIN_SAFE_INTEGER);

const RULES = {
  forceIdr: flag(),
  forceIntra: flag(),
  outputSpsPps: flag(),
  sei: instance("an array of { type, payload }", Array.isArray),
  timestamp: time,
  pts: time,
  timeBase: instance("{ num, den } of positive integers", isTimeBase),
  duration: integer(0),
  signal: signal(),
};

const ignored: Rule = () => null;

const MESSAGE_RULES = {
  type: integer(0, 2 ** 32 - 1),
  payload: instance("bytes, or an array of integers from 0 to 255", isPayload),
  name: ignored,
  uncompressed: ignored,
  parsed: ignored,
  isSuffix: ignored,
  isMalformed: ignored,
};

/** Checks the options of an encode() and gives them as the library wants them. */
export function encodeMessage(what: string, options: EncodeOptions | undefined): EncodeMessage {
  if (options === undefined) return PLAIN;
  checkDescriptor(what, options, RULES);
  const { timestamp, pts, timeBase, sei = [] } = options;
  if (timestamp !== undefined && pts !== undefined) {
    throw new TypeError(`${what} takes timestamp or pts, not both`);
  }
  if (timeBase !== undefined && pts === undefined) {
    throw new TypeError(`${what}: timeBase is the unit of pts; leave it out without one`);
  }
  if (options.duration !== undefined && timestamp === undefined && pts === undefined) {
    throw new TypeError(`${what}: duration goes with timestamp or pts, whose unit it has`);
  }
  const desc = new EncodeDesc();
  desc.flags = (options.forceIdr ? EncodeFlag.FORCE_IDR : 0) |
    (options.forceIntra ? EncodeFlag.FORCE_INTRA : 0) |
    (options.outputSpsPps ? EncodeFlag.OUTPUT_SPS_PPS : 0);
  const when = timestamp ?? pts;
  if (when !== undefined) {
    desc.flags |= EncodeFlag.HAS_PTS;
    desc.pts = when;
    desc.duration = options.duration ?? 0;
    const unit = timestamp === undefined ? timeBase : MICROSECONDS;
    if (unit !== undefined) {
      desc.timeBase.num = unit.num;
      desc.timeBase.den = unit.den;
    }
  }
  desc.messageCount = sei.length;
  return sei.length === 0
    ? { desc, messages: null, payloads: null }
    : { desc, ...packed(what, sei) };
}

/** The messages' records and payloads. */
function packed(
  what: string,
  sei: readonly SeiMessageInput[],
): { readonly messages: Uint8Array; readonly payloads: Uint8Array } {
  const payloads = sei.map((message, i) => {
    checkDescriptor(`${what}: sei[${i}]`, message, MESSAGE_RULES, ["type", "payload"]);
    const { payload } = message;
    return isBytes(payload) ? bytesOf(payload) : Uint8Array.from(payload);
  });
  const messages = new Uint8Array(SideMessage.size * sei.length);
  const all = new Uint8Array(payloads.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  sei.forEach(({ type }, i) => {
    const record = new SideMessage(messages, i * SideMessage.size);
    record.structSize = SideMessage.size;
    record.type = type;
    record.dataOffset = offset;
    record.dataSize = payloads[i].length;
    all.set(payloads[i], offset);
    offset += payloads[i].length;
  });
  return { messages, payloads: all };
}

function isPayload(value: unknown): boolean {
  if (isBytes(value)) return true;
  return Array.isArray(value) &&
    value.every((item) => Number.isInteger(item) && item >= 0 && item <= 255);
}

function isTimeBase(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { num, den } = value as { readonly num?: unknown; readonly den?: unknown };
  return [num, den].every((part) =>
    Number.isInteger(part) && Number(part) > 0 && Number(part) <= LARGEST_32_BIT
  );
}

/** Throws a TypeError that names what an encoder takes. */
export function refuseInput(what: string, input: unknown, expected: string): never {
  throw new TypeError(
    `${what} takes a Frame, a Tensor, bytes or CUDA arrays of ${expected}, not ${describe(input)}`,
  );
}
