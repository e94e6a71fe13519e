/**
 * Who fetches frames in bench/random_access.ts, by which command, and how its frames are checked.
 *
 * @module
 */

import { relative } from "node:path";
import { benchClip, script, UNIT } from "./contestants.ts";
import { fewestPackets } from "./packet_minimum.ts";
import type { Peer } from "./peers.ts";
import { pointCheck } from "./point_check.ts";
import { randomIndices } from "./random_indices.ts";
import type { Entrant } from "./rounds.ts";
import { ROOT } from "./workspace.ts";

/** The runtimes, in which cuframe takes part. */
export const RUNTIMES = ["deno", "bun"] as const;
/** A runtime. */
export type Runtime = typeof RUNTIMES[number];

/** Names of contestants, which the figures refer to. */
export const NAME = {
  random: (runtime: Runtime): string => `cuframe 30 random of 300, ${runtime}`,
  batches: (runtime: Runtime): string => `cuframe all in batches of 32, ${runtime}`,
  threaded: (runtime: Runtime): string => `cuframe all by ThreadedDecoder, ${runtime}`,
  longGop: (runtime: Runtime): string => `cuframe 30 random of 900, ${runtime}`,
  longGopSelect: "ffmpeg select= 30 of 900",
  peer: (name: string): string => `${name} 30 random of 300`,
  reuse: (runtime: Runtime): string => `cuframe clips by one decoder, ${runtime}`,
  anew: (runtime: Runtime): string => `cuframe clips by new decoders, ${runtime}`,
  consumer: (runtime: Runtime): string => `cuframe 10 ms of work a frame, ${runtime}`,
} as const;

const WANTED = 30;
const RUNNER = "bench/harness/run_random_access.ts";
const LONG_FRAMES = 900;
const LONG_GOP = 250;

/** Who fetches frames, for one round. */
export interface RandomField {
  /** The contestants of a round; each round wants other frames, the same ones of all contestants. */
  of(round: number): Entrant[];
  /** Fewest packets that have to be decoded for the 30 of 900 frames of a round. */
  fewestPackets(round: number): number;
}

function everyFrame(frames: number): Entrant[] {
  const path = relative(ROOT, benchClip(frames));
  const all = Array.from({ length: frames }, (_, i) => i);
  const check = pointCheck(path);
  return RUNTIMES.flatMap((runtime) =>
    (["batches", "threaded"] as const).map((mode) => ({
      name: NAME[mode](runtime),
      command: script(runtime, RUNNER, mode, path),
      expected: { frames },
      verify: ({ points }) => check(all, points),
    }))
  );
}

interface Pick {
  readonly wanted: readonly number[];
  /** A contestant that has to give them. */
  entrant(name: string, command: readonly string[]): Entrant;
}

/** What is wanted of a clip, for a seed. */
function picks(path: string, frames: number): (seed: number) => Pick {
  const check = pointCheck(path);
  return (seed) => {
    const wanted = randomIndices(frames, WANTED, seed);
    return {
      wanted,
      entrant: (name, command) => ({
        ...{ name, command },
        expected: { frames: WANTED },
        verify: ({ points }) => check(wanted, points),
      }),
    };
  };
}

function byFfmpeg(path: string, mode: string, wanted: readonly number[]): string[] {
  return script("bun", "bench/peers/ffmpeg_random.ts", path, mode, wanted.join());
}

function byCuframe(runtime: Runtime, path: string, wanted: readonly number[]): string[] {
  return script(runtime, RUNNER, "random", path, wanted.join());
}

function shortGop(path: string, { wanted, entrant }: Pick, peers: readonly Peer[]): Entrant[] {
  return [
    ...RUNTIMES.map((runtime) => entrant(NAME.random(runtime), byCuframe(runtime, path, wanted))),
    entrant(NAME.peer("ffmpeg select="), byFfmpeg(path, "select", wanted)),
    entrant(NAME.peer("ffmpeg -ss for each"), byFfmpeg(path, "seek", wanted)),
    ...peers.flatMap(({ name, random }) =>
      random === null ? [] : [entrant(NAME.peer(name), random(path, wanted))]
    ),
  ];
}

function longGop(path: string, { wanted, entrant }: Pick): Entrant[] {
  return [
    ...RUNTIMES.map((runtime) => entrant(NAME.longGop(runtime), byCuframe(runtime, path, wanted))),
    entrant(NAME.longGopSelect, byFfmpeg(path, "select", wanted)),
  ];
}

/** Who takes turns at frames of 1080p H.264; the unit decodes the clip of `frames` frames. */
export function randomField(frames: number, peers: readonly Peer[]): RandomField {
  const path = relative(ROOT, benchClip(frames));
  const longPath = relative(ROOT, benchClip(LONG_FRAMES, LONG_GOP));
  const unit: Entrant = {
    name: UNIT,
    command: ["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-f", "null", "-"],
    expected: null,
  };
  const all = everyFrame(frames);
  const short = picks(path, frames);
  const long = picks(longPath, LONG_FRAMES);
  const fewest = fewestPackets(longPath);
  return {
    of: (round) => [
      unit,
      ...shortGop(path, short(round), peers),
      ...all,
      ...longGop(longPath, long(round)),
    ],
    fewestPackets: (round) => fewest(long(round).wanted),
  };
}

/** Who decodes `count` clips of a folder one after another. */
export function clipField(folder: string, count: number, clipFrames: number): Entrant[] {
  const path = relative(ROOT, folder);
  return RUNTIMES.flatMap((runtime) =>
    (["reuse", "anew"] as const).map((mode) => ({
      name: NAME[mode](runtime),
      command: script(runtime, RUNNER, mode, path),
      expected: { frames: count * clipFrames },
    }))
  );
}

/** A consumer that works on each frame. */
export function consumerField(frames: number): Entrant[] {
  const path = relative(ROOT, benchClip(frames));
  return RUNTIMES.map((runtime) => ({
    name: NAME.consumer(runtime),
    command: script(runtime, RUNNER, "consumer", path),
    expected: { frames },
  }));
}
