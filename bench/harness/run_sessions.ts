/**
 * Decodes a file in many sessions of one process, as bench/peers/nvdec_loop.c does, and prints the same JSON.
 * Usage: run_sessions.ts FILE SESSIONS cuda|cpu; frames stay where they are decoded.
 *
 * @module
 */

import process from "node:process";
import { type Device, requestDevice } from "../../mod.ts";

const [, , file, count, backend] = process.argv;

interface Session {
  readonly frames: number;
  readonly first: number;
  readonly last: number;
}

async function decode(device: Device): Promise<Session> {
  using demuxer = await device.createDemuxer(file);
  using decoder = await device.createDecoder({ codec: demuxer.codec });
  let frames = 0;
  let first = 0;
  for await (const frame of decoder.frames(demuxer)) {
    frame.close();
    if (frames++ === 0) first = (performance.now() - start) / 1000;
  }
  return { frames, first, last: (performance.now() - start) / 1000 };
}

await using device = await requestDevice({ backend: backend as "cuda" | "cpu" });
const start = performance.now();
const sessions = await Promise.all(Array.from({ length: Number(count) }, () => decode(device)));
const frames = sessions.reduce((sum, session) => sum + session.frames, 0);
const firstFrame = Math.min(...sessions.map(({ first }) => first));
const seconds = Math.max(...sessions.map(({ last }) => last));
console.log(JSON.stringify({
  ...{ sessions: sessions.length, frames, seconds, firstFrame },
  allStarted: Math.max(...sessions.map(({ first }) => first)),
  fps: frames / seconds,
  steadyFps: frames / (seconds - firstFrame),
}));
