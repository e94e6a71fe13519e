/** What changes while an encoder works, and what is refused by name. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { EncodedChunk, EncoderDescriptor, ReconfigureParams } from "../../mod.ts";
import { ffprobeFrames } from "../support/ffmpeg.ts";
import { type RawOptions, rawPictures } from "../support/raw_pictures.ts";
import { contractBackend, testOn, withDevice } from "./contract_device.ts";
import { bitrateOf, headerValues, streamFile } from "./encoded_stream.ts";

const kNoise: RawOptions = { width: 320, height: 240, count: 90, source: "noise" };
/** Of each half: what rate control needs to settle is not looked at. */
const kSettled = 45;

/** Encodes the same pictures before and after a change. */
async function changed(
  descriptor: Partial<EncoderDescriptor>,
  params: ReconfigureParams,
  raw: RawOptions = kNoise,
): Promise<{
  before: EncodedChunk[];
  after: EncodedChunk[];
  all: EncodedChunk[];
  isInPlace: boolean;
  now: ReconfigureParams;
  counts: [inPlace: number, anew: number];
}> {
  const { width, height, pictures } = await rawPictures("nv12", raw);
  const chunks: EncodedChunk[] = [];
  let result: Awaited<ReturnType<typeof changed>>;
  await withDevice(async (device) => {
    using encoder = await device.createEncoder({ width, height, ...descriptor });
    for (const picture of pictures) chunks.push(...await encoder.encode(picture));
    const { isInPlace, chunks: held } = await encoder.reconfigure({
      ...encoder.getReconfigureParams(),
      ...params,
    });
    chunks.push(...held);
    for (const picture of pictures) chunks.push(...await encoder.encode(picture));
    const now = encoder.getReconfigureParams();
    chunks.push(...await encoder.endEncode());
    const { reconfigures, reopens } = encoder.stats;
    const count = pictures.length;
    assertEquals(chunks.length, 2 * count);
    const { num, den } = chunks[0].timeBase;
    const shown = [...chunks].sort((a, b) => a.pts - b.pts);
    assert(num > 0 && den > 0);
    result = {
      before: shown.slice(0, count),
      after: shown.slice(count),
      all: chunks,
      isInPlace,
      now,
      counts: [reconfigures, reopens],
    };
  });
  return result!;
}

const settledRate = (chunks: readonly EncodedChunk[]): number =>
  bitrateOf(chunks.slice(-kSettled), 30);

for (const codec of ["h264", "hevc", "av1"] as const) {
  test(`the bit rate of ${codec} changes`, async () => {
    const rates = { rateControlMode: "cbr", averageBitrate: 1_000_000 } as const;
    const { before, after, now, isInPlace, counts, all } = await changed(
      {
        codec,
        preset: "P1",
        tuningInfo: "low_latency",
        rc: "cbr",
        bitrate: 3_000_000,
        vbvBufSize: 1_500_000,
      },
      { ...rates, vbvBufferSize: 500_000 },
    );
    const [first, second] = [settledRate(before), settledRate(after)];
    assert(Math.abs(first / 3_000_000 - 1) < 0.25, `${first} bit/s before`);
    assert(Math.abs(second / 1_000_000 - 1) < 0.25, `${second} bit/s after`);
    assertEquals([now.averageBitrate, now.vbvBufferSize], [1_000_000, 500_000]);
    assertEquals(counts, isInPlace ? [1, 0] : [0, 1]);
    // An encoder made anew begins with a key picture, one that goes on does not.
    // The x265 of the simulated NVENC is made anew for another bit rate.
    const isX265 = contractBackend() === "cuda" && codec === "hevc";
    assertEquals(after[0].isKey, !isInPlace || isX265);
    const frames = await ffprobeFrames(await streamFile(codec, all));
    assertEquals(frames.length, all.length);
  });
}

testOn(
  "cpu",
  "it is x264",
  "x264 changes a constant bit rate in place, with B pictures",
  async () => {
    const { isInPlace, after } = await changed(
      { preset: "P1", bf: 2, rc: "cbr", bitrate: 2_000_000 },
      { averageBitrate: 700_000, vbvBufferSize: 700_000 },
    );
    assertEquals([isInPlace, after.some(({ isKey }) => isKey)], [true, false]);
    const rate = settledRate(after);
    assert(rate < 1_000_000, `${rate} bit/s`);
  },
);

