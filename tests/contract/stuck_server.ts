/** Servers that get stuck, and ways to wait for it. */
import { readFile } from "node:fs/promises";
import { clip } from "../support/clips.ts";
import { joinBytes } from "../support/ffmpeg.ts";
import type { MediaServer, Resource } from "../support/media_server.ts";
import { turns, until } from "./contract_device.ts";

/** The bytes of a clip. */
export async function contentOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile((await clip(name)).path));
}

/** A transport stream several times; timestamps begin anew each time. */
export async function longStream(parts: number): Promise<Uint8Array<ArrayBuffer>> {
  const part = await contentOf("h264.ts");
  return joinBytes(Array.from({ length: parts }, () => part));
}

/** A server that stops answering when it is told, and goes on when it is told. */
export class Valve {
  readonly manners: Partial<Resource> = { holds: () => this.#hold, holdsAfter: 1000 };
  #hold: Promise<void> | null = null;
  #go: () => void = () => {};

  /** From now on answers stop, the next ones behind their first bytes. */
  shut(): void {
    this.#hold ??= new Promise((resolve) => this.#go = resolve);
  }

  /** All answers go on. */
  open(): void {
    this.#hold = null;
    this.#go();
  }
}

/** Waits until a count grows no more. */
export async function untilStill(count: () => number): Promise<void> {
  let before = -1;
  for (let still = 0; still < 5; still++) {
    if (count() !== before) still = 0;
    before = count();
    await turns(4);
  }
}

/** Waits until the server holds an answer back, and a little for the client to wait for it. */
export async function untilStuck(server: MediaServer): Promise<void> {
  await until(() => server.held > 0, () => "an answer that is held back");
  await untilStill(() => server.sent);
}

/** Waits until the client has closed the connections of all answers that were not complete. */
export async function untilGivenUp(server: MediaServer): Promise<void> {
  await until(() => server.open === 0, () => `${server.open} answers to be given up`);
}
