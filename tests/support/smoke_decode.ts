/** Decodes a file to its end and prints the number of frames: the script for sanitizer runs. */
import process from "node:process";
import { requestDevice } from "../../mod.ts";

await using device = await requestDevice();
await using demuxer = await device.createDemuxer(process.argv[2]);
await using decoder = await device.createDecoder({ codec: demuxer.codec });
let frames = 0;
let sum = 0;
for await (using frame of decoder.frames(demuxer)) {
  frames++;
  sum += frame.data[0];
}
console.log(JSON.stringify({ frames, sum }));
