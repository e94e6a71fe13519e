/**
 * How pixels become tensors.
 *
 * @module
 */

import { ConvertDesc, Layout } from "../ffi/abi.ts";
import { type ColorOverride, colorOverride, overrideCodes } from "./color.ts";
import { checkDescriptor, instance, integer, oneOf, signal, triple } from "./descriptor.ts";
import { type Dtype, dtypeCode } from "./format.ts";

/** A part of a picture, in pixels of its display size. It must lie inside. */
export interface CropRectangle {
  /** Its left edge; default 0. */
  readonly x?: number;
  /** Its upper edge; default 0. */
  readonly y?: number;
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** What a picture, or its crop, is resized to. */
export interface TensorSize {
  /** Pixels in a row, 1 to 65535. */
  readonly width: number;
  /** Rows, 1 to 65535. */
  readonly height: number;
}

/** What tensors of one and of many frames have in common. */
export interface TensorOptions {
  /** Type of a value: "uint8" (default); "uint16" keeps the depth; floats are 0 to 1 before mean and std. */
  readonly dtype?: Dtype;
  /** Subtracted from R, G and B; for float types only; default [0, 0, 0]. */
  readonly mean?: readonly number[];
  /** Divides R, G and B after that; for float types only; default [1, 1, 1]. */
  readonly std?: readonly number[];
  /** The part that is taken; default: the whole picture. */
  readonly crop?: CropRectangle;
  /**
   * What that is resized to, bilinear and antialiased as torch.nn.functional.interpolate(mode="bilinear",
   * antialias=True) does it; default: as it is.
   */
  readonly resize?: TensorSize;
  /** Replaces the stream's matrix and range. */
  readonly colorSpace?: ColorOverride;
  /** Stops the work. */
  readonly signal?: AbortSignal;
}

/** How a frame becomes a tensor. */
export interface TensorDescriptor extends TensorOptions {
  /** "hwc": pixel after pixel (default); "chw": plane after plane. */
  readonly layout?: "hwc" | "chw";
  /** 3 (default), or 4 with opaque alpha, for layout "hwc" only. */
  readonly channels?: 3 | 4;
}

/** How several frames become one tensor. */
export interface BatchTensorDescriptor extends TensorOptions {
  /** "nhwc": pixel after pixel (default); "nchw": plane after plane of each frame. */
  readonly layout?: "nhwc" | "nchw";
  /** 3 (default), or 4 with opaque alpha, for layout "nhwc" only. */
  readonly channels?: 3 | 4;
}

const LARGEST_SIDE = 65535;

const side = integer(1, LARGEST_SIDE);
const edge = integer(0, LARGEST_SIDE);
const dictionary = instance(
  "an object",
  (value) => typeof value === "object" && value !== null,
);

/** Checks a descriptor and gives it as the library wants it; `what` is the call in messages. */
export function nativeDescriptor(
  what: string,
  descriptor: TensorDescriptor | BatchTensorDescriptor,
  layouts: readonly [interleaved: string, planar: string],
  picture: TensorSize,
): ConvertDesc {
  checkDescriptor(what, descriptor, {
    layout: oneOf(...layouts),
    dtype: oneOf("uint8", "uint16", "float16", "float32"),
    mean: triple(),
    std: triple(true),
    channels: integer(3, 4),
    crop: dictionary,
    resize: dictionary,
    colorSpace: colorOverride(),
    signal: signal(),
  });
  const { layout = layouts[0], dtype = "uint8", channels = 3, mean, std } = descriptor;
  const isFloat = dtype.startsWith("float");
  if (!isFloat && (mean ?? std) !== undefined) {
    throw new TypeError(`${what}: mean and std are for float types, not for "${dtype}"`);
  }
  if (channels === 4 && layout === layouts[1]) {
    throw new TypeError(`${what}: 4 channels are for layout "${layouts[0]}"`);
  }
  const desc = new ConvertDesc();
  desc.layout = layout === layouts[1] ? Layout.CHW : Layout.HWC;
  desc.dtype = dtypeCode(dtype);
  desc.channels = channels;
  Object.assign(desc, overrideCodes(descriptor.colorSpace));
  if (mean !== undefined) desc.setMean(mean);
  if (std !== undefined) desc.setStd(std);
  setArea(what, desc, descriptor, picture);
  return desc;
}

function setArea(
  what: string,
  desc: ConvertDesc,
  { crop, resize }: TensorOptions,
  picture: TensorSize,
): void {
  if (crop !== undefined) {
    const rules = { x: edge, y: edge, width: side, height: side };
    checkDescriptor(`${what}: crop`, crop, rules, ["width", "height"]);
    const { x = 0, y = 0, width, height } = crop;
    if (x + width > picture.width || y + height > picture.height) {
      throw new RangeError(
        `${what}: the crop of ${width} x ${height} at ${x}, ${y} is not inside the picture of ` +
          `${picture.width} x ${picture.height}`,
      );
    }
    desc.cropX = x;
    desc.cropY = y;
    desc.cropWidth = crop.width;
    desc.cropHeight = crop.height;
  }
  if (resize !== undefined) {
    const rules = { width: side, height: side };
    checkDescriptor(`${what}: resize`, resize, rules, ["width", "height"]);
    desc.width = resize.width;
    desc.height = resize.height;
  }
}
