/**
 * Measures whole child processes.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { CACHE, program, ROOT } from "./workspace.ts";

const FIVE_MINUTES_S = 300;

/** What one run of a command used. */
export interface Sample {
  /** Seconds from start to end. */
  readonly wall: number;
  /** Seconds of all its threads and children on a processor, user and system together. */
  readonly cpu: number;
  /** Most memory it held at once, in MB. */
  readonly rssMb: number;
  /** Its standard output. */
  readonly output: string;
}

/**
 * Runs a command from the repository's root and measures it.
 *
 * @throws {Error} if it fails or runs longer than `mostSeconds`
 */
export function measure(
  command: readonly string[],
  cwd: string = ROOT,
  mostSeconds: number = FIVE_MINUTES_S,
): Sample {
  const record = `${CACHE}measured.json`;
  const launcher = program("measure");
  const run = spawnSync(launcher, [record, String(mostSeconds), ...command], {
    cwd,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (run.status !== 0) {
    const reason = run.stderr.trim().split("\n").slice(-20).join("\n");
    throw new Error(`${command.join(" ")} failed with status ${run.status}:\n${reason}`);
  }
  const { wall, user, system, maxrss_kb } = JSON.parse(readFileSync(record, "utf8"));
  return { wall, cpu: user + system, rssMb: maxrss_kb / 1024, output: run.stdout };
}

/** The middle value; the mean of both for an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of `a[i] / b[i]`, where the values of one index were measured one after the other. */
export function pairedRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((value, i) => value / b[i]));
}

/** Rounds for people and for small diffs of the results. */
export function round(value: number, digits = 3): number {
  return Number(value.toFixed(digits));
}

/** Lines of a table: the first row is its head, the first column stands to the left. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ")
  ).join("\n");
}
