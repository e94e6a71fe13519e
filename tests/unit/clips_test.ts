/** What the table of clips claims is really in the files, by the word of ffmpeg and ffprobe. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { makeRawFrames, planeShapes, readRawFrame } from "../support/barcode.ts";
import { allClips, type Clip, clip, vfrTime } from "../support/clips.ts";
import {
  decodeRaw,
  ffmpeg,
  ffprobeFrames,
  ffprobePackets,
  ffprobeStreams,
  framemd5,
  type ProbedFrame,
  type ProbedPacket,
  type ProbeRecord,
} from "../support/ffmpeg.ts";

async function numbersIn(path: string, pixelFormat: string, stream = "v:0"): Promise<number[]> {
  const [{ width, height }] = await ffprobeStreams(path, stream);
  const numbers: number[] = [];
  for await (const frame of decodeRaw(path, pixelFormat, { stream })) {
    numbers.push(readRawFrame(frame, pixelFormat, Number(width), Number(height)));
  }
  return numbers;
}

function checkStream(wanted: Clip, stream: ProbeRecord): void {
  assertEquals(stream.codec_name, wanted.codec);
  assertEquals([stream.width, stream.height], [wanted.width, wanted.height]);
  assertEquals(stream.pix_fmt, wanted.pixelFormat);
  if (!wanted.vfr) assertEquals(stream.r_frame_rate, wanted.frameRate);
  assertEquals(stream.color_range === "pc", wanted.fullRange);
  // Motion JPEG is BT.601 by definition; libav says so without a tag in the file.
  if (wanted.codec !== "mjpeg") assertEquals(stream.color_space, wanted.matrix);
  const sideData = (stream.side_data_list ?? []) as ProbeRecord[];
  const turn = sideData.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  assertEquals((360 - Number(turn)) % 360, wanted.rotation);
}

function checkFrames(wanted: Clip, frames: readonly ProbedFrame[]): void {
  assertEquals(frames.length, wanted.numbers.length);
  assertEquals(frames.some((frame) => frame.pictureType === "B"), wanted.hasB);
  assertEquals(frames.some((frame) => frame.interlaced), wanted.interlaced);
  if (wanted.interlaced) assert(frames.every((frame) => frame.topFieldFirst));
  const last = frames[frames.length - 1];
  const size = wanted.thenSize ?? [wanted.width, wanted.height];
  assertEquals([last.width, last.height], [...size]);
  assertEquals(last.pixelFormat, wanted.thenPixelFormat ?? wanted.pixelFormat);
  if (wanted.vfr) {
    const times = frames.map(({ record }) => Math.round(Number(record.pts_time) * 1000));
    assertEquals(times, wanted.numbers.map(vfrTime));
  }
}

function checkPackets(wanted: Clip, packets: readonly ProbedPacket[]): void {
  assertEquals((packets[0].pts ?? 0) < 0, wanted.negativePts);
  assertEquals(packets.some((packet) => packet.discard), wanted.editList);
  const keys = packets.flatMap((packet, i) => packet.key ? [i] : []);
  const timed = packets.every((packet) => packet.pts !== undefined);
  const leading = packets.filter(({ pts }, i) => {
    const key = keys.findLast((k) => k <= i);
    return timed && key !== undefined && pts! < packets[key].pts!;
  });
  assertEquals(leading.length > 0, wanted.openGop);
  if (wanted.keyInterval !== undefined && !wanted.openGop && wanted.making.kind === "encode") {
    const distances = keys.slice(1).map((key, i) => key - keys[i]);
    assert(distances.every((distance) => distance === wanted.keyInterval), `${distances}`);
    assertEquals(keys.length, Math.ceil(packets.length / wanted.keyInterval));
  }
}

async function checkLoss(wanted: Clip): Promise<void> {
  const { width, height, pixelFormat, start, frames } = wanted;
  const lumaBytes = planeShapes(pixelFormat, width, height)[0].bytes;
  const raw = makeRawFrames({ width, height, pixelFormat, start, count: frames });
  for await (const decoded of decodeRaw(wanted.path, pixelFormat)) {
    const original = raw.next().value as Uint8Array;
    if (wanted.lossless) assertEquals(decoded, original);
    else if (wanted.bitDepth === 8) {
      let sum = 0;
      for (let i = 0; i < lumaBytes; i++) sum += Math.abs(decoded[i] - original[i]);
      // Converting between ranges moves samples by 8 on average.
      assert(sum / lumaBytes < 4, `Luma is off by ${sum / lumaBytes}`);
    }
  }
}

async function hasHiddenFrames(wanted: Clip, packets: readonly ProbedPacket[]): Promise<boolean> {
  if (wanted.codec === "vp8") return packets.length > wanted.frames;
  const split = wanted.codec === "vp9" ? "vp9_superframe_split,trace_headers" : "trace_headers";
  const trace = ["-v", "verbose", "-i", wanted.path, "-c", "copy", "-bsf:v", split];
  const { stderr } = await ffmpeg([...trace, "-f", "null", "-"]);
  return /show_frame +0 = 0/.test(stderr);
}

async function checkGood(wanted: Clip): Promise<void> {
  const { path } = wanted;
  const streams = await ffprobeStreams(path);
  const videos = streams.filter((stream) => stream.codec_type === "video");
  checkStream(wanted, videos[0]);
  assertEquals(streams.some((stream) => stream.codec_type === "audio"), wanted.audio);
  assertEquals(videos.length, wanted.secondStream === undefined ? 1 : 2);
  checkFrames(wanted, await ffprobeFrames(path));
  const packets = await ffprobePackets(path);
  checkPackets(wanted, packets);
  assertEquals(await numbersIn(path, wanted.pixelFormat), [...wanted.numbers]);
  if (/^(vp8|vp9|av1)$/.test(wanted.codec)) {
    assertEquals(await hasHiddenFrames(wanted, packets), wanted.hiddenFrames);
  }
  if (wanted.lossless || wanted.matrix !== undefined) await checkLoss(wanted);
}

async function checkDamaged(wanted: Clip): Promise<void> {
  const source = await clip("from" in wanted.making ? wanted.making.from[0] : "");
  const [good, bad] = [await framemd5(source.path), await framemd5(wanted.path)];
  assertEquals(bad.map(({ pts }) => pts), good.map(({ pts }) => pts));
  const changed = good.flatMap(({ md5 }, i) => bad[i].md5 === md5 ? [] : [i]);
  assertEquals(changed[0], wanted.damaged[0]);
  for (const number of wanted.damaged) assert(changed.includes(number), `${number} is whole`);
  // One thread: with frame threads libav may output a frame before it marks it as corrupt.
  const input = ["-v", "repeat+warning", "-threads", "1", "-i", wanted.path];
  const { stderr } = await ffmpeg([...input, "-f", "null", "-"]);
  assertEquals(stderr.match(/corrupt decoded frame/g)?.length, wanted.damaged.length);
}

async function checkTruncated(wanted: Clip): Promise<void> {
  const numbers = await numbersIn(wanted.path, wanted.pixelFormat);
  // The last picture may be half there.
  const whole = numbers.slice(0, -1);
  assert(whole.length >= 12 && numbers.length < wanted.frames, `${numbers.length} frames`);
  assertEquals(whole, wanted.numbers.slice(0, whole.length));
}

for (const { name, state } of allClips()) {
  if (state === "unreadable") continue;
  test(`clip ${name}`, async () => {
    const wanted = await clip(name);
    if (state === "good") await checkGood(wanted);
    else if (state === "damaged") await checkDamaged(wanted);
    else await checkTruncated(wanted);
  });
}

test("a player turns h264_rotated.mp4 clockwise", async () => {
  const { path } = await clip("h264_rotated.mp4");
  const decode = async (before: string[], after: string[]): Promise<Uint8Array> =>
    (await ffmpeg([...before, "-i", path, ...after, "-f", "rawvideo", "pipe:1"])).stdout;
  assertEquals(await decode([], []), await decode(["-noautorotate"], ["-vf", "transpose=clock"]));
});

test("h264_late_video.mp4 starts with audio only", async () => {
  const streams = await ffprobeStreams((await clip("h264_late_video.mp4")).path);
  const start = (type: string): number =>
    Number(streams.find((stream) => stream.codec_type === type)?.start_time);
  assertEquals([start("audio"), start("video")], [0, 0.48]);
});

test("hevc_leading_cut.ts starts with leading pictures that cannot be decoded", async () => {
  const { path, numbers, frames } = await clip("hevc_leading_cut.ts");
  const packets = await ffprobePackets(path);
  assertEquals(packets.length, frames);
  const leading = packets.filter((packet) => packet.pts! < packets[0].pts!);
  assertEquals(leading.length, frames - numbers.length);
});

test("the second stream of two_videos.mkv is another video", async () => {
  const { path, pixelFormat, secondStream } = await clip("two_videos.mkv");
  const numbers = await numbersIn(path, pixelFormat, "v:1");
  assertEquals(numbers, Array.from({ length: 45 }, (_, i) => secondStream! + i));
});

test("containers are laid out as their names say", async () => {
  const bytes = async (name: string) => await readFile((await clip(name)).path);
  const kCues = Uint8Array.of(0x1c, 0x53, 0xbb, 0x6b);
  assert((await bytes("h264.mkv")).lastIndexOf(kCues) > 1000);
  assertEquals((await bytes("h264_no_cues.mkv")).indexOf(kCues), -1);
  assert((await bytes("h264_fragmented.mp4")).includes("moof"));
  const [first, last] = [await bytes("h264_faststart.mp4"), await bytes("h264_b_pyramid.mp4")];
  assert(first.indexOf("moov") < first.indexOf("mdat"));
  assert(last.indexOf("moov") > last.indexOf("mdat"));
});

test("files without video are what they claim to be", async () => {
  for (const name of ["h264_truncated.mp4", "empty.mp4", "text.mp4"]) {
    const { path } = await clip(name);
    await assertRejects(() => ffprobeStreams(path), Error, "Invalid data");
  }
  const audio = await ffprobeStreams((await clip("audio_only.m4a")).path);
  assertEquals(audio.map((stream) => stream.codec_type), ["audio"]);
  const image = await clip("image.jpg");
  assertEquals(await numbersIn(image.path, image.pixelFormat), [0]);
});

test("libav takes the baits for a playlist and a script, whatever their names", async () => {
  for (const name of ["playlist.m3u8", "playlist.mp4", "concat.ffconcat", "concat.mp4"]) {
    const { path } = await clip(name);
    await assertRejects(() => ffprobeStreams(path), Error, "/etc/passwd");
  }
});

test("a clip that does not exist is refused", async () => {
  await assertRejects(async () => await clip("no_such_clip.mp4"), RangeError, "no_such_clip.mp4");
});
