/** bench/segmented_transcode.ts from end to end, with a small video. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { ffprobeStreams } from "../support/ffmpeg.ts";
import { LIMIT, runProgram } from "./child.ts";

interface Step {
  readonly type: string;
  readonly results: { readonly frames?: number };
}

test("the guide's benchmark runs its four modes, and a log of it again", LIMIT, async () => {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-bench-"));
  const bench = async (...args: string[]) => {
    const all = ["--quick", "--folder", folder, ...args];
    const { code, stderr } = await runProgram("../../bench/segmented_transcode.ts", { args: all });
    assertEquals(code, 0, stderr);
  };
  const steps = (kind: string): Step[] => {
    const name = readdirSync(join(folder, "logs")).find((it) => it.startsWith(kind))!;
    return JSON.parse(readFileSync(join(folder, "logs", name), "utf8")).steps;
  };
  try {
    const size = ["-W", "128", "-H", "96", "-d", "4", "--gop-size", "60"];
    await bench(...size, "-s", "2", "--segment-duration", "1", "-n", "2");
    const first = steps("run_");
    assertEquals(first.map(({ type }) => type), [
      ...["video_generation", "segment_creation"],
      ...["transcoding", "transcoding", "transcoding", "transcoding", "summary"],
    ]);
    assertEquals(first[2].results.frames, 60);
    const names = ["cuframe_out", "ffmpeg_out", "ffmpeg_fc_out/video", "ffmpeg_fc_out/audio"];
    for (const name of names) assertEquals(readdirSync(join(folder, name)).length, 2, name);
    const sound = (name: string) =>
      ffprobeStreams(join(folder, name, readdirSync(join(folder, name))[0]), "a");
    const counts = await Promise.all(names.map(async (name) => (await sound(name)).length));
    assertEquals(counts, [1, 1, 0, 1]);
    const [chart] = await ffprobeStreams(join(folder, "segmented_transcode.png"));
    assertEquals(chart.codec_name, "png");

    rmSync(join(folder, "cuframe_out"), { recursive: true });
    const [log] = readdirSync(join(folder, "logs"));
    await bench("--replay", join(folder, "logs", log));
    const again = steps("replay_");
    assertEquals(again[0].type, "video_reuse");
    assertEquals(again[2].results.frames, 60);
    assertEquals(existsSync(join(folder, "cuframe_out")), true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
