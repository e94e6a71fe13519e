/**
 * Decoding one 1080p H.264 clip: cuframe against the ffmpeg command, a plain C loop over the same libav and,
 * with --peers, other libraries. Every contestant is a whole child process; the contestants take turns, so
 * that each round gives one pair for every ratio. Outputs are verified before anything is timed.
 *
 *     deno run -A bench/decode.ts [--pairs 11] [--quick] [--only TEXT]... [--peers]
 *
 * --quick: 2 pairs on a clip of 60 frames, not written to bench/results. --only: contestants whose name
 * contains TEXT, beside the unit and the plain C loop. --peers: installs and measures the other libraries.
 *
 * @module
 */

import { relative } from "node:path";
import {
  benchClip,
  type Contestant,
  type ContestantResult,
  contestants,
  FLOOR,
  UNIT,
} from "./harness/contestants.ts";
import { type Sample, table } from "./harness/measure.ts";
import { PEERS } from "./harness/peers.ts";
import {
  type Absent,
  installPeers,
  measured,
  readRoundOptions,
  runRounds,
  warmUp,
} from "./harness/rounds.ts";
import { verifyPixels } from "./harness/verify.ts";
import { ROOT, writeResult } from "./harness/workspace.ts";

/** What is known of a contestant after all rounds. */
interface Row extends ContestantResult {
  readonly command: string;
  readonly walls: readonly number[];
  readonly cpus: readonly number[];
}

function summarize(field: readonly Contestant[], samples: Map<string, Sample[]>): Row[] {
  const [unit, floor] = [UNIT, FLOOR].map((name) => samples.get(name)!);
  return field.map(({ name, work, command }) => {
    const own = samples.get(name)!;
    const toFloor = measured(own, floor);
    return {
      ...{ name, work, command: command.join(" ") },
      ...measured(own, unit),
      wallToFloor: toFloor.wallToUnit,
      cpuToFloor: toFloor.cpuToUnit,
    };
  });
}

function print(rows: readonly Row[], absent: readonly Absent[]): void {
  const head = ["contestant", "work", "wall s", "cpu s", "RSS MB", "wall/unit", "cpu/unit"];
  const cells = rows.map((row) => [
    row.name,
    row.work,
    row.wallSeconds.toFixed(2),
    row.cpuSeconds.toFixed(2),
    row.peakRssMb.toFixed(0),
    row.wallToUnit.toFixed(3),
    row.cpuToUnit.toFixed(3),
    row.wallToFloor.toFixed(3),
    row.cpuToFloor.toFixed(3),
  ]);
  console.log(table([[...head, "wall/C loop", "cpu/C loop"], ...cells]));
  for (const { name, command } of rows) console.log(`${name}: ${command}`);
  for (const { name, reason } of absent) console.log(`${name}: not available here: ${reason}`);
}

function main(): void {
  const { rounds, ...values } = readRoundOptions();
  const frames = values.quick ? 60 : 300;
  const absent: Absent[] = [];
  const peers = values.peers ? installPeers(PEERS, absent) : [];
  const all = contestants(frames, peers).filter(({ name }) =>
    [UNIT, FLOOR].includes(name) || values.only.length === 0 ||
    values.only.some((text) => name.includes(text))
  );
  verifyPixels(relative(ROOT, benchClip(frames)), frames);
  const isRequired = (name: string) => [UNIT, FLOOR].includes(name) || name.startsWith("cuframe");
  const field = warmUp(all, absent, isRequired);
  const rows = summarize(field, runRounds(() => field, rounds));
  print(rows, absent);
  if (values.quick || values.only.length > 0) return;
  const packages = peers.map((peer) => peer.packages).flat();
  const about = { rounds, frames, packages, unit: UNIT, floor: FLOOR };
  writeResult("decode", { ...about, contestants: rows, absent });
}

main();
