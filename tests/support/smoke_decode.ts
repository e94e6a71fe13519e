/** Decodes a file to its end, in order and by index, and prints the number of frames: the script for sanitizer runs. */
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
await using video = await device.createSimpleDecoder(process.argv[2]);
for (const frame of await video.getBatchFramesByIndex([-1, 0, 3, 0])) frame.close();
using second = await video.at(1);
sum += second.data[0];
await using threaded = await device.createThreadedDecoder(process.argv[2], { bufferSize: 2 });
for await (using ahead of threaded) frames -= ahead.isClosed ? 0 : 1;
if (frames !== 0) throw new Error(`The decoders disagree by ${frames} frames`);
frames = video.length;
console.log(JSON.stringify({ frames, sum }));
