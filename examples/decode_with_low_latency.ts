/**
 * Decodes a video packet by packet and prints how long its frames take, for each latency mode.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/decode_with_low_latency.ts -i in.mp4
 *   bun examples/decode_with_low_latency.ts -i in.mp4 -l low -o out.yuv
 *
 * -i, --input    the video; best one without B-frames
 * -l, --latency  native, low or zero; default: one after the other
 * -o, --output   file for the raw frames, one after another; "-" (default) for none
 */
import { parseArgs } from "node:util";
import { type Device, requestDevice } from "../mod.ts";
import { FrameWriter } from "./frame_writer.ts";

const LATENCIES = ["native", "low", "zero"] as const;
type Latency = typeof LATENCIES[number];

/** The value that a part of all values does not exceed. */
function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

function percentiles(values: readonly number[]) {
  const rounded = (part: number): number => Math.round(percentile(values, part) * 1000) / 1000;
  return { p50: rounded(0.5), p90: rounded(0.9), p99: rounded(0.99), max: rounded(1) };
}

/** Remembers when packets went in and tells how long ago that was when their frames come out. */
class Stopwatch {
  readonly milliseconds: number[] = [];
  readonly packets: number[] = [];
  readonly #sent = new Map<number, { readonly time: number; readonly number: number }>();
  #packetCount = 0;

  packetSent(timestamp: number | null): void {
    const number = this.#packetCount++;
    if (timestamp !== null) this.#sent.set(timestamp, { time: performance.now(), number });
  }

  frameCame(timestamp: number | null): void {
    const sent = timestamp === null ? undefined : this.#sent.get(timestamp);
    if (sent === undefined) return;
    this.#sent.delete(timestamp!);
    this.milliseconds.push(performance.now() - sent.time);
    // 0: with its own packet.
    this.packets.push(this.#packetCount - 1 - sent.number);
  }
}

async function decode(
  device: Device,
  input: string,
  latency: Latency,
  writer: FrameWriter | null,
): Promise<void> {
  await using demuxer = await device.createDemuxer(input);
  await using decoder = await device.createDecoder({ codec: demuxer.codec, latency });
  const stopwatch = new Stopwatch();
  let frames = 0;
  for await (const packet of demuxer) {
    // Packets of a demuxer hold exactly one frame; the flag says so to decoders that cannot know.
    if (latency !== "native") packet.decodeFlag = "endOfPicture";
    stopwatch.packetSent(packet.timestamp);
    for (using frame of await decoder.decode(packet)) {
      stopwatch.frameCame(frame.timestamp);
      await writer?.write(frame);
      frames++;
    }
  }
  const { effectiveLatency } = decoder;
  for (using frame of await decoder.flush()) {
    stopwatch.frameCame(frame.timestamp);
    await writer?.write(frame);
    frames++;
  }
  const milliseconds = percentiles(stopwatch.milliseconds);
  const packets = percentiles(stopwatch.packets);
  console.log(JSON.stringify({ latency, effectiveLatency, frames, milliseconds, packets }));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      latency: { type: "string", short: "l" },
      output: { type: "string", short: "o", default: "-" },
    },
  });
  const { input, latency, output } = values;
  const wanted = LATENCIES.filter((name) => latency === undefined || latency === name);
  if (input === undefined || wanted.length === 0) {
    throw new TypeError(
      "Usage: decode_with_low_latency.ts -i INPUT [-l native|low|zero] [-o OUTPUT]",
    );
  }
  await using device = await requestDevice();
  for (const name of wanted) {
    // Of several modes the file has the frames of the last.
    using writer = output === "-" ? null : new FrameWriter(output);
    await decode(device, input, name, writer);
  }
}

await main();
