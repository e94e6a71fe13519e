/** Runs programs of this folder in the runtime that runs the test. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Whether this is Deno; otherwise it is Bun. */
export const isDeno: boolean = process.versions.deno !== undefined;
/** Settings of a test that starts processes: Bun's default of 5 s is short for a busy machine. */
export const LIMIT: { readonly timeout: number } = { timeout: 120_000 };
/** The same for a test of what only Deno has. */
export const IN_DENO: { readonly timeout: number; readonly skip: string | boolean } = {
  ...LIMIT,
  skip: isDeno ? false : "Bun has no permissions",
};

/** How a process ended. */
export interface Ending {
  /** Exit status; null if a signal ended it, which a hang does too. */
  readonly code: number | null;
  /** Name of the signal that ended it. */
  readonly signal: string | null;
  /** All of its standard output. */
  readonly stdout: string;
  /** All of its standard error. */
  readonly stderr: string;
}

/** How a program is started. */
export interface StartOptions {
  /** What follows the program. */
  readonly args?: readonly string[];
  /** Deno's permission flags; default: all. */
  readonly permissions?: readonly string[];
  /** Deno's other flags. */
  readonly denoFlags?: readonly string[];
  /** Variables beside PATH, HOME and NO_COLOR. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Less than LIMIT, so that a hang is told of; the slowest program takes 20 s on a busy machine. */
const PATIENCE_MS = 110_000;

/** Runs a program of this folder, or at an absolute path, to its end. */
export function runProgram(program: string, options: StartOptions = {}): Promise<Ending> {
  const { args = [], permissions = ["-A"], denoFlags = [] } = options;
  const before = isDeno
    ? ["run", "--no-check", "--no-prompt", "--quiet", ...denoFlags, ...permissions]
    : [];
  const path = fileURLToPath(new URL(program, import.meta.url));
  return runCommand(process.execPath, [...before, path, ...args], options.environment);
}

/** The permissions that the comment of an example tells Deno's users to give. */
export function documentedPermissions(name: string): string[] {
  const text = readFileSync(new URL(`../../examples/${name}`, import.meta.url), "utf8");
  const command = /deno run ([^\n]*?) (?:\\\n|examples\/)/.exec(text)?.[1] ?? "";
  return command.split(" ").filter((word) => word.startsWith("--allow"));
}

/** Runs any command to its end; one that hangs is killed. */
export function runCommand(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ending> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(command, [...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH, HOME, NO_COLOR: "1", ...environment },
  });
  const deadline = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => stdout += data);
  child.stderr.on("data", (data) => stderr += data);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(deadline);
      resolve({ code, signal, stdout, stderr });
    });
  });
}
