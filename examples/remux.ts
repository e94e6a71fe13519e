/**
 * Copies a video with its sound and subtitles into another container, without encoding anything.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/remux.ts -i in.mkv -o out.mp4
 *   bun examples/remux.ts -i in.mkv -o out.mp4
 *
 * -i, --input       the video
 * -o, --output      the file to write; its extension names the container, "-" is standard output
 * -f, --container   mp4, mov, mkv, webm, ts, avi, h264, hevc, obu or ivf; needed for standard output
 *     --fast-start  of mp4 and mov: the index comes first
 *     --fragmented  of mp4 and mov: in fragments
 *     --overwrite   replaces a file of that name
 * -l, --language    language of the first sound track, such as "eng"
 */
import process from "node:process";
import { Writable } from "node:stream";
import { parseArgs } from "node:util";
import { type ContainerName, type Device, requestDevice } from "../mod.ts";

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      output: { type: "string", short: "o" },
      container: { type: "string", short: "f" },
      "fast-start": { type: "boolean" },
      fragmented: { type: "boolean" },
      overwrite: { type: "boolean" },
      language: { type: "string", short: "l" },
    },
  });
  const { input, output } = values;
  if (input === undefined || output === undefined) {
    throw new TypeError("Usage: remux.ts -i INPUT -o OUTPUT [--fast-start] [--overwrite]");
  }
  return { ...values, input, output };
}

async function remux(device: Device): Promise<Record<string, unknown>> {
  const { input, output, language, ...options } = readOptions();
  const sink = output === "-"
    ? Writable.toWeb(process.stdout) as WritableStream<Uint8Array>
    : output;
  await using demuxer = await device.createDemuxer(input, { streams: "all" });
  await using muxer = await device.createMuxer(sink, {
    container: options.container as ContainerName | undefined,
    fastStart: options["fast-start"],
    fragmented: options.fragmented,
    overwrite: options.overwrite,
  });
  const firstSound = demuxer.audioStreams[0]?.index;
  for (const stream of demuxer.streams.filter(({ isRead }) => isRead)) {
    muxer.copyTrack(demuxer, stream, stream.index === firstSound ? { language } : {});
  }
  for await (const packet of demuxer) await muxer.write(packet);
  const { packets, bytes } = await muxer.finish();
  const tracks = muxer.tracks.map(({ type, codec }) => `${type} ${codec}`);
  return { input, output, container: muxer.container, tracks, packets, bytes };
}

await using device = await requestDevice({ backend: "cpu" });
console.error(JSON.stringify(await remux(device)));
