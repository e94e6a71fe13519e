/**
 * Frames as the web's ImageData.
 *
 * @module
 */

import type { Frame } from "./frame.ts";

/** The shape of the web's ImageData, in both runtimes. */
export interface ImageDataLike {
  /** R, G, B and opaque alpha of each pixel, row after row. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Always "srgb": the samples are the stream's R'G'B', unchanged. */
  readonly colorSpace: "srgb";
}

/** Converts a frame of any output colour type. */
export async function imageDataOf(frame: Frame): Promise<ImageDataLike> {
  const { width, height, format } = frame;
  const data = new Uint8ClampedArray(width * height * 4);
  if (format === "RGB" || format === "RGBP") {
    const rgb = new Uint8Array(frame.byteLength);
    await frame.copyTo(rgb);
    spread(rgb, data, format === "RGB" ? [3, 1] : [1, width * height]);
  } else {
    using tensor = await frame.toTensor({ channels: 4 });
    await tensor.copyTo(data);
  }
  return { data, width, height, colorSpace: "srgb" };
}

/** Writes RGB as RGBA; `steps`: elements from pixel to pixel, and from channel to channel. */
function spread(rgb: Uint8Array, rgba: Uint8ClampedArray, steps: readonly [number, number]): void {
  const [toPixel, toChannel] = steps;
  for (let from = 0, to = 0; to < rgba.length; from += toPixel, to += 4) {
    rgba[to] = rgb[from];
    rgba[to + 1] = rgb[from + toChannel];
    rgba[to + 2] = rgb[from + 2 * toChannel];
    rgba[to + 3] = 255;
  }
}
