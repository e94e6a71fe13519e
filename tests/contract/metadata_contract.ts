/** What a demuxer says of the container and its streams. */
import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { Demuxer, Rational } from "../../mod.ts";
import { allClips, type Clip, clip } from "../support/clips.ts";
import type { ProbeRecord } from "../support/ffmpeg.ts";
import { CuframeError } from "./cuframe.ts";
import { assertRun, numbersOf, withDevice } from "./contract_device.ts";
import {
  colorSpaceIn,
  fractionIn,
  type Reference,
  reference,
  rotationIn,
  videoOf,
} from "./reference.ts";

const kSampling: Readonly<Record<string, string>> = {
  ...{ "20": "4:2:0", "22": "4:2:2", "44": "4:4:4" },
};

function samplingIn(pixelFormat: string): string {
  if (pixelFormat.startsWith("gray")) return "4:0:0";
  return kSampling[/4(\d\d)p/.exec(pixelFormat)![1]];
}

const fraction = ({ num, den }: Rational): readonly number[] => num === 0 ? [0, 0] : [num, den];

function wantedFraction(text: unknown): readonly number[] {
  const [num, den] = fractionIn(text);
  return num === 0 ? [0, 0] : [num, den];
}

function checkClose(actual: number | null, seconds: unknown, what: string): void {
  const wanted = seconds === undefined ? null : Number(seconds) * 1e6;
  if (wanted === null) assertEquals(actual, null, what);
  else assert(actual !== null && Math.abs(actual - wanted) <= 1, `${what}: ${actual}, ${wanted}`);
}

function checkVideo(demuxer: Demuxer, video: ProbeRecord): void {
  assertEquals(demuxer.codec, String(video.codec_name));
  assertEquals([demuxer.width, demuxer.height], [Number(video.width), Number(video.height)]);
  assert(demuxer.codedWidth >= demuxer.width && demuxer.codedHeight >= demuxer.height);
  assertEquals(fraction(demuxer.timeBase), [...wantedFraction(video.time_base)]);
  // IVF gives no average; the rate that fits all timestamps is as good there.
  const average = wantedFraction(video.avg_frame_rate);
  const rate = average[1] === 0 ? wantedFraction(video.r_frame_rate) : average;
  assertEquals(fraction(demuxer.frameRate), [...rate]);
  assertEquals(fraction(demuxer.rFrameRate), [...wantedFraction(video.r_frame_rate)]);
  assertEquals(fraction(demuxer.sampleAspectRatio), [...wantedFraction(video.sample_aspect_ratio)]);
  assertEquals(demuxer.chromaFormat as string, samplingIn(String(video.pix_fmt)));
  assertEquals(demuxer.colorSpace, colorSpaceIn(video));
  assertEquals(demuxer.rotation, rotationIn(video));
  assertEquals(demuxer.streamIndex, Number(video.index));
  assertEquals(demuxer.numFrames, video.nb_frames === undefined ? null : Number(video.nb_frames));
  const level = Number(video.level ?? -99);
  assertEquals(demuxer.level, level < 0 ? null : level);
  // ffprobe prints the bare number of a profile without a name.
  const profile = video.profile === undefined ? null : String(video.profile);
  if (profile === null || !/^-?\d+$/.test(profile)) assertEquals(demuxer.profile, profile);
}

function checkTimes(demuxer: Demuxer, said: Reference): void {
  const video = videoOf(said);
  checkClose(demuxer.startTime, video.start_time, "startTime");
  checkClose(demuxer.duration, video.duration ?? said.format.duration, "duration");
  if (video.bit_rate !== undefined) assertEquals(demuxer.bitRate, Number(video.bit_rate));
  else if (said.format.bit_rate === undefined) assertEquals(demuxer.bitRate, null);
  else assert(demuxer.bitRate === null || demuxer.bitRate === Number(said.format.bit_rate));
}

function checkStreams(demuxer: Demuxer, { streams }: Reference, { audio }: Clip): void {
  assertEquals(demuxer.streams.length, streams.length);
  demuxer.streams.forEach((stream, i) => {
    assertEquals(stream.index, Number(streams[i].index));
    assertEquals(stream.type as string, streams[i].codec_type);
    assertEquals(stream.codec, String(streams[i].codec_name));
    assertEquals(stream.isAttachedPicture, false);
    assertEquals(stream.width, Number(streams[i].width ?? 0));
    assertEquals(stream.height, Number(streams[i].height ?? 0));
    assertEquals(stream.sampleRate, Number(streams[i].sample_rate ?? 0));
    assertEquals(stream.channels, Number(streams[i].channels ?? 0));
    if (streams[i].bit_rate !== undefined) {
      assertEquals(stream.bitRate, Number(streams[i].bit_rate));
    }
  });
  assertEquals(demuxer.audioStreams, demuxer.streams.filter(({ type }) => type === "audio"));
  assertEquals(demuxer.audioStreams.length, audio ? 1 : 0);
}

