import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { ABI_VERSION } from "../../ffi/abi.ts";
import { checkPlatform, checkRuntime, library, LibraryError } from "../../ffi/library.ts";

const PROGRAM = fileURLToPath(new URL("./library_load_program.ts", import.meta.url));
const isDeno = process.versions.deno !== undefined;
const inDenoOnly = { skip: isDeno ? false : "Bun has no permissions", timeout: 60_000 };
const anywhere = { timeout: 60_000 };

/** Output of the program; `permissions` are those that Deno gets. */
function load(
  settings: { permissions?: string[]; environment?: Record<string, string> } = {},
): { stdout: string; stderr: string } {
  const { permissions = ["-A"], environment = {} } = settings;
  const before = isDeno ? ["run", "--no-check", "--no-prompt", ...permissions] : [];
  const { stdout, stderr, status } = spawnSync(process.execPath, [...before, PROGRAM], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
  });
  assertEquals(status, 0, stderr);
  return { stdout, stderr };
}

/** Gives `use` the path of a library with another ABI. */
function withForeignLibrary(source: string, use: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-"));
  try {
    const path = join(folder, "libcuframe.so");
    writeFileSync(join(folder, "foreign.c"), source);
    execFileSync("cc", ["-shared", "-fPIC", "-o", path, join(folder, "foreign.c")]);
    use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the library of the build folder is found and gives views", anywhere, () => {
  const { path, adapters, view } = JSON.parse(load().stdout);
  assertMatch(path, /\/build\/\w+\/libcuframe\.so$/);
  assertEquals([adapters >= 1, view], [true, "done"]);
});

test("CUFRAME_LIB alone counts when it is set", anywhere, () => {
  const environment = { CUFRAME_LIB: "/nowhere/libcuframe.so" };
  const { stdout } = load({ environment });
  assertStringIncludes(stdout, "LibraryError: No native library");
  assertStringIncludes(stdout, "./dev build");
  assertStringIncludes(stdout, "/nowhere/libcuframe.so: cannot open shared object file");
  assert(!stdout.includes("build/release"));
});

test("a library of another header is stale, and the error says what to do", anywhere, () => {
  const source = (version: number): string =>
    `int cuf_library_abi_version(void) { return ${version}; }
     int cuf_library_abi_hash(void) { return 1; }`;
  withForeignLibrary(source(ABI_VERSION), (path) => {
    const { stdout } = load({ environment: { CUFRAME_LIB: path } });
    assertStringIncludes(stdout, `LibraryError: The library ${path} is stale: it was built from`);
    assertStringIncludes(stdout, "./dev build");
  });
  withForeignLibrary(source(ABI_VERSION + 1), (path) => {
    const { stdout } = load({ environment: { CUFRAME_LIB: path } });
    assertStringIncludes(stdout, `it has ABI version ${ABI_VERSION + 1}`);
  });
});

test("a library that is not ours is an error", anywhere, () => {
  withForeignLibrary("int something(void) { return 1; }", (path) => {
    const { stdout } = load({ environment: { CUFRAME_LIB: path } });
    assertStringIncludes(stdout, "LibraryError: No native library");
    assertMatch(stdout, /symbol.*cuf_/i);
  });
});

test("without --allow-ffi the error names the permission", inDenoOnly, () => {
  const { stdout } = load({ permissions: ["--allow-env"] });
  assertMatch(stdout, /^LibraryError: Deno may not open .*: run it with --allow-ffi/);
  assertEquals(stdout.trim().split("\n").length, 1);
});

test("without --allow-env the library is found and CUFRAME_LIB not read", inDenoOnly, () => {
  const environment = { CUFRAME_LIB: "/nowhere/libcuframe.so", CUFRAME_TRACE: "1" };
  const { stdout, stderr } = load({ permissions: ["--allow-ffi"], environment });
  assertEquals([JSON.parse(stdout).view, stderr], ["done", ""]);
});

test("a scoped --allow-ffi permits everything but views", inDenoOnly, () => {
  const { stdout } = load({ permissions: [`--allow-ffi=${library().path}`] });
  const { adapters, view } = JSON.parse(stdout);
  assertEquals(adapters >= 1, true);
  assertMatch(view, /^LibraryError: Views of native memory need --allow-ffi without a path/);
});

test("CUFRAME_TRACE=1 prints each call with its result and time", anywhere, () => {
  const { stdout, stderr } = load({ environment: { CUFRAME_TRACE: "1" } });
  assertEquals(JSON.parse(stdout).view, "done");
  assertMatch(
    stderr,
    /^cuf_queue_create\(\[Uint32Array 4\], \[Uint8Array 1024\]\) = 0 \(.* us\)$/m,
  );
  assertMatch(stderr, /^cuf_queue_poll\(\d+, \[Uint8Array 2048\], 64\) = 1 \([0-9.]+ us\)$/m);
});

test("runtimes without FFI and old ones are refused in one sentence", () => {
  assertEquals(checkRuntime({ deno: "2.9.6", node: "22.0.0" }), "Deno");
  assertEquals(checkRuntime({ bun: "1.10.0", node: "22.0.0" }), "Bun");
  assertEquals(checkRuntime({ deno: "3.0.1" }), "Deno");
  assertThrows(() => checkRuntime({ node: "20.1.0" }), LibraryError, "Node 20.1.0");
  assertThrows(() => checkRuntime({ deno: "2.4.9" }), LibraryError, "Deno 2.4.9 is too old");
  assertThrows(() => checkRuntime({ deno: "1.46.0" }), LibraryError, "use 2.5 or newer");
  assertThrows(() => checkRuntime({ bun: "1.2.23" }), LibraryError, "Bun 1.2.23 is too old");
});

test("other systems and processors are refused in one sentence", () => {
  checkPlatform("linux", "x64");
  checkPlatform("linux", "arm64");
  assertThrows(() => checkPlatform("darwin", "arm64"), LibraryError, "darwin on arm64");
  assertThrows(() => checkPlatform("linux", "riscv64"), LibraryError, "Linux with glibc");
});
