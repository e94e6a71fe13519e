/**
 * What a script says of a packet to the decoder.
 *
 * @module
 */

import { PacketFlag } from "../ffi/abi.ts";
import { describe, type Rule } from "./descriptor.ts";

/**
 * What a script says of a packet to the decoder, by the guide's names of NVDEC's flags:
 *
 * - "endOfPicture": it holds exactly one frame or field. With `latency` "low" and "zero" the frame comes from
 *   the `decode()` of this very packet. The CPU takes every packet so, with the flag and without.
 * - "endOfStream": nothing follows. The frames held back come from the `decode()` of this packet, as if flush()
 *   followed it; its data may be empty. Packets of a new start may follow.
 * - "discontinuity": it does not follow on from the packets before, as after a seek: a new start, best at a key
 *   frame. The frames held back come first.
 * - "timestamp": its timestamp is valid. That is nothing to say here: a packet without one has null.
 * - "notifyEos": beside "endOfStream", tell the end. That is nothing to say here: the promise of that `decode()`
 *   tells it.
 */
export type DecodeFlag =
  | "endOfPicture"
  | "endOfStream"
  | "timestamp"
  | "discontinuity"
  | "notifyEos";

const FLAGS: { readonly [name in DecodeFlag]: number } = {
  endOfPicture: PacketFlag.END_OF_PICTURE,
  endOfStream: PacketFlag.END_OF_STREAM,
  timestamp: PacketFlag.TIMESTAMP,
  discontinuity: PacketFlag.DISCONTINUITY,
  notifyEos: PacketFlag.NOTIFY_EOS,
};
const NAMES = Object.keys(FLAGS) as DecodeFlag[];
const WANTED = `${NAMES.map((name) => `"${name}"`).join(" or ")}, an array of them, or null`;
const ALL = NAMES.reduce((bits, name) => bits | FLAGS[name], 0);

/** The value of a packet's decodeFlag. */
export type DecodeFlags = DecodeFlag | readonly DecodeFlag[] | null;

/** A flag, several, or none. */
export const decodeFlagRule: Rule = (value) => {
  const list = value === null ? [] : Array.isArray(value) ? value : [value];
  return list.every((name) => NAMES.includes(name)) ? null : { wanted: WANTED };
};

/** The flags of a packet's record. */
export function readDecodeFlags(bits: number): DecodeFlags {
  const names = NAMES.filter((name) => bits & FLAGS[name]);
  if (names.length < 2) return names[0] ?? null;
  return Object.freeze(names);
}

/** The flags of a packet's record with others in the place of those that a script may set. */
export function withDecodeFlags(bits: number, value: DecodeFlags): number {
  const problem = decodeFlagRule(value);
  if (problem !== null) {
    throw new TypeError(`decodeFlag must be ${problem.wanted}, not ${describe(value)}`);
  }
  const names = typeof value === "string" ? [value] : value ?? [];
  return names.reduce((all, name) => all | FLAGS[name], bits & ~ALL);
}
