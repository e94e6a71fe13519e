/**
 * The rules of the folders: which may import which, and how long files and functions may be. The
 * test that holds the repository to them is tests/unit/layering_test.ts.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { blank, functionsOf } from "./source_text.ts";

/** Source texts by path relative to the repository's root. */
export type Sources = ReadonlyMap<string, string>;

const FOLDERS = ["src", "ffi", "csrc", "tests", "examples", "bench", "tools"];
const GENERATED = ["ffi/abi.ts", "csrc/abi/layout_asserts.c"];
const FORBIDDEN_NAMES = /^(utils?|helpers?|common|misc|types)$/;
const MAX_FUNCTION_LINES = 60;

const DENO = /\bDeno\s*\??\.\s*\w+/;
const BUN_FFI = /bun:ffi|\bBun\s*\??\.\s*FFI\b/;

/** Reads every TypeScript, C and C++ file of the repository at `root`. */
export function readSources(root: URL): Map<string, string> {
  const sources = new Map<string, string>();
  const add = (path: string): void => {
    sources.set(path, readFileSync(new URL(path, root), "utf8"));
  };
  for (const entry of readdirSync(root)) {
    if (entry.endsWith(".ts")) add(entry);
  }
  for (const folder of FOLDERS.filter((name) => existsSync(new URL(name, root)))) {
    const names = readdirSync(new URL(folder, root), { recursive: true }) as string[];
    // Caches hold clips, and a transport stream's name ends in .ts, too.
    names.filter((name) => /\.(ts|c|cpp|h|cu)$/.test(name) && !/(^|\/)\.cache\//.test(name))
      .forEach((name) => add(`${folder}/${name}`));
  }
  return sources;
}

/** One sentence for each breach of the rules, sorted. */
export function violations(sources: Sources): string[] {
  const found: string[] = [];
  for (const [path, source] of sources) {
    const isTypeScript = path.endsWith(".ts");
    found.push(...nameViolations(path), ...lengthViolations(path, source, isTypeScript));
    found.push(...(isTypeScript ? scriptViolations(path, source) : nativeViolations(path, source)));
  }
  return found.sort();
}

function nameViolations(path: string): string[] {
  const parts = path.replace(/(_test)?(-inl)?\.\w+$/, "").split("/");
  return parts.filter((part) => FORBIDDEN_NAMES.test(part))
    .map((part) => `${path}: the name "${part}" says nothing about the subject`);
}

function lengthViolations(path: string, source: string, isTypeScript: boolean): string[] {
  // The ABI is one header on purpose: readable in one sitting, and the single source of the generator.
  if (GENERATED.includes(path) || path === "csrc/include/cuframe.h") return [];
  const found: string[] = [];
  const lines = source.replace(/\n$/, "").split("\n").length;
  const limit = isTypeScript ? 300 : 500;
  if (lines > limit) found.push(`${path}: ${lines} lines, at most ${limit} are allowed`);
  for (const { line, lines, signature } of functionsOf(blank(source))) {
    if (lines > MAX_FUNCTION_LINES) {
      found.push(
        `${path}:${line}: a function of ${lines} lines, at most ${MAX_FUNCTION_LINES} are allowed: ${signature}`,
      );
    }
  }
  return found;
}

/** What each TypeScript layer may import beside Node's own modules; others are free. */
function mayImport(importer: string, target: string): boolean {
  const layer = importer.split("/")[0];
  switch (layer) {
    case "mod.ts":
      return target.startsWith("src/");
    case "src":
      return target.startsWith("src/") ||
        (target.startsWith("ffi/") && !/^ffi\/(deno|bun|generate)\.ts$/.test(target));
    case "ffi":
      return target.startsWith("ffi/");
    default:
      return true;
  }
}

function scriptViolations(path: string, source: string): string[] {
  const code = blank(source, { keepStrings: true });
  const found: string[] = [];
  for (const [, specifier] of code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"'\n]+)["']/g)) {
    if (specifier.startsWith("node:")) continue;
    if (specifier === "bun:ffi" && path === "ffi/bun.ts") continue;
    if (!mayImport(path, resolveImport(path, specifier))) {
      found.push(`${path}: must not import ${specifier}`);
    }
  }
  if (/^(mod\.ts|src\/|ffi\/)/.test(path)) {
    const named = DENO.exec(blank(source));
    if (named !== null && path !== "ffi/deno.ts") {
      found.push(`${path}: only ffi/deno.ts may name ${named[0]}`);
    }
    if (BUN_FFI.test(code) && path !== "ffi/bun.ts") {
      found.push(`${path}: only ffi/bun.ts may name bun:ffi`);
    }
  }
  if (path === "mod.ts" && /\bexport\s*\*/.test(code)) {
    found.push(`${path}: must name what it exports, without export *`);
  }
  return found;
}

function resolveImport(importer: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, `file:///${importer}`).pathname.slice(1);
}

/** The project headers that each folder of csrc may include, and the foreign ones it owns. */
const NATIVE_LAYERS: Record<string, { project: RegExp; foreign: RegExp }> = {
  include: { project: /^$/, foreign: /^$/ },
  abi: { project: /^(cuframe\.h|abi\/.*|core\/.*|\w+\/backend\.h)$/, foreign: /^$/ },
  core: { project: /^(core|pixels)\//, foreign: /^$/ },
  pixels: { project: /^pixels\//, foreign: /^hwy\// },
  libav: { project: /^(core|pixels|libav)\//, foreign: /^lib(av|sw)\w+\// },
  cuda: { project: /^(core|pixels|cuda)\//, foreign: /^(cuda\.h|nvcuvid|nvEncodeAPI|ffnvcodec\/)/ },
};
const FOREIGN = new RegExp(
  Object.values(NATIVE_LAYERS).map(({ foreign }) => foreign.source).filter((s) => s !== "^$")
    .join("|"),
);

function nativeViolations(path: string, source: string): string[] {
  const [top, folder] = path.split("/");
  if (top !== "csrc") return [];
  const layer = NATIVE_LAYERS[folder];
  if (layer === undefined) return [`${path}: csrc/${folder} is not in the design`];
  const code = blank(source, { keepStrings: true });
  const found: string[] = [];
  for (const [, quote, header] of code.matchAll(/^\s*#\s*include\s*([<"])([^>"]+)[>"]/gm)) {
    const allowed = FOREIGN.test(header)
      ? layer.foreign.test(header)
      : quote === "<" || layer.project.test(header);
    if (!allowed) found.push(`${path}: must not include ${header}`);
  }
  return found;
}
