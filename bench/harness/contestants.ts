/**
 * Who decodes in bench/decode.ts, by which command, and what each must give.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { relative } from "node:path";
import type { Peer } from "./peers.ts";
import type { Entrant } from "./rounds.ts";
import { clip, program, ROOT } from "./workspace.ts";

/** Width of the clip in pixels. */
export const WIDTH = 1920;
/** Height of the clip in pixels. */
export const HEIGHT = 1080;
/** Name of the contestant that is the unit of all ratios. */
export const UNIT = "ffmpeg -f null";
/** Name of the contestant that does only what libav needs. */
export const FLOOR = "plain C loop";

const LIBAV = ["libavformat", "libavcodec", "libavutil"];
// libav's own limit for threads that it chooses; cuframe does not go beyond it either.
const MOST_THREADS = 16;

/** What was measured of a contestant; the unit is `ffmpeg -f null`, the floor the plain C loop. */
export interface ContestantResult {
  /** What it is called in tables. */
  readonly name: string;
  /** What it hands over: frames, pixels or rgb. */
  readonly work: string;
  /** Median wall time of a round. */
  readonly wallSeconds: number;
  /** Median user and system time of a round. */
  readonly cpuSeconds: number;
  /** Median of the greatest resident set. */
  readonly peakRssMb: number;
  /** Median of the pairwise wall ratios to the unit. */
  readonly wallToUnit: number;
  /** Median of the pairwise CPU ratios to the unit. */
  readonly cpuToUnit: number;
  /** Median of the pairwise wall ratios to the floor. */
  readonly wallToFloor: number;
  /** Median of the pairwise CPU ratios to the floor. */
  readonly cpuToFloor: number;
}

/** One way to decode the clip, run as a whole process. */
export interface Contestant extends Entrant {
  /** "frames": frame objects only; "pixels": YUV in the script's memory; "rgb": RGB there. */
  readonly work: "frames" | "pixels" | "rgb";
}

/** The clip: 1080p H.264 High at about 8.5 Mbps with GOPs of `gop` frames and two B-frames. */
export function benchClip(frames: number, gop = 30): string {
  const picture = `testsrc2=s=${WIDTH}x${HEIGHT}:r=30,noise=alls=5:allf=t[base];` +
    "mandelbrot=s=640x360:r=30:maxiter=500[detail];" +
    "[base][detail]overlay=x=600:y=300,format=yuv420p";
  const x264 = "-c:v libx264 -profile:v high -preset fast -b:v 8500k -maxrate 12M -bufsize 17M " +
    `-g ${gop} -keyint_min ${gop} -sc_threshold 0 -bf 2`;
  const color = "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv";
  const rest = `-frames:v ${frames} ${x264} ${color}`.split(" ");
  const name = `h264_1080p_${frames}${gop === 30 ? "" : `_gop${gop}`}.mp4`;
  return clip(name, ["-filter_complex", picture, ...rest]);
}

/** How a script of this repository is started in a runtime. */
export function script(runtime: "deno" | "bun", path: string, ...args: string[]): string[] {
  return [...(runtime === "deno" ? ["deno", "run", "-A"] : ["bun"]), path, ...args];
}

function ours(path: string, frames: number): Contestant[] {
  const pixels = WIDTH * HEIGHT;
  const modes = [
    { mode: "raw", work: "frames", bytes: 0 },
    { mode: "native", work: "pixels", bytes: 1.5 * pixels },
    { mode: "rgb", work: "rgb", bytes: 3 * pixels },
    { mode: "rgbp", work: "rgb", bytes: 3 * pixels },
  ] as const;
  return modes.flatMap(({ mode, work, bytes }) =>
    (["deno", "bun"] as const).map((runtime) => ({
      name: `cuframe ${mode}, ${runtime}`,
      work,
      command: script(runtime, "bench/harness/run_cuframe.ts", path, mode),
      expected: { frames, bytes: bytes * frames },
    }))
  );
}

function ffmpegCommands(path: string, frames: number): Contestant[] {
  const pipe = (format: string, work: "pixels" | "rgb", pixelBytes: number): Contestant => ({
    name: `ffmpeg ${format} pipe`,
    work,
    command: script("bun", "bench/peers/ffmpeg_pipe.ts", path, format),
    expected: { frames, bytes: frames * WIDTH * HEIGHT * pixelBytes },
  });
  return [
    {
      name: UNIT,
      work: "frames",
      command: ["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-f", "null", "-"],
      expected: null,
    },
    pipe("nv12", "pixels", 1.5),
    pipe("rgb24", "rgb", 3),
  ];
}

function plainLoop(path: string, frames: number): Contestant[] {
  const loop = relative(ROOT, program("plain_c_loop", LIBAV));
  const threads = Math.min(availableParallelism(), MOST_THREADS);
  const loopWith = (name: string, count: number): Contestant => ({
    name,
    work: "frames",
    command: [loop, path, String(count)],
    expected: { frames },
  });
  return [loopWith(FLOOR, threads), loopWith(`${FLOOR}, libav's threads`, 0)];
}

/** All contestants for the clip of `frames` frames; the unit comes first. */
export function contestants(frames: number, peers: readonly Peer[]): Contestant[] {
  const path = relative(ROOT, benchClip(frames));
  const others = peers.flatMap((peer) =>
    (["frames", "rgb"] as const).map((work) => ({
      name: `${peer.name} ${work}`,
      work,
      command: peer.command(path, work),
      expected: {
        frames,
        bytes: work === "rgb" ? frames * WIDTH * HEIGHT * peer.pixelBytes : 0,
      },
    }))
  );
  return [
    ...ffmpegCommands(path, frames),
    ...plainLoop(path, frames),
    ...ours(path, frames),
    ...others,
  ];
}
