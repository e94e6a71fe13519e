/**
 * Makes the clips of the benchmarks on a GPU in a folder, for machines that have no ffmpeg command.
 *
 *     deno run -A bench/harness/gpu_clips.ts FOLDER
 *
 * @module
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { guideClip } from "./guide_clips.ts";

// Small files: they travel.
const small = { picture: "testsrc2", crf: 40, fps: 30 } as const;
const large = { ...small, width: 1920, height: 1080 } as const;

/** Names under which the benchmarks find them. */
export const GPU_CLIPS = {
  sampling: [30, 250].map((gop) => ({ ...large, codec: "h264", seconds: 30, gop } as const)),
  cached: [{ ...small, codec: "h264", width: 640, height: 360, seconds: 2, gop: 60 }],
  sessions: (["h264", "hevc", "av1"] as const).map((codec) => ({
    ...{ ...large, codec, seconds: 10, gop: 60, crf: codec === "av1" ? 60 : small.crf },
  })),
} as const;

/** Makes those that are missing. */
export function makeGpuClips(folder: string): void {
  for (const clip of GPU_CLIPS.cached) guideClip(`${folder}/test_videos_h264`, clip);
  for (const clip of GPU_CLIPS.sampling) guideClip(`${folder}/benchmark_videos`, clip);
  for (const clip of GPU_CLIPS.sessions) guideClip(`${folder}/sessions`, clip);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) makeGpuClips(process.argv[2]);
