/**
 * bench/cached_decoder.ts on the GPU, against PyNvVideoCodec.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import {
  atLeast,
  type Bar,
  deno,
  type GpuBench,
  type PartResult,
  pyNvVideoCodec,
} from "./gpu_bench.ts";
import { GPU_CLIPS } from "./gpu_clips.ts";
import { run } from "./gpu_process.ts";
import { guideClip } from "./guide_clips.ts";
import { table } from "./measure.ts";

const LEAST_CACHED = 1.5;

interface Row {
  readonly decoder: "simple" | "cached";
  readonly fps: number;
}

interface Results {
  readonly results: readonly Row[];
}

interface PeerRow extends Row {
  readonly threads: number;
  readonly frames: number;
}

/** Runs it. */
export function benchCached(bench: GpuBench): Promise<PartResult> {
  const [clip] = GPU_CLIPS.cached;
  const folder = `${bench.clips}/test_videos_h264`;
  const path = guideClip(folder, clip);
  const threads = [1, bench.engines];
  const repetitions = bench.isQuick ? bench.engines : 40 * bench.engines;
  // A new decoder takes long to make and to end.
  const simpleRepetitions = bench.isQuick ? bench.engines : 6 * bench.engines;
  const size = [clip.width, clip.height];
  const job = { path, threads, repetitions, simpleRepetitions, size };
  const theirs = pyNvVideoCodec<PeerRow>(bench, { part: "cached", ...job });
  const own = new Map<string, Results>();
  for (
    const [decoder, count] of [["simple", simpleRepetitions], ["cached", repetitions]] as const
  ) {
    run(deno(
      "cached_decoder.ts",
      ...["--backend", "cuda", "--nvdecs", `${bench.engines}`, "--repetitions", `${count}`],
      ...["--resolutions", "360p", "--durations", "2", "--folder", bench.scratch],
      ...["--decoders", decoder],
    ));
    for (const count of threads) {
      const file = `${bench.scratch}/cached_decoder_performance_h264_${count}_threads.json`;
      own.set(`${decoder} ${count}`, JSON.parse(readFileSync(file, "utf8")));
    }
  }
  const rows: object[] = [];
  const bars: Bar[] = [];
  const cells: string[][] = [];
  for (const { decoder, threads, fps } of theirs.rows) {
    const { fps: ownFps } = own.get(`${decoder} ${threads}`)!.results[0];
    rows.push({ decoder, threads, fps: ownFps, theirs: fps });
    cells.push([
      decoder,
      `${threads}`,
      ownFps.toFixed(0),
      fps.toFixed(0),
      (ownFps / fps).toFixed(2),
    ]);
    if (decoder === "simple") continue;
    bars.push(
      atLeast(`cached 360p, ${threads} threads / PyNvVideoCodec`, ownFps / fps, LEAST_CACHED),
    );
  }
  console.log(table([["decoder", "threads", "FPS", "PyNv FPS", "ratio"], ...cells]));
  return Promise.resolve({ rows, bars });
}
