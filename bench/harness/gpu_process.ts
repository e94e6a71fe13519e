/**
 * Child processes whose output is for people.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { ROOT } from "./workspace.ts";

const TIMEOUT_MS = 240_000;

/** Runs a command from the repository's root; throws with the end of its output if it fails. */
export function run([program, ...args]: readonly string[]): string {
  const result = spawnSync(program, args, {
    ...{ cwd: ROOT, encoding: "utf8", timeout: TIMEOUT_MS, killSignal: "SIGKILL" },
    maxBuffer: 2 ** 26,
  });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) {
    const said = (result.stdout + result.stderr).trim().split("\n").slice(-12).join("\n");
    throw new Error(`${program} ${args.join(" ")} ended with ${result.status}:\n${said}`);
  }
  return result.stdout;
}
