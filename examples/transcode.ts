/**
 * Transcodes a whole video: another codec, bit rate or size; its sound is copied.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/transcode.ts -i in.mp4 -o out.mp4
 *   bun examples/transcode.ts -i in.mp4 -o out.mp4 -c config.json -s 1280x720
 *
 * -i, --input      the video
 * -o, --output     the file to write; its extension names the container
 * -c, --config     JSON with parameters of the encoder in the guide's spelling, such as
 *                  {"codec": "h264", "preset": "P4", "tuning_info": "high_quality", "bitrate": 5000000}
 * -s, --size       WIDTHxHEIGHT; default: the video's
 * -a, --audio      copy (default), require or none
 *     --overwrite  replaces a file of that name
 * -g, --gpu        number of the GPU; default: the first one, or the CPU if there is none
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { requestDevice, type TranscoderDescriptor } from "../mod.ts";
import { ProgressBar } from "./progress_bar.ts";
import { parseSize } from "./raw_frames.ts";

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      output: { type: "string", short: "o" },
      config: { type: "string", short: "c" },
      size: { type: "string", short: "s" },
      audio: { type: "string", short: "a", default: "copy" },
      overwrite: { type: "boolean", default: false },
      gpu: { type: "string", short: "g" },
    },
  });
  const { input, output, config, size, audio, overwrite, gpu } = values;
  if (input === undefined || output === undefined) {
    throw new TypeError(
      "Usage: transcode.ts -i INPUT -o OUTPUT [-c JSON] [-s WIDTHxHEIGHT] " +
        "[-a copy|require|none] [--overwrite] [-g GPU]",
    );
  }
  const descriptor: TranscoderDescriptor = {
    ...config === undefined ? {} : JSON.parse(readFileSync(config, "utf8")),
    ...size === undefined ? {} : parseSize(size),
    ...{ audio, overwrite },
  };
  return { input, output, descriptor, gpu: gpu === undefined ? undefined : Number(gpu) };
}

async function main(): Promise<void> {
  const { input, output, descriptor, gpu } = readOptions();
  await using device = await requestDevice({ gpu });
  await using transcoder = await device.createTranscoder(input, output, descriptor);
  const { length, width, height, settings } = transcoder;
  const bar = new ProgressBar(length);
  const onProgress = (part: number) => bar.show(Math.round(part * length));
  const { data: _, ...result } = await transcoder.transcodeWithMux({ onProgress });
  bar.end();
  console.log(JSON.stringify({ ...{ codec: settings.codec, width, height }, ...result }));
}

await main();
