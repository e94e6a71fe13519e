/**
 * What decoders count.
 *
 * @module
 */

/** What a decoder has done. */
export interface DecoderStats {
  /** Packets that were sent to it. */
  readonly packetsDecoded: number;
  /** Frames that it gave. */
  readonly framesDecoded: number;
  /** Frames that were damaged. */
  readonly framesCorrupt: number;
  /** Bytes that count towards its memoryBudgetBytes: its pictures, and its frames that are not closed. */
  readonly memoryBytes: number;
}
