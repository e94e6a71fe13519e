/**
 * Encodes a file of raw frames with cuframe. The same file runs in Deno and in Bun.
 * Usage: run_encode.ts RAW WIDTH HEIGHT OUTPUT CONFIG
 * CONFIG is JSON for createEncoder(). It prints the frames and the bytes of the stream.
 *
 * @module
 */

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import process from "node:process";
import { type EncodedChunk, requestDevice } from "../../mod.ts";

const [raw, w, h, path, config] = process.argv.slice(2);
const [width, height] = [Number(w), Number(h)];
const picture = new Uint8Array(width * height * 3 / 2);
const [input, output] = [openSync(raw, "r"), openSync(path, "w")];
let bytes = 0;
let frames = 0;

function write(chunks: readonly EncodedChunk[]): void {
  for (const { data } of chunks) {
    bytes += data.length;
    for (let at = 0; at < data.length;) at += writeSync(output, data, at);
  }
}

await using device = await requestDevice({ backend: "cpu" });
await using encoder = await device.createEncoder({
  width,
  height,
  format: "iyuv",
  ...JSON.parse(config),
});
while (readSync(input, picture, 0, picture.length, null) === picture.length) {
  write(await encoder.encode(picture));
  frames++;
}
write(await encoder.endEncode());
closeSync(input);
closeSync(output);
console.log(JSON.stringify({ frames, bytes, implementation: encoder.implementation }));
