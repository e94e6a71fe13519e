/**
 * Frame numbers drawn as coarse luma blocks, so that a decoded picture proves which frame it is.
 *
 * A 4 x 4 grid of light and dark cells carries 16 bits: 12 of the number, 4 of a checksum. Only the
 * middle of each cell is read; around it a texture moves, so that P and B pictures have content.
 */

const kGrid = 4;
const kNumberBits = 12;
/** One more than the greatest number a barcode can carry. */
export const BARCODE_LIMIT: number = 1 << kNumberBits;
/** Changes whenever the drawn pictures change, so that clips made from older ones are made anew. */
export const BARCODE_VERSION = 3;

const kDark = 56;
const kLight = 200;
const kMiddle = 128;
/** A cell whose mean is nearer to the middle than this says nothing: blends must not read. */
const kMinContrast = 28;

/** Options of `readBarcode`. */
export interface ReadBarcodeOptions {
  /** Significant bits of a sample, 8 to 16. */
  readonly bitDepth: number;
  /** Samples sit in the upper bits of 16, as in P010. Default false. */
  readonly msbAligned?: boolean;
}

/** Shape of one plane of a raw frame. */
export interface PlaneShape {
  /** Samples in a row, counting both components of an interleaved chroma plane. */
  readonly rowSamples: number;
  /** Rows in the plane. */
  readonly rows: number;
  /** Bytes in a sample: 1 or 2. */
  readonly sampleBytes: number;
  /** Bytes in the plane. */
  readonly bytes: number;
}

/** What `makeRawFrames` makes. */
export interface RawFramesOptions {
  /** Luma width in pixels. */
  readonly width: number;
  /** Luma height in pixels. */
  readonly height: number;
  /** Frames to make. */
  readonly count: number;
  /** ffmpeg's name of a planar YUV or grey format, little endian above 8 bits. */
  readonly pixelFormat: string;
  /** Number of the first frame. Default 0. */
  readonly start?: number;
  /** The texture of odd rows is half a frame later. Default false. */
  readonly interlaced?: boolean;
}

function encodeBits(number: number): number {
  // Weights and constant make blank and inverted pictures unreadable.
  const sum = (number & 15) + 3 * ((number >> 4) & 15) + 5 * (number >> 8);
  const checksum = (sum + 6) & 15;
  return number | (checksum << kNumberBits);
}

/** Draws barcode and texture over the whole luma plane; `stride` counts samples. */
export function drawBarcode(
  luma: Uint8Array | Uint16Array,
  stride: number,
  width: number,
  height: number,
  number: number,
  bitDepth = 8,
  interlaced = false,
): void {
  if (!Number.isInteger(number) || number < 0 || number >= BARCODE_LIMIT) {
    throw new RangeError(`A barcode carries 0 to ${BARCODE_LIMIT - 1}, not ${number}`);
  }
  const bits = encodeBits(number);
  const columns = cellTable(width);
  const rows = cellTable(height);
  const shift = bitDepth - 8;
  const lowMask = (1 << shift) - 1;
  for (let y = 0; y < height; y++) {
    const phase = number * 6 + (interlaced && (y & 1) === 1 ? 3 : 0);
    const row = rows[y];
    const line = y * stride;
    for (let x = 0; x < width; x++) {
      const column = columns[x];
      // A triangle wave over all codes, so that conversions meet 0 and the maximum.
      const wave = (x * 5 + y * 3 + phase) & 511;
      const texture = wave < 256 ? wave : 511 - wave;
      let value = texture;
      if (row >= 0 && column >= 0) {
        const light = (bits >> (row * kGrid + column)) & 1;
        value = (light === 1 ? kLight : kDark) + (texture >> 4) - 8;
      }
      luma[line + x] = (value << shift) | lowBits(value, x * 7 + y * 13 + number, lowMask);
    }
  }
}

/** Bits below the upper eight: varied, but such that the extreme codes are met. */
function lowBits(value: number, noise: number, mask: number): number {
  return value === 0 ? 0 : value === 255 ? mask : noise & mask;
}

/** Cell index of each coordinate, or -1 in the margin between cells. */
function cellTable(size: number): Int8Array {
  const table = new Int8Array(size);
  for (let i = 0; i < size; i++) {
    const position = (i + 0.5) * kGrid / size;
    const cell = Math.floor(position);
    const inside = position - cell;
    table[i] = inside > 3 / 16 && inside < 13 / 16 ? cell : -1;
  }
  return table;
}

/** Reads the number back, or returns -1 if the picture carries none; the stride counts samples. */
export function readBarcode(
  luma: Uint8Array | Uint16Array,
  strideInSamples: number,
  width: number,
  height: number,
  { bitDepth, msbAligned = false }: ReadBarcodeOptions,
): number {
  const scale = 2 ** ((msbAligned ? 16 : bitDepth) - 8);
  let bits = 0;
  for (let cell = 0; cell < kGrid * kGrid; cell++) {
    const column = cell % kGrid;
    const row = (cell - column) / kGrid;
    const mean = cellMean(luma, strideInSamples, width, height, column, row) / scale;
    if (Math.abs(mean - kMiddle) < kMinContrast) return -1;
    if (mean > kMiddle) bits |= 1 << cell;
  }
  const number = bits & (BARCODE_LIMIT - 1);
  return encodeBits(number) === bits ? number : -1;
}

