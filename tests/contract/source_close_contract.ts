/** Closing and aborting while a source is being waited for. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Demuxer, Device, Source } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { joinBytes } from "../support/ffmpeg.ts";
import { ClosedError, requestDevice } from "./cuframe.ts";
import { inTime, until, withDevice } from "./contract_device.ts";

/** A source that gives some bytes and then never answers; `events` tells what became of it. */
interface Stuck {
  readonly source: Source;
  readonly events: string[];
  readonly isWaiting: () => boolean;
  /** From now on it does not answer, whatever is left. */
  readonly arm?: () => void;
}

const kKinds: Readonly<Record<string, (bytes: Uint8Array<ArrayBuffer>) => Stuck>> = {
  "a ReadableStream": (bytes) => {
    const events: string[] = [];
    let pulls = 0;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (pulls++ === 0 && bytes.length > 0) return controller.enqueue(bytes);
        return new Promise(() => {});
      },
      cancel: () => void events.push("cancelled"),
    }, { highWaterMark: 0 });
    return { source, events, isWaiting: () => pulls > (bytes.length > 0 ? 1 : 0) };
  },
  "an async iterator": (bytes) => {
    const events: string[] = [];
    let calls = 0;
    const iterator: AsyncIterator<Uint8Array> = {
      next: () => {
        if (calls++ === 0 && bytes.length > 0) {
          return Promise.resolve({ done: false, value: bytes });
        }
        return new Promise(() => {});
      },
      return: () => {
        events.push("cancelled");
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    const source = { [Symbol.asyncIterator]: () => iterator };
    return { source, events, isWaiting: () => calls > (bytes.length > 0 ? 1 : 0) };
  },
  "a feeder": (bytes) => {
    let at = 0;
    let isWaiting = false;
    const source = (buffer: Uint8Array): number | Promise<number> => {
      const part = bytes.subarray(at, at += buffer.length);
      isWaiting = part.length === 0;
      if (isWaiting) return new Promise(() => {});
      buffer.set(part);
      return part.length;
    };
    return { source, events: ["cancelled"], isWaiting: () => isWaiting };
  },
  "a seekable object": (bytes) => {
    let isArmed = bytes.length === 0;
    let isWaiting = false;
    const source = {
      size: bytes.length || 1000,
      read: (offset: number, buffer: Uint8Array): number | Promise<number> => {
        isWaiting = isArmed;
        if (isArmed) return new Promise(() => {});
        const part = bytes.subarray(offset, offset + buffer.length);
        buffer.set(part);
        return part.length;
      },
    };
    const arm = (): void => void (isArmed = true);
    return { source, events: ["cancelled"], isWaiting: () => isWaiting, arm };
  },
};

/** More than the library asks of a source at once, so that opening succeeds. */
async function beginning(): Promise<Uint8Array<ArrayBuffer>> {
  const { path } = await clip("h264.ts");
  const bytes = await readFile(path);
  return joinBytes(Array.from({ length: 40 }, () => bytes));
}

async function open(device: Device, { source, arm }: Stuck): Promise<Demuxer> {
  const demuxer = await inTime(device.createDemuxer(source), "Opening");
  // A source that seeks is read at its end, too, when it is opened.
  arm?.();
  return demuxer;
}

/** Waits until the source does not answer and everything that it gave is used up. */
async function untilStuck({ isWaiting, arm }: Stuck, packets: () => number): Promise<void> {
  // A source that answers no more in the middle leaves an unknown number of packets.
  const least = arm === undefined ? 40 * 45 - 5 : 1;
  await until(() => isWaiting() && packets() >= least, () => "the source to be stuck");
}

/** Reads to where the source is stuck; gives the read that waits. */
async function readUntilStuck(
  demuxer: Demuxer,
  stuck: Stuck,
): Promise<{ readonly reading: Promise<void> }> {
  let packets = 0;
  const read = async (): Promise<void> => {
    for await (const _ of demuxer) packets++;
  };
  const reading = read();
  reading.catch(() => {});
  await untilStuck(stuck, () => packets);
  return { reading };
}

async function checkCancelled({ source, events }: Stuck): Promise<void> {
  await until(() => events.length > 0, () => "the source to be cancelled");
  assertEquals(events, ["cancelled"]);
  if (source instanceof ReadableStream) {
    await until(() => !source.locked, () => "the stream to be unlocked");
  }
}

for (const [kind, make] of Object.entries(kKinds)) {
  test(`closing the demuxer ends reads that wait for ${kind}`, async () => {
    const stuck = make(await beginning());
    await withDevice(async (device) => {
      const demuxer = await open(device, stuck);
      const { reading } = await readUntilStuck(demuxer, stuck);
      demuxer.close();
      await assertRejects(() => inTime(reading, "The read"), ClosedError);
      await checkCancelled(stuck);
    });
  });

  test(`closing the device ends reads that wait for ${kind}`, async () => {
    const stuck = make(await beginning());
    await withDevice(async (keeper) => {
      const device: Device = await requestDevice({ backend: keeper.backend });
      const demuxer = await open(device, stuck);
      const { reading } = await readUntilStuck(demuxer, stuck);
      device.close();
      await assertRejects(() => inTime(reading, "The read"), ClosedError);
      await checkCancelled(stuck);
      demuxer.close();
    });
  });

  test(`closing the demuxer ends frames() that waits for ${kind}`, async () => {
    const stuck = make(await beginning());
    await withDevice(async (device) => {
      const demuxer = await open(device, stuck);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      const decode = async (): Promise<void> => {
        for await (using _ of decoder.frames(demuxer));
      };
      const decoding = decode();
      decoding.catch(() => {});
      await untilStuck(stuck, () => decoder.stats.packetsDecoded);
      demuxer.close();
      await assertRejects(() => inTime(decoding, "The loop"), ClosedError);
      await checkCancelled(stuck);
    });
  });

  test(`closing the decoder ends frames() that waits for ${kind}`, async () => {
    const stuck = make(await beginning());
    await withDevice(async (device) => {
      using demuxer = await open(device, stuck);
      const decoder = await device.createDecoder({ codec: demuxer.codec });
      const decode = async (): Promise<void> => {
        for await (using _ of decoder.frames(demuxer));
      };
      const decoding = decode();
      decoding.catch(() => {});
      await untilStuck(stuck, () => decoder.stats.packetsDecoded);
      decoder.close();
      await assertRejects(() => inTime(decoding, "The loop"), ClosedError);
    });
  });

  test(`an abort ends the opening that waits for ${kind}`, async () => {
    const stuck = make(new Uint8Array(0));
    const stop = new AbortController();
    await withDevice(async (device) => {
      const opening = device.createDemuxer(stuck.source, { signal: stop.signal });
      opening.catch(() => {});
      await until(stuck.isWaiting, () => "the source to be stuck");
      const reason = new Error("Enough");
      stop.abort(reason);
      const error = await assertRejects(() => inTime(opening, "The opening"));
      assert(error === reason, `${error}`);
      await checkCancelled(stuck);
    });
  });

  test(`closing the device ends the opening that waits for ${kind}`, async () => {
    const stuck = make(new Uint8Array(0));
    await withDevice(async (keeper) => {
      const device = await requestDevice({ backend: keeper.backend });
      const opening = device.createDemuxer(stuck.source);
      opening.catch(() => {});
      await until(stuck.isWaiting, () => "the source to be stuck");
      device.close();
      await assertRejects(() => inTime(opening, "The opening"), ClosedError);
      await checkCancelled(stuck);
    });
  });

  test(`an abort ends one read() that waits for ${kind}; the next one waits on`, async () => {
    const stuck = make(await beginning());
    const stop = new AbortController();
    await withDevice(async (device) => {
      const demuxer = await open(device, stuck);
      const readAll = async (): Promise<void> => {
        while (await demuxer.read({ signal: stop.signal }) !== null);
      };
      const reading = readAll();
      reading.catch(() => {});
      await until(stuck.isWaiting, () => "the source to be stuck");
      // Packets that were there before are given first.
      const reason = new Error("Enough");
      await new Promise((resolve) => setTimeout(resolve, 0));
      stop.abort(reason);
      const error = await assertRejects(() => inTime(reading, "The read"));
      assert(error === reason, `${error}`);
      const next = demuxer.read();
      demuxer.close();
      await assertRejects(() => inTime(next, "The next read"), ClosedError);
    });
  });
}

test("a demuxer that reached the end leaves its ReadableStream unlocked", async () => {
  const bytes = new Uint8Array(await readFile((await clip("h264.ts")).path));
  await withDevice(async (device) => {
    const stream = new Blob([bytes]).stream();
    using demuxer = await device.createDemuxer(stream);
    for await (const _ of demuxer);
    assertEquals(stream.locked, false);
  });
});

test("a refused source is cancelled and unlocked", async () => {
  const text = new TextEncoder().encode("no film at all ".repeat(100_000));
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(text.slice()),
    cancel: () => void (isCancelled = true),
  });
  await withDevice(async (device) => {
    await assertRejects(() => inTime(device.createDemuxer(stream), "Opening"));
    await until(() => isCancelled && !stream.locked, () => "the stream to be cancelled");
  });
});
