/**
 * Decodes a video ahead on the library's threads and takes batches of planar RGB frames, as a model would.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/threaded_decode.ts \
 *     -i in.mp4 -b 3 --buffer 12 -o out.rgbp
 *   bun examples/threaded_decode.ts -i in.mp4
 *
 * -i, --input   a video; may be given several times
 * -o, --output  file for the frames, one after another; "-" (default) for none
 * -b, --batch   frames in a batch; default 3
 *     --buffer  frames decoded ahead, best 2 to 3 batches; default 12
 *     --start   index of the first frame; default 0
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Frame, requestDevice, type ThreadedDecoder } from "../mod.ts";

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i", multiple: true, default: [] },
      output: { type: "string", short: "o", default: "-" },
      batch: { type: "string", short: "b", default: "3" },
      buffer: { type: "string", default: "12" },
      start: { type: "string", default: "0" },
    },
  });
  if (values.input.length === 0) {
    throw new TypeError(
      "Usage: threaded_decode.ts -i INPUT [-i INPUT...] [-o OUTPUT] [-b BATCH] [--buffer FRAMES] " +
        "[--start INDEX]",
    );
  }
  const { input: inputs, output } = values;
  const [batch, bufferSize, startFrame] = [values.batch, values.buffer, values.start].map(Number);
  return { inputs, output, batch, bufferSize, startFrame };
}

/** Batch after batch to the end. */
async function consume(
  decoder: ThreadedDecoder,
  batch: number,
  use: (frame: Frame) => Promise<void>,
): Promise<number> {
  let count = 0;
  for (;;) {
    const frames = await decoder.getBatchFrames(batch);
    if (frames.length === 0) return count;
    for (const decoded of frames) {
      using frame = decoded; // [3, H, W]
      await use(frame);
      count++;
    }
  }
}

async function main(): Promise<void> {
  const { inputs, output, batch, bufferSize, startFrame } = readOptions();
  await using device = await requestDevice();
  await using decoder = await device.createThreadedDecoder(inputs[0], {
    bufferSize,
    startFrame,
    outputColorType: "rgbp",
  });
  const file = output === "-" ? null : openSync(output, "w");
  let bytes = new Uint8Array(0);
  const save = async (frame: Frame): Promise<void> => {
    if (file === null) return;
    if (bytes.length !== frame.byteLength) bytes = new Uint8Array(frame.byteLength);
    await frame.copyTo(bytes);
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
  };
  for (const [i, input] of inputs.entries()) {
    if (i > 0) await decoder.reconfigureDecoder(input, startFrame);
    const { numFrames } = decoder.streamMetadata;
    const started = performance.now();
    const frames = await consume(decoder, batch, save);
    const seconds = (performance.now() - started) / 1000;
    const { framesAhead } = decoder.stats;
    console.log(JSON.stringify({ input, numFrames, frames, seconds, framesAhead }));
  }
  if (file !== null) closeSync(file);
}

await main();
