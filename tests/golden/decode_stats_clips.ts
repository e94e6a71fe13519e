/** Clips whose statistics are known, and the statistics that a decoder gives of them. */
import { type ParsedDecodeStats, requestDevice } from "../../mod.ts";
import { runCommand } from "../support/ffmpeg.ts";
import { movingPicture, type MovingPictureOptions } from "../support/moving_picture.ts";

/** Block types. */
export const INTRA = 0;
/** Predicted from other pictures. */
export const INTER = 1;
/** Not told. */
export const UNKNOWN = 7;

const made = new Map<string, Uint8Array<ArrayBuffer>[]>();

/** Encodes moving pictures; gives what ffmpeg logged. */
export async function encode(
  path: string,
  { width, height, ...motion }: MovingPictureOptions,
  args: readonly string[],
): Promise<string> {
  const raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${width}x${height}`, "-r", "25"];
  const options = { width, height, ...motion };
  const key = JSON.stringify(options);
  const frames = made.get(key) ?? [...movingPicture(options)];
  made.set(key, frames);
  // "debug" is where x264 logs its frames.
  const all = ["-v", "debug", "-nostats", "-y", ...raw, "-i", "pipe:0", ...args, path];
  return (await runCommand("ffmpeg", all, frames)).stderr;
}

/** The statistics of all frames, from a Decoder. */
export async function statsOf(path: string, threads = 1): Promise<ParsedDecodeStats[]> {
  const all: ParsedDecodeStats[] = [];
  using device = await requestDevice({ threads });
  using demuxer = await device.createDemuxer(path);
  using decoder = await device.createDecoder({ codec: demuxer.codec, enableDecodeStats: true });
  for await (using frame of decoder.frames(demuxer)) all.push(frame.parseDecodeStats());
  return all;
}

/** How many of the values are the wanted one. */
export const count = (values: Uint8Array, wanted: number): number =>
  values.filter((value) => value === wanted).length;
