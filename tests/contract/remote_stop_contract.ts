/** Slow and stuck web servers: aborting and closing end the request, nothing is lost, memory is bounded. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Device, Frame, SimpleDecoder, Tensor } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { joinBytes } from "../support/ffmpeg.ts";
import { MediaServer, type Resource, resourceOf } from "../support/media_server.ts";
import { ClosedError, requestDevice } from "./cuframe.ts";
import { assertRun, inTime, numbersOf, turns, until, withDevice } from "./contract_device.ts";

const MIB = 1 << 20;
const MAKERS = ["createDemuxer", "createSimpleDecoder", "createThreadedDecoder"] as const;

async function contentOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile((await clip(name)).path));
}

async function longStream(parts: number): Promise<Uint8Array<ArrayBuffer>> {
  const part = await contentOf("h264.ts");
  return joinBytes(Array.from({ length: parts }, () => part));
}

/** A server that stops answering when it is told, and goes on when it is told. */
class Valve {
  readonly manners: Partial<Resource> = { holds: () => this.#hold, holdsAfter: 1000 };
  #hold: Promise<void> | null = null;
  #go: () => void = () => {};

  /** From now on answers stop, the next ones behind their first bytes. */
  shut(): void {
    this.#hold = new Promise((resolve) => this.#go = resolve);
  }

  /** All answers go on. */
  open(): void {
    this.#hold = null;
    this.#go();
  }
}

/** Waits until nothing more is sent. */
async function untilStill(server: MediaServer): Promise<void> {
  let before = -1;
  for (let still = 0; still < 5; still++) {
    if (server.sent !== before) still = 0;
    before = server.sent;
    await turns(4);
  }
}

/** Waits until the server has an answer that does not go on. */
async function untilStuck(server: MediaServer): Promise<void> {
  await until(() => server.open > 0, () => "an answer that is stuck");
  await untilStill(server);
}

async function untilGivenUp(server: MediaServer): Promise<void> {
  await until(() => server.open === 0, () => `${server.open} answers to be given up`);
}

test("an abort ends an opening that waits for the server", async () => {
  for (const holdsAfter of [0, 1000]) {
    const stuck = { holds: () => new Promise<void>(() => {}), holdsAfter };
    await using server = await MediaServer.start(resourceOf(await longStream(20), stuck));
    await withDevice(async (device) => {
      for (const make of MAKERS) {
        const stop = new AbortController();
        const opening = device[make](server.at("a.ts"), { signal: stop.signal });
        opening.catch(() => {});
        await untilStuck(server);
        const reason = new Error("Enough");
        stop.abort(reason);
        const error = await assertRejects(() => inTime<unknown>(opening, "Opening"));
        assert(error === reason, `${error}`);
        await untilGivenUp(server);
      }
    });
  }
});

test("an abort ends the waiting for a broken server's next try", async () => {
  const broken = {
    answers: (_: unknown, response: { destroy(): unknown }) => !!response.destroy(),
  };
  await using server = await MediaServer.start(resourceOf(await longStream(1), broken));
  await withDevice(async (device) => {
    const stop = new AbortController();
    const opening = device.createDemuxer(server.at("a.ts"), { signal: stop.signal });
    opening.catch(() => {});
    await until(() => server.exchanges.length >= 2, () => "the second try");
    stop.abort("enough");
    assertEquals(await opening.catch((error) => error), "enough");
    const { length } = server.exchanges;
    await turns(5);
    assert(server.exchanges.length <= length + 1, "It was tried on and on");
  });
});

test("the signal of a Request ends its opening and its reading", async () => {
  const valve = new Valve();
  await using server = await MediaServer.start(resourceOf(await longStream(150), valve.manners));
  await withDevice(async (device) => {
    const early = AbortSignal.abort("before");
    const opening = device.createDemuxer(new Request(server.at("a.ts"), { signal: early }));
    assertEquals(await opening.catch((error) => error), "before");
    const stop = new AbortController();
    const request = new Request(server.at("a.ts"), { signal: stop.signal });
    using demuxer = await device.createDemuxer(request);
    valve.shut();
    const read = async (): Promise<void> => {
      for await (const _ of demuxer);
    };
    const reading = read();
    reading.catch(() => {});
    await untilStuck(server);
    const reason = new Error("Enough");
    stop.abort(reason);
    const error = await assertRejects(() => inTime(reading, "Reading"));
    assert(error === reason, `${error}`);
    await untilGivenUp(server);
    valve.open();
  });
});

test("closing the device ends an opening that waits for the server", async () => {
  const stuck = { holds: () => new Promise<void>(() => {}) };
  await using server = await MediaServer.start(resourceOf(await longStream(1), stuck));
  await withDevice(async (keeper) => {
    for (const make of MAKERS) {
      const device = await requestDevice({ backend: keeper.backend });
      const opening = device[make](server.at("a.ts"));
      opening.catch(() => {});
      await untilStuck(server);
      device.close();
      await assertRejects(() => inTime<unknown>(opening, "Opening"), ClosedError);
      await untilGivenUp(server);
    }
  });
});

for (const ignoresRanges of [false, true]) {
  const kind = ignoresRanges ? "a stream" : "a file";
  test(`an aborted read of ${kind} ends at once and loses nothing`, async () => {
    const bytes = await longStream(150);
    const valve = new Valve();
    const manners = { ...valve.manners, ignoresRanges, holdsAfter: 1_000_000 };
    await using server = await MediaServer.start(resourceOf(bytes, manners));
    await withDevice(async (device) => {
      using whole = await device.createDemuxer(bytes);
      const wanted = await Array.fromAsync(whole, ({ data }) => data.length);
      valve.shut();
      using demuxer = await device.createDemuxer(server.at("a.ts"));
      const sizes: number[] = [];
      let aborts = 0;
      for (let isEnd = false; !isEnd;) {
        const stop = new AbortController();
        const reading = demuxer.read({ signal: stop.signal });
        const isStuck = await Promise.race([
          reading.then(() => false),
          untilStuck(server).then(() => true),
        ]);
        if (isStuck && aborts++ === 0) {
          stop.abort(new Error("Enough"));
          await assertRejects(() => inTime(reading, "The read"), Error, "Enough");
          // A request of a range is given up, a stream has to be kept.
          if (!ignoresRanges) await untilGivenUp(server);
          valve.open();
          continue;
        }
        const packet = await reading;
        isEnd = packet === null;
        if (packet !== null) sizes.push(packet.data.length);
      }
      assertEquals(aborts, 1);
      assertEquals(sizes, wanted);
    });
  });

  test(`closing what reads ${kind} ends the request`, async () => {
    const bytes = await longStream(150);
    const valve = new Valve();
    const manners = { ...valve.manners, ignoresRanges, holdsAfter: 300_000 };
    await using server = await MediaServer.start(resourceOf(bytes, manners));
    await withDevice(async (device) => {
      valve.shut();
      const demuxer = await device.createDemuxer(server.at("a.ts"));
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      const decoding = numbersOf(decoder.frames(demuxer));
      decoding.catch(() => {});
      await untilStuck(server);
      demuxer.close();
      await assertRejects(() => inTime(decoding, "Decoding"), ClosedError);
      await untilGivenUp(server);
    });
    valve.open();
  });

  test(`leaving and aborting a loop over frames of ${kind} does not wait for the server`, async () => {
    const bytes = await longStream(150);
    const valve = new Valve();
    const manners = { ...valve.manners, ignoresRanges, holdsAfter: 600_000 };
    await using server = await MediaServer.start(resourceOf(bytes, manners));
    await withDevice(async (device) => {
      valve.shut();
      using demuxer = await device.createDemuxer(server.at("a.ts"));
      const decoder = await device.createDecoder({ codec: demuxer.codec });
      const stop = new AbortController();
      let count = 0;
      const decode = async (): Promise<void> => {
        for await (using _ of decoder.frames(demuxer, { signal: stop.signal })) count++;
      };
      const decoding = decode();
      decoding.catch(() => {});
      await untilStuck(server);
      const reason = new Error("Enough");
      stop.abort(reason);
      const error = await assertRejects(() => inTime(decoding, "Decoding"));
      assert(error === reason && count > 100, `${error} after ${count} frames`);
      if (!ignoresRanges) await untilGivenUp(server);
      const left = decoder.frames(demuxer);
      const next = left.next();
      await turns(5);
      await inTime(left.return(), "Leaving");
      assertEquals((await inTime(next, "The call")).done, true);
      // The decoder is free for other work, and the demuxer for another decoder.
      await inTime(decoder.reset(), "reset()");
      decoder.close();
      valve.open();
      using other = await device.createDecoder({ codec: demuxer.codec });
      const rest = await numbersOf(other.frames(demuxer));
      assert(rest.length > 3000 && rest.at(-1) === 44, `${rest.length} frames came then`);
    });
  });
}

test("a seek leaves a request that is stuck behind", async () => {
  const valve = new Valve();
  await using server = await MediaServer.start(resourceOf(await longStream(150), valve.manners));
  await withDevice(async (device) => {
    using demuxer = await device.createDemuxer(server.at("a.ts"));
    valve.shut();
    for (const call of ["read", "seek", "read"]) {
      const stop = new AbortController();
      const read = async (): Promise<void> => {
        while (await demuxer.read({ signal: stop.signal }));
      };
      // It goes to a place that was not read yet, and waits there.
      const work = call === "read" ? read() : demuxer.seek(1.7, { signal: stop.signal });
      work.catch(() => {});
      await untilStuck(server);
      stop.abort("enough");
      assertEquals(await inTime(work, call).catch((error) => error), "enough");
      await untilGivenUp(server);
    }
    valve.open();
    await inTime(demuxer.seek(0), "Seeking");
    assert((await inTime(demuxer.read(), "Reading"))!.isKey);
  });
});

type Stop = { readonly signal: AbortSignal };
type Given = Frame | Frame[] | Tensor | void;
const kCalls: Readonly<Record<string, (video: SimpleDecoder, stop: Stop) => Promise<Given>>> = {
  "at()": (video, stop) => video.at(-1, stop),
  "getBatchFrames()": (video, stop) => video.getBatchFrames(video.length, stop),
  "getBatchFramesByIndex()": (video, stop) => video.getBatchFramesByIndex([-1, 1000], stop),
  "getBatchFramesAt()": (video, stop) => video.getBatchFramesAt([1e6], stop),
  "getBatchTensor()": (video, stop) => video.getBatchTensor([-1], stop),
  "slice()": async (video, { signal }) => {
    for await (using _ of video.slice(1000, undefined, 1, { signal }));
  },
  "slice() backward": async (video, { signal }) => {
    for await (using _ of video.slice(undefined, undefined, -1, { signal }));
  },
};

/** A stuck call is aborted; then the server goes on and the last frame comes. */
async function checkAbort(
  server: MediaServer,
  valve: Valve,
  call: (stop: Stop) => Promise<unknown>,
): Promise<void> {
  const stop = new AbortController();
  const reason = new Error("Enough");
  const calls = [call(stop), call(stop)]; // the second one waits for its turn
  for (const made of calls) made.catch(() => {});
  await untilStuck(server);
  stop.abort(reason);
  for (const made of calls) {
    const error = await assertRejects(() => inTime(made, "The call"));
    assert(error === reason, `${error}`);
  }
  await untilGivenUp(server);
  valve.open();
}

for (const [name, call] of Object.entries(kCalls)) {
  test(`an abort ends ${name} that waits for the server, and the next call works`, async () => {
    const valve = new Valve();
    await using server = await MediaServer.start(resourceOf(await longStream(150), valve.manners));
    await withDevice(async (device) => {
      await using video = await device.createSimpleDecoder(server.at("a.ts"));
      valve.shut();
      await checkAbort(server, valve, (stop) => call(video, stop));
      assertEquals(await numbersOf([await inTime(video.at(-1), "at()")]), [44]);
      const early = { signal: AbortSignal.abort("before") };
      assertEquals(await call(video, early).catch((error) => error), "before");
    });
  });
}

test("an abort ends the waiting for a scan", async () => {
  const valve = new Valve();
  await using server = await MediaServer.start(resourceOf(await longStream(150), valve.manners));
  await withDevice(async (device) => {
    await using video = await device.createSimpleDecoder(server.at("a.ts"), {
      index: "approximate",
    });
    valve.shut();
    const stop = new AbortController();
    const scanning = video.getScannedStreamMetadata({ signal: stop.signal });
    scanning.catch(() => {});
    await untilStuck(server);
    stop.abort("enough");
    assertEquals(await inTime(scanning, "Scanning").catch((error) => error), "enough");
    valve.open();
    assertEquals((await video.getScannedStreamMetadata()).numFrames, 150 * 45);
  });
});

test("an abort ends the waiting of a ThreadedDecoder, which loses no frame", async () => {
  const valve = new Valve();
  const resource = resourceOf(await contentOf("h264_1080p.mp4"), valve.manners);
  await using server = await MediaServer.start(resource);
  await withDevice(async (device) => {
    valve.open();
    await using decoder = await device.createThreadedDecoder(server.at("a.mp4"), { bufferSize: 4 });
    valve.shut();
    const stop = new AbortController();
    const numbers: number[] = [];
    const read = async (): Promise<void> => {
      for (;;) {
        numbers.push(...await numbersOf(await decoder.getBatchFrames(4, { signal: stop.signal })));
      }
    };
    const reading = read();
    reading.catch(() => {});
    await untilStuck(server);
    const { length } = server.exchanges;
    stop.abort("enough");
    assertEquals(await inTime(reading, "Reading").catch((error) => error), "enough");
    // What is decoded ahead is asked for once more: the old answer may never come.
    await until(() => server.exchanges.length > length, () => "another request");
    valve.open();
    numbers.push(...await numbersOf(decoder));
    assertRun(numbers, 0, 30);
    const scan = decoder.getScannedStreamMetadata({ signal: AbortSignal.abort("before") });
    assertEquals(await scan.catch((error) => error), "before");
  });
});

/** What a server gives that has more than anybody wants. */
function endless(bytes: Uint8Array, size: number): Resource {
  const whole = joinBytes(Array.from({ length: 8 }, () => bytes));
  return {
    size,
    read: (first, end) => {
      const start = first % bytes.length;
      return whole.subarray(start, Math.min(start + end - first, whole.length));
    },
  };
}

async function takenWhileStanding(device: Device, server: MediaServer): Promise<number> {
  using demuxer = await device.createDemuxer(server.at("a.ts"));
  for (let i = 0; i < 100; i++) await demuxer.read();
  await untilStill(server);
  const taken = server.sent;
  // Reading on, it is not stuck for good.
  for (let i = 0; i < 20_000; i++) await demuxer.read();
  assert(server.sent > taken, "Nothing was taken any more");
  return taken;
}

test("a server is not read from while the consumer stands still", async () => {
  const bytes = await contentOf("h264.ts");
  for (const ignoresRanges of [false, true]) {
    const resource = { ...endless(bytes, 2 ** 31), ignoresRanges };
    await using server = await MediaServer.start(resource);
    await withDevice(async (device) => {
      const taken = await takenWhileStanding(device, server);
      // The buffers of the library, of the runtime and of the system's connection.
      assert(taken < 24 * MIB, `${taken} bytes were taken`);
      if (!ignoresRanges) assert(taken <= 2 * MIB, `${taken} bytes were asked for`);
    });
    await untilGivenUp(server);
  }
});

test("a server slower than the decoder gives every frame", async () => {
  for (const ignoresRanges of [false, true]) {
    const manners = { ignoresRanges, bytesPerMs: 700 };
    await using server = await MediaServer.start(resourceOf(await contentOf("h264.ts"), manners));
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer(server.at("a.ts"));
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      assertRun(await numbersOf(decoder.frames(demuxer)), 0, 45);
    });
  }
});

async function* slowly(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 700) {
    yield bytes.subarray(at, at + 700);
    await turns(1);
  }
}

test("a read that is aborted again and again gives every packet of a slow source", async () => {
  for (const name of ["h264_faststart.mp4", "h264.ts", "h264_no_cues.mkv"]) {
    const bytes = await contentOf(name);
    await withDevice(async (device) => {
      using whole = await device.createDemuxer(bytes);
      const wanted = await Array.fromAsync(whole, ({ data }) => data.length);
      using demuxer = await device.createDemuxer(slowly(bytes));
      const sizes: number[] = [];
      let aborts = 0;
      for (;;) {
        const stop = new AbortController();
        const reading = demuxer.read({ signal: stop.signal });
        setTimeout(() => stop.abort(new Error("Enough")), 1);
        try {
          const packet = await reading;
          if (packet === null) break;
          sizes.push(packet.data.length);
        } catch (error) {
          assertEquals((error as Error).message, "Enough");
          aborts++;
          await turns(1);
        }
      }
      assert(aborts > 3, `${aborts} aborts`);
      assertEquals(sizes, wanted, name);
    });
  }
});
