/**
 * The same sample of frames, spread over many groups of pictures, by one and by four decoders at once, on a
 * simulated GPU of four engines that take 20 ms for each picture. Each round is a pair of child processes of
 * each runtime; the frames are compared with the CPU's.
 *
 *     deno run -A bench/cuda_engines.ts [--pairs 5] [--quick]
 *
 * @module
 */

import { readCountOptions } from "./harness/count_options.ts";
import { pairedRatio, round, table } from "./harness/measure.ts";
import { onSimulatedGpu } from "./harness/simulated_gpu.ts";
import { clip, writeResult } from "./harness/workspace.ts";

const ENGINES = 4;
const PICTURE_US = 20_000;
const GOP = 15;
const GOPS = 24;
const LIMIT = 0.35;
/** The tenth frame of each group: ten pictures without B-frames. */
const INDICES = Array.from({ length: GOPS }, (_, gop) => gop * GOP + 9);

function sampleClip(): string {
  const source = `testsrc2=s=64x64:r=30,format=yuv420p`;
  const rest = `-frames:v ${GOP * GOPS} -c:v libx264 -g ${GOP} -keyint_min ${GOP} -bf 0`;
  return clip("h264_64x64_gops.mp4", ["-f", "lavfi", "-i", source, ...rest.split(" ")]);
}

function seconds(runtime: "deno" | "bun", path: string, engines: number): number {
  const settings = { nvdecs: ENGINES, picture_us: PICTURE_US };
  const args = ["sample", path, String(engines), INDICES.join(",")];
  const printed = onSimulatedGpu(runtime, settings, "bench/harness/run_cuda.ts", ...args);
  if (printed.frames !== GOPS || printed.decodersCreated !== engines) {
    throw new Error(`Not what was asked for: ${JSON.stringify(printed)}`);
  }
  return printed.seconds as number;
}

function main(): void {
  const { count: pairs, isQuick } = readCountOptions("pairs", 5);
  const path = sampleClip();
  const rows = (["deno", "bun"] as const).map((runtime) => {
    const one: number[] = [];
    const all: number[] = [];
    for (let i = 0; i < pairs; i++) {
      one.push(seconds(runtime, path, 1));
      all.push(seconds(runtime, path, ENGINES));
    }
    const rounded = (list: number[]) => list.map((value) => round(value));
    return { runtime, one: rounded(one), all: rounded(all), ratio: round(pairedRatio(all, one)) };
  });
  console.log(table([
    ["runtime", "1 engine s", `${ENGINES} engines s`, "ratio"],
    ...rows.map(({ runtime, one, all, ratio }) => [runtime, String(one), String(all), `${ratio}`]),
  ]));
  const figures = rows.map(({ runtime, ratio }) => ({
    what: `simulated GPU, ${GOPS} frames of ${GOPS} groups by ${ENGINES} engines, ${runtime}: ` +
      "time to that of one",
    ...{ value: ratio, limit: LIMIT, unit: "" },
  }));
  if (!isQuick) writeResult("cuda_engines", { pairs, rows, figures });
}

main();
