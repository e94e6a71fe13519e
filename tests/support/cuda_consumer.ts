/**
 * What other code on the GPU does in a script's process, as torch or CuPy would: contexts, streams and copies
 * by the driver's own API.
 */
import process from "node:process";

type Scalar = number | bigint;
type Call = (...parameters: (Scalar | Uint8Array | BigUint64Array)[]) => number;

/** Functions of libcuda with their parameters; each returns a CUresult. */
const kSymbols = {
  cuInit: ["u32"],
  cuCtxCreate_v2: ["buffer", "u32", "i32"],
  cuCtxDestroy_v2: ["u64"],
  cuCtxPushCurrent_v2: ["u64"],
  cuCtxPopCurrent_v2: ["buffer"],
  cuCtxGetCurrent: ["buffer"],
  cuStreamCreate: ["buffer", "u32"],
  cuStreamDestroy_v2: ["u64"],
  cuStreamSynchronize: ["u64"],
  cuMemcpyDtoHAsync_v2: ["buffer", "u64", "usize", "u64"],
  cuMemcpyDtoDAsync_v2: ["u64", "u64", "usize", "u64"],
  cuMemcpyHtoDAsync_v2: ["u64", "buffer", "usize", "u64"],
  cuMemAlloc_v2: ["buffer", "usize"],
  cuMemFree_v2: ["u64"],
} as const;

type Calls = Readonly<Record<keyof typeof kSymbols, Call>>;

/** What is used of bun:ffi. */
interface BunFfi {
  dlopen(path: string, symbols: object): { readonly symbols: Calls };
}

const kLibrary = "libcuda.so.1";
/** CU_STREAM_NON_BLOCKING: the legacy default stream does not order it. */
const kNonBlocking = 1;

function open(): Calls {
  if (process.versions.bun !== undefined) {
    const ffi = process.getBuiltinModule("bun:ffi") as unknown as BunFfi;
    const symbols = Object.entries(kSymbols).map(([name, parameters]) => [name, {
      args: parameters.map((type) => type === "buffer" ? "ptr" : type),
      returns: "i32",
    }]);
    return ffi.dlopen(kLibrary, Object.fromEntries(symbols)).symbols;
  }
  const symbols = Object.entries(kSymbols).map(([name, parameters]) => [name, {
    parameters,
    result: "i32",
  }]);
  return Deno.dlopen(kLibrary, Object.fromEntries(symbols)).symbols as unknown as Calls;
}

let calls: Calls | undefined;

/** Calls a function of the driver; anything but success throws. */
function call(name: keyof typeof kSymbols, ...parameters: Parameters<Call>): void {
  calls ??= open();
  const result = calls[name](...parameters);
  if (result !== 0) throw new Error(`${name}() gave CUresult ${result}`);
}

function outcome(name: keyof typeof kSymbols, ...parameters: Parameters<Call>): bigint {
  const out = new BigUint64Array(1);
  call(name, out, ...parameters);
  return out[0];
}

/** A CUcontext of the caller, current nowhere. */
export class CallersContext implements Disposable {
  /** Its handle. */
  readonly handle: bigint;

  /** Makes it on a GPU. */
  constructor(gpu = 0) {
    call("cuInit", 0);
    this.handle = outcome("cuCtxCreate_v2", 0, gpu);
    outcome("cuCtxPopCurrent_v2");
  }

  /** Destroys it. */
  [Symbol.dispose](): void {
    call("cuCtxDestroy_v2", this.handle);
  }
}

/** The context that is current on this thread; 0: none. */
export function currentContext(): bigint {
  call("cuInit", 0);
  return outcome("cuCtxGetCurrent");
}

/** Queues copies of a device's memory on a stream of its own, in that device's context. */
export class CudaConsumer implements Disposable {
  /** Its CUstream. */
  readonly stream: bigint;
  readonly #context: bigint;
  readonly #copies: { readonly memory: bigint; readonly byteLength: number }[] = [];
  readonly #held: bigint[] = [];

  /** Makes the stream; the legacy default stream orders it only if `isBlocking`. */
  constructor(context: bigint, isBlocking = false) {
    this.#context = context;
    this.stream = this.#inContext(() => outcome("cuStreamCreate", isBlocking ? 0 : kNonBlocking));
  }

  /** Queues a copy of memory on a stream, by default its own; returns its number. Waits for nothing. */
  read(address: bigint, byteLength: number, stream = this.stream): number {
    const memory = this.#inContext(() => {
      const copy = outcome("cuMemAlloc_v2", BigInt(byteLength));
      call("cuMemcpyDtoDAsync_v2", copy, address, BigInt(byteLength), stream);
      return copy;
    });
    return this.#copies.push({ memory, byteLength }) - 1;
  }

  /** The bytes of a copy, for which it waits. */
  bytes(index: number, stream = this.stream): Uint8Array<ArrayBuffer> {
    const { memory, byteLength } = this.#copies[index];
    const bytes = new Uint8Array(byteLength);
    this.#inContext(() => {
      call("cuMemcpyDtoHAsync_v2", bytes, memory, BigInt(byteLength), stream);
      call("cuStreamSynchronize", stream);
    });
    return bytes;
  }

  /** Memory of its own with these bytes in it, for which it waits. */
  hold(bytes: Uint8Array): bigint {
    const length = BigInt(bytes.length);
    return this.#inContext(() => {
      const memory = outcome("cuMemAlloc_v2", length);
      this.#held.push(memory);
      call("cuMemcpyHtoDAsync_v2", memory, bytes, length, this.stream);
      call("cuStreamSynchronize", this.stream);
      return memory;
    });
  }

  /** Queues a copy from one place to another on a stream, by default its own. Waits for nothing. */
  copy(to: bigint, from: bigint, byteLength: number, stream = this.stream): void {
    this.#inContext(() => call("cuMemcpyDtoDAsync_v2", to, from, BigInt(byteLength), stream));
  }

  /** Waits for what is on a stream, by default its own. */
  synchronize(stream = this.stream): void {
    this.#inContext(() => call("cuStreamSynchronize", stream));
  }

  /** Frees the copies, what it holds and the stream, when they are done. */
  [Symbol.dispose](): void {
    this.#inContext(() => {
      call("cuStreamSynchronize", this.stream);
      for (const { memory } of this.#copies) call("cuMemFree_v2", memory);
      for (const memory of this.#held) call("cuMemFree_v2", memory);
      call("cuStreamDestroy_v2", this.stream);
    });
  }

  #inContext<T>(work: () => T): T {
    call("cuCtxPushCurrent_v2", this.#context);
    try {
      return work();
    } finally {
      outcome("cuCtxPopCurrent_v2");
    }
  }
}
