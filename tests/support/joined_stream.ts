/** Streams that change on the way: clips of one codec one after another in one file. */
import { clip } from "./clips.ts";
import { ffmpeg, joinBytes } from "./ffmpeg.ts";

/** What two or more clips are put into. */
export interface JoinedStream {
  /** ffmpeg's name of the format. */
  readonly format: string;
  /** Names of the clips. */
  readonly parts: readonly string[];
}

/** Bytes in front of the packets of the formats that have a header of the file. */
const kHeaderBytes: Readonly<Record<string, number>> = { flv: 13, ivf: 32 };
const kPartSeconds = 1.8;

/** Pairs that differ in size, depth, chroma, or the order of their frames. */
export const kJoinedStreams: readonly JoinedStream[] = [
  { format: "h264", parts: ["h264_b_pyramid.mp4", "h264_66x50.mp4", "h264_ipp.ts"] },
  { format: "h264", parts: ["h264_ipp.ts", "h264_b_pyramid.mp4", "h264_444_10bit.mp4"] },
  { format: "hevc", parts: ["hevc.mp4", "hevc_444.mp4", "hevc_small.h265", "hevc_gray.mp4"] },
  { format: "flv", parts: ["h264_b_pyramid.mp4", "h264_66x50.mp4", "h264_10bit.mp4"] },
  { format: "mpegts", parts: ["hevc.mp4", "hevc_b_wide.mp4", "hevc_10bit.mp4"] },
  { format: "mpegts", parts: ["mpeg2.ts", "mpeg2_odd.ts", "mpeg2_422.ts"] },
  { format: "obu", parts: ["av1.mp4", "av1_odd.mp4", "av1_10bit.mp4"] },
  { format: "ivf", parts: ["vp9.webm", "vp9_odd.webm", "vp9_444.webm", "vp9_10bit.webm"] },
];

const made = new Map<JoinedStream, Promise<Uint8Array>>();

/** The bytes of the file. */
export function joinedBytes(stream: JoinedStream): Promise<Uint8Array> {
  const bytes = made.get(stream) ?? join(stream);
  made.set(stream, bytes);
  return bytes;
}

async function join({ format, parts }: JoinedStream): Promise<Uint8Array> {
  const pieces = await Promise.all(parts.map(async (name, i) => {
    const { path } = await clip(name);
    const times = ["-copyts", "-muxdelay", "0", "-output_ts_offset", String(i * kPartSeconds)];
    const { stdout } = await ffmpeg(["-i", path, "-c", "copy", ...times, "-f", format, "pipe:1"]);
    return stdout.subarray(i === 0 ? 0 : kHeaderBytes[format] ?? 0);
  }));
  return joinBytes(pieces);
}
