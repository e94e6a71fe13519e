/**
 * getBatchTensor() against decoding the same frames alone: 64 frames of a 1080p clip, one of each group of
 * pictures, as float16 [N, 3, 224, 224]. Pairs in one process, in turns; the tensor is compared with the
 * frames' own tensors first.
 *
 *     deno run -A bench/batch_tensor.ts [--pairs 11] [--quick]
 *
 * @module
 */

import { requestDevice } from "../mod.ts";
import { benchClip } from "./harness/contestants.ts";
import { readCountOptions } from "./harness/count_options.ts";
import { table } from "./harness/measure.ts";
import { measureTensorPairs, verifyTensors } from "./harness/tensor_pairs.ts";
import { clip, machine, writeResult } from "./harness/workspace.ts";

const FRAMES = 64;
const COPIES = 7;
const { count: pairs, isQuick } = readCountOptions("pairs", 11, 2);
const copy = ["-stream_loop", String(COPIES - 1), "-i", benchClip(300), "-c", "copy"];
await using device = await requestDevice();
await using video = await device.createSimpleDecoder(clip("h264_1080p_2100.mp4", copy), {
  outputColorType: "raw",
});
const { keyFrameIndices } = await video.getScannedStreamMetadata();
const rows = [];
for (const offset of [0, 5, 15]) {
  const indices = [...keyFrameIndices.subarray(0, FRAMES)].map((key) => key + offset);
  await verifyTensors(video, indices);
  rows.push({ framesBehindKey: offset, ...await measureTensorPairs(video, indices, pairs) });
}
console.log(table([
  ["frames behind the key", "decoded alone ms", "tensor ms", "ratio"],
  ...rows.map((row) => Object.values(row).map(String)),
]));
if (!isQuick) writeResult("batch_tensor", { machine: machine(), frames: FRAMES, rows });
