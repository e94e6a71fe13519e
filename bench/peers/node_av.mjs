// node-av: its high-level synchronous generators, which its README calls the faster ones for sequential
// work, and its Scaler for RGB. Usage: node_av.mjs CLIP frames|rgb; prints the number of frames.
import { Decoder, Demuxer, Scaler } from "node-av/api";

const [clip, mode] = process.argv.slice(2);
await using input = await Demuxer.open(clip);
const stream = input.video();
using decoder = await Decoder.create(stream, { exitOnError: true });
using scaler = new Scaler();
let frames = 0;
let bytes = 0;
for (using frame of decoder.framesSync(input.packetsSync(stream.index))) {
  if (frame === null) continue; // the end of the stream, which the generator passes on
  if (mode === "rgb") bytes += scaler.toBufferSync(frame, { format: "rgb" }).length;
  frames++;
}
console.log(JSON.stringify({ frames, bytes }));
