/**
 * The guide's benchmark of decoder reuse: many clips, each with a new decoder ("simple") or all with one that
 * reconfigureDecoder() gives the next clip ("cached"), with 1 and with N threads. Each thread is a Worker that
 * decodes its share of the clips.
 *
 *     deno run -A bench/cached_decoder.ts --nvdecs 2 [--codec hevc] [--repetitions 20] [--resolutions 360p 720p]
 *     bun bench/cached_decoder.ts --nvdecs 2 --plot-only
 *
 * It writes cached_decoder_performance_{codec}_{threads}_threads.json and a bar chart of the same name (.png),
 * and keeps its clips in test_videos_{codec}/, all in the current folder or in that of --folder. With the
 * default of 500 repetitions of clips up to 30 s of 4K it runs for hours on a CPU.
 *
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { type BarPanel, drawBarChart } from "./harness/bar_chart.ts";
import { GUIDE_CODECS, type GuideCodec, repeatedGuideClip } from "./harness/guide_clips.ts";
import { readGuideOptions, wholeNumber } from "./harness/guide_options.ts";
import { round, table } from "./harness/measure.ts";
import { type BenchBackend, benchBackend, Threads } from "./harness/threads.ts";
import { machine, versions } from "./harness/workspace.ts";

const SIZES: Readonly<Record<string, readonly [width: number, height: number]>> = {
  "360p": [640, 360],
  "480p": [854, 480],
  "720p": [1280, 720],
  "1080p": [1920, 1080],
  "4k": [3840, 2160],
};

interface Options {
  readonly threads: number;
  readonly codec: GuideCodec;
  readonly fps: number;
  readonly gop: number;
  readonly repetitions: number;
  readonly resolutions: readonly string[];
  readonly durations: readonly number[];
  readonly backend: BenchBackend;
  readonly decoders: readonly ("simple" | "cached")[];
  readonly isPlotOnly: boolean;
  readonly folder: string;
}

interface Row {
  readonly resolution: string;
  readonly durationSeconds: number;
  readonly decoder: "simple" | "cached";
  readonly seconds: number;
  readonly fps: number;
}

interface Results {
  readonly codec: string;
  readonly threads: number;
  readonly results: readonly Row[];
}

function readOptions(): Options {
  const one = "one", many = "many";
  const given = readGuideOptions(process.argv.slice(2), {
    nvdecs: {
      names: ["--nvdecs", "--threads"],
      default: null,
      takes: one,
      help: "threads; for NVDEC, as many as the GPU has of it",
    },
    codec: { names: ["--codec"], default: ["h264"], takes: one, help: GUIDE_CODECS.join(", ") },
    fps: { names: ["--fps"], default: ["30"], takes: one, help: "frames per second" },
    gop: { names: ["--gop"], default: ["60"], takes: one, help: "GOP size" },
    plot: {
      names: ["--plot-only"],
      default: [],
      takes: "none",
      help: "draw the charts of earlier results",
    },
    repetitions: { names: ["--repetitions"], default: ["500"], takes: one, help: "of each clip" },
    resolutions: {
      names: ["--resolutions"],
      default: Object.keys(SIZES),
      takes: many,
      help: "sizes of the clips",
    },
    durations: { names: ["--durations"], default: ["2", "30"], takes: many, help: "even seconds" },
    decoders: {
      names: ["--decoders"],
      default: ["simple", "cached"],
      takes: many,
      help: "which of the two ways",
    },
    backend: { names: ["--backend"], default: ["auto"], takes: one, help: "auto, cpu or cuda" },
    folder: { names: ["--folder"], default: ["."], takes: one, help: "for results and clips" },
  });
  const codec = GUIDE_CODECS.find((name) => name === given.codec[0]);
  if (codec === undefined) throw new TypeError(`--codec takes ${GUIDE_CODECS.join(", ")}`);
  for (const name of given.resolutions) {
    if (SIZES[name] === undefined) {
      throw new TypeError(`--resolutions takes ${Object.keys(SIZES).join(", ")}, not ${name}`);
    }
  }
  const threads = wholeNumber("--nvdecs", given.nvdecs[0]);
  return {
    codec,
    threads,
    fps: wholeNumber("--fps", given.fps[0]),
    gop: wholeNumber("--gop", given.gop[0]),
    repetitions: wholeNumber("--repetitions", given.repetitions[0], threads),
    resolutions: given.resolutions,
    durations: given.durations.map((text) =>
      2 * wholeNumber("Half of --durations", `${+text / 2}`)
    ),
    backend: benchBackend(given.backend[0]),
    decoders: (["simple", "cached"] as const).filter((name) => given.decoders.includes(name)),
    isPlotOnly: given.plot.length > 0,
    folder: resolve(given.folder[0]),
  };
}

function clipOf(options: Options, resolution: string, seconds: number): string {
  const { codec, fps, gop, folder } = options;
  const [width, height] = SIZES[resolution];
  const clip = { codec, width, height, fps, gop, seconds };
  return repeatedGuideClip(`${folder}/test_videos_${codec}`, clip);
}

/** Both ways to decode one clip again and again, the clips divided among the threads. */
async function measureClip(
  options: Options,
  threads: Threads,
  resolution: string,
  durationSeconds: number,
): Promise<Row[]> {
  const { fps, repetitions, backend } = options;
  const path = clipOf(options, resolution, durationSeconds);
  const rows: Row[] = [];
  for (const decoder of options.decoders) {
    const result = await threads.run((thread) => {
      const share = Math.ceil((repetitions - thread) / threads.count);
      const paths = Array.from({ length: Math.max(0, share) }, () => path);
      return { kind: "clips", paths, isReusing: decoder === "cached", engines: 1, backend };
    });
    const expected = repetitions * durationSeconds * fps;
    if (result.frames !== expected) throw new Error(`${result.frames} frames, not ${expected}`);
    const seconds = round(result.seconds);
    rows.push({ resolution, durationSeconds, decoder, seconds, fps: round(result.fps, 1) });
    console.error(`${resolution}, ${durationSeconds} s, ${decoder}: ${result.fps.toFixed(0)} FPS`);
  }
  return rows;
}

