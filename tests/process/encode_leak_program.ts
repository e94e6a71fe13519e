/**
 * Makes encoders, encodes and closes again and again and prints what is left; started by leak_test.ts. Usage:
 * encode_leak_program.ts CODEC ROUNDS [cuda]; with "cuda" NVENC encodes, in turns from the host's memory and
 * from a caller's in the GPU.
 */
import process from "node:process";
import { type EncoderInput, requestDevice } from "../../mod.ts";
import { CudaConsumer } from "../support/cuda_consumer.ts";
import { residentBytes, residentGrowth } from "./resident_memory.ts";

const [, , codec, rounds, backend] = process.argv;
const isOnGpu = backend === "cuda";
const kSampleRounds = 10;
const kFrames = 5;
// NVENC takes no smaller ones.
const kSide = isOnGpu ? 160 : 64;

await using device = await requestDevice({ threads: 2, backend: isOnGpu ? "cuda" : "cpu" });
const picture = new Uint8Array(kSide * kSide * 3 / 2).fill(99);
using caller = isOnGpu ? new CudaConsumer(device.cudaContext!) : null;
const inputs: EncoderInput[] = [picture];
if (caller !== null) {
  const data = [caller.hold(picture), false] as const;
  const array = { shape: [kSide * 3 / 2, kSide], typestr: "|u1", data };
  inputs.push({ ...array, stream: caller.stream }, array);
}
const sizes: number[] = [];
let chunks = 0;
for (let round = 0; round < Number(rounds); round++) {
  await using encoder = await device.createEncoder({
    ...{ width: kSide, height: kSide, codec: codec as "h264", preset: "P1" },
  });
  const input = inputs[round % inputs.length];
  for (let i = 0; i < kFrames; i++) chunks += (await encoder.encode(input)).length;
  // Closing with pictures inside must not leak either.
  if (round % 2 === 0) chunks += (await encoder.endEncode()).length;
  if (round % kSampleRounds === 0) sizes.push(residentBytes());
}

const { liveHandles } = device.stats;
console.log(JSON.stringify({ chunks, liveHandles, ...residentGrowth(sizes) }));
