/**
 * Samples frames evenly from several videos with one decoder, which is used again for each.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/simple_decode_sampling.ts \
 *     -i a.mp4 -i b.mp4 -n 16 --contact-sheet samples.png
 *   bun examples/simple_decode_sampling.ts -i a.mp4
 *
 * -i, --input          a video; may be given several times
 * -n, --samples        frames of each video; default 16
 *     --cache          decoders kept for the next video; default 4
 *     --max-width      widest picture that is taken; default: any
 *     --max-height     highest picture that is taken; default: any
 *     --contact-sheet  PNG with samples of all videos
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { requestDevice, type SimpleDecoder } from "../mod.ts";
import { ContactSheet } from "./contact_sheet.ts";

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i", multiple: true, default: [] },
      samples: { type: "string", short: "n", default: "16" },
      cache: { type: "string", default: "4" },
      "max-width": { type: "string" },
      "max-height": { type: "string" },
      "contact-sheet": { type: "string" },
    },
  });
  const samples = Number(values.samples);
  if (values.input.length === 0 || !(samples >= 1)) {
    throw new TypeError(
      "Usage: simple_decode_sampling.ts -i INPUT [-i INPUT...] [-n SAMPLES] [--cache N] " +
        "[--max-width W --max-height H] [--contact-sheet PNG]",
    );
  }
  const number = (text: string | undefined) => text === undefined ? undefined : Number(text);
  return {
    inputs: values.input,
    samples,
    cache: Number(values.cache),
    maxWidth: number(values["max-width"]),
    maxHeight: number(values["max-height"]),
    contactSheet: values["contact-sheet"],
  };
}

/** Whole numbers from 0 to length - 1, evenly spaced. */
function evenly(count: number, length: number): number[] {
  if (length === 0) return [];
  return Array.from(
    { length: count },
    (_, i) => Math.floor(i * (length - 1) / Math.max(1, count - 1)),
  );
}

async function sample(
  video: SimpleDecoder,
  count: number,
  sheet: ContactSheet | null,
  offset: number,
): Promise<number[]> {
  const indices = evenly(count, video.length);
  const frames = await video.getBatchFramesByIndex(indices);
  for (const [i, decoded] of frames.entries()) {
    using frame = decoded;
    // What a model takes: await frame.toTensor({ layout: "chw", dtype: "float32", mean, std })
    await sheet?.offer(frame, offset + i);
  }
  return indices;
}

async function main(): Promise<void> {
  const { inputs, samples, cache, maxWidth, maxHeight, contactSheet } = readOptions();
  await using device = await requestDevice();
  await using video = await device.createSimpleDecoder(inputs[0], {
    decoderCacheSize: cache,
    maxWidth,
    maxHeight,
  });
  const sheet = contactSheet === undefined ? null : new ContactSheet(inputs.length * samples);
  for (const [i, input] of inputs.entries()) {
    if (i > 0) await video.reconfigureDecoder(input);
    const { codec, width, height, numFrames, averageFps } = video.streamMetadata;
    const indices = await sample(video, samples, sheet, i * samples);
    console.log(JSON.stringify({ input, codec, width, height, numFrames, averageFps, indices }));
  }
  if (sheet !== null) writeFileSync(contactSheet!, sheet.encode());
  const { packetsDecoded, gopsDecoded, decodersCreated, decodersReused } = video.stats;
  console.log(JSON.stringify({ packetsDecoded, gopsDecoded, decodersCreated, decodersReused }));
}

await main();
