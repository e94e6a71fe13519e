/**
 * What can change while an encoder works, by the guide's names.
 *
 * @module
 */

import { checkDescriptor, integer, type Rules } from "./descriptor.ts";
import type { EncodedChunk } from "./encoded_chunk.ts";
import { LARGEST_ENCODED_SIDE } from "./encoder_format.ts";
import type { EncoderParameters } from "./encoder_parameters.ts";
import { parameterNumbers, parameterRules, type ParameterValues } from "./encoder_settings.ts";

/** What an encoder can be told to do otherwise from the next picture on. */
export interface ReconfigureParams {
  /** Rate control. */
  readonly rateControlMode?: "cbr" | "vbr" | "constqp";
  /** Average bit rate of cbr and vbr, 1 to 4294967295 bit/s. */
  readonly averageBitrate?: number;
  /** Greatest bit rate of vbr, 1 to 4294967295 bit/s. */
  readonly maxBitRate?: number;
  /** Size of the decoder's buffer that the bit rate is kept for, 1 to 4294967295 bit. */
  readonly vbvBufferSize?: number;
  /** What is in that buffer when decoding begins, 1 to 4294967295 bit. */
  readonly vbvInitialDelay?: number;
  /** Numerator of the frame rate; goes with frameRateDen. */
  readonly frameRateNum?: number;
  /** Denominator of the frame rate. */
  readonly frameRateDen?: number;
  /** Target quality of vbr, 1 to 51 (AV1: 63). */
  readonly targetQuality?: number;
  /** Quantizers of constqp, 0 to 51 (AV1: 255); one for all, or those of I, P and B pictures. */
  readonly constQp?: EncoderParameters["constQp"];
  /** Frames from one key picture to the next; the encoder is made anew for another. */
  readonly gop?: number;
  /** B pictures between two others, for the sake of getReconfigureParams(): another number is refused. */
  readonly bf?: number;
  /** Pixels in a row, up to the encoder's maxWidth. */
  readonly width?: number;
  /** Rows, up to the encoder's maxHeight. */
  readonly height?: number;
}

/** What became of a reconfigure(). */
export interface ReconfigureResult {
  /**
   * Whether the encoder goes on as it is. Else it was drained and made anew, so that the next picture is an IDR
   * picture, at which decoding can start.
   */
  readonly isInPlace: boolean;
  /** The chunks that were held back; empty if it goes on. */
  readonly chunks: EncodedChunk[];
}

/** Names of parameters under those of the guide's reconfiguration. */
const NAMES: { readonly [key: string]: string } = {
  rateControlMode: "rc",
  averageBitrate: "bitrate",
  maxBitRate: "maxBitrate",
  vbvBufferSize: "vbvBufSize",
  vbvInitialDelay: "vbvInit",
  targetQuality: "cq",
  constQp: "constQp",
  gop: "gop",
  bf: "bf",
};

/** The part of an encoder's settings that can change. */
export function reconfigureParams(
  settings: EncoderParameters,
  size: { readonly width: number; readonly height: number },
): ReconfigureParams {
  const values = settings as { readonly [name: string]: unknown };
  const named = Object.entries(NAMES).filter(([, name]) => values[name] !== undefined)
    .map(([key, name]) => [key, values[name]]);
  const rate = settings.fps as { readonly num: number; readonly den: number } | undefined;
  const rateParts = rate === undefined ? {} : { frameRateNum: rate.num, frameRateDen: rate.den };
  return { ...Object.fromEntries(named), ...rateParts, width: size.width, height: size.height };
}

/**
 * Checks parameters and gives those that differ from what is in force, so that all that
 * getReconfigureParams() gave can be given back with one changed. Those that were `asked` for meanwhile count
 * as different.
 */
export function changesOf(
  params: ReconfigureParams,
  settings: EncoderParameters,
  asked: ReadonlySet<string>,
): ParameterValues {
  const rules = parameterRules(settings.codec);
  const term = integer(1, 2 ** 31 - 1);
  const side = integer(1, LARGEST_ENCODED_SIDE);
  const named: Rules = Object.fromEntries(
    Object.entries(NAMES).map(([key, name]) => [key, rules[name]]),
  );
  const all = { ...named, frameRateNum: term, frameRateDen: term, width: side, height: side };
  checkDescriptor("reconfigure()", params, all);
  const given = params as { readonly [key: string]: unknown };
  const current = settings as { readonly [name: string]: unknown };
  const changes = new Map<string, unknown>();
  const note = (name: string, value: unknown): void => {
    if (value === undefined) return;
    const before = current[name];
    const isSame = before !== undefined && !asked.has(name) &&
      parameterNumbers(name, before).join() === parameterNumbers(name, value).join();
    if (!isSame) changes.set(name, value);
  };
  for (const [key, name] of Object.entries(NAMES)) note(name, given[key]);
  note("fps", rateOf(params, current.fps));
  return changes;
}

function rateOf(
  { frameRateNum: num, frameRateDen: den }: ReconfigureParams,
  current: unknown,
): unknown {
  if (num === undefined && den === undefined) return undefined;
  const { num: numBefore, den: denBefore } = current as {
    readonly num: number;
    readonly den: number;
  };
  // The guide changes frameRateNum alone.
  return { num: num ?? numBefore, den: den ?? denBefore };
}
