/**
 * What a consumer of DLPack does, without its headers: reads the structs field by field at the offsets
 * that the specification gives for 64-bit machines, and calls the deleter.
 */
import process from "node:process";

/** What is used of bun:ffi. */
interface BunFfi {
  toArrayBuffer(address: number, offset: number, byteLength: number): ArrayBuffer;
  CFunction(description: { ptr: number; args: string[]; returns: string }): (
    argument: number,
  ) => void;
}

/** A DLManagedTensor or DLManagedTensorVersioned with its DLTensor. */
export interface DLPackStruct {
  /** [major, minor] of the versioned struct; null for the legacy one. */
  readonly version: readonly number[] | null;
  /** Flags of the versioned struct: 1 is read-only. */
  readonly flags: bigint;
  /** Address of the first value. */
  readonly data: bigint;
  /** [device_type, device_id]. */
  readonly device: readonly number[];
  /** [code, bits, lanes]. */
  readonly dtype: readonly number[];
  /** Length of each dimension. */
  readonly shape: readonly number[];
  /** Values from one to the next in each dimension. */
  readonly strides: readonly number[];
  /** Bytes from `data` to the first value. */
  readonly byteOffset: bigint;
  /** Calls the struct's deleter with the struct, on this thread or, in Deno, on another. */
  delete(options?: { readonly onThread: boolean }): Promise<void>;
}

const bun = process.versions.bun === undefined
  ? null
  : process.getBuiltinModule("bun:ffi") as unknown as BunFfi;

/** A copy of native memory. */
export function readMemory(address: bigint, byteLength: number): DataView {
  if (bun !== null) return new DataView(bun.toArrayBuffer(Number(address), 0, byteLength).slice(0));
  const view = new Deno.UnsafePointerView(Deno.UnsafePointer.create(address)!);
  return new DataView(view.getArrayBuffer(byteLength).slice(0));
}

async function callDeleter(deleter: bigint, self: bigint, onThread: boolean): Promise<void> {
  if (bun !== null) {
    return bun.CFunction({ ptr: Number(deleter), args: ["ptr"], returns: "void" })(Number(self));
  }
  const pointer = Deno.UnsafePointer.create(deleter)! as Deno.PointerObject<never>;
  const type = { parameters: ["pointer"], result: "void" } as const;
  const argument = Deno.UnsafePointer.create(self);
  if (!onThread) return new Deno.UnsafeFnPointer(pointer, type).call(argument);
  await new Deno.UnsafeFnPointer(pointer, { ...type, nonblocking: true }).call(argument);
}

/** Reads the struct at `address`. */
export function readDLPack(address: bigint, kind: "versioned" | "legacy"): DLPackStruct {
  const isVersioned = kind === "versioned";
  const managed = readMemory(address, isVersioned ? 80 : 64);
  const u64 = (offset: number): bigint => managed.getBigUint64(offset, true);
  const i32 = (offset: number): number => managed.getInt32(offset, true);
  const tensor = isVersioned ? 32 : 0;
  const dimensions = i32(tensor + 16);
  const lengths = (at: number): number[] => {
    const view = readMemory(u64(at), dimensions * 8);
    return Array.from({ length: dimensions }, (_, i) => Number(view.getBigInt64(i * 8, true)));
  };
  const deleter = u64(isVersioned ? 16 : 56);
  return {
    version: isVersioned ? [i32(0), i32(4)] : null,
    flags: isVersioned ? u64(24) : 0n,
    data: u64(tensor),
    device: [i32(tensor + 8), i32(tensor + 12)],
    dtype: [
      managed.getUint8(tensor + 20),
      managed.getUint8(tensor + 21),
      managed.getUint16(tensor + 22, true),
    ],
    shape: lengths(tensor + 24),
    strides: lengths(tensor + 32),
    byteOffset: u64(tensor + 40),
    delete: (options) => callDeleter(deleter, address, options?.onThread ?? false),
  };
}

/** The values' bytes in C order, gathered by shape and strides. */
export function valuesOf(struct: DLPackStruct): Uint8Array {
  const { shape, strides, dtype: [, bits] } = struct;
  const size = bits / 8;
  const span = shape.reduce((end, length, i) => end + (length - 1) * strides[i], 1);
  const memory = new Uint8Array(readMemory(struct.data + struct.byteOffset, span * size).buffer);
  const out = new Uint8Array(shape.reduce((count, length) => count * length, size));
  let written = 0;
  const visit = (dimension: number, offset: number): void => {
    if (dimension === shape.length) {
      out.set(memory.subarray(offset * size, (offset + 1) * size), written);
      written += size;
      return;
    }
    for (let i = 0; i < shape[dimension]; i++) {
      visit(dimension + 1, offset + i * strides[dimension]);
    }
  };
  visit(0, 0);
  return out;
}
