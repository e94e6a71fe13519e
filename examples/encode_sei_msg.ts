/**
 * Encodes with messages in the stream: SEI of H.264 and HEVC, metadata OBUs of AV1.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/encode_sei_msg.ts -i in.mp4 -c hevc -o out.hevc
 *   bun examples/encode_sei_msg.ts -i in.mp4 -o out.h264
 *
 * -i, --input   the video
 * -o, --output  file for the stream
 * -c, --codec   h264 (default), hevc or av1
 * -t, --text    text to insert with every picture, beside the two messages of the guide
 *
 * What was inserted is read back from the stream and counted.
 */
import { parseArgs } from "node:util";
import {
  type Device,
  type EncodedChunk,
  type EncoderParameters,
  requestDevice,
  SeiType,
} from "../mod.ts";
import { ChunkWriter } from "./chunk_writer.ts";

/** The guide's messages: user data that begin with a UUID of 16 bytes. */
const SEI_MESSAGES = [
  [0xdc, 0x45, 0xe9, 0xbd, 0xe6, 0xd9, 0x48, 0xb7, 0x96, 0x2c, 0xd8, 0x20, 0xd9, 0x23, 0xee, 0xef],
  [0x12, 0x67, 0x56, 0xda, 0xef, 0x99, 0x00, 0xbb, 0x6a, 0xc4, 0xd8, 0x10, 0xf9, 0xe3, 0x3e, 0x8f],
];
/** Of AV1: metadata of the caller's own. */
const AV1_PRIVATE_METADATA = 6;

const { values } = parseArgs({
  options: {
    input: { type: "string", short: "i" },
    output: { type: "string", short: "o" },
    codec: { type: "string", short: "c", default: "h264" },
    text: { type: "string", short: "t", default: "cuframe" },
  },
});
const { input, output } = values;
if (input === undefined || output === undefined) {
  throw new TypeError("Usage: encode_sei_msg.ts -i INPUT -o OUTPUT [-c h264|hevc|av1] [-t TEXT]");
}
const codec = values.codec as EncoderParameters["codec"];
const type = codec === "av1" ? AV1_PRIVATE_METADATA : SeiType.USER_DATA_UNREGISTERED;
const [uuid] = SEI_MESSAGES;
const text = [...uuid, ...new TextEncoder().encode(values.text)];
const sei = [...SEI_MESSAGES, text].map((payload) => ({ type, payload }));

/** Counts the frames that have all messages. */
async function readBack(
  device: Device,
  name: string,
  chunks: readonly EncodedChunk[],
): Promise<number> {
  await using decoder = await device.createDecoder({ codec: name, enableSeiMessage: true });
  let complete = 0;
  for await (using frame of decoder.frames(chunks.map((chunk) => chunk.toPacket()))) {
    const found = new Set(frame.seiMessages.map(({ payload }) => payload.join()));
    if (sei.every(({ payload }) => found.has(payload.join()))) complete++;
  }
  return complete;
}

await using device = await requestDevice();
await using demuxer = await device.createDemuxer(input);
await using decoder = await device.createDecoder({ codec: demuxer.codec });
const { width, height } = demuxer;
await using encoder = await device.createEncoder({ width, height, codec });
const chunks: EncodedChunk[] = [];
let frames = 0;
for await (using frame of decoder.frames(demuxer)) {
  chunks.push(...await encoder.encode(frame, { sei }));
  frames++;
}
chunks.push(...await encoder.endEncode());
using writer = new ChunkWriter(output);
writer.write(chunks);
const withMessages = await readBack(device, encoder.codec, chunks);
console.log(
  JSON.stringify({ frames, messages: sei.length * frames, withMessages, bytes: writer.bytes }),
);
