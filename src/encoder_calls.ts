/**
 * Calls of the library that encoders are made of.
 *
 * @module
 */

import { EncoderInfo, ErrorStruct } from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { ChunkRecords, type EncodedChunk } from "./encoded_chunk.ts";
import type { EncodeMessage } from "./encode_options.ts";
import type { NativeInput } from "./encoder_input.ts";
import type { NativeEncoderDescriptor } from "./encoder_options.ts";
import type { EncoderParameters } from "./encoder_parameters.ts";
import { settingArguments, takeSettings } from "./encoder_settings.ts";
import { checked, native, type Outcome, run } from "./native_call.ts";

/** Makes a native encoder. */
export async function createNativeEncoder(
  device: NativeHandle,
  descriptor: NativeEncoderDescriptor,
  label: string,
  signal: AbortSignal | undefined,
): Promise<NativeHandle> {
  const error = new ErrorStruct();
  const { value } = await run(
    (ticket) =>
      native().cuf_encoder_create(
        device.value,
        descriptor.desc.bytes,
        ...settingArguments(descriptor),
        ticket,
        error.bytes,
      ),
    { error, signal, owner: device, what: "Making an encoder" },
  );
  return new NativeHandle(value, label, "Encoder", { warns: true });
}

/** Starts to encode a picture. */
export function startEncode(
  encoder: number,
  input: NativeInput,
  { desc, messages, payloads }: EncodeMessage,
  ticket: number,
  error: ErrorStruct,
): number {
  const size = payloads?.length ?? 0;
  if ("frame" in input) {
    return native().cuf_encoder_encode(
      encoder,
      input.frame,
      desc.bytes,
      messages,
      payloads,
      size,
      ticket,
      error.bytes,
    );
  }
  return native().cuf_encoder_encode_bytes(
    encoder,
    input.bytes,
    input.bytes.length,
    input.stride,
    desc.bytes,
    messages,
    payloads,
    size,
    ticket,
    error.bytes,
  );
}

/** Where records of chunks are read from at once, for all but long ends of streams. */
const SCRATCH_CHUNKS = 64;
const scratch = new ChunkRecords(SCRATCH_CHUNKS);

/** Takes the chunks of a completed call. */
export function takeChunks(
  encoder: number,
  { value: count, extra: byteLength, ticket }: Outcome,
): EncodedChunk[] {
  if (count === 0) return [];
  const records = count <= SCRATCH_CHUNKS ? scratch : new ChunkRecords(count);
  const data = new Uint8Array(byteLength);
  const taken = native().cuf_encoder_take(encoder, ticket, records.bytes, count, data, byteLength);
  return records.chunks(checked(taken, "Taking chunks"), data);
}

/** What an encoder is and has done. */
export function readEncoderInfo(encoder: number): EncoderInfo {
  const info = new EncoderInfo();
  checked(native().cuf_encoder_info(encoder, info.bytes), "Reading the encoder's state");
  return info;
}

/** The parameters that an encoder works with. */
export function readSettings(encoder: number): EncoderParameters {
  const { settingCount } = readEncoderInfo(encoder);
  return takeSettings(
    "Reading the encoder's settings",
    settingCount,
    (records, capacity) => native().cuf_encoder_settings(encoder, records, capacity),
  );
}

/** The stream's headers. */
export function readSequenceParams(encoder: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(readEncoderInfo(encoder).sequenceParamsBytes);
  const size = native().cuf_encoder_sequence_params(encoder, data, data.length);
  return data.subarray(0, checked(size, "Reading the stream's headers"));
}
