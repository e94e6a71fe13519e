// @napi-rs/webcodecs: Mp4Demuxer into VideoDecoder, as its README shows, in batches of packets so that the
// queue stays short; copyTo({ format: "RGBA" }), for it gives no RGB without alpha.
// Usage: napi_webcodecs.mjs CLIP frames|rgb; prints the number of frames.
import { Mp4Demuxer, VideoDecoder } from "@napi-rs/webcodecs";

const [clip, mode] = process.argv.slice(2);
const BATCH_PACKETS = 16;
const fail = (error) => {
  console.error(error);
  process.exit(1);
};
let frames = 0;
let bytes = 0;
let buffer = null;
let copying = Promise.resolve();

async function copy(frame) {
  buffer ??= new Uint8Array(frame.allocationSize({ format: "RGBA" }));
  await frame.copyTo(buffer, { format: "RGBA" });
  bytes += buffer.length;
  frame.close();
}

const decoder = new VideoDecoder({
  output: (frame) => {
    frames++;
    if (mode === "rgb") copying = copying.then(() => copy(frame)).catch(fail);
    else frame.close();
  },
  error: fail,
});
const demuxer = new Mp4Demuxer({
  videoOutput: (chunk) => decoder.decode(chunk),
  error: fail,
});
await demuxer.load(clip);
decoder.configure(demuxer.videoDecoderConfig);
while (demuxer.state !== "ended") {
  await demuxer.demuxAsync(BATCH_PACKETS);
  while (decoder.decodeQueueSize > BATCH_PACKETS) {
    await new Promise((resolve) => decoder.addEventListener("dequeue", resolve, { once: true }));
  }
  await copying;
}
await decoder.flush();
await copying;
decoder.close();
demuxer.close();
console.log(JSON.stringify({ frames, bytes }));
