/** What a test clip is and how it is made, as data. */

/** What can be relied on when the clip is read. */
export type ClipState =
  /** Decodes without a complaint. */
  | "good"
  /** Decodes, with errors in the frames `damaged` and in those that refer to them. */
  | "damaged"
  /** Ends early: the first frames, at least half a second of them, decode. */
  | "truncated"
  /** No video can be decoded from it, or must be. */
  | "unreadable";

/** How a clip is made. Data only, so that its hash can name the cached file. */
export type Making =
  /** Numbered raw frames through ffmpeg. */
  | {
    readonly kind: "encode";
    /** Output arguments. */
    readonly args: readonly string[];
    /** Arguments before the raw input. */
    readonly inputArgs?: readonly string[];
    /** Further inputs. */
    readonly more?: readonly string[];
    /** Raw format, where decoders give another one than was encoded. */
    readonly rawFormat?: string;
    /** Encoded twice: libvpx makes hidden frames only in a second pass. */
    readonly twoPass?: boolean;
  }
  /** Stream copy of other clips by ffmpeg; `inputArgs` come before each of them. */
  | {
    readonly kind: "copy";
    readonly from: readonly string[];
    readonly inputArgs?: readonly string[];
    readonly args: readonly string[];
    /** Degrees by which the display matrix turns the picture clockwise. */
    readonly turn?: number;
  }
  /** The bytes of other clips one after the other. */
  | { readonly kind: "join"; readonly from: readonly string[] }
  /** The first part of another clip's bytes. */
  | { readonly kind: "cut"; readonly from: readonly [string]; readonly keep: number }
  /** Overwrites bytes in the middle of H.264 slices of an mp4: pairs of packet and slice. */
  | {
    readonly kind: "damage";
    readonly from: readonly [string];
    readonly slices: readonly (readonly [packet: number, slice: number])[];
  }
  /** A file with this text in it. */
  | { readonly kind: "text"; readonly text: string };

/** What a clip contains. Times and flags are verified against ffprobe by clips_test.ts. */
export interface ClipTraits {
  /** Name of the recipe and of the file. */
  readonly name: string;
  /** How the clip is made. */
  readonly making: Making;
  /** What can be relied on. */
  readonly state: ClipState;
  /** ffprobe's codec name of the first video stream; "" without video. */
  readonly codec: string;
  /** Displayed luma width in pixels before rotation. */
  readonly width: number;
  /** Displayed luma height in pixels before rotation. */
  readonly height: number;
  /** Coded pictures in the file that are meant to be displayed or discarded. */
  readonly frames: number;
  /** Barcode of the first frame that was encoded. */
  readonly start: number;
  /** Barcodes in display order of what a player shows. */
  readonly numbers: readonly number[];
  /** ffmpeg's name of the decoder's format, of the first part if it changes. */
  readonly pixelFormat: string;
  /** Significant bits of a sample. */
  readonly bitDepth: number;
  /** Average frame rate as ffmpeg writes rationals. */
  readonly frameRate: string;
  /** Contains B pictures, or frames coded out of display order. */
  readonly hasB: boolean;
  /** Pictures follow a key picture in decoding order and precede it in display order. */
  readonly openGop: boolean;
  /** Key frames are this far apart at most, where a test relies on it. */
  readonly keyInterval: number | undefined;
  /** Distances between the frames differ; times in milliseconds are then `vfrTime(n)`. */
  readonly vfr: boolean;
  /** The first packets have negative presentation times. */
  readonly negativePts: boolean;
  /** An edit list discards packets at the start. */
  readonly editList: boolean;
  /** Coded as fields or field macroblocks, upper field first. */
  readonly interlaced: boolean;
  /** Degrees by which a player turns the picture clockwise. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Samples use all codes, and the stream says so. */
  readonly fullRange: boolean;
  /** ffprobe's name of the matrix, if the stream names one. */
  readonly matrix: string | undefined;
  /** Contains an audio stream. */
  readonly audio: boolean;
  /** The encoder lost nothing: decoded frames equal `makeRawFrames`. */
  readonly lossless: boolean;
  /** Packets hold frames that are never shown. */
  readonly hiddenFrames: boolean;
  /** Size of the second part, where the stream changes it. */
  readonly thenSize: readonly [width: number, height: number] | undefined;
  /** Format of the second part, where the stream changes it. */
  readonly thenPixelFormat: string | undefined;
  /** Barcodes of the frames in whose slices bytes were overwritten. */
  readonly damaged: readonly number[];
  /** Barcode of the first frame of the second video stream. */
  readonly secondStream: number | undefined;
}

/** Presentation time in milliseconds of frame `n` of a clip with variable frame rate. */
export function vfrTime(n: number): number {
  return n * 40 + (n * n * 7) % 31;
}