const kSmall: RawOptions = { count: 12, source: "test" };
const size = (chunks: readonly EncodedChunk[]): number =>
  chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);

test("the frame rate changes, and the pictures are counted on", async () => {
  const { after, before, now } = await changed(
    { fps: 30, bf: 0 },
    { frameRateNum: 15, frameRateDen: 1 },
    kSmall,
  );
  const steps = (chunks: readonly EncodedChunk[]) =>
    chunks.slice(1).map(({ timestamp }, i) => Math.round((timestamp - chunks[i].timestamp) / 1000));
  assertEquals(
    new Set(steps(before)),
    new Set([33, 34].filter((it) => steps(before).includes(it))),
  );
  assertEquals(new Set(steps(after).map((step) => Math.round(step / 10))), new Set([7]));
  assertEquals([now.frameRateNum, now.frameRateDen], [15, 1]);
});

test("target quality and quantizers change", async () => {
  const quality = await changed({ cq: 20, bf: 0 }, { targetQuality: 40 }, kSmall);
  assert(size(quality.before) > 1.5 * size(quality.after), `${size(quality.before)}`);
  assertEquals(quality.now.targetQuality, 40);
  const quantizer = await changed({ constQp: 20, bf: 0 }, { constQp: 40 }, kSmall);
  assert(
    size(quantizer.before) > 1.5 * size(quantizer.after),
    `${size(quantizer.before)} and ${size(quantizer.after)}`,
  );
  assertEquals(quantizer.now.constQp, 40);
});

test("the mode of rate control changes", async () => {
  const { now, before, after } = await changed(
    { rc: "cbr", bitrate: 4_000_000 },
    { rateControlMode: "constqp", constQp: 45 },
    kSmall,
  );
  assertEquals([now.rateControlMode, now.constQp], ["constqp", 45]);
  assert(size(before) > size(after));
});

test("the size changes up to maxWidth and maxHeight, at an IDR picture", async () => {
  const small = await rawPictures("nv12", { count: 4 });
  const large = await rawPictures("nv12", { count: 4, width: 320, height: 240 });
  await withDevice(async (device) => {
    const { width, height } = small;
    using encoder = await device.createEncoder({ width, height, maxWidth: 320, maxHeight: 240 });
    const chunks: EncodedChunk[] = [];
    for (const picture of small.pictures) chunks.push(...await encoder.encode(picture));
    // Pictures of the new size may follow at once.
    const change = encoder.reconfigure({ width: 320, height: 240 });
    assertEquals([encoder.width, encoder.height], [320, 240]);
    const following = large.pictures.map((picture) => encoder.encode(picture));
    chunks.push(...(await change).chunks);
    for (const one of following) chunks.push(...await one);
    chunks.push(...await encoder.endEncode());
    assertEquals(chunks.length, 8);
    const frames = await ffprobeFrames(await streamFile("h264", chunks));
    assertEquals(
      frames.map((frame) => [frame.width, frame.height, frame.keyFrame]),
      [...Array(8).keys()].map((i) => [i < 4 ? 192 : 320, i < 4 ? 144 : 240, i % 4 === 0]),
    );
    await assertRejects(
      () => encoder.reconfigure({ width: 640, height: 480 }),
      TypeError,
      "Pictures of 640 x 480 are larger than maxWidth and maxHeight, 320 x 240",
    );
    assertEquals([encoder.width, encoder.height], [320, 240]);
    await encoder.encode(large.pictures[0]);
    assertEquals((await encoder.endEncode()).length, 1);
  });
});

for (const codec of ["h264", "hevc", "av1"] as const) {
  test(`${codec}: what was given back unchanged changes nothing`, async () => {
    const { isInPlace, before, after, now, counts } = await changed(
      { codec, constQp: 30, bf: 0 },
      {},
      kSmall,
    );
    assertEquals([isInPlace, after[0].isKey], [true, false]);
    assert(before.length === after.length);
    assertEquals([now.constQp, counts[1]], [30, 0]);
  });

  test(`${codec}: the distance of key pictures changes`, async () => {
    const { before, after, now, isInPlace } = await changed(
      { codec, constQp: 30, bf: 0, gop: 6 },
      { gop: 4 },
      kSmall,
    );
    const keys = (chunks: readonly EncodedChunk[]): number[] =>
      [...chunks.keys()].filter((i) => chunks[i].isKey);
    assertEquals([keys(before), keys(after)], [[0, 6], [0, 4, 8]]);
    assertEquals([now.gop, isInPlace], [4, false]);
  });
}

