/**
 * What encoders count.
 *
 * @module
 */

/** What an encoder has done. */
export interface EncoderStats {
  /** Pictures that it took. */
  readonly framesEncoded: number;
  /** Chunks that it gave. */
  readonly chunks: number;
  /** Bytes of those. */
  readonly chunkBytes: number;
  /** Pictures that were copied from a GPU's memory to the host's or back. */
  readonly hostCopies: number;
  /** Times that it was reconfigured in place. */
  readonly reconfigures: number;
  /** Times that it was made anew for that. */
  readonly reopens: number;
}
