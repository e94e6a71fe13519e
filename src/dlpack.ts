/**
 * DLPack: frames and tensors as arrays of other libraries, without a copy.
 *
 * @module
 */

import { Dlpack, DlpackVersion } from "../ffi/abi.ts";
import { NativeHandle } from "../ffi/handle.ts";
import { checkDescriptor, integer, oneOf, type Rules } from "./descriptor.ts";
import { requireOpen } from "./frame_memory.ts";
import { callWithError, native } from "./native_call.ts";

/** Which struct a capsule holds. */
export interface DLPackDescriptor {
  /** "versioned": DLManagedTensorVersioned 1.0 (default); "legacy": DLManagedTensor. */
  readonly version?: "versioned" | "legacy";
}

/** What of a frame is exported, and how. */
export interface FrameDLPackDescriptor extends DLPackDescriptor {
  /** Index of one plane; default: the whole frame as one array. */
  readonly plane?: number;
}

/** Where memory is, as Python's `__dlpack_device__` gives it: kind (1 is the CPU) and number. */
export type DLPackDevice = readonly [type: number, id: number];

/** DLPack's kDLCPU, which has the one device 0. */
export const HOST_DEVICE: DLPackDevice = [1, 0];

const VERSION_RULES: Rules = { version: oneOf("versioned", "legacy") };

/** Exports the memory of a native frame or tensor; `planes` is the number of planes to choose from. */
export let exportDLPack: (
  handle: number,
  label: string,
  descriptor: FrameDLPackDescriptor,
  planes: number | null,
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
  readonly dlpackDevice: DLPackDevice = HOST_DEVICE;
  readonly #handle: NativeHandle;
  readonly #address: bigint;

  static {
    exportDLPack = (handle, label, descriptor, planes) => {
      const frameRules = planes === null ? null : { plane: integer(0, planes - 1) };
      checkDescriptor("toDLPack()", descriptor, { ...VERSION_RULES, ...frameRules });
      const version = descriptor.version ?? "versioned";
      const code = version === "legacy" ? DlpackVersion.LEGACY : DlpackVersion.VERSIONED;
      const info = new Dlpack();
      callWithError(
        (error) =>
          native().cuf_frame_to_dlpack(
            handle,
            descriptor.plane ?? -1,
            code,
            info.bytes,
            error.bytes,
          ),
        "Exporting by DLPack",
      );
      return new DLPackCapsule(info, version, label);
    };
  }

  private constructor(info: Dlpack, version: "versioned" | "legacy", label: string) {
    this.version = version;
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
