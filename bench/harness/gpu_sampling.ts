/**
 * bench/frame_sampling.ts on the GPU, against PyNvVideoCodec.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { GPU_CLIPS } from "./gpu_clips.ts";
import {
  atLeast,
  type Bar,
  deno,
  type GpuBench,
  type PartResult,
  pyNvVideoCodec,
} from "./gpu_bench.ts";
import { guideClip } from "./guide_clips.ts";
import { run } from "./gpu_process.ts";
import { table } from "./measure.ts";
import { randomIndices } from "./random_indices.ts";

const SAMPLED = 30;
const SEQUENTIAL = 100;
const LEAST = { uniform: 4, random: 5, sequential: 1 } as const;

interface Row {
  readonly pattern: keyof typeof LEAST;
  readonly video: string;
  readonly threads: number;
  readonly fps: number;
}

interface PeerRow {
  readonly clip: string;
  readonly pattern: string;
  readonly threads: number;
  readonly fps: number;
}

function uniformIndices(length: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(i * length / count));
}

function peer(bench: GpuBench, threads: readonly number[], rounds: number) {
  const most = Math.max(...threads);
  const clips = GPU_CLIPS.sampling.map((clip) => {
    const length = clip.fps * clip.seconds;
    return {
      name: `${clip.gop}`,
      path: guideClip(`${bench.clips}/benchmark_videos`, clip),
      sequential: SEQUENTIAL,
      uniform: uniformIndices(length, SAMPLED),
      random: Array.from({ length: most }, (_, i) => randomIndices(length, SAMPLED, i)),
    };
  });
  return pyNvVideoCodec<PeerRow>(bench, { part: "sampling", clips, threads, rounds });
}

/** cuframe's rows, from frame_sampling.ts with that many decoders for each thread. */
function own(bench: GpuBench, threads: number, engines: number, rounds: number): Row[] {
  const { fps, seconds } = GPU_CLIPS.sampling[0];
  run(deno(
    "frame_sampling.ts",
    ...["--nvdecs", `${threads}`, "--engines", `${engines}`, "--rounds", `${rounds}`],
    ...["--backend", "cuda", "--folder", bench.scratch, "-d", `${seconds}`, "-f", `${fps}`],
    ...["-seq", `${SEQUENTIAL}`, "-samp", `${SAMPLED}`, "-g"],
    ...GPU_CLIPS.sampling.map(({ gop }) => `${gop}`),
  ));
  const { results } = JSON.parse(readFileSync(`${bench.scratch}/benchmark_results.json`, "utf8"));
  return results;
}

/** Runs it. */
export function benchSampling(bench: GpuBench): Promise<PartResult> {
  const rounds = bench.isQuick ? 1 : 5;
  const { engines } = bench;
  const theirs = peer(bench, [1, engines], rounds);
  const spread = own(bench, 1, engines, rounds);
  const alone = own(bench, engines, 1, rounds);
  const rows: object[] = [];
  const bars: Bar[] = [];
  const cells: string[][] = [];
  for (const { clip, pattern, threads, fps } of theirs.rows) {
    const find = (all: readonly Row[]): Row | undefined =>
      all.find((row) =>
        row.pattern === pattern && row.threads === threads && row.video.includes(` ${clip}gop `)
      );
    const [spreading, single] = [find(spread), find(alone)];
    const figures = { one: single?.fps ?? null, all: spreading?.fps ?? null, theirs: fps };
    rows.push({ gop: Number(clip), pattern, threads, ...figures });
    cells.push([
      ...[`GOP ${clip}`, pattern, `${threads}`, fps.toFixed(0)],
      ...[single, spreading].flatMap((row) =>
        row === undefined ? ["", ""] : [row.fps.toFixed(0), (row.fps / fps).toFixed(2)]
      ),
    ]);
    if (spreading === undefined) continue;
    const least = LEAST[pattern as keyof typeof LEAST];
    bars.push(
      atLeast(`${pattern}, GOP ${clip}, one script / PyNvVideoCodec`, spreading.fps / fps, least),
    );
  }
  console.log(`PyNvVideoCodec ${theirs.version}`);
  console.log(table([
    ["clip", "pattern", "threads", "PyNv FPS", "1 engine", "ratio", "all engines", "ratio"],
    ...cells,
  ]));
  return Promise.resolve({ rows, bars });
}
