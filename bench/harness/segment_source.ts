/**
 * Source videos of bench/segmented_transcode.ts: the Mandelbrot set, or another
 * pattern, with sound. A short clip is encoded and repeated.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { type GuideClip, guideClip, makeGuideFile } from "./guide_clips.ts";

/** A source video. */
export interface SegmentSource {
  /** Where it is. */
  readonly path: string;
  /** Whether it was made now. */
  readonly isNew: boolean;
}

const LEAST_ENCODED_SECONDS = 2;

/**
 * A video with sound in `folder`, an absolute path, of at least `clip.seconds`; made by the first call. It has
 * whole GOPs only, so that all are as long as they shall be.
 */
export function segmentSource(folder: string, clip: GuideClip): SegmentSource {
  const { codec, width, height, fps, gop, seconds } = clip;
  const pattern = clip.picture ?? "mandelbrot";
  const name = `${pattern}_${codec}_${width}x${height}_${seconds}s_${fps}fps_gop${gop}.mp4`;
  const path = `${folder}/${name}`;
  if (existsSync(path)) return { path, isNew: false };
  const gops = Math.ceil(LEAST_ENCODED_SECONDS * fps / gop);
  const part = guideClip(folder, { ...clip, seconds: gops * gop / fps });
  const repetitions = Math.ceil(seconds * fps / (gops * gop));
  // The sound goes on through all repetitions: packets of sound and frames do not end together.
  const sound = `sine=frequency=220:sample_rate=44100:duration=${repetitions * gops * gop / fps}`;
  makeGuideFile(path, [
    ...["-stream_loop", String(repetitions - 1), "-i", part, "-f", "lavfi", "-i", sound],
    ...["-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", "-b:a", "128k"],
  ]);
  return { path, isNew: true };
}
