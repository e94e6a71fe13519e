/**
 * The guide's ways to transcode segments, as commands.
 *
 * @module
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { TranscoderDescriptor } from "../../mod.ts";
import { script } from "./contestants.ts";
import type { GuideCodec } from "./guide_clips.ts";
import type { TranscodeWork } from "./run_transcode.ts";
import { type Segment, segmentName } from "./segments.ts";

/** The guide's numbers of its ways. */
export type Mode = 0 | 1 | 2 | 3;

/** All of them, with names for tables and charts. */
export const MODES: Readonly<Record<Mode, string>> = {
  0: "cuframe",
  1: "ffmpeg",
  2: "ffmpeg map",
  3: "ffmpeg map audio",
};

/** How segments are encoded, by cuframe and by the ffmpeg command alike. */
export interface SegmentEncoding {
  /** Codec. */
  readonly codec: GuideCodec;
  /** "P1" to "P7". */
  readonly preset: string;
  /** Most B pictures in a row. */
  readonly bframes: number;
  /** Frames from key frame to key frame. */
  readonly gop: number;
  /** Bits per second. */
  readonly bitrate: number;
}

/** What is to be done. */
export interface SegmentTask extends SegmentEncoding {
  /** The video. */
  readonly source: string;
  /** Parts of it. */
  readonly segments: readonly Segment[];
  /** How many segments, or commands, at once. */
  readonly threads: number;
  /** Number of the GPU that does it; null: the CPU. */
  readonly gpu: number | null;
  /** Absolute path of a folder for the outputs' folders. */
  readonly folder: string;
}

/** A command and what it writes. */
export interface SegmentCommand {
  /** The command. */
  readonly command: readonly string[];
  /** Paths, one for each segment. */
  readonly outputs: readonly string[];
}

/** P1 to P7 as README has them. */
const PRESETS: Readonly<Record<GuideCodec, readonly string[]>> = {
  h264: ["ultrafast", "superfast", "veryfast", "fast", "medium", "slow", "slower"],
  hevc: ["ultrafast", "superfast", "veryfast", "fast", "medium", "slow", "slower"],
  av1: ["12", "11", "10", "8", "7", "6", "4"],
};
/** Scenes have no key frames of their own, as cuframe's have none. */
const LIBRARIES: Readonly<Record<GuideCodec, readonly string[]>> = {
  h264: ["-c:v", "libx264", "-sc_threshold", "0"],
  hevc: ["-c:v", "libx265", "-x265-params", "scenecut=0:log-level=error"],
  av1: ["-c:v", "libsvtav1"],
};

/** Options of the ffmpeg command that say the same as configOf(). */
export function encodingArguments(
  { codec, preset, bframes, gop, bitrate }: SegmentEncoding,
  gpu: number | null,
): string[] {
  const number = Number(/^P([1-7])$/.exec(preset)![1]);
  const rate = ["-b:v", String(bitrate), "-maxrate", String(2 * bitrate)];
  const common = ["-g", String(gop), ...rate, "-bufsize", String(2 * bitrate)];
  const order = codec === "av1" ? [] : ["-bf", String(bframes)];
  if (gpu !== null) {
    const encoder = ["-c:v", `${codec}_nvenc`, "-gpu", String(gpu), "-preset", `p${number}`];
    return [...encoder, "-rc", "vbr", ...common, ...order];
  }
  return [...LIBRARIES[codec], "-preset", PRESETS[codec][number - 1], ...common, ...order];
}

/** What cuframe is told. */
export function configOf(encoding: SegmentEncoding): TranscoderDescriptor {
  const { codec, preset, bframes, gop, bitrate } = encoding;
  return {
    ...{ codec, preset: preset as TranscoderDescriptor["preset"], gop, rc: "vbr" },
    ...{ bitrate, maxBitrate: 2 * bitrate, vbvBufSize: 2 * bitrate },
    // AV1 orders its pictures as it likes.
    ...codec === "av1" ? {} : { bf: bframes },
  };
}

function ffmpeg(gpu: number | null): string[] {
  const decoding = gpu === null
    ? []
    : ["-hwaccel", "cuda", "-hwaccel_output_format", "cuda", "-hwaccel_device", String(gpu)];
  return ["ffmpeg", "-v", "error", "-nostdin", "-y", ...decoding];
}

