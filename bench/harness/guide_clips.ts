/**
 * Clips of the guide's benchmarks, which the user finds beside the results.
 *
 * @module
 */

import { existsSync, mkdirSync, renameSync } from "node:fs";
import { output } from "./workspace.ts";

/** What a clip is like. */
export interface GuideClip {
  /** "h264", "hevc" or "av1". */
  readonly codec: GuideCodec;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** Frames per second. */
  readonly fps: number;
  /** Length in seconds. */
  readonly seconds: number;
  /** Frames from key frame to key frame. */
  readonly gop: number;
  /** ffmpeg's source of pictures; default: its Mandelbrot pattern. */
  readonly picture?: string;
  /** The encoder's constant rate factor; default: its own. */
  readonly crf?: number;
}

const ENCODERS = {
  h264: ["-c:v", "libx264", "-preset", "veryfast"],
  hevc: ["-c:v", "libx265", "-preset", "veryfast", "-x265-params", "log-level=error"],
  av1: ["-c:v", "libsvtav1", "-preset", "10"],
} as const;

/** A codec of which clips can be made. */
export type GuideCodec = keyof typeof ENCODERS;

/** All of them. */
export const GUIDE_CODECS = Object.keys(ENCODERS) as readonly GuideCodec[];

/** Longer ones are repetitions of this, which costs no encoding. */
const ENCODED_SECONDS = 2;

/** Makes a file of the ffmpeg command's, which is not there under its name before it is complete. */
export function makeGuideFile(path: string, args: readonly string[]): void {
  console.error(`making ${path} ...`);
  const part = path.replace(/([^/]*)$/, "part-$1");
  // SVT-AV1 writes to standard error whatever ffmpeg is told.
  output(["env", "SVT_LOG=error", "ffmpeg", "-v", "error", "-nostdin", "-y", ...args, part]);
  renameSync(part, path);
}

function nameOf({ codec, width, height, fps, seconds, gop }: GuideClip): string {
  const length = Number(seconds.toFixed(3));
  return `${codec}_${width}x${height}_${gop}gop_${fps}fps_${length}s.mp4`;
}

/** A clip in `folder`, an absolute path; made by the first call. */
export function guideClip(folder: string, clip: GuideClip): string {
  const path = `${folder}/${nameOf(clip)}`;
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const { codec, width, height, fps, seconds, gop, crf } = clip;
  // More iterations than this show only in points that nobody sees, and take most of the time.
  const { picture = "mandelbrot=maxiter=300" } = clip;
  const length = ["-frames:v", String(Math.round(fps * seconds))];
  const quality = crf === undefined ? [] : ["-crf", String(crf)];
  const encoding = [...ENCODERS[codec], ...quality, "-g", String(gop), "-pix_fmt", "yuv420p"];
  const sized = `${picture}${picture.includes("=") ? ":" : "="}s=${width}x${height}:r=${fps}`;
  makeGuideFile(path, ["-f", "lavfi", "-i", sized, ...length, ...encoding]);
  return path;
}

/** The same of repeated parts of two seconds, whole numbers of which `clip.seconds` must be. */
export function repeatedGuideClip(folder: string, clip: GuideClip): string {
  const part = guideClip(folder, { ...clip, seconds: ENCODED_SECONDS });
  const path = `${folder}/${nameOf(clip)}`;
  const repetitions = clip.seconds / ENCODED_SECONDS;
  if (repetitions !== 1 && !existsSync(path)) {
    makeGuideFile(path, ["-stream_loop", String(repetitions - 1), "-i", part, "-c", "copy"]);
  }
  return path;
}
