/**
 * Statistics that a decoder gives beside a picture: how its blocks were coded.
 *
 * @module
 */

/**
 * How the blocks of a picture were coded. A block is 16x16 luma samples; the arrays have one value for each,
 * row by row from the upper left corner of the coded picture, of which the frame may be a crop. They are
 * empty where there are no statistics. Of interlaced H.264, two rows of blocks may share the same lines.
 */
export interface ParsedDecodeStats {
  /** Blocks in a row. */
  readonly columns: number;
  /** Rows of blocks. */
  readonly rows: number;
  /**
   * Quantiser, in the codec's own unit; higher is coarser. H.264: QP'Y, 0 to 51 + 6 * (bitDepth - 8). MPEG-2:
   * quantiser_scale, 1 to 112. MPEG-1, MPEG-4, H.263 and their kin: twice their quantiser, 2 to 62. VP9: the
   * quantiser index, 0 to 255.
   */
  readonly qpLuma: Uint8Array<ArrayBuffer>;
  /**
   * 0 INTRA, 1 INTER (predicted from other pictures), 2 SKIP, 3 PCM, 7 unknown, or its vectors are. libav does
   * not tell skipped blocks: on the CPU, 1 includes them, and an intra block of H.264 with QP 0, which may be
   * PCM, is 7.
   */
  readonly cuType: Uint8Array<ArrayBuffer>;
  /**
   * Horizontal motion in quarter luma samples, from the block to what it is predicted from in list 0 (past
   * pictures, mostly): above 0 if that is further to the right. 0 without such a vector. Of a divided block it
   * is the vector of its largest part.
   */
  readonly mv0X: Int16Array<ArrayBuffer>;
  /** Vertical motion, as mv0X: above 0 if the block is predicted from further down. */
  readonly mv0Y: Int16Array<ArrayBuffer>;
  /** As mv0X, for list 1 (pictures shown later, mostly); empty if no block of the picture uses that list. */
  readonly mv1X: Int16Array<ArrayBuffer>;
  /** As mv0Y, for list 1; empty if no block of the picture uses that list. */
  readonly mv1Y: Int16Array<ArrayBuffer>;
}

// The layout of NVDEC's records, which every backend gives.
const HEADER_BYTES = 32;
const COUNT_AT = 4;
const IS_VALID = 1;
const HAS_SECOND_LIST = 2;
const BLOCK_BYTES = 12;
const QP_AT = 0;
const TYPE_AT = 1;
const TYPE_SHIFT = 1;
const TYPE_MASK = 7;
const VECTORS_AT = 4;

/** Takes a record apart; one that is not whole gives empty arrays. */
export function parseDecodeStats(
  record: Uint8Array<ArrayBuffer>,
  columns: number,
): ParsedDecodeStats {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const isHeader = record.length >= HEADER_BYTES && (record[0] & IS_VALID) !== 0;
  const claimed = isHeader ? view.getUint32(COUNT_AT, true) : 0;
  const count = record.length >= HEADER_BYTES + BLOCK_BYTES * claimed && columns > 0 ? claimed : 0;
  const qpLuma = new Uint8Array(count);
  const cuType = new Uint8Array(count);
  for (let i = 0, at = HEADER_BYTES; i < count; i++, at += BLOCK_BYTES) {
    qpLuma[i] = record[at + QP_AT];
    cuType[i] = (record[at + TYPE_AT] >> TYPE_SHIFT) & TYPE_MASK;
  }
  const component = (number: number, length: number): Int16Array<ArrayBuffer> => {
    const values = new Int16Array(length);
    const first = HEADER_BYTES + VECTORS_AT + Int16Array.BYTES_PER_ELEMENT * number;
    for (let i = 0; i < length; i++) values[i] = view.getInt16(first + BLOCK_BYTES * i, true);
    return values;
  };
  const second = count > 0 && (record[0] & HAS_SECOND_LIST) !== 0 ? count : 0;
  return {
    columns: count === 0 ? 0 : columns,
    rows: count === 0 ? 0 : Math.ceil(count / columns),
    qpLuma,
    cuType,
    mv0X: component(0, count),
    mv0Y: component(1, count),
    mv1X: component(2, second),
    mv1Y: component(3, second),
  };
}
