import { spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals, assertStringIncludes } from "@std/assert";

const PROGRAM = fileURLToPath(new URL("./completion_exit_program.ts", import.meta.url));

/** Bun's default of 5 s is short for a busy machine. */
const LIMIT = { timeout: 120_000 };
/** Less, so that a hang is told of. */
const PATIENCE_MS = 110_000;

interface Ending {
  code: number | null;
  signal: string | null;
  output: string;
}

/** Runs the program in this runtime; a hang ends as SIGKILL. */
function run(mode: string): Promise<Ending> {
  const before = process.versions.deno ? ["run", "-A", "--no-check"] : [];
  const child = spawn(process.execPath, [...before, PROGRAM, mode], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const deadline = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  let output = "";
  child.stdout.on("data", (data) => output += data);
  child.stderr.on("data", (data) => output += data);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearTimeout(deadline);
      resolve({ code, signal, output });
    });
  });
}

for (const mode of ["natural", "awaiting", "terminates"]) {
  test(`a process ends cleanly: ${mode}`, LIMIT, async () => {
    assertEquals(await run(mode), { code: 0, signal: null, output: "done\n" });
  });
}

test("a process ends cleanly by an uncaught error while work is going on", LIMIT, async () => {
  const { code, signal, output } = await run("throws");
  assertEquals([code, signal], [1, null], output);
  assertStringIncludes(output, "on purpose");
});

test("a process ends cleanly by process.exit while work is going on", LIMIT, async () => {
  assertEquals(await run("exits"), { code: 3, signal: null, output: "" });
});
