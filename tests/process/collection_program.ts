/** What the garbage collector may take and what not; prints the outcome of collection_test.ts's mode. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Decoder, type Device, type Frame, requestDevice } from "../../mod.ts";

const [, , mode, path] = process.argv;
const runtime = globalThis as {
  readonly gc?: () => void;
  readonly Bun?: { gc(isSync: boolean): void };
};
const kRounds = 200;

/** Collects garbage until `isDone`, or often enough to say that it never will be. */
async function collectUntil(isDone: () => boolean): Promise<boolean> {
  for (let round = 0; round < kRounds && !isDone(); round++) {
    runtime.gc?.();
    runtime.Bun?.gc(true);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return isDone();
}

async function framesOf(device: Device, label: string): Promise<Frame[]> {
  await using demuxer = await device.createDemuxer(path);
  await using decoder = await device.createDecoder({ codec: demuxer.codec, label });
  return await Array.fromAsync(decoder.frames(demuxer));
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

/** Takes the memory of freed frames again and again. */
async function overwrite(device: Device): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const frame of await framesOf(device, "overwrite")) frame.close();
  }
}

const warnings: string[] = [];
console.warn = (text: string) => void warnings.push(text);

/** Frames, tensors, capsules, decoders and demuxers that are dropped are freed, with a warning for each label. */
async function dropped(device: Device): Promise<unknown> {
  const before = (await framesOf(device, "first")).length +
    (await framesOf(device, "second")).length;
  const frames = await collectUntil(() => device.stats.liveFrames === 0);
  await (async () => {
    const demuxer = await device.createDemuxer(path, { label: "a demuxer" });
    await device.createDecoder({ codec: demuxer.codec, label: "a decoder" });
    using frame = (await framesOf(device, "first"))[0];
    await frame.toTensor();
    frame.toDLPack();
  })();
  const { liveCapsules } = device.stats;
  const all = await collectUntil(() => device.stats.liveHandles + device.stats.liveCapsules === 0);
  return { before, frames, liveCapsules, all, frameBytes: device.stats.frameBytes, warnings };
}

/** Muxers that are dropped are closed: no temporary file stays, and their streams end. */
async function muxers(device: Device): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-dropped-"));
  const body = await (async () => {
    const written = join(folder, "out.mkv");
    const file = await device.createMuxer(written, { label: "a file" });
    const stream = await device.createMuxer({ readable: true }, { label: "a stream" });
    const before = readdirSync(folder).length + file.tracks.length + stream.tracks.length;
    return { before, ended: new Response(stream.readable).arrayBuffer().catch(({ name }) => name) };
  })();
  const all = await collectUntil(() => device.stats.liveHandles === 0);
  const { before, ended } = body;
  const files = readdirSync(folder).length;
  rmSync(folder, { recursive: true });
  return { before, all, files, ended: await ended, warnings };
}

/** Out of reach of the stack, where JavaScriptCore takes any word for a reference. */
const kept: { views: Uint8Array[]; shown: Uint8Array[] } = { views: [], shown: [] };

/** Keeps views of some frames, and what they show, but no frame. */
async function keepViews(device: Device): Promise<void> {
  const frames = await framesOf(device, "viewed");
  kept.views = frames.slice(0, 5).map((frame) => frame.planes[1].data);
  kept.shown = kept.views.map((view) => view.slice());
}

/** A frame whose view is in use stays, and is freed when the view is gone. */
async function viewed(device: Device): Promise<unknown> {
  await keepViews(device);
  const others = await collectUntil(() => device.stats.liveFrames === 5);
  await overwrite(device);
  await collectUntil(() => device.stats.liveFrames < 5);
  const { liveFrames } = device.stats;
  const intact = kept.views.every((view, i) => isEqual(view, kept.shown[i]));
  kept.views = [];
  const freed = await collectUntil(() => device.stats.liveFrames === 0);
  return { others, liveFrames, intact, freed };
}

/** A view that was transferred away keeps its bytes after close(): nothing is decoded into them. */
async function transferred(device: Device): Promise<unknown> {
  const frames = await framesOf(device, "transferred");
  const { byteLength } = frames[3];
  const sent = [
    (view: Uint8Array<ArrayBuffer>) => structuredClone(view, { transfer: [view.buffer] }),
    (view: Uint8Array<ArrayBuffer>) => new Uint8Array(view.buffer.transfer()),
  ].map((send, i) => {
    const view = frames[i + 3].data;
    const shown = view.slice();
    return { moved: send(view), shown };
  });
  for (const frame of frames) frame.close();
  const { quarantinedBytes, liveFrames } = device.stats;
  await overwrite(device);
  const intact = sent.map(({ moved, shown }) => isEqual(moved, shown));
  return { enough: quarantinedBytes >= 2 * byteLength, liveFrames, intact };
}

/** Leaving a loop closes what was decoded ahead: no collector is needed. */
async function broken(device: Device): Promise<unknown> {
  await using demuxer = await device.createDemuxer(path);
  const decoder: Decoder = await device.createDecoder({ codec: demuxer.codec });
  for await (using frame of decoder.frames(demuxer)) {
    if (!frame.isClosed) break;
  }
  const afterBreak = device.stats.liveFrames;
  await decoder.reset();
  await demuxer.seek(0);
  const thrown = await (async () => {
    for await (using frame of decoder.frames(demuxer)) throw new Error(frame.format);
  })().catch((error) => error.message);
  const afterThrow = device.stats.liveFrames;
  decoder.close();
  return { afterBreak, thrown, afterThrow };
}

const modes: Readonly<Record<string, (device: Device) => Promise<unknown>>> = {
  ...{ dropped, muxers, viewed, transferred, broken },
};
using device = await requestDevice();
console.log(JSON.stringify(await modes[mode](device)));
