/**
 * Finds and opens the native library, once for each JS thread and when it is first needed.
 *
 * @module
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { ABI_HASH, ABI_VERSION } from "./abi.ts";
import { openInBun, probeInBun } from "./bun.ts";
import { environmentInDeno, isDenied, openInDeno, probeInDeno } from "./deno.ts";
import { startLog } from "./log_writer.ts";
import type { Native } from "./native.ts";
import { traced } from "./trace.ts";

/** The native library could not be found or used. */
export class LibraryError extends Error {
  /** The class's name. */
  override name = "LibraryError";
}

/** The opened native library. */
export interface Library extends Native {
  /** The file it was loaded from. */
  readonly path: string;
}

/** Places to look at: a path, or why there is none. */
interface Candidate {
  readonly name: string;
  readonly path?: string;
  readonly reason?: string;
}

// Older ones lack parts of the language and of FFI that this package is built on.
const OLDEST: Readonly<Record<string, readonly [number, number]>> = { Deno: [2, 5], Bun: [1, 3] };
const NPM_CPUS = ["x64", "arm64"];

let opened: Library | undefined;

/** The native library; a LibraryError tells what was tried if there is none that fits. */
export function library(): Library {
  return opened ??= open();
}

function open(): Library {
  const runtime = checkRuntime(process.versions);
  checkPlatform(process.platform, process.arch);
  const failures: string[] = [];
  const denied: string[] = [];
  for (const { name, path, reason } of candidates(environment(runtime, "CUFRAME_LIB"))) {
    if (path === undefined) {
      failures.push(`${name}: ${reason}`);
      continue;
    }
    try {
      checkAbi(path, runtime === "Deno" ? probeInDeno(path) : probeInBun(path));
      return load(runtime, path);
    } catch (error) {
      if (error instanceof LibraryError) throw error;
      const isDenial = runtime === "Deno" && isDenied(error);
      if (isDenial) denied.push(path);
      else failures.push(`${name}: ${shorten(error, path)}`);
    }
  }
  throw new LibraryError(explain(failures, denied));
}

function explain(failures: readonly string[], denied: readonly string[]): string {
  if (denied.length > 0) {
    return `Deno may not open the native library of cuframe (${denied.join(" or ")}): ` +
      "run it with --allow-ffi, or --allow-ffi=<path of libcuframe.so>";
  }
  return "No native library of cuframe could be opened; build it with `./dev build`, or set " +
    `CUFRAME_LIB to the path of libcuframe.so. Tried:\n  ${failures.join("\n  ")}`;
}

function load(runtime: string, path: string): Library {
  const wrap = environment(runtime, "CUFRAME_TRACE") === "1" ? traced : <T>(it: T): T => it;
  const native = runtime === "Deno" ? openInDeno(path, wrap) : openInBun(path, wrap);
  const canView = native.canView();
  startLog(native.symbols, path, environment(runtime, "LOGGER_LEVEL"));
  return {
    ...native,
    path,
    canView: () => canView,
    view: (address, byteLength) => {
      if (!canView) {
        throw new LibraryError(
          "Views of native memory need --allow-ffi without a path; copyTo() works with one",
        );
      }
      // Bun takes length 0 for a C string and looks for its NUL.
      return byteLength === 0 ? new ArrayBuffer(0) : native.view(address, byteLength);
    },
  };
}

/** The value of a variable; null if Deno's permissions do not allow to read it. */
function environment(runtime: string, variable: string): string | null | undefined {
  return runtime === "Deno" ? environmentInDeno(variable) : process.env[variable];
}

/** The name of the runtime, if it is one that is recent enough; exported for its test. */
export function checkRuntime(versions: Readonly<Record<string, string | undefined>>): string {
  const runtime = versions.deno ? "Deno" : versions.bun ? "Bun" : undefined;
  const version = versions.deno ?? versions.bun;
  if (runtime === undefined || version === undefined) {
    throw new LibraryError(
      `Node ${versions.node} has no foreign function interface; run cuframe with Deno or Bun`,
    );
  }
  const [major, minor] = version.split(".").map(Number);
  const [oldMajor, oldMinor] = OLDEST[runtime];
  if (major < oldMajor || (major === oldMajor && minor < oldMinor)) {
    throw new LibraryError(
      `${runtime} ${version} is too old for cuframe; use ${oldMajor}.${oldMinor} or newer`,
    );
  }
  return runtime;
}

/** Refuses operating systems and processors for which there is no library; exported for its test. */
export function checkPlatform(system: string, cpu: string): void {
  if (system === "linux" && NPM_CPUS.includes(cpu)) return;
  throw new LibraryError(
    `No native library of cuframe for ${system} on ${cpu}; use Linux with glibc on x64 or arm64`,
  );
}

// One after the other, as long as none fits: Bun asks the network for a package that is not installed,
// which took 100 ms of each start.
function* candidates(explicit: string | null | undefined): Generator<Candidate, void, void> {
  // What was named explicitly is used or refused: another library would be a surprise.
  if (explicit) return yield { name: explicit, path: explicit };
  if (explicit === null) {
    yield { name: "CUFRAME_LIB", reason: "not read without --allow-env=CUFRAME_LIB" };
  }
  const platform = `linux-${process.arch}`;
  yield beside("../build/release/libcuframe.so");
  yield beside(`../lib/${platform}/libcuframe.so`);
  yield beside(`./lib/${platform}/libcuframe.so`);
  yield inPackage(`cuframe-${platform}/libcuframe.so`);
}

function beside(relative: string): Candidate {
  const url = new URL(relative, import.meta.url);
  if (url.protocol !== "file:") return { name: url.href, reason: "not a local file" };
  const path = fileURLToPath(url);
  return { name: path, path };
}

function inPackage(specifier: string): Candidate {
  try {
    return { ...beside(import.meta.resolve(specifier)), name: specifier };
  } catch {
    return { name: specifier, reason: "the npm package is not installed" };
  }
}

function checkAbi(path: string, found: { version: number; hash: number }): void {
  if (found.version === ABI_VERSION && found.hash === ABI_HASH) return;
  const what = found.version === ABI_VERSION
    ? "was built from another cuframe.h than this package"
    : `has ABI version ${found.version}, and this package needs ${ABI_VERSION}`;
  throw new LibraryError(`The library ${path} is stale: it ${what}; run \`./dev build\``);
}

/** What the dynamic linker said, without the path that the runtimes put before it. */
function shorten(error: unknown, path: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0].split(`${path}: `).at(-1) ?? message;
}
