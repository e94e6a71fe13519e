/**
 * Fetches random frames of one decoder again and again and prints what is left; started by leak_test.ts and
 * bench/random_access.ts.
 */
import process from "node:process";
import { requestDevice } from "../../mod.ts";
import { readBarcode } from "../support/barcode.ts";
import { residentBytes, residentGrowth } from "./resident_memory.ts";

const [, , path, rounds] = process.argv;
const kSampleRounds = 20;

await using device = await requestDevice({ threads: 2 });
const sizes: number[] = [];
let right = 0;
{
  await using video = await device.createSimpleDecoder(path);
  for (let round = 0; round < Number(rounds); round++) {
    const index = Math.floor(Math.random() * video.length);
    using frame = await video.at(index);
    const { data, stride } = frame.planes[0];
    const number = readBarcode(data, stride, frame.width, frame.height, { bitDepth: 8 });
    if (number === index) right++;
    if (round % kSampleRounds === 0) sizes.push(residentBytes());
  }
}
const { liveHandles, liveFrames } = device.stats;
console.log(JSON.stringify({ right, liveHandles, liveFrames, ...residentGrowth(sizes) }));
