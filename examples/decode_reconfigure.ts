/**
 * Decodes several videos of one codec, whatever their sizes, with one decoder.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/decode_reconfigure.ts \
 *     -i first.mp4 -i second.mp4 -o out.yuv
 *   bun examples/decode_reconfigure.ts -i first.mp4 -i second.mp4
 *
 * -i, --input   a video; may be given several times
 * -o, --output  file for the raw frames, one after another; "-" (default) for none
 */
import { parseArgs } from "node:util";
import { type Decoder, type Demuxer, type Frame, requestDevice } from "../mod.ts";
import { FrameWriter } from "./frame_writer.ts";

/** Counts the frames of each size in the order in which they come, and writes them. */
class FrameLog {
  readonly sizes: { readonly width: number; readonly height: number; frames: number }[] = [];
  readonly #writer: FrameWriter | null;

  constructor(writer: FrameWriter | null) {
    this.#writer = writer;
  }

  async add(frames: readonly Frame[]): Promise<void> {
    for (using frame of frames) {
      const { width, height } = frame;
      const last = this.sizes.at(-1);
      if (last?.width === width && last.height === height) last.frames++;
      else this.sizes.push({ width, height, frames: 1 });
      await this.#writer?.write(frame);
    }
  }
}

/** One decoder for all: for the codec of the first, and the largest of their sizes. */
function largest(demuxers: readonly Demuxer[]) {
  const [{ codec }] = demuxers;
  const other = demuxers.find((demuxer) => demuxer.codec !== codec);
  if (other !== undefined) {
    throw new TypeError(`One decoder cannot decode both ${codec} and ${other.codec}`);
  }
  return {
    codec,
    maxWidth: Math.max(...demuxers.map(({ width }) => width)),
    maxHeight: Math.max(...demuxers.map(({ height }) => height)),
  };
}

async function decode(decoder: Decoder, demuxers: readonly Demuxer[], log: FrameLog) {
  for (const [i, demuxer] of demuxers.entries()) {
    // No flush() between them: what is held back of one video comes first from the next.
    const { width, height } = demuxer;
    if (i > 0) await decoder.setReconfigParams({ width, height });
    for await (const packet of demuxer) await log.add(await decoder.decode(packet));
  }
  await log.add(await decoder.flush());
}

async function main(): Promise<void> {
  const { values: { input, output } } = parseArgs({
    options: {
      input: { type: "string", short: "i", multiple: true },
      output: { type: "string", short: "o", default: "-" },
    },
  });
  if (input === undefined) {
    throw new TypeError("Usage: decode_reconfigure.ts -i INPUT [-i INPUT ...] [-o OUTPUT]");
  }
  await using device = await requestDevice();
  await using opened = new AsyncDisposableStack();
  const demuxers: Demuxer[] = [];
  for (const path of input) demuxers.push(opened.use(await device.createDemuxer(path)));
  const descriptor = largest(demuxers);
  await using decoder = await device.createDecoder(descriptor);
  using writer = output === "-" ? null : new FrameWriter(output);
  const log = new FrameLog(writer);
  await decode(decoder, demuxers, log);
  for (const size of log.sizes) console.log(JSON.stringify(size));
  const { decodersCreated } = device.stats;
  console.log(JSON.stringify({ ...descriptor, ...decoder.stats, decodersCreated }));
}

await main();
