/**
 * Reading a 1080p H.264 clip from a web server on this machine against reading the same file from the disk:
 * decoding all of it, some random frames of it, and its packets alone. Every contestant is a whole process; file
 * and server take turns, so that each round gives one pair. The server is a process of its own, on the same
 * processors.
 *
 *     deno run -A bench/remote.ts [--pairs 11] [--quick] [--only TEXT]...
 *
 * --quick: 2 pairs, not written to bench/results. --only: contestants whose name contains TEXT.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { relative } from "node:path";
import { benchClip, script } from "./harness/contestants.ts";
import { round, type Sample, table } from "./harness/measure.ts";
import {
  type Entrant,
  type Measured,
  measured,
  readRoundOptions,
  runRounds,
  warmUp,
} from "./harness/rounds.ts";
import { ROOT, writeResult } from "./harness/workspace.ts";

const FRAMES = 300;
const COUNTS = { decode: FRAMES, random: 10, packets: FRAMES } as const;
type Mode = keyof typeof COUNTS;

/** One mode in one runtime, from the file and from the server. */
interface Pair {
  readonly name: string;
  readonly file: Entrant;
  readonly http: Entrant;
}

/** What was measured of a pair; ratios are to the file's time. */
interface Row extends Measured {
  readonly name: string;
  readonly fileWallSeconds: number;
  /** The file's time over the server's. */
  readonly speed: number;
}

/** Starts the server; `path` is a file. */
async function serve(path: string): Promise<{ address: string; end(): void }> {
  const [program, ...args] = script("bun", "bench/harness/file_server.ts", path);
  const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (data) => resolve(String(data).trim()));
    child.once("exit", () => reject(new Error("The server ended")));
  });
  return { address: `http://127.0.0.1:${port}/0`, end: () => void child.kill() };
}

function pairs(path: string, address: string): Pair[] {
  const entrant = (name: string, runtime: "deno" | "bun", source: string, mode: Mode): Entrant => ({
    name,
    command: script(runtime, "bench/harness/run_remote.ts", source, mode),
    expected: { count: COUNTS[mode] },
  });
  return (["decode", "random", "packets"] as const).flatMap((mode) =>
    (["deno", "bun"] as const).map((runtime) => {
      const name = `${mode}, ${runtime}`;
      return {
        name,
        file: entrant(`${name}, file`, runtime, path, mode),
        http: entrant(`${name}, http`, runtime, address, mode),
      };
    })
  );
}

function summarize(all: readonly Pair[], samples: Map<string, Sample[]>): Row[] {
  return all.map(({ name, file, http }) => {
    const [from, own] = [samples.get(file.name)!, samples.get(http.name)!];
    const result = measured(own, from);
    const { wallSeconds: fileWallSeconds } = measured(from, from);
    return { name, fileWallSeconds, speed: round(1 / result.wallToUnit), ...result };
  });
}

async function main(): Promise<void> {
  const { rounds, quick, only } = readRoundOptions();
  const clip = benchClip(FRAMES);
  const server = await serve(clip);
  try {
    const all = pairs(relative(ROOT, clip), server.address).filter(({ name }) =>
      only.length === 0 || only.some((text) => name.includes(text))
    );
    const field = all.flatMap(({ file, http }) => [file, http]);
    warmUp(field, [], () => true);
    const rows = summarize(all, runRounds(() => field, rounds));
    console.log(table([
      ["", "file s", "http s", "speed", "cpu/cpu", "RSS MB"],
      ...rows.map((row) => [
        row.name,
        row.fileWallSeconds.toFixed(2),
        row.wallSeconds.toFixed(2),
        row.speed.toFixed(3),
        row.cpuToUnit.toFixed(3),
        row.peakRssMb.toFixed(0),
      ]),
    ]));
    if (quick || only.length > 0) return;
    const bytes = statSync(clip).size;
    writeResult("remote", { rounds, frames: FRAMES, bytes, contestants: rows });
  } finally {
    server.end();
  }
}

await main();
