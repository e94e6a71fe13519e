/** Frames of one clip by both backends, compared. */
import { createHash } from "node:crypto";
import type { Device, Frame, TensorDescriptor } from "../../mod.ts";

/** What is asked of a frame. */
export type Look = (frame: Frame) => Promise<Uint8Array>;

/** What is compared of a frame. */
export interface Print {
  /** Presentation time in the stream's time base. */
  readonly pts: number | null;
  /** Layout and size. */
  readonly format: string;
  /** MD5 of the bytes. */
  readonly md5: string;
}

/** How the frames of two backends compare. */
export interface Comparison {
  /** Frames of the CPU. */
  readonly frames: number;
  /** Frames of the GPU with the same format and bytes. */
  readonly equal: number;
  /** Frames of the GPU with the same presentation time. */
  readonly timely: number;
  /** The first difference, in words. */
  readonly difference: string | null;
  /** Least PSNR of a frame's bytes in dB; null where all are equal. */
  readonly leastPsnr: number | null;
}

const kTensor: TensorDescriptor = {
  ...{ dtype: "float16", layout: "chw", resize: { width: 96, height: 80 } },
  ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
};

/** What the checks look at: the picture's own bytes, and conversions of it. */
export const kLooks = {
  native: { color: "native", look: bytesOf },
  rgb: { color: "rgb", look: bytesOf },
  rgbp: { color: "rgbp", look: bytesOf },
  tensor: { color: "native", look: tensorOf },
  depth: { color: "native", look: deepTensorOf },
} as const;

/** Name of one of them. */
export type LookName = keyof typeof kLooks;

async function bytesOf(frame: Frame): Promise<Uint8Array> {
  const bytes = new Uint8Array(frame.byteLength);
  await frame.copyTo(bytes);
  return bytes;
}

async function tensorOf(frame: Frame): Promise<Uint8Array> {
  using tensor = await frame.toTensor(kTensor);
  const bytes = new Uint8Array(tensor.byteLength);
  await tensor.copyTo(bytes);
  return bytes;
}

async function deepTensorOf(frame: Frame): Promise<Uint8Array> {
  using tensor = await frame.toTensor({ dtype: "uint16", layout: "hwc" });
  const bytes = new Uint8Array(tensor.byteLength);
  await tensor.copyTo(bytes);
  return bytes;
}

/** All frames of a file, in display order; the bytes come with the print. */
export async function* looked(
  device: Device,
  path: string,
  name: LookName,
): AsyncGenerator<Print & { readonly bytes: Uint8Array }> {
  const { color, look } = kLooks[name];
  await using demuxer = await device.createDemuxer(path);
  await using decoder = await device.createDecoder({
    codec: demuxer.codec,
    outputColorType: color,
  });
  for await (using frame of decoder.frames(demuxer)) {
    const bytes = await look(frame);
    yield {
      ...{ pts: frame.pts, bytes },
      format: `${frame.format} ${frame.width}x${frame.height}`,
      md5: createHash("md5").update(bytes).digest("hex"),
    };
  }
}

/** Compares all frames of a file. */
export async function compareBackends(
  cpu: Device,
  gpu: Device,
  path: string,
  name: LookName,
): Promise<Comparison> {
  const theirs: (Print & { readonly bytes: Uint8Array })[] = [];
  for await (const print of looked(cpu, path, name)) theirs.push(print);
  let at = 0, equal = 0, timely = 0;
  let difference: string | null = null;
  let leastPsnr: number | null = null;
  for await (const own of looked(gpu, path, name)) {
    const other = theirs[at++];
    if (own.pts === other?.pts) timely++;
    if (own.md5 === other?.md5 && own.format === other.format) equal++;
    else difference ??= `frame ${at - 1}: ${described(own)} and not ${described(other)}`;
    if (other === undefined || own.md5 === other.md5) continue;
    leastPsnr = Math.min(leastPsnr ?? Infinity, psnr(own, other));
  }
  if (at !== theirs.length) difference ??= `${at} frames and not ${theirs.length}`;
  return { frames: theirs.length, equal, timely, difference, leastPsnr };
}

function described(print: Print | undefined): string {
  return print === undefined ? "none" : `${print.pts} ${print.format} ${print.md5}`;
}

/** Of 8-bit samples, and of 16-bit ones as the peak that their layout has. */
function psnr(
  a: Print & { readonly bytes: Uint8Array },
  b: Print & { readonly bytes: Uint8Array },
): number {
  if (a.bytes.length !== b.bytes.length) return 0;
  const isDeep = /^(P\d|YUV444_16)/.test(a.format);
  const samples = ({ bytes }: { readonly bytes: Uint8Array }): Uint8Array | Uint16Array =>
    isDeep ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) : bytes;
  const [x, y] = [samples(a), samples(b)];
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += (x[i] - y[i]) ** 2;
  const peak = isDeep ? 65535 : 255;
  return squares === 0 ? Infinity : 10 * Math.log10(peak ** 2 * x.length / squares);
}
