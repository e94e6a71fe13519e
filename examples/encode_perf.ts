/**
 * Measures how many frames in a second several encoders take, each in a thread or a process of its own.
 *
 *   deno run --allow-ffi --allow-read --allow-env --allow-run examples/encode_perf.ts -n 4 -m thread -c hevc
 *   bun examples/encode_perf.ts -n 2 -m process --config config.json
 *
 * -n, --workers  how many; default 1
 * -m, --mode     thread (default): Workers of this process; process
 * -c, --codec    h264 (default), hevc or av1
 * -s, --size     WIDTHxHEIGHT of the pictures, which are made by the script; default 1920x1080
 * -f, --frames   pictures for each encoder; default 300
 *     --config   JSON with parameters in the guide's spelling
 *     --threads  threads of each encoder on the CPU; default: the processors, shared out
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { encoderConfigFromStrings, type EncoderParameters } from "../mod.ts";
import { parseWorkers, runWorkers } from "./perf_runner.ts";
import { parseSize } from "./raw_frames.ts";

const { values } = parseArgs({
  options: {
    workers: { type: "string", short: "n", default: "1" },
    mode: { type: "string", short: "m", default: "thread" },
    codec: { type: "string", short: "c", default: "h264" },
    size: { type: "string", short: "s", default: "1920x1080" },
    frames: { type: "string", short: "f", default: "300" },
    config: { type: "string" },
    threads: { type: "string" },
  },
});
const { count, mode } = parseWorkers(values);
const json = values.config === undefined ? "{}" : readFileSync(values.config, "utf8");
const codec = values.codec as EncoderParameters["codec"];
const config = { codec, ...encoderConfigFromStrings(json) };
const threads = Number(values.threads ?? Math.max(1, Math.floor(availableParallelism() / count)));
const frames = Number(values.frames);
const task = { kind: "encode", ...parseSize(values.size), frames, threads, config } as const;
const summary = await runWorkers(mode, count, task);
console.log(JSON.stringify({ ...summary, codec: config.codec }));
