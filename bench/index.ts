/**
 * Opening a 1080p mp4 of one hour for random access: from the disk, from the page cache, and with the index
 * kept from an earlier opening. Every run is a process of its own. Whole openings are timed, from the call of
 * createSimpleDecoder() to the decoder.
 *
 *     deno run -A bench/index.ts [--rounds 5] [--quick] [--keep]
 *
 * --quick: 2 rounds on a clip of a minute, not written to bench/results. --keep: leaves the clip, of 2.3 GB, in
 * build/bench.
 *
 * @module
 */

import { rmSync, statSync } from "node:fs";
import { relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { wholeNumber } from "./harness/guide_options.ts";
import { measure, median, round, table } from "./harness/measure.ts";
import { CACHE, clip, output, ROOT, writeResult } from "./harness/workspace.ts";

const TIMES = 200;
const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  deno: ["deno", "run", "-A"],
  bun: ["bun"],
};

/** What bench/harness/run_index.ts prints. */
interface Run {
  readonly frames: number;
  readonly bytesRead: number;
  readonly ms: number;
  readonly keptMs: readonly number[];
  readonly hits: number;
  readonly frameMs: number;
}

/** What was measured in one runtime. */
interface Row {
  readonly runtime: string;
  /** Milliseconds of an opening whose file is not in memory. */
  readonly diskMs: number;
  /** Milliseconds of an opening whose file is in the page cache. */
  readonly memoryMs: number;
  /** Milliseconds of an opening whose index is kept. */
  readonly keptMs: number;
  /** The slowest of those. */
  readonly slowestKeptMs: number;
  /** The same with a frame from the middle. */
  readonly keptAndFrameMs: number;
}

/** H.264 High with B-frames and AAC at 5 Mbps, its index at the end of the file. */
function longClip(seconds: number): string {
  const sources = ["testsrc2=s=1920x1080:r=30,noise=alls=5:allf=t", "sine=r=48000:b=4"];
  const inputs = sources.flatMap((source) => ["-f", "lavfi", "-i", source]);
  const video =
    "-c:v libx264 -profile:v high -preset veryfast -pix_fmt yuv420p -b:v 5M -g 60 -bf 2";
  const codecs = `-t 20 ${video} -c:a aac -b:a 128k`.split(" ");
  const part = clip("h264_aac_1080p_20s.mp4", [...inputs, ...codecs]);
  const copy = ["-stream_loop", "-1", "-i", part, "-t", String(seconds), "-c", "copy"];
  return clip(`h264_aac_1080p_${seconds}s.mp4`, copy);
}

/** Takes the file out of the page cache. */
function evict(path: string): void {
  output(["dd", `of=${path}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"]);
  const pages = output(["fincore", "--noheadings", "--output", "PAGES", path]).trim();
  if (pages !== "0") throw new Error(`${pages} pages of ${path} stay in memory`);
}

function run(command: readonly string[], path: string): Run {
  const script = ["bench/harness/run_index.ts", path, String(TIMES)];
  const result = JSON.parse(measure([...command, ...script]).output) as Run;
  if (result.hits !== TIMES) throw new Error(`Only ${result.hits} openings had their index kept`);
  return result;
}

/** Runs of every runtime, first with the file on the disk, then with it in memory. */
function takeTurns(file: string, rounds: number): Map<string, { disk: Run[]; memory: Run[] }> {
  const names = Object.keys(RUNTIMES);
  const path = relative(ROOT, file);
  const samples = new Map(names.map((name) => [name, { disk: [] as Run[], memory: [] as Run[] }]));
  for (let i = 0; i < rounds; i++) {
    for (const name of names) {
      evict(file);
      const { disk, memory } = samples.get(name)!;
      disk.push(run(RUNTIMES[name], path));
      memory.push(run(RUNTIMES[name], path));
    }
    console.error(`round ${i + 1} of ${rounds} done`);
  }
  return samples;
}

function summarize(runtime: string, disk: readonly Run[], memory: readonly Run[]): Row {
  const all = [...disk, ...memory];
  return {
    runtime,
    diskMs: round(median(disk.map(({ ms }) => ms)), 1),
    memoryMs: round(median(memory.map(({ ms }) => ms)), 1),
    keptMs: round(median(all.flatMap(({ keptMs }) => keptMs))),
    slowestKeptMs: round(Math.max(...all.flatMap(({ keptMs }) => keptMs))),
    keptAndFrameMs: round(median(all.map(({ frameMs }) => frameMs)), 1),
  };
}

function main(): void {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      rounds: { type: "string", default: "5" },
      quick: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
    },
  });
  const rounds = values.quick ? 2 : wholeNumber("--rounds", values.rounds);
  const seconds = values.quick ? 60 : 3600;
  const file = longClip(seconds);
  const fileBytes = statSync(file).size;
  // An index is kept of files only that were not modified just now.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
  const samples = [...takeTurns(file, rounds)];
  const rows = samples.map(([name, { disk, memory }]) => summarize(name, disk, memory));
  const { frames, bytesRead } = samples[0][1].disk[0];
  const bytesShare = round(bytesRead / fileBytes, 5);
  const head = ["opening", "from disk ms", "from memory ms", "index kept ms", "slowest"];
  const cells = rows.map((row) => [
    row.runtime,
    row.diskMs.toFixed(1),
    row.memoryMs.toFixed(1),
    row.keptMs.toFixed(3),
    row.slowestKeptMs.toFixed(3),
    row.keptAndFrameMs.toFixed(1),
  ]);
  console.log(table([[...head, "kept, and a frame ms"], ...cells]));
  console.log(`${frames} frames; ${bytesRead} of ${fileBytes} bytes read, ${bytesShare * 100} %`);
  if (!values.quick) {
    const about = { rounds, seconds, frames, fileBytes, bytesRead, bytesShare, times: TIMES };
    writeResult("index", { ...about, runtimes: rows });
    if (!values.keep) {
      rmSync(file);
      rmSync(`${CACHE}h264_aac_1080p_${seconds}s.mp4.command`);
    }
  }
}

main();
