/** LOGGER_LEVEL, what goes to stderr and to handlers, and processes that end while others log. */
import { test } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { clip } from "../support/clips.ts";
import { IN_DENO, isDeno, LIMIT, runCommand, runProgram, type StartOptions } from "./child.ts";
import { fileURLToPath } from "node:url";
import process from "node:process";

const kLine = /^cuframe (FATAL|ERROR|WARN|INFO|DEBUG|TRACE) [\w/,.-]+: [^\n]+$/;

interface Run {
  readonly stdout: string;
  readonly lines: readonly string[];
}

/** Runs a mode to its good end; every line on stderr must be one of the log. */
async function run(
  args: readonly string[],
  level: string | undefined,
  options: StartOptions = {},
): Promise<Run> {
  const environment: Record<string, string> = level === undefined ? {} : { LOGGER_LEVEL: level };
  const ending = await runProgram("./log_program.ts", { args, environment, ...options });
  const { code, signal, stdout, stderr } = ending;
  assertEquals([code, signal], [0, null], stderr.slice(-2000));
  const lines = stderr.split("\n").filter((line) => line !== "");
  for (const line of lines) assertMatch(line, kLine);
  return { stdout, lines };
}

const levelsOf = (lines: readonly string[]): Set<string> =>
  new Set(lines.map((line) => line.split(" ")[1]));

test("nothing is logged unless LOGGER_LEVEL says so", LIMIT, async () => {
  const { path } = await clip("h264_b_damaged.mp4");
  for (const level of [undefined, "", "QUIET", "FATAL"]) {
    assertEquals((await run(["decode", path], level)).lines, [], `${level}`);
  }
});

test("LOGGER_LEVEL chooses how much, of ours and of libav's", LIMIT, async () => {
  const { path } = await clip("h264_b_damaged.mp4");
  const order = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];
  let before = 0;
  for (const [i, level] of order.entries()) {
    // Deno and Bun give the variable to the library, in whatever case.
    const { lines } = await run(["decode", path], i % 2 ? level.toLowerCase() : level);
    assert(lines.length > before, `${level}: ${lines.length} lines after ${before}`);
    before = lines.length;
    const levels = levelsOf(lines);
    assert(levels.has(level), `${level}: ${[...levels]}`);
    for (const lower of order.slice(i + 1)) assert(!levels.has(lower), `${lower} at ${level}`);
    assert(lines.some((line) => line.includes(" libav/h264: ")), `${level} without libav`);
    if (level !== "WARN") continue;
    assert(lines.some((line) => /WARN decoder: A damaged picture of h264 at \d+ us/.test(line)));
  }
});

test("INFO tells the library, the device and the file; DEBUG the decoders", LIMIT, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  const { stdout, lines } = await run(["decode", path], "DEBUG");
  assertEquals(stdout, "45\n");
  const found = [
    /^cuframe INFO library: Loaded \/.*libcuframe\.so$/,
    /^cuframe INFO device: Made a device on the CPU: \d+ threads, a memory budget of \d+ bytes; avformat/,
    /^cuframe INFO demuxer: \/.*h264_b_pyramid\.mp4 is mov,.* with h264, 176 x 144, stream 0 of 1$/,
    /^cuframe DEBUG decoder: Made a h264 decoder for h264, at most \d+ threads$/,
    /^cuframe DEBUG decoder: Opened h264 with \d+ /,
  ].filter((wanted) => lines.some((line) => wanted.test(line)));
  assertEquals(found.length, 5, lines.join("\n"));
});

test("a LOGGER_LEVEL that is no level is said once, and the work goes on", LIMIT, async () => {
  const { path } = await clip("h264_64x64.mp4");
  const { stdout, lines } = await run(["decode", path], "VERBOSE");
  assertEquals(lines, [
    'cuframe WARN log: LOGGER_LEVEL is "VERBOSE", which is no level; TRACE, DEBUG, INFO, WARN, ERROR, FATAL and QUIET are',
  ]);
  assertMatch(stdout, /^\d+\n$/);
});

test("--deny-env is no hindrance: LOGGER_LEVEL is then not read", IN_DENO, async () => {
  const { path } = await clip("h264_64x64.mp4");
  const permissions = ["--allow-ffi", "--allow-read", "--deny-env"];
  assertEquals((await run(["decode", path], "TRACE", { permissions })).lines, []);
  // But the script may choose a level.
  const { stdout } = await run(["handler", path], undefined, { permissions });
  assertMatch(stdout, /^info library: Loaded /m);
  assertEquals((await run(["decode", path], "INFO", { permissions: ["-A"] })).lines.length, 3);
});

test("a handler gets what stderr would, and does not keep the process alive", LIMIT, async () => {
  const { path } = await clip("h264_b_damaged.mp4");
  const { stdout, lines } = await run(["handler", path], undefined);
  assertEquals(lines, []);
  assertMatch(stdout, /^info demuxer: /m);
  assertMatch(stdout, /^warn decoder: A damaged picture/m);
  assertMatch(stdout, /^error libav\/h264: /m);
  const idle = await run(["idle", path], undefined);
  assertMatch(idle.stdout, /^info library: Loaded .*\n$/);
});

test("what is logged without being awaited comes at exit at the latest", LIMIT, async () => {
  const { path } = await clip("h264_64x64.mp4");
  const { stdout } = await run(["late", path], undefined);
  assertMatch(stdout, /^error library: Could not open \/nonexistent: No such file/m);
});

test("what a handler throws is an uncaught error", LIMIT, async () => {
  const { path } = await clip("h264_64x64.mp4");
  const { code, stderr } = await runProgram("./log_program.ts", { args: ["throwing", path] });
  assertEquals(code, 1);
  assertMatch(stderr, /on purpose/);
});

for (const mode of ["exitTrace", "endTrace"]) {
  test(`a process ends while native threads log at TRACE: ${mode}`, LIMIT, async () => {
    const { path } = await clip("h264_1080p.mp4");
    for (const to of ["stderr", "handler"]) {
      const { code, signal } = await runProgram("./log_program.ts", { args: [mode, path, to] });
      assertEquals([code, signal], [mode === "exitTrace" ? 3 : 0, null], to);
    }
  });
}

test("each thread has its handler, and one that is terminated is forgotten", LIMIT, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  const { stdout, lines } = await run(["workers", path], undefined);
  assertEquals([JSON.parse(stdout), lines], [{ own: true, ofWorker: true }, []]);
});

test("a test that logs ends, under the runtime's own test runner", LIMIT, async () => {
  const program = fileURLToPath(new URL("./logging_case.ts", import.meta.url));
  const { path } = await clip("h264_64x64.mp4");
  const args = isDeno
    ? ["test", "--no-check", "--quiet", "-A", program]
    : ["test", "--timeout", "60000", program];
  const { code, stdout, stderr } = await runCommand(process.execPath, args, { CLIP: path });
  assertEquals(code, 0, stdout + stderr);
});
