/** The backend under test, devices that prove that nothing leaks, and ways to look at frames. */
import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import process from "node:process";
import type { Decoder, Demuxer, Device, DeviceStats, Frame, Packet } from "../../mod.ts";
import { readBarcode } from "../support/barcode.ts";
import { requestDevice } from "./cuframe.ts";

const kPatienceMs = 10_000;

/** Which backend the suite runs on: CUFRAME_TEST_BACKEND, by default the CPU. */
export function contractBackend(): "cpu" | "cuda" {
  const name = process.env.CUFRAME_TEST_BACKEND ?? "cpu";
  if (name === "cpu" || name === "cuda") return name;
  throw new RangeError(`CUFRAME_TEST_BACKEND is cpu or cuda, not ${name}`);
}

/** Runs `work` with a device of the backend under test; all that it made must be closed then. */
export async function withDevice(
  work: (device: Device) => Promise<void>,
  options: { readonly threads?: number } = {},
): Promise<void> {
  using device = await requestDevice({ backend: contractBackend(), ...options });
  await work(device);
  await noLiveHandles(device);
}

/** Waits until the device holds nothing; closing never blocks, so memory may follow a little later. */
export async function noLiveHandles(device: Device): Promise<void> {
  const isIdle = ({ liveHandles, liveCapsules }: DeviceStats): boolean =>
    liveHandles + liveCapsules === 0;
  await until(() => isIdle(device.stats), () => `zero handles: ${JSON.stringify(device.stats)}`);
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean, what: () => string): Promise<void> {
  const end = performance.now() + kPatienceMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited in vain for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Waits for a promise that must not hang. */
export async function inTime<T>(promise: PromiseLike<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} hangs`)), kPatienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lets timers, input and completions that are due run. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** The number drawn in the picture, -1 if it cannot be read. Needs luma in the first plane. */
export function barcodeOf(frame: Frame): number {
  const { width, height, bitDepth, format, dtype } = frame;
  const { samples, stride } = frame.planes[0];
  const msbAligned = dtype === "uint16" && /^P\d+$|_16$/.test(format);
  const samplesInRow = stride / samples.BYTES_PER_ELEMENT;
  return readBarcode(samples, samplesInRow, width, height, { bitDepth, msbAligned });
}

/** The numbers of all frames, which are closed. */
export async function numbersOf(
  frames: AsyncIterable<Frame> | Iterable<Frame>,
): Promise<number[]> {
  const numbers: number[] = [];
  for await (using frame of frames) numbers.push(barcodeOf(frame));
  return numbers;
}

/** Decodes packet by packet, as the guide's loop does, and flushes. */
export async function* decodePackets(
  decoder: Decoder,
  packets: AsyncIterable<Packet> | Iterable<Packet>,
): AsyncGenerator<Frame> {
  for await (const packet of packets) yield* await decoder.decode(packet);
  yield* await decoder.flush();
}

/** What one frame shows, as text to compare: time, format and a checksum of its pixels. */
export async function printOf(frame: Frame): Promise<string> {
  const bytes = new Uint8Array(frame.byteLength);
  await frame.copyTo(bytes);
  const md5 = createHash("md5").update(bytes).digest("hex");
  return `${frame.timestamp} ${frame.duration} ${frame.format} ${frame.width}x${frame.height} ${md5}`;
}

/** What all frames show; they are closed. */
export async function printsOf(frames: AsyncIterable<Frame>): Promise<string[]> {
  const prints: string[] = [];
  for await (using frame of frames) prints.push(await printOf(frame));
  return prints;
}

/** What all frames of a demuxer show, by a decoder made from its codec alone. */
export async function decodeAll(device: Device, demuxer: Demuxer): Promise<string[]> {
  using decoder = await device.createDecoder({ codec: demuxer.codec });
  return await printsOf(decoder.frames(demuxer));
}

/** The first frame of a file, which the caller closes. */
export async function firstFrame(
  device: Device,
  path: string,
  options: { readonly outputColorType?: "native" | "rgb" | "rgbp" | "raw" } = {},
): Promise<Frame> {
  using demuxer = await device.createDemuxer(path);
  using decoder = await device.createDecoder({ codec: demuxer.codec, ...options });
  for await (const frame of decoder.frames(demuxer)) return frame;
  throw new Error(`${path} has no frame`);
}

/** Fails unless numbers are `start`, `start + 1` and so on, `count` of them, and all that `rounds` times. */
export function assertRun(
  numbers: readonly number[],
  start: number,
  count: number,
  rounds = 1,
): void {
  const expected = Array.from({ length: count * rounds }, (_, i) => start + i % count);
  assertEquals([...numbers], expected);
}
