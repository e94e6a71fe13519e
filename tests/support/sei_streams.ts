/** Elementary streams taken apart, with SEI messages put in. */

/** A message to be written. */
export interface WrittenSei {
  readonly type: number;
  readonly payload: Uint8Array;
}

/** How the units of a codec are told apart. */
export interface NalCodec {
  /** Name of ffmpeg's raw format and of its filters: h264 or hevc. */
  readonly name: "h264" | "hevc";
  /** Type of a NAL unit. */
  readonly typeOf: (unit: Uint8Array) => number;
  /** Type of the access unit delimiter. */
  readonly delimiter: number;
  /** Whether a type is of a slice. */
  readonly isSlice: (type: number) => boolean;
  /** Header of an SEI unit. */
  readonly seiHeader: readonly number[];
  /** Header of a unit of suffix SEI. */
  readonly suffixHeader: readonly number[];
}

/** ITU-T H.264, table 7-1. */
export const kH264: NalCodec = {
  name: "h264",
  typeOf: (unit) => unit[0] & 31,
  delimiter: 9,
  isSlice: (type) => type >= 1 && type <= 5,
  seiHeader: [6],
  suffixHeader: [],
};

/** ITU-T H.265, table 7-1. */
export const kHevc: NalCodec = {
  name: "hevc",
  typeOf: (unit) => unit[0] >> 1 & 63,
  delimiter: 35,
  isSlice: (type) => type < 32,
  seiHeader: [39 << 1, 1],
  suffixHeader: [40 << 1, 1],
};

/** NAL units of an Annex B stream, without their start codes. */
export function splitUnits(stream: Uint8Array): Uint8Array[] {
  const codes: number[] = [];
  for (let at = 0; at + 2 < stream.length; at++) {
    if (stream[at] === 0 && stream[at + 1] === 0 && stream[at + 2] === 1) codes.push(at);
  }
  return codes.map((code, i) => {
    let end = codes[i + 1] ?? stream.length;
    while (end > code + 3 && stream[end - 1] === 0) end--;
    return stream.subarray(code + 3, end);
  });
}

/** The units of each access unit of a stream with delimiters. */
export function accessUnits(stream: Uint8Array, codec: NalCodec): Uint8Array[][] {
  const units: Uint8Array[][] = [];
  for (const unit of splitUnits(stream)) {
    if (codec.typeOf(unit) === codec.delimiter) units.push([]);
    units.at(-1)!.push(unit);
  }
  return units;
}

/** Units behind start codes. */
export function annexB(units: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concat(units.flatMap((unit) => [Uint8Array.of(0, 0, 0, 1), unit]));
}

/** Units with an SEI unit in front of the first slice, and others behind the last. */
export function withSei(
  units: readonly Uint8Array[],
  codec: NalCodec,
  prefix: readonly Uint8Array[],
  suffix: readonly Uint8Array[] = [],
): Uint8Array[] {
  const slice = units.findIndex((unit) => codec.isSlice(codec.typeOf(unit)));
  return [...units.slice(0, slice), ...prefix, ...units.slice(slice), ...suffix];
}

/** An SEI unit with these messages, escaped. */
export function seiUnit(header: readonly number[], messages: readonly WrittenSei[]): Uint8Array {
  const body = messages.flatMap(({ type, payload }) => [
    ...extended(type),
    ...extended(payload.length),
    ...payload,
  ]);
  return escaped([...header, ...body, 0x80]);
}

/** A unit with emulation prevention bytes. */
export function escaped(bytes: readonly number[]): Uint8Array {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(out);
}

/** A number in bytes of FF and a last one. */
function extended(value: number): number[] {
  return [...new Array(Math.floor(value / 255)).fill(255), value % 255];
}

/** A message of user data with a UUID of zeros, so that emulation prevention is needed. */
export function userData(text: string): WrittenSei {
  return { type: 5, payload: concat([new Uint8Array(16), new TextEncoder().encode(text)]) };
}

/** Arrays one after another. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Bits as text, such as "0101 11", to bytes; the last is filled up with zeros. */
export function bytesOfBits(text: string): Uint8Array {
  const bits = text.replaceAll(" ", "");
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let i = 0; i < bits.length; i++) bytes[i >> 3] |= Number(bits[i]) << (7 - (i & 7));
  return bytes;
}

/** A number in so many bits, as text. */
export function bitsOf(value: number, count: number): string {
  return value.toString(2).padStart(count, "0");
}

/** A metadata OBU of AV1 whose payload ends with its trailing bits. */
export function metadataObu(type: number, payload: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(5 << 3 | 2, payload.length + 1, type), payload]);
}

/** An IVF file whose temporal units have metadata put behind their delimiters. */
export function withMetadata(
  ivf: Uint8Array,
  metadata: (unit: number) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const headerBytes = 32;
  const delimiterBytes = 2;
  const parts = [ivf.subarray(0, headerBytes)];
  const view = new DataView(ivf.buffer, ivf.byteOffset);
  for (let at = headerBytes, unit = 0; at < ivf.length; unit++) {
    const size = view.getUint32(at, true);
    const data = ivf.subarray(at + 12, at + 12 + size);
    const more = metadata(unit);
    const header = new Uint8Array(ivf.subarray(at, at + 12));
    new DataView(header.buffer).setUint32(0, size + more.length, true);
    parts.push(header, data.subarray(0, delimiterBytes), more, data.subarray(delimiterBytes));
    at += 12 + size;
  }
  return concat(parts);
}
