/** A small PNG writer, enough for a contact sheet. */
import { crc32, deflateSync } from "node:zlib";

const kSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const kEightBits = 8;
const kTrueColour = 2;

/**
 * Encodes an RGB picture as PNG.
 *
 * @param rgb rows of 8-bit red, green and blue, without padding
 * @param width in pixels
 * @param height in pixels
 * @throws {RangeError} if `rgb` does not hold width * height * 3 bytes
 */
export function encodePng(
  rgb: Uint8Array,
  width: number,
  height: number,
): Uint8Array<ArrayBuffer> {
  const rowBytes = width * 3;
  if (rgb.length !== rowBytes * height || rgb.length === 0) {
    throw new RangeError(`A picture of ${width} x ${height} does not have ${rgb.length} bytes`);
  }
  // Each row starts with its filter: 0, none.
  const rows = new Uint8Array((rowBytes + 1) * height);
  for (let y = 0; y < height; y++) {
    rows.set(rgb.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = kEightBits;
  header[9] = kTrueColour;
  const chunks = [
    new Uint8Array(kSignature),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array(0)),
  ];
  const png = new Uint8Array(chunks.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of chunks) {
    png.set(part, offset);
    offset += part.length;
  }
  return png;
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
