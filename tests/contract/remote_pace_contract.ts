/** Sources slower and faster than the decoder: every frame comes, and memory is bounded. */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import type { Device } from "../../mod.ts";
import { joinBytes } from "../support/ffmpeg.ts";
import { MediaServer, type Resource, resourceOf } from "../support/media_server.ts";
import { assertRun, numbersOf, turns, withDevice } from "./contract_device.ts";
import { contentOf, untilGivenUp, untilStill } from "./stuck_server.ts";

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
