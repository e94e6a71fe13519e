/**
 * Encodes 300 raw 1080p frames by libx264 veryfast at one bit rate: with the ffmpeg command and with scripts.
 * Every contestant is a whole child process; they take turns, so that each round gives one pair for every
 * ratio. The sizes of the streams are compared, and each is decoded once.
 *
 *     deno run -A bench/encode.ts [--pairs 11] [--quick]
 *
 * --quick: 2 pairs on 60 frames, not written to bench/results.
 *
 * @module
 */

import { statSync } from "node:fs";
import { relative } from "node:path";
import { script } from "./harness/contestants.ts";
import { table } from "./harness/measure.ts";
import type { LimitedFigure } from "./harness/random_figures.ts";
import { type Entrant, measured, readRoundOptions, runRounds, warmUp } from "./harness/rounds.ts";
import { CACHE, clip, output, ROOT, writeResult } from "./harness/workspace.ts";

const RUNTIMES = ["deno", "bun"] as const;
const UNIT = "ffmpeg";
/** Most time and processor time to that of the ffmpeg command. */
const LIMIT = 1.0;
/** Most that the size of the stream may differ from that of the ffmpeg command, as a part of it. */
const SIZE_LIMIT = 0.01;
const [WIDTH, HEIGHT, BITRATE] = [1920, 1080, 6_000_000];

/** What both are told: P3 is libx264's veryfast. */
const CONFIG = {
  ...{ codec: "h264", preset: "P3", rc: "vbr", fps: 30, gop: 250 },
  ...{ bitrate: BITRATE, maxBitrate: 2 * BITRATE, vbvBufSize: 2 * BITRATE },
};
const FFMPEG = [
  ...["-c:v", "libx264", "-preset", "veryfast", "-b:v", String(BITRATE), "-g", "250"],
  ...["-maxrate", String(2 * BITRATE), "-bufsize", String(2 * BITRATE), "-sc_threshold", "0"],
];

/** Raw frames with motion and noise. */
function rawClip(frames: number): string {
  const picture = `testsrc2=s=${WIDTH}x${HEIGHT}:r=30,noise=alls=8:allf=t,format=yuv420p`;
  const source = ["-f", "lavfi", "-i", picture, "-frames:v", String(frames)];
  return relative(ROOT, clip(`encode_${frames}.yuv`, [...source, "-f", "rawvideo"]));
}

const streamOf = (name: string): string => relative(ROOT, `${CACHE}encoded_${name}.h264`);

function entrants(raw: string, frames: number): Entrant[] {
  const input = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${WIDTH}x${HEIGHT}`, "-r", "30"];
  const command = ["ffmpeg", "-v", "error", "-nostdin", "-y", ...input, "-i", raw, ...FFMPEG];
  const size = [String(WIDTH), String(HEIGHT)];
  return [
    { name: UNIT, command: [...command, streamOf(UNIT)], expected: null },
    ...RUNTIMES.map((runtime): Entrant => ({
      name: `cuframe, ${runtime}`,
      command: script(
        runtime,
        "bench/harness/run_encode.ts",
        ...[raw, ...size, streamOf(runtime), JSON.stringify(CONFIG)],
      ),
      expected: { frames },
    })),
  ];
}

/** Bytes of a stream, which has all frames. */
function bytesOf(name: string, frames: number): number {
  const path = streamOf(name);
  const count = ["-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"];
  const read = Number(output(["ffprobe", "-v", "error", ...count, path]).trim());
  if (read !== frames) throw new Error(`${path} has ${read} frames, not ${frames}`);
  return statSync(ROOT + path).size;
}

function main(): void {
  const { rounds, quick } = readRoundOptions();
  const frames = quick ? 60 : 300;
  const all = entrants(rawClip(frames), frames);
  warmUp(all, [], () => true);
  const samples = runRounds(() => all, rounds);
  const unitBytes = bytesOf(UNIT, frames);
  const rows = all.map(({ name }) => {
    const result = measured(samples.get(name)!, samples.get(UNIT)!);
    return { name, bytes: bytesOf(name.replace("cuframe, ", ""), frames), ...result };
  });
  const figures: LimitedFigure[] = rows.slice(1).flatMap((
    { name, bytes, wallToUnit, cpuToUnit },
  ) => [
    {
      what: `${name}: encoding, wall time to that of ${UNIT}`,
      value: wallToUnit,
      limit: LIMIT,
      unit: "",
    },
    {
      what: `${name}: encoding, processor time to that of ${UNIT}`,
      value: cpuToUnit,
      limit: LIMIT,
      unit: "",
    },
    {
      what: `${name}: encoding, difference of the stream's size to that of ${UNIT}`,
      value: Math.round(Math.abs(bytes / unitBytes - 1) * 1e4) / 1e4,
      limit: SIZE_LIMIT,
      unit: "",
    },
  ]);
  const cells = rows.map((
    { name, wallSeconds, cpuSeconds, wallToUnit, cpuToUnit, bytes, peakRssMb },
  ) => [
    ...[name, wallSeconds.toFixed(2), cpuSeconds.toFixed(2), wallToUnit.toFixed(3)],
    ...[cpuToUnit.toFixed(3), String(bytes), String(peakRssMb)],
  ]);
  const head = ["contestant", "wall s", "cpu s", "wall/unit", "cpu/unit", "bytes", "peak MB"];
  console.log(table([head, ...cells]));
  if (!quick) writeResult("encode", { rounds, frames, config: CONFIG, figures, contestants: rows });
}

main();
