/** Files that transcoders write in tests, and what ffmpeg says of them. */
import { assert, assertEquals } from "@std/assert";
import { type Clip, clip } from "../support/clips.ts";
import { readRawFrame } from "../support/barcode.ts";
import { decodeRaw, ffprobeFrames, ffprobePackets, ffprobeStreams } from "../support/ffmpeg.ts";
import type { TranscoderDescriptor } from "../../mod.ts";

/** So good that barcodes can be read, and fast. */
export const kFast: TranscoderDescriptor = { preset: "P1", rc: "constqp", constQp: 20 };

/** Pictures of a file, in the order of display. */
export interface Shown {
  /** Their barcodes. */
  readonly numbers: readonly number[];
  /** Their times in microseconds. */
  readonly times: readonly number[];
}

/** The pictures of a file that players show, with their times from the first one's on. */
export async function shownOf(path: string): Promise<Shown> {
  const [{ width, height, time_base: base }] = await ffprobeStreams(path, "v:0");
  const [num, den] = String(base).split("/").map(Number);
  const numbers: number[] = [];
  for await (const frame of decodeRaw(path, "yuv420p")) {
    numbers.push(readRawFrame(frame, "yuv420p", Number(width), Number(height)));
  }
  const frames = await ffprobeFrames(path);
  const shown = frames.slice(frames.length - numbers.length);
  return { numbers, times: shown.map(({ pts }) => pts! * num / den * 1e6) };
}

/** A clip, and the times of its frames from the first one's on, in microseconds. */
export async function timedClip(
  name: string,
): Promise<Clip & { readonly times: readonly number[] }> {
  const made = await clip(name);
  const { numbers, times } = await shownOf(made.path);
  assertEquals(numbers, made.numbers, name);
  return { ...made, times: times.map((time) => time - times[0]) };
}

/** Fails unless a file shows these frames of a clip, from time 0 on and from a key frame on. */
export async function assertShows(
  path: string,
  { numbers, times }: Shown,
  first: number,
  end: number,
): Promise<void> {
  const shown = await shownOf(path);
  assertEquals(shown.numbers, numbers.slice(first, end), path);
  assertTimes(shown.times, times.slice(first, end));
  const [packet] = await ffprobePackets(path);
  assert(packet.key, `${path} begins with a key frame`);
}

/** Fails unless times are those wanted, but for where they begin: from 0 on. */
export function assertTimes(times: readonly number[], wanted: readonly number[]): void {
  assertEquals(times.length, wanted.length);
  times.forEach((time, i) => {
    const should = wanted[i] - wanted[0];
    // A container of milliseconds rounds.
    assert(Math.abs(time - should) < 1001, `Frame ${i} is at ${time} us, not at ${should}`);
  });
}
