/**
 * The command line of a benchmark that takes how often it runs, and `--quick`.
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { wholeNumber } from "./guide_options.ts";

/** What it says. */
export interface CountOptions {
  /** How many rounds, or pairs. */
  readonly count: number;
  /** A short look, of which nothing is written. */
  readonly isQuick: boolean;
}

/** Reads `--rounds` or `--pairs`, which is `usual` if it is not given; with `--quick` it is `quick`. */
export function readCountOptions(
  name: "rounds" | "pairs",
  usual: number,
  quick = 1,
): CountOptions {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      [name]: { type: "string", default: String(usual) },
      quick: { type: "boolean", default: false },
    },
  });
  const isQuick = values.quick === true;
  return { count: isQuick ? quick : wholeNumber(`--${name}`, String(values[name])), isQuick };
}
