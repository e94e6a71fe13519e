/** Tracks of muxers: what encoders made, and what is said of a track. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { test } from "node:test";
import type { EncodedChunk, Encoder, TrackOptions } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { ffprobeFrames, ffprobePackets, ffprobeStreams } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { rawPictures } from "../support/raw_pictures.ts";
import { withDevice } from "./contract_device.ts";
import { Packet, UnsupportedError } from "./cuframe.ts";
import { streamFile } from "./encoded_stream.ts";
import { copyTo, picturesOf, timesOf } from "./muxed_file.ts";

const raw = (count = 12) => rawPictures("nv12", { count, source: "test" });

async function encodeAll(encoder: Encoder, count?: number): Promise<EncodedChunk[]> {
  const { pictures } = await raw(count);
  const chunks: EncodedChunk[] = [];
  for (const picture of pictures) chunks.push(...await encoder.encode(picture));
  return [...chunks, ...await encoder.endEncode()];
}

const kEncoded: readonly [codec: "h264" | "hevc" | "av1", ...endings: string[]][] = [
  ["h264", "mp4", "mov", "mkv", "ts", "avi", "h264"],
  ["hevc", "mp4", "mov", "mkv", "ts", "hevc"],
  ["av1", "mp4", "mkv", "webm", "obu", "ivf"],
];

for (const [codec, ...endings] of kEncoded) {
  test(`what was encoded as ${codec} is written into ${endings.join(", ")}`, async () => {
    await withDevice((device) =>
      inFolder(async (folder) => {
        const { width, height } = await raw();
        const bf = codec === "av1" ? undefined : 2;
        using encoder = await device.createEncoder({ width, height, codec, bf });
        const chunks = await encodeAll(encoder);
        const wanted = await picturesOf(await streamFile(codec, chunks));
        for (const ending of endings) {
          const path = join(folder, `out.${ending}`);
          await using muxer = await device.createMuxer(path);
          const track = muxer.addVideoTrack(encoder);
          assertEquals([track.codec, track.type, track.streamIndex], [codec, "video", null]);
          await muxer.write(chunks);
          await muxer.finish();
          assertEquals(await picturesOf(path), wanted, ending);
          const [record] = await ffprobeStreams(path, "v");
          assertEquals([record.width, record.height], [width, height], ending);
          // Matroska counts milliseconds.
          const units: { readonly [ending: string]: number } = {
            mp4: 1,
            mov: 1,
            mkv: 1e3,
            webm: 1e3,
          };
          const unit = units[ending];
          if (unit === undefined) continue;
          const times = (await timesOf(path, "v")).map((time) => Math.round(time / unit));
          assertEquals(times, chunks.map(({ timestamp }) => Math.round(timestamp / unit)), ending);
        }
      })
    );
  });
}

const kLight: TrackOptions = {
  masteringDisplay: {
    red: [0.68, 0.32],
    green: [0.265, 0.69],
    blue: [0.15, 0.06],
    whitePoint: [0.3127, 0.329],
    minLuminance: 0.005,
    maxLuminance: 1000,
  },
  contentLightLevel: { maxContentLightLevel: 900, maxPictureAverageLightLevel: 400 },
};

/** Side data of the stream, or of its first frame, by its type. */
async function sideData(path: string): Promise<Map<string, Record<string, unknown>>> {
  const [stream] = await ffprobeStreams(path, "v");
  const [frame] = await ffprobeFrames(path);
  const lists = [stream.side_data_list, frame.record.side_data_list];
  const all = lists.flatMap((list) => (list ?? []) as Record<string, unknown>[]);
  return new Map(all.map((entry) => [String(entry.side_data_type), entry]));
}

/** The value of a fraction; Matroska has floats of 32 bits. */
function quotient(fraction: unknown): number {
  const [num, den] = String(fraction).split("/").map(Number);
  return Number((num / den).toFixed(5));
}

