/**
 * Decodes a clip with cuframe, as a script would. The same file runs in Deno and in Bun.
 * Usage: run_cuframe.ts CLIP raw|native|rgb|rgbp [--dump FILE FRAMES]
 * It prints the frames and the bytes that were in reach of the script; --dump writes the pixels of the
 * first, the middle and the last of FRAMES frames.
 *
 * @module
 */

import { closeSync, openSync, writeSync } from "node:fs";
import process from "node:process";
import { type Frame, requestDevice } from "../../mod.ts";

const [clip, mode, dump, dumpFile, count] = process.argv.slice(2);
const outputColorType = mode as "raw" | "native" | "rgb" | "rgbp";
const total = Number(count);
const wanted = new Set(dump === "--dump" ? [0, total >> 1, total - 1] : []);
const file = wanted.size > 0 ? openSync(dumpFile, "w") : -1;

async function write(frame: Frame): Promise<void> {
  const pixels = new Uint8Array(frame.byteLength);
  await frame.copyTo(pixels);
  writeSync(file, pixels);
}

using device = await requestDevice();
using demuxer = await device.createDemuxer(clip);
using decoder = await device.createDecoder({ codec: demuxer.codec, outputColorType });
let frames = 0;
let bytes = 0;
for await (const frame of decoder.frames(demuxer)) {
  // Raw stands for "frame objects, no pixels"; the others have their pixels in the script's memory.
  if (outputColorType !== "raw") bytes += frame.data.length;
  if (wanted.has(frames)) await write(frame);
  frame.close();
  frames++;
}
if (file >= 0) closeSync(file);
console.log(JSON.stringify({ frames, bytes }));
