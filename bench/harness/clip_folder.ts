/**
 * Many short clips in a folder of the cache.
 *
 * @module
 */

import { mkdirSync, readdirSync } from "node:fs";
import { cached, output } from "./workspace.ts";

/** Frames of each clip: two seconds. */
export const CLIP_FRAMES = 60;

/** A folder of `count` different clips of H.264, two seconds each, of that size; made once. */
export function clipFolder(count: number, width = 640, height = 360): string {
  const isFresh = (path: string) => readdirSync(path).length === count;
  const size = height === 360 ? "360p" : `${width}x${height}`;
  return cached(`clips_${size}_${count}`, isFresh, (path) => {
    console.error(`making ${count} clips ...`);
    mkdirSync(path, { recursive: true });
    const picture = `testsrc2=s=${width}x${height}:r=30,noise=alls=5:allf=t`;
    const x264 = "-c:v libx264 -preset ultrafast -crf 28 -sc_threshold 0 " +
      `-g ${CLIP_FRAMES} -keyint_min ${CLIP_FRAMES}`;
    const cut = "-f segment -segment_time 2 -reset_timestamps 1";
    const rest = `-frames:v ${count * CLIP_FRAMES} ${x264} ${cut}`.split(" ");
    const input = ["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", picture];
    output(["ffmpeg", ...input, ...rest, `${path}/clip_%03d.mp4`]);
  });
}