const kColor = { primaries: "bt2020", transfer: "pq", matrix: "bt2020-ncl", fullRange: false };
const kDisplay = "Mastering display metadata";
const kLevel = "Content light level metadata";

test("what is said of a track stands in the file, and a copy keeps it", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const { width, height } = await raw();
      using encoder = await device.createEncoder({
        width,
        height,
        codec: "hevc",
        colorSpace: kColor,
      });
      const chunks = await encodeAll(encoder, 3);
      for (const ending of ["mp4", "mov", "mkv"]) {
        const path = join(folder, `first.${ending}`);
        await using muxer = await device.createMuxer(path, { metadata: { title: "Night" } });
        muxer.addVideoTrack(encoder, {
          ...kLight,
          language: "fra",
          title: "Main",
          rotation: 90,
          colorSpace: kColor,
          sampleAspectRatio: { num: 4, den: 3 },
          frameRate: 29.97,
        });
        await muxer.write(chunks);
        await muxer.finish();
        const copy = join(folder, `copy.${ending}`);
        await copyTo(device, path, copy);
        for (const file of [path, copy]) {
          const [record] = await ffprobeStreams(file, "v");
          assertEquals((record.tags as Record<string, unknown>).language, "fra", file);
          assertEquals(record.sample_aspect_ratio, "4:3", file);
          const data = await sideData(file);
          const display = data.get(kDisplay);
          assertEquals([display?.max_luminance, display?.red_x].map(quotient), [1000, 0.68], file);
          assertEquals(data.get(kLevel)?.max_content, 900, file);
          assertEquals(data.get(kLevel)?.max_average, 400, file);
          await using demuxer = await device.createDemuxer(file);
          if (ending !== "mkv") assertEquals(demuxer.rotation, 90, file);
          assertEquals(demuxer.colorSpace.primaries, "bt2020", file);
          assertEquals(demuxer.colorSpace.transfer, "pq", file);
          assertEquals(demuxer.streams[0].language, "fra", file);
          assertEquals(demuxer.streams[0].title, ending === "mkv" ? "Main" : null, file);
        }
      }
    })
  );
});

test("an encoded track takes over what its source says", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const { path: source } = await clip("h264_rotated.mp4");
      await using demuxer = await device.createDemuxer(source, { streams: "all" });
      const { width, height } = await raw();
      using encoder = await device.createEncoder({ width, height });
      const path = join(folder, "out.mp4");
      await using muxer = await device.createMuxer(path);
      muxer.addVideoTrack(encoder, { from: demuxer });
      await muxer.write(await encodeAll(encoder, 3));
      await muxer.finish();
      await using again = await device.createDemuxer(path);
      assertEquals(again.rotation, demuxer.rotation);
    })
  );
});

for (const name of ["h264_rotated.mp4", "hevc_bt2020.mp4", "h264_full_709.mp4", "h264_10bit.mp4"]) {
  test(`a copy of ${name} says of itself what the source says`, async () => {
    await withDevice((device) =>
      inFolder(async (folder) => {
        for (const ending of ["mp4", "mov"]) {
          const path = join(folder, `out.${ending}`);
          await copyTo(device, name, path);
          await using before = await device.createDemuxer((await clip(name)).path);
          await using after = await device.createDemuxer(path);
          assertEquals(
            [after.rotation, after.colorSpace, after.codecString, after.frameRate.value],
            [before.rotation, before.colorSpace, before.codecString, before.frameRate.value],
          );
          assertEquals([after.duration, after.numFrames], [before.duration, before.numFrames]);
        }
      })
    );
  });
}

