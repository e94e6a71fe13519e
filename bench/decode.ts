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
import process from "node:process";
import { parseArgs } from "node:util";
import {
  benchClip,
  type Contestant,
  type ContestantResult,
  contestants,
  FLOOR,
  UNIT,
} from "./harness/contestants.ts";
import { measure, median, pairedRatio, round, type Sample, table } from "./harness/measure.ts";
import { type Peer, PEERS } from "./harness/peers.ts";
import { verifyPixels } from "./harness/verify.ts";
import { ROOT, writeResult } from "./harness/workspace.ts";

/** What is known of a contestant after all rounds. */
interface Row extends ContestantResult {
  readonly command: string;
  readonly walls: readonly number[];
  readonly cpus: readonly number[];
}

/** A contestant that cannot be run here. */
interface Absent {
  readonly name: string;
  readonly reason: string;
}

function installPeers(absent: Absent[]): Peer[] {
  return PEERS.filter((peer) => {
    try {
      peer.install();
      return true;
    } catch (error) {
      absent.push({ name: peer.name, reason: (error as Error).message.slice(0, 500) });
      return false;
    }
  });
}

function checkOutput({ name, expected }: Contestant, { output }: Sample): void {
  if (expected === null) return;
  const printed = JSON.parse(output.trim().split("\n").at(-1) ?? "null");
  for (const [key, value] of Object.entries(expected)) {
    if (printed[key] !== value) {
      throw new Error(`${name} gave ${key} = ${printed[key]}, not ${value}`);
    }
  }
}

/** One run of each before anything counts: fills caches, and drops who fails or gives the wrong output. */
function warmUp(all: readonly Contestant[], absent: Absent[]): Contestant[] {
  return all.filter((contestant) => {
    try {
      checkOutput(contestant, measure(contestant.command));
      return true;
    } catch (error) {
      const { name } = contestant;
      if (name === UNIT || name === FLOOR || name.startsWith("cuframe")) throw error;
      absent.push({ name, reason: (error as Error).message.slice(0, 500) });
      return false;
    }
  });
}

function runRounds(field: readonly Contestant[], rounds: number): Map<string, Sample[]> {
  const samples = new Map<string, Sample[]>(field.map(({ name }) => [name, []]));
  for (let i = 0; i < rounds; i++) {
    // Nobody always runs right after the same other.
    const start = (i * 5) % field.length;
    for (const contestant of [...field.slice(start), ...field.slice(0, start)]) {
      const sample = measure(contestant.command);
      checkOutput(contestant, sample);
      samples.get(contestant.name)!.push(sample);
    }
    console.error(`round ${i + 1} of ${rounds} done`);
  }
  return samples;
}

function summarize(field: readonly Contestant[], samples: Map<string, Sample[]>): Row[] {
  const walls = (name: string) => samples.get(name)!.map(({ wall }) => wall);
  const cpus = (name: string) => samples.get(name)!.map(({ cpu }) => cpu);
  return field.map(({ name, work, command }) => ({
    name,
    work,
    command: command.join(" "),
    wallSeconds: round(median(walls(name))),
    cpuSeconds: round(median(cpus(name))),
    peakRssMb: round(Math.max(...samples.get(name)!.map(({ rssMb }) => rssMb)), 1),
    wallToUnit: round(pairedRatio(walls(name), walls(UNIT))),
    cpuToUnit: round(pairedRatio(cpus(name), cpus(UNIT))),
    wallToFloor: round(pairedRatio(walls(name), walls(FLOOR))),
    cpuToFloor: round(pairedRatio(cpus(name), cpus(FLOOR))),
    walls: walls(name).map((value) => round(value)),
    cpus: cpus(name).map((value) => round(value)),
  }));
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
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      pairs: { type: "string", default: "11" },
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      peers: { type: "boolean", default: false },
    },
  });
  const rounds = values.quick ? 2 : Number(values.pairs);
  if (!(Number.isInteger(rounds) && rounds > 0)) throw new RangeError("--pairs takes a count");
  const frames = values.quick ? 60 : 300;
  const absent: Absent[] = [];
  const peers = values.peers ? installPeers(absent) : [];
  const all = contestants(frames, peers).filter(({ name }) =>
    [UNIT, FLOOR].includes(name) || values.only.length === 0 ||
    values.only.some((text) => name.includes(text))
  );
  verifyPixels(relative(ROOT, benchClip(frames)), frames);
  const field = warmUp(all, absent);
  const rows = summarize(field, runRounds(field, rounds));
  print(rows, absent);
  if (values.quick || values.only.length > 0) return;
  const packages = peers.map((peer) => peer.packages).flat();
  const about = { rounds, frames, packages, unit: UNIT, floor: FLOOR };
  writeResult("decode", { ...about, contestants: rows, absent });
}

main();