/** Runs commands, so many at once. The words must have no quotes in them. */
function atOnce(list: string, count: number, commands: readonly (readonly string[])[]): string[] {
  if (commands.length === 1) return [...commands[0]];
  const lines = commands.map((words) => words.map((word) => `"${word}"`).join(" "));
  writeFileSync(list, lines.join("\n") + "\n");
  // SVT-AV1 writes to standard error whatever ffmpeg is told.
  return ["xargs", "-a", list, "-L", "1", "-P", String(count), "env", "SVT_LOG=error"];
}

/** An empty folder for outputs; the paths in it. */
function outputsIn(folder: string, segments: readonly Segment[]): string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return segments.map((segment) => `${folder}/${segmentName(segment)}`);
}

/** Mode 0, in a runtime. */
export function cuframeCommand(task: SegmentTask, runtime: "deno" | "bun"): SegmentCommand {
  const { source, segments, threads, gpu, folder } = task;
  const name = `cuframe_out${runtime === "deno" ? "" : `_${runtime}`}`;
  const outputs = outputsIn(`${folder}/${name}`, segments);
  const work: TranscodeWork = {
    input: source,
    config: configOf(task),
    device: gpu === null ? { backend: "cpu" } : { backend: "cuda", gpu },
    output: segments.map(({ start, end }, i) => ({ start, end, output: outputs[i] })),
    concurrency: threads,
  };
  const path = `${folder}/${name}.json`;
  writeFileSync(path, JSON.stringify(work));
  return { command: script(runtime, "bench/harness/run_transcode.ts", path), outputs };
}

/** Mode 1: a command for each segment. */
function commandForEach(task: SegmentTask): SegmentCommand {
  const { source, segments, threads, gpu, folder } = task;
  const outputs = outputsIn(`${folder}/ffmpeg_out`, segments);
  const encoding = encodingArguments(task, gpu);
  const commands = segments.map(({ start, end }, i) => [
    ...[...ffmpeg(gpu), "-ss", String(start), "-to", String(end), "-i", source],
    ...[...encoding, "-c:a", "copy", outputs[i]],
  ]);
  return { command: atOnce(`${folder}/ffmpeg_out.txt`, threads, commands), outputs };
}

/** Modes 2 and 3: one command with a graph of filters for all segments of a thread. */
function commandForAll(task: SegmentTask, hasAudio: boolean): SegmentCommand {
  const { source, segments, threads, gpu, folder } = task;
  const name = hasAudio ? "ffmpeg_fc_out/audio" : "ffmpeg_fc_out/video";
  const outputs = outputsIn(`${folder}/${name}`, segments);
  const encoding = encodingArguments(task, gpu);
  const share = Math.ceil(segments.length / threads);
  const commands: string[][] = [];
  for (let first = 0; first < segments.length; first += share) {
    const own = segments.slice(first, first + share);
    const graph = own.flatMap(({ start, end }, i) => {
      const span = `trim=start=${start}:end=${end}`;
      const video = `[0:v]${span},setpts=PTS-STARTPTS[v${i}]`;
      return hasAudio ? [video, `[0:a]a${span},asetpts=PTS-STARTPTS[a${i}]`] : [video];
    });
    const maps = own.flatMap((_, i) => [
      ...["-map", `[v${i}]`, ...hasAudio ? ["-map", `[a${i}]`] : [], ...encoding],
      ...[...hasAudio ? ["-c:a", "aac"] : ["-an"], outputs[first + i]],
    ]);
    const filter = ["-i", source, "-filter_complex", graph.join(";")];
    commands.push([...ffmpeg(gpu), ...filter, ...maps]);
  }
  return { command: atOnce(`${folder}/ffmpeg_fc_out.txt`, threads, commands), outputs };
}

/** What a mode runs; its folder is emptied. */
export function commandOf(mode: Mode, task: SegmentTask): SegmentCommand {
  switch (mode) {
    case 0:
      return cuframeCommand(task, "deno");
    case 1:
      return commandForEach(task);
    default:
      return commandForAll(task, mode === 3);
  }
}