test("the last of changes that were not waited for holds, also if it is as it was", async () => {
  const { width, height, pictures } = await rawPictures("nv12", {
    ...{ width: 640, height: 480, count: 4, source: "noise" },
  });
  await withDevice(async (device) => {
    using encoder = await device.createEncoder({
      ...{ width, height, preset: "P6", tuningInfo: "low_latency", bitrate: 1_000_000 },
    });
    const calls = pictures.map((picture) => encoder.encode(picture));
    const changes = [500_000, 1_000_000].map((averageBitrate) =>
      encoder.reconfigure({ averageBitrate })
    );
    await Promise.all([...calls, ...changes]);
    assertEquals(encoder.settings.bitrate, 1_000_000);
  });
});

test("sizes that fail one after another leave the encoder as it was", async () => {
  const { width, height, pictures } = await rawPictures("nv12", { count: 1 });
  await withDevice(async (device) => {
    using encoder = await device.createEncoder({ width, height, codec: "hevc" });
    const failing = [8, 10].map((side) => encoder.reconfigure({ width: side, height: side }));
    for (const { status } of await Promise.allSettled(failing)) assertEquals(status, "rejected");
    assertEquals([encoder.width, encoder.height], [width, height]);
    await encoder.encode(pictures[0]);
    assertEquals((await encoder.endEncode()).length, 1);
  });
});

const kRefused: readonly [
  params: object,
  kind: typeof TypeError | typeof RangeError,
  text: string,
][] = [
  [{ bitrate: 1 }, TypeError, 'reconfigure() has no key "bitrate"; its keys are rateControlMode, '],
  [{ averageBitrate: 0 }, RangeError, "averageBitrate must be an integer from 1 to 4294967295"],
  [{ rateControlMode: "cqp" }, TypeError, 'rateControlMode must be "cbr" or "vbr" or "constqp"'],
  [{ targetQuality: 30 }, TypeError, 'cq is a target of rc "vbr"'],
  [{ width: 0 }, RangeError, "width must be an integer from 1"],
];

for (const [params, kind, text] of kRefused) {
  test(`reconfigure(${JSON.stringify(params)}) is refused, and encoding goes on`, async () => {
    const { width, height, pictures } = await rawPictures("nv12");
    await withDevice(async (device) => {
      using encoder = await device.createEncoder({ width, height, rc: "cbr", bf: 0 });
      await encoder.encode(pictures[0]);
      await assertRejects(() => encoder.reconfigure(params), kind, text);
      await encoder.encode(pictures[1]);
      await encoder.endEncode();
      const { framesEncoded, reconfigures, reopens } = encoder.stats;
      assertEquals([framesEncoded, reconfigures, reopens], [2, 0, 0]);
    });
  });
}

test("headers are those of the stream before and after", async () => {
  await withDevice(async (device) => {
    const { width, height, pictures } = await rawPictures("nv12");
    for (const codec of ["h264", "hevc", "av1"] as const) {
      using encoder = await device.createEncoder({
        width,
        height,
        codec,
        gop: 5,
        repeatSpsPps: true,
      });
      const chunks: EncodedChunk[] = [];
      for (const picture of pictures) chunks.push(...await encoder.encode(picture));
      chunks.push(...await encoder.endEncode());
      const headers = encoder.getSequenceParams();
      assert(headers.length > 0, codec);
      if (codec === "av1") continue;
      // As they stand in front of the first picture.
      const path = await streamFile(codec, chunks);
      const types = codec === "h264" ? [7, 8] : [32, 33, 34];
      const units = await headerValues(path, "nal_unit_type");
      assertEquals(units.filter((type) => types.includes(type)).slice(0, types.length), types);
      const joined = String([...chunks[0].data]);
      assert(joined.includes(String([...headers.subarray(4)]).slice(0, 40)), codec);
    }
  });
});
