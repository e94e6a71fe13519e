/** The ffmpeg and ffprobe commands, as makers of clips and as the reference to test against. */
import { createHash } from "node:crypto";
import { frameBytes, planeShapes } from "./barcode.ts";
import { type CommandOutput, runCommand, stream } from "./command.ts";

export { joinBytes, runCommand } from "./command.ts";
export type { CommandOutput } from "./command.ts";

/** One line of a framemd5 listing. */
export interface FrameMd5 {
  /** Presentation time in the stream's time base. */
  readonly pts: number;
  /** Bytes of the raw picture. */
  readonly size: number;
  /** MD5 of the raw picture, in hexadecimal. */
  readonly md5: string;
}

/** How a file is decoded by the reference. */
export interface DecodeOptions {
  /** Stream as in ffmpeg's -map, without the file index. Default "v:0". */
  readonly stream?: string;
  /** Arguments before -i, such as ["-flags", "+output_corrupt"]. */
  readonly inputArgs?: readonly string[];
}

/** A stream, frame or packet as ffprobe describes it in JSON; absent fields are undefined. */
export type ProbeRecord = Readonly<Record<string, unknown>>;

/** A decoded frame as ffprobe describes it. */
export interface ProbedFrame {
  /** Presentation time in the stream's time base, if the container has one. */
  readonly pts: number | undefined;
  /** Decoded from a key packet. */
  readonly keyFrame: boolean;
  /** "I", "P", "B" or "?". */
  readonly pictureType: string;
  /** Coded as two fields or field macroblocks. */
  readonly interlaced: boolean;
  /** Of an interlaced frame: the upper field comes first. */
  readonly topFieldFirst: boolean;
  /** Luma width in pixels. */
  readonly width: number;
  /** Luma height in pixels. */
  readonly height: number;
  /** ffmpeg's name of the format. */
  readonly pixelFormat: string;
  /** Everything that ffprobe said. */
  readonly record: ProbeRecord;
}

/** A demuxed packet as ffprobe describes it. */
export interface ProbedPacket {
  /** Presentation time in the stream's time base. */
  readonly pts: number | undefined;
  /** Decoding time in the stream's time base. */
  readonly dts: number | undefined;
  /** Duration in the stream's time base. */
  readonly duration: number | undefined;
  /** Carries AV_PKT_FLAG_KEY. */
  readonly key: boolean;
  /** Carries AV_PKT_FLAG_DISCARD. */
  readonly discard: boolean;
  /** Byte offset in the file, -1 if unknown. */
  readonly position: number;
  /** Bytes of payload. */
  readonly size: number;
}

/** Runs ffmpeg, which overwrites its output and reports warnings and errors only. */
export function ffmpeg(
  args: readonly string[],
  input?: Iterable<Uint8Array>,
): Promise<CommandOutput> {
  return runCommand("ffmpeg", ["-v", "warning", "-nostats", "-y", ...args], input);
}

let version: Promise<{ text: string; number: number }> | undefined;

/** ffmpeg's version line, and its release as 5.01 for 5.1; Infinity for a build from git. */
export function ffmpegVersion(): Promise<{ text: string; number: number }> {
  version ??= runCommand("ffmpeg", ["-version"]).then(({ stdout }) => {
    const text = new TextDecoder().decode(stdout).split("\n")[0];
    const match = /version n?(\d+)\.(\d+)/.exec(text);
    return { text, number: match ? Number(match[1]) + Number(match[2]) / 100 : Infinity };
  });
  return version;
}

/** Output options by which ffmpeg neither drops nor repeats frames to even out their times. */
export async function keepFrameTimes(): Promise<string[]> {
  const { number } = await ffmpegVersion();
  return [number >= 5.01 ? "-fps_mode" : "-vsync", "passthrough"];
}

async function decodeArgs(path: string, options: DecodeOptions): Promise<string[]> {
  const { stream = "v:0", inputArgs = [] } = options;
  const timeBase = (await ffmpegVersion()).number >= 6.01 ? "demux" : "-1";
  return [
    ...["-v", "error", "-nostdin", "-noautorotate", "-copyts", ...inputArgs, "-i", path],
    ...["-map", `0:${stream}`, ...await keepFrameTimes(), "-enc_time_base", timeBase],
  ];
}

