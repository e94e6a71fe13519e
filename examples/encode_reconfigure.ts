/**
 * Changes the bit rate and the frame rate of an encoder while it works, as adaptive streaming does.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/encode_reconfigure.ts \
 *     -i in.mp4 -o out.h264 -b 2000000 -b 500000 -e 60
 *   bun examples/encode_reconfigure.ts -i in.mp4 -o out.h264
 *
 * -i, --input    the video
 * -o, --output   file for the stream
 * -c, --codec    h264 (default), hevc or av1
 * -b, --bitrate  bit/s; several are taken in turn; default 2000000 and 500000
 * -r, --rate     frames/s; several are taken in turn, with the bit rates; default: the video's
 * -e, --every    frames from one change to the next; default 60
 */
import { parseArgs } from "node:util";
import { type Encoder, type EncoderParameters, requestDevice } from "../mod.ts";
import { ChunkWriter } from "./chunk_writer.ts";

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      output: { type: "string", short: "o" },
      codec: { type: "string", short: "c", default: "h264" },
      bitrate: { type: "string", short: "b", multiple: true, default: ["2000000", "500000"] },
      rate: { type: "string", short: "r", multiple: true, default: [] },
      every: { type: "string", short: "e", default: "60" },
    },
  });
  const { input, output } = values;
  if (input === undefined || output === undefined) {
    throw new TypeError(
      "Usage: encode_reconfigure.ts -i INPUT -o OUTPUT [-c CODEC] [-b BITRATE...] [-r RATE...] [-e FRAMES]",
    );
  }
  const codec = values.codec as EncoderParameters["codec"];
  const [bitrates, rates] = [values.bitrate, values.rate].map((list) => list.map(Number));
  return { input, output, codec, bitrates, rates, every: Number(values.every) };
}

/** One of some values in turn; undefined if there are none. */
const inTurn = (list: readonly number[], turn: number): number | undefined =>
  list[turn % list.length];

/** Goes on with the next bit rate and frame rate. */
async function change(encoder: Encoder, turn: number, options: ReturnType<typeof readOptions>) {
  const averageBitrate = inTurn(options.bitrates, turn)!;
  const rate = inTurn(options.rates, turn);
  // A margin of 20 %, and a buffer of half a second, so that the change shows soon.
  return await encoder.reconfigure({
    ...encoder.getReconfigureParams(),
    averageBitrate,
    maxBitRate: Math.round(averageBitrate * 1.2),
    vbvBufferSize: Math.round(averageBitrate / 2),
    ...rate === undefined ? {} : { frameRateNum: Math.round(rate * 1000), frameRateDen: 1000 },
  });
}

async function main(): Promise<void> {
  const options = readOptions();
  await using device = await requestDevice();
  await using demuxer = await device.createDemuxer(options.input);
  await using decoder = await device.createDecoder({ codec: demuxer.codec });
  const { width, height, frameRate } = demuxer;
  const [bitrate] = options.bitrates;
  await using encoder = await device.createEncoder({
    ...{ width, height, codec: options.codec, fps: frameRate.value > 0 ? frameRate : 30 },
    ...{ rc: "vbr", tuningInfo: "low_latency", preset: "P1", bitrate },
    ...{ maxBitrate: Math.round(bitrate * 1.2), vbvBufSize: Math.round(bitrate / 2) },
  });
  using writer = new ChunkWriter(options.output);
  const parts: { bitrate: number; frames: number; bytes: number; isInPlace: boolean | null }[] = [];
  let frames = 0;
  let isInPlace: boolean | null = null;
  let written = 0;
  const endPart = (): void => {
    const bytes = writer.bytes - written;
    written = writer.bytes;
    const { averageBitrate = 0 } = encoder.getReconfigureParams();
    parts.push({
      bitrate: averageBitrate,
      frames: frames % options.every || options.every,
      bytes,
      isInPlace,
    });
  };
  for await (using frame of decoder.frames(demuxer)) {
    if (frames > 0 && frames % options.every === 0) {
      endPart();
      const result = await change(encoder, frames / options.every, options);
      isInPlace = result.isInPlace;
      writer.write(result.chunks);
    }
    writer.write(await encoder.encode(frame));
    frames++;
  }
  writer.write(await encoder.endEncode());
  endPart();
  const { implementation, stats: { reconfigures, reopens } } = encoder;
  console.log(JSON.stringify({ frames, parts, implementation, reconfigures, reopens }));
}

await main();
