/**
 * Where the benchmarks keep what they make, and what every result says about its machine.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

/** The repository's root, with a slash at the end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Clips, programs and peers, made when needed; not committed. */
export const CACHE = `${ROOT}build/bench/`;
/** What was measured; committed. */
export const RESULTS = `${ROOT}bench/results/`;
/** The library that is measured. */
export const LIBRARY = `${ROOT}build/release/libcuframe.so`;

/** What a benchmark was run on. */
export interface Machine {
  /** Model of the processor. */
  readonly cpu: string;
  /** Processors that this process may use. */
  readonly cores: number;
  /** Memory in MB. */
  readonly memoryMb: number;
  /** Version of Linux. */
  readonly kernel: string;
}

/** What this machine is. */
export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 2 ** 20),
    kernel: release(),
  };
}

/**
 * Runs a command to its end and gives its standard output.
 *
 * @throws {Error} with its standard error if it fails
 */
export function output(command: readonly string[]): string {
  const [program, ...args] = command;
  const run = spawnSync(program, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 26 });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) throw new Error(`${command.join(" ")} failed:\n${run.stderr}`);
  return run.stdout;
}

/** The first line a command prints about itself, or why it cannot be run. */
export function versionOf(...command: string[]): string {
  try {
    return output(command).split("\n")[0].trim();
  } catch (error) {
    return `not available: ${(error as Error).message.split("\n")[0]}`;
  }
}

/** Versions of everything that every benchmark uses. */
export function versions(): Record<string, string> {
  return {
    deno: versionOf("deno", "--version"),
    bun: `bun ${versionOf("bun", "--version")}`,
    ffmpeg: versionOf("ffmpeg", "-version").replace(/ Copyright.*/, ""),
    libavcodec: versionOf("pkg-config", "--modversion", "libavcodec"),
    libswscale: versionOf("pkg-config", "--modversion", "libswscale"),
    commit: versionOf("git", "describe", "--always", "--dirty"),
  };
}

/** Makes a file of the cache by `make`, which is given a temporary path, unless it is there. */
export function cached(
  name: string,
  isFresh: (path: string) => boolean,
  make: (path: string) => void,
): string {
  const path = CACHE + name;
  if (existsSync(path) && isFresh(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const part = path.replace(/([^/]*)$/, "part-$1");
  make(part);
  renameSync(part, path);
  return path;
}

/** Makes a clip with the ffmpeg command, once; a change of `args` makes it anew. */
export function clip(name: string, args: readonly string[]): string {
  const note = `${CACHE}${name}.command`;
  const isFresh = () => existsSync(note) && readFileSync(note, "utf8") === args.join(" ");
  return cached(name, isFresh, (path) => {
    console.error(`making ${name} ...`);
    output(["ffmpeg", "-v", "error", "-nostdin", "-y", ...args, path]);
    writeFileSync(note, args.join(" "));
  });
}

/** Compiles bench/peers/NAME.c against what pkg-config knows, when it is newer than the program. */
export function program(name: string, packages: readonly string[] = []): string {
  const source = `${ROOT}bench/peers/${name}.c`;
  const isFresh = (path: string) => statSync(path).mtimeMs > statSync(source).mtimeMs;
  return cached(name, isFresh, (path) => {
    const flags = packages.length === 0
      ? []
      : output(["pkg-config", "--cflags", "--libs", ...packages]).trim().split(/\s+/);
    const include = `-I${ROOT}csrc/include`;
    const warnings = ["-Wall", "-Wextra", "-Werror"];
    output(["cc", "-O2", "-std=gnu11", ...warnings, include, source, "-o", path, ...flags, "-ldl"]);
  });
}

/** Writes bench/results/NAME.json, with the date, the machine and the versions in front. */
export function writeResult(name: string, result: object): void {
  mkdirSync(RESULTS, { recursive: true });
  const about = { date: new Date().toISOString(), machine: machine(), versions: versions() };
  const path = `${RESULTS}${name}.json`;
  writeFileSync(path, JSON.stringify({ ...about, ...result }, null, 2) + "\n");
  console.log(`written to ${path}`);
}
