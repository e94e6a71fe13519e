/**
 * Work of a GPU with cuframe, as a script would do it. The same file runs in Deno and in Bun.
 * Usage: run_cuda.ts MODE SOURCE [ARGUMENT]; it prints what the mode gives, as JSON:
 *
 * sample CLIP ENGINES INDEX,...   those frames by so many decoders at once; the decoders are there before
 * reuse FOLDER                    the clips of a folder by one decoder and reconfigureDecoder()
 * anew FOLDER                     the same by new decoders for each
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import process from "node:process";
import { type Device, type Frame, requestDevice } from "../../mod.ts";
import { decodeAnew, decodeReusing } from "./clip_decoding.ts";

const CUDA = { backend: "cuda" } as const;

/** The frames' bytes, wherever they are; closes them. */
async function digest(frames: readonly Frame[]): Promise<string> {
  const hash = createHash("sha256");
  for (const frame of frames) {
    const bytes = new Uint8Array(frame.byteLength);
    await frame.copyTo(bytes);
    hash.update(bytes);
    frame.close();
  }
  return hash.digest("hex");
}

async function framesOf(device: Device, clip: string, indices: readonly number[], engines: number) {
  await using video = await device.createSimpleDecoder(clip, {
    engines,
    waitForSessionWarmUp: true,
  });
  const start = performance.now();
  const frames = await video.getBatchFramesByIndex(indices);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, digest: await digest(frames), stats: video.stats };
}

async function sample(clip: string, engines: string, list: string) {
  const indices = list.split(",").map(Number);
  await using gpu = await requestDevice(CUDA);
  await using cpu = await requestDevice({ backend: "cpu" });
  const { stats, ...measured } = await framesOf(gpu, clip, indices, Number(engines));
  const expected = await framesOf(cpu, clip, indices, 1);
  if (measured.digest !== expected.digest) throw new Error("The frames differ from the CPU's");
  const { decodersCreated, packetsDecoded } = stats;
  return { seconds: measured.seconds, frames: indices.length, decodersCreated, packetsDecoded };
}

async function clips(folder: string, decode: typeof decodeAnew) {
  const paths = readdirSync(folder).sort().map((name) => `${folder}/${name}`);
  const start = performance.now();
  const counts = await decode(paths, CUDA);
  return { seconds: (performance.now() - start) / 1000, clips: paths.length, ...counts };
}

function run([mode, source, ...rest]: string[]): Promise<object> {
  switch (mode) {
    case "sample":
      return sample(source, rest[0], rest[1]);
    case "reuse":
      return clips(source, decodeReusing);
    case "anew":
      return clips(source, decodeAnew);
    default:
      throw new TypeError(`No mode ${mode}`);
  }
}

console.log(JSON.stringify(await run(process.argv.slice(2))));
