/** Stuck web servers: aborting and closing end the request, and an aborted read loses nothing. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { MediaServer, resourceOf } from "../support/media_server.ts";
import { ClosedError, requestDevice } from "./cuframe.ts";
import { inTime, numbersOf, turns, until, withDevice } from "./contract_device.ts";
import { longStream, untilGivenUp, untilStill, untilStuck, Valve } from "./stuck_server.ts";

/** Behind what an opening takes. */
const kInTheMiddle = { holdsAfter: 600_000 };
const MAKERS = ["createDemuxer", "createSimpleDecoder", "createThreadedDecoder"] as const;

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
  await using server = await MediaServer.start(resourceOf(await longStream(60), valve.manners));
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
    const bytes = await longStream(60);
    const valve = new Valve();
    const manners = { ...valve.manners, ignoresRanges, ...(ignoresRanges ? kInTheMiddle : {}) };
    await using server = await MediaServer.start(resourceOf(bytes, manners));
    await withDevice(async (device) => {
      using whole = await device.createDemuxer(bytes);
      const wanted = await Array.fromAsync(whole, ({ data }) => data.length);
      if (ignoresRanges) valve.shut();
      using demuxer = await device.createDemuxer(server.at("a.ts"));
      valve.shut();
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
    const bytes = await longStream(60);
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
    const bytes = await longStream(60);
    const valve = new Valve();
    const manners = { ...valve.manners, ignoresRanges, ...(ignoresRanges ? kInTheMiddle : {}) };
    await using server = await MediaServer.start(resourceOf(bytes, manners));
    await withDevice(async (device) => {
      if (ignoresRanges) valve.shut();
      using demuxer = await device.createDemuxer(server.at("a.ts"));
      valve.shut();
      const decoder = await device.createDecoder({ codec: demuxer.codec });
      const stop = new AbortController();
      let count = 0;
      const decode = async (): Promise<void> => {
        for await (using _ of decoder.frames(demuxer, { signal: stop.signal })) count++;
      };
      const decoding = decode();
      decoding.catch(() => {});
      await untilStuck(server);
      // What was sent shows more frames than that, and then the decoder waits, too.
      await until(() => count > 100, () => `frames, of which ${count} came`);
      await untilStill(() => count);
      const reason = new Error("Enough");
      stop.abort(reason);
      const error = await assertRejects(() => inTime(decoding, "Decoding"));
      assert(error === reason, `${error} after ${count} frames`);
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
      assert(rest.length > 1000 && rest.at(-1) === 44, `${rest.length} frames came then`);
    });
  });
}

test("a seek leaves a request that is stuck behind", async () => {
  const valve = new Valve();
  await using server = await MediaServer.start(resourceOf(await longStream(60), valve.manners));
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