async function measureAll(options: Options, count: number): Promise<Row[]> {
  using threads = await Threads.start(count);
  const rows: Row[] = [];
  for (const duration of options.durations) {
    for (const resolution of options.resolutions) {
      rows.push(...await measureClip(options, threads, resolution, duration));
    }
  }
  return rows;
}

function fpsOf(rows: readonly Row[], resolution: string, duration: number, decoder: string) {
  return rows.find((row) =>
    row.resolution === resolution && row.durationSeconds === duration && row.decoder === decoder
  )?.fps ?? NaN;
}

function draw({ codec, threads, results }: Results): Uint8Array<ArrayBuffer> {
  const durations = [...new Set(results.map(({ durationSeconds }) => durationSeconds))];
  const panels = durations.map((duration): BarPanel => {
    const own = results.filter(({ durationSeconds }) => durationSeconds === duration);
    const groups = [...new Set(own.map(({ resolution }) => resolution))];
    return {
      title: `${duration} second clips`,
      groups,
      series: [...new Set(own.map(({ decoder }) => decoder))].map((name) => ({
        name,
        values: groups.map((group) => fpsOf(own, group, duration, name)),
      })),
    };
  });
  const plural = threads === 1 ? "thread" : "threads";
  return drawBarChart(`${codec}, ${threads} ${plural}`, "frames per second", panels);
}

function print({ threads, results }: Results): void {
  console.log(table([
    ["clip", "decoder", "threads", "seconds", "FPS", "cached / simple"],
    ...results.map(({ resolution, durationSeconds, decoder, seconds, fps }) => [
      `${resolution} ${durationSeconds} s`,
      decoder,
      String(threads),
      seconds.toFixed(2),
      fps.toFixed(0),
      decoder === "simple" || Number.isNaN(fpsOf(results, resolution, durationSeconds, "simple"))
        ? ""
        : `${(fps / fpsOf(results, resolution, durationSeconds, "simple")).toFixed(2)}x`,
    ]),
  ]));
}

async function main(): Promise<void> {
  const options = readOptions();
  const { codec, folder, isPlotOnly } = options;
  mkdirSync(folder, { recursive: true });
  for (const threads of new Set([1, options.threads])) {
    const path = `${folder}/cached_decoder_performance_${codec}_${threads}_threads`;
    if (!isPlotOnly) {
      const about = { date: new Date().toISOString(), machine: machine(), versions: versions() };
      const results = await measureAll(options, threads);
      const record = { ...about, ...options, threads, results };
      writeFileSync(`${path}.json`, JSON.stringify(record, null, 2) + "\n");
    }
    const results: Results = JSON.parse(readFileSync(`${path}.json`, "utf8"));
    print(results);
    writeFileSync(`${path}.png`, draw(results));
    console.log(`written to ${path}.png`);
  }
}

await main();
