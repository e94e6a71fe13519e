/** Nothing is left behind by what was opened and closed. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { clip } from "../support/clips.ts";
import { LIMIT, runProgram } from "./child.ts";

const kRounds = 2000;
const kFrames = 45;
const kGrowthBytes = 8 << 20;

interface Left {
  readonly secondQuarter: number;
  readonly lastQuarter: number;
}

async function whatIsLeft<T extends Left>(program: string, path: string): Promise<T> {
  const { code, signal, stdout, stderr } = await runProgram(program, {
    ...{ args: [path, String(kRounds)], denoFlags: ["--v8-flags=--expose-gc"] },
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