test("encoded video and copied sound go into one file", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const { path: source } = await clip("h264_aac.mp4");
      await using demuxer = await device.createDemuxer(source, { streams: "all" });
      await using decoder = await device.createDecoder({ codec: demuxer.codec });
      using encoder = await device.createEncoder({ width: 176, height: 144, codec: "hevc", bf: 2 });
      const path = join(folder, "out.mp4");
      await using muxer = await device.createMuxer(path);
      muxer.addVideoTrack(encoder, { from: demuxer });
      muxer.copyTracks(demuxer, { only: ["audio"] });
      for await (const packet of demuxer) {
        if (packet.type === "audio") await muxer.write(packet);
        else {
          for (const frame of await decoder.decode(packet)) {
            using open = frame;
            await muxer.write(await encoder.encode(open));
          }
        }
      }
      for (const frame of await decoder.flush()) {
        using open = frame;
        await muxer.write(await encoder.encode(open));
      }
      await muxer.write(await encoder.endEncode());
      await muxer.finish();
      const sorted = (times: number[]): number[] => times.sort((a, b) => a - b);
      assertEquals(sorted(await timesOf(path, "v")), sorted(await timesOf(source, "v")));
      assertEquals(await timesOf(path, "a"), await timesOf(source, "a"));
    })
  );
});

test("a decoder takes a demuxer's video only", async () => {
  await withDevice(async (device) => {
    const { path, numbers } = await clip("h264_aac.mp4");
    await using demuxer = await device.createDemuxer(path, { streams: ["audio", "subtitle"] });
    await using decoder = await device.createDecoder({ codec: demuxer.codec });
    let count = 0;
    for await (using _ of decoder.frames(demuxer)) count++;
    assertEquals(count, numbers.length);
    await demuxer.seek(0);
    let audio = await demuxer.read();
    while (audio?.type === "video") audio = await demuxer.read();
    await assertRejects(() => decoder.decode(audio!), TypeError, "audio");
  });
});

test("codecs that a container does not take are refused, or left out", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      await using demuxer = await device.createDemuxer((await clip("vp9.webm")).path);
      await using sound = await device.createDemuxer((await clip("h264_aac.mp4")).path, {
        streams: "all",
      });
      await using webm = await device.createMuxer(join(folder, "out.webm"));
      const error = assertThrows(() => webm.copyTracks(sound), UnsupportedError, "h264");
      for (const word of ["mp4", "mkv", "vp9"]) assertEquals(error.message.includes(word), true);
      webm.copyTrack(demuxer);
      assertEquals(webm.copyTracks(sound, { unsupported: "skip" }), []);
      const [packet] = [(await demuxer.read())!];
      await webm.write(packet);
      await webm.finish();
      assertEquals((await ffprobePackets(join(folder, "out.webm"))).length, 1);
      await using ts = await device.createMuxer(join(folder, "out.ts"));
      assertThrows(() => ts.copyTrack(demuxer), UnsupportedError, "webm");
      await using mov = await device.createMuxer(join(folder, "out.mov"));
      assertThrows(() => mov.copyTrack(demuxer), UnsupportedError, "mp4");
      await using raw = await device.createMuxer(join(folder, "out.h264"));
      raw.copyTrack(sound);
      assertThrows(() => raw.copyTrack(sound, 1), UnsupportedError, "one track");
      assertThrows(() => raw.copyTrack(sound), UnsupportedError, "one track");
    })
  );
});

test("packets of the script's own are written by their times", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const { path: source } = await clip("h264_b_pyramid.mp4");
      await using demuxer = await device.createDemuxer(source);
      const path = join(folder, "out.mp4");
      await using muxer = await device.createMuxer(path);
      const { codec, width, height } = demuxer;
      muxer.addVideoTrack({ codec, width, height });
      for await (const { data, pts, dts, isKey, duration, timeBase } of demuxer) {
        const { num, den } = timeBase;
        await muxer.write(
          new Packet({ data, pts, dts, isKey, duration, timeBase: { num, den } }),
        );
      }
      await muxer.finish();
      assertEquals(await picturesOf(path), await picturesOf(source));
      assertEquals(await timesOf(path, "v"), await timesOf(source, "v"));
    })
  );
});