/** Checksums of the decoded frames; without a pixel format, of the decoder's own one. */
export async function framemd5(
  path: string,
  options: DecodeOptions & { readonly pixelFormat?: string } = {},
): Promise<FrameMd5[]> {
  const format = options.pixelFormat ? ["-pix_fmt", options.pixelFormat] : [];
  const decode = await decodeArgs(path, options);
  const args = [...decode, "-autoscale", "0", ...format, "-f", "framemd5", "pipe:1"];
  const { stdout } = await runCommand("ffmpeg", args);
  return new TextDecoder().decode(stdout).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const fields = line.split(",").map((field) => field.trim());
      return { pts: Number(fields[2]), size: Number(fields[4]), md5: fields[5] };
    });
}

/** Decoded frames as tightly packed planes. All have the size of the stream's header. */
export async function* decodeRaw(
  path: string,
  pixelFormat: string,
  options: DecodeOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { width, height } = await frameSize(path, options.stream);
  const size = frameBytes(pixelFormat, width, height);
  // Scaled to the first size where the stream changes it: rawvideo has no frame headers.
  const args = [...await decodeArgs(path, options), "-pix_fmt", pixelFormat];
  let frame = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of stream("ffmpeg", [...args, "-f", "rawvideo", "pipe:1"])) {
    for (let offset = 0; offset < chunk.length;) {
      const part = chunk.subarray(offset, offset + size - filled);
      frame.set(part, filled);
      filled += part.length;
      offset += part.length;
      if (filled === size) {
        yield frame;
        frame = new Uint8Array(size);
        filled = 0;
      }
    }
  }
  if (filled > 0) throw new Error(`ffmpeg wrote part of a frame of ${path}: ${filled} bytes`);
}

/** MD5 of each plane of each decoded frame, in the planes of `planeShapes`. */
export async function planeMd5(
  path: string,
  pixelFormat: string,
  options: DecodeOptions = {},
): Promise<string[][]> {
  const { width, height } = await frameSize(path, options.stream);
  const shapes = planeShapes(pixelFormat, width, height);
  const checksums: string[][] = [];
  for await (const frame of decodeRaw(path, pixelFormat, options)) {
    let offset = 0;
    checksums.push(shapes.map(({ bytes }) => {
      const plane = frame.subarray(offset, offset += bytes);
      return createHash("md5").update(plane).digest("hex");
    }));
  }
  return checksums;
}

async function frameSize(
  path: string,
  stream?: string,
): Promise<{ width: number; height: number }> {
  const [record] = await ffprobeStreams(path, stream ?? "v:0");
  return { width: Number(record.width), height: Number(record.height) };
}

async function ffprobe(path: string, args: readonly string[]): Promise<ProbeRecord> {
  const { stdout } = await runCommand("ffprobe", ["-v", "error", "-of", "json", ...args, path]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The streams of a file; `stream` selects as ffprobe's -select_streams does. */
export async function ffprobeStreams(path: string, stream?: string): Promise<ProbeRecord[]> {
  const select = stream === undefined ? [] : ["-select_streams", stream];
  return (await ffprobe(path, [...select, "-show_streams"])).streams as ProbeRecord[];
}

const optional = (value: unknown): number | undefined =>
  value === undefined || value === "N/A" ? undefined : Number(value);

/** The decoded frames of a stream in output order. */
export async function ffprobeFrames(path: string, stream = "v:0"): Promise<ProbedFrame[]> {
  const probed = await ffprobe(path, ["-select_streams", stream, "-show_frames"]);
  return (probed.frames as ProbeRecord[]).map((record) => ({
    pts: optional(record.pts),
    keyFrame: record.key_frame === 1,
    pictureType: String(record.pict_type),
    interlaced: record.interlaced_frame === 1,
    topFieldFirst: record.top_field_first === 1,
    width: Number(record.width),
    height: Number(record.height),
    pixelFormat: String(record.pix_fmt),
    record,
  }));
}

/** The packets of a stream in file order. */
export async function ffprobePackets(path: string, stream = "v:0"): Promise<ProbedPacket[]> {
  const probed = await ffprobe(path, ["-select_streams", stream, "-show_packets"]);
  return (probed.packets as ProbeRecord[]).map((record) => ({
    pts: optional(record.pts),
    dts: optional(record.dts),
    duration: optional(record.duration),
    key: String(record.flags).includes("K"),
    discard: String(record.flags).includes("D"),
    position: optional(record.pos) ?? -1,
    size: Number(record.size),
  }));
}
