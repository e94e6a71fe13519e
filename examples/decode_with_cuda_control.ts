/**
 * Decodes on a GPU in a CUDA context and on a CUDA stream of the script's own, and copies the frames on that
 * stream: nothing else waits.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/decode_with_cuda_control.ts -i in.mp4 -o out.yuv
 *   bun examples/decode_with_cuda_control.ts -i in.mp4
 *
 * -i, --input   the video
 * -o, --output  file for the raw frames, one after another; "-" (default) for none
 * -g, --gpu     number of the GPU; default 0
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Frame, requestDevice } from "../mod.ts";
import { CudaStream } from "./cuda_driver.ts";

/** The frame's bytes, by work on the caller's stream: it finds the frame complete, and no event is needed. */
function read(frame: Frame, cuda: CudaStream, bytes: Uint8Array<ArrayBuffer>) {
  const target = bytes.length === frame.byteLength ? bytes : new Uint8Array(frame.byteLength);
  if (frame.devicePointer === null) throw new Error("The frame is not in a GPU's memory");
  cuda.copyToHost(target, frame.devicePointer);
  return target;
}

async function decode(cuda: CudaStream, input: string, gpu: number, file: number | null) {
  // The GPU's frames stay where they are: `backend: "cuda"` has useDeviceMemory as its default.
  await using device = await requestDevice({ backend: "cuda", gpu, cudaContext: cuda.context });
  await using demuxer = await device.createDemuxer(input);
  await using decoder = await device.createDecoder({
    codec: demuxer.codec,
    cudaStream: cuda.stream,
  });
  let frames = 0;
  let bytes = new Uint8Array(0);
  for await (using frame of decoder.frames(demuxer)) {
    frames++;
    bytes = read(frame, cuda, bytes);
    for (let at = 0; file !== null && at < bytes.length;) at += writeSync(file, bytes, at);
  }
  return { frames, codec: demuxer.codec, implementation: decoder.implementation };
}

const { values } = parseArgs({
  options: {
    input: { type: "string", short: "i" },
    output: { type: "string", short: "o", default: "-" },
    gpu: { type: "string", short: "g", default: "0" },
  },
});
const gpu = Number(values.gpu);
if (values.input === undefined || !Number.isInteger(gpu)) {
  throw new TypeError("Usage: decode_with_cuda_control.ts -i INPUT [-o OUTPUT] [-g GPU]");
}
// The context outlives the device and every frame.
using cuda = new CudaStream(gpu);
const file = values.output === "-" ? null : openSync(values.output, "w");
try {
  console.log(JSON.stringify(await decode(cuda, values.input, gpu, file)));
} finally {
  if (file !== null) closeSync(file);
}
