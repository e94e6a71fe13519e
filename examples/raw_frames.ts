/** Raw frames out of a file, one after another. */
import { closeSync, openSync, readSync } from "node:fs";

/** Pictures of `frameBytes` bytes each; the last part of a file that is no whole picture is left out. */
export function* rawFrames(
  path: string,
  frameBytes: number,
  most = Infinity,
): Generator<Uint8Array<ArrayBuffer>> {
  const file = openSync(path, "r");
  try {
    // Whoever takes a picture has copied it before the next: one buffer is enough.
    const frame = new Uint8Array(frameBytes);
    for (let i = 0; i < most; i++) {
      let filled = 0;
      while (filled < frameBytes) {
        const count = readSync(file, frame, filled, frameBytes - filled, null);
        if (count === 0) return;
        filled += count;
      }
      yield frame;
    }
  } finally {
    closeSync(file);
  }
}

/** Bytes of a picture, by the guide's names of formats. */
export function frameBytes(format: string, width: number, height: number): number {
  const pixels = width * height;
  switch (format.toLowerCase()) {
    case "nv12":
    case "yv12":
    case "iyuv":
    case "yuv420":
      return pixels * 3 / 2;
    case "nv16":
      return pixels * 2;
    case "yuv444":
    case "p010":
    case "yuv420_10bit":
    case "rgb":
    case "rgbp":
      return pixels * 3;
    case "yuv444_10bit":
    case "yuv444_16bit":
      return pixels * 6;
    default:
      // p210, argb, abgr and their 10-bit kin.
      return pixels * 4;
  }
}

/** "1920x1080" as two numbers. */
export function parseSize(text: string): { readonly width: number; readonly height: number } {
  const [width, height] = text.toLowerCase().split("x").map(Number);
  if (!(width > 0 && height > 0)) throw new TypeError(`A size is WIDTHxHEIGHT, not ${text}`);
  return { width, height };
}
