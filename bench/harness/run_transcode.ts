/**
 * Transcodes with cuframe. The same file runs in Deno and in Bun.
 * Usage: run_transcode.ts JOB.json; what a job is: TranscodeWork.
 * It prints the frames that it wrote and the transcoder's counters.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { requestDevice, type TranscoderDescriptor, type TranscodeSegment } from "../../mod.ts";

/** What is to be done. */
export interface TranscodeWork {
  /** The video. */
  readonly input: string;
  /** How it is encoded. */
  readonly config: TranscoderDescriptor;
  /** Where. */
  readonly device: { readonly backend: "cpu" | "cuda"; readonly gpu?: number };
  /** Parts of it with their files; a file's path: all of it. */
  readonly output: string | readonly (TranscodeSegment & { readonly output: string })[];
  /** How many segments at once. */
  readonly concurrency: number;
}

const work: TranscodeWork = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { input, config, output, concurrency } = work;
await using device = await requestDevice(work.device);
await using transcoder = await device.createTranscoder(input, null, config);
const results = typeof output === "string"
  ? [await transcoder.transcodeWithMux({ output, overwrite: true })]
  : await transcoder.transcodeSegments(output, { concurrency, overwrite: true });
const { decodersCreated, encodersCreated, hostCopies, packetsDecoded } = transcoder.stats;
console.log(JSON.stringify({
  frames: results.reduce((sum, { frames }) => sum + frames, 0),
  ...{ decodersCreated, encodersCreated, hostCopies, packetsDecoded },
  ...{ decoder: results[0].decoder, encoder: results[0].encoder },
}));
