/** Sources slower and faster than the decoder: every frame comes, and memory is bounded. */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import type { Device } from "../../mod.ts";
import { joinBytes } from "../support/ffmpeg.ts";
import { MediaServer, type Resource, resourceOf } from "../support/media_server.ts";
import { assertRun, inTime, numbersOf, turns, until, withDevice } from "./contract_device.ts";
import { contentOf, longStream, untilGivenUp, untilStill } from "./stuck_server.ts";

const MIB = 1 << 20;

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
  await untilStill(() => server.sent);
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

/** A source that gives what an opening takes, then little, each time that it is told to, then the rest. */
class Drip {
  readonly source: AsyncIterable<Uint8Array>;
  #give: () => void = () => {};
  #isWaiting = false;
  #isAtEnd = false;

  constructor(bytes: Uint8Array, opening: number) {
    this.source = this.#chunks(bytes, opening);
  }

  async *#chunks(bytes: Uint8Array, opening: number): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, opening);
    let at = opening;
    for (const end = Math.min(bytes.length, opening + 40_000); at < end; at += 700) {
      await new Promise<void>((resolve) => {
        this.#give = resolve;
        this.#isWaiting = true;
      });
      yield bytes.subarray(at, at + 700);
    }
    this.#isAtEnd = true;
    yield bytes.subarray(at);
  }

  /** Gives the next bytes and waits until more are wanted; false when the rest was given. */
  async next(): Promise<boolean> {
    await until(() => this.#isWaiting || this.#isAtEnd, () => "bytes to be wanted");
    this.#isWaiting = false;
    this.#give();
    await until(() => this.#isWaiting || this.#isAtEnd, () => "the next bytes to be wanted");
    return !this.#isAtEnd;
  }
}

test("a read that is aborted again and again gives every packet of a slow source", async () => {
  const stream = await longStream(20);
  const cases: [name: string, bytes: Uint8Array<ArrayBuffer>, opening: number][] = [
    ["mp4", await contentOf("h264_faststart.mp4"), 8000],
    ["mkv", await contentOf("h264_no_cues.mkv"), 12_000],
    ["ts", stream, 300_000],
  ];
  for (const [name, bytes, opening] of cases) {
    await withDevice(async (device) => {
      using whole = await device.createDemuxer(bytes);
      const wanted = await Array.fromAsync(whole, ({ data }) => data.length);
      const drip = new Drip(bytes, opening);
      using demuxer = await inTime(device.createDemuxer(drip.source), "Opening");
      const sizes: number[] = [];
      let aborts = 0;
      for (let isEnd = false; !isEnd;) {
        const stop = new AbortController();
        const reading = demuxer.read({ signal: stop.signal });
        const isDry = Promise.race([reading.then(() => false), turns(3).then(() => true)]);
        // Packets are larger than a drip, so that most of these reads have to wait for another.
        if (await isDry && await drip.next()) stop.abort(new Error("Enough"));
        try {
          const packet = await inTime(reading, "The read");
          isEnd = packet === null;
          if (packet !== null) sizes.push(packet.data.length);
        } catch (error) {
          assertEquals((error as Error).message, "Enough");
          aborts++;
        }
      }
      assert(aborts > 0, `${name}: no read was aborted`);
      assertEquals(sizes, wanted, name);
    });
  }
});
