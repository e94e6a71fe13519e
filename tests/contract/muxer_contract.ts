/** Muxers: containers, and what a copied file keeps. */
import { assert, assertEquals } from "@std/assert";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import type { ContainerName } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { ffprobeStreams } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { inTime, withDevice } from "./contract_device.ts";
import { Muxer } from "./cuframe.ts";
import { copyTo, filesIn, picturesOf, shownPicturesOf, soundOf, timesOf } from "./muxed_file.ts";

const kCopies: readonly [clip: string, ...endings: string[]][] = [
  ["h264_aac.mp4", "mp4", "m4v", "mov", "mkv", "ts", "avi"],
  ["hevc.mp4", "mp4", "mov", "mkv", "ts", "h265"],
  ["hevc.ts", "mp4", "mkv"],
  ["h264.ts", "mp4", "mkv", "h264"],
  ["h264_b_pyramid.mp4", "h264", "264"],
  ["h264.h264", "h264"],
  ["av1.mp4", "mp4", "mkv", "webm", "obu", "ivf"],
  ["av1.webm", "mp4", "mkv"],
  ["vp9.webm", "webm", "mkv", "mp4", "ivf"],
  ["vp8.webm", "webm", "mkv", "ivf"],
  ["mpeg4.avi", "avi"],
  ["prores.mov", "mov", "mkv"],
];

for (const [name, ...endings] of kCopies) {
  for (const bitstream of ["self-contained", "container"] as const) {
    test(`${name} as ${bitstream} packets is copied into ${endings.join(", ")}`, async () => {
      await withDevice((device) =>
        inFolder(async (folder) => {
          const { path: source, audio } = await clip(name);
          const wanted = await picturesOf(source);
          for (const ending of endings) {
            const path = join(folder, `out.${ending}`);
            const { packets, data } = await copyTo(device, name, path, { demuxer: { bitstream } });
            assertEquals(await picturesOf(path), wanted, ending);
            if (audio) assertEquals((await ffprobeStreams(path, "a")).length, 1, ending);
            assert(packets >= wanted.length);
            assertEquals(data, null);
          }
          const left = await filesIn(folder);
          assertEquals(left, endings.map((ending) => `out.${ending}`).sort());
        })
      );
    });
  }
}

const kTimed: readonly [clip: string, ...endings: string[]][] = [
  ["h264_b_pyramid.mp4", "mp4", "mov"],
  ["h264_vfr.mp4", "mp4", "mkv"],
  ["h264_vfr.mkv", "mkv", "mp4"],
  ["h264_ntsc.mp4", "mp4"],
  ["h264_negative.mp4", "mp4"],
  ["h264_edit_list.mp4", "mp4"],
  ["h264_late_video.mp4", "mp4", "mov"],
  ["hevc.mp4", "mp4"],
];

for (const [name, ...endings] of kTimed) {
  test(`times of ${name} are kept in ${endings.join(", ")}`, async () => {
    await withDevice((device) =>
      inFolder(async (folder) => {
        const { path: source, audio } = await clip(name);
        for (const ending of endings) {
          for (const fragmented of ending === "mkv" ? [false] : [false, true]) {
            const path = join(folder, `${fragmented}.${ending}`);
            await copyTo(device, name, path, { fragmented });
            const what = `${ending}${fragmented ? ", fragmented" : ""}`;
            assertEquals(await timesOf(path, "v"), await timesOf(source, "v"), what);
            if (audio) assertEquals(await timesOf(path, "a"), await timesOf(source, "a"), what);
            assertEquals(await shownPicturesOf(path), await picturesOf(source), what);
          }
        }
      })
    );
  });
}

test("sound is copied sample by sample", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const { path: source } = await clip("h264_aac.mp4");
      for (const ending of ["mp4", "mov"]) {
        const path = join(folder, `out.${ending}`);
        await copyTo(device, source, path);
        assertEquals(await soundOf(path), await soundOf(source));
      }
    })
  );
});

function boxes(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names: string[] = [];
  for (let at = 0; at < bytes.length;) {
    names.push(new TextDecoder().decode(bytes.subarray(at + 4, at + 8)));
    at += view.getUint32(at) || bytes.length;
  }
  return names;
}

