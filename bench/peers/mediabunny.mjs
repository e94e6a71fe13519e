// mediabunny with the server package that decodes outside browsers: VideoSampleSink.samples() and
// copyTo({ format: "RGBA" }); it gives no RGB without alpha.
// Usage: mediabunny.mjs CLIP frames|rgb; prints the number of frames.
import { ALL_FORMATS, FilePathSource, Input, VideoSampleSink } from "mediabunny";
import { registerMediabunnyServer } from "@mediabunny/server";

registerMediabunnyServer();
const [clip, mode] = process.argv.slice(2);
const input = new Input({ source: new FilePathSource(clip), formats: ALL_FORMATS });
const sink = new VideoSampleSink(await input.getPrimaryVideoTrack());
let frames = 0;
let bytes = 0;
let buffer = null;
for await (const sample of sink.samples()) {
  if (mode === "rgb") {
    buffer ??= new Uint8Array(sample.allocationSize({ format: "RGBA" }));
    await sample.copyTo(buffer, { format: "RGBA" });
    bytes += buffer.length;
  }
  sample.close();
  frames++;
}
console.log(JSON.stringify({ frames, bytes }));
process.exit(0);
