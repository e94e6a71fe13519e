/**
 * Writes what golden_check.ts expects of the CPU backend: time and MD5 of each native frame of every good
 * clip. Only where ffmpeg, asked for the same layout, gives the same bytes, or the decoder's own planes.
 *
 *     deno run -A tests/gpu/make_expected.ts OUT.json
 */
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { decoderBytes } from "../golden/decoder_layout.ts";
import { allClips, clip } from "../support/clips.ts";
import { framemd5 } from "../support/ffmpeg.ts";
import { createHash } from "node:crypto";
import { cpuDevice } from "./gpu_device.ts";

const expected: Record<string, string[]> = {};
const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
using device = await cpuDevice();
for (const traits of allClips().filter(({ state }) => state === "good")) {
  const { path, name, thenPixelFormat, pixelFormat } = { ...traits, ...await clip(traits.name) };
  const own: string[] = [];
  const planes: string[] = [];
  await using demuxer = await device.createDemuxer(path);
  await using decoder = await device.createDecoder({ codec: demuxer.codec });
  for await (using frame of decoder.frames(demuxer)) {
    const bytes = new Uint8Array(frame.byteLength);
    await frame.copyTo(bytes);
    own.push(`${frame.pts} ${md5(bytes)}`);
    planes.push(`${frame.pts} ${md5(decoderBytes(frame, pixelFormat === "gray"))}`);
  }
  const theirs = (await framemd5(path)).map((frame) => `${frame.pts} ${frame.md5}`);
  // ffmpeg converts what follows a change of format to the first one.
  const compared = thenPixelFormat === undefined ? theirs.length : theirs.length / 2;
  for (let i = 0; i < compared; i++) {
    if (planes[i] !== theirs[i]) throw new Error(`${name}, frame ${i}: ${planes[i]}, ${theirs[i]}`);
  }
  if (own.length !== theirs.length) throw new Error(`${name} has ${own.length} frames`);
  expected[name] = own;
}
await writeFile(process.argv[2], JSON.stringify(expected) + "\n");
console.log(`${Object.keys(expected).length} clips, each as ffmpeg decodes it`);
