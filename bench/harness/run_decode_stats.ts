/**
 * Decodes a clip on one thread, with or without decode statistics. The same file runs in Deno and in Bun.
 * Usage: run_decode_stats.ts CLIP none|made|parsed
 * It prints the frames and how many of them have statistics; "parsed" also takes each record apart.
 *
 * @module
 */

import process from "node:process";
import { requestDevice } from "../../mod.ts";

const [clip, mode] = process.argv.slice(2);
using device = await requestDevice({ threads: 1 });
using demuxer = await device.createDemuxer(clip);
using decoder = await device.createDecoder({
  codec: demuxer.codec,
  outputColorType: "raw",
  enableDecodeStats: mode !== "none",
});
let frames = 0;
let told = 0;
for await (using frame of decoder.frames(demuxer)) {
  const isTold = mode === "parsed"
    ? frame.parseDecodeStats().qpLuma.length > 0
    : frame.decodeStatsSize > 0;
  told += isTold ? 1 : 0;
  frames++;
}
console.log(JSON.stringify({ frames, told }));
