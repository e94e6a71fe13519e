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
import type { StreamType } from "./stream_metadata.ts";

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
  /** Takes the record, the bytes, the headers in force outside the packets, a new configuration, and the kind of stream. */
  constructor(
    readonly info: PacketInfo,
    readonly data: Uint8Array<ArrayBuffer>,
    readonly headers: Uint8Array | null,
    readonly decoderConfig: DecoderConfig | null,
    readonly type: StreamType,
  ) {}
}

/**
 * A packet as the library takes it: with the headers in force, unless the decoder was given them before;
 * `known` are those that it has, `headers` those that it has then.
 */
export let packetMessage: (
  packet: Packet,
  known: Uint8Array | null,
) => { info: PacketInfo; data: Uint8Array; headers: Uint8Array | null };

/** A packet as a muxer takes it: with the headers that come into force with it. */
export let writtenPacket: (packet: Packet) => { info: PacketInfo; data: Uint8Array };

/** One encoded picture, as it comes from a demuxer or as a script makes it. */
export class Packet {
  /** The encoded bytes, in JavaScript's memory: safe to keep and to post to a Worker. */
  readonly data: Uint8Array;
  /** The decoder configuration that comes into force with this packet; null for most packets. */
  readonly decoderConfig: DecoderConfig | null;
  /** What it holds; a demuxer gives others than video where it was opened with `streams`. */
  readonly type: StreamType;
  /** Number of its stream in the container; null if the script made it. */
  readonly streamIndex: number | null;
  readonly #info: PacketInfo;
  readonly #headers: Uint8Array | null;

  static {
    packetMessage = (packet, known) => packet.#message(known);
    writtenPacket = (packet) =>
      packet.#message(packet.decoderConfig === null ? packet.#headers : null);
  }

  /** Makes a packet from encoded bytes of the script's own. */
  constructor(descriptor: PacketDescriptor) {
    const demuxed = descriptor instanceof DemuxedPacket ? descriptor : null;
    this.#info = demuxed?.info ?? recordOf(descriptor);
    this.#headers = demuxed?.headers ?? null;
    this.data = bytesOf(descriptor.data);
    this.type = demuxed?.type ?? "video";
    this.streamIndex = demuxed?.info.streamIndex ?? null;
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

  #message(known: Uint8Array | null): ReturnType<typeof packetMessage> {
    const { data } = this;
    const record = this.#info;
    const headers = this.#headers;
    if (data.length !== record.dataSize) {
      throw new TypeError("The packet's data was transferred away; decode it before that");
    }
    const info = new PacketInfo(record.bytes.slice(record.at, record.at + PacketInfo.size));
    info.dataOffset = 0;
    info.extradataOffset = 0;
    info.extradataSize = 0;
    if (headers === null || headers === known) return { info, data, headers: known };
    info.extradataOffset = data.length;
    info.extradataSize = headers.length;
    const joined = new Uint8Array(data.length + headers.length);
    joined.set(data);
    joined.set(headers, data.length);
    return { info, data: joined, headers };
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
