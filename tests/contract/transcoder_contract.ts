/** Transcoders: whole videos and segments, by frames and times. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { test } from "node:test";
import { ffmpeg, ffprobePackets } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { withDevice } from "./contract_device.ts";
import { TranscodeJob, Transcoder } from "./cuframe.ts";
import { assertShows, kFast, timedClip } from "./transcoded_file.ts";

const kClips = [
  ...["h264_b_pyramid.mp4", "h264_open_gop.mp4", "h264_ntsc.mp4", "h264_vfr.mp4", "h264_vfr.mkv"],
  ...["h264_edit_list.mp4", "h264_negative.mp4", "h264_negative.ts", "h264_late_video.mp4"],
  ...["h264_one_gop.mp4", "h264_fragmented.mp4", "h264_no_cues.mkv", "hevc_open_gop.mp4"],
  ...["vp9_alt_ref.webm", "mpeg2.ts", "av1.mp4", "h264_mbaff.mp4", "mjpeg.avi"],
];

for (const name of kClips) {
  test(`${name}: segments have exactly their frames, and all of them are the whole`, async () => {
    const source = await timedClip(name);
    const { path, times } = source;
    const count = times.length;
    await withDevice((device) =>
      inFolder(async (folder) => {
        await using transcoder = await device.createTranscoder(
          path,
          join(folder, "all.mp4"),
          kFast,
        );
        assert(transcoder instanceof Transcoder);
        assertEquals(transcoder.length, count);
        const whole = join(folder, "whole.mp4");
        const job = transcoder.transcodeWithMux({ output: whole });
        assert(job instanceof TranscodeJob);
        const result = await job;
        assertEquals([result.frames, result.skipped, result.output], [count, 0, whole]);
        await assertShows(whole, source, 0, count);
        const middle = Math.floor(count / 2);
        for (const [first, end] of [[0, 3], [1, middle], [middle, count], [count - 1, count]]) {
          const output = join(folder, `${first}_${end}.mp4`);
          const from = times[first] / 1e6;
          const until = end === count ? 1e6 : times[end] / 1e6;
          assertEquals(
            (await transcoder.segmentedTranscode(from, until, { output })).frames,
            end - first,
          );
          await assertShows(output, source, first, end);
        }
        const cuts = [0, 5, 6, middle, count - 2, count];
        for (const [i, end] of cuts.slice(1).entries()) {
          const until = end === count ? transcoder.duration : times[end] / 1e6;
          await transcoder.segmentedTranscode(times[cuts[i]] / 1e6, until);
        }
        const { bytes, output } = await transcoder.finish();
        assert(bytes > 0);
        await assertShows(output!, source, 0, count);
      }), { clips: [name] });
  });
}

test("bounds between two frames select those that begin between them", async () => {
  const source = await timedClip("h264_vfr.mp4");
  await withDevice((device) =>
    inFolder(async (folder) => {
      await using transcoder = await device.createTranscoder(source.path, null, kFast);
      const output = join(folder, "part.mp4");
      const after = (frame: number) => source.times[frame] / 1e6 + 0.001;
      await transcoder.segmentedTranscode(after(4), after(9), { output });
      await assertShows(output, source, 5, 10);
    }), { clips: ["h264_vfr.mp4"] });
});

test("times of 29.97 frames a second, divided, select exactly their frames", async () => {
  const source = await timedClip("h264_ntsc.mp4");
  await withDevice((device) =>
    inFolder(async (folder) => {
      await using transcoder = await device.createTranscoder(source.path, null, kFast);
      for (let frame = 0; frame + 1 < source.times.length; frame += 7) {
        const output = join(folder, `${frame}.mp4`);
        const from = frame * 1001 / 30000;
        const job = transcoder.segmentedTranscode(from, (frame + 1) * 1001 / 30000, { output });
        assertEquals((await job).frames, 1);
        await assertShows(output, source, frame, frame + 1);
      }
    }), { clips: ["h264_ntsc.mp4"] });
});

test("frames that have the same time are written one behind the other", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      // Matroska rounds to milliseconds.
      const source = join(folder, "same.mkv");
      const pictures = ["-f", "lavfi", "-i", "testsrc2=size=176x144:rate=2000:duration=0.02"];
      await ffmpeg([...pictures, "-c:v", "libx264", "-bf", "0", "-pix_fmt", "yuv420p", source]);
      for (const bf of [0, 2]) {
        const output = join(folder, `${bf}.mp4`);
        await using transcoder = await device.createTranscoder(source, output, { ...kFast, bf });
        for (const [start, end] of [[0, 0.01], [0.01, 1]]) {
          await transcoder.segmentedTranscode(start, end);
        }
        await transcoder.finish();
        const times = (await ffprobePackets(output)).map(({ pts }) => pts!).sort((a, b) => a - b);
        assertEquals(times.length, 40);
        assertEquals(new Set(times).size, 40, String(times));
      }
    })
  );
});
