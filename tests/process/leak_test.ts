/** Nothing is left behind by what was opened and closed. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { clip } from "../support/clips.ts";
import { LIMIT, runProgram } from "./child.ts";

const kRounds = 2000;
const kFrames = 45;
const kGrowthBytes = 8 << 20;

test("2,000 rounds of open, decode and close leave nothing", LIMIT, async () => {
  const { path } = await clip("h264_64x64.mp4");
  const { code, signal, stdout, stderr } = await runProgram("./leak_program.ts", {
    ...{ args: [path, String(kRounds)], denoFlags: ["--v8-flags=--expose-gc"] },
  });
  assertEquals({ code, signal, stderr }, { code: 0, signal: null, stderr: "" }, stdout);
  const { frames, liveHandles, secondQuarter, lastQuarter } = JSON.parse(stdout);
  assertEquals([frames, liveHandles], [kRounds / 2 * (kFrames + 1), 0]);
  const growth = lastQuarter - secondQuarter;
  assert(growth <= kGrowthBytes, `Grew by ${growth} bytes from ${secondQuarter}`);
});
