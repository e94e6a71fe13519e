/** NVDEC's layouts taken apart into the planes that libav's decoders give, sample by sample. */
import type { Frame } from "../../mod.ts";

/** Samples of one plane, without padding and in the least significant bits. */
type Samples = Uint8Array | Uint16Array;

const kSemiPlanar = ["NV12", "P010", "P016", "NV16", "P210", "P216"];

/**
 * The frame's bytes as ffmpeg's rawvideo has them in the decoder's own format. Throws if a bit is set
 * that NVDEC leaves 0, or if the chroma of a picture without chroma is not grey.
 */
export function decoderBytes(frame: Frame, isGray: boolean): Uint8Array {
  const planes = frame.planes.map((_, index) => samplesOf(frame, index));
  const isSemiPlanar = kSemiPlanar.includes(frame.format);
  if (planes.length !== (isSemiPlanar ? 2 : 3)) {
    throw new Error(`${frame.format} has ${planes.length} planes`);
  }
  const all = isSemiPlanar ? [planes[0], ...split(planes[1])] : planes;
  if (!isGray) return joined(all);
  const grey = 1 << (frame.bitDepth - 1);
  for (const plane of all.slice(1)) {
    const at = plane.findIndex((value) => value !== grey);
    if (at >= 0) throw new Error(`Chroma sample ${at} of a grey picture is ${plane[at]}`);
  }
  return joined([all[0]]);
}

function samplesOf(frame: Frame, index: number): Samples {
  const { stride, rows, rowBytes, samples, dtype } = frame.planes[index];
  const size = dtype === "uint16" ? 2 : 1;
  const width = rowBytes / size;
  const out = size === 2 ? new Uint16Array(width * rows) : new Uint8Array(width * rows);
  for (let row = 0; row < rows; row++) {
    const from = row * stride / size;
    out.set(samples.subarray(from, from + width), row * width);
  }
  if (size === 2) alignToLeast(out as Uint16Array, 16 - frame.bitDepth);
  return out;
}

function alignToLeast(samples: Uint16Array, unused: number): void {
  const mask = (1 << unused) - 1;
  for (let i = 0; i < samples.length; i++) {
    if ((samples[i] & mask) !== 0) throw new Error(`Sample ${i} is ${samples[i]}, with low bits`);
    samples[i] >>= unused;
  }
}

function split(pairs: Samples): [Samples, Samples] {
  const u = pairs.slice(0, pairs.length / 2);
  const v = u.slice();
  for (let i = 0; i < u.length; i++) {
    u[i] = pairs[2 * i];
    v[i] = pairs[2 * i + 1];
  }
  return [u, v];
}

function joined(planes: readonly Samples[]): Uint8Array {
  const total = planes.reduce((sum, plane) => sum + plane.byteLength, 0);
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const plane of planes) {
    bytes.set(new Uint8Array(plane.buffer, plane.byteOffset, plane.byteLength), at);
    at += plane.byteLength;
  }
  return bytes;
}
