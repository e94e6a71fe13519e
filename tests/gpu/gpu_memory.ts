/** Free memory of the GPU, by the driver's own word. */

const kSymbols = {
  cuCtxPushCurrent_v2: { parameters: ["u64"], result: "i32" },
  cuCtxPopCurrent_v2: { parameters: ["buffer"], result: "i32" },
  cuMemGetInfo_v2: { parameters: ["buffer", "buffer"], result: "i32" },
} as const;

let driver: Deno.DynamicLibrary<typeof kSymbols>["symbols"] | undefined;

/** Bytes of the GPU that are free, asked in a context. */
export function freeGpuBytes(context: bigint): number {
  driver ??= Deno.dlopen("libcuda.so.1", kSymbols).symbols;
  const [free, total, popped] = [0, 1, 2].map(() => new BigUint64Array(1));
  const results = [
    driver.cuCtxPushCurrent_v2(context),
    driver.cuMemGetInfo_v2(free, total),
    driver.cuCtxPopCurrent_v2(popped),
  ];
  if (results.some((result) => result !== 0)) throw new Error(`The driver gave ${results}`);
  return Number(free[0]);
}
