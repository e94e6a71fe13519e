/** Files of web servers: the same frames as from the disk, by few requests and few bytes. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { Source } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { joinBytes } from "../support/ffmpeg.ts";
import { MediaServer, type Resource, resourceOf } from "../support/media_server.ts";
import { UnsupportedError } from "./cuframe.ts";
import { assertRun, decodeAll, numbersOf, until, withDevice } from "./contract_device.ts";
import { contentOf } from "./stuck_server.ts";

const MIB = 1 << 20;
const RANGE = 256 << 10;

/** An mp4 with `padding` bytes between its frames and the index at its end. */
function padded(mp4: Uint8Array, padding: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(mp4.buffer, mp4.byteOffset, mp4.byteLength);
  let index = 0;
  while (!String.fromCharCode(...mp4.subarray(index + 4, index + 8)).startsWith("moov")) {
    index += view.getUint32(index);
  }
  const free = new Uint8Array(padding);
  new DataView(free.buffer).setUint32(0, padding);
  free.set(new TextEncoder().encode("free"), 4);
  return joinBytes([mp4.subarray(0, index), free, mp4.subarray(index)]);
}

const kForms: Readonly<Record<string, (address: string) => Source>> = {
  "an address": (address) => address,
  "a URL": (address) => new URL(address),
  "a Request": (address) => new Request(address, { headers: { authorization: "Bearer me" } }),
};

/** Checks that a server's file gives the frames of the file on the disk. */
async function checkFrames(
  name: string,
  manners: Omit<Resource, "size" | "read"> = {},
  make: (address: string) => Source = kForms["an address"],
  isSeekable = true,
): Promise<MediaServer> {
  const { path } = await clip(name);
  await using server = await MediaServer.start(resourceOf(await contentOf(name), manners));
  await withDevice(async (device) => {
    using fromPath = await device.createDemuxer(path);
    const wanted = await decodeAll(device, fromPath);
    using demuxer = await device.createDemuxer(make(server.at(`${name}?key=secret`)));
    assertEquals(demuxer.isSeekable, isSeekable);
    assertEquals(demuxer.label, server.at(`${name}?...`));
    assertEquals(await decodeAll(device, demuxer), wanted, name);
  }, { clips: [name] });
  return server;
}

for (const [form, make] of Object.entries(kForms)) {
  test(`${form} of a server gives the frames of the file`, async () => {
    // The index of the first comes at its end, and the others are read from start to end.
    for (const name of ["h264_b_pyramid.mp4", "h264.mkv", "hevc.ts", "av1.webm"]) {
      const { exchanges } = await checkFrames(name, {}, make);
      for (const { headers, range } of exchanges) {
        assert(range !== null, "Every request asks for a range");
        assertEquals(headers["accept-encoding"], "identity");
        assertEquals(headers.authorization, form === "a Request" ? "Bearer me" : undefined);
      }
    }
  });
}

test("a server that ignores ranges is streamed from", async () => {
  for (const name of ["h264_faststart.mp4", "h264_no_cues.mkv", "hevc.ts", "vp8.ivf"]) {
    const { exchanges } = await checkFrames(name, { ignoresRanges: true }, undefined, false);
    assertEquals(exchanges.length, 1);
  }
});

test("a server that promises ranges and keeps no promise is streamed from", async () => {
  const manners = { ignoresRanges: true, headers: { "accept-ranges": "bytes" } };
  await checkFrames("h264.ts", manners, undefined, false);
});

test("a server that answers only the first request with everything can be seeked in", async () => {
  const bytes = await contentOf("h264.ts");
  await checkFrames("h264.ts", {
    answers: ({ range }, response) => {
      if (range?.first !== 0) return false;
      response.writeHead(200, { "accept-ranges": "bytes", "content-length": `${bytes.length}` });
      response.end(bytes);
      return true;
    },
  });
});

test("a server that does not tell the size is streamed from", async () => {
  const bytes = await contentOf("h264.ts");
  const { exchanges } = await checkFrames(
    "h264.ts",
    {
      answers: ({ range }, response) => {
        if (range === null) return false;
        response.writeHead(206, { "content-range": "bytes 0-99/*" });
        response.end(bytes.subarray(0, 100));
        return true;
      },
    },
    undefined,
    false,
  );
  assertEquals(exchanges.map(({ range }) => range === null), [false, true]);
  // A live stream tells it nowhere.
  const live = { ignoresRanges: true, headers: { "content-length": undefined } };
  await checkFrames("h264.ts", live, undefined, false);
});

test("redirects are followed, by every request anew", async () => {
  const { exchanges } = await checkFrames("h264_b_pyramid.mp4", {
    answers: ({ url }, response) => {
      if (url.startsWith("/elsewhere")) return false;
      response.writeHead(302, { location: `/elsewhere${url}` });
      response.end();
      return true;
    },
  });
  assertEquals(
    exchanges.filter(({ url }) => url.startsWith("/elsewhere")).length * 2,
    exchanges.length,
  );
});

test("credentials in an address are sent and not shown", async () => {
  const bytes = await contentOf("h264.ts");
  await using server = await MediaServer.start(resourceOf(bytes));
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(`http://me:secret@${server.host}/a.ts`);
    assertEquals(demuxer.label, server.at("a.ts"));
    assertEquals(server.exchanges[0].headers.authorization, `Basic ${btoa("me:secret")}`);
  });
});

