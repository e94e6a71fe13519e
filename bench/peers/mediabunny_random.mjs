// mediabunny with its server package: VideoSampleSink.samplesAtTimestamps() in the wanted order and
// copyTo({ format: "RGBA" }); it gives no RGB without alpha.
// Usage: mediabunny_random.mjs CLIP INDEX,INDEX,...; prints the number of frames and points of each.
import { ALL_FORMATS, FilePathSource, Input, VideoSampleSink } from "mediabunny";
import { registerMediabunnyServer } from "@mediabunny/server";
import { Points } from "./points.ts";

registerMediabunnyServer();
const FRAME_RATE = 30;
const [clip, indices] = process.argv.slice(2);
const input = new Input({ source: new FilePathSource(clip), formats: ALL_FORMATS });
const sink = new VideoSampleSink(await input.getPrimaryVideoTrack());
const times = indices.split(",").map((index) => Number(index) / FRAME_RATE);
const points = new Points();
let buffer = null;
for await (const sample of sink.samplesAtTimestamps(times)) {
  buffer ??= new Uint8Array(sample.allocationSize({ format: "RGBA" }));
  await sample.copyTo(buffer, { format: "RGBA" });
  points.add(buffer, 4);
  sample.close();
}
console.log(JSON.stringify({ frames: points.count, points: String(points) }));
process.exit(0);
