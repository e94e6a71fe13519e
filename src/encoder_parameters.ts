// deno-fmt-ignore-file
// Generated from csrc/core/encoder_parameters.inc by tools/encoder_table.ts: do not edit.

/**
 * The parameters of encoders.
 *
 * @module
 */

/** One parameter. */
export interface EncoderParameterRow {
  /** Key in TypeScript; a dot stands before a key of a nested object. */
  readonly name: string;
  /** Key of the guide's JSON; a dot as in name. */
  readonly guide: string;
  /** What its values are. */
  readonly kind: "choice" | "integer" | "flag" | "quantizers" | "ratio";
  /** Smallest value. */
  readonly least: number;
  /** Greatest value, of H.264 and HEVC. */
  readonly most: number;
  /** Names of a choice's numbers. */
  readonly names: readonly string[];
}

/** Everything that an encoder can be told of how to encode, by the guide's names. */
export interface EncoderParameters {
  /** What the stream is encoded as. Default: h264. */
  readonly codec?: "h264" | "hevc" | "av1";
  /** Speed against quality: P1 is the fastest, P7 the best. Default: P4. */
  readonly preset?: "P1" | "P2" | "P3" | "P4" | "P5" | "P6" | "P7";
  /** What the stream is for; lossless keeps every sample as it is. Default: high_quality. */
  readonly tuningInfo?: "high_quality" | "low_latency" | "ultra_low_latency" | "lossless" | "ultra_high_quality";
  /**
   * Rate control: constant bit rate, variable bit rate, constant quantizer. Default: constqp with
   * constQp or lossless, vbr with cq, else cbr.
   */
  readonly rc?: "cbr" | "vbr" | "constqp";
  /** Average bit rate of cbr and vbr. 1 to 4294967295 bit/s. Default: 10,000,000. */
  readonly bitrate?: number;
  /**
   * Greatest bit rate of vbr. 1 to 4294967295 bit/s. Default: 10,000,000, or bitrate if that is
   * more.
   */
  readonly maxBitrate?: number;
  /**
   * Size of the decoder's buffer that the bit rate is kept for. 1 to 4294967295 bit. Default: one
   * second of the bit rate; of maxBitrate for vbr.
   */
  readonly vbvBufSize?: number;
  /**
   * What is in that buffer when decoding begins. 1 to 4294967295 bit. Default: the encoder's own.
   */
  readonly vbvInit?: number;
  /**
   * Frame rate. In frames/s; above 0, such as 30, 29.97 or { num: 30000, den: 1001 }. Default: 30.
   */
  readonly fps?: number | { readonly num: number; readonly den: number };
  /**
   * Quantizers that rate control begins with. 0 to 51, AV1: to 255; one for all, or those of I, P
   * and B pictures. Default: the encoder's own.
   */
  readonly initQp?: number | readonly [i: number, p: number, b: number];
  /** Frames from one IDR picture to the next. 1 to 4294967295 frames. Default: gop. */
  readonly idrPeriod?: number;
  /**
   * Quantizers of constqp. 0 to 51, AV1: to 255; one for all, or those of I, P and B pictures.
   * Default: the encoder's own.
   */
  readonly constQp?: number | readonly [i: number, p: number, b: number];
  /**
   * Smallest quantizers of rate control. 0 to 51, AV1: to 255; one for all, or those of I, P and B
   * pictures. Default: none.
   */
  readonly qmin?: number | readonly [i: number, p: number, b: number];
  /**
   * Greatest quantizers of rate control. 0 to 51, AV1: to 255; one for all, or those of I, P and B
   * pictures. Default: none.
   */
  readonly qmax?: number | readonly [i: number, p: number, b: number];
  /**
   * Frames from one key picture to the next; 4294967295: only the first. 1 to 4294967295 frames.
   * Default: 250; without end for low_latency and ultra_low_latency.
   */
  readonly gop?: number;
  /**
   * B pictures between two others. 0 to 16 frames. Default: the preset's; 0 for low_latency and
   * ultra_low_latency.
   */
  readonly bf?: number;
  /**
   * Whether each picture is encoded twice, first at a quarter or at full size. Default: disabled.
   */
  readonly multipass?: "disabled" | "qres" | "fullres";
  /** Pictures that rate control looks ahead; 0: none. 0 to 255 frames. Default: the preset's. */
  readonly lookahead?: number;
  /** Quantizers vary within a picture with its detail. Default: the preset's. */
  readonly aq?: boolean;
  /** Quantizers vary with how long a part of the picture stays. Default: the preset's. */
  readonly temporalAq?: boolean;
  /**
   * Bits of a key picture against those of others; only for low delay cbr. 0 to 254. Default: 0.
   */
  readonly ldkfs?: number;
  /**
   * Target quality of vbr: smaller is better; the bit rate is then a bound. 1 to 51; AV1: to 63.
   * Default: none.
   */
  readonly cq?: number;
  /** Profile of the stream. Default: auto. */
  readonly profile?: "auto" | "baseline" | "main" | "high" | "high10" | "high422" | "high444" | "main10" | "main12" | "main444" | "main422_10" | "rext" | "professional";
  /** Level of the stream. Default: auto. */
  readonly level?: "auto" | "1" | "1b" | "1.1" | "1.2" | "1.3" | "2" | "2.1" | "2.2" | "2.3" | "3" | "3.1" | "3.2" | "3.3" | "4" | "4.1" | "4.2" | "4.3" | "5" | "5.1" | "5.2" | "5.3" | "6" | "6.1" | "6.2" | "6.3" | "7" | "7.1" | "7.2" | "7.3";
  /** Tier of HEVC and AV1. Default: main. */
  readonly tier?: "main" | "high";
  /**
   * Pictures before it that one is predicted from; 0: the encoder's choice. 0 to 16 pictures.
   * Default: the preset's.
   */
  readonly numRefL0?: number;
  /**
   * Pictures after it that a B picture is predicted from; 0: the encoder's choice. 0 to 16
   * pictures. Default: the preset's.
   */
  readonly numRefL1?: number;
  /**
   * How RGB input becomes YUV, and what the stream says of it. Default: bt709 from 720 lines up,
   * else bt601.
   */
  readonly colorSpace?: "bt601" | "bt709";
  /** Every IDR picture comes with the stream's headers, not the first alone. Default: false. */
  readonly repeatSpsPps?: boolean;
  /** Greatest width that reconfigure() may ask for. 1 to 65536 pixels. Default: width. */
  readonly maxWidth?: number;
  /** Greatest height that reconfigure() may ask for. 1 to 65536 pixels. Default: height. */
  readonly maxHeight?: number;
  /** Timing of the stream's clock, as Annex E of H.264 and HEVC defines it. */
  readonly timingInfo?: EncoderTimingInfo;
  /** How pictures of H.264 and HEVC are cut into slices. */
  readonly slice?: EncoderSlice;
}

