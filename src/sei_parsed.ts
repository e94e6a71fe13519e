/**
 * SEI messages whose fields have names.
 *
 * @module
 */

import { SeiFlag, type SeiMessage as Record, SeiSyntax } from "../ffi/abi.ts";
import { BitReader, BitsEnded } from "./bit_reader.ts";
import { transferName } from "./color.ts";
import { SeiType } from "./sei_names.ts";
import {
  av1Timestamp,
  h264Timestamp,
  hevcTimestamp,
  mpeg2Timestamp,
  type SeiTimestamp,
} from "./sei_time_code.ts";

/** Time code of HEVC and AV1, and that of a group of pictures of MPEG-2. */
export interface SeiTimeCode {
  /** Which form this is. */
  readonly kind: "timeCode";
  /** One to three of HEVC, one of the others; null for one that was left out. */
  readonly timestamps: readonly (SeiTimestamp | null)[];
}

/** Picture timing of H.264. */
export interface SeiPictureTiming {
  /** Which form this is. */
  readonly kind: "pictureTiming";
  /** Ticks that the picture waits in the coded picture buffer; null if the stream does not say. */
  readonly cpbRemovalDelay: number | null;
  /** Ticks from its removal there to its output; null if the stream does not say. */
  readonly dpbOutputDelay: number | null;
  /** 0 frame, 1 top field, 2 bottom field, ... 8 frame tripling, by table D-1; null if absent. */
  readonly pictureStructure: number | null;
  /** As many as pictureStructure has; null for one that was left out. */
  readonly timestamps: readonly (SeiTimestamp | null)[];
}

/** Coordinates x and y of CIE 1931. */
export type Chromaticity = readonly [x: number, y: number];

/** Colours and luminance of the display that a video was made on (SMPTE ST 2086). */
export interface MasteringDisplay {
  /** Its red. */
  readonly red: Chromaticity;
  /** Its green. */
  readonly green: Chromaticity;
  /** Its blue. */
  readonly blue: Chromaticity;
  /** Its white. */
  readonly whitePoint: Chromaticity;
  /** Greatest luminance, in candela per square metre. */
  readonly maxLuminance: number;
  /** Least luminance, in candela per square metre. */
  readonly minLuminance: number;
}

/** The display that the video was made on. */
export interface SeiMasteringDisplay extends MasteringDisplay {
  /** Which form this is. */
  readonly kind: "masteringDisplayColorVolume";
}

/** How bright a video gets (CTA-861.3). */
export interface ContentLightLevel {
  /** MaxCLL: of the brightest pixel, in candela per square metre; 0 if not told. */
  readonly maxContentLightLevel: number;
  /** MaxFALL: of the brightest picture's average, in candela per square metre; 0 if not told. */
  readonly maxPictureAverageLightLevel: number;
}

/** How bright the video gets. */
export interface SeiContentLightLevel extends ContentLightLevel {
  /** Which form this is. */
  readonly kind: "contentLightLevelInfo";
}

/** Transfer characteristics to be preferred over those of the stream. */
export interface SeiAlternativeTransfer {
  /** Which form this is. */
  readonly kind: "alternativeTransferCharacteristics";
  /** Their number by ITU-T H.273. */
  readonly preferredTransferCharacteristics: number;
  /** Their name as in a frame's colorSpace, such as "hlg"; the number where that has none. */
  readonly transfer: string | number | null;
}

