/**
 * Runs scripts on the simulated driver, whose engines and decoders take the time that they are told to.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { script } from "./contestants.ts";
import { measure } from "./measure.ts";
import { printed } from "./rounds.ts";
import { ROOT } from "./workspace.ts";

const FOLDER = `${ROOT}build/release/driver_sim`;

/** Settings of tests/driver_sim/cufsim.h. */
export type Settings = Readonly<Record<string, number>>;

/**
 * What a script of the benchmarks prints on a simulated GPU.
 *
 * @throws {Error} if there is no simulated driver, or the script fails
 */
export function onSimulatedGpu(
  runtime: "deno" | "bun",
  settings: Settings,
  path: string,
  ...args: string[]
): Record<string, unknown> {
  if (!existsSync(`${FOLDER}/libcuda.so.1`)) {
    throw new Error(`There is no simulated driver in ${FOLDER}; ./dev build makes it`);
  }
  const variables = Object.entries(settings).map(([name, value]) =>
    `CUFSIM_${name.toUpperCase()}=${value}`
  );
  const environment = ["env", `LD_LIBRARY_PATH=${FOLDER}`, ...variables];
  return printed(measure([...environment, ...script(runtime, path, ...args)]));
}
