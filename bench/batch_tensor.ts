/**
 * getBatchTensor() against decoding the same frames alone: 64 frames of a 1080p clip, one of each group of
 * pictures, as float16 [N, 3, 224, 224]. Pairs in one process, in turns; the tensor is compared with the
 * frames' own tensors first.
 *
 *     deno run -A bench/batch_tensor.ts [--pairs 11] [--quick]
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { parseArgs } from "node:util";
import { type Frame, requestDevice, type SimpleDecoder } from "../mod.ts";
import { benchClip } from "./harness/contestants.ts";
import { median, round, table } from "./harness/measure.ts";
import { clip, machine, writeResult } from "./harness/workspace.ts";

const FRAMES = 64;
const COPIES = 7;
const TENSOR = {
  dtype: "float16",
  resize: { width: 224, height: 224 },
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

const bytes = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

async function verify(video: SimpleDecoder, indices: number[]): Promise<void> {
  using batch = await video.getBatchTensor(indices, { ...TENSOR, layout: "nchw" });
  const all = bytes(batch.data);
  const size = batch.byteLength / indices.length;
  const frames: Frame[] = await video.getBatchFramesByIndex(indices);
  for (const [i, frame] of frames.entries()) {
    using tensor = await frame.toTensor({ ...TENSOR, layout: "chw" });
    if (Buffer.compare(all.subarray(i * size, (i + 1) * size), bytes(tensor.data)) !== 0) {
      throw new Error(`Frame ${indices[i]} differs in the tensor`);
    }
    frame.close();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function measurePairs(video: SimpleDecoder, indices: number[], pairs: number) {
  const alone: number[] = [];
  const tensor: number[] = [];
  for (let i = 0; i < pairs; i++) {
    alone.push(
      await timed(async () => {
        for (const frame of await video.getBatchFramesByIndex(indices)) frame.close();
      }),
    );
    tensor.push(
      await timed(async () => {
        (await video.getBatchTensor(indices, { ...TENSOR, layout: "nchw" })).close();
      }),
    );
  }
  return {
    aloneMs: round(median(alone), 1),
    tensorMs: round(median(tensor), 1),
    ratio: round(median(tensor.map((ms, i) => ms / alone[i])), 3),
  };
}

const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "11" },
    quick: { type: "boolean", default: false },
  },
});
const copy = ["-stream_loop", String(COPIES - 1), "-i", benchClip(300), "-c", "copy"];
await using device = await requestDevice();
await using video = await device.createSimpleDecoder(clip("h264_1080p_2100.mp4", copy), {
  outputColorType: "raw",
});
const { keyFrameIndices } = await video.getScannedStreamMetadata();
const rows = [];
for (const offset of [0, 5, 15]) {
  const indices = [...keyFrameIndices.subarray(0, FRAMES)].map((key) => key + offset);
  await verify(video, indices);
  const pairs = values.quick ? 2 : Number(values.pairs);
  rows.push({ framesBehindKey: offset, ...await measurePairs(video, indices, pairs) });
}
console.log(table([
  ["frames behind the key", "decoded alone ms", "tensor ms", "ratio"],
  ...rows.map((row) => Object.values(row).map(String)),
]));
if (!values.quick) writeResult("batch_tensor", { machine: machine(), frames: FRAMES, rows });
