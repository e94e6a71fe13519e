/** What the checks on a GPU found, as JSON files in the folder that CUFRAME_GPU_OUT names. */
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

/** Where findings go; default build/gpu-results. */
export const kFindings: string = resolve(
  process.env.CUFRAME_GPU_OUT ||
    `${import.meta.dirname}/../../build/gpu-results`,
);

/** Writes NAME.json; a value that JSON lacks (bigint) becomes text. */
export function keepFindings(name: string, value: unknown): void {
  mkdirSync(kFindings, { recursive: true });
  const text = JSON.stringify(value, (_, it) => typeof it === "bigint" ? `${it}` : it, 1);
  writeFileSync(`${kFindings}/${name}.json`, text + "\n");
}
