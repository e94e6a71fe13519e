/**
 * Decodes a video to raw frames.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/decode.ts -i in.mp4 -o out.yuv
 *   bun examples/decode.ts -i in.mp4 -o - --contact-sheet demo.png
 *
 * -i, --input          the video
 * -o, --output         file for the raw frames, one after another; "-" (default) for none
 * -c, --color          native (default), rgb, rgbp or raw
 * -n, --frames         stop after so many frames
 *     --contact-sheet  PNG with up to 16 frames of the video
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Demuxer, requestDevice } from "../mod.ts";
import { ContactSheet } from "./contact_sheet.ts";
import { FrameWriter } from "./frame_writer.ts";
import { ProgressBar } from "./progress_bar.ts";

const COLORS = ["native", "rgb", "rgbp", "raw"] as const;

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      output: { type: "string", short: "o", default: "-" },
      color: { type: "string", short: "c", default: "native" },
      frames: { type: "string", short: "n", default: "0" },
      "contact-sheet": { type: "string" },
    },
  });
  const color = COLORS.find((name) => name === values.color);
  const frames = Number(values.frames);
  if (values.input === undefined || color === undefined || !Number.isInteger(frames)) {
    throw new TypeError(
      "Usage: decode.ts -i INPUT [-o OUTPUT] [-c native|rgb|rgbp|raw] [-n FRAMES] " +
        "[--contact-sheet PNG]",
    );
  }
  const { input, output, "contact-sheet": contactSheet } = values;
  return { input, output, color, contactSheet, mostFrames: frames || Infinity };
}

function printMetadata(demuxer: Demuxer): void {
  const { codecString, width, height, frameRate, duration, numFrames, containerName } = demuxer;
  const seconds = duration === null ? "unknown length" : `${(duration / 1e6).toFixed(2)} s`;
  console.error(
    `${containerName}: ${codecString} (${demuxer.codec}), ${width} x ${height}, ` +
      `${frameRate.value.toFixed(3)} frames/s, ${seconds}, ${
        numFrames ?? "unknown number of"
      } frames, ` +
      `${demuxer.chromaFormat} ${demuxer.bitDepth} bit`,
  );
  for (const audio of demuxer.audioStreams) {
    console.error(`audio: ${audio.codec}, ${audio.sampleRate} Hz, ${audio.channels} channels`);
  }
}

/** How many frames will come, as far as the container tells. */
function expectedFrames(demuxer: Demuxer, mostFrames: number): number {
  const { numFrames, duration, frameRate } = demuxer;
  const claimed = numFrames ?? Math.round((duration ?? 0) / 1e6 * frameRate.value);
  return Math.min(claimed, mostFrames);
}

async function main(): Promise<void> {
  const options = readOptions();
  await using device = await requestDevice();
  await using demuxer = await device.createDemuxer(options.input);
  await using decoder = await device.createDecoder({
    codec: demuxer.codec,
    outputColorType: options.color,
  });
  printMetadata(demuxer);
  using writer = options.output === "-" ? null : new FrameWriter(options.output);
  const expected = expectedFrames(demuxer, options.mostFrames);
  const sheet = options.contactSheet === undefined ? null : new ContactSheet(expected);
  const bar = new ProgressBar(expected);
  const started = performance.now();
  let frames = 0;
  let bytes = 0;
  for await (using frame of decoder.frames(demuxer)) {
    await writer?.write(frame);
    await sheet?.offer(frame, frames);
    bytes += frame.byteLength;
    bar.show(++frames);
    if (frames >= options.mostFrames) break;
  }
  bar.end();
  if (sheet !== null) writeFileSync(options.contactSheet!, sheet.encode());
  const seconds = (performance.now() - started) / 1000;
  const { codec, implementation, backend } = decoder;
  const fps = Math.round(frames / seconds * 10) / 10;
  console.log(JSON.stringify({ frames, seconds, fps, bytes, codec, implementation, backend }));
}

await main();
