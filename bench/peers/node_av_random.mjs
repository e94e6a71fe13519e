// node-av: for each wanted frame a seek to the key frame before it, then decoding up to it, with its
// synchronous generators and its Scaler.
// Usage: node_av_random.mjs CLIP INDEX,INDEX,...; prints the number of frames and points of each.
import { Decoder, Demuxer, Scaler } from "node-av/api";
import { AVSEEK_FLAG_BACKWARD } from "node-av/constants";
import { Points } from "./points.ts";

const FRAME_RATE = 30;
const [clip, indices] = process.argv.slice(2);
await using input = await Demuxer.open(clip);
const stream = input.video();
using decoder = await Decoder.create(stream, { exitOnError: true });
using scaler = new Scaler();
const points = new Points();
for (const index of indices.split(",").map(Number)) {
  const { num, den } = stream.timeBase;
  const target = BigInt(Math.round(index / FRAME_RATE / num * den));
  input.seekSync(index / FRAME_RATE, -1, AVSEEK_FLAG_BACKWARD);
  decoder.getCodecContext().flushBuffers();
  for (using frame of decoder.framesSync(input.packetsSync(stream.index))) {
    if (frame === null || frame.pts < target) continue;
    points.add(scaler.toBufferSync(frame, { format: "rgb" }), 3);
    break;
  }
}
console.log(JSON.stringify({ frames: points.count, points: String(points) }));
