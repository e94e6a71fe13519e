/** Files that hold no video, or that are baits: a typed error that names the file, and nothing opened. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Device, Source } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { CorruptDataError, CuframeError, MediaIoError, UnsupportedError } from "./cuframe.ts";
import { decodeAll, inTime, numbersOf, withDevice } from "./contract_device.ts";

/** The error of opening, or of reading all of it. */
async function failureOf(device: Device, source: Source): Promise<CuframeError> {
  const work = async (): Promise<unknown> => {
    using demuxer = await device.createDemuxer(source);
    return await decodeAll(device, demuxer);
  };
  return await assertRejects(() => inTime(work(), "The refusal"), CuframeError);
}

const kRefused: readonly [name: string, type: typeof CuframeError, found: RegExp][] = [
  ["audio_only.m4a", UnsupportedError, /audio|no video/],
  ["empty.mp4", CorruptDataError, /empty/],
  // By its extension libav takes it for an mp4.
  ["text.mp4", CuframeError, /not in any media format|headers are damaged/],
  ["h264_truncated.mp4", CorruptDataError, /index|moov|cut off|ends/],
  ["playlist.m3u8", UnsupportedError, /playlist/],
  ["playlist.mp4", UnsupportedError, /playlist/],
  ["concat.ffconcat", UnsupportedError, /list of files/],
  ["concat.mp4", UnsupportedError, /list of files/],
];

for (const [name, type, found] of kRefused) {
  test(`${name} is refused by an error that names it and what was found`, async () => {
    const { path } = await clip(name);
    await withDevice(async (device) => {
      const error = await failureOf(device, path);
      assert(error instanceof type, `${error.name}: ${error.message}`);
      assert(error.message.includes(path), error.message);
      assert(found.test(error.message), error.message);
      assert(!error.message.includes("passwd"), error.message);
    });
  });

  test(`the bytes of ${name} are refused like the file`, async () => {
    const bytes = new Uint8Array(await readFile((await clip(name)).path));
    await withDevice(async (device) => {
      for (const source of [bytes, new Blob([bytes]), new Blob([bytes]).stream()]) {
        const error = await failureOf(device, source);
        assert(found.test(error.message) || name === "h264_truncated.mp4", error.message);
      }
    });
  });
}

test("a file that is missing, a folder or not readable is a MediaIoError that names it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cuframe-refusal-"));
  try {
    const dangling = join(folder, "dangling.mp4");
    await symlink(join(folder, "nothing"), dangling);
    await withDevice(async (device) => {
      for (const path of ["/no/such/file.mp4", "no-such-file.mp4", folder, dangling]) {
        const error = await assertRejects(() => device.createDemuxer(path), MediaIoError);
        assert(error.message.includes(path), error.message);
        assertEquals(error.code, "io");
      }
      const folderError = await assertRejects(() => device.createDemuxer(folder), MediaIoError);
      assert(/director|folder/i.test(folderError.message), folderError.message);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a path with odd characters is opened as it is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cuframe refusal-"));
  try {
    const content = await readFile((await clip("h264_64x64.mp4")).path);
    await withDevice(async (device) => {
      for (const name of ["ä €😀.mp4", "100%25d.mp4", "frame%03d.mp4", "a:b?c#d.mp4", "-i.mp4"]) {
        const path = join(folder, name);
        await writeFile(path, content);
        using demuxer = await device.createDemuxer(path);
        using decoder = await device.createDecoder({ codec: demuxer.codec });
        assertEquals((await numbersOf(decoder.frames(demuxer))).length, 45, name);
      }
      await assertRejects(
        () => device.createDemuxer(`${folder}/a\0b.mp4`),
        Error,
      );
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("an HLS playlist of good segments opens none of them either", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cuframe-playlist-"));
  try {
    await writeFile(join(folder, "a.ts"), await readFile((await clip("h264.ts")).path));
    const lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", "#EXTINF:1.8,", "a.ts", "#EXT-X-ENDLIST"];
    const playlist = join(folder, "a.m3u8");
    await writeFile(playlist, lines.join("\n"));
    await withDevice(async (device) => {
      const { size } = new Blob([lines.join("\n")]);
      const error = await failureOf(device, playlist);
      assert(error instanceof UnsupportedError && /playlist/.test(error.message), error.message);
      assert(device.stats.bytesRead <= size, `${device.stats.bytesRead} bytes were read`);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a list of pictures by pattern is not followed; one picture is a film of one frame", async () => {
  const { path } = await clip("image.jpg");
  await withDevice(async (device) => {
    const pattern = path.replace(/image\.jpg$/, "image%d.jpg");
    await assertRejects(() => device.createDemuxer(pattern), MediaIoError, pattern);
    const error = await device.createDemuxer(path).then(
      async (demuxer) => {
        using opened = demuxer;
        using decoder = await device.createDecoder({ codec: opened.codec });
        assertEquals(await numbersOf(decoder.frames(opened)), [0]);
      },
      (reason) => reason,
    );
    if (error !== undefined) assert(error instanceof UnsupportedError, `${error}`);
  });
});

test("a QuickTime file whose data lies elsewhere opens no other file", async () => {
  const bytes = new Uint8Array(await readFile((await clip("h264_64x64.mp4")).path));
  const text = new TextDecoder("latin1").decode(bytes);
  const at = text.indexOf("url ");
  assert(at > 0, "The clip has no data reference");
  // Flag 1 says that the data is in the same file; without it libav may follow a path.
  bytes[at + 7] = 0;
  await withDevice(async (device) => {
    const work = async (): Promise<number> => {
      using demuxer = await device.createDemuxer(bytes);
      return (await decodeAll(device, demuxer)).length;
    };
    const outcome = await work().catch((error) => error);
    assert(outcome === 45 || outcome instanceof CuframeError, `${outcome}`);
  });
});

test("files that were cut off give what is there, and say where they end", async () => {
  await withDevice(async (device) => {
    for (
      const name of ["h264_truncated.ts", "h264_truncated.mkv", "h264_faststart_truncated.mp4"]
    ) {
      const { path } = await clip(name);
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec, onError: "conceal" });
      let count = 0;
      let error: unknown;
      try {
        for await (using _ of decoder.frames(demuxer)) count++;
      } catch (caught) {
        error = caught;
      }
      assert(count >= 12 && count < 45, `${name}: ${count} frames`);
      if (name.endsWith(".mp4")) {
        assert(error instanceof CorruptDataError, `${name}: ${error}`);
        assert(error.message.includes(path), error.message);
      }
    }
  });
});
