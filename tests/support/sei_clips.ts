/** Clips with SEI messages, made in a folder that goes when the tests end. */
import { rmSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { ffmpeg, ffprobePackets } from "./ffmpeg.ts";
import { accessUnits, annexB, type NalCodec } from "./sei_streams.ts";

let folder: Promise<string> | undefined;

/** The path of a file in the folder. */
export async function seiPath(name: string): Promise<string> {
  folder ??= mkdtemp(join(tmpdir(), "cuframe-sei-")).then((path) => {
    const remove = (): void => rmSync(path, { recursive: true, force: true });
    // Deno's test runner tells the end by the one event, Bun by the other.
    globalThis.addEventListener?.("unload", remove);
    process.once("exit", remove);
    return path;
  });
  return join(await folder, name);
}

const made = new Map<string, Promise<string>>();

/** Makes a file once; gives its path. */
export function once(name: string, make: (path: string) => Promise<unknown>): Promise<string> {
  let promise = made.get(name);
  if (promise === undefined) {
    promise = seiPath(name).then(async (path) => {
      await make(path);
      return path;
    });
    made.set(name, promise);
  }
  return promise;
}

/** 25 frames of a moving picture through one of ffmpeg's encoders. */
export function encodedSei(name: string, args: readonly string[]): Promise<string> {
  const source = ["-f", "lavfi", "-i", "testsrc2=s=176x144:r=25:d=1"];
  return once(name, (path) => ffmpeg([...source, ...args, path]));
}

/** The pictures of a video, in decode order. */
export interface Pictures {
  /** The units of each. */
  readonly units: readonly (readonly Uint8Array[])[];
  /** The place of each in display order. */
  readonly numbers: readonly number[];
}

/** Takes an mp4 apart. */
export async function picturesOf(path: string, codec: NalCodec): Promise<Pictures> {
  const raw = await once(`${basename(path)}.${codec.name}`, (out) => {
    const filter = `${codec.name}_mp4toannexb,${codec.name}_metadata=aud=insert`;
    return ffmpeg(["-i", path, "-c", "copy", "-bsf:v", filter, "-f", codec.name, out]);
  });
  const packets = await ffprobePackets(path);
  const times = packets.map(({ pts }) => pts!).sort((a, b) => a - b);
  return {
    units: accessUnits(await readFile(raw), codec),
    numbers: packets.map(({ pts }) => times.indexOf(pts!)),
  };
}

/** Writes pictures as a raw stream, or in a container if the name says so. */
export function writePictures(
  name: string,
  { units, numbers }: Pictures,
  codec: NalCodec,
): Promise<string> {
  return once(name, async (path) => {
    const isRaw = !/\.(mp4|ts|mkv)$/.test(name);
    const raw = isRaw ? path : `${path}.${codec.name}`;
    await writeFile(raw, annexB(units.flat()));
    if (isRaw) return;
    // Raw streams have no times, and muxers want them.
    const times = numbers.map((number, i) => `${number}*eq(N,${i})`).join("+");
    const filter = `setts=pts='(${times})*DURATION':dts='(N-2)*DURATION'`;
    const tag = name.endsWith(".mp4") && codec.name === "hevc" ? ["-tag:v", "hvc1"] : [];
    const input = ["-f", codec.name, "-r", "25", "-i", raw];
    await ffmpeg([...input, "-c", "copy", "-bsf:v", filter, ...tag, path]);
  });
}
