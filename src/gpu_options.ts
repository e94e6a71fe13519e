/**
 * What of a decoder is for GPUs: where its frames lie, and the stream that they are complete on.
 *
 * @module
 */

import { flag, instance, type Rules } from "./descriptor.ts";
import { UnsupportedError } from "./errors.ts";

/** The options of decoders that are for GPUs. */
export interface GpuDescriptor {
  /**
   * Where frames and tensors lie: true: in the GPU's memory, false: in host memory, where every script can
   * read them. Default: true on a device that was asked for as "cuda"; false on an "auto" device, so that a
   * script works unchanged with and without a GPU. Must not be true on the CPU.
   */
  readonly useDeviceMemory?: boolean;
  /**
   * The caller's CUstream in the device's context (1: the legacy default one, 2: the per-thread one). Work that
   * is put on it finds frames and tensors complete, and their memory is used again only behind the work that is
   * on it when they are closed. It must live until then. Default: none. Absent or 0 on the CPU.
   */
  readonly cudaStream?: number | bigint;
}

/** What a device tells those that are made on it. */
export interface DecodingDevice {
  /** Where it works. */
  readonly backend: "cpu" | "cuda";
  /** Its CUcontext; 0 on the CPU. */
  readonly cudaContext: bigint;
  /** Whether the backend was left to the library. */
  readonly isAutomatic: boolean;
}

/** An address or a handle of CUDA. */
export const cudaAddress = instance(
  "an address (a number or a bigint)",
  (value) =>
    typeof value === "bigint" ? value >= 0n : Number.isSafeInteger(value) && Number(value) >= 0,
);

/** The rules of GpuDescriptor's keys. */
export const gpuRules: Rules = { useDeviceMemory: flag(), cudaStream: cudaAddress };

/** GpuDescriptor's options as the library wants them. */
export function gpuFields(
  device: DecodingDevice,
  { useDeviceMemory, cudaStream }: GpuDescriptor,
): { readonly isOnHost: number; readonly cudaStream: number } {
  if (device.backend === "cpu" && useDeviceMemory) {
    throw new UnsupportedError(
      "useDeviceMemory: true needs a CUDA device; the CPU's frames are in host memory, so leave it out",
    );
  }
  const isOnDevice = useDeviceMemory ?? !device.isAutomatic;
  return { isOnHost: isOnDevice ? 0 : 1, cudaStream: nativeStream(device, cudaStream) };
}

/** The caller's stream as the library wants it; throws UnsupportedError for one on the CPU. */
export function nativeStream(device: DecodingDevice, cudaStream: number | bigint = 0): number {
  if (device.backend === "cpu" && Number(cudaStream) !== 0) {
    throw new UnsupportedError("cudaStream needs a CUDA device; leave it out on the CPU");
  }
  return Number(cudaStream);
}

/** Throws UnsupportedError for another context than the device's. */
export function requireContext(device: DecodingDevice, context: number | bigint = 0): void {
  if (BigInt(context) === 0n || BigInt(context) === device.cudaContext) return;
  throw new UnsupportedError(
    device.backend === "cpu"
      ? "cudaContext needs a CUDA device; leave it out on the CPU"
      : "The device works in another CUDA context; make it by requestDevice({ cudaContext })",
  );
}
