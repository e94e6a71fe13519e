/** Nothing is left behind by what was opened and closed. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { clip } from "../support/clips.ts";
import { LIMIT, runProgram } from "./child.ts";

const kRounds = 2000;
const kFrames = 45;
const kGrowthBytes = 8 << 20;
const kDriver = fileURLToPath(new URL("../../build/release/driver_sim", import.meta.url));
const ON_SIMULATOR = {
  ...LIMIT,
  skip: existsSync(join(kDriver, "libnvidia-encode.so.1")) ? false : "no simulated NVENC was built",
};

interface Left {
  readonly secondQuarter: number;
  readonly lastQuarter: number;
}

/** What a program is given beside what it works on and its rounds. */
interface Setup {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

async function whatIsLeft<T extends Left>(
  program: string,
  path: string,
  rounds = kRounds,
  { args = [], environment = {} }: Setup = {},
): Promise<T> {
  const { code, signal, stdout, stderr } = await runProgram(program, {
    args: [path, String(rounds), ...args],
    denoFlags: ["--v8-flags=--expose-gc"],
    // One arena of glibc's: of many, each keeps what it once needed, and threads wander among them.
    environment: { MALLOC_ARENA_MAX: "1", ...environment },
  });
  assertEquals({ code, signal, stderr }, { code: 0, signal: null, stderr: "" }, stdout);
  const left = JSON.parse(stdout) as T;
  const growth = left.lastQuarter - left.secondQuarter;
  assert(growth <= kGrowthBytes, `Grew by ${growth} bytes from ${left.secondQuarter}`);
  return left;
}

test("2,000 rounds of open, decode and close leave nothing", LIMIT, async () => {
  const { path } = await clip("h264_64x64.mp4");
  const { frames, liveHandles } = await whatIsLeft<Left & { frames: number; liveHandles: number }>(
    "./leak_program.ts",
    path,
  );
  assertEquals([frames, liveHandles], [kRounds / 2 * (kFrames + 1), 0]);
});

test("2,000 random frames of one decoder leave nothing", LIMIT, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  const { right, liveHandles, liveFrames } = await whatIsLeft<
    Left & { right: number; liveHandles: number; liveFrames: number }
  >("./random_leak_program.ts", path);
  assertEquals([right, liveHandles, liveFrames], [kRounds, 0, 0]);
});

/** Rounds of an encoder: every second one gives all chunks, the others what came until they were closed. */
async function encodeAndClose(rounds: number, setup: Setup = {}): Promise<void> {
  const { chunks, liveHandles } = await whatIsLeft<Left & { chunks: number; liveHandles: number }>(
    "./encode_leak_program.ts",
    "h264",
    rounds,
    setup,
  );
  assert(chunks >= rounds / 2 * 5 && chunks <= rounds * 5, `${chunks} chunks`);
  assertEquals(liveHandles, 0);
}

test("1,000 rounds of an encoder, 5 frames and close leave nothing", LIMIT, async () => {
  await encodeAndClose(1000);
});

test("1,000 rounds of copying into a file, bytes or a stream leave nothing", LIMIT, async () => {
  const { path } = await clip("h264_aac.mp4");
  const { finished, files, liveHandles } = await whatIsLeft<
    Left & { finished: number; files: string[]; liveHandles: number }
  >("./mux_leak_program.ts", path, 1000);
  assertEquals([finished, files, liveHandles], [500, ["out.mp4"], 0]);
});

/** Segments, each of 5 frames, and every tenth time a whole video that is given up within it. */
async function transcodeSegments(setup: Setup = {}): Promise<void> {
  const { path } = await clip("h264_aac.mp4");
  const { frames, stopped, files, liveHandles } = await whatIsLeft<
    Left & { frames: number; stopped: number; files: string[]; liveHandles: number }
  >("./transcode_leak_program.ts", path, 200, setup);
  assertEquals([frames, stopped, liveHandles], [1000, 20, 0]);
  assertEquals(files, ["all.mp4", "own.mp4"]);
}

test("200 segments of a transcoder leave nothing", LIMIT, async () => {
  await transcodeSegments();
});

/** Runs a program on the simulated GPU; what its driver counted at the end. */
async function onSimulator(
  run: (setup: Setup) => Promise<void>,
): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-"));
  try {
    const report = join(folder, "report.json");
    await run({
      args: ["cuda"],
      environment: { LD_LIBRARY_PATH: kDriver, CUFSIM_REPORT: report, CUFSIM_GPU: "l4" },
    });
    const { code, stderr } = await runProgram("../driver_sim/check_report.ts", { args: [report] });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    return JSON.parse(readFileSync(report, "utf8")).counters;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test(
  "400 rounds on the simulated NVENC leave nothing, nor in the driver",
  ON_SIMULATOR,
  async () => {
    const counters = await onSimulator((setup) => encodeAndClose(400, setup));
    // And those that were asked for what NVENC has.
    assert(counters.encoders_created >= 400, `${counters.encoders_created} sessions`);
    assertEquals(counters.encoders, 0);
  },
);

test(
  "200 segments on the simulated GPU leave nothing, nor in the driver",
  ON_SIMULATOR,
  async () => {
    const counters = await onSimulator(transcodeSegments);
    // Those of jobs that were given up are made anew.
    assert(counters.encoders_created <= 30, `${counters.encoders_created} sessions`);
    assertEquals([counters.encoders, counters.decoders], [0, 0]);
  },
);
