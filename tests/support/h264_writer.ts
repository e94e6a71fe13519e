/**
 * H.264 as no encoder at hand writes it: pictures in any coding order, headers that keep silent about
 * it, and frames as two fields. Every macroblock is I_PCM, so that the pictures are exact.
 */
import { makeRawFrames } from "./barcode.ts";

/** One picture in coding order. */
export interface CodedPicture {
  /** The number drawn in it. */
  readonly number: number;
  /** Its place in display order, counted from the last IDR picture. */
  readonly place: number;
  /** Whether decoding can start at it. */
  readonly isIdr: boolean;
}

/** How the pictures are coded. */
export interface H264WriterOptions {
  /** Each frame as two field pictures, the upper one first. Default false. */
  readonly hasFields?: boolean;
  /** What the headers say of reordering: VUI's max_num_reorder_frames. Default: nothing. */
  readonly reorderFrames?: number;
  /** Width and height in pixels, a multiple of 32. Default 64. */
  readonly size?: number;
}

const kMacroblock = 16;
const kOrderBits = 8;
const kFrameNumberBits = 4;
const kMainProfile = 77;
const kLevel = 40;
const kReferences = 4;
const kIntraPcm = 25;
const kIntraSlices = 7;

class BitWriter {
  readonly #bytes: number[] = [];
  #used = 0;

  bits(value: number, count: number): this {
    for (let i = count - 1; i >= 0; i--) {
      if (this.#used % 8 === 0) this.#bytes.push(0);
      this.#bytes[this.#bytes.length - 1] |= (value >> i & 1) << (7 - this.#used % 8);
      this.#used++;
    }
    return this;
  }

  ue(value: number): this {
    const length = 31 - Math.clz32(value + 1);
    return this.bits(0, length).bits(value + 1, length + 1);
  }

  align(): this {
    while (this.#used % 8 !== 0) this.bits(0, 1);
    return this;
  }

  byte(value: number): void {
    this.#bytes.push(value);
    this.#used += 8;
  }

  /** The NAL unit behind its start code, with the bytes that keep others from looking like one. */
  unit(header: number): number[] {
    this.bits(1, 1).align();
    const out = [0, 0, 0, 1, header];
    let zeros = 0;
    for (const byte of this.#bytes) {
      if (zeros >= 2 && byte <= 3) {
        out.push(3);
        zeros = 0;
      }
      out.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return out;
  }
}

function parameterSets({ hasFields = false, reorderFrames, size = 64 }: H264WriterOptions) {
  const sps = new BitWriter().bits(kMainProfile, 8).bits(0, 8).bits(kLevel, 8);
  sps.ue(0).ue(kFrameNumberBits - 4).ue(0).ue(kOrderBits - 4).ue(kReferences).bits(0, 1);
  sps.ue(size / kMacroblock - 1).ue(size / kMacroblock / (hasFields ? 2 : 1) - 1);
  if (hasFields) sps.bits(0, 2);
  else sps.bits(1, 1);
  sps.bits(1, 1).bits(0, 1);
  if (reorderFrames === undefined) sps.bits(0, 1);
  else {
    // VUI: only the restriction, whose last two numbers are those of frames.
    sps.bits(1, 1).bits(0, 8).bits(1, 1).bits(1, 1).ue(0).ue(0).ue(10).ue(10);
    sps.ue(reorderFrames).ue(kReferences);
  }
  const pps = new BitWriter().ue(0).ue(0).bits(0, 2).ue(0).ue(0).ue(0).bits(0, 3);
  pps.ue(0).ue(0).ue(0).bits(1, 1).bits(0, 2);
  return [...sps.unit(0x67), ...pps.unit(0x68)];
}

interface SliceHeader {
  readonly isIdr: boolean;
  readonly idrNumber: number;
  readonly frameNumber: number;
  readonly order: number;
  /** 0 upper, 1 lower; undefined for frames. */
  readonly field: number | undefined;
}

function slice(header: SliceHeader, planes: readonly Plane[], size: number): number[] {
  const { isIdr, idrNumber, frameNumber, order, field } = header;
  const bits = new BitWriter().ue(0).ue(kIntraSlices).ue(0).bits(frameNumber, kFrameNumberBits);
  if (field !== undefined) bits.bits(1, 1).bits(field, 1);
  if (isIdr) bits.ue(idrNumber % 2);
  bits.bits(order & (1 << kOrderBits) - 1, kOrderBits);
  bits.bits(0, isIdr ? 2 : 1); // marking: nothing unusual
  bits.ue(0).ue(1); // quantiser; no deblocking
  const rows = size / kMacroblock / (field === undefined ? 1 : 2);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < size / kMacroblock; x++) {
      bits.ue(kIntraPcm).align();
      planes.forEach((plane, i) => plane.write(bits, x, y, i === 0 ? kMacroblock : 8, field));
    }
  }
  return bits.unit(isIdr ? 0x65 : 0x41);
}

class Plane {
  constructor(readonly samples: Uint8Array, readonly stride: number) {}

  write(bits: BitWriter, x: number, y: number, side: number, field: number | undefined): void {
    for (let row = y * side; row < (y + 1) * side; row++) {
      const line = (field === undefined ? row : 2 * row + field) * this.stride;
      for (let column = x * side; column < (x + 1) * side; column++) {
        bits.byte(this.samples[line + column]);
      }
    }
  }
}

function planesOf(number: number, size: number): Plane[] {
  const options = { width: size, height: size, count: 1, pixelFormat: "yuv420p", start: number };
  const [frame] = makeRawFrames(options);
  const luma = size * size;
  return [
    new Plane(frame.subarray(0, luma), size),
    new Plane(frame.subarray(luma, luma * 5 / 4), size / 2),
    new Plane(frame.subarray(luma * 5 / 4), size / 2),
  ];
}

/** The packets of pictures in coding order, one for each frame or field, headers at IDR pictures. */
export function writeH264(
  pictures: readonly CodedPicture[],
  options: H264WriterOptions = {},
): Uint8Array<ArrayBuffer>[] {
  const { hasFields = false, size = 64 } = options;
  const packets: Uint8Array<ArrayBuffer>[] = [];
  let idrNumber = 0;
  let frameNumber = 0;
  for (const { number, place, isIdr } of pictures) {
    if (isIdr) {
      idrNumber++;
      frameNumber = 0;
    }
    const planes = planesOf(number, size);
    for (const field of hasFields ? [0, 1] : [undefined]) {
      const order = 2 * place + (field ?? 0);
      // The second field of an IDR picture is none.
      const header = { isIdr: isIdr && field !== 1, idrNumber, frameNumber, order, field };
      const headers = header.isIdr ? parameterSets(options) : [];
      packets.push(Uint8Array.from([...headers, ...slice(header, planes, size)]));
    }
    frameNumber = (frameNumber + 1) % (1 << kFrameNumberBits);
  }
  return packets;
}

/** Pictures in the order of display, from an IDR picture on. */
export function inOrder(start: number, count: number): CodedPicture[] {
  return Array.from({ length: count }, (_, place) => (
    { number: start + place, place, isIdr: place === 0 }
  ));
}

/** A pyramid of three pictures between each two others, coded after the second of them. */
export function inPyramids(start: number, groups: number): CodedPicture[] {
  const places = [0];
  for (let i = 1; i <= 4 * groups; i += 4) places.push(i + 3, i + 1, i, i + 2);
  return places.map((place) => ({ number: start + place, place, isIdr: place === 0 }));
}
