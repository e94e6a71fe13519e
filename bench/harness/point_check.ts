/**
 * Whether a contestant got the right frames of a clip, by a few pixels of each.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { POINT_BYTES } from "../peers/points.ts";
import { script } from "./contestants.ts";
import { cached, output } from "./workspace.ts";

function partsOf(base64: string): Uint8Array[] {
  const bytes = new Uint8Array(Buffer.from(base64, "base64"));
  return Array.from(
    { length: bytes.length / POINT_BYTES },
    (_, i) => bytes.subarray(i * POINT_BYTES, (i + 1) * POINT_BYTES),
  );
}

function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < POINT_BYTES; i++) sum += Math.abs(a[i] - b[i]);
  return sum;
}

/**
 * Compares with all frames of a clip as the ffmpeg command gives them. A frame is the right one if no other is
 * as near: the contestants' definitions of RGB differ, and some ignore the stream's matrix.
 */
export function pointCheck(clip: string): (wanted: readonly number[], points: unknown) => void {
  const isFresh = (path: string) => statSync(path).mtimeMs > statSync(clip).mtimeMs;
  const file = cached(`${basename(clip)}.points`, isFresh, (path) => {
    const text = output(script("bun", "bench/peers/ffmpeg_random.ts", clip, "all"));
    writeFileSync(path, JSON.parse(text).points);
  });
  const frames = partsOf(readFileSync(file, "utf8"));
  return (wanted, points) => {
    const given = partsOf(String(points));
    if (given.length !== wanted.length) throw new Error(`${given.length} frames`);
    given.forEach((picture, i) => {
      const differences = frames.map((frame) => difference(frame, picture));
      const nearest = differences.indexOf(Math.min(...differences));
      if (nearest !== wanted[i]) throw new Error(`Frame ${wanted[i]} looks like ${nearest}`);
    });
  };
}
