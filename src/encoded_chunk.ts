/**
 * Encoded pictures.
 *
 * @module
 */

import { ChunkFlag, ChunkInfo, PictureType } from "../ffi/abi.ts";
import { bytesOf, describe, isBytes } from "./descriptor.ts";
import { Packet } from "./packet.ts";
import { type Rational, rational } from "./rational.ts";

/** The library's records of chunks, to be read into many times: making them costs more than reading. */
export class ChunkRecords {
  /** The records' bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #infos: readonly ChunkInfo[];
  readonly #timeBases: readonly { readonly num: number; readonly den: number }[];

  /** Room for `capacity` of them. */
  constructor(capacity: number) {
    this.bytes = new Uint8Array(ChunkInfo.size * capacity);
    this.#infos = Array.from(
      { length: capacity },
      (_, i) => new ChunkInfo(this.bytes, i * ChunkInfo.size),
    );
    this.#timeBases = this.#infos.map(({ timeBase }) => timeBase);
  }

  /** Chunks of the first records and their bytes, which become theirs. */
  chunks(count: number, data: Uint8Array<ArrayBuffer>): EncodedChunk[] {
    // Nearly always it is one.
    if (count === 1) return [makeChunk(this.#infos[0], this.#timeBases[0], data)];
    return this.#infos.slice(0, count).map((info, i) => {
      const { dataOffset, dataSize } = info;
      // Each has a buffer of its own, so that one can be transferred without the others.
      const own = data.slice(dataOffset, dataOffset + dataSize);
      return makeChunk(info, this.#timeBases[i], own);
    });
  }
}

let makeChunk: (
  info: ChunkInfo,
  timeBase: { readonly num: number; readonly den: number },
  data: Uint8Array<ArrayBuffer>,
) => EncodedChunk;

/**
 * One encoded picture, as WebCodecs' EncodedVideoChunk has it, in decode order. It is in JavaScript's
 * memory: keep it, post it, forget it.
 */
export class EncodedChunk {
  /** The bytes: Annex B with start codes (H.264, HEVC), or OBUs that begin with a temporal delimiter (AV1). */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Time at which it is shown, in microseconds. */
  readonly timestamp: number;
  /** How long it is shown, in microseconds. */
  readonly duration: number;
  /** Time at which it is shown, in units of timeBase: exactly what was given with the picture. */
  readonly pts: number;
  /** Time at which it is decoded, in units of timeBase; it grows from chunk to chunk and is never above pts. */
  readonly dts: number;
  /** Seconds of one unit of pts and dts. */
  readonly timeBase: Rational;
  /** "key" if decoding can start at it. */
  readonly type: "key" | "delta";
  /** How it was coded; null if the encoder does not tell. */
  readonly pictureType: "I" | "P" | "B" | null;

  static {
    makeChunk = (info, timeBase, data) => new EncodedChunk(info, timeBase, data);
  }

  private constructor(
    info: ChunkInfo,
    timeBase: { readonly num: number; readonly den: number },
    data: Uint8Array<ArrayBuffer>,
  ) {
    this.data = data;
    this.timestamp = info.timestampUs;
    this.duration = info.durationUs;
    this.pts = info.pts;
    this.dts = info.dts;
    this.timeBase = rational(timeBase);
    this.type = info.flags & ChunkFlag.KEY ? "key" : "delta";
    this.pictureType = PICTURE_TYPES[info.pictureType] ?? null;
  }

  /** Whether decoding can start at it. */
  get isKey(): boolean {
    return this.type === "key";
  }

  /** Bytes of data. */
  get byteLength(): number {
    return this.data.length;
  }

  /**
   * Copies the bytes, as WebCodecs does.
   *
   * @throws {RangeError} if `destination` has fewer than byteLength bytes
   */
  copyTo(destination: ArrayBufferLike | ArrayBufferView): void {
    if (!isBytes(destination)) {
      throw new TypeError(`copyTo() takes an ArrayBuffer or a view, not ${describe(destination)}`);
    }
    const bytes = bytesOf(destination);
    if (bytes.length < this.data.length) {
      throw new RangeError(
        `copyTo() needs ${this.data.length} bytes; the destination has ${bytes.length}`,
      );
    }
    bytes.set(this.data);
  }

  /** The same as a packet, for a decoder. */
  toPacket(): Packet {
    const { data, timestamp, duration, isKey, pts, dts, timeBase } = this;
    const { num, den } = timeBase;
    return new Packet({ data, timestamp, duration, isKey, pts, dts, timeBase: { num, den } });
  }
}

const PICTURE_TYPES: { readonly [code: number]: "I" | "P" | "B" } = {
  [PictureType.I]: "I",
  [PictureType.P]: "P",
  [PictureType.B]: "B",
};
