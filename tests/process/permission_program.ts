/** Decodes one frame with the permissions that it has and says what worked; see permission_test.ts. */
import { createHash } from "node:crypto";
import process from "node:process";
import { type Frame, listAdapters, requestDevice } from "../../mod.ts";

async function attempt(use: () => unknown): Promise<string> {
  try {
    return String(await use());
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

async function firstFrame(path: string): Promise<Frame> {
  await using device = await requestDevice();
  await using demuxer = await device.createDemuxer(path);
  await using decoder = await device.createDecoder({ codec: demuxer.codec });
  for await (const frame of decoder.frames(demuxer)) return frame;
  throw new Error("There was no frame");
}

async function copy(owner: { copyTo(bytes: Uint8Array): Promise<unknown>; byteLength: number }) {
  const bytes = new Uint8Array(owner.byteLength);
  await owner.copyTo(bytes);
  return createHash("md5").update(bytes).digest("hex");
}

const paths = process.argv.slice(2);
const results: Record<string, string> = {};
for (const path of paths) {
  results.decode = await attempt(async () => {
    using frame = await firstFrame(path);
    using tensor = await frame.toTensor();
    results.copy = await attempt(() => copy(frame));
    results.view = await attempt(() => frame.data.length);
    results.plane = await attempt(() => frame.planes[0].data.length);
    results.tensorCopy = await attempt(async () => (await copy(tensor)).length);
    results.tensorView = await attempt(() => tensor.data.length);
    results.imageData = await attempt(async () => (await frame.toImageData()).data.length);
    return "done";
  });
}
results.features = await attempt(async () => [...(await listAdapters())[0].features].join(" "));
console.log(JSON.stringify(results));
