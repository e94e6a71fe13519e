/**
 * Contestants that take turns, so that each round gives one pair for every ratio.
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { wholeNumber } from "./guide_options.ts";
import { measure, median, pairedRatio, round, type Sample } from "./measure.ts";
import type { Peer } from "./peers.ts";

/** A command that takes part. */
export interface Entrant {
  /** Name in the tables. */
  readonly name: string;
  /** The command, to be run in the repository's root. */
  readonly command: readonly string[];
  /** Numbers that it prints as JSON in its last line; null for one that prints nothing. */
  readonly expected: Readonly<Record<string, number>> | null;
  /** Throws if what it printed beside them is wrong. */
  readonly verify?: (printed: Readonly<Record<string, unknown>>) => void;
}

/** A contestant that cannot be run here. */
export interface Absent {
  /** Its name. */
  readonly name: string;
  /** Why. */
  readonly reason: string;
}

/** What was measured of a contestant. */
export interface Measured {
  /** Median wall time of a round. */
  readonly wallSeconds: number;
  /** Median user and system time of a round. */
  readonly cpuSeconds: number;
  /** The greatest resident set of all rounds. */
  readonly peakRssMb: number;
  /** Median of the pairwise wall ratios to the unit. */
  readonly wallToUnit: number;
  /** Median of the pairwise CPU ratios to the unit. */
  readonly cpuToUnit: number;
  /** Wall times of all rounds. */
  readonly walls: readonly number[];
  /** User and system times of all rounds. */
  readonly cpus: readonly number[];
}

/** What the benchmarks of contestants are told. */
export interface RoundOptions {
  /** Number of rounds. */
  readonly rounds: number;
  /** A short look, of which nothing is written. */
  readonly quick: boolean;
  /** Parts of the names of those who take part; all, if none. */
  readonly only: readonly string[];
  /** Whether other libraries take part. */
  readonly peers: boolean;
}

/** Reads them from the command line. */
export function readRoundOptions(): RoundOptions {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      pairs: { type: "string", default: "11" },
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      peers: { type: "boolean", default: false },
    },
  });
  const { pairs, ...others } = values;
  return { ...others, rounds: values.quick ? 2 : wholeNumber("--pairs", pairs) };
}

const REASON_LENGTH = 500;

/** Installs peers; adds to `absent` those that cannot be had. */
export function installPeers(peers: readonly Peer[], absent: Absent[]): Peer[] {
  return peers.filter((peer) => {
    try {
      peer.install();
      return true;
    } catch (error) {
      absent.push({ name: peer.name, reason: (error as Error).message.slice(0, REASON_LENGTH) });
      return false;
    }
  });
}

/** What a program of the benchmarks printed in its last line. */
export function printed({ output }: Sample): Record<string, unknown> {
  return JSON.parse(output.trim().split("\n").at(-1) ?? "null");
}

function check({ name, expected, verify }: Entrant, sample: Sample): void {
  if (expected === null) return;
  const values = printed(sample);
  for (const [key, value] of Object.entries(expected)) {
    if (values[key] !== value) {
      throw new Error(`${name} gave ${key} = ${values[key]}, not ${value}`);
    }
  }
  verify?.(values);
}

/**
 * One run of each before anything counts: fills caches, and drops who fails or gives the wrong output,
 * unless `isRequired`.
 */
export function warmUp<T extends Entrant>(
  all: readonly T[],
  absent: Absent[],
  isRequired: (name: string) => boolean,
): T[] {
  return all.filter((entrant) => {
    try {
      check(entrant, measure(entrant.command));
      return true;
    } catch (error) {
      const { name } = entrant;
      if (isRequired(name)) throw error;
      absent.push({ name, reason: (error as Error).message.slice(0, REASON_LENGTH) });
      return false;
    }
  });
}

/** Runs all of `fieldOf(round)`, which has the same names each time; every output is checked. */
export function runRounds(
  fieldOf: (round: number) => readonly Entrant[],
  rounds: number,
): Map<string, Sample[]> {
  const samples = new Map<string, Sample[]>();
  for (let i = 0; i < rounds; i++) {
    const field = fieldOf(i);
    // Nobody always runs right after the same other.
    const start = (i * 5) % field.length;
    for (const entrant of [...field.slice(start), ...field.slice(0, start)]) {
      const sample = measure(entrant.command);
      check(entrant, sample);
      samples.set(entrant.name, [...samples.get(entrant.name) ?? [], sample]);
    }
    console.error(`round ${i + 1} of ${rounds} done`);
  }
  return samples;
}

/** Medians of the samples of one contestant, beside those of the unit. */
export function measured(samples: readonly Sample[], unit: readonly Sample[]): Measured {
  const walls = samples.map(({ wall }) => wall);
  const cpus = samples.map(({ cpu }) => cpu);
  return {
    wallSeconds: round(median(walls)),
    cpuSeconds: round(median(cpus)),
    peakRssMb: round(Math.max(...samples.map(({ rssMb }) => rssMb)), 1),
    wallToUnit: round(wallRatio(samples, unit)),
    cpuToUnit: round(pairedRatio(cpus, unit.map(({ cpu }) => cpu))),
    walls: walls.map((value) => round(value)),
    cpus: cpus.map((value) => round(value)),
  };
}

/** Median of the pairwise wall ratios. */
export function wallRatio(a: readonly Sample[], b: readonly Sample[]): number {
  return pairedRatio(a.map(({ wall }) => wall), b.map(({ wall }) => wall));
}
