/** Devices that prove that nothing leaks, and ways to look at frames. */
import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import type {
  Decoder,
  DecoderDescriptor,
  Demuxer,
  Device,
  DeviceStats,
  Frame,
  Packet,
  Tensor,
} from "../../mod.ts";
import { readBarcode } from "../support/barcode.ts";
import { simulatedDriver } from "../support/simulated_driver.ts";
import { requestDevice } from "./cuframe.ts";
import { backendOf, contractBackend, type Decoded } from "./tested_backend.ts";

export { backendOf, contractBackend, hostFrames, testOn } from "./tested_backend.ts";
export type { Decoded } from "./tested_backend.ts";

const kPatienceMs = 60_000;

/** What a test needs of its device. */
export interface TestedDevice {
  /** Threads of decoders. */
  readonly threads?: number;
  /** What is decoded. Where the GPU does not take one of them the device is an "auto" one. */
  readonly clips?: readonly Decoded[];
}

/** Runs `work` with a device of the backend under test; all that it made must be closed then. */
export async function withDevice(
  work: (device: Device) => Promise<void>,
  { clips = [], ...options }: TestedDevice = {},
): Promise<void> {
  const backend = contractBackend();
  const suits = await backendOf(...clips) === backend;
  using device = await requestDevice({ backend: suits ? backend : "auto", ...options });
  await work(device);
  await noLiveHandles(device);
  assertNoDriverProblems();
}

let problemsTold = 0;

/** Fails for what the simulated driver let pass since the last time and a real one punishes. */
export function assertNoDriverProblems(): void {
  if (contractBackend() === "cpu") return;
  const problems = simulatedDriver()?.problems() ?? [];
  const fresh = problems.slice(problems.length < problemsTold ? 0 : problemsTold);
  problemsTold = problems.length;
  if (fresh.length > 0) throw new Error(`Misuse of the driver: ${fresh.slice(0, 5).join("; ")}`);
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

/** A copy of a frame's planes, one behind the other, or of a tensor, wherever they lie. */
export async function bytesOf(source: Frame | Tensor): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(source.byteLength);
  await source.copyTo(bytes);
  return bytes;
}

/** A plane in host memory. */
export interface HostPlane {
  /** Samples without padding between the rows. */
  readonly samples: Uint8Array | Uint16Array;
  /** Samples from a row to the next. */
  readonly stride: number;
  /** Rows of samples. */
  readonly rows: number;
}

/** Copies of a frame's planes, wherever they lie. */
export async function hostPlanes(frame: Frame): Promise<HostPlane[]> {
  const bytes = new Uint8Array(frame.byteLength);
  const layout = await frame.copyTo(bytes);
  return frame.planes.map(({ rows, rowBytes, dtype }, i) => {
    const { offset, stride } = layout[i];
    const length = stride * (rows - 1) + rowBytes;
    return dtype === "uint16"
      ? { rows, stride: stride / 2, samples: new Uint16Array(bytes.buffer, offset, length / 2) }
      : { rows, stride, samples: bytes.subarray(offset, offset + length) };
  });
}

/** The number drawn in the picture, -1 if it cannot be read. Needs luma in the first plane. */
export async function barcodeOf(frame: Frame): Promise<number> {
  const { width, height, bitDepth, format, dtype } = frame;
  const [{ samples, stride }] = await hostPlanes(frame);
  const msbAligned = dtype === "uint16" && /^P\d+$|_16$/.test(format);
  return readBarcode(samples, stride, width, height, { bitDepth, msbAligned });
}

/** The numbers of frames that stay open. */
export async function barcodesOf(frames: readonly Frame[]): Promise<number[]> {
  const numbers: number[] = [];
  for (const frame of frames) numbers.push(await barcodeOf(frame));
  return numbers;
}

/** The numbers of all frames, which are closed. */
export async function numbersOf(
  frames: AsyncIterable<Frame> | Iterable<Frame>,
): Promise<number[]> {
  const numbers: number[] = [];
  for await (using frame of frames) numbers.push(await barcodeOf(frame));
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
  const md5 = createHash("md5").update(await bytesOf(frame)).digest("hex");
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
  options: Pick<DecoderDescriptor, "outputColorType" | "useDeviceMemory" | "cudaStream"> = {},
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
