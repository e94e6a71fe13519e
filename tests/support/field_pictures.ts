/**
 * H.264 of field pairs (PAFF), which no encoder at hand writes: 48 x 64, I_PCM macroblocks of one grey for
 * each frame.
 */
import { bitsOf, bytesOfBits, concat, escaped } from "./sei_streams.ts";

/** A field's units, without its SEI. */
export interface FieldPicture {
  /** Its frame, from 0. */
  readonly frame: number;
  readonly isBottom: boolean;
  /** Delimiter, and the parameter sets with the first. */
  readonly head: readonly Uint8Array[];
  readonly slice: Uint8Array;
}

const kGroup = 3;
const kMacroblocks = 6;
const kMacroblockBytes = 384;

/** Luma of a frame. */
export const fieldLuma = (frame: number): number => 40 + 10 * frame;

const ue = (value: number): string => {
  const code = (value + 1).toString(2);
  return "0".repeat(code.length - 1) + code;
};

function unit(header: number, bits: string): Uint8Array {
  return escaped([header, ...bytesOfBits(`${bits}1`)]);
}

const kSps = unit(
  0x67,
  bitsOf(77, 8) + bitsOf(0, 8) + bitsOf(30, 8) + ue(0) + // Main at level 3
    ue(0) + ue(0) + ue(4) + ue(1) + "0" + // frame_num, POC of 8 bits, one reference
    ue(2) + ue(1) + "0" + "0" + "1" + "0" + "0", // 3 x 2 map units, fields
);
const kPps = unit(0x68, ue(0) + ue(0) + "00" + ue(0) + ue(0) + ue(0) + "000" + "111" + "100");

/** Groups of three frames, of which the last is no reference; second fields are P. */
function slice(frame: number, isBottom: boolean): Uint8Array {
  const place = frame % kGroup;
  const isIdr = place === 0 && !isBottom;
  const isReference = place < kGroup - 1;
  const isP = isBottom || place > 0;
  const head = ue(0) + ue(isP ? 5 : 7) + ue(0) + bitsOf(place, 4) + "1" + (isBottom ? "1" : "0") +
    (isIdr ? ue(Math.floor(frame / kGroup) % 2) : "") +
    bitsOf(2 * place + Number(isBottom), 8) + (isP ? "00" : "") +
    (isReference ? isIdr ? "00" : "0" : "") + ue(0) + ue(1);
  const samples = new Uint8Array(kMacroblockBytes).fill(fieldLuma(frame), 0, 256).fill(128, 256);
  // Macroblocks of P slices have a skip run in front, and types behind the 5 of P.
  const macroblock = isP ? ue(0) + ue(5 + 25) : ue(25);
  const parts = [bytesOfBits(head + macroblock)];
  for (let i = 0; i < kMacroblocks; i++) {
    if (i > 0) parts.push(bytesOfBits(macroblock));
    parts.push(samples);
  }
  return escaped([isIdr ? 0x65 : isReference ? 0x61 : 0x01, ...concat(parts), 0x80]);
}

/** The fields of so many frames, in order. */
export function fieldPictures(frames: number): FieldPicture[] {
  return Array.from({ length: 2 * frames }, (_, i) => {
    const [frame, isBottom] = [i >> 1, i % 2 === 1];
    const delimiter = Uint8Array.of(9, 0xf0);
    const head = i === 0 ? [delimiter, kSps, kPps] : [delimiter];
    return { frame, isBottom, head, slice: slice(frame, isBottom) };
  });
}
