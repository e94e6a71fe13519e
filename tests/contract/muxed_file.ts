/** Files that muxers write in tests, and what ffmpeg says of them. */
import { readdir } from "node:fs/promises";
import type {
  DemuxerDescriptor,
  Device,
  Muxer,
  MuxerDescriptor,
  MuxerResult,
  MuxerSink,
} from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { ffprobePackets, ffprobeStreams, framemd5, runCommand } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";

/** Runs `work` with a folder that holds so many KiB; false: it is not permitted to mount one. */
export async function withSmallDisk(
  kib: number,
  work: (folder: string) => Promise<void>,
): Promise<boolean> {
  let isMounted = false;
  await inFolder(async (folder) => {
    try {
      await runCommand("mount", ["-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", folder]);
    } catch {
      return;
    }
    isMounted = true;
    try {
      await work(folder);
    } finally {
      await runCommand("umount", [folder]);
    }
  });
  return isMounted;
}

/** The names of all files in a folder, temporary ones, too. */
export async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort();
}

/** How a clip is copied. */
export interface CopySetup extends MuxerDescriptor {
  /** How the clip is read. */
  readonly demuxer?: DemuxerDescriptor;
  /** What is done with the muxer before the packets come. */
  readonly prepare?: (muxer: Muxer) => void;
}

/** Copies all streams of a clip, or of another file. */
export async function copyTo(
  device: Device,
  source: string,
  sink: MuxerSink,
  { demuxer: how, prepare, ...descriptor }: CopySetup = {},
): Promise<MuxerResult> {
  const path = source.includes("/") ? source : (await clip(source)).path;
  await using demuxer = await device.createDemuxer(path, { streams: "all", ...how });
  await using muxer = await device.createMuxer(sink, descriptor);
  muxer.copyTracks(demuxer);
  prepare?.(muxer);
  for await (const packet of demuxer) await muxer.write(packet);
  return await muxer.finish();
}

/** Checksums of the pictures of a file. */
export async function picturesOf(path: string): Promise<string[]> {
  return (await framemd5(path)).map(({ md5 }) => md5);
}

/** The same without those before time 0, which libav shows of fragmented files whatever their edit list says. */
export async function shownPicturesOf(path: string): Promise<string[]> {
  return (await framemd5(path)).filter(({ pts }) => pts >= 0).map(({ md5 }) => md5);
}

/** The checksum of all samples of a file's sound. */
export async function soundOf(path: string): Promise<string> {
  const args = ["-v", "error", "-nostdin", "-i", path, "-map", "0:a", "-f", "md5", "pipe:1"];
  return new TextDecoder().decode((await runCommand("ffmpeg", args)).stdout).trim();
}

/** Presentation times of a stream's packets in microseconds, in file order. */
export async function timesOf(path: string, stream: string): Promise<number[]> {
  const [record] = await ffprobeStreams(path, stream);
  const [num, den] = String(record.time_base).split("/").map(Number);
  const packets = await ffprobePackets(path, stream);
  return packets.map(({ pts }) => Math.round(pts! * num / den * 1e6));
}
