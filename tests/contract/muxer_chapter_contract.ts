/** Chapters of files that are copied and transcoded. */
import { assertEquals } from "@std/assert";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import { ffmpeg, ffprobePackets, ffprobeStreams, runCommand } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { withDevice } from "./contract_device.ts";
import { picturesOf } from "./muxed_file.ts";

/** Chapters as ffprobe tells them: seconds, and titles. */
async function chaptersOf(path: string): Promise<unknown[]> {
  const asked = ["-v", "error", "-show_chapters", "-of", "json", path];
  const { stdout } = await runCommand("ffprobe", asked);
  const { chapters } = JSON.parse(new TextDecoder().decode(stdout)) as {
    chapters: { start_time: string; end_time: string; tags?: { title?: string } }[];
  };
  return chapters.map(({ start_time, end_time, tags }) => [
    ...[Number(start_time), Number(end_time), tags?.title],
  ]);
}

test("chapters are copied; a transcoder keeps them for a whole video", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice((device) =>
    inFolder(async (folder) => {
      const text = join(folder, "chapters.txt");
      const chapter = (start: number, end: number, title: string) =>
        `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start}\nEND=${end}\ntitle=${title}\n`;
      await writeFile(
        text,
        `;FFMETADATA1\n${chapter(0, 700, "Dusk")}${chapter(700, 1800, "Dawn")}`,
      );
      const source = join(folder, "in.mkv");
      await ffmpeg(["-i", path, "-i", text, "-map_chapters", "1", "-c", "copy", source]);
      const wanted = [[0, 0.7, "Dusk"], [0.7, 1.8, "Dawn"]];
      assertEquals(await chaptersOf(source), wanted);
      for (const ending of ["mp4", "mkv", "mov", "ts"]) {
        const copy = join(folder, `copy.${ending}`);
        await using demuxer = await device.createDemuxer(source);
        await using muxer = await device.createMuxer(copy);
        muxer.copyTracks(demuxer);
        for await (const packet of demuxer) await muxer.write(packet);
        await muxer.finish();
        assertEquals(await chaptersOf(copy), ending === "ts" ? [] : wanted, ending);
        assertEquals(await picturesOf(copy), await picturesOf(path), ending);
      }
      for (const [name, fragmented] of [["whole.mp4", false], ["fragments.mp4", true]] as const) {
        const output = join(folder, name);
        const config = { preset: "P1", fragmented } as const;
        await using transcoder = await device.createTranscoder(source, output, config);
        await transcoder.transcodeWithMux();
        assertEquals(await chaptersOf(output), fragmented ? [] : wanted);
        if (fragmented) assertEquals((await ffprobeStreams(output)).length, 1);
        assertEquals((await ffprobePackets(output)).length, 45);
      }
      await using transcoder = await device.createTranscoder(source, null, { preset: "P1" });
      const part = join(folder, "part.mp4");
      await transcoder.segmentedTranscode(0.4, 1.2, { output: part });
      assertEquals(await chaptersOf(part), []);
    }), { clips: ["h264_b_pyramid.mp4"] });
});
