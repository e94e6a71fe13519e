/**
 * DLPack: frames and tensors as arrays of other libraries, without a copy.
 *
 * @module
 */

import { Dlpack, DlpackDesc, DlpackVersion } from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { checkDescriptor, integer, oneOf, type Rule, type Rules } from "./descriptor.ts";
import { LEGACY_STREAM } from "./device_memory.ts";
import { requireOpen } from "./frame_memory.ts";
import { callWithError, native } from "./native_call.ts";

/** Which struct a capsule holds, and for whom. */
export interface DLPackDescriptor {
  /** "versioned": DLManagedTensorVersioned 1.0 (default); "legacy": DLManagedTensor. */
  readonly version?: "versioned" | "legacy";
  /**
   * Of memory on a GPU, as Python's `__dlpack__` takes it: the stream of the consumer, for whose later work the
   * memory is complete: 1 (default): the legacy default stream, 2: the per-thread one, a CUstream, or -1: none,
   * the consumer takes care. Left out for host memory.
   */
  readonly stream?: number | bigint;
}

/** What of a frame is exported, and how. */
export interface FrameDLPackDescriptor extends DLPackDescriptor {
  /** Index of one plane; default: the whole frame as one array. */
  readonly plane?: number;
}

/** Where memory is, as Python's `__dlpack_device__` gives it: kind (1 is the CPU) and number. */
export type DLPackDevice = readonly [type: number, id: number];

/** DLPack's device of memory on a GPU (kDLCUDA), or on the host (kDLCPU), which is the one device 0. */
export function dlpackDeviceOf(gpu: number | null): DLPackDevice {
  return gpu === null ? [1, 0] : [2, gpu];
}

const VERSION_RULES: Rules = { version: oneOf("versioned", "legacy"), stream: streamRule };

/** A stream as Python's `__dlpack__` takes it. */
export function streamRule(value: unknown): ReturnType<Rule> {
  const wanted = "1, 2, a CUstream or -1 for none (0 is ambiguous)";
  if (typeof value !== "bigint" && !Number.isSafeInteger(value)) return { wanted };
  return Number(value) > 0 || Number(value) === -1 ? null : { wanted, isRange: true };
}

function nativeDescriptor(
  { version, plane, stream }: FrameDLPackDescriptor,
  gpu: number | null,
): DlpackDesc {
  if (gpu === null && stream !== undefined) {
    throw new TypeError("toDLPack(): stream is for memory on a GPU, and this is on the host");
  }
  const desc = new DlpackDesc();
  desc.version = version === "legacy" ? DlpackVersion.LEGACY : DlpackVersion.VERSIONED;
  desc.plane = (plane ?? -1) + 1;
  if (gpu !== null) desc.stream = Math.max(0, Number(stream ?? LEGACY_STREAM));
  return desc;
}

/** Exports the memory of a native frame or tensor; `planes` is the number of planes to choose from. */
export let exportDLPack: (
  handle: number,
  label: string,
  descriptor: FrameDLPackDescriptor,
  planes: number | null,
  gpu: number | null,
) => DLPackCapsule;

/**
 * An array for a consumer of DLPack, such as `numpy.from_dlpack`. The memory stays valid until the
 * deleter in the struct was called, whatever is closed before; any thread may call it, once.
 *
 * Keep the object until a consumer has taken the array, then call release(). If none takes it, close()
 * frees it, or the garbage collector, with a warning.
 */
export class DLPackCapsule implements Disposable {
  /** Which struct `address` points to. */
  readonly version: "versioned" | "legacy";
  /** The name that a PyCapsule with this address must have. */
  readonly name: "dltensor_versioned" | "dltensor";
  /** Where the memory is. */
  readonly dlpackDevice: DLPackDevice;
  readonly #handle: NativeHandle;
  readonly #address: bigint;

  static {
    exportDLPack = (handle, label, descriptor, planes, gpu) => {
      const frameRules = planes === null ? null : { plane: integer(0, planes - 1) };
      checkDescriptor("toDLPack()", descriptor, { ...VERSION_RULES, ...frameRules });
      const version = descriptor.version ?? "versioned";
      const desc = nativeDescriptor(descriptor, gpu);
      const info = new Dlpack();
      callWithError(
        (error) => native().cuf_frame_to_dlpack(handle, desc.bytes, info.bytes, error.bytes),
        "Exporting by DLPack",
      );
      return new DLPackCapsule(info, version, label, dlpackDeviceOf(gpu));
    };
  }

  private constructor(
    info: Dlpack,
    version: "versioned" | "legacy",
    label: string,
    device: DLPackDevice,
  ) {
    this.version = version;
    this.dlpackDevice = device;
    this.name = version === "legacy" ? "dltensor" : "dltensor_versioned";
    this.#address = BigInt(info.address);
    this.#handle = new NativeHandle(info.capsule, label, "DLPackCapsule", { warns: true });
  }

  /** Address of the struct; a ClosedError after close() and release(). */
  get address(): bigint {
    requireOpen(this.#handle, "DLPack capsule");
    return this.#address;
  }

  /** Whether close() or release() was called. */
  get isClosed(): boolean {
    return this.#handle.isClosed;
  }

  /**
   * Says that a consumer has taken the array and will call its deleter: from now on neither close() nor
   * the garbage collector frees it.
   *
   * @returns the address of the struct
   * @throws {ClosedError} after close(), or if it was released before
   */
  release(): bigint {
    const { address } = this;
    native().cuf_dlpack_release(this.#handle.release());
    return address;
  }

  /** Frees the array that no consumer has taken. Later calls do nothing, as after release(). */
  close(): void {
    this.#handle.close();
  }

  /** Calls close(). */
  [Symbol.dispose](): void {
    this.close();
  }
}
