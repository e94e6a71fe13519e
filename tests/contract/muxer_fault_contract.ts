/** Muxers that end early, and files that cannot be made or written. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Device, Muxer, MuxerDescriptor } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { ffprobePackets } from "../support/ffmpeg.ts";
import { inFolder } from "../support/folder.ts";
import { inTime, until, withDevice } from "./contract_device.ts";
import { ClosedError, MediaIoError, Packet, UnsupportedError } from "./cuframe.ts";
import { copyTo, filesIn, withSmallDisk } from "./muxed_file.ts";

/** A muxer with some packets of a clip in it. */
async function begun(
  device: Device,
  path: string,
  descriptor: MuxerDescriptor = {},
): Promise<Muxer> {
  await using demuxer = await device.createDemuxer((await clip("h264_b_pyramid.mp4")).path);
  const muxer = await device.createMuxer(path, descriptor);
  muxer.copyTrack(demuxer);
  for (let i = 0; i < 20; i++) await muxer.write((await demuxer.read())!);
  return muxer;
}

const kTemporary = /^\.out\.mp4\.[a-z0-9]{8}\.part$/;

test("a file stands under a temporary name until it is finished", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      await using muxer = await begun(device, join(folder, "out.mp4"));
      const [name, ...others] = await filesIn(folder);
      assert(kTemporary.test(name) && others.length === 0, name);
      await muxer.finish();
      assertEquals(await filesIn(folder), ["out.mp4"]);
    })
  );
});

test("closed without finish() nothing is left of a file", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const path = join(folder, "out.mp4");
      {
        await using _ = await begun(device, path);
      }
      assertEquals(await filesIn(folder), []);
      const muxer = await begun(device, path);
      muxer.close();
      muxer.close();
      assertEquals(await filesIn(folder), []);
      await muxer[Symbol.asyncDispose]();
      await assertRejects(() => muxer.finish(), ClosedError);
      const { stats } = muxer;
      assert(stats.packets <= 20);
      assertThrows(() => muxer.addVideoTrack({ codec: "h264", width: 2, height: 2 }), ClosedError);
      await assertRejects(() => muxer.write([]), ClosedError);
      using _ = await device.createMuxer(path);
    })
  );
});

test("keepPartial completes what was written", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const path = join(folder, "out.mp4");
      {
        await using _ = await begun(device, path, { keepPartial: true });
      }
      assertEquals(await filesIn(folder), ["out.mp4"]);
      assertEquals((await ffprobePackets(path)).length, 20);
      const muxer = await begun(device, join(folder, "later.mp4"), { keepPartial: true });
      muxer.close();
      let names: string[] = [];
      void filesIn(folder).then((found) => names = found);
      await until(() => {
        void filesIn(folder).then((found) => names = found);
        return names.includes("later.mp4");
      }, () => "the second file");
      assertEquals((await ffprobePackets(join(folder, "later.mp4"))).length, 20);
      await assertRejects(
        () => device.createMuxer({ bytes: true }, { keepPartial: true }),
        TypeError,
        "keepPartial",
      );
    })
  );
});

test("nothing is overwritten unless that is asked for", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const path = join(folder, "out.mp4");
      await writeFile(path, "mine");
      await assertRejects(() => device.createMuxer(path), MediaIoError, "overwrite");
      assertEquals(await readFile(path, "utf8"), "mine");
      await copyTo(device, "h264_b_pyramid.mp4", path, { overwrite: true });
      assert((await ffprobePackets(path)).length > 20);
      const other = join(folder, "other.mp4");
      await using muxer = await begun(device, other);
      await writeFile(other, "theirs");
      await assertRejects(() => muxer.finish(), MediaIoError, "overwrite");
      assertEquals(await readFile(other, "utf8"), "theirs");
      await muxer[Symbol.asyncDispose]();
      assertEquals(await filesIn(folder), ["other.mp4", "out.mp4"]);
    })
  );
});

test("what cannot be made is told at once", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      await mkdir(join(folder, "folder.mp4"));
      await symlink(join(folder, "nowhere"), join(folder, "link.mp4"));
      const refused: readonly [string, string][] = [
        [join(folder, "none", "out.mp4"), "No such file or directory"],
        [join(folder, "folder.mp4"), "Is a directory"],
        [join(folder, "folder.mp4/"), "Is a directory"],
        [join(folder, "link.mp4"), "overwrite"],
        ["/proc/out.mp4", "Could not create"],
      ];
      for (const [path, words] of refused) {
        await assertRejects(
          () => device.createMuxer(path, { container: "mp4" }),
          MediaIoError,
          words,
        );
      }
      await assertRejects(
        () => device.createMuxer("/dev/null", { container: "mkv", overwrite: true }),
        MediaIoError,
        "WritableStream",
      );
      for (const path of ["out.xyz", "out", ".mp4"]) {
        const open = () => device.createMuxer(join(folder, path));
        if (path !== ".mp4") await assertRejects(open, UnsupportedError, "mkv");
      }
      await assertRejects(() => device.createMuxer("http://a/b.mp4"), UnsupportedError, "path");
      assertEquals(await filesIn(folder), ["folder.mp4", "link.mp4"]);
    })
  );
});

test("a long name leaves room for its temporary one", async () => {
  await withDevice((device) =>
    inFolder(async (folder) => {
      const name = `${"n".repeat(251)}.mp4`;
      await copyTo(device, "h264_b_pyramid.mp4", join(folder, name));
      assertEquals(await filesIn(folder), [name]);
      const none = join(folder, `${"n".repeat(252)}.mp4`);
      await assertRejects(() => device.createMuxer(none), MediaIoError, "too long");
    })
  );
});

test("a full disk is told by every call from then on", async (t) => {
  await withDevice(async (device) => {
    const isMounted = await withSmallDisk(512, async (disk) => {
      await using muxer = await device.createMuxer(join(disk, "out.mkv"));
      muxer.addVideoTrack({ codec: "mjpeg", width: 64, height: 64 });
      const big = (i: number) =>
        new Packet({ data: new Uint8Array(50_000), timestamp: i * 40_000, isKey: true });
      let i = 0;
      const error = await assertRejects(
        async () => {
          for (; i < 100; i++) await muxer.write(big(i));
        },
        MediaIoError,
        "No space left on device",
      );
      assert(i >= 5 && error.message.includes(join(disk, "out.mkv")), error.message);
      await assertRejects(() => muxer.write(big(i + 1)), MediaIoError, "No space left");
      await assertRejects(() => muxer.finish(), MediaIoError, "No space left");
      await muxer[Symbol.asyncDispose]();
      assertEquals(await filesIn(disk), []);
    });
    if (!isMounted) t.skip("Mounting a tmpfs is not permitted");
  });
});

test("muxers that nobody closes go with their device", async () => {
  await withDevice((outer) =>
    inFolder(async (folder) => {
      const { requestDevice } = await import("./cuframe.ts");
      const device = await requestDevice({ backend: "cpu" });
      const muxer = await begun(device, join(folder, "out.mp4"));
      const waiting = muxer.finish();
      waiting.catch(() => {});
      device.close();
      await inTime(waiting.catch(() => {}), "finish()");
      muxer.close();
      const names = await filesIn(folder);
      assert(names.length === 0 || names[0] === "out.mp4", names.join());
      assertEquals(outer.stats.liveMuxers, 0);
    })
  );
});
