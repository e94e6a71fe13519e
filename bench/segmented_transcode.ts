/**
 * The guide's benchmark of segmented transcoding: random segments of one video, by cuframe (0), by an ffmpeg
 * command for each (1), and by one ffmpeg command with a graph of filters, without (2) and with sound (3).
 *
 *     deno run -A bench/segmented_transcode.ts [-W 1920 -H 1080 -d 30 -s 10 -u 0 1 -p P3 -bf 2]
 *     deno run -A bench/segmented_transcode.ts -i video.mp4
 *     deno run -A bench/segmented_transcode.ts --replay build/bench/segmented_transcode/logs/run_....json
 *     deno run -A bench/segmented_transcode.ts --figures [--pairs 3] [--quick]
 *
 * In build/bench/segmented_transcode (or --folder) are: logs/, source_videos/, cuframe_out/, ffmpeg_out/,
 * ffmpeg_fc_out/ and the chart, segmented_transcode.png. All outputs are checked to have the right frames. Times
 * are those of whole processes. Where there is a GPU with NVENC, all modes work there (-g says which), else on
 * the CPU. Results go to bench/results/segmented_transcode.json, but for --quick. The guide's default of 5400 s
 * makes a source of 6 GB, which modes 2 and 3 decode as a whole.
 *
 * --figures measures what cuframe is to reach; see harness/segment_figures.ts.
 *
 * @module
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { requestAdapter } from "../mod.ts";
import { drawBarChart } from "./harness/bar_chart.ts";
import { measure, round, table } from "./harness/measure.ts";
import { checkedFrames } from "./harness/segment_check.ts";
import { measureFigures } from "./harness/segment_figures.ts";
import { logName, readLog, RunLog } from "./harness/segment_log.ts";
import { commandOf, type Mode, MODES, type SegmentTask } from "./harness/segment_modes.ts";
import { readSegmentOptions, type SegmentOptions } from "./harness/segment_options.ts";
import { segmentSource } from "./harness/segment_source.ts";
import { probeVideo, type SourceVideo } from "./harness/segment_video.ts";
import { framesIn, randomSegments } from "./harness/segments.ts";
import { RESULTS, writeResult } from "./harness/workspace.ts";

const NAME = "segmented_transcode";
/** Of the bit rate: 6.2 Mbit/s for 1080p. */
const BITS_PER_PIXEL = 3;
const MOST_SECONDS = 3600;

interface Row {
  readonly mode: Mode;
  readonly method: string;
  readonly seconds: number;
  readonly frames: number;
  readonly fps: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}

/** Number of the GPU that all modes work on; null for the CPU. */
async function gpuOf({ gpu }: SegmentOptions): Promise<number | null> {
  const { backend, info } = await requestAdapter({ backend: "auto" });
  return backend === "cuda" && info.encoderUnavailable === null ? gpu : null;
}

function sourceOf(options: SegmentOptions, log: RunLog): SourceVideo {
  const { input, inputCodec, width, height, fps, gop, duration, folder } = options;
  if (input !== null) {
    log.step("video_input", `using ${input}`, { params: { path: input } });
    return probeVideo(input);
  }
  const clip = { codec: inputCodec, width, height, fps, gop, seconds: duration };
  const { path, isNew } = segmentSource(`${folder}/source_videos`, clip);
  log.step(
    isNew ? "video_generation" : "video_reuse",
    `${isNew ? "made" : "reusing"} ${path}`,
    { params: { path, ...clip } },
  );
  return { path, width, height, duration, countFrames: (segment) => framesIn(segment, fps) };
}

function measureMode(mode: Mode, task: SegmentTask, source: SourceVideo, log: RunLog): Row {
  const { command, outputs } = commandOf(mode, task);
  const { wall, cpu, rssMb } = measure(command, undefined, MOST_SECONDS);
  const frames = checkedFrames(outputs, task.segments.map(source.countFrames), mode === 0);
  const row = {
    ...{ mode, method: MODES[mode], frames, seconds: round(wall), fps: round(frames / wall, 2) },
    ...{ cpuSeconds: round(cpu), peakRssMb: round(rssMb, 1) },
  };
  const text = `mode ${mode}, ${row.method}: ${row.seconds} s, ${row.fps} FPS`;
  log.step("transcoding", text, { params: { mode, command, outputs }, results: row });
  return row;
}

function print(rows: readonly Row[]): void {
  const own = rows.find(({ mode }) => mode === 0);
  const head = ["method", "time s", "FPS", "cpu s", "peak MB", "cuframe / it"];
  console.log(table([
    head,
    ...rows.map(({ mode, method, seconds, fps, cpuSeconds, peakRssMb }) => [
      ...[`${mode} ${method}`, seconds.toFixed(2), fps.toFixed(2), cpuSeconds.toFixed(2)],
      ...[String(peakRssMb), own === undefined ? "" : `${(own.fps / fps).toFixed(2)}x`],
    ]),
  ]));
}

function draw(rows: readonly Row[], { codec, preset, segments }: SegmentTask): Uint8Array {
  const groups = rows.map(({ method }) => method);
  const series = [{ name: "FPS", values: rows.map(({ fps }) => fps) }];
  const panel = { title: `${segments.length} segments`, groups, series };
  return drawBarChart(`Segments to ${codec}, ${preset}`, "frames per second", [panel]);
}

/** Writes a part of the results; the others stay. */
function keep(part: Readonly<Record<string, unknown>>): void {
  const path = `${RESULTS}${NAME}.json`;
  const before = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  // They are those of the last part that was measured.
  for (const key of ["date", "machine", "versions"]) delete before[key];
  writeResult(NAME, { figures: [], ...before, ...part });
}

async function runGuide(args: readonly string[], options: SegmentOptions): Promise<void> {
  const replayed = options.replay === null ? null : readLog(options.replay);
  const told = replayed === null ? options : readSegmentOptions(replayed.args);
  const { folder, codec, preset, bframes, gop, threads, usage } = told;
  mkdirSync(folder, { recursive: true });
  const name = logName(replayed === null ? "run" : "replay");
  const log = new RunLog(options.log ?? `${folder}/logs/${name}`, replayed?.args ?? args);
  const source = sourceOf(told, log);
  const segments = replayed?.segments ??
    randomSegments(source.duration, told.segments, told.segmentDuration, told.seed);
  const made = `${segments.length} segments of ${source.path}`;
  log.step("segment_creation", made, { results: { segments } });
  const task: SegmentTask = {
    ...{ source: source.path, segments, threads, folder, codec, preset, bframes, gop },
    bitrate: Math.round(BITS_PER_PIXEL * source.width * source.height),
    gpu: await gpuOf(told),
  };
  const rows = usage.map((mode) => measureMode(mode, task, source, log));
  const where = task.gpu === null ? "on the CPU" : `on GPU ${task.gpu}`;
  log.step("summary", `done ${where}; the log is ${log.path}`, { results: { rows } });
  print(rows);
  writeFileSync(`${folder}/${NAME}.png`, draw(rows, task));
  console.log(`written to ${folder}/${NAME}.png`);
  const { source: _, ...settings } = task;
  if (!options.isQuick) keep({ guide: { ...settings, folder: undefined, rows } });
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const options = readSegmentOptions(args);
  if (!options.isFigures) return await runGuide(args, options);
  const measured = measureFigures(options);
  if (!options.isQuick) keep(measured);
}

await main();
