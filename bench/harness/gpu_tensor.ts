/**
 * What getBatchTensor() to float16 adds to the decoding of the same frames, on the GPU.
 *
 * @module
 */

import type { Bar, GpuBench, PartResult } from "./gpu_bench.ts";
import { GPU_CLIPS } from "./gpu_clips.ts";
import { guideClip } from "./guide_clips.ts";
import { measureTensorPairs, verifyTensors } from "./tensor_pairs.ts";
import { requestDevice } from "../../mod.ts";
import { round, table } from "./measure.ts";

const MOST = 1.1;
/** Behind the key frames: the first is cheap to decode, the last is what most samples are like. */
const OFFSETS = [0, 5, 15];

/** Runs it. */
export async function benchTensor(bench: GpuBench): Promise<PartResult> {
  const path = guideClip(`${bench.clips}/benchmark_videos`, GPU_CLIPS.sampling[0]);
  await using device = await requestDevice({ backend: "cuda" });
  await using video = await device.createSimpleDecoder(path, { waitForSessionWarmUp: true });
  const { keyFrameIndices } = await video.getScannedStreamMetadata();
  const rows: object[] = [];
  const bars: Bar[] = [];
  const cells: string[][] = [];
  for (const offset of OFFSETS) {
    const indices = [...keyFrameIndices].map((key) => key + offset);
    await verifyTensors(video, indices);
    const result = await measureTensorPairs(
      video,
      indices,
      bench.isQuick ? 2 : 11,
      device.cudaContext,
    );
    rows.push({ framesBehindKey: offset, frames: indices.length, ...result });
    cells.push([
      `${offset}`,
      `${indices.length}`,
      `${result.aloneMs}`,
      `${result.tensorMs}`,
      `${result.ratio}`,
    ]);
    const name = `float16 tensor / frames alone, ${offset} behind the key`;
    bars.push({
      name,
      ratio: round(result.ratio),
      wanted: `<= ${MOST}`,
      isMet: result.ratio <= MOST,
    });
  }
  console.log(table([["behind key", "frames", "alone ms", "tensor ms", "ratio"], ...cells]));
  return { rows, bars };
}
