/** Libraries that are missing or stale, and runtimes without FFI, as a user of mod.ts meets them. */
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ABI_VERSION } from "../../ffi/abi.ts";
import { clip } from "../support/clips.ts";
import { LIMIT, runCommand, runProgram } from "./child.ts";

const kRoot = fileURLToPath(new URL("../../", import.meta.url));
const [kNode, kBun] = ["node", "bun"].map((name) =>
  process.env.PATH!.split(":").map((folder) => join(folder, name)).find((path) => existsSync(path))
);

async function inTemporaryFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the program in this tree, or in a copy of it, says when it cannot decode. */
async function refusal(environment: Record<string, string>, root = kRoot): Promise<string> {
  const program = pathToFileURL(join(root, "tests/process/permission_program.ts")).href;
  const { path } = await clip("h264_64x64.mp4");
  const { code, stdout, stderr } = await runProgram(program, { args: [path], environment });
  assertEquals([code, stderr], [0, ""], stdout);
  return JSON.parse(stdout).decode;
}

test("a library that CUFRAME_LIB names and that is missing", LIMIT, async () => {
  const said = await refusal({ CUFRAME_LIB: "/nowhere/libcuframe.so" });
  assertMatch(said, /^LibraryError: .*\.\/dev build.*\/nowhere\/libcuframe\.so/s);
});

test("no library anywhere: the error lists what was tried and how to build", LIMIT, async () => {
  await inTemporaryFolder(async (folder) => {
    for (const part of ["mod.ts", "src", "ffi", "deno.json", "package.json", "tsconfig.json"]) {
      cpSync(join(kRoot, part), join(folder, part), { recursive: true });
    }
    const program = "tests/process/permission_program.ts";
    cpSync(join(kRoot, program), join(folder, program));
    const said = await refusal({}, folder);
    assertStringIncludes(said, "./dev build");
    assertStringIncludes(said, "CUFRAME_LIB");
    assertStringIncludes(said, join(folder, "build/release/libcuframe.so"));
    assertStringIncludes(said, `cuframe-linux-${process.arch}`);
  });
});

// Bun asks the registry for a package that a module resolves and that is not installed: offline, that
// took 100 ms of each start.
test("a library that is found first costs no look at the registry", LIMIT, async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  try {
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const said = await refusal({ BUN_CONFIG_REGISTRY: `http://127.0.0.1:${port}/` });
    assertEquals([said, asked], ["done", []]);
  } finally {
    server.close();
  }
});

test("a library of another header is stale, and the error names ./dev build", LIMIT, async () => {
  await inTemporaryFolder(async (folder) => {
    const [source, path] = [join(folder, "stale.c"), join(folder, "libcuframe.so")];
    writeFileSync(
      source,
      `int cuf_library_abi_version(void) { return ${ABI_VERSION}; }
       int cuf_library_abi_hash(void) { return 12345; }\n`,
    );
    const built = await runCommand("cc", ["-shared", "-fPIC", "-o", path, source]);
    assertEquals(built.code, 0, built.stderr);
    const said = await refusal({ CUFRAME_LIB: path });
    assertMatch(said, /^LibraryError: .* is stale: .*\.\/dev build/);
    assertStringIncludes(said, path);
  });
});

test("CUFRAME_TRACE=1 prints the calls of a decode with their times", LIMIT, async () => {
  const { path } = await clip("h264_64x64.mp4");
  const { code, stdout, stderr } = await runProgram("./permission_program.ts", {
    ...{ args: [path], environment: { CUFRAME_TRACE: "1" } },
  });
  assertEquals([code, JSON.parse(stdout).decode], [0, "done"], stderr);
  const calls = new Set<string>();
  for (const line of stderr.trimEnd().split("\n")) {
    assertMatch(line, /^cuf_\w+\(.*\) = .+ \(\d+\.\d us\)$/);
    calls.add(line.slice(0, line.indexOf("(")));
  }
  for (const name of ["device_create", "demuxer_open", "decoder_read", "frame_copy"]) {
    assertEquals(calls.has(`cuf_${name}`), true, `${name} is not in ${[...calls]}`);
  }
});

const withNode = { ...LIMIT, skip: kNode && kBun ? false : "There is no node, or no bun" };

test("Node is told in one sentence that it has no FFI", withNode, async () => {
  await inTemporaryFolder(async (folder) => {
    const [source, bundle] = [join(folder, "node.ts"), join(folder, "node.mjs")];
    const module = JSON.stringify(join(kRoot, "mod.ts"));
    writeFileSync(
      source,
      `import { requestDevice } from ${module};
       requestDevice().catch((error) => console.log(String(error)));\n`,
    );
    // Bun in both runtimes: Deno fetches its bundler from the network.
    const args = ["build", "--target=node", `--outfile=${bundle}`, source];
    const built = await runCommand(kBun!, args);
    assertEquals(built.code, 0, built.stderr);
    const { code, stdout, stderr } = await runCommand(kNode!, [bundle]);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^LibraryError: Node [\d.]+ has no foreign function interface; .*\n$/);
  });
});
