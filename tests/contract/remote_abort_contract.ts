/** Aborted calls of random access that wait for a web server: they end at once, and the next ones work. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { Frame, SimpleDecoder, Tensor } from "../../mod.ts";
import { MediaServer, resourceOf } from "../support/media_server.ts";
import { assertRun, inTime, numbersOf, until, withDevice } from "./contract_device.ts";
import {
  contentOf,
  longStream,
  untilGivenUp,
  untilStill,
  untilStuck,
  Valve,
} from "./stuck_server.ts";

type Stop = { readonly signal: AbortSignal };
type Given = Frame | Frame[] | Tensor | void;
const kCalls: Readonly<Record<string, (video: SimpleDecoder, stop: Stop) => Promise<Given>>> = {
  "at()": (video, stop) => video.at(-1, stop),
  "getBatchFrames()": (video, stop) => video.getBatchFrames(video.length, stop),
  "getBatchFramesByIndex()": (video, stop) => video.getBatchFramesByIndex([-1, 500], stop),
  "getBatchFramesAt()": (video, stop) => video.getBatchFramesAt([1e6], stop),
  "getBatchTensor()": (video, stop) => video.getBatchTensor([-1], stop),
  "slice()": async (video, { signal }) => {
    for await (using _ of video.slice(500, undefined, 1, { signal }));
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
    await using server = await MediaServer.start(resourceOf(await longStream(60), valve.manners));
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
  await using server = await MediaServer.start(resourceOf(await longStream(60), valve.manners));
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
    assertEquals((await video.getScannedStreamMetadata()).numFrames, 60 * 45);
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
    let isWaiting = false;
    const read = async (): Promise<void> => {
      for (;;) {
        isWaiting = true;
        const frames = await decoder.getBatchFrames(4, { signal: stop.signal });
        isWaiting = false;
        numbers.push(...await numbersOf(frames));
      }
    };
    const reading = read();
    reading.catch(() => {});
    await untilStuck(server);
    // The frames in front of what is held back have been read.
    await untilStill(() => isWaiting ? numbers.length : NaN);
    const { length } = server.exchanges;
    stop.abort("enough");
    assertEquals(await inTime(reading, "Reading").catch((error) => error), "enough");
    // The next call asks once more: the old answer may never come.
    const rest = numbersOf(decoder);
    await until(() => server.exchanges.length > length, () => "another request");
    valve.open();
    numbers.push(...await rest);
    assertRun(numbers, 0, 30);
    const scan = decoder.getScannedStreamMetadata({ signal: AbortSignal.abort("before") });
    assertEquals(await scan.catch((error) => error), "before");
  });
});
