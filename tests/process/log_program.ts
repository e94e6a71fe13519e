/** Logs in the way that its first argument names; started by log_test.ts. */
import process from "node:process";
import { setTimeout } from "node:timers";
import { type LogRecord, requestDevice, setLogHandler, setLogLevel } from "../../mod.ts";

const [, , mode, path] = process.argv;

async function decode(): Promise<number> {
  await using device = await requestDevice();
  await using demuxer = await device.createDemuxer(path);
  await using decoder = await device.createDecoder({ codec: demuxer.codec, onError: "conceal" });
  let count = 0;
  for await (using _ of decoder.frames(demuxer)) count++;
  return count;
}

/** Frames alive, others decoded ahead, so that threads are at work and log. */
async function amidst(): Promise<void> {
  const device = await requestDevice();
  const video = await device.createThreadedDecoder(path, { bufferSize: 64 });
  const [frame] = await video.getBatchFrames(1);
  if (frame.isClosed) throw new Error("A held frame was closed");
}

function print({ level, origin, message }: LogRecord): void {
  console.log(`${level} ${origin}: ${message}`);
}

const modes: Readonly<Record<string, () => unknown>> = {
  decode: async () => console.log(await decode()),
  // The handler alone must not keep the process alive.
  idle: () => setLogHandler(print),
  handler: async () => {
    setLogLevel("debug");
    setLogHandler(print);
    await decode();
  },
  throwing: async () => {
    setLogHandler(() => {
      throw new Error("on purpose");
    });
    await decode();
  },
  // Exits while native threads log as fast as they can, to stderr or to a handler.
  exitTrace: async () => {
    setLogLevel("trace");
    if (process.argv[4] === "handler") setLogHandler(() => {});
    await amidst();
    process.exit(3);
  },
  endTrace: async () => {
    setLogLevel("trace");
    if (process.argv[4] === "handler") setLogHandler(() => {});
    await amidst();
  },
  // What is logged by what is never awaited comes at exit at the latest.
  late: async () => {
    const device = await requestDevice();
    setLogLevel("debug");
    setLogHandler(print);
    const demuxer = await device.createDemuxer(path);
    // Started and not awaited; the timer gives it time, and nothing wakes this thread for it.
    device.createDemuxer("/nonexistent").catch(() => {});
    setTimeout(() => demuxer.close(), 200);
  },
  workers: async () => {
    setLogLevel("debug");
    let own = 0;
    setLogHandler(() => own++);
    const worker = new Worker(new URL("./log_worker.ts", import.meta.url), { type: "module" });
    const answer = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
    worker.postMessage(path);
    const ofWorker = await answer;
    worker.terminate();
    // Nobody listens on the other thread any more.
    for (let i = 0; i < 20; i++) await decode();
    setLogHandler(null);
    setLogLevel("quiet");
    await decode();
    console.log(JSON.stringify({ own: own > 0, ofWorker }));
  },
};

/** Without a top-level await, which would keep a process alive by itself. */
async function main(): Promise<void> {
  await modes[mode]();
}

void main();
