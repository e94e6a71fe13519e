/**
 * What an adapter encodes.
 *
 * @module
 */

import { Backend, EncoderQuery, EncoderSupport as NativeSupport, ErrorStruct } from "../ffi/abi.ts";
import { queue } from "../ffi/completion.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { type EncoderFormat, formatsOf } from "./encoder_format.ts";
import { type EncoderConfig, nativeConfig } from "./encoder_options.ts";
import type { EncoderParameters } from "./encoder_parameters.ts";
import { settingArguments, takeSettings } from "./encoder_settings.ts";
import { checked, native, run } from "./native_call.ts";

/** Bounds of an encoder. */
export interface EncoderLimits {
  /** Smallest width in pixels; 0 if there is no bound. */
  readonly minWidth: number;
  /** Smallest height in pixels; 0 if there is no bound. */
  readonly minHeight: number;
  /** Largest width in pixels; null if there is no bound. */
  readonly maxWidth: number | null;
  /** Largest height in pixels; null if there is no bound. */
  readonly maxHeight: number | null;
  /** Most B pictures between two others. */
  readonly maxBFrames: number;
}

/** Whether and how something can be encoded. */
export interface EncoderSupport {
  /** Whether it can. */
  readonly isSupported: boolean;
  /** Why not; empty if it can. */
  readonly reason: string;
  /** Which encoder would do it. */
  readonly implementation: string;
  /** Where that works. */
  readonly backend: "cpu" | "cuda";
  /** The parameters that it would encode with, those left out filled in as far as they are known. */
  readonly settings: EncoderParameters;
  /** Formats of pictures that it takes for this codec. */
  readonly formats: readonly EncoderFormat[];
  /** Its bounds. */
  readonly limits: EncoderLimits;
}

/** Asks whether an adapter encodes something. */
export async function encoderSupport(
  adapter: { readonly backend: number; readonly ordinal: number },
  config: EncoderConfig,
): Promise<EncoderSupport> {
  const what = "encoderSupport()";
  const checkedConfig = nativeConfig(what, config);
  const query = new EncoderQuery();
  query.backend = adapter.backend;
  query.ordinal = adapter.ordinal;
  const error = new ErrorStruct();
  const { value } = await run(
    (ticket) =>
      native().cuf_adapter_query_encoder(
        queue(),
        query.bytes,
        checkedConfig.desc.bytes,
        ...settingArguments(checkedConfig),
        ticket,
        error.bytes,
      ),
    { error, what: "Asking for encoder support" },
  );
  const answer = new NativeHandle(value, "encoder support", "answer");
  try {
    return read(value);
  } finally {
    answer.close();
  }
}

function read(answer: number): EncoderSupport {
  const what = "Asking for encoder support";
  const support = new NativeSupport();
  checked(native().cuf_answer_encoder_support(answer, support.bytes), what);
  return {
    isSupported: support.isSupported !== 0,
    reason: support.reason,
    implementation: support.implementation,
    backend: support.backend === Backend.CUDA ? "cuda" : "cpu",
    settings: takeSettings(
      what,
      support.settingCount,
      (records, capacity) => native().cuf_answer_encoder_settings(answer, records, capacity),
    ),
    formats: formatsOf(support.formatMask),
    limits: {
      minWidth: support.minWidth,
      minHeight: support.minHeight,
      maxWidth: support.maxWidth || null,
      maxHeight: support.maxHeight || null,
      maxBFrames: support.maxBFrames,
    },
  };
}