test("an mp4 whose index is at the end is read without what lies between", async () => {
  const bytes = padded(await contentOf("h264_b_pyramid.mp4"), 32 * MIB);
  await using server = await MediaServer.start(resourceOf(bytes, { headers: { etag: '"1"' } }));
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(server.at("a.mp4"));
    using decoder = await device.createDecoder({ codec: demuxer.codec });
    assertRun(await numbersOf(decoder.frames(demuxer)), 0, 45);
    const { bytesRead } = device.stats;
    assert(bytesRead < MIB, `${bytesRead} bytes were read`);
    assert(server.sent <= 3 * RANGE, `${server.sent} bytes were sent`);

    await using video = await device.createSimpleDecoder(server.at("a.mp4"));
    assertEquals(video.length, 45);
    assertEquals(await numbersOf(await video.getBatchFramesByIndex([40, 3, 21])), [40, 3, 21]);
    assert(device.stats.bytesRead < 2 * MIB, `${device.stats.bytesRead} bytes were read`);
    assert(server.sent <= 6 * RANGE, `${server.sent} bytes were sent`);
    assert(server.exchanges.length <= 8, `${server.exchanges.length} requests`);
    for (const { headers } of server.exchanges.slice(1)) {
      if (headers.range !== `bytes=0-${RANGE - 1}`) assertEquals(headers["if-range"], '"1"');
    }
  });
});

test("reading on and on takes few requests, each larger than the one before", async () => {
  const part = await contentOf("h264.ts");
  const bytes = joinBytes(Array.from({ length: 300 }, () => part));
  await using server = await MediaServer.start(resourceOf(bytes));
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(server.at("long.ts"));
    let count = 0;
    for await (const _ of demuxer) count++;
    assertEquals(count, 300 * 45);
    const { exchanges, sent } = server;
    assert(exchanges.length <= 8, `${exchanges.length} requests for ${bytes.length} bytes`);
    assert(sent < 1.2 * bytes.length, `${sent} bytes were sent for ${bytes.length}`);
    assertEquals(exchanges.at(-1)!.range?.last, null);
  });
});

test("random access over the web gives the frames of the file", async () => {
  const wanted = [44, 3, 3, 17, 0, 30];
  for (const name of ["h264_b_pyramid.mp4", "hevc_open_gop.mp4", "h264.mkv", "h264.ts"]) {
    await using server = await MediaServer.start(resourceOf(await contentOf(name)));
    await withDevice(async (device) => {
      await using video = await device.createSimpleDecoder(server.at(name));
      assertEquals(await numbersOf(await video.getBatchFramesByIndex(wanted)), wanted);
      assertEquals(await numbersOf(video.slice(40, 0, -13)), [40, 27, 14, 1]);
      assertRun(await numbersOf(video), 0, 45);
      await using threaded = await device.createThreadedDecoder(new URL(server.at(name)));
      assertRun(await numbersOf(threaded), 0, 45);
      await threaded.reconfigureDecoder(new Request(server.at(name)), 20);
      assertRun(await numbersOf(threaded), 20, 25);
      await video.reconfigureDecoder((await clip("h264_64x64.mp4")).path);
      await video.reconfigureDecoder(server.at(name));
      assertEquals(await numbersOf([await video.at(-1)]), [44]);
    });
    await until(() => server.open === 0, () => `${server.open} answers to end`);
  }
});

test("a demuxer on a server's file seeks", async () => {
  await using server = await MediaServer.start(resourceOf(await contentOf("h264_b_pyramid.mp4")));
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(server.at("a.mp4"));
    const all = await Array.fromAsync(demuxer, ({ timestamp }) => timestamp);
    await demuxer.seek(0);
    assertEquals(await Array.fromAsync(demuxer, ({ timestamp }) => timestamp), all);
    await demuxer.seek(1.3);
    const rest = await Array.fromAsync(demuxer, ({ timestamp }) => timestamp);
    assertEquals(rest, all.slice(-rest.length));
    assert(rest.length < 20, `${rest.length} packets`);
  });
});

test("random access to a server without ranges says what works instead", async () => {
  const bytes = padded(await contentOf("h264_b_pyramid.mp4"), 32 * MIB);
  await using server = await MediaServer.start(resourceOf(bytes, { ignoresRanges: true }));
  await withDevice(async (device) => {
    for (const make of ["createSimpleDecoder", "createThreadedDecoder"] as const) {
      const error = await assertRejects(
        () => device[make](server.at("a.mp4")),
        UnsupportedError,
        "its server gives no ranges",
      );
      for (const way of ["blob()", "createDemuxer()"]) assert(error.message.includes(way));
    }
    // Its index comes at the end, for which a stream would have to be kept.
    await assertRejects(() => device.createDemuxer(server.at("a.mp4")), UnsupportedError, "seek");
    await until(() => server.open === 0, () => "the answers to be given up");
  });
});

test("what is no file of a web server is refused", async () => {
  const address = "http://127.0.0.1:9/a.mp4";
  const wrong: [source: Source, type: typeof TypeError | typeof UnsupportedError, text: string][] =
    [
      [new Request(address, { method: "POST", body: "x" }), TypeError, '"POST"'],
      [new Request(address, { headers: { range: "bytes=5-" } }), TypeError, "Range"],
      ["rtsp://127.0.0.1:9/a", UnsupportedError, "not opened"],
      ["ftp://127.0.0.1:9/a", UnsupportedError, "not opened"],
    ];
  await withDevice(async (device) => {
    for (const [source, type, text] of wrong) {
      await assertRejects(() => device.createDemuxer(source), type as typeof Error, text);
    }
    await assertRejects(() => device.createDemuxer("http://"), TypeError);
    await using server = await MediaServer.start(resourceOf(new TextEncoder().encode("no video")));
    const opening = device.createDemuxer(server.at("a.txt"));
    await assertRejects(() => opening, UnsupportedError, "format");
  });
});