/** User data whose owner is registered by ITU-T T.35. */
export interface SeiRegisteredUserData {
  /** Which form this is. */
  readonly kind: "userDataRegistered";
  /** 0xB5 for the United States, by ITU-T T.35. */
  readonly countryCode: number;
  /** The byte that follows a country code of 0xFF; null otherwise. */
  readonly countryCodeExtension: number | null;
  /** The two bytes behind that: 0x0031 for ATSC, 0x003C for HDR10+; null if they are missing. */
  readonly providerCode: number | null;
  /**
   * Closed captions of CTA-708 with those of CTA-608 (ATSC A/53 "GA94"): three bytes each, of which the
   * first has the marker bits, cc_valid and cc_type (0 and 1: 608). Null if there are none.
   */
  readonly captions: Uint8Array<ArrayBuffer> | null;
  /** What follows the provider's code. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** User data with a UUID. */
export interface SeiUnregisteredUserData {
  /** Which form this is. */
  readonly kind: "userDataUnregistered";
  /** Whose data they are: "dc45e9bd-e6d9-48b7-962c-d820d923eeef" for x264. */
  readonly uuid: string;
  /** What follows the UUID. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** A message whose fields have names; `kind` tells which. */
export type SeiParsed =
  | SeiTimeCode
  | SeiPictureTiming
  | SeiMasteringDisplay
  | SeiContentLightLevel
  | SeiAlternativeTransfer
  | SeiRegisteredUserData
  | SeiUnregisteredUserData;

/** What parsing found: null for types without a form, and for payloads that do not fit theirs. */
export interface SeiParsing {
  readonly parsed: SeiParsed | null;
  readonly isMalformed: boolean;
}

const CAPTIONS_COUNTRY = 0xb5;
const CAPTIONS_PROVIDER = 0x31;
const CAPTIONS_IDENTIFIER = 0x47413934; // GA94
const CAPTIONS_TYPE = 3;

/** Timestamps by pic_struct, table D-1 of H.264. */
const TIMESTAMP_COUNTS = [1, 1, 1, 2, 2, 3, 3, 2, 3];

const AV1_CLL = 1;
const AV1_MDCV = 2;
const AV1_T35 = 4;
const AV1_TIMECODE = 5;

/** Parses the payload of a record. */
export function parseSei(record: Record, payload: Uint8Array): SeiParsing {
  try {
    return { parsed: parsePayload(record, payload), isMalformed: false };
  } catch (error) {
    if (!(error instanceof BitsEnded)) throw error;
    return { parsed: null, isMalformed: true };
  }
}

function parsePayload(record: Record, payload: Uint8Array): SeiParsed | null {
  const { syntax, type } = record;
  const bits = new BitReader(payload);
  if (syntax === SeiSyntax.AV1) return parseAv1(type, bits);
  if (syntax === SeiSyntax.MPEG2) return { kind: "timeCode", timestamps: [mpeg2Timestamp(bits)] };
  const isHevc = syntax === SeiSyntax.HEVC;
  switch (type) {
    case SeiType.TIME_CODE_H264:
      return isHevc ? null : pictureTiming(bits, record);
    case SeiType.USER_DATA_REGISTERED:
      return registered(bits);
    case SeiType.USER_DATA_UNREGISTERED:
      return unregistered(bits);
    case SeiType.TIME_CODE:
      return isHevc ? timeCode(bits) : null;
    case SeiType.MASTERING_DISPLAY_COLOR_VOLUME:
      return masteringDisplay(bits);
    case SeiType.CONTENT_LIGHT_LEVEL_INFO:
      return contentLightLevel(bits);
    case SeiType.ALTERNATIVE_TRANSFER_CHARACTERISTICS:
      return alternativeTransfer(bits);
  }
  return null;
}

function parseAv1(type: number, bits: BitReader): SeiParsed | null {
  if (type === AV1_CLL) return contentLightLevel(bits);
  if (type === AV1_MDCV) return av1MasteringDisplay(bits);
  if (type === AV1_T35) return registered(bits);
  return type === AV1_TIMECODE ? { kind: "timeCode", timestamps: [av1Timestamp(bits)] } : null;
}

function pictureTiming(bits: BitReader, record: Record): SeiPictureTiming | null {
  if (!(record.flags & SeiFlag.HAS_TIMING)) return null;
  const { cpbRemovalDelayBits, dpbOutputDelayBits, timeOffsetBits } = record;
  const cpbRemovalDelay = cpbRemovalDelayBits > 0 ? bits.bits(cpbRemovalDelayBits) : null;
  const dpbOutputDelay = dpbOutputDelayBits > 0 ? bits.bits(dpbOutputDelayBits) : null;
  const hasStructure = (record.flags & SeiFlag.HAS_PIC_STRUCT) !== 0;
  const pictureStructure = hasStructure ? bits.bits(4) : null;
  const count = pictureStructure === null ? 0 : TIMESTAMP_COUNTS[pictureStructure];
  if (count === undefined) throw new BitsEnded("A pic_struct that is reserved");
  const timestamps = Array.from(
    { length: count },
    () => bits.flag() ? h264Timestamp(bits, timeOffsetBits) : null,
  );
  return { kind: "pictureTiming", cpbRemovalDelay, dpbOutputDelay, pictureStructure, timestamps };
}

function timeCode(bits: BitReader): SeiTimeCode {
  const count = bits.bits(2);
  const timestamps = Array.from(
    { length: count },
    () => bits.flag() ? hevcTimestamp(bits) : null,
  );
  return { kind: "timeCode", timestamps };
}

/** D.2.28 of HEVC; green comes first, then blue and red. */
function masteringDisplay(bits: BitReader): SeiMasteringDisplay {
  const point = (): Chromaticity => [bits.bits(16) / 50000, bits.bits(16) / 50000];
  const [green, blue, red, whitePoint] = [point(), point(), point(), point()];
  const [maxLuminance, minLuminance] = [bits.bits(32) / 10000, bits.bits(32) / 10000];
  return {
    kind: "masteringDisplayColorVolume",
    ...{ red, green, blue, whitePoint, maxLuminance, minLuminance },
  };
}

/** 5.8.4 of AV1: fixed point numbers. */
function av1MasteringDisplay(bits: BitReader): SeiMasteringDisplay {
  const point = (): Chromaticity => [bits.bits(16) / 2 ** 16, bits.bits(16) / 2 ** 16];
  const [red, green, blue, whitePoint] = [point(), point(), point(), point()];
  const [maxLuminance, minLuminance] = [bits.bits(32) / 2 ** 8, bits.bits(32) / 2 ** 14];
  return {
    kind: "masteringDisplayColorVolume",
    ...{ red, green, blue, whitePoint, maxLuminance, minLuminance },
  };
}

function contentLightLevel(bits: BitReader): SeiContentLightLevel {
  const [maxContentLightLevel, maxPictureAverageLightLevel] = [bits.bits(16), bits.bits(16)];
  return { kind: "contentLightLevelInfo", maxContentLightLevel, maxPictureAverageLightLevel };
}

function alternativeTransfer(bits: BitReader): SeiAlternativeTransfer {
  const preferredTransferCharacteristics = bits.bits(8);
  const transfer = transferName(preferredTransferCharacteristics);
  return {
    kind: "alternativeTransferCharacteristics",
    preferredTransferCharacteristics,
    transfer,
  };
}

function registered(bits: BitReader): SeiRegisteredUserData {
  const countryCode = bits.bits(8);
  const countryCodeExtension = countryCode === 0xff ? bits.bits(8) : null;
  const providerCode = bits.bytesLeft < 2 ? null : bits.bits(16);
  const data = bits.bytes();
  const mayCaption = countryCode === CAPTIONS_COUNTRY && providerCode === CAPTIONS_PROVIDER;
  const captions = mayCaption ? captionsOf(data) : null;
  return {
    kind: "userDataRegistered",
    ...{ countryCode, countryCodeExtension, providerCode, captions, data },
  };
}

/** cc_data() of ATSC A/53 part 4, 6.2.3. */
function captionsOf(data: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const bits = new BitReader(data);
  if (data.length < 4 || bits.bits(32) !== CAPTIONS_IDENTIFIER) return null;
  if (bits.bits(8) !== CAPTIONS_TYPE) return null;
  bits.bits(1); // reserved
  const hasCaptions = bits.flag();
  bits.bits(1); // zero
  const count = bits.bits(5);
  bits.bits(8); // reserved
  return hasCaptions && count > 0 ? bits.bytes(3 * count) : null;
}

function unregistered(bits: BitReader): SeiUnregisteredUserData {
  const hex = Array.from(bits.bytes(16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const parts = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]];
  const uuid = parts.map(([from, to]) => hex.slice(from, to)).join("-");
  return { kind: "userDataUnregistered", uuid, data: bits.bytes() };
}
