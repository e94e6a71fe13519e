/**
 * Checks the pixels of cuframe against the ffmpeg command's before anything is timed.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { HEIGHT, script, WIDTH } from "./contestants.ts";
import { CACHE, output, ROOT } from "./workspace.ts";

/**
 * The two definitions of RGB round differently. full_chroma_int in the filter below, since swscale without
 * it is itself up to 3 off a float64 computation on this clip.
 */
const RGB_TOLERANCE = 2;

const REFERENCE = {
  raw: { format: "yuv420p", tolerance: 0 },
  native: { format: "nv12", tolerance: 0 },
  rgb: { format: "rgb24", tolerance: RGB_TOLERANCE },
  rgbp: { format: "rgb24", tolerance: RGB_TOLERANCE },
} as const;

function reference(clip: string, frames: number, format: string): Uint8Array {
  const picks = [0, frames >> 1, frames - 1].map((n) => `eq(n,${n})`).join("+");
  const scale =
    "scale=in_color_matrix=bt709:in_range=tv:flags=neighbor+accurate_rnd+full_chroma_int";
  const filters = format === "rgb24" ? `select='${picks}',${scale}` : `select='${picks}'`;
  const args = ["-v", "error", "-nostdin", "-i", clip, "-vf", filters, "-vsync", "passthrough"];
  const run = spawnSync("ffmpeg", [...args, "-pix_fmt", format, "-f", "rawvideo", "-"], {
    cwd: ROOT,
    maxBuffer: 2 ** 26,
  });
  if (run.status !== 0) throw new Error(`The reference frames failed: ${run.stderr}`);
  return run.stdout;
}

/** Interleaves the three planes of each frame. */
function interleaved(planar: Uint8Array): Uint8Array {
  const area = WIDTH * HEIGHT;
  const out = new Uint8Array(planar.length);
  for (let start = 0; start < planar.length; start += 3 * area) {
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < 3; c++) out[start + 3 * i + c] = planar[start + c * area + i];
    }
  }
  return out;
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

/**
 * Compares the first, the middle and the last frame in every mode and both runtimes.
 *
 * @throws {Error} if a frame differs by more than is allowed
 */
export function verifyPixels(clip: string, frames: number): void {
  const dump = `${CACHE}dump.raw`;
  for (const [mode, { format, tolerance }] of Object.entries(REFERENCE)) {
    const expected = reference(clip, frames, format);
    for (const runtime of ["deno", "bun"] as const) {
      const runner = script(runtime, "bench/harness/run_cuframe.ts", clip, mode);
      output([...runner, "--dump", dump, String(frames)]);
      const written: Uint8Array = readFileSync(dump);
      const actual = mode === "rgbp" ? interleaved(written) : written;
      if (actual.length !== expected.length || actual.length === 0) {
        throw new Error(`${mode} in ${runtime}: ${actual.length} bytes, not ${expected.length}`);
      }
      const difference = largestDifference(actual, expected);
      if (difference > tolerance) {
        throw new Error(`${mode} in ${runtime} is off by ${difference}; ${tolerance} is allowed`);
      }
      console.log(`verified: ${mode}, ${runtime} (largest difference ${difference})`);
    }
  }
}
