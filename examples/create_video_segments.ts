/**
 * Cuts segments out of a video, each transcoded into a file of its own, or all into one. One decoder and one
 * encoder do all of them.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/create_video_segments.ts \
 *     -i in.mp4 -s segments.txt -c config.json
 *   bun examples/create_video_segments.ts -i in.mp4 -s segments.txt -o clips/night.mp4
 *
 * -i, --input      the video
 * -s, --segments   text file with a start and an end, in seconds, in each line:
 *                    0.0 10.5
 *                    15.0 30.0
 * -c, --config     JSON with parameters of the encoder in the guide's spelling, such as
 *                  {"codec": "h264", "preset": "P4", "tuning_info": "high_quality", "bitrate": 5000000}
 * -o, --output     what files are named after: clips/night.mp4 gives clips/night_segment_0.00_10.50.mp4;
 *                  default: the video
 * -j, --join       all segments go into the file of -o, one behind the other
 * -n, --parallel   so many segments at once; default 1
 *     --overwrite  replaces files
 * -g, --gpu        number of the GPU; default: the first one, or the CPU if there is none
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { requestDevice, type Transcoder, type TranscodeResult } from "../mod.ts";
import { ProgressBar } from "./progress_bar.ts";
import { type FileSegment, readSegments } from "./segments_file.ts";

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      segments: { type: "string", short: "s" },
      config: { type: "string", short: "c" },
      output: { type: "string", short: "o" },
      join: { type: "boolean", short: "j", default: false },
      parallel: { type: "string", short: "n", default: "1" },
      overwrite: { type: "boolean", default: false },
      gpu: { type: "string", short: "g" },
    },
  });
  const { input, segments, config, output, join, overwrite } = values;
  if (input === undefined || segments === undefined || (join && output === undefined)) {
    throw new TypeError(
      "Usage: create_video_segments.ts -i INPUT -s SEGMENTS [-c JSON] [-o OUTPUT [--join]] " +
        "[-n PARALLEL] [--overwrite] [-g GPU]",
    );
  }
  return {
    ...{ input, output: output ?? null, isJoined: join },
    segments: readSegments(segments),
    config: {
      ...config === undefined ? {} : JSON.parse(readFileSync(config, "utf8")),
      overwrite,
    },
    parallel: Number(values.parallel),
    gpu: values.gpu === undefined ? undefined : Number(values.gpu),
  };
}

/** All into the transcoder's output. */
async function joinSegments(
  transcoder: Transcoder,
  segments: readonly FileSegment[],
  onProgress: (part: number) => void,
): Promise<TranscodeResult[]> {
  const results: TranscodeResult[] = [];
  for (const { start, end } of segments) {
    results.push(
      await transcoder.segmentedTranscode(start, end, {
        onProgress: (part) => onProgress((results.length + part) / segments.length),
      }),
    );
  }
  await transcoder.finish();
  return results;
}

async function main(): Promise<void> {
  const { input, output, segments, config, isJoined, parallel, gpu } = readOptions();
  await using device = await requestDevice({ gpu });
  await using transcoder = await device.createTranscoder(input, output, config);
  const { duration, streamMetadata } = transcoder;
  console.error(`${duration.toFixed(2)} s of ${streamMetadata.codec}, ${segments.length} segments`);
  for (const { start, end } of segments) {
    if (end > duration) console.error(`${start} to ${end} s ends with the video`);
  }
  const bar = new ProgressBar(100, "%");
  const onProgress = (part: number) => bar.show(Math.round(100 * part));
  const results = isJoined
    ? await joinSegments(transcoder, segments, onProgress)
    : await transcoder.transcodeSegments(segments, { concurrency: parallel, onProgress });
  bar.end();
  const { decodersCreated, encodersCreated, frames } = transcoder.stats;
  const files = results.map(({ output, frames, seconds, bytes }) => ({
    ...{ output, frames, seconds, bytes },
  }));
  console.log(JSON.stringify({ frames, decodersCreated, encodersCreated, files }));
}

await main();
