/**
 * Decodes on a GPU and ends with a device that nobody closed and decoders of another that are being freed. Arguments: "main" or
 * "worker", where that is done, and the clip.
 */
import process from "node:process";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { requestDevice } from "../../mod.ts";

async function decode(path: string): Promise<void> {
  let frames = 0;
  for (let i = 0; i < 2; i++) {
    const device = await requestDevice({ backend: "cuda" });
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    for await (using _frame of decoder.frames(demuxer)) frames++;
    if (i === 1) device.close();
  }
  console.log(`${frames} frames`);
}

const [place, path] = process.argv.slice(-2);
if (!isMainThread) await decode(workerData as string);
else if (place === "main") await decode(path);
else new Worker(new URL(import.meta.url), { workerData: path });
