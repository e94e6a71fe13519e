/**
 * Decodes a video that a feeder hands over in chunks from a memory buffer.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/decode_from_memory_buffer.ts \
 *     -i in.mp4 -o out.yuv
 *   bun examples/decode_from_memory_buffer.ts -i in.mp4
 *
 * -i, --input   the video; an MP4 file needs its index in front (ffmpeg -movflags +faststart)
 * -o, --output  file for the raw frames, one after another; "-" (default) for none
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Frame, requestDevice } from "../mod.ts";

/** Feeds video data to a demuxer, chunk after chunk. */
class VideoStreamFeeder {
  readonly #videoBuffer: Uint8Array;
  #position = 0;

  constructor(path: string) {
    this.#videoBuffer = readFileSync(path);
  }

  /** Fills the demuxer's buffer; returns the number of bytes, 0 at the end. */
  feedChunk = (demuxerBuffer: Uint8Array): number => {
    const end = this.#position + demuxerBuffer.length;
    const chunk = this.#videoBuffer.subarray(this.#position, end);
    demuxerBuffer.set(chunk);
    this.#position += chunk.length;
    return chunk.length;
  };
}

async function main(): Promise<void> {
  const { values: { input, output } } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      output: { type: "string", short: "o", default: "-" },
    },
  });
  if (input === undefined) {
    throw new TypeError("Usage: decode_from_memory_buffer.ts -i INPUT [-o OUTPUT]");
  }
  const feeder = new VideoStreamFeeder(input);
  await using device = await requestDevice();
  await using demuxer = await device.createDemuxer(feeder.feedChunk);
  await using decoder = await device.createDecoder({ codec: demuxer.codec });
  const file = output === "-" ? null : openSync(output, "w");
  const started = performance.now();
  let frames = 0;
  let bytes = new Uint8Array(0);
  for await (const packet of demuxer) {
    for (const frame of await decoder.decode(packet)) await save(frame);
  }
  for (const frame of await decoder.flush()) await save(frame);
  const seconds = (performance.now() - started) / 1000;
  if (file !== null) closeSync(file);
  console.log(JSON.stringify({ frames, seconds, codec: demuxer.codec, backend: decoder.backend }));

  async function save(decoded: Frame): Promise<void> {
    using frame = decoded;
    frames++;
    if (file === null) return;
    if (bytes.length !== frame.byteLength) bytes = new Uint8Array(frame.byteLength);
    await frame.copyTo(bytes);
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
  }
}

await main();
