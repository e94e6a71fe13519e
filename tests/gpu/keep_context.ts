/**
 * Keeps the first GPU's primary context for the whole process (`deno test --preload`): without, every test that
 * makes a device would make and destroy the context anew, which takes longer than the test.
 */
const symbols = {
  cuInit: { parameters: ["u32"], result: "i32" },
  cuDevicePrimaryCtxRetain: { parameters: ["buffer", "i32"], result: "i32" },
} as const;
const driver = Deno.dlopen("libcuda.so.1", symbols).symbols;
if (driver.cuInit(0) === 0) driver.cuDevicePrimaryCtxRetain(new BigUint64Array(1), 0);
