/** Copies a clip into one sink after another and prints what is left; started by leak_test.ts. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type MuxerSink, requestDevice } from "../../mod.ts";
import { residentBytes, residentGrowth } from "./resident_memory.ts";

const [, , path, rounds] = process.argv;
const kSampleRounds = 10;

await using device = await requestDevice({ threads: 2 });
const folder = mkdtempSync(join(tmpdir(), "cuframe-mux-leak-"));
const sinks: (() => MuxerSink)[] = [
  () => join(folder, "out.mp4"),
  () => ({ bytes: true }),
  () => new WritableStream(),
  () => ({ readable: true }),
];
const sizes: number[] = [];
let finished = 0;
for (let round = 0; round < Number(rounds); round++) {
  await using demuxer = await device.createDemuxer(path, { streams: "all" });
  await using muxer = await device.createMuxer(sinks[round % 4](), { overwrite: true });
  muxer.copyTracks(demuxer);
  const body = muxer.readable && new Response(muxer.readable).arrayBuffer().catch(() => {});
  for await (const packet of demuxer) await muxer.write(packet);
  // Closing in the middle must not leak either.
  if (round % 8 < 4) {
    await muxer.finish();
    await body;
    finished++;
  }
  if (round % kSampleRounds === 0) sizes.push(residentBytes());
}

const files = readdirSync(folder);
rmSync(folder, { recursive: true });
const { liveHandles } = device.stats;
console.log(JSON.stringify({ finished, files, liveHandles, ...residentGrowth(sizes) }));
