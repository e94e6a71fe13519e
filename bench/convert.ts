/**
 * Converting one 1080p I420 frame to RGB24 on one core: cuframe against swscale in the same process and on the
 * same bytes, in turns (bench/peers/convert_loop.c). cuframe's time has its queue and the making of the frame
 * in it: it is measured through the C ABI, from the call to the completion.
 *
 *     deno run -A bench/convert.ts [--quick]      (or: bun bench/convert.ts)
 *
 * @module
 */

import { relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { benchClip } from "./harness/contestants.ts";
import { round, table } from "./harness/measure.ts";
import { LIBRARY, output, program, ROOT, writeResult } from "./harness/workspace.ts";

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { quick: { type: "boolean", default: false } },
});
const [rounds, times] = values.quick ? ["2", "20"] : ["20", "50"];
const loop = program("convert_loop", ["libswscale", "libavutil"]);
const command = [loop, LIBRARY, benchClip(60), rounds, times].map((word) =>
  word.startsWith(ROOT) ? relative(ROOT, word) : word
);
const result = JSON.parse(output(command));
const { cuframeUs, swscaleBilinearUs, swscalePointUs } = result;
const toBilinear = round(cuframeUs / swscaleBilinearUs);
const toPoint = round(cuframeUs / swscalePointUs);
console.log(table([
  ["one frame to RGB24", "us", "cuframe is"],
  ["cuframe", cuframeUs.toFixed(0), ""],
  ["swscale, SWS_BILINEAR", swscaleBilinearUs.toFixed(0), toBilinear.toFixed(3)],
  ["swscale, SWS_POINT", swscalePointUs.toFixed(0), toPoint.toFixed(3)],
]));
if (!values.quick) {
  writeResult("convert", { command: command.join(" "), ...result, toBilinear, toPoint });
}
