/**
 * Encoded packets.
 *
 * @module
 */

import { NO_TIMESTAMP, PacketFlag, PacketInfo } from "../ffi/abi.ts";
import {
  decodeFlagRule,
  type DecodeFlags,
  readDecodeFlags,
  withDecodeFlags,
} from "./decode_flag.ts";
import type { DecoderConfig } from "./decoder_config.ts";
import { bytes, bytesOf, checkDescriptor, flag, instance, integer } from "./descriptor.ts";
import { type Rational, rational } from "./rational.ts";

/** What a packet made by the script holds. */
export interface PacketDescriptor {
  /** The encoded picture. It is not copied: leave it unchanged until it was decoded. */
  readonly data: ArrayBufferLike | ArrayBufferView;
  /** Time at which it is shown, in microseconds; required unless `pts` and `timeBase` are given. */
  readonly timestamp?: number;
  /** How long it is shown, in microseconds; default 0, unknown. */
  readonly duration?: number;
  /** Whether decoding can start here; default false. */
  readonly isKey?: boolean;
  /** Whether it is decoded for reference only and not shown; default false. */
  readonly isDiscard?: boolean;
  /** Time at which it is shown, in units of `timeBase`; default: from `timestamp`. */
  readonly pts?: number | null;
  /** Time at which it is decoded, in units of `timeBase`; default null, unknown. */
  readonly dts?: number | null;
  /** Seconds of one unit of pts and dts; default 1 / 1000000. */
  readonly timeBase?: { readonly num: number; readonly den: number };
  /** What is said of it to the decoder; default null, nothing. */
  readonly decodeFlag?: DecodeFlags;
}

const MICROSECONDS = { num: 1, den: 1_000_000 };
const LARGEST_32_BIT = 2 ** 31 - 1;

/** A packet that comes from a demuxer, and what is known of it. */
export class DemuxedPacket implements PacketDescriptor {
  /** Takes the record, the bytes, the headers in force outside the packets, and a new configuration. */
  constructor(
    readonly info: PacketInfo,
    readonly data: Uint8Array<ArrayBuffer>,
    readonly headers: Uint8Array | null,
    readonly decoderConfig: DecoderConfig | null,
  ) {}
}

/** The record and the headers that go to a decoder with a packet. */
export let decodingParts: (packet: Packet) => { info: PacketInfo; headers: Uint8Array | null };

/** One encoded picture, as it comes from a demuxer or as a script makes it. */
export class Packet {
  /** The encoded bytes, in JavaScript's memory: safe to keep and to post to a Worker. */
  readonly data: Uint8Array;
  /** The decoder configuration that comes into force with this packet; null for most packets. */
  readonly decoderConfig: DecoderConfig | null;
  readonly #info: PacketInfo;
  readonly #headers: Uint8Array | null;

  static {
    decodingParts = (packet) => ({ info: packet.#info, headers: packet.#headers });
  }

  /** Makes a packet from encoded bytes of the script's own. */
  constructor(descriptor: PacketDescriptor) {
    const demuxed = descriptor instanceof DemuxedPacket ? descriptor : null;
    this.#info = demuxed?.info ?? recordOf(descriptor);
    this.#headers = demuxed?.headers ?? null;
    this.data = bytesOf(descriptor.data);
    this.decoderConfig = demuxed?.decoderConfig ?? null;
  }

  /**
   * What is said of it to the decoder: a flag, an array of them, or null. Demuxed packets have none.
   *
   * @throws {TypeError} if it is set to another value
   */
  get decodeFlag(): DecodeFlags {
    return readDecodeFlags(this.#info.flags);
  }
  set decodeFlag(value: DecodeFlags) {
    this.#info.flags = withDecodeFlags(this.#info.flags, value);
  }

  /** Time at which it is shown, in units of timeBase; null if unknown. */
  get pts(): number | null {
    return this.#info.flags & PacketFlag.HAS_PTS ? this.#info.pts : null;
  }

  /** Time at which it is decoded, in units of timeBase; null if unknown. */
  get dts(): number | null {
    return this.#info.flags & PacketFlag.HAS_DTS ? this.#info.dts : null;
  }

  /** Time at which it is shown, in microseconds; null if unknown. */
  get timestamp(): number | null {
    const { timestampUs } = this.#info;
    return timestampUs === NO_TIMESTAMP ? null : timestampUs;
  }

  /** How long it is shown, in microseconds; 0 if unknown. */
  get duration(): number {
    return this.#info.durationUs;
  }

  /** Whether decoding can start here. */
  get isKey(): boolean {
    return (this.#info.flags & PacketFlag.KEY) !== 0;
  }

  /** Whether it is decoded for reference only and not shown, as edit lists ask. */
  get isDiscard(): boolean {
    return (this.#info.flags & PacketFlag.DISCARD) !== 0;
  }

  /** Whether the container says that it is damaged. */
  get isCorrupt(): boolean {
    return (this.#info.flags & PacketFlag.CORRUPT) !== 0;
  }

  /** Byte position in the file; null if unknown. */
  get position(): number | null {
    const { positionBytes } = this.#info;
    return positionBytes < 0 ? null : positionBytes;
  }

  /** Seconds of one unit of pts and dts. */
  get timeBase(): Rational {
    return rational(this.#info.timeBase);
  }
}

function recordOf(descriptor: PacketDescriptor): PacketInfo {
  const ticks = integer(Number.MIN_SAFE_INTEGER);
  const ticksOrNull = (value: unknown) => value === null ? null : ticks(value);
  checkDescriptor("A packet", descriptor, {
    data: bytes(),
    timestamp: ticks,
    duration: integer(0),
    isKey: flag(),
    isDiscard: flag(),
    pts: ticksOrNull,
    dts: ticksOrNull,
    decodeFlag: decodeFlagRule,
    timeBase: instance("{ num, den } of positive integers", isTimeBase),
  }, ["data"]);
  const base = descriptor.timeBase ?? MICROSECONDS;
  const tick = 1e6 * base.num / base.den;
  const pts = descriptor.pts ??
    (descriptor.timestamp === undefined ? null : Math.round(descriptor.timestamp / tick));
  if (pts === null && descriptor.pts === undefined) {
    throw new TypeError('A packet needs the key "timestamp"');
  }
  const dts = descriptor.dts ?? null;
  const duration = descriptor.duration ?? 0;
  const info = new PacketInfo();
  info.flags = (descriptor.isKey ? PacketFlag.KEY : 0) |
    (descriptor.isDiscard ? PacketFlag.DISCARD : 0) |
    (pts === null ? 0 : PacketFlag.HAS_PTS) | (dts === null ? 0 : PacketFlag.HAS_DTS);
  info.flags = withDecodeFlags(info.flags, descriptor.decodeFlag ?? null);
  info.pts = pts ?? NO_TIMESTAMP;
  info.dts = dts ?? NO_TIMESTAMP;
  info.duration = Math.round(duration / tick);
  info.timestampUs = descriptor.timestamp ?? (pts === null ? NO_TIMESTAMP : Math.round(pts * tick));
  info.durationUs = duration;
  info.positionBytes = -1;
  info.timeBase.num = base.num;
  info.timeBase.den = base.den;
  info.dataSize = descriptor.data.byteLength;
  return info;
}

function isTimeBase(value: unknown): boolean {
  const { num, den } = (value ?? {}) as { readonly num?: unknown; readonly den?: unknown };
  return [num, den].every((part) =>
    Number.isInteger(part) && (part as number) > 0 && (part as number) <= LARGEST_32_BIT
  );
}
