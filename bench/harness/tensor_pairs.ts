/**
 * Tensors of a batch against the decoding of the same frames alone.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Frame, SimpleDecoder, Tensor } from "../../mod.ts";
import { finishGpuWork } from "./gpu_finish.ts";
import { median, round } from "./measure.ts";

/** Medians of pairs in turns. */
export interface TensorPairs {
  /** Milliseconds of getBatchFramesByIndex(). */
  readonly aloneMs: number;
  /** Milliseconds of getBatchTensor(). */
  readonly tensorMs: number;
  /** Median of the pairwise ratios. */
  readonly ratio: number;
}

const TENSOR = {
  dtype: "float16",
  resize: { width: 224, height: 224 },
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

async function bytesOf(tensor: Tensor): Promise<Uint8Array> {
  const bytes = new Uint8Array(tensor.byteLength);
  await tensor.copyTo(bytes);
  return bytes;
}

/** Throws unless a batch holds the frames' own tensors. */
export async function verifyTensors(
  video: SimpleDecoder,
  indices: readonly number[],
): Promise<void> {
  using batch = await video.getBatchTensor(indices, { ...TENSOR, layout: "nchw" });
  const all = await bytesOf(batch);
  const size = batch.byteLength / indices.length;
  const frames: Frame[] = await video.getBatchFramesByIndex(indices);
  for (const [i, frame] of frames.entries()) {
    using tensor = await frame.toTensor({ ...TENSOR, layout: "chw" });
    if (Buffer.compare(all.subarray(i * size, (i + 1) * size), await bytesOf(tensor)) !== 0) {
      throw new Error(`Frame ${indices[i]} differs in the tensor`);
    }
    frame.close();
  }
}

async function timed(work: () => Promise<Disposable[]>, context: bigint | null): Promise<number> {
  const start = performance.now();
  const made = await work();
  if (context !== null) finishGpuWork(context);
  const milliseconds = performance.now() - start;
  for (const it of made) it[Symbol.dispose]();
  return milliseconds;
}

/** Measures pairs; with a CUcontext, until the GPU is done with them. */
export async function measureTensorPairs(
  video: SimpleDecoder,
  indices: readonly number[],
  pairs: number,
  cudaContext: bigint | null = null,
): Promise<TensorPairs> {
  const alone: number[] = [];
  const tensor: number[] = [];
  for (let i = 0; i < pairs; i++) {
    alone.push(await timed(() => video.getBatchFramesByIndex(indices), cudaContext));
    const batch = async () => [await video.getBatchTensor(indices, { ...TENSOR, layout: "nchw" })];
    tensor.push(await timed(batch, cudaContext));
  }
  return {
    aloneMs: round(median(alone), 1),
    tensorMs: round(median(tensor), 1),
    ratio: round(median(tensor.map((ms, i) => ms / alone[i])), 3),
  };
}
