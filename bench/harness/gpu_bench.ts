/**
 * What the parts of bench/gpu.ts share.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import type { AdapterInfo } from "../../mod.ts";
import { ROOT } from "./workspace.ts";

const TIMEOUT_MS = 240_000;

/** What a benchmark on a GPU works with. */
export interface GpuBench {
  /** The GPU. */
  readonly info: AdapterInfo;
  /** Its decoding engines. */
  readonly engines: number;
  /** Folder of the clips. */
  readonly clips: string;
  /** Folder for files that may be forgotten. */
  readonly scratch: string;
  /** Folder for results. */
  readonly out: string;
  /** A short look. */
  readonly isQuick: boolean;
}

/** What was to be reached. */
export interface Bar {
  /** What was compared. */
  readonly name: string;
  /** cuframe's figure divided by the other's, unless the name says otherwise. */
  readonly ratio: number;
  /** The bound, as text. */
  readonly wanted: string;
  /** Whether it was reached. */
  readonly isMet: boolean;
}

/** What a part found. */
export interface PartResult {
  /** All that was measured. */
  readonly rows: readonly object[];
  /** What of it was to be reached. */
  readonly bars: readonly Bar[];
}

/** A bar that is reached from `least` on. */
export function atLeast(name: string, ratio: number, least: number): Bar {
  return { name, ratio, wanted: `>= ${least}`, isMet: ratio >= least };
}

/** Runs a command from the repository's root; the JSON of its last line. */
export function jsonOf<T>(command: readonly string[], environment: Record<string, string> = {}): T {
  const [program, ...args] = command;
  const run = spawnSync(program, args, {
    ...{ cwd: ROOT, encoding: "utf8", timeout: TIMEOUT_MS, killSignal: "SIGKILL" },
    env: { ...process.env, ...environment },
    maxBuffer: 2 ** 26,
  });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) {
    const said = (run.stderr + run.stdout).trim().split("\n").slice(-12).join("\n");
    throw new Error(`${command.join(" ")} ended with ${run.status ?? run.signal}:\n${said}`);
  }
  return JSON.parse(run.stdout.trim().split("\n").at(-1) ?? "null");
}

/** A script of the benchmarks in Deno. */
export function deno(script: string, ...args: readonly string[]): string[] {
  return ["deno", "run", "--no-check", "-A", `bench/${script}`, ...args];
}

/** What PyNvVideoCodec makes of a job; see bench/peers/pynvvideocodec.py. */
export function pyNvVideoCodec<Row>(
  { scratch }: GpuBench,
  job: { readonly part: "sampling" | "cached" } & Readonly<Record<string, unknown>>,
): { readonly version: string | null; readonly rows: readonly Row[] } {
  const path = `${scratch}/pynvvideocodec_${job.part}.json`;
  writeFileSync(path, JSON.stringify(job));
  const folder = process.env.CUFRAME_GPU_PYTHON;
  const environment: Record<string, string> = folder ? { PYTHONPATH: folder } : {};
  return jsonOf(["python3", "bench/peers/pynvvideocodec.py", path], environment);
}
