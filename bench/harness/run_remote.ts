/**
 * Reads a clip with cuframe from wherever it is, as a script would. The same file runs in Deno and in Bun.
 * Usage: run_remote.ts CLIP decode|random|packets
 * It prints how much it got: frames of the whole clip, some frames of all of it, or packets.
 *
 * @module
 */

import process from "node:process";
import { type Device, requestDevice } from "../../mod.ts";
import { randomIndices } from "./random_indices.ts";

const RANDOM_FRAMES = 10;

const modes: Readonly<Record<string, (device: Device, clip: string) => Promise<number>>> = {
  decode: async (device, clip) => {
    using demuxer = await device.createDemuxer(clip);
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    let count = 0;
    for await (using frame of decoder.frames(demuxer)) count += frame.data.length > 0 ? 1 : 0;
    return count;
  },
  random: async (device, clip) => {
    await using video = await device.createSimpleDecoder(clip);
    const indices = randomIndices(video.length, RANDOM_FRAMES, 1);
    const frames = await video.getBatchFramesByIndex(indices);
    for (const frame of frames) frame.close();
    return frames.length;
  },
  packets: async (device, clip) => {
    using demuxer = await device.createDemuxer(clip);
    let count = 0;
    for await (const packet of demuxer) count += packet.data.length > 0 ? 1 : 0;
    return count;
  },
};

const [clip, mode] = process.argv.slice(2);
using device = await requestDevice();
console.log(JSON.stringify({ count: await modes[mode](device, clip) }));
