/**
 * Measures how many frames in a second several decoders give, each in a thread or a process of its own.
 *
 *   deno run --allow-ffi --allow-read --allow-env --allow-run examples/decode_perf.ts -i in.mp4 -n 4 -m thread
 *   bun examples/decode_perf.ts -i in.mp4 -n 2 -m process
 *
 * -i, --input    the video, which all decode
 * -n, --workers  how many; default 1
 * -m, --mode     thread (default): Workers of this process; process
 *     --threads  threads of each decoder on the CPU; default: the processors, shared out
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { parseWorkers, runWorkers } from "./perf_runner.ts";

const { values } = parseArgs({
  options: {
    input: { type: "string", short: "i" },
    workers: { type: "string", short: "n", default: "1" },
    mode: { type: "string", short: "m", default: "thread" },
    threads: { type: "string" },
  },
});
const { input } = values;
if (input === undefined) {
  throw new TypeError(
    "Usage: decode_perf.ts -i INPUT [-n WORKERS] [-m thread|process] [--threads N]",
  );
}
const { count, mode } = parseWorkers(values);
const threads = Number(values.threads ?? Math.max(1, Math.floor(availableParallelism() / count)));
console.log(JSON.stringify(await runWorkers(mode, count, { kind: "decode", input, threads })));