test("the index of an mp4 stands where it was asked for", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const layout = async (name: string): Promise<string> =>
        boxes(await readFile(join(folder, name))).filter((box) => box !== "free").join(" ");
      await copyTo(device, "h264_aac.mp4", join(folder, "plain.mp4"));
      assertEquals(await layout("plain.mp4"), "ftyp mdat moov");
      await copyTo(device, "h264_aac.mp4", join(folder, "fast.mp4"), { fastStart: true });
      assertEquals(await layout("fast.mp4"), "ftyp moov mdat");
      await copyTo(device, "h264_aac.mp4", join(folder, "parts.mp4"), { fragmented: true });
      assert((await layout("parts.mp4")).startsWith("ftyp moov moof mdat moof mdat"));
    })
  );
});

test("a path may be a file: URL, and its container may be said", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const url = pathToFileURL(join(folder, "a b#c"));
      await copyTo(device, "h264_aac.mp4", url, { container: "mkv" });
      await copyTo(device, "h264_aac.mp4", url.href, { container: "ts", overwrite: true });
      const [record] = await ffprobeStreams(join(folder, "a b#c"), "v");
      assertEquals(record.codec_name, "h264");
      assertEquals(await filesIn(folder), ["a b#c"]);
      for (const [name, container] of [["a.m4a", "mp4"], ["a.MKA", "mkv"], ["a.m2ts", "ts"]]) {
        await using muxer = await device.createMuxer(join(folder, name));
        assertEquals(muxer.container, container);
      }
    })
  );
});

test("a muxer tells what it is and has done", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const path = join(folder, "out.mkv");
      await using demuxer = await device.createDemuxer((await clip("h264_aac.mp4")).path, {
        streams: ["audio"],
      });
      await using muxer = await device.createMuxer(path, { label: "mine" });
      assert(muxer instanceof Muxer);
      assertEquals([muxer.label, muxer.container, muxer.readable], ["mine", "mkv", null]);
      const [video, audio] = muxer.copyTracks(demuxer);
      assertEquals([video.index, video.type, video.codec, video.streamIndex], [
        0,
        "video",
        "h264",
        0,
      ]);
      assertEquals([audio.index, audio.type, audio.codec, audio.streamIndex], [
        1,
        "audio",
        "aac",
        1,
      ]);
      assertEquals(muxer.tracks, [video, audio]);
      assertEquals(muxer.stats, { packets: 0, bytes: 0 });
      assertEquals(device.stats.liveMuxers, 1);
      let count = 0;
      for await (const packet of demuxer) {
        assertEquals(packet.type, packet.streamIndex === 0 ? "video" : "audio");
        await muxer.write(packet, packet.type === "video" ? video : audio);
        count++;
      }
      const result = await muxer.finish();
      assertEquals(await muxer.finish(), result);
      assertEquals(result.packets, count);
      assertEquals(muxer.stats, { packets: count, bytes: result.bytes });
      assertEquals(device.stats.liveMuxers, 0);
    })
  );
});

const kStreamed: readonly ContainerName[] = ["mp4", "mov", "mkv", "ts"];

test("bytes are collected in memory", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const { path: source } = await clip("h264_aac.mp4");
      for (const container of [...kStreamed, "avi"] as const) {
        const path = join(folder, `out.${container}`);
        const { data } = await copyTo(device, source, { bytes: true }, { container });
        await copyTo(device, source, path);
        assertEquals(data!.length, (await readFile(path)).length, container);
        await using again = await device.createDemuxer(data!);
        let count = 0;
        for await (const _ of again) count++;
        assertEquals(count, (await picturesOf(source)).length);
      }
      const { data } = await copyTo(device, source, { bytes: true }, { fastStart: true });
      assertEquals(boxes(data!).filter((box) => box !== "free").join(" "), "ftyp moov mdat");
    })
  );
});

test("muxing and demuxing at once does not stand still", async () => {
  await withDevice(async (device) => {
    const { path } = await clip("h264_1080p.mp4");
    await using demuxer = await device.createDemuxer(path);
    await using muxer = await device.createMuxer({ bytes: true });
    muxer.copyTrack(demuxer);
    const written: Promise<void>[] = [];
    for await (const packet of demuxer) written.push(muxer.write(packet));
    await inTime(Promise.all(written), "all packets");
    assertEquals((await muxer.finish()).packets, written.length);
  });
});
