/**
 * What `enableSeiMessage: true` costs: the same 1080p clips, with SEI on every picture, decoded without the
 * messages, with them, and by a script that reads them all. Every contestant is a whole child process; they
 * take turns, so that each round gives one pair for every ratio. The messages that the script reads are
 * compared with those of ffmpeg's trace_headers before anything is timed.
 *
 *     deno run -A bench/sei.ts [--pairs 11] [--quick]
 *
 * --quick: 2 pairs on clips of 60 frames, not written to bench/results.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { relative } from "node:path";
import { traceHeaders } from "../tests/support/trace_headers.ts";
import { script } from "./harness/contestants.ts";
import { table } from "./harness/measure.ts";
import type { LimitedFigure } from "./harness/random_figures.ts";
import { type Entrant, measured, readRoundOptions, runRounds, warmUp } from "./harness/rounds.ts";
import { clip, ROOT, writeResult } from "./harness/workspace.ts";

const RUNTIMES = ["deno", "bun"] as const;
const MODES = ["off", "on", "read"] as const;
/** Most that messages may cost, as a part of the time of decoding. */
const LIMIT = 1.03;

const RATE = "vbv-maxrate=12000:vbv-bufsize=17000";
/** Both write buffering periods and picture timing; x265 also HDR and a hash of each picture. */
const CLIPS = [
  {
    codec: "h264",
    args: ["-c:v", "libx264", "-preset", "fast", "-b:v", "8500k", "-bf", "2", "-g", "30"],
    more: ["-x264-params", `nal-hrd=vbr:pic-struct=1:${RATE}`],
  },
  {
    codec: "hevc",
    args: ["-c:v", "libx265", "-preset", "ultrafast", "-b:v", "6000k", "-g", "30"],
    more: ["-tag:v", "hvc1", "-x265-params", `log-level=error:hrd=1:hash=1:${RATE}`],
  },
] as const;

function makeClip({ codec, args, more }: (typeof CLIPS)[number], frames: number): string {
  const picture = "testsrc2=s=1920x1080:r=30,noise=alls=5:allf=t,format=yuv420p";
  const source = ["-f", "lavfi", "-i", picture, "-frames:v", String(frames)];
  const path = clip(`sei_${codec}_${frames}.mp4`, [...source, ...args, ...more]);
  return relative(ROOT, path);
}

/** What trace_headers says of all pictures in display order; headers are said again with key pictures. */
async function reference(path: string): Promise<{ messages: number; md5: string }> {
  const { headers, packets } = await traceHeaders(ROOT + path);
  const hash = createHash("md5");
  let count = 0;
  for (const { isKey, messages } of [...packets].sort((a, b) => a.pts! - b.pts!)) {
    const own = new Set(messages.map(({ type, payload }) => `${type}:${payload}`));
    const more = headers.filter(({ type, payload }) => isKey && !own.has(`${type}:${payload}`));
    for (const { type, payload } of [...more, ...messages]) {
      hash.update(`${type}:`).update(payload);
      count++;
    }
  }
  return { messages: count, md5: hash.digest("hex") };
}

async function entrants(path: string, codec: string, frames: number): Promise<Entrant[]> {
  const { messages, md5 } = await reference(path);
  if (messages < frames) throw new Error(`${path} has only ${messages} messages`);
  return RUNTIMES.flatMap((runtime) =>
    MODES.map((mode): Entrant => ({
      name: `${codec} ${mode}, ${runtime}`,
      command: script(runtime, "bench/harness/run_sei.ts", path, mode),
      expected: { frames, messages: mode === "read" ? messages : 0 },
      verify: (printed) => {
        if (mode !== "read" || printed.md5 === md5) return;
        throw new Error(`${codec}, ${runtime}: other messages than trace_headers has`);
      },
    }))
  );
}

async function main(): Promise<void> {
  const { rounds, quick } = readRoundOptions();
  const frames = quick ? 60 : 300;
  const figures: LimitedFigure[] = [];
  const rows: { name: string; messages: number; cpuSeconds: number; cpuToUnit: number }[] = [];
  for (const made of CLIPS) {
    const all = await entrants(makeClip(made, frames), made.codec, frames);
    warmUp(all, [], () => true);
    const samples = runRounds(() => all, rounds);
    for (const { name, expected } of all) {
      const off = name.replace(/ (on|read),/, " off,");
      const { cpuSeconds, cpuToUnit } = measured(samples.get(name)!, samples.get(off)!);
      rows.push({ name, messages: expected!.messages, cpuSeconds, cpuToUnit });
      if (name === off) continue;
      const what = `${name}: processor time to that without SEI messages`;
      figures.push({ what, value: cpuToUnit, limit: LIMIT, unit: "" });
    }
  }
  const cells = rows.map(({ name, messages, cpuSeconds, cpuToUnit }) => [
    name,
    String(messages),
    cpuSeconds.toFixed(2),
    cpuToUnit.toFixed(3),
  ]);
  console.log(table([["contestant", "messages", "cpu s", "cpu/off"], ...cells]));
  if (!quick) writeResult("sei", { rounds, frames, figures, contestants: rows });
}

await main();
