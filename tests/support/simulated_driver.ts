/** The control functions of the simulated driver (tests/driver_sim/cufsim.h), in the same process. */
import process from "node:process";

/** What a test may do with the simulated driver. */
export interface SimulatedDriver {
  /** Calls of a function since the start; "*": of all. */
  calls(name: string): number;
  /** A counter, such as "allocations" or "problems". */
  count(name: string): number;
  /** What clients did that a real driver punishes. */
  problems(): string[];
  /** Changes a setting. */
  set(name: string, value: number): void;
  /** The nth call from now of a function fails. */
  fail(name: string, nth: number, code: number): void;
  /** Whether a fault has not happened yet. */
  isFaultPending(): boolean;
  /** From now on every call that concerns the GPU fails. */
  loseDevice(gpu: number, code: number): void;
  /** The nth picture from now ends with that status. */
  setDecodeStatus(nth: number, status: number): void;
  /** Nothing on any stream starts until resume(). */
  pause(): void;
  /** Ends pause(). */
  resume(): void;
  /** Forgets calls, problems and faults, and mends what was lost once no context is alive. */
  reset(): void;
}

/** Symbols with their parameters and results, in the words of both runtimes. */
const kSymbols = {
  cufsim_calls: { parameters: ["buffer"], result: "u64" },
  cufsim_count: { parameters: ["buffer"], result: "u64" },
  cufsim_problem: { parameters: ["u32", "buffer", "usize"], result: "usize" },
  cufsim_set: { parameters: ["buffer", "i64"], result: "i32" },
  cufsim_fail: { parameters: ["buffer", "u64", "i32"], result: "void" },
  cufsim_fault_pending: { parameters: [], result: "i32" },
  cufsim_lose_device: { parameters: ["i32", "i32"], result: "void" },
  cufsim_decode_status: { parameters: ["u64", "i32"], result: "void" },
  cufsim_pause: { parameters: [], result: "void" },
  cufsim_resume: { parameters: [], result: "void" },
  cufsim_reset: { parameters: [], result: "void" },
} as const;

type Call = (...parameters: (number | bigint | Uint8Array)[]) => unknown;
type Calls = Readonly<Record<keyof typeof kSymbols, Call>>;

/** What is used of bun:ffi. */
interface BunFfi {
  dlopen(path: string, symbols: object): { readonly symbols: Calls };
}

const kLibrary = "libcuda.so.1";

function openInBun(): Calls {
  const ffi = process.getBuiltinModule("bun:ffi") as unknown as BunFfi;
  const symbols = Object.entries(kSymbols).map(([name, { parameters, result }]) => [name, {
    args: parameters.map((type) => type === "buffer" ? "ptr" : type),
    returns: result,
  }]);
  return ffi.dlopen(kLibrary, Object.fromEntries(symbols)).symbols;
}

function open(): Calls | null {
  try {
    if (process.versions.bun !== undefined) return openInBun();
    return Deno.dlopen(kLibrary, kSymbols).symbols as unknown as Calls;
  } catch {
    // A real driver, or none.
    return null;
  }
}

let driver: SimulatedDriver | null | undefined;

/** The driver that LD_LIBRARY_PATH leads to, null if it is not the simulated one. */
export function simulatedDriver(): SimulatedDriver | null {
  if (driver !== undefined) return driver;
  const calls = open();
  return driver = calls === null ? null : driverOf(calls);
}

const text = (name: string): Uint8Array => new TextEncoder().encode(`${name}\0`);

function driverOf(calls: Calls): SimulatedDriver {
  const problem = (index: number): string => {
    const bytes = new Uint8Array(1000);
    const length = Number(calls.cufsim_problem(index, bytes, BigInt(bytes.length)));
    return new TextDecoder().decode(bytes.subarray(0, Math.min(length, bytes.length - 1)));
  };
  return {
    calls: (name) => Number(calls.cufsim_calls(text(name))),
    count: (name) => Number(calls.cufsim_count(text(name))),
    problems: () => {
      const texts: string[] = [];
      for (let i = 0, one = problem(0); one !== ""; one = problem(++i)) texts.push(one);
      return texts;
    },
    set: (name, value) => {
      if (calls.cufsim_set(text(name), BigInt(value)) === 0) throw new RangeError(`No ${name}`);
    },
    fail: (name, nth, code) => void calls.cufsim_fail(text(name), BigInt(nth), code),
    isFaultPending: () => calls.cufsim_fault_pending() !== 0,
    loseDevice: (gpu, code) => void calls.cufsim_lose_device(gpu, code),
    setDecodeStatus: (nth, status) => void calls.cufsim_decode_status(BigInt(nth), status),
    pause: () => void calls.cufsim_pause(),
    resume: () => void calls.cufsim_resume(),
    reset: () => void calls.cufsim_reset(),
  };
}
