/**
 * Decoding with 1 to 14 sessions in one process, against the plain C loop.
 *
 * @module
 */

import process from "node:process";
import { GPU_CLIPS } from "./gpu_clips.ts";
import { atLeast, type Bar, deno, type GpuBench, jsonOf, type PartResult } from "./gpu_bench.ts";
import { guideClip } from "./guide_clips.ts";
import { longStream } from "./long_stream.ts";
import { pairedRatio, round, table } from "./measure.ts";
import { machine } from "./workspace.ts";

const LEAST_ALONE = 0.97;
const LEAST_TOGETHER = 0.95;

/** What both print. */
interface Run {
  readonly frames: number;
  readonly seconds: number;
  readonly firstFrame: number;
  readonly fps: number;
  readonly steadyFps: number;
}

function countsOf(codec: string, { engines, isQuick }: GpuBench): number[] {
  if (isQuick) return [1, 2];
  const all = codec === "h264" ? [1, 2, 4, engines, 10, 2 * engines] : [1, engines];
  return [...new Set(all)].sort((a, b) => a - b);
}

/** Runs it; codecs that the GPU does not decode are left out, with a line. */
export async function benchSessions(bench: GpuBench): Promise<PartResult> {
  const loop = process.env.CUFRAME_NVDEC_LOOP;
  if (!loop) throw new Error("CUFRAME_NVDEC_LOOP names no program");
  const pairs = bench.isQuick ? 1 : 3;
  const rows: object[] = [];
  const bars: Bar[] = [];
  const cells: string[][] = [];
  for (const clip of GPU_CLIPS.sessions) {
    const path = guideClip(`${bench.clips}/sessions`, clip);
    const stream = await longStream(bench.scratch, path, bench.isQuick ? 1 : 4, clip);
    for (const sessions of countsOf(clip.codec, bench)) {
      const runs: { readonly c: Run; readonly own: Run }[] = [];
      try {
        for (let i = 0; i < pairs; i++) runs.push(pair(loop, stream, sessions, i % 2 === 0));
      } catch (error) {
        console.log(`${clip.codec}, ${sessions} sessions: ${(error as Error).message}`);
        break;
      }
      const ratioOf = (of: (run: Run) => number): number =>
        round(pairedRatio(runs.map(({ own }) => of(own)), runs.map(({ c }) => of(c))));
      const whole = ratioOf(({ fps }) => fps);
      const steady = ratioOf(({ steadyFps }) => steadyFps);
      rows.push({ codec: clip.codec, sessions, whole, steady, runs });
      const { own, c } = runs[0];
      cells.push([
        ...[clip.codec, `${sessions}`, own.steadyFps.toFixed(0), c.steadyFps.toFixed(0)],
        ...[
          steady.toFixed(3),
          own.firstFrame.toFixed(3),
          c.firstFrame.toFixed(3),
          whole.toFixed(3),
        ],
      ]);
      const least = sessions === 1 ? LEAST_ALONE : LEAST_TOGETHER;
      bars.push(atLeast(`${clip.codec}, ${sessions} sessions / C loop`, steady, least));
    }
  }
  const head = [
    "codec",
    "sessions",
    "FPS",
    "C FPS",
    "ratio",
    "first s",
    "C first s",
    "whole ratio",
  ];
  console.log(table([head, ...cells]));
  console.log(`${machine().cores} processors`);
  return { rows, bars };
}

/** One run of each, checked to give the same frames. */
function pair(
  loop: string,
  stream: {
    readonly codec: string;
    readonly file: string;
    readonly packets: string;
    frames: number;
  },
  sessions: number,
  isFirst: boolean,
): { readonly c: Run; readonly own: Run } {
  const runC = (): Run =>
    jsonOf<Run>([loop, stream.codec, stream.packets, `${sessions}`, "1", "copy"]);
  const before = isFirst ? undefined : runC();
  const own = jsonOf<Run>(deno("harness/run_sessions.ts", stream.file, `${sessions}`, "cuda"));
  const c = before ?? runC();
  for (const [name, { frames }] of Object.entries({ "the C loop": c, cuframe: own })) {
    if (frames === stream.frames * sessions) continue;
    throw new Error(`${name} gave ${frames} frames, not ${stream.frames * sessions}`);
  }
  return { c, own };
}
