/**
 * Transcodes short segments of a clip, one after another, and prints what is left; started by leak_test.ts. Usage:
 * transcode_leak_program.ts CLIP SEGMENTS [cuda].
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { requestDevice, type TranscodeJob } from "../../mod.ts";
import { residentBytes, residentGrowth } from "./resident_memory.ts";

const [, , path, count, backend = "cpu"] = process.argv;
const kSampleRounds = 4;
const kSeconds = 0.2;
const kStarts = 9;
const kAppended = 20; // segments in one file

await using device = await requestDevice({ threads: 2, backend: backend as "cpu" | "cuda" });
const folder = mkdtempSync(join(tmpdir(), "cuframe-transcode-leak-"));
const own = { output: join(folder, "own.mp4"), overwrite: true };
const sizes: number[] = [];
let frames = 0;
let stopped = 0;
let files: string[];
{
  await using transcoder = await device.createTranscoder(path, join(folder, "all.mp4"), {
    ...{ preset: "P1", overwrite: true },
  });
  for (let round = 0; round < Number(count); round++) {
    const start = round % kStarts * kSeconds;
    const options = [{}, own, { output: { bytes: true } } as const][round % 3];
    frames += (await transcoder.segmentedTranscode(start, start + kSeconds, options)).frames;
    if (round % kAppended === kAppended - 1) await transcoder.finish();
    // Giving up in the middle must not leak either.
    if (round % 10 === 0) {
      const job: TranscodeJob = transcoder.transcodeWithMux({
        ...own,
        onProgress: () => job.stop(),
      });
      await job.then(null, () => stopped++);
    }
    if (round % kSampleRounds === 0) sizes.push(residentBytes());
  }
  files = readdirSync(folder).sort();
}

rmSync(folder, { recursive: true });
const { liveHandles } = device.stats;
console.log(JSON.stringify({ frames, stopped, files, liveHandles, ...residentGrowth(sizes) }));
