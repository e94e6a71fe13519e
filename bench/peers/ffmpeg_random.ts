/**
 * The ffmpeg command as a child of a script that wants some frames as RGB from a pipe: "select", one command
 * that selects them; "seek", a command with -ss for each; "all", every frame.
 * Usage: ffmpeg_random.ts CLIP select|seek|all [INDEX,INDEX,...]; prints the number of frames and points of
 * each.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { Points } from "./points.ts";

const FRAME_BYTES = 1920 * 1080 * 3;
const FRAME_RATE = 30;
const [clip, mode, indices = ""] = process.argv.slice(2);
const wanted = indices.split(",").map(Number);

/** The frames of a command, each in the same buffer. */
async function* frames(before: string[], after: string[]): AsyncGenerator<Uint8Array> {
  const input = ["-v", "error", "-nostdin", ...before, "-i", clip];
  const output = [...after, "-vsync", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"];
  const child = spawn("ffmpeg", [...input, ...output], { stdio: ["ignore", "pipe", "inherit"] });
  const frame = new Uint8Array(FRAME_BYTES);
  let at = 0;
  for await (let chunk of child.stdout as AsyncIterable<Uint8Array>) {
    while (chunk.length > 0) {
      const part = chunk.subarray(0, FRAME_BYTES - at);
      frame.set(part, at);
      at += part.length;
      chunk = chunk.subarray(part.length);
      if (at < FRAME_BYTES) continue;
      yield frame;
      at = 0;
    }
  }
}

/** They come in the order of the video, and a script that wants another one has to keep them all. */
async function select(): Promise<Points> {
  const picks = wanted.map((index) => `eq(n,${index})`).join("+");
  const sorted = wanted.toSorted((a, b) => a - b);
  const kept = new Map<number, Uint8Array>();
  for await (const frame of frames([], ["-vf", `select='${picks}'`])) {
    kept.set(sorted[kept.size], frame.slice());
  }
  const points = new Points();
  for (const index of wanted) points.add(kept.get(index)!, 3);
  return points;
}

async function seek(): Promise<Points> {
  const points = new Points();
  for (const index of wanted) {
    const time = ["-ss", String(index / FRAME_RATE)];
    for await (const frame of frames(time, ["-frames:v", "1"])) points.add(frame, 3);
  }
  return points;
}

/** As in verify.ts: swscale without these flags is itself off. */
async function all(): Promise<Points> {
  const filter =
    "scale=in_color_matrix=bt709:in_range=tv:flags=neighbor+accurate_rnd+full_chroma_int";
  const points = new Points();
  for await (const frame of frames([], ["-vf", filter])) points.add(frame, 3);
  return points;
}

const modes: Readonly<Record<string, () => Promise<Points>>> = { select, seek, all };
const points = await modes[mode]();
console.log(JSON.stringify({ frames: points.count, points: String(points) }));
