/** Transcoders: the sound beside the pictures is cut and copied, in step with them. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import { ffmpeg, ffprobePackets, ffprobeStreams, type ProbedPacket } from "../support/ffmpeg.ts";
import { runCommand } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { withDevice } from "./contract_device.ts";
import { UnsupportedError } from "./cuframe.ts";
import { filesIn } from "./muxed_file.ts";
import { kFast } from "./transcoded_file.ts";

const kClip = "h264_aac.mp4";
const kOptions = { clips: [kClip] };
/** Seconds of an AAC frame. */
const kFrame = 1024 / 48000;

interface Sound {
  readonly time: number;
  readonly hash: string;
}

/** Packets of sound with their times, as the container has them, and checksums of what they hold. */
async function soundsOf(path: string): Promise<Sound[]> {
  const [{ time_base }] = await ffprobeStreams(path, "a:0");
  const packets = await ffprobePackets(path, "a:0");
  // Without the headers that ts puts before each packet.
  const copy = ["-map", "0:a:0", "-c", "copy", "-bsf:a", "aac_adtstoasc", "-f", "framemd5", "-"];
  const { stdout } = await runCommand("ffmpeg", ["-v", "error", "-nostdin", "-i", path, ...copy]);
  const hashes = new TextDecoder().decode(stdout).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",")[5].trim());
  assertEquals(hashes.length, packets.length);
  const [num, den] = String(time_base).split("/").map(Number);
  return packets.map(({ pts }, i) => ({ time: pts! * num / den, hash: hashes[i] }));
}

const firstTime = async (path: string): Promise<number> => {
  const [{ time_base }] = await ffprobeStreams(path, "v:0");
  const [num, den] = String(time_base).split("/").map(Number);
  const times = (await ffprobePackets(path)).map(({ pts }: ProbedPacket) => pts! * num / den);
  return Math.min(...times);
};

for (const ending of ["mp4", "mkv", "ts", "mov"]) {
  test(`sound is cut with the pictures, and is in step with them, in ${ending}`, async () => {
    const { path } = await clip(kClip);
    const source = new Map((await soundsOf(path)).map(({ time, hash }) => [hash, time]));
    await withDevice((device) =>
      inFolder(async (folder) => {
        await using transcoder = await device.createTranscoder(path, null, kFast);
        for (const [start, end] of [[0, 1.8], [0.32, 0.88], [0.4, 1.4], [1.2, 1.8]]) {
          const output = join(folder, `${start}.${ending}`);
          const { audioTracks, droppedAudio, container } = await transcoder.segmentedTranscode(
            start,
            end,
            { output },
          );
          assertEquals([audioTracks, droppedAudio, container], [1, null, ending]);
          const offset = await firstTime(output);
          const sounds = await soundsOf(output);
          for (const { time, hash } of sounds) {
            const played = source.get(hash)! - start;
            const shown = time - offset;
            assert(
              Math.abs(shown - played) < 0.0015,
              `${ending} ${start}: ${shown} s, not ${played}`,
            );
          }
          const first = sounds[0].time - offset;
          const last = sounds.at(-1)!.time + kFrame - offset;
          // Before the video's first frame there is the encoder's priming only.
          assert(first < kFrame && first > -3 * kFrame, `begins at ${first}`);
          assert(
            Math.abs(last - (end - start)) < 1.5 * kFrame,
            `ends at ${last} of ${end - start}`,
          );
        }
      }), kOptions);
  });
}

test("a whole video keeps the sound behind its last frame, and a segment does not", async () => {
  const { path } = await clip(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      const source = join(folder, "song.mp4");
      const song = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=4"];
      await ffmpeg(["-i", path, ...song, "-map", "0:v", "-map", "1:a", "-c:v", "copy", source]);
      const wanted = (await soundsOf(source)).map(({ hash }) => hash);
      await using transcoder = await device.createTranscoder(source, null, kFast);
      for (const ending of ["mp4", "mkv"]) {
        const output = join(folder, `whole.${ending}`);
        const { frames, seconds } = await transcoder.transcodeWithMux({ output });
        assertEquals([frames, seconds], [45, 1.8]);
        const sounds = await soundsOf(output);
        // The encoder's priming is cut off.
        assertEquals(sounds.map(({ hash }) => hash), wanted.slice(-sounds.length), ending);
        assert(sounds.at(-1)!.time > 3.9, `ends at ${sounds.at(-1)!.time}`);
      }
      const output = join(folder, "segment.mp4");
      await transcoder.segmentedTranscode(0, 1.8, { output });
      const { time } = (await soundsOf(output)).at(-1)!;
      assert(time < 1.8, `begins at ${time}`);
    }), kOptions);
});

