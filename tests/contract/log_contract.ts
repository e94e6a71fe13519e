/** The log: levels, handlers, and when messages reach them. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { LogLevel, LogRecord } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { MediaIoError, setLogHandler, setLogLevel } from "./cuframe.ts";
import { numbersOf, testOn, until, withDevice } from "./contract_device.ts";

/** Runs `work` with a handler and gives what it got. */
async function logged(
  level: LogLevel,
  work: (records: LogRecord[]) => Promise<void>,
): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  setLogLevel(level);
  setLogHandler((record) => records.push(record));
  try {
    await work(records);
  } finally {
    setLogHandler(null);
    setLogLevel("quiet");
  }
  return records;
}

const kTalk = "libav's decoders say something at every level";

testOn("cpu", kTalk, "records have a level, an origin, one line of text and a time", async () => {
  const { path } = await clip("h264_b_damaged.mp4");
  const before = Date.now();
  const records = await logged("trace", () =>
    withDevice(async (device) => {
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec, onError: "skip" });
      await numbersOf(decoder.frames(demuxer));
    }));
  const after = Date.now();
  const levels = new Set(records.map(({ level }) => level));
  for (const level of ["error", "warn", "info", "debug", "trace"] as const) {
    assert(levels.has(level), `${level} is not among ${[...levels]}`);
  }
  for (const { level, origin, message, time } of records) {
    assert(level !== "quiet");
    assertMatch(origin, /^(device|demuxer|decoder|memory|library|log|libav(\/[\w,.-]+)?)$/i);
    assert(message.length > 0 && !message.includes("\n"), message);
    assert(time >= before - 1 && time <= after + 1, `${time} is not from ${before} to ${after}`);
  }
  assert(records.some(({ message }) => message.startsWith(path)), "The file is not named");
  assert(records.some(({ message }) => /damaged picture .* left out/.test(message)));
});

test("random access tells its index, its plan and which decoders it uses", async () => {
  const { path } = await clip("h264_one_gop.mp4");
  const records = await logged("debug", () =>
    withDevice(async (device) => {
      for (let i = 0; i < 2; i++) {
        using video = await device.createSimpleDecoder(path, { engines: 1 });
        (await video.getBatchFramesByIndex([3, 40])).forEach((frame) => frame.close());
      }
    }));
  const messages = records.map(({ origin, message }) => `${origin}: ${message}`).join("\n");
  for (
    const wanted of [
      /^index: (Indexed by the file's tables: 90 frames, 1 key|Using the index .* 90 frames)/m,
      /^index: Using the index of .* that was kept: 90 frames$/m,
      /^sampler: Plan for 2 frames: 1 runs of \d+ packets, .* on 1 decoders$/m,
      /^decoder: Made a (h264|nvdec) decoder for \d+ x \d+ h264/m,
      /^decoder: Reusing a (h264|nvdec) decoder for \d+ x \d+ h264$/m,
    ]
  ) assertMatch(messages, wanted);
});

test("what led to an error is there before the error", async () => {
  await withDevice(async (device) => {
    await logged("error", async (records) => {
      await assertRejects(() => device.createDemuxer("/nonexistent"), MediaIoError);
      assertEquals(records.map(({ message }) => message), [
        "Could not open /nonexistent: No such file or directory",
      ]);
    });
  });
});

test("a level lets through what is as serious, and a handler alone means info", async () => {
  const { path } = await clip("h264_64x64.mp4");
  const open = () =>
    withDevice(async (device) => {
      using demuxer = await device.createDemuxer(path);
      assertEquals(demuxer.codec, "h264");
      await device.createDemuxer("/nonexistent").catch(() => {});
    });
  const levels = async (level: LogLevel): Promise<string[]> => {
    const records = await logged(level, open);
    return [...new Set(records.map(({ level }) => level))].sort();
  };
  assertEquals(await levels("quiet"), []);
  assertEquals(await levels("fatal"), []);
  assertEquals(await levels("error"), ["error"]);
  assertEquals(await levels("info"), ["error", "info"]);
});

test("another handler takes the place of the first, and null ends it", async () => {
  const seen: string[] = [];
  const open = () => withDevice(() => Promise.resolve());
  setLogLevel("info");
  setLogHandler(() => seen.push("first"));
  await open();
  setLogHandler(() => seen.push("second"));
  const count = seen.length;
  await open();
  // Quiet first: without a handler it would go to stderr.
  setLogLevel("quiet");
  setLogHandler(null);
  setLogHandler(null);
  await open();
  assert(count > 0 && seen.slice(0, count).every((who) => who === "first"));
  assert(seen.length > count && seen.slice(count).every((who) => who === "second"), `${seen}`);
});

test("a handler may use the library, and is not called while it is at work itself", async () => {
  await withDevice(async (device) => {
    let depth = 0;
    let calls = 0;
    setLogLevel("info");
    setLogHandler(() => {
      assertEquals(depth++, 0);
      // Fails at once, and is logged itself when it fails later.
      if (calls++ < 3) device.createDemuxer("/nonexistent").catch(() => {});
      assert(device.stats.liveHandles >= 0);
      depth--;
    });
    try {
      await device.createDemuxer("/nonexistent").catch(() => {});
      await until(() => calls > 3, () => `${calls} calls`);
    } finally {
      setLogLevel("quiet");
      setLogHandler(null);
    }
  });
});

test("what is no level, and what is no handler, is refused", () => {
  for (const level of ["INFO", "verbose", "", 3, null, undefined]) {
    assertThrows(() => setLogLevel(level as never), TypeError, 'takes "quiet", "fatal"');
  }
  for (const handler of ["log", {}, undefined, 0]) {
    assertThrows(() => setLogHandler(handler as never), TypeError, "takes a function or null");
  }
});
