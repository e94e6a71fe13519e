/** Starts several workers, as threads or as processes, and adds up what they did. */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { PerfResult, PerfTask } from "./perf_worker.ts";

const WORKER = new URL("./perf_worker.ts", import.meta.url);

/** Threads: Workers of this process; processes: one runtime each. */
export type PerfMode = "thread" | "process";

function inThread(task: PerfTask): Promise<PerfResult> {
  const worker = new Worker(WORKER, { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<PerfResult>();
  worker.onmessage = ({ data }) => data.error ? reject(new Error(data.error)) : resolve(data);
  worker.onerror = (event) => reject(new Error(event.message));
  worker.postMessage(task);
  return promise.finally(() => worker.terminate());
}

function inProcess(task: PerfTask): Promise<PerfResult> {
  const isDeno = process.versions.deno !== undefined;
  const flags = isDeno
    ? ["run", "--quiet", "--no-check", "--allow-ffi", "--allow-read", "--allow-env"]
    : [];
  const args = [...flags, fileURLToPath(WORKER), JSON.stringify(task)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (data) => output += data);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(output));
      else reject(new Error(`A process ended with ${code}`));
    });
  });
}

/** What all workers did together. */
export interface PerfSummary {
  /** How many there were. */
  readonly workers: number;
  /** How they were started. */
  readonly mode: PerfMode;
  /** Frames of all. */
  readonly frames: number;
  /** Time from the first start to the last end. */
  readonly seconds: number;
  /** Frames in a second, while the workers worked. */
  readonly fps: number;
}

/** Runs a task `count` times at once. */
export async function runWorkers(
  mode: PerfMode,
  count: number,
  task: PerfTask,
): Promise<PerfSummary> {
  const started = performance.now();
  const run = mode === "thread" ? inThread : inProcess;
  const results = await Promise.all(Array.from({ length: count }, () => run(task)));
  const frames = results.reduce((sum, result) => sum + result.frames, 0);
  const fps = results.reduce((sum, result) => sum + result.frames / result.seconds, 0);
  const seconds = (performance.now() - started) / 1000;
  return { workers: count, mode, frames, seconds, fps: Math.round(fps * 10) / 10 };
}

/** What both programs are told of their workers. */
export function parseWorkers(values: { readonly workers: string; readonly mode: string }) {
  const { mode } = values;
  const count = Number(values.workers);
  if (!(Number.isInteger(count) && count > 0)) throw new TypeError("-n takes a count of workers");
  if (mode !== "thread" && mode !== "process") throw new TypeError("-m takes thread or process");
  return { count, mode } as const;
}
