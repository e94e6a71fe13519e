/** Web servers that fail: reading goes on where it can, and ends with a typed error where it cannot. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { clip } from "../support/clips.ts";
import { type Exchange, MediaServer, type Resource, resourceOf } from "../support/media_server.ts";
import { MediaIoError } from "./cuframe.ts";
import { assertRun, inTime, numbersOf, until, withDevice } from "./contract_device.ts";
import { contentOf, longStream, Valve } from "./stuck_server.ts";

type Manners = Omit<Resource, "size" | "read">;

/** Opens the file and reads all of it; how many packets it has. */
async function readAll(bytes: Uint8Array, manners: Manners): Promise<[number, Exchange[]]> {
  await using server = await MediaServer.start(resourceOf(bytes, manners));
  let count = 0;
  await withDevice(async (device) => {
    const read = async (): Promise<void> => {
      using demuxer = await device.createDemuxer(server.at("a.ts?key=secret"));
      for await (const _ of demuxer) count++;
    };
    await inTime(read(), "Reading");
  });
  await until(() => server.open === 0, () => "the answers to end");
  return [count, server.exchanges];
}

/** The MediaIoError of a file that cannot be read. */
async function failure(bytes: Uint8Array, manners: Manners, text: string): Promise<MediaIoError> {
  const error = await assertRejects(() => readAll(bytes, manners), MediaIoError, text);
  assertEquals(error.code, "io");
  assert(/^http:\/\/127\.0\.0\.1:\d+\/a\.ts\?\.\.\. /.test(error.message), error.message);
  assert(!error.message.includes("secret"), error.message);
  return error;
}

test("a connection that is cut is taken up again where it broke", async () => {
  const bytes = await longStream(40);
  for (const name of ["h264_b_pyramid.mp4", "h264.mkv"]) {
    const manners: Manners = { headers: { etag: '"1"' }, cutsAfter: () => 7001 };
    await using server = await MediaServer.start(resourceOf(await contentOf(name), manners));
    await withDevice(async (device) => {
      await using video = await device.createSimpleDecoder(server.at(name));
      assertRun(await numbersOf(video), 0, 45);
    });
    assert(server.exchanges.length > 4, `${server.exchanges.length} requests`);
  }
  const cut: Manners = { cutsAfter: ({ number }) => number % 2 === 0 ? 100_000 : Infinity };
  const [count, exchanges] = await readAll(bytes, cut);
  assertEquals(count, 40 * 45);
  const starts = exchanges.map(({ range }) => range!.first);
  assert(starts.includes(100_000), `${starts}`);
});

test("a server that does not answer for a moment is asked again", async () => {
  const bytes = await longStream(40);
  const [count, exchanges] = await readAll(bytes, {
    answers: ({ number }, response) => {
      if (number % 3 === 0) response.destroy();
      else if (number % 3 === 1) response.writeHead(503).end();
      else return false;
      return true;
    },
  });
  assertEquals(count, 40 * 45);
  assertEquals(exchanges[2].range?.first, 0);
});

test("a server that stays broken is given up after four tries", async () => {
  const bytes = await longStream(40);
  for (const first of [0, 1]) {
    let tries = 0;
    const error = await failure(bytes, {
      answers: ({ number }, response) => {
        if (number < first) return false;
        tries++;
        response.destroy();
        return true;
      },
    }, "in 4 tries");
    // Deno itself repeats a request whose connection was an old one.
    assert(tries >= 4 && tries <= 8, `${tries} tries`);
    assert(error.cause instanceof Error, `${error.cause}`);
  }
});

test("a file that ends before its size says at which byte", async () => {
  const bytes = await contentOf("h264.ts");
  const end = bytes.length >> 1;
  const cutsAfter = ({ range }: Exchange): number => Math.max(0, end - (range?.first ?? 0));
  await failure(bytes, { cutsAfter }, `at byte ${end} of ${bytes.length} in 4 tries`);
  const error = await failure(
    bytes,
    { cutsAfter, ignoresRanges: true },
    `at byte ${end} of ${bytes.length}`,
  );
  assert(error.message.includes("gives no ranges"), error.message);
  // What an answer without a length was to have is not known, but that it was cut is.
  const unknown = { headers: { "content-length": undefined }, ignoresRanges: true, cutsAfter };
  await failure(bytes, unknown, `at byte ${end}:`);
});

const kRefusals: readonly [status: number, text: string][] = [
  [204, "204 No Content, which brings no media"],
  [304, "304 Not Modified"],
  [401, "401 Unauthorized"],
  [404, "404 Not Found"],
  [410, "410 Gone"],
  [416, "416 Range Not Satisfiable"],
  [501, "501 Not Implemented"],
];

test("answers that are no file are errors that name the status", async () => {
  const bytes = await contentOf("h264.ts");
  for (const [status, text] of kRefusals) {
    let count = 0;
    await failure(bytes, {
      answers: (_, response) => {
        count++;
        response.writeHead(status).end();
        return true;
      },
    }, text);
    assertEquals(count, 1, `${status} is final`);
  }
  await failure(new Uint8Array(0), {}, "is empty");
});

test("a status in the middle ends the reading", async () => {
  const bytes = await longStream(40);
  await failure(bytes, {
    answers: ({ number }, response) => {
      if (number === 0) return false;
      response.writeHead(403).end();
      return true;
    },
  }, "403 Forbidden");
});