/** Timing of the stream's clock, as Annex E of H.264 and HEVC defines it. */
export interface EncoderTimingInfo {
  /**
   * Units of the clock in a tick, of H.264 and HEVC; goes with timescale. 1 to 4294967295. Default:
   * that of fps.
   */
  readonly numUnitsInTick?: number;
  /**
   * Units of the clock in a second, of H.264 and HEVC; goes with numUnitsInTick. 1 to 4294967295
   * 1/s. Default: that of fps.
   */
  readonly timescale?: number;
}

/** How pictures of H.264 and HEVC are cut into slices. */
export interface EncoderSlice {
  /**
   * How H.264 and HEVC pictures are cut: 0: by macroblocks, 1: by bytes, 2: by rows of macroblocks,
   * 3: into so many slices. 0 to 3. Default: 0.
   */
  readonly mode?: number;
  /**
   * Macroblocks, bytes or rows of a slice, or number of slices. 0 to 4294967295. Default: 0: one
   * slice.
   */
  readonly data?: number;
}

/** Rows of the table; the library knows them by their places in it. */
export const ENCODER_PARAMETERS: readonly EncoderParameterRow[] = [
  { name: "codec", guide: "codec", kind: "choice", least: 0, most: 2, names: ["h264", "hevc", "av1"] },
  { name: "preset", guide: "preset", kind: "choice", least: 0, most: 6, names: ["P1", "P2", "P3", "P4", "P5", "P6", "P7"] },
  { name: "tuningInfo", guide: "tuning_info", kind: "choice", least: 0, most: 4, names: ["high_quality", "low_latency", "ultra_low_latency", "lossless", "ultra_high_quality"] },
  { name: "rc", guide: "rc", kind: "choice", least: 0, most: 2, names: ["cbr", "vbr", "constqp"] },
  { name: "bitrate", guide: "bitrate", kind: "integer", least: 1, most: 4294967295, names: [] },
  { name: "maxBitrate", guide: "maxbitrate", kind: "integer", least: 1, most: 4294967295, names: [] },
  { name: "vbvBufSize", guide: "vbvbufsize", kind: "integer", least: 1, most: 4294967295, names: [] },
  { name: "vbvInit", guide: "vbvinit", kind: "integer", least: 1, most: 4294967295, names: [] },
  { name: "fps", guide: "fps", kind: "ratio", least: 1, most: 2147483647, names: [] },
  { name: "initQp", guide: "initqp", kind: "quantizers", least: 0, most: 51, names: [] },
  { name: "idrPeriod", guide: "idrperiod", kind: "integer", least: 1, most: 4294967295, names: [] },
  { name: "constQp", guide: "constqp", kind: "quantizers", least: 0, most: 51, names: [] },
  { name: "qmin", guide: "qmin", kind: "quantizers", least: 0, most: 51, names: [] },
  { name: "qmax", guide: "qmax", kind: "quantizers", least: 0, most: 51, names: [] },
  { name: "gop", guide: "gop", kind: "integer", least: 1, most: 4294967295, names: [] },
  { name: "bf", guide: "bf", kind: "integer", least: 0, most: 16, names: [] },
  { name: "multipass", guide: "multipass", kind: "choice", least: 0, most: 2, names: ["disabled", "qres", "fullres"] },
  { name: "lookahead", guide: "lookahead", kind: "integer", least: 0, most: 255, names: [] },
  { name: "aq", guide: "aq", kind: "flag", least: 0, most: 1, names: [] },
  { name: "temporalAq", guide: "temporalaq", kind: "flag", least: 0, most: 1, names: [] },
  { name: "ldkfs", guide: "ldkfs", kind: "integer", least: 0, most: 254, names: [] },
  { name: "cq", guide: "cq", kind: "integer", least: 1, most: 51, names: [] },
  { name: "profile", guide: "profile", kind: "choice", least: 0, most: 12, names: ["auto", "baseline", "main", "high", "high10", "high422", "high444", "main10", "main12", "main444", "main422_10", "rext", "professional"] },
  { name: "level", guide: "level", kind: "choice", least: 0, most: 29, names: ["auto", "1", "1b", "1.1", "1.2", "1.3", "2", "2.1", "2.2", "2.3", "3", "3.1", "3.2", "3.3", "4", "4.1", "4.2", "4.3", "5", "5.1", "5.2", "5.3", "6", "6.1", "6.2", "6.3", "7", "7.1", "7.2", "7.3"] },
  { name: "tier", guide: "tier", kind: "choice", least: 0, most: 1, names: ["main", "high"] },
  { name: "numRefL0", guide: "numrefl0", kind: "integer", least: 0, most: 16, names: [] },
  { name: "numRefL1", guide: "numrefl1", kind: "integer", least: 0, most: 16, names: [] },
  { name: "colorSpace", guide: "colorspace", kind: "choice", least: 0, most: 1, names: ["bt601", "bt709"] },
  { name: "timingInfo.numUnitsInTick", guide: "timingInfo.num_unit_in_ticks", kind: "integer", least: 1, most: 4294967295, names: [] },
  { name: "timingInfo.timescale", guide: "timingInfo.timescale", kind: "integer", least: 1, most: 4294967295, names: [] },
  { name: "slice.mode", guide: "slice.mode", kind: "integer", least: 0, most: 3, names: [] },
  { name: "slice.data", guide: "slice.data", kind: "integer", least: 0, most: 4294967295, names: [] },
  { name: "repeatSpsPps", guide: "repeatspspps", kind: "flag", least: 0, most: 1, names: [] },
  { name: "maxWidth", guide: "max_width", kind: "integer", least: 1, most: 65536, names: [] },
  { name: "maxHeight", guide: "max_height", kind: "integer", least: 1, most: 65536, names: [] },
];
