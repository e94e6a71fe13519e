/**
 * Decodes a clip with cuframe, without SEI messages, with them, or with a script that reads them. The same
 * file runs in Deno and in Bun.
 * Usage: run_sei.ts CLIP off|on|read
 * It prints the frames, and of "read" the number of messages and a checksum of their types and payloads.
 *
 * @module
 */

import { createHash } from "node:crypto";
import process from "node:process";
import { requestDevice } from "../../mod.ts";

const [clip, mode] = process.argv.slice(2);
using device = await requestDevice();
using demuxer = await device.createDemuxer(clip);
using decoder = await device.createDecoder({
  codec: demuxer.codec,
  outputColorType: "raw",
  enableSeiMessage: mode !== "off",
});
const hash = createHash("md5");
let frames = 0;
let messages = 0;
for await (using frame of decoder.frames(demuxer)) {
  frames++;
  if (mode !== "read") continue;
  for (const { type, payload } of frame.seiMessages) {
    hash.update(`${type}:`).update(payload);
    messages++;
  }
}
console.log(JSON.stringify({ frames, messages, md5: messages > 0 ? hash.digest("hex") : "" }));
