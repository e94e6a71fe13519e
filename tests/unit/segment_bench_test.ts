/** What bench/segmented_transcode.ts cuts, and how it is told and tells. */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { logName, readLog, RunLog } from "../../bench/harness/segment_log.ts";
import { encodingArguments } from "../../bench/harness/segment_modes.ts";
import { readSegmentOptions } from "../../bench/harness/segment_options.ts";
import { framesIn, randomSegments } from "../../bench/harness/segments.ts";

test("random segments are apart, in the video, and the same ones for a seed", () => {
  const segments = randomSegments(60, 11, 5, 3);
  assertEquals(segments.length, 11);
  let before = 0;
  for (const { start, end } of segments) {
    assert(start >= before && end <= 60, `${start} to ${end}`);
    assertEquals([Number((end - start).toFixed(6)), Number(start.toFixed(2))], [5, start]);
    before = end;
  }
  assertEquals(segments, randomSegments(60, 11, 5, 3));
  assertNotEquals(segments, randomSegments(60, 11, 5, 4));
  assertThrows(() => randomSegments(10, 2, 5, 0), RangeError, "do not fit");
});

test("random segments begin at frames where that is asked for", () => {
  for (const { start, end } of randomSegments(300, 200, 0.5, 1, 1 / 25)) {
    assertEquals(Math.abs(start * 25 - Math.round(start * 25)) < 1e-6, true);
    assertEquals(framesIn({ start, end }, 25), 13);
  }
});

test("frames of a segment are those whose times are in it", () => {
  assertEquals(framesIn({ start: 0, end: 1 }, 25), 25);
  assertEquals(framesIn({ start: 0.04, end: 0.08 }, 25), 1);
  assertEquals(framesIn({ start: 0.01, end: 0.05 }, 25), 1);
  assertEquals(framesIn({ start: 0.01, end: 0.03 }, 25), 0);
  // 1 / 30 is no decimal.
  assertEquals(framesIn({ start: 7 / 30, end: 11 / 30 }, 30), 4);
});

test("the options of the guide's table have its defaults and its short forms", () => {
  const standard = readSegmentOptions([]);
  assertEquals([standard.width, standard.height, standard.duration, standard.fps], [
    ...[1920, 1080, 5400, 30],
  ]);
  assertEquals([standard.segments, standard.segmentDuration, standard.usage], [10, 5, [
    0,
    1,
    2,
    3,
  ]]);
  assertEquals([standard.inputCodec, standard.codec, standard.preset], ["h264", "h264", "P1"]);
  assertEquals([standard.threads, standard.gop, standard.gpu, standard.bframes], [1, 250, 0, 0]);
  assertEquals([standard.input, standard.log, standard.replay], [null, null, null]);
  const given =
    "-W 640 -H 360 -d 30 -fps 25 -s 3 --segment-duration 1.5 -u 0 1 -ic hevc -c av1 -p P7 " +
    "-n 2 --gop-size 60 -g 1 -bf 2 -i /in.mp4 --log /log.json --replay /old.json";
  const told = readSegmentOptions(given.split(" "));
  assertEquals([told.width, told.height, told.duration, told.fps], [640, 360, 30, 25]);
  assertEquals([told.segments, told.segmentDuration, told.usage], [3, 1.5, [0, 1]]);
  assertEquals([told.inputCodec, told.codec, told.preset], ["hevc", "av1", "P7"]);
  assertEquals([told.threads, told.gop, told.gpu, told.bframes], [2, 60, 1, 2]);
  assertEquals([told.input, told.log, told.replay], ["/in.mp4", "/log.json", "/old.json"]);
  for (const wrong of ["-p P9", "-u 4", "-c vp9", "--segment-duration 0", "-bf -1"]) {
    assertThrows(() => readSegmentOptions(wrong.split(" ")));
  }
});

test("presets are the libraries' own on the CPU, and NVENC's on a GPU", () => {
  const encoding = { codec: "h264", preset: "P3", bframes: 2, gop: 60, bitrate: 1000 } as const;
  const cpu = encodingArguments(encoding, null).join(" ");
  assertEquals(
    cpu,
    "-c:v libx264 -sc_threshold 0 -preset veryfast -g 60 -b:v 1000 -maxrate 2000 -bufsize 2000 -bf 2",
  );
  const gpu = encodingArguments({ ...encoding, codec: "hevc" }, 1).join(" ");
  assert(gpu.startsWith("-c:v hevc_nvenc -gpu 1 -preset p3 -rc vbr -g 60 "), gpu);
});

test("a log has all steps, and is read again", () => {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-log-"));
  try {
    const path = join(folder, "logs", logName("run", new Date("2024-06-15T12:30:45Z")));
    assert(path.endsWith("run_20240615_123045.json"));
    const log = new RunLog(path, ["-s", "1"]);
    log.step("video_input", "a video", { params: { path: "in.mp4" } });
    assertThrows(() => readLog(path), TypeError, "no log of a run that had segments");
    const segments = [{ start: 1.5, end: 2.5 }];
    log.step("segment_creation", "a segment", { results: { segments } });
    log.step("summary", "done");
    assertEquals(readLog(path), { args: ["-s", "1"], segments });
    writeFileSync(path, "{}");
    assertThrows(() => readLog(path), TypeError, "no log");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
