/**
 * Tells whether the report that a process left of the simulated driver (CUFSIM_REPORT) is clean: the
 * driver was used, nothing of it is left, and nothing was done that a real driver punishes.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";

interface Report {
  readonly total_calls: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly problem_count: number;
  readonly problems: readonly string[];
}

/** Counters of what was done; the others count what is alive. */
const kSums =
  /^(pictures_|parser_us|decoder_us|kernels|copies|(de|en)coders_(created|reconfigured)|encoded_bytes|encode_host_copies|encoder_restarts)/;

const [, , path] = process.argv;
const report = JSON.parse(await readFile(path, "utf8")) as Report;
const left = Object.entries(report.counters).filter(([name, value]) =>
  value !== 0 && !kSums.test(name)
);
const faults = [
  ...report.total_calls === 0 ? ["The simulated driver was never called"] : [],
  ...left.map(([name, value]) => `Left at exit: ${value} ${name}`),
  ...report.problems,
];
for (const fault of faults.slice(0, 50)) console.log(fault);
process.exitCode = faults.length === 0 && report.problem_count === 0 ? 0 : 1;
