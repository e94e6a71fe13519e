/** Ends in the way that its first argument names, in the middle of decoding; started by exit_test.ts. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers";
import { type Device, type Frame, requestDevice } from "../../mod.ts";

const [, , mode, path] = process.argv;

// What a test leaves open stays reachable: a collection just before the end would tell of it.
const reachable: unknown[] = [];

/** Frames are alive, others are decoded ahead, and a read waits for a source that gives no more. */
async function amidst(device: Device): Promise<Frame[]> {
  const demuxer = await device.createDemuxer(path);
  const decoder = await device.createDecoder({ codec: demuxer.codec });
  const frames = decoder.frames(demuxer);
  const held = [(await frames.next()).value!, (await frames.next()).value!];
  if (held.some((frame) => frame.data.length === 0)) throw new Error("A frame is empty");
  reachable.push(frames, held);
  return held;
}

async function stall(device: Device, hold: Promise<void>): Promise<number> {
  const bytes = readFileSync(path);
  const half = bytes.length >> 1;
  async function* source(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, half);
    await hold;
    yield bytes.subarray(half);
  }
  const demuxer = await device.createDemuxer(source());
  const decoder = await device.createDecoder({ codec: demuxer.codec });
  let count = 0;
  for await (using frame of decoder.frames(demuxer)) count += frame.isClosed ? 0 : 1;
  return count;
}

/** Frames of a server that is stuck are being waited for; with `closes`, until all is closed. */
async function remote(device: Device, closes: boolean): Promise<void> {
  const demuxer = await device.createDemuxer(path);
  const decoder = await device.createDecoder({ codec: demuxer.codec });
  if (closes) {
    const frames = decoder.frames(demuxer);
    for (let i = 0; i < 10; i++) (await frames.next()).value!.close();
    demuxer.close();
  }
  console.log(mode);
}

const never = new Promise<void>(() => {});
const modes: Readonly<Record<string, (device: Device) => Promise<unknown> | unknown>> = {
  remoteClosed: (device) => remote(device, true),
  remoteOpen: (device) => remote(device, false),
  natural: () => console.log("end"),
  throw: (device) => {
    void stall(device, never);
    globalThis.setTimeout(() => {
      throw new Error("on purpose");
    });
  },
  exit: (device) => {
    void stall(device, never);
    process.exit(3);
  },
  denoExit: (device) => {
    void stall(device, never);
    Deno.exit(3);
  },
  rejection: (device) => {
    void stall(device, never);
    void Promise.reject(new Error("on purpose"));
  },
  // Nothing but the library keeps the process alive: the timer does not.
  awaiting: async (device) => {
    const hold = new Promise<void>((resolve) => void setTimeout(resolve, 300).unref());
    console.log(await stall(device, hold));
  },
};

/** Without a top-level await, which would keep a process alive by itself or end it with an error. */
async function main(): Promise<void> {
  const device = await requestDevice();
  const held = mode.startsWith("remote") ? [] : await amidst(device);
  await modes[mode](device);
  if (held.some((frame) => frame.isClosed)) throw new Error("A held frame was closed");
}

void main();
