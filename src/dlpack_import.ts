/**
 * Pictures of others, taken as DLPack arrays.
 *
 * @module
 */

import { DlpackImport, DlpackVersion, FrameInfo } from "../ffi/abi.ts";
import { checkDescriptor, describe, oneOf, text } from "./descriptor.ts";
import { DLPackCapsule, streamRule } from "./dlpack.ts";
import { encoderFormat, type EncoderFormatName, formatCode, formatRule } from "./encoder_format.ts";
import { type Frame, makeFrame } from "./frame.ts";
import { cudaAddress } from "./gpu_options.ts";
import { callWithError, checked, native } from "./native_call.ts";

/** An array that another library made. */
export interface DLPackSource {
  /** Address of the DLManagedTensor or DLManagedTensorVersioned, such as a PyCapsule's pointer. */
  readonly address: number | bigint;
  /** Which of the two it is; default "versioned". */
  readonly version?: "versioned" | "legacy";
}

/** What an array shows. */
export interface DLPackImportDescriptor {
  /** What its values are; its shape and type must be that format's. See {@linkcode EncoderFormat}. */
  readonly format: EncoderFormatName;
  /**
   * Of memory on a GPU: the stream on which it is complete, and on which it may be filled again as soon as
   * encode() of the frame resolved: 1 (default): the legacy default stream, 2: the per-thread one, a CUstream
   * that lives as long as the frame is encoded, or -1: it is complete, and encode() resolves when it was
   * read. Left out for host memory.
   */
  readonly stream?: number | bigint;
  /** Name in warnings; default: "DLPack". */
  readonly label?: string;
}

/** Makes a frame of an array. */
export function frameOfDLPack(
  device: { readonly handle: number },
  source: DLPackCapsule | DLPackSource,
  descriptor: DLPackImportDescriptor,
): Frame {
  const what = "fromDLPack()";
  checkDescriptor(what, descriptor, { format: formatRule, stream: streamRule, label: text() }, [
    "format",
  ]);
  const isCapsule = source instanceof DLPackCapsule;
  if (!isCapsule) {
    if (typeof source !== "object" || source === null) {
      throw new TypeError(
        `${what} takes a DLPackCapsule or { address, version }, not ${describe(source)}`,
      );
    }
    checkDescriptor(what, source, {
      address: (value) =>
        cudaAddress(value) ?? (Number(value) > 0 ? null : { wanted: "an address" }),
      version: oneOf("versioned", "legacy"),
    }, ["address"]);
  }
  const desc = new DlpackImport();
  desc.version = source.version === "legacy" ? DlpackVersion.LEGACY : DlpackVersion.VERSIONED;
  desc.format = formatCode(encoderFormat(descriptor.format)!);
  desc.address = Number(source.address);
  const stream = Number(descriptor.stream ?? 0);
  desc.isComplete = stream < 0 ? 1 : 0;
  desc.stream = Math.max(0, stream);
  const out = new Uint32Array(1);
  callWithError(
    (error) => native().cuf_frame_from_dlpack(device.handle, desc.bytes, out, error.bytes),
    "Taking a DLPack array",
  );
  // The library calls its deleter from now on.
  if (isCapsule) source.release();
  const record = new Uint8Array(FrameInfo.size);
  new FrameInfo(record).structSize = FrameInfo.size;
  const status = native().cuf_frame_info(out[0], record);
  checked(status, "Reading a frame");
  return makeFrame(record, 0, descriptor.label ?? "DLPack");
}
