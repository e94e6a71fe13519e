/**
 * The guide's logs of bench/segmented_transcode.ts: what was done, so that it can be done again.
 *
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Segment } from "./segments.ts";

/** What a step was. */
export type StepType =
  | "video_generation"
  | "video_reuse"
  | "video_input"
  | "segment_creation"
  | "transcoding"
  | "summary";

/** One of the steps of a log. */
export interface LogStep {
  /** What it was. */
  readonly type: StepType;
  /** The same for people. */
  readonly description: string;
  /** When it was done. */
  readonly timestamp: string;
  /** What it was told. */
  readonly params: Readonly<Record<string, unknown>>;
  /** What it gave. */
  readonly results: Readonly<Record<string, unknown>>;
}

/** A log in its file, which is complete after every step. */
export class RunLog {
  /** Its file. */
  readonly path: string;
  readonly #timestamp: string;
  readonly #args: readonly string[];
  readonly #steps: LogStep[] = [];

  /** Begins it; `args` are the command line. */
  constructor(path: string, args: readonly string[]) {
    this.path = path;
    this.#timestamp = new Date().toISOString();
    this.#args = args;
    mkdirSync(dirname(path), { recursive: true });
  }

  /** Adds a step, and tells of it. */
  step(type: StepType, description: string, more: Partial<LogStep> = {}): void {
    console.error(description);
    const { params = {}, results = {} } = more;
    const timestamp = new Date().toISOString();
    this.#steps.push({ type, description, timestamp, params, results });
    const log = { timestamp: this.#timestamp, args: this.#args, steps: this.#steps, results };
    writeFileSync(this.path, JSON.stringify(log, null, 2) + "\n");
  }
}

/** Name of a log that begins now, such as "run_20261127_123045.json". */
export function logName(kind: "run" | "replay", now: Date = new Date()): string {
  const [day, time] = now.toISOString().split("T");
  return `${kind}_${day.replaceAll("-", "")}_${time.slice(0, 8).replaceAll(":", "")}.json`;
}

/** What a log says that was done. */
export interface LoggedRun {
  /** The command line. */
  readonly args: readonly string[];
  /** The segments. */
  readonly segments: readonly Segment[];
}

/**
 * Reads a log.
 *
 * @throws {TypeError} if it is none, or ended before there were segments
 */
export function readLog(path: string): LoggedRun {
  const { args, steps } = JSON.parse(readFileSync(path, "utf8"));
  const made = (Array.isArray(steps) ? steps as LogStep[] : [])
    .find(({ type }) => type === "segment_creation");
  const segments = made?.results.segments;
  if (!Array.isArray(args) || !Array.isArray(segments)) {
    throw new TypeError(`${path} is no log of a run that had segments`);
  }
  return { args, segments };
}
