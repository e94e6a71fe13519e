import { test } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import type { Frame } from "../../src/frame.ts";
import { type FrameBatches, FrameIterator } from "../../src/frame_iterator.ts";

/** Stands for a frame where only its identity and close() matter. */
class Marker {
  isClosed = false;
  constructor(readonly id: number) {}
  close(): void {
    this.isClosed = true;
  }
}

class Script implements FrameBatches {
  version = 0;
  stops = 0;
  readonly made: Marker[] = [];
  readonly #steps: (number[] | Error | null)[];

  constructor(...steps: (number[] | Error | null)[]) {
    this.#steps = steps;
  }

  async next(): Promise<Frame[] | null> {
    await Promise.resolve();
    const step = this.#steps.shift() ?? null;
    if (step instanceof Error) throw step;
    const batch = step?.map((id) => new Marker(id)) ?? null;
    this.made.push(...batch ?? []);
    return batch as unknown as Frame[] | null;
  }

  stop(): Promise<void> {
    this.stops++;
    return Promise.resolve();
  }
}

const idOf = (frame: unknown): number => (frame as Marker).id;

test("frames come in order over empty batches, up to the end", async () => {
  const script = new Script([1, 2], [], [3], null);
  assertEquals((await Array.fromAsync(new FrameIterator(script))).map(idOf), [1, 2, 3]);
  assertEquals(script.stops, 0);
});

test("leaving the loop closes what was not given, and stops the batches", async () => {
  const script = new Script([1, 2, 3, 4]);
  for await (const frame of new FrameIterator(script)) if (idOf(frame) === 2) break;
  assertEquals(script.made.map((frame) => frame.isClosed), [false, false, true, true]);
  assertEquals(script.stops, 1);
});

test("an error comes after the frames before it, and ends the iteration", async () => {
  const frames = new FrameIterator(new Script([1], new Error("damaged"), [2]));
  assertEquals(idOf((await frames.next()).value), 1);
  await assertRejects(() => frames.next(), Error, "damaged");
  assertEquals(await frames.next(), { done: true, value: undefined });
});

test("overlapping calls of next() get different frames in order", async () => {
  const frames = new FrameIterator(new Script([1], [2, 3], null));
  const results = await Promise.all([frames.next(), frames.next(), frames.next(), frames.next()]);
  assertEquals(results.map((it) => it.done ? null : idOf(it.value)), [1, 2, 3, null]);
});

test("return() while next() waits closes the batch that comes late", async () => {
  const script = new Script([1, 2]);
  const frames = new FrameIterator(script);
  const waiting = frames.next();
  await frames.return();
  assertEquals(await waiting, { done: true, value: undefined });
  assertEquals(script.made.every((frame) => frame.isClosed), true);
});

test("frames from before a seek are closed and not given", async () => {
  const script = new Script([1, 2, 3], [7], null);
  const frames = new FrameIterator(script);
  assertEquals(idOf((await frames.next()).value), 1);
  script.version++;
  assertEquals(idOf((await frames.next()).value), 7);
  assertEquals(script.made.map((frame) => frame.isClosed), [false, true, true, false]);
});
