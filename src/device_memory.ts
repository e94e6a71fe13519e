/**
 * Memory of GPUs: how others get at it, and how it comes to the host.
 *
 * @module
 */

import { DlpackDesc } from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import type { Dtype } from "./format.ts";
import { dtypeBytes } from "./format.ts";
import { callWithError, native, run } from "./native_call.ts";

/**
 * An array in a GPU's memory, as Python's `__cuda_array_interface__` describes it (version 3). Its memory is
 * valid until the frame or tensor is closed; work that is queued then still finds it.
 */
export interface CudaArrayInterface {
  /** Length of each dimension. */
  readonly shape: readonly number[];
  /** Type of a value: "|u1", "<u2", "<f2" or "<f4". */
  readonly typestr: "|u1" | "<u2" | "<f2" | "<f4";
  /** Device pointer, and whether the memory must not be written. */
  readonly data: readonly [pointer: bigint, isReadOnly: boolean];
  /** Bytes from one value to the next in each dimension. */
  readonly strides: readonly number[];
  /** Version of the interface. */
  readonly version: 3;
  /** The stream that the memory is complete on: 1, the legacy default stream. */
  readonly stream: 1;
}

/** CU_STREAM_LEGACY. */
export const LEGACY_STREAM = 1;

const TYPES = { uint8: "|u1", uint16: "<u2", float16: "<f2", float32: "<f4" } as const;

/** Shares the memory of a native frame; `strides` count elements. */
export function shareByCudaArrayInterface(
  handle: number,
  address: number,
  { shape, strides, dtype }: {
    readonly shape: readonly number[];
    readonly strides: readonly number[];
    readonly dtype: Dtype;
  },
): CudaArrayInterface {
  const desc = new DlpackDesc();
  desc.stream = LEGACY_STREAM;
  callWithError(
    (error) => native().cuf_frame_share(handle, desc.bytes, error.bytes),
    "Sharing a frame's memory",
  );
  return {
    shape,
    typestr: TYPES[dtype],
    data: [BigInt(address), false],
    strides: strides.map((stride) => stride * dtypeBytes(dtype)),
    version: 3,
    stream: LEGACY_STREAM,
  };
}

/** A copy of a native frame in host memory, closed when `use` is done with its handle. */
export async function withHostCopy(handle: number, use: (copy: number) => void): Promise<void> {
  const { value } = await run(
    (ticket) => native().cuf_frame_download(handle, ticket),
    { what: "Copying a frame to the host" },
  );
  const copy = new NativeHandle(value, "host copy", "Frame", { warns: false });
  try {
    use(copy.value);
  } finally {
    copy.close();
  }
}
