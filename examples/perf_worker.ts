/**
 * What one of several workers does for decode_perf.ts and encode_perf.ts: in a Worker, told by a message, or in a
 * process of its own, told by its argument.
 */
import process from "node:process";
import { isMainThread } from "node:worker_threads";
import { type EncoderParameters, requestDevice } from "../mod.ts";
import { frameBytes } from "./raw_frames.ts";

/** What is to be done. */
export type PerfTask =
  | { readonly kind: "decode"; readonly input: string; readonly threads: number }
  | {
    readonly kind: "encode";
    readonly width: number;
    readonly height: number;
    readonly frames: number;
    readonly threads: number;
    readonly config: EncoderParameters;
  };

/** What became of it. */
export interface PerfResult {
  /** Frames that were decoded or encoded. */
  readonly frames: number;
  /** Time for them, without opening and making. */
  readonly seconds: number;
}

async function decode({ input, threads }: PerfTask & { kind: "decode" }): Promise<PerfResult> {
  await using device = await requestDevice({ threads });
  await using demuxer = await device.createDemuxer(input);
  await using decoder = await device.createDecoder({ codec: demuxer.codec });
  const started = performance.now();
  let frames = 0;
  for await (using _ of decoder.frames(demuxer)) frames++;
  return { frames, seconds: (performance.now() - started) / 1000 };
}

/** Some pictures that differ, made before the clock runs. */
function pictures(width: number, height: number): Uint8Array[] {
  return Array.from({ length: 8 }, (_, n) => {
    const picture = new Uint8Array(frameBytes("nv12", width, height)).fill(128);
    for (let i = 0; i < width * height; i++) {
      picture[i] = (i % width + (i / width | 0) + 8 * n) & 255;
    }
    return picture;
  });
}

async function encode(task: PerfTask & { kind: "encode" }): Promise<PerfResult> {
  const { width, height, frames, threads, config } = task;
  await using device = await requestDevice({ threads });
  await using encoder = await device.createEncoder({ width, height, ...config });
  const source = pictures(width, height);
  const started = performance.now();
  for (let i = 0; i < frames; i++) await encoder.encode(source[i % source.length]);
  await encoder.endEncode();
  return { frames, seconds: (performance.now() - started) / 1000 };
}

/** Does one task. */
export function runTask(task: PerfTask): Promise<PerfResult> {
  return task.kind === "decode" ? decode(task) : encode(task);
}

interface WorkerScope {
  onmessage: ((event: { readonly data: PerfTask }) => void) | null;
  postMessage(result: PerfResult | { readonly error: string }): void;
}

// Deno's Workers have the class, Bun's know that they are not the main thread.
if ("WorkerGlobalScope" in globalThis || !isMainThread) {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => {
    runTask(data).then(
      (result) => scope.postMessage(result),
      (error) => scope.postMessage({ error: String(error) }),
    );
  };
} else if (import.meta.main) {
  console.log(JSON.stringify(await runTask(JSON.parse(process.argv[2]))));
}
