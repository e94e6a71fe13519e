/**
 * Whether transcoded files have the frames that they shall have.
 *
 * @module
 */

import { output } from "./workspace.ts";

/**
 * ffmpeg keeps the frame rate constant where a segment is cut between two frames: it may repeat the first and the
 * last one.
 */
const FFMPEG_TOLERANCE = 2;

/** Frames of a file. */
export function framesOf(path: string): number {
  const count = ["-count_packets", "-select_streams", "v", "-show_entries"];
  const entries = [...count, "stream=nb_read_packets", "-of", "csv=p=0", path];
  return Number(output(["ffprobe", "-v", "error", ...entries]).trim());
}

/**
 * Frames of all files.
 *
 * @throws {Error} if one of them has not as many as are expected of it
 */
export function checkedFrames(
  paths: readonly string[],
  expected: readonly number[],
  isOurs: boolean,
): number {
  const counts = paths.map((path, i) => {
    const frames = framesOf(path);
    if (Math.abs(frames - expected[i]) <= (isOurs ? 0 : FFMPEG_TOLERANCE)) return frames;
    throw new Error(`${path} has ${frames} frames, not ${expected[i]}`);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
