/**
 * 500 different clips of two seconds and 64x64, opened in turn: by one SimpleDecoder with
 * reconfigureDecoder(), and by a new decoder for each, on a simulated GPU where creating a decoder takes 45 ms.
 *
 *     deno run -A bench/cuda_reuse.ts [--pairs 3] [--quick]
 *
 * --quick: 50 clips and one pair; not written to bench/results.
 *
 * @module
 */

import { CLIP_FRAMES, clipFolder } from "./harness/clip_folder.ts";
import { readCountOptions } from "./harness/count_options.ts";
import { pairedRatio, round, table } from "./harness/measure.ts";
import { onSimulatedGpu } from "./harness/simulated_gpu.ts";
import { writeResult } from "./harness/workspace.ts";

const CREATE_US = 45_000;
const SIDE = 64;
/** Of the time with new decoders: three times as fast. */
const LIMIT = 0.333;

function seconds(
  runtime: "deno" | "bun",
  mode: "reuse" | "anew",
  folder: string,
  count: number,
): number {
  const settings = { create_us: CREATE_US };
  const printed = onSimulatedGpu(runtime, settings, "bench/harness/run_cuda.ts", mode, folder);
  const decoders = mode === "reuse" ? 1 : count;
  if (printed.frames !== count * CLIP_FRAMES || printed.decodersCreated !== decoders) {
    throw new Error(`Not what was asked for: ${JSON.stringify(printed)}`);
  }
  return printed.seconds as number;
}

function main(): void {
  const { count: pairs, isQuick } = readCountOptions("pairs", 3);
  const count = isQuick ? 50 : 500;
  const folder = clipFolder(count, SIDE, SIDE);
  const rows = (["deno", "bun"] as const).map((runtime) => {
    const reuse: number[] = [];
    const anew: number[] = [];
    for (let i = 0; i < pairs; i++) {
      anew.push(round(seconds(runtime, "anew", folder, count)));
      reuse.push(round(seconds(runtime, "reuse", folder, count)));
    }
    return { runtime, anew, reuse, ratio: round(pairedRatio(reuse, anew)) };
  });
  console.log(table([
    ["runtime", "anew s", "reuse s", "ratio"],
    ...rows.map(({ runtime, anew, reuse, ratio }) => [
      runtime,
      String(anew),
      String(reuse),
      String(ratio),
    ]),
  ]));
  const figures = rows.map(({ runtime, ratio }) => ({
    what: `simulated GPU, ${count} clips by one decoder, ${runtime}: time to that of new decoders`,
    ...{ value: ratio, limit: LIMIT, unit: "" },
  }));
  if (!isQuick) writeResult("cuda_reuse", { pairs, clips: count, rows, figures });
}

main();
