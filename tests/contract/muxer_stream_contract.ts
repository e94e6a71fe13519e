/** Streams beside the video: which are read, and that they are copied in time with it. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import { ffmpeg, ffprobePackets, ffprobeStreams } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { noLiveHandles, withDevice } from "./contract_device.ts";
import { UnsupportedError } from "./cuframe.ts";
import { copyTo, filesIn, picturesOf, soundOf, timesOf } from "./muxed_file.ts";

const kTexts = `1
00:00:00,200 --> 00:00:00,700
First

2
00:00:01,100 --> 00:00:01,600
Second
`;

/** A video with sound in two languages and subtitles of a codec. */
async function withSubtitles(folder: string, name: string, codec: string): Promise<string> {
  const { path: source } = await clip("h264_aac.mp4");
  const texts = join(folder, `${name}.srt`);
  await writeFile(texts, kTexts);
  const path = join(folder, name);
  const inputs = ["-i", source, "-i", texts, "-map", "0:v", "-map", "0:a", "-map", "0:a"];
  const tags = ["-metadata:s:a:0", "language=fra", "-metadata:s:a:1", "language=jpn"];
  const more = ["-metadata:s:s:0", "language=spa", "-metadata", "title=Night"];
  await ffmpeg([...inputs, "-map", "1", "-c", "copy", "-c:s", codec, ...tags, ...more, path]);
  return path;
}

const kSubtitled: readonly [string, string, ...string[]][] = [
  ["in.mkv", "subrip", "mkv"],
  ["in.mkv", "ass", "mkv"],
  ["in.mp4", "mov_text", "mp4", "mov"],
];

for (const [name, codec, ...endings] of kSubtitled) {
  test(`sound and ${codec} subtitles of several languages are copied`, async () => {
    await withDevice((device) =>
      inFolder(async (folder) => {
        const source = await withSubtitles(folder, name, codec);
        for (const ending of endings) {
          const path = join(folder, `out.${ending}`);
          await copyTo(device, source, path);
          const streams = await ffprobeStreams(path);
          const languages = streams.map(({ tags }) => (tags as Record<string, unknown>).language);
          assertEquals(languages.slice(1), ["fra", "jpn", "spa"], ending);
          assertEquals(streams[3].codec_name, codec);
          assertEquals(await timesOf(path, "s"), await timesOf(source, "s"), ending);
          assertEquals(await picturesOf(path), await picturesOf(source), ending);
          assertEquals(await soundOf(path), await soundOf(source), ending);
          const { stdout } = await ffmpeg(["-i", path, "-f", "ffmetadata", "pipe:1"]);
          assert(new TextDecoder().decode(stdout).includes("title=Night"), ending);
        }
      })
    );
  });
}

test("subtitles that mp4 does not take are refused, or left out", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const source = await withSubtitles(folder, "in.mkv", "subrip");
      await using demuxer = await device.createDemuxer(source, { streams: "all" });
      await using refusing = await device.createMuxer({ bytes: true });
      assertThrows(() => refusing.copyTracks(demuxer), UnsupportedError, "mov_text");
      const path = join(folder, "out.mp4");
      await using muxer = await device.createMuxer(path);
      const tracks = muxer.copyTracks(demuxer, { unsupported: "skip" });
      assertEquals(tracks.map(({ type }) => type), ["video", "audio", "audio"]);
      for await (const packet of demuxer) await muxer.write(packet);
      await muxer.finish();
      assertEquals((await ffprobeStreams(path)).length, 3);
    })
  );
});

test("a demuxer reads what it was asked for", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const path = await withSubtitles(folder, "in.mkv", "subrip");
      const types = async (streams?: "all" | ("audio" | "subtitle")[]): Promise<string[]> => {
        await using demuxer = await device.createDemuxer(path, { streams });
        const read = demuxer.streams.filter(({ isRead }) => isRead).map(({ index }) => index);
        const found = new Map<number, string>();
        for await (const { streamIndex, type } of demuxer) found.set(streamIndex!, type);
        assertEquals([...found.keys()].sort(), read);
        return [...found.entries()].sort().map(([, type]) => type);
      };
      assertEquals(await types(), ["video"]);
      assertEquals(await types([]), ["video"]);
      assertEquals(await types(["audio"]), ["video", "audio", "audio"]);
      assertEquals(await types(["subtitle"]), ["video", "subtitle"]);
      assertEquals(await types("all"), ["video", "audio", "audio", "subtitle"]);
      for (const streams of ["audio", ["video"], 1]) {
        await assertRejects(
          () => device.createDemuxer(path, { streams: streams as "all" }),
          TypeError,
          "streams",
        );
      }
    })
  );
});

for (const name of ["h264_aac.mp4", "h264_late_video.mp4"]) {
  test(`behind a seek ${name} gives sound from the picture on`, async () => {
    await withDevice((device) =>
      inFolder(async (folder) => {
        const files = [(await clip(name)).path];
        for (const ending of ["mkv", "ts"]) {
          files.push(join(folder, `in.${ending}`));
          await copyTo(device, files[0], files.at(-1)!);
        }
        for (const path of files) {
          await using demuxer = await device.createDemuxer(path, { streams: "all" });
          const start = demuxer.startTime! / 1e6;
          await demuxer.seek(start + 1.3);
          let video = NaN;
          let audio = NaN;
          for await (const { type, timestamp } of demuxer) {
            if (type === "video" && Number.isNaN(video)) video = timestamp!;
            if (type === "audio" && Number.isNaN(audio)) audio = timestamp!;
          }
          assert(video <= (start + 1.3) * 1e6, path);
          // One frame of AAC, or what a PES packet has of them.
          assert(Number.isNaN(audio) || audio <= video + 22_000, `${path}: ${audio} for ${video}`);
        }
      })
    );
  });
}

test("many muxers in a row leave nothing behind", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const { path: source } = await clip("h264_b_pyramid.mp4");
      for (let i = 0; i < 60; i++) {
        await using demuxer = await device.createDemuxer(source);
        const sink = i % 3 === 0 ? { bytes: true } as const : join(folder, `${i}.mp4`);
        await using muxer = await device.createMuxer(sink);
        muxer.copyTrack(demuxer);
        for await (const packet of demuxer) await muxer.write(packet);
        if (i % 2 === 0) await muxer.finish();
      }
      await noLiveHandles(device);
      assertEquals((await filesIn(folder)).length, 20);
      assertEquals((await ffprobePackets(join(folder, "4.mp4"))).length, 45);
    })
  );
});
