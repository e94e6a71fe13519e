/** The few functions of the CUDA driver that a script needs for a context and a stream of its own; in Deno and Bun. */
import process from "node:process";

const kFunctions = {
  cuInit: ["u32"],
  cuDeviceGet: ["buffer", "i32"],
  cuCtxCreate_v2: ["buffer", "u32", "i32"],
  cuCtxPushCurrent_v2: ["u64"],
  cuCtxPopCurrent_v2: ["buffer"],
  cuCtxDestroy_v2: ["u64"],
  cuStreamCreate: ["buffer", "u32"],
  cuStreamSynchronize: ["u64"],
  cuStreamDestroy_v2: ["u64"],
  cuMemAlloc_v2: ["buffer", "u64"],
  cuMemFree_v2: ["u64"],
  cuMemcpyDtoHAsync_v2: ["buffer", "u64", "u64", "u64"],
  cuMemcpyHtoDAsync_v2: ["u64", "buffer", "u64", "u64"],
} as const;

type Name = keyof typeof kFunctions;
type Argument = number | bigint | Uint8Array | BigUint64Array | Int32Array;
type Functions = Record<Name, (...args: Argument[]) => number>;

const kLibrary = "libcuda.so.1";
const CU_STREAM_NON_BLOCKING = 1;

function openLibrary(): Functions {
  if (process.versions.bun !== undefined) {
    const bunFfi = process.getBuiltinModule("bun:ffi") as unknown as {
      dlopen(path: string, symbols: object): { symbols: unknown };
    };
    const kinds = (parameters: readonly string[]) =>
      parameters.map((kind) => kind === "buffer" ? "ptr" : kind);
    const symbols = Object.entries(kFunctions).map(([name, parameters]) => [
      name,
      { args: kinds(parameters), returns: "i32" },
    ]);
    return bunFfi.dlopen(kLibrary, Object.fromEntries(symbols)).symbols as Functions;
  }
  const symbols = Object.entries(kFunctions).map(([name, parameters]) => [
    name,
    { parameters, result: "i32" },
  ]);
  return Deno.dlopen(kLibrary, Object.fromEntries(symbols)).symbols as unknown as Functions;
}

/** A CUDA context with one stream. */
export class CudaStream {
  /** The CUcontext. */
  readonly context: bigint;
  /** The CUstream, in that context. */
  readonly stream: bigint;
  readonly #cuda = openLibrary();

  /** Makes both on a GPU. */
  constructor(gpu = 0) {
    const handle = new BigUint64Array(1);
    const device = new Int32Array(1);
    this.#call("cuInit", 0);
    this.#call("cuDeviceGet", device, gpu);
    this.#call("cuCtxCreate_v2", handle, 0, device[0]);
    this.context = handle[0];
    this.#call("cuStreamCreate", handle, CU_STREAM_NON_BLOCKING);
    this.stream = handle[0];
    // Creating made it current on this thread; it is current only while it is used.
    this.#call("cuCtxPopCurrent_v2", handle);
  }

  /** Copies from device memory, behind what is on the stream, and waits until the bytes are there. */
  copyToHost(target: Uint8Array, pointer: bigint): void {
    this.#inContext(() => {
      this.#call("cuMemcpyDtoHAsync_v2", target, pointer, BigInt(target.length), this.stream);
      this.#call("cuStreamSynchronize", this.stream);
    });
  }

  /** Copies to device memory, behind what is on the stream, and waits until the bytes are there. */
  copyToDevice(pointer: bigint, source: Uint8Array): void {
    this.#inContext(() => {
      this.#call("cuMemcpyHtoDAsync_v2", pointer, source, BigInt(source.length), this.stream);
      this.#call("cuStreamSynchronize", this.stream);
    });
  }

  /** Device memory, to be given back by free(). */
  allocate(bytes: number): bigint {
    const pointer = new BigUint64Array(1);
    this.#inContext(() => this.#call("cuMemAlloc_v2", pointer, BigInt(bytes)));
    return pointer[0];
  }

  /** Gives device memory back. */
  free(pointer: bigint): void {
    this.#inContext(() => this.#call("cuMemFree_v2", pointer));
  }

  /** Frees both; the frames that use them must be closed. */
  [Symbol.dispose](): void {
    this.#inContext(() => this.#call("cuStreamDestroy_v2", this.stream));
    this.#call("cuCtxDestroy_v2", this.context);
  }

  #inContext(work: () => void): void {
    this.#call("cuCtxPushCurrent_v2", this.context);
    try {
      work();
    } finally {
      this.#call("cuCtxPopCurrent_v2", new BigUint64Array(1));
    }
  }

  #call(name: Name, ...args: Argument[]): void {
    const result = this.#cuda[name](...args);
    if (result !== 0) throw new Error(`${name} failed with CUresult ${result}`);
  }
}
