/**
 * The benchmarks on an NVIDIA GPU, against a plain C loop over NVDEC and against PyNvVideoCodec on the same clips
 * in the same run; `./dev gpu-bench` makes all ready for it.
 *
 *     deno run -A bench/gpu.ts [--part sessions|sampling|cached|tensor]... [--quick]
 *
 * CUFRAME_GPU_OUT: folder for the results (default build/gpu-results). CUFRAME_BENCH_CLIPS: the clips of
 * bench/harness/gpu_clips.ts, if they are not to be made by ffmpeg. CUFRAME_NVDEC_LOOP: the compiled
 * bench/peers/nvdec_loop.c. CUFRAME_GPU_PYTHON: where PyNvVideoCodec is, if python3 does not find it.
 *
 * @module
 */

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { requestAdapter } from "../mod.ts";
import { benchCached } from "./harness/gpu_cached.ts";
import { makeGpuClips } from "./harness/gpu_clips.ts";
import type { Bar, GpuBench } from "./harness/gpu_bench.ts";
import { benchSampling } from "./harness/gpu_sampling.ts";
import { benchSessions } from "./harness/gpu_sessions.ts";
import { benchTensor } from "./harness/gpu_tensor.ts";
import { table } from "./harness/measure.ts";
import { machine, versionOf } from "./harness/workspace.ts";

const PARTS = {
  sessions: benchSessions,
  sampling: benchSampling,
  cached: benchCached,
  tensor: benchTensor,
} as const;

async function prepare(isQuick: boolean): Promise<GpuBench> {
  const { info, limits } = await requestAdapter({ backend: "cuda" });
  const root = fileURLToPath(new URL("../build/", import.meta.url));
  const clips = process.env.CUFRAME_BENCH_CLIPS || `${root}gpu-clips`;
  makeGpuClips(clips);
  const out = process.env.CUFRAME_GPU_OUT || `${root}gpu-results`;
  const scratch = `${root}gpu-streams`;
  for (const folder of [out, scratch]) mkdirSync(folder, { recursive: true });
  // The guide's benchmarks keep results beside their clips.
  for (const folder of ["benchmark_videos", "test_videos_h264"]) {
    rmSync(`${scratch}/${folder}`, { force: true });
    symlinkSync(resolve(clips, folder), `${scratch}/${folder}`);
  }
  return { info, engines: Math.max(1, limits.decodeEngines), clips, scratch, out, isQuick };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      part: { type: "string", multiple: true, default: Object.keys(PARTS) },
      quick: { type: "boolean", default: false },
    },
  });
  const bench = await prepare(values.quick);
  const about = {
    date: new Date().toISOString(),
    gpu: bench.info.name,
    isSimulated: bench.info.isSimulated,
    engines: bench.engines,
    driver: versionOf("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"),
    machine: machine(),
    deno: versionOf("deno", "--version"),
  };
  const bars: Bar[] = [];
  for (const name of values.part) {
    const part = PARTS[name as keyof typeof PARTS];
    if (part === undefined) throw new TypeError(`--part takes ${Object.keys(PARTS).join(", ")}`);
    try {
      const { rows, bars: own } = await part(bench);
      bars.push(...own);
      writeFileSync(`${bench.out}/gpu_${name}.json`, `${text({ ...about, rows, bars: own })}\n`);
    } catch (error) {
      console.log(`${name} FAILED: ${(error as Error).stack}`);
      process.exitCode = 1;
    }
  }
  console.log(table([
    ["bar", "ratio", "wanted", ""],
    ...bars.map(({ name, ratio, wanted, isMet }) => [
      ...[name, ratio.toFixed(3), wanted, isMet ? "met" : "MISSED"],
    ]),
  ]));
}

function text(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

await main();
