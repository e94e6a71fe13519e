/**
 * Random access to a video that is in memory: single frames, a slice, batches by index and in order.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/simple_decode_from_memory.ts \
 *     -i in.mp4 -o out.rgb
 *   bun examples/simple_decode_from_memory.ts -i in.mp4
 *
 * -i, --input   the video
 * -o, --output  file for the RGB frames of the batch in order; "-" (default) for none
 * -n, --frames  frames in the batch in order; default 16
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Frame, requestDevice, type SimpleDecoder } from "../mod.ts";

function readOptions() {
  const { values: { input, output, frames } } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      output: { type: "string", short: "o", default: "-" },
      frames: { type: "string", short: "n", default: "16" },
    },
  });
  if (input === undefined) {
    throw new TypeError("Usage: simple_decode_from_memory.ts -i INPUT [-o OUTPUT] [-n FRAMES]");
  }
  return { input, output, count: Number(frames) };
}

function closing(frames: Frame[]): (number | null)[] {
  return frames.map((frame) => {
    frame.close();
    return frame.index;
  });
}

/** The ways to get frames; gives their indices. */
async function visit(video: SimpleDecoder): Promise<Record<string, (number | null)[]>> {
  const { length } = video;
  const middle = video.getTimeFromIndex(length >> 1);
  const slice = video.slice(0, length, Math.max(1, length >> 2));
  return {
    first: closing([await video.at(0)]),
    last: closing([await video.at(-1)]),
    slice: closing(await Array.fromAsync(slice)),
    byIndex: closing(await video.getBatchFramesByIndex([length - 1, 0, 0])),
    byTime: closing(await video.getBatchFramesAt([middle])),
  };
}

async function main(): Promise<void> {
  const { input, output, count } = readOptions();
  await using device = await requestDevice();
  await using video = await device.createSimpleDecoder(readFileSync(input), {
    outputColorType: "rgb",
    needScannedStreamMetadata: true,
  });
  const { numFrames, averageFps, keyFrameIndices } = await video.getScannedStreamMetadata();
  console.error(
    `${numFrames} frames, ${averageFps.toFixed(3)} frames/s, ${keyFrameIndices.length} key frames`,
  );
  const indices = await visit(video);
  const file = output === "-" ? null : openSync(output, "w");
  await video.seekToIndex(0);
  let frames = 0;
  for (const decoded of await video.getBatchFrames(count)) {
    using frame = decoded;
    frames++;
    if (file === null) continue;
    const bytes = new Uint8Array(frame.byteLength);
    await frame.copyTo(bytes);
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
  }
  if (file !== null) closeSync(file);
  console.log(JSON.stringify({ frames, ...indices }));
}

await main();
