/**
 * The ffmpeg command as a child of a script that reads its pixels from a pipe.
 * Usage: ffmpeg_pipe.ts CLIP nv12|rgb24; prints the frames and bytes read.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";

const [clip, format] = process.argv.slice(2);
const PIXEL_BYTES: Record<string, number> = { nv12: 1.5, rgb24: 3 };
const FRAME_BYTES = 1920 * 1080 * PIXEL_BYTES[format];

const child = spawn(
  "ffmpeg",
  ["-v", "error", "-nostdin", "-i", clip, "-pix_fmt", format, "-f", "rawvideo", "-"],
  { stdio: ["ignore", "pipe", "inherit"] },
);
const frame = new Uint8Array(FRAME_BYTES);
let bytes = 0;
for await (let chunk of child.stdout as AsyncIterable<Uint8Array>) {
  // A script wants whole frames, so the pieces of the pipe are put together.
  while (chunk.length > 0) {
    const at = bytes % FRAME_BYTES;
    const part = chunk.subarray(0, FRAME_BYTES - at);
    frame.set(part, at);
    bytes += part.length;
    chunk = chunk.subarray(part.length);
  }
}
console.log(JSON.stringify({ frames: bytes / FRAME_BYTES, bytes }));
