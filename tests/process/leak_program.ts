/** Opens, decodes and closes again and again and prints what is left; started by leak_test.ts. */
import process from "node:process";
import { requestDevice } from "../../mod.ts";

const [, , path, rounds] = process.argv;
const kSampleRounds = 20;
const runtime = globalThis as {
  readonly gc?: () => void;
  readonly Bun?: { gc(isSync: boolean): void };
};

/** Bytes of the process without the garbage that V8 would let grow while it sees memory left. */
function residentBytes(): number {
  runtime.gc?.();
  runtime.Bun?.gc(true);
  return process.memoryUsage().rss;
}

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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

const quarter = sizes.length >> 2;
console.log(JSON.stringify({
  frames,
  liveHandles: device.stats.liveHandles,
  secondQuarter: median(sizes.slice(quarter, 2 * quarter)),
  lastQuarter: median(sizes.slice(-quarter)),
}));