for (const { name, state } of allClips()) {
  if (state !== "good") continue;
  test(`metadata of ${name} is what ffprobe says`, async () => {
    const playable = await clip(name);
    const said = await reference(playable);
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer(playable.path);
      checkVideo(demuxer, videoOf(said));
      checkTimes(demuxer, said);
      checkStreams(demuxer, said, playable);
      assertEquals(demuxer.bitDepth, playable.bitDepth);
      const names = String(said.format.format_name).split(",");
      assert(names.includes(demuxer.containerName.split(",")[0]), demuxer.containerName);
      assertEquals([demuxer.label, demuxer.isSeekable], [playable.path, true]);
    });
  });
}

test("codecString is a WebCodecs string where WebCodecs knows the codec", async () => {
  const wanted: Readonly<Record<string, RegExp>> = {
    "h264_b_pyramid.mp4": /^avc1\.6400[0-9a-f]{2}$/i,
    "h264_10bit.mp4": /^avc1\.6e00[0-9a-f]{2}$/i,
    "h264.h264": /^avc[13]\.6400[0-9a-f]{2}$/i,
    "hevc.mp4": /^hvc1\.1\.6\.L\d+(\.[0-9A-F]{1,2})*$/,
    "hevc_10bit.mp4": /^hvc1\.2\.4\.L\d+(\.[0-9A-F]{1,2})*$/,
    "av1.mp4": /^av01\.0\.\d\d[MH]\.08/,
    "av1_10bit.mp4": /^av01\.0\.\d\d[MH]\.10/,
    "vp8.webm": /^vp8$/,
    "vp9.webm": /^vp09\.00\.\d\d\.08/,
    "vp9_10bit.webm": /^vp09\.02\.\d\d\.10/,
    "mpeg4.avi": /^(mp4v\.20(\.\d+)?|mpeg4)$/,
    "ffv1.mkv": /^ffv1$/,
  };
  await withDevice(async (device) => {
    for (const [name, pattern] of Object.entries(wanted)) {
      using demuxer = await device.createDemuxer((await clip(name)).path);
      assertMatch(demuxer.codecString, pattern, name);
      // It names the codec as well as libav's name does.
      using decoder = await device.createDecoder({ codec: demuxer.codecString });
      assertEquals(decoder.codec, demuxer.codec, name);
    }
  }, { clips: Object.keys(wanted) });
});

test("decoderConfig has WebCodecs' shape, and headers where the packets have none", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using whole = await device.createDemuxer(path);
    using stored = await device.createDemuxer(path, { bitstream: "container" });
    const { codec, codedWidth, codedHeight, displayAspectWidth, displayAspectHeight, colorSpace } =
      stored.decoderConfig;
    assertEquals([codec, codedWidth, codedHeight], [stored.codecString, 176, 144]);
    assertEquals([displayAspectWidth, displayAspectHeight], [176, 144]);
    assertEquals(colorSpace, stored.colorSpace);
    assertEquals(stored.decoderConfig.description?.[0], 1, "avcC begins with its version");
    assertEquals(whole.decoderConfig.description, undefined);
  });
});

test("a video stream is chosen by its index", async () => {
  const { path, secondStream } = await clip("two_videos.mkv");
  await withDevice(async (device) => {
    for (const streamIndex of [0, 1]) {
      using demuxer = await device.createDemuxer(path, { streamIndex });
      assertEquals(demuxer.streamIndex, streamIndex);
      assertEquals(demuxer.streams.map(({ type }) => type), ["video", "video"]);
      assertEquals(demuxer.width, streamIndex === 0 ? 176 : 160);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      assertRun(await numbersOf(decoder.frames(demuxer)), streamIndex * secondStream!, 45);
    }
  });
});

test("an index that is no video stream is refused with what there is", async () => {
  const { path } = await clip("h264_aac.mp4");
  await withDevice(async (device) => {
    for (const streamIndex of [1, 2, 1000]) {
      const error = await assertRejects(() => device.createDemuxer(path, { streamIndex }), Error);
      assert(
        error instanceof CuframeError || error instanceof RangeError || error instanceof TypeError,
      );
      assertMatch(error.message, new RegExp(`\\b${streamIndex}\\b`));
      assertMatch(error.message, /video/);
    }
  });
});

test("descriptors of demuxers are checked", async () => {
  const { path } = await clip("h264_64x64.mp4");
  const wrong: [descriptor: object, type: typeof TypeError | typeof RangeError, text: string][] = [
    [{ bitstreams: "container" }, TypeError, "bitstream"],
    [{ bitstream: "annexb" }, TypeError, "bitstream"],
    [{ streamIndex: -1 }, RangeError, "streamIndex"],
    [{ streamIndex: 0.5 }, RangeError, "streamIndex"],
    [{ streamIndex: "0" }, TypeError, "streamIndex"],
    [{ signal: true }, TypeError, "signal"],
    [{ label: "" }, TypeError, "label"],
  ];
  await withDevice(async (device) => {
    for (const [descriptor, type, text] of wrong) {
      await assertRejects(() => device.createDemuxer(path, descriptor), type, text);
    }
    using demuxer = await device.createDemuxer(path, { label: "a name", bitstream: undefined });
    assertEquals(demuxer.label, "a name");
    assertInstanceOf(demuxer.streams, Array);
  });
});
