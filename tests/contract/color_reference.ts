/** RGB of a frame by the real-valued formula of ITU-T H.273, to within rounding. */
import type { Frame } from "../../mod.ts";
import { hostPlanes } from "./contract_device.ts";

const kLumaWeights: Readonly<Record<string, readonly [kr: number, kb: number]>> = {
  ...{ bt709: [0.2126, 0.0722], smpte170m: [0.299, 0.114], bt470bg: [0.299, 0.114] },
  ...{ "bt2020-ncl": [0.2627, 0.0593] },
};

/** R, G and B of a pixel, 0 to 1 without clipping, from a semi-planar or 4:4:4 native frame. */
export async function pixelReader(
  frame: Frame,
  matrix = String(frame.colorSpace.matrix ?? "smpte170m"),
  fullRange = frame.colorSpace.fullRange,
): Promise<(x: number, y: number) => readonly [r: number, g: number, b: number]> {
  const { bitDepth, dtype, height } = frame;
  const planes = await hostPlanes(frame);
  const [kr, kb] = kLumaWeights[matrix];
  const scale = 2 ** ((dtype === "uint16" ? 16 : 8) - bitDepth);
  const unit = 2 ** (bitDepth - 8);
  const sample = (plane: number, x: number, y: number): number => {
    const { samples, stride } = planes[plane];
    return samples[y * stride + x] / scale;
  };
  const isPlanar = planes.length === 3;
  const chroma = (which: 0 | 1, x: number, y: number): number => {
    if (isPlanar) return sample(1 + which, x, y);
    return sample(1, (x >> 1) * 2 + which, planes[1].rows < height ? y >> 1 : y);
  };
  const top = 2 ** bitDepth - 1;
  const [black, lumaSpan, chromaSpan] = fullRange ? [0, top, top] : [
    ...[16 * unit, 219 * unit, 224 * unit],
  ];
  return (x, y) => {
    const luma = (sample(0, x, y) - black) / lumaSpan;
    const blue = (chroma(0, x, y) - 128 * unit) / chromaSpan;
    const red = (chroma(1, x, y) - 128 * unit) / chromaSpan;
    const r = luma + 2 * (1 - kr) * red;
    const b = luma + 2 * (1 - kb) * blue;
    return [r, (luma - kr * r - kb * b) / (1 - kr - kb), b];
  };
}

/** A value of 0 to 1 as an integer sample. */
export function quantized(value: number, maximum: number): number {
  return Math.min(maximum, Math.max(0, Math.round(value * maximum)));
}
