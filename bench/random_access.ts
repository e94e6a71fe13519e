/**
 * Random access to 1080p H.264: cuframe against the ffmpeg command and, with --peers, other libraries. Every
 * contestant is a whole child process, opening and indexing included; each round wants other frames, and every
 * frame that a contestant gives is checked. Then: many short clips by one decoder, a consumer that works, and
 * the memory that many calls leave.
 *
 *     deno run -A bench/random_access.ts [--pairs 11] [--quick] [--only TEXT]... [--peers]
 *
 * --quick: 2 pairs, 50 clips instead of 500, 2,000 calls instead of 10,000; not written to bench/results.
 * --only: contestants whose name contains TEXT, beside the unit, and no memory.
 *
 * @module
 */

import { clip } from "../tests/support/clips.ts";
import { CLIP_FRAMES, clipFolder } from "./harness/clip_folder.ts";
import { script, UNIT } from "./harness/contestants.ts";
import { measure, type Sample, table } from "./harness/measure.ts";
import { PEERS } from "./harness/peers.ts";
import {
  clipField,
  consumerField,
  randomField,
  type Runtime,
  RUNTIMES,
} from "./harness/random_contestants.ts";
import { figuresOf, type LimitedFigure, memoryFigures } from "./harness/random_figures.ts";
import {
  type Absent,
  type Entrant,
  installPeers,
  type Measured,
  measured,
  readRoundOptions,
  runRounds,
  warmUp,
} from "./harness/rounds.ts";
import { writeResult } from "./harness/workspace.ts";

const FRAMES = 300;
/** Rounds of what takes long and varies little. */
const LONG_ROUNDS = 3;

interface Row extends Measured {
  readonly name: string;
  readonly command: string;
}

function readOptions() {
  const values = readRoundOptions();
  return { ...values, clips: values.quick ? 50 : 500, calls: values.quick ? 2000 : 10_000 };
}

/** One contestant after the other, once to warm up and then in rounds. */
function run(
  fieldOf: (round: number) => Entrant[],
  rounds: number,
  only: readonly string[],
  absent: Absent[],
): Map<string, Sample[]> {
  const isWanted = ({ name }: Entrant) =>
    name === UNIT || only.length === 0 || only.some((text) => name.includes(text));
  const isRequired = (name: string) => name === UNIT || name.startsWith("cuframe");
  const field = warmUp(fieldOf(0).filter(isWanted), absent, isRequired);
  const names = new Set(field.map(({ name }) => name));
  return runRounds((round) => fieldOf(round).filter(({ name }) => names.has(name)), rounds);
}

async function memoryLeft(runtime: Runtime, calls: number): Promise<LimitedFigure[]> {
  const { path } = await clip("h264_b_pyramid.mp4");
  const [command, ...rest] = script(runtime, "tests/process/random_leak_program.ts");
  // As the test does: V8 would let garbage grow while it sees memory left.
  const flags = runtime === "deno" ? ["--v8-flags=--expose-gc"] : [];
  const [action, ...others] = rest;
  return memoryFigures(
    runtime,
    calls,
    measure([command, action, ...flags, ...others, path, String(calls)]),
  );
}

function print(rows: readonly Row[], figures: readonly LimitedFigure[]): void {
  console.log(table([
    ["contestant", "wall s", "cpu s", "RSS MB", "wall/unit", "cpu/unit"],
    ...rows.map((row) => [
      row.name,
      row.wallSeconds.toFixed(2),
      row.cpuSeconds.toFixed(2),
      row.peakRssMb.toFixed(0),
      row.wallToUnit.toFixed(3),
      row.cpuToUnit.toFixed(3),
    ]),
  ]));
  console.log(table([
    ["figure", "measured", "at most", ""],
    ...figures.map(({ what, value, limit, unit }) => [
      what,
      `${value}${unit}`,
      `${limit}${unit}`,
      value <= limit ? "met" : "MISSED",
    ]),
  ]));
}

async function main(): Promise<void> {
  const { rounds, clips, calls, only, quick, ...options } = readOptions();
  const absent: Absent[] = [];
  const peers = options.peers ? installPeers(PEERS, absent) : [];
  const random = randomField(FRAMES, peers);
  const folder = clipFolder(clips);
  const long = [...clipField(folder, clips, CLIP_FRAMES), ...consumerField(FRAMES)];
  const frameRuns = run(random.of, rounds, only, absent);
  const longRuns = run(() => long, Math.min(rounds, LONG_ROUNDS), only, absent);
  const memory: LimitedFigure[] = [];
  for (const runtime of only.length === 0 ? RUNTIMES : []) {
    memory.push(...await memoryLeft(runtime, calls));
  }

  const unit = frameRuns.get(UNIT)!;
  const commands = new Map([...random.of(0), ...long].map(({ name, command }) => [name, command]));
  const rows = [...frameRuns, ...longRuns].map(([name, samples]) => ({
    name,
    command: commands.get(name)!.join(" "),
    ...measured(samples, unit.slice(0, samples.length)),
  }));
  const runs = new Map([...frameRuns, ...longRuns]);
  const peerNames = peers.map(({ name }) => name);
  const figures = [...figuresOf(runs, peerNames, random.fewestPackets), ...memory];
  print(rows, figures);
  for (const { name, reason } of absent) console.log(`${name}: not available here: ${reason}`);
  if (quick || only.length > 0) return;
  const packages = peers.flatMap((peer) => peer.packages);
  const about = { rounds, frames: FRAMES, clips, calls, packages, unit: UNIT };
  writeResult("random_access", { ...about, figures, contestants: rows, absent });
}

await main();