test("codecs of sound that libav's muxers refuse late are left out, and Matroska takes most", async () => {
  const { path } = await clip(kClip);
  await withDevice((device) =>
    inFolder(async (folder) => {
      const cases = [
        ["flac", "mov", "1 (flac)"],
        ["flac", "avi", "1 (flac)"],
        ["flac", "mp4", null],
        ["wmav2", "mkv", null],
        ["pcm_mulaw", "mkv", null],
      ] as const;
      for (const [codec, ending, dropped] of cases) {
        const source = join(folder, `${codec}_in.mkv`);
        await ffmpeg(["-i", path, "-map", "0", "-c:v", "copy", "-c:a", codec, source]);
        const output = join(folder, `${codec}.${ending}`);
        await using transcoder = await device.createTranscoder(source, output, kFast);
        const { droppedAudio } = await transcoder.segmentedTranscode(0.4, 1.4);
        assertEquals(droppedAudio, dropped, `${codec} in ${ending}`);
        await transcoder.finish();
        const { stderr } = await ffmpeg(["-v", "error", "-i", output, "-f", "null", "-"]);
        assertEquals(String(stderr), "", `${codec} in ${ending}`);
      }
    }), kOptions);
});

test("sound of segments that make one file follows their pictures", async () => {
  const { path } = await clip(kClip);
  const source = new Map((await soundsOf(path)).map(({ time, hash }) => [hash, time]));
  await withDevice((device) =>
    inFolder(async (folder) => {
      const output = join(folder, "out.mp4");
      await using transcoder = await device.createTranscoder(path, output, kFast);
      const parts = [[1, 1.6], [0.2, 0.8], [0.8, 1.2]];
      for (const [start, end] of parts) await transcoder.segmentedTranscode(start, end);
      await transcoder.finish();
      const sounds = await soundsOf(output);
      let begin = 0;
      for (const [start, end] of parts) {
        const inside = sounds.filter(({ time }) => time >= begin && time < begin + end - start);
        assert(Math.abs(inside.length * kFrame - (end - start)) < 2 * kFrame, `${inside.length}`);
        for (const { time, hash } of inside) {
          const played = source.get(hash)! - start + begin;
          assert(Math.abs(time - played) < kFrame, `${time} s, not ${played}`);
        }
        begin += end - start;
      }
    }), kOptions);
});

test("sound that the container does not take is left out, or an error; none is no error", async () => {
  const { path } = await clip(kClip);
  const silent = (await clip("h264.ts")).path;
  await withDevice((device) =>
    inFolder(async (folder) => {
      const output = join(folder, "out.webm");
      const config = { ...kFast, codec: "av1", constQp: 60, width: 256, height: 192 } as const;
      await using lax = await device.createTranscoder(path, output, config);
      const result = await lax.segmentedTranscode(0, 0.2, { output });
      assertEquals([result.audioTracks, result.droppedAudio], [0, "1 (aac)"]);
      assertEquals((await ffprobeStreams(output)).length, 1);
      await using strict = await device.createTranscoder(path, null, {
        ...config,
        audio: "require",
      });
      const other = join(folder, "other.webm");
      await assertRejects(
        () => strict.segmentedTranscode(0, 0.2, { output: other }).completion,
        UnsupportedError,
        "aac",
      );
      assertEquals(await filesIn(folder), ["out.webm"]);
      for (const [from, audio] of [[path, "none"], [silent, "require"]] as const) {
        await using none = await device.createTranscoder(from, null, { ...kFast, audio });
        const without = join(folder, "without.mp4");
        const made = await none.transcodeWithMux({ output: without, overwrite: true });
        assertEquals([made.audioTracks, made.droppedAudio], [0, null]);
        assertEquals((await ffprobeStreams(without)).length, 1);
      }
    }), { clips: [kClip, "h264.ts"] });
});