test("a file that changes while it is read is an error, not a mixture", async () => {
  const bytes = await longStream(40);
  const versions: [what: string, before: Record<string, string>, after: Record<string, string>][] =
    [
      ["ETag", { etag: '"a"' }, { etag: '"b"' }],
      ["ETag", { etag: 'W/"a"' }, { etag: 'W/"b"' }],
      ["Last-Modified", { "last-modified": "Mon, 02 Nov 2026 10:00:00 GMT" }, {
        "last-modified": "Mon, 02 Nov 2026 10:00:01 GMT",
      }],
      ["size", {}, { "content-range": "bytes FIRST-LAST/99999999" }],
    ];
  for (const honoursIfRange of [false, true]) {
    for (const [what, before, after] of versions) {
      if (honoursIfRange && what === "size") continue;
      await failure(bytes, {
        headers: before,
        answers: ({ number, range }, response) => {
          if (number === 0) return false;
          const { first, last } = { first: range!.first, last: range!.last ?? bytes.length - 1 };
          const told = `bytes ${first}-${last}/${bytes.length}`;
          const changed = Object.entries({ "content-range": told, ...after }).map(([key, value]) =>
            [key, value.replace("FIRST", `${first}`).replace("LAST", `${last}`)] as const
          );
          response.writeHead(honoursIfRange ? 200 : 206, Object.fromEntries(changed));
          response.end(bytes.subarray(honoursIfRange ? 0 : first, last + 1));
          return true;
        },
      }, `changed while it was being read (its ${what}`);
    }
  }
  const same = await readAll(bytes, { headers: { etag: 'W/"a"' } });
  assertEquals(same[0], 40 * 45);
});

test("a server that breaks the rules of ranges is an error that says how", async () => {
  const bytes = await longStream(40);
  const answerBy = (status: number, headers: Record<string, string>, body = bytes): Manners => ({
    answers: ({ number }, response) => {
      if (number === 0) return false;
      response.writeHead(status, headers).end(body);
      return true;
    },
  });
  await failure(bytes, answerBy(200, {}), "with all of them");
  for (const range of ["bytes 5-9/100", "bytes 262144-1/900", "pages 1-2/3", ""]) {
    const wrong = answerBy(206, range === "" ? {} : { "content-range": range });
    await failure(bytes, wrong, "with the Content-Range");
  }
  await failure(bytes, {
    answers: ({ number, range }, response) => {
      if (number === 0) return false;
      const told = `bytes ${range!.first}-${range!.first + 9}/${bytes.length}`;
      response.writeHead(206, { "content-range": told }).end(bytes.subarray(0, 1000));
      return true;
    },
  }, "more bytes than its headers said");
  for (const first of [0, 1]) {
    await failure(bytes, {
      answers: ({ number }, response) => {
        if (number < first) return false;
        const headers = { "content-encoding": "gzip", "content-range": "bytes 0-9/10" };
        response.writeHead(first === 0 ? 200 : 206, headers).end(gzipSync(bytes.subarray(0, 99)));
        return true;
      },
    }, "compressed (Content-Encoding: gzip)");
  }
});

test("a range that is shorter than asked for is taken, and the rest asked for", async () => {
  const bytes = await longStream(40);
  const [count, exchanges] = await readAll(bytes, {
    answers: ({ range }, response) => {
      const first = range!.first;
      const end = Math.min(first + 100_001, (range!.last ?? bytes.length - 1) + 1);
      response.writeHead(206, { "content-range": `bytes ${first}-${end - 1}/${bytes.length}` });
      response.end(bytes.subarray(first, end));
      return true;
    },
  });
  assertEquals(count, 40 * 45);
  assert(exchanges.length >= bytes.length / 100_001);
});

test("redirects that lead nowhere are errors at once", async () => {
  const bytes = await contentOf("h264.ts");
  const { path } = await clip("h264.ts");
  for (const location of ["/a.ts?key=secret", `file://${path}`, "data:video/mp4;base64,AA=="]) {
    let first = 0;
    await failure(bytes, {
      answers: ({ number }, response) => {
        first += number === 0 ? 1 : 0;
        response.writeHead(302, { location }).end();
        return true;
      },
    }, "edirect");
    assertEquals(first, 1);
  }
});

test("a server that goes away while frames are decoded ends them with an error", async () => {
  const bytes = await longStream(40);
  for (const ignoresRanges of [false, true]) {
    // Held back, so that a slow decoder does not find the whole file sent.
    const valve = new Valve();
    valve.shut();
    const manners = { ...valve.manners, ignoresRanges, holdsAfter: 300_000 };
    const server = await MediaServer.start(resourceOf(bytes, manners));
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer(server.at("a.ts"));
      using decoder = await device.createDecoder({ codec: demuxer.codec, outputColorType: "rgb" });
      let count = 0;
      const decode = async (): Promise<void> => {
        for await (using _ of decoder.frames(demuxer)) {
          if (count++ === 10) void server[Symbol.asyncDispose]();
        }
      };
      await assertRejects(() => inTime(decode(), "Decoding"), MediaIoError, server.at("a.ts"));
      assert(count > 10 && count < 40 * 45, `${count} frames`);
      // The decoder is none the worse for it.
      using other = await device.createDemuxer((await clip("h264.ts")).path);
      await decoder.reset();
      let more = 0;
      for await (using _ of decoder.frames(other)) more++;
      assertEquals(more, 45);
    });
  }
});

test("a server that goes away fails random access, and the decoder can be reconfigured", async () => {
  const bytes = await longStream(60);
  const { path } = await clip("h264_b_pyramid.mp4");
  const server = await MediaServer.start(resourceOf(bytes));
  await withDevice(async (device) => {
    await using video = await device.createSimpleDecoder(server.at("a.ts"));
    await server[Symbol.asyncDispose]();
    const far = video.length - 1;
    await assertRejects(() => inTime(video.at(far), "at()"), MediaIoError, "in 4 tries");
    await assertRejects(() => inTime(video.at(0), "at()"), MediaIoError);
    await video.reconfigureDecoder(path);
    assertEquals(await numbersOf([await video.at(7)]), [7]);
  });
});
