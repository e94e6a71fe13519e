/**
 * Waiting for a GPU, so that a measured time holds the work and not only its queueing.
 *
 * @module
 */

const SYMBOLS = {
  cuCtxPushCurrent_v2: { parameters: ["u64"], result: "i32" },
  cuCtxSynchronize: { parameters: [], result: "i32" },
  cuCtxPopCurrent_v2: { parameters: ["buffer"], result: "i32" },
} as const;

let driver: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;

/** Waits until all work of a CUcontext is done. In Deno. */
export function finishGpuWork(context: bigint): void {
  driver ??= Deno.dlopen("libcuda.so.1", SYMBOLS).symbols;
  const results = [
    driver.cuCtxPushCurrent_v2(context),
    driver.cuCtxSynchronize(),
    driver.cuCtxPopCurrent_v2(new BigUint64Array(1)),
  ];
  if (results.some((result) => result !== 0)) throw new Error(`The driver gave ${results}`);
}
