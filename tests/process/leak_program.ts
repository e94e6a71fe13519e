/** Opens, decodes and closes again and again and prints what is left; started by leak_test.ts. */
import process from "node:process";
import { requestDevice } from "../../mod.ts";
import { residentBytes, residentGrowth } from "./resident_memory.ts";

const [, , path, rounds] = process.argv;
const kSampleRounds = 20;

await using device = await requestDevice({ threads: 2 });
const sizes: number[] = [];
let frames = 0;
for (let round = 0; round < Number(rounds); round++) {
  await using demuxer = await device.createDemuxer(path);
  await using decoder = await device.createDecoder({
    codec: demuxer.codec,
    outputColorType: round % 3 === 0 ? "rgb" : "native",
  });
  for await (using frame of decoder.frames(demuxer)) {
    frames += frame.data.length > 0 ? 1 : 0;
    // Leaving early must not leak either.
    if (round % 2 === 1) break;
  }
  if (round % kSampleRounds === 0) sizes.push(residentBytes());
}

const { liveHandles } = device.stats;
console.log(JSON.stringify({ frames, liveHandles, ...residentGrowth(sizes) }));
