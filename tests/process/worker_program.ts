/** Workers and the library, in the way that its first argument names; started by worker_test.ts. */
import { createHash } from "node:crypto";
import process from "node:process";
import { requestDevice } from "../../mod.ts";
import { checksums } from "./checksums.ts";
// Only types: at run time it would wait for messages on this thread as well.
import type { PostedPacket, Task } from "./decode_worker.ts";

const [, , mode, path] = process.argv;
const kSurvivors = 3;

class Helper {
  readonly worker = new Worker(new URL("./decode_worker.ts", import.meta.url), { type: "module" });

  start(task: Task): this {
    this.worker.postMessage(task);
    return this;
  }

  answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.worker.onmessage = ({ data }) => resolve(data);
      this.worker.onerror = (event) => reject(new Error(event.message));
    });
  }
}

/** Four Workers decode; one is terminated in the middle, the others and this thread go on. */
async function terminate(): Promise<unknown> {
  const victim = new Helper();
  const going = victim.answer();
  victim.start({ kind: "endless", path });
  const survivors = Array.from({ length: kSurvivors }, () => new Helper());
  const answers = survivors.map((helper) => helper.start({ kind: "file", path }).answer());
  const own = checksums(path);
  await going;
  victim.worker.terminate();
  const after = checksums(path);
  const all = await Promise.all([...answers, own, after]);
  survivors.forEach((helper) => helper.worker.terminate());
  return all;
}

/** What becomes of a frame, and of a tensor, that is posted. */
async function refuse(): Promise<unknown> {
  await using device = await requestDevice();
  await using demuxer = await device.createDemuxer(path);
  await using decoder = await device.createDecoder({ codec: demuxer.codec });
  await using frames = decoder.frames(demuxer);
  using frame = (await frames.next()).value!;
  using tensor = await frame.toTensor();
  const helper = new Helper();
  const refusals = [frame, tensor].map((object) => {
    try {
      helper.worker.postMessage(object);
      return "It was posted";
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  });
  helper.worker.terminate();
  return refusals;
}

/** Packets go to a Worker, and the bytes of its frames come back. */
async function exchange(): Promise<unknown> {
  await using device = await requestDevice();
  await using demuxer = await device.createDemuxer(path);
  const packets: PostedPacket[] = [];
  for await (const { data, timestamp, isKey } of demuxer) {
    packets.push({ data, timestamp: timestamp!, isKey });
  }
  const helper = new Helper().start({ kind: "packets", codec: demuxer.codec, packets });
  const frames = await helper.answer() as Uint8Array[];
  helper.worker.terminate();
  return frames.map((bytes) => createHash("md5").update(bytes).digest("hex"));
}

const modes: Readonly<Record<string, () => Promise<unknown>>> = { terminate, refuse, exchange };
console.log(JSON.stringify(await modes[mode]()));
