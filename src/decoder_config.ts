/**
 * Decoder configurations in the shape of WebCodecs.
 *
 * @module
 */

import type { ColorSpace } from "./color.ts";

/** What a decoder must know of a stream, in the shape of WebCodecs' VideoDecoderConfig. */
export interface DecoderConfig {
  /** WebCodecs codec string, such as "avc1.64001f"; libav's name where WebCodecs has none. */
  readonly codec: string;
  /** Codec headers, where the packets do not hold them. */
  readonly description?: Uint8Array;
  /** Width of the coded picture in pixels. */
  readonly codedWidth?: number;
  /** Height of the coded picture in pixels. */
  readonly codedHeight?: number;
  /** Width of the picture's shape for display. */
  readonly displayAspectWidth?: number;
  /** Height of the picture's shape for display. */
  readonly displayAspectHeight?: number;
  /** Colour space of the stream. */
  readonly colorSpace?: ColorSpace;
}