function cellMean(
  luma: Uint8Array | Uint16Array,
  stride: number,
  width: number,
  height: number,
  column: number,
  row: number,
): number {
  const left = Math.floor((column + 5 / 16) * width / kGrid);
  const right = Math.ceil((column + 11 / 16) * width / kGrid);
  const top = Math.floor((row + 5 / 16) * height / kGrid);
  const bottom = Math.ceil((row + 11 / 16) * height / kGrid);
  let sum = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) sum += luma[y * stride + x];
  }
  return sum / ((right - left) * (bottom - top));
}

/** Significant bits of a sample in ffmpeg's pixel format. */
export function bitDepthOf(pixelFormat: string): number {
  const match = /(?:p|gray)(\d+)(?:le)?$/.exec(pixelFormat);
  if (match === null) return 8;
  // p010, p210 and the like count their chroma kind in the first digit.
  if (/^p[024]\d\dle$/.test(pixelFormat)) return Number(match[1].slice(1));
  return Number(match[1]);
}

/** Planes of a frame in memory order, without padding, as ffmpeg's rawvideo writes them. */
export function planeShapes(pixelFormat: string, width: number, height: number): PlaneShape[] {
  const plane = (rowSamples: number, rows: number): PlaneShape => {
    const sampleBytes = bitDepthOf(pixelFormat) > 8 ? 2 : 1;
    return { rowSamples, rows, sampleBytes, bytes: rowSamples * rows * sampleBytes };
  };
  const halfWidth = (width + 1) >> 1;
  const halfHeight = (height + 1) >> 1;
  const luma = plane(width, height);
  if (/^gray(\d+le)?$/.test(pixelFormat)) return [luma];
  if (pixelFormat === "rgb24" || pixelFormat === "bgr24") return [plane(width * 3, height)];
  if (/^(nv12|p01[026]le)$/.test(pixelFormat)) return [luma, plane(halfWidth * 2, halfHeight)];
  if (/^(nv16|p21[026]le)$/.test(pixelFormat)) return [luma, plane(halfWidth * 2, height)];
  if (/^(yuvj?444p|gbrp)(\d+le)?$/.test(pixelFormat)) return [luma, luma, luma];
  const chroma = /^yuvj?422p/.test(pixelFormat)
    ? plane(halfWidth, height)
    : /^yuvj?420p/.test(pixelFormat)
    ? plane(halfWidth, halfHeight)
    : undefined;
  if (chroma === undefined) throw new RangeError(`Unknown pixel format ${pixelFormat}`);
  return [luma, chroma, chroma];
}

/** Bytes of one raw frame. */
export function frameBytes(pixelFormat: string, width: number, height: number): number {
  return planeShapes(pixelFormat, width, height).reduce((sum, plane) => sum + plane.bytes, 0);
}

/** The barcode of a raw frame as ffmpeg's rawvideo writes it, or -1. */
export function readRawFrame(
  frame: Uint8Array,
  pixelFormat: string,
  width: number,
  height: number,
): number {
  const luma = planeSamples(frame, 0, planeShapes(pixelFormat, width, height)[0]);
  const msbAligned = /^p[024]1[026]le$/.test(pixelFormat);
  return readBarcode(luma, width, width, height, { bitDepth: bitDepthOf(pixelFormat), msbAligned });
}

function planeSamples(
  frame: Uint8Array,
  offset: number,
  shape: PlaneShape,
): Uint8Array | Uint16Array {
  const start = frame.byteOffset + offset;
  if (shape.sampleBytes === 1) return new Uint8Array(frame.buffer, start, shape.bytes);
  if (start % 2 === 0) return new Uint16Array(frame.buffer, start, shape.bytes / 2);
  return new Uint16Array(frame.slice(offset, offset + shape.bytes).buffer);
}

/** Raw frames numbered from `start`, each a fresh array of tightly packed planes. */
export function* makeRawFrames(options: RawFramesOptions): Generator<Uint8Array> {
  const { width, height, count, pixelFormat, start = 0, interlaced = false } = options;
  const bitDepth = bitDepthOf(pixelFormat);
  const shapes = planeShapes(pixelFormat, width, height);
  const total = frameBytes(pixelFormat, width, height);
  for (let number = start; number < start + count; number++) {
    const frame = new Uint8Array(total);
    let offset = 0;
    shapes.forEach((shape, index) => {
      const samples = planeSamples(frame, offset, shape);
      if (index === 0) {
        drawBarcode(samples, width, width, height, number, bitDepth, interlaced);
      } else {
        drawChroma(samples, shape, index, number, bitDepth);
      }
      offset += shape.bytes;
    });
    yield frame;
  }
}

/** A moving ramp over all codes, with the four pairs of extremes in the corners. */
function drawChroma(
  samples: Uint8Array | Uint16Array,
  { rowSamples, rows }: PlaneShape,
  component: number,
  number: number,
  bitDepth: number,
): void {
  const shift = bitDepth - 8;
  const max = (1 << bitDepth) - 1;
  const cornerWidth = rowSamples >> 3;
  const cornerHeight = rows >> 3;
  for (let y = 0; y < rows; y++) {
    const lower = y >= rows - cornerHeight;
    const cornerRow = lower || y < cornerHeight;
    for (let x = 0; x < rowSamples; x++) {
      const right = x >= rowSamples - cornerWidth;
      const index = y * rowSamples + x;
      if (cornerRow && (right || x < cornerWidth)) {
        samples[index] = (component === 1 ? right : lower) ? max : 0;
        continue;
      }
      const wave = ((component === 1 ? x * 3 + y : y * 3 - x) + number * 4) & 511;
      const value = wave < 256 ? wave : 511 - wave;
      samples[index] = (value << shift) | lowBits(value, x + y * 3 + number, (1 << shift) - 1);
    }
  }
}
