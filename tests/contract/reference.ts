/** What ffprobe says of a clip, kept beside the clip: asking takes longer than all the decoding. */
import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ColorSpace } from "../../mod.ts";
import type { Clip } from "../support/clips.ts";
import {
  ffprobeFrames,
  ffprobePackets,
  type ProbedFrame,
  type ProbedPacket,
  type ProbeRecord,
  runCommand,
} from "../support/ffmpeg.ts";

/** ffprobe's word on a clip's first video stream. */
export interface Reference {
  /** The container. */
  readonly format: ProbeRecord;
  /** All streams. */
  readonly streams: readonly ProbeRecord[];
  /** Packets in file order. */
  readonly packets: readonly ProbedPacket[];
  /** Frames in display order. */
  readonly frames: readonly ProbedFrame[];
}

/** Changes when what is asked changes. The clip's folder is named by its recipe and ffmpeg's version. */
const kVersion = 1;

/** Asks ffprobe, or reads what it said before. */
export async function reference(clip: Clip): Promise<Reference> {
  const cache = join(dirname(clip.path), `reference-${kVersion}.json`);
  try {
    return JSON.parse(await readFile(cache, "utf8"));
  } catch (error) {
    if ((error as { readonly code?: string }).code !== "ENOENT") throw error;
  }
  const args = ["-v", "error", "-of", "json", "-show_format", "-show_streams", clip.path];
  const { stdout } = await runCommand("ffprobe", args);
  const { format, streams } = JSON.parse(new TextDecoder().decode(stdout));
  const packets = await ffprobePackets(clip.path);
  const frames = await ffprobeFrames(clip.path);
  const text = JSON.stringify({ format, streams, packets, frames });
  const half = `${cache}.${randomUUID()}`;
  await writeFile(half, text);
  await rename(half, cache);
  return JSON.parse(text);
}

/** The first video stream. */
export function videoOf({ streams }: Reference): ProbeRecord {
  return streams.find((stream) => stream.codec_type === "video")!;
}

const kPrimaries: Names = {
  bt709: "bt709",
  bt470bg: "bt470bg",
  smpte170m: "smpte170m",
  bt2020: "bt2020",
};
const kTransfer: Names = {
  ...{ bt709: "bt709", smpte170m: "smpte170m", smpte2084: "pq", "bt2020-10": 14 },
};
const kMatrix: Names = {
  ...{ gbr: "rgb", bt709: "bt709", bt470bg: "bt470bg", smpte170m: "smpte170m" },
  ...{ bt2020nc: "bt2020-ncl" },
};

type Names = Readonly<Record<string, string | number>>;

/** ffprobe's colour tags of a stream or frame in the words of WebCodecs. */
export function colorSpaceIn(record: ProbeRecord): ColorSpace {
  const name = (names: Names, value: unknown): string | number | null => {
    if (value === undefined || value === "unknown" || value === "N/A") return null;
    if (names[String(value)] === undefined) throw new RangeError(`No name for ${value}`);
    return names[String(value)];
  };
  return {
    primaries: name(kPrimaries, record.color_primaries),
    transfer: name(kTransfer, record.color_transfer),
    matrix: name(kMatrix, record.color_space),
    fullRange: record.color_range === "pc",
  };
}

/** Degrees clockwise that a player turns the stream. */
export function rotationIn(stream: ProbeRecord): number {
  const list = (stream.side_data_list ?? []) as ProbeRecord[];
  const turn = Number(list.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0);
  return (360 - turn) % 360;
}

/** ffprobe's fraction, "30000/1001" or "4:3"; undefined stands for none. */
export function fractionIn(text: unknown): readonly [num: number, den: number] {
  const [num, den] = String(text ?? "0/0").split(/[/:]/).map(Number);
  return [num, den];
}

/** NVDEC's layout for frames that libav decodes to a pixel format. */
export function nativeFormatOf(pixelFormat: string): string {
  const depth = Number(/p(\d+)le$/.exec(pixelFormat)?.[1] ?? 8);
  if (pixelFormat.includes("444")) return depth > 8 ? "YUV444_16" : "YUV444";
  if (pixelFormat.includes("422")) return depth > 10 ? "P216" : depth > 8 ? "P210" : "NV16";
  return depth > 10 ? "P016" : depth > 8 ? "P010" : "NV12";
}
