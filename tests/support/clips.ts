/**
 * Makes test clips on first use and keeps them (clip_cache.ts).
 *
 * A clip lies in a folder named by the hash of its recipe, of its sources' recipes and of ffmpeg's
 * version. It is made in a folder of its own and renamed into place, so that test processes that
 * make the same clip at once do not see each other's halves.
 */
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BARCODE_VERSION, makeRawFrames } from "./barcode.ts";
import { kClips } from "./clip_cache.ts";
import { kRecipes } from "./clip_recipes.ts";
import type { ClipTraits, Making } from "./clip_traits.ts";
import { ffmpeg, ffmpegVersion, ffprobePackets, joinBytes, keepFrameTimes } from "./ffmpeg.ts";

export type { ClipTraits } from "./clip_traits.ts";
export { vfrTime } from "./clip_traits.ts";

/** A clip on disk. */
export interface Clip extends ClipTraits {
  /** Absolute path of the file, whose name is the clip's. */
  readonly path: string;
}

const kDamagedBytes = 24;
// Version strings and random numbers would make equal recipes give different files.
const kExact = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"];

const made = new Map<string, Promise<Clip>>();

/** The traits of every clip, without making any. */
export function allClips(): readonly ClipTraits[] {
  return [...kRecipes.values()];
}

/** The clip of that name, made if the cache has none. */
export function clip(name: string): Promise<Clip> {
  let promise = made.get(name);
  if (promise === undefined) {
    promise = makeOnce(recipeOf(name));
    made.set(name, promise);
  }
  return promise;
}

function recipeOf(name: string): ClipTraits {
  const recipe = kRecipes.get(name);
  if (recipe === undefined) throw new RangeError(`There is no clip named ${name}`);
  return recipe;
}

async function makeOnce(recipe: ClipTraits): Promise<Clip> {
  const folder = join(kClips, `${recipe.name}-${await keyOf(recipe)}`);
  const path = join(folder, recipe.name);
  if (!existsSync(path)) {
    const workshop = join(kClips, `making-${randomUUID()}`);
    await mkdir(workshop, { recursive: true });
    try {
      await make(recipe, join(workshop, recipe.name));
      await rename(workshop, folder);
    } catch (error) {
      await rm(workshop, { recursive: true, force: true });
      // Another process has put the same clip there first: a folder in use cannot be replaced.
      if (!existsSync(path)) {
        throw new Error(`Cannot make clip ${recipe.name}: ${error}`, { cause: error });
      }
    }
  }
  return { ...recipe, path };
}

async function keyOf(recipe: ClipTraits): Promise<string> {
  const { making, width, height, frames, start, pixelFormat, frameRate, interlaced } = recipe;
  const sources = "from" in making ? making.from.map((name) => keyOf(recipeOf(name))) : [];
  const content = [
    ...[BARCODE_VERSION, (await ffmpegVersion()).text, kExact, await keepFrameTimes()],
    ...[kDamagedBytes, making, await Promise.all(sources)],
    ...[width, height, frames, start, pixelFormat, frameRate, interlaced],
  ];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
}

async function make(recipe: ClipTraits, path: string): Promise<void> {
  const { making } = recipe;
  if (making.kind === "encode") return await encode(recipe, making, path);
  if (making.kind === "text") return await writeFile(path, making.text);
  const sources: Clip[] = [];
  for (const name of making.from) sources.push(await clip(name));
  if (making.kind === "copy") return await copy(making, sources, path);
  const contents = await Promise.all(sources.map((source) => readFile(source.path)));
  if (making.kind === "join") await writeFile(path, joinBytes(contents));
  else if (making.kind === "cut") {
    await writeFile(path, contents[0].subarray(0, Math.round(contents[0].length * making.keep)));
  } else await writeFile(path, await damage(sources[0].path, contents[0], making.slices));
}

async function encode(
  recipe: ClipTraits,
  making: Making & { kind: "encode" },
  path: string,
): Promise<void> {
  const { width, height, frames, start, interlaced, frameRate } = recipe;
  const { args, inputArgs = [], more = [], rawFormat = recipe.pixelFormat } = making;
  const all = [
    ...["-f", "rawvideo", "-pix_fmt", rawFormat, "-s", `${width}x${height}`],
    ...["-r", frameRate || "25", ...inputArgs, "-i", "pipe:0", ...more],
    ...["-pix_fmt", rawFormat, ...await keepFrameTimes(), ...kExact, ...args],
  ];
  const run = (output: readonly string[]): Promise<unknown> =>
    ffmpeg(
      [...all, ...output],
      makeRawFrames({ width, height, count: frames, pixelFormat: rawFormat, start, interlaced }),
    );
  if (!making.twoPass) {
    await run([path]);
    return;
  }
  const log = `${path}.pass`;
  await run(["-pass", "1", "-passlogfile", log, "-f", "null", "-"]);
  await run(["-pass", "2", "-passlogfile", log, path]);
  await rm(`${log}-0.log`);
}

async function copy(
  { inputArgs = [], args, turn }: Making & { kind: "copy" },
  sources: readonly Clip[],
  path: string,
): Promise<void> {
  const newer = (await ffmpegVersion()).number >= 6;
  // FFmpeg 5 turns by `rotate` anticlockwise when it copies, whatever the tag's old meaning.
  const matrix = turn === undefined || newer ? [] : ["-metadata:s:v", `rotate=${360 - turn}`];
  const before = turn === undefined || !newer ? [] : ["-display_rotation", `${-turn}`];
  const inputs = sources.flatMap((source) => [...inputArgs, ...before, "-i", source.path]);
  await ffmpeg([...inputs, "-c", "copy", ...kExact, ...matrix, ...args, path]);
}

/** Overwrites bytes in the second half of slices of an mp4 with H.264, far from any header. */
async function damage(
  path: string,
  content: Uint8Array,
  slices: readonly (readonly [packet: number, slice: number])[],
): Promise<Uint8Array> {
  const packets = await ffprobePackets(path);
  const damaged = new Uint8Array(content);
  for (const [packet, slice] of slices) {
    const { position, size } = packets[packet];
    const [start, length] = sliceUnits(content, position, position + size)[slice];
    if (length < 4 * kDamagedBytes) {
      throw new RangeError(`Slice ${slice} of packet ${packet} has ${length} bytes, too few`);
    }
    const from = start + (length >> 1);
    const to = from + kDamagedBytes;
    // Bit 6 set: never a start code nor an emulation prevention byte.
    for (let i = from; i < to; i++) damaged[i] = (damaged[i] ^ 0x5a) | 0x40;
  }
  return damaged;
}

function sliceUnits(content: Uint8Array, start: number, end: number): [number, number][] {
  const view = new DataView(content.buffer, content.byteOffset);
  const units: [number, number][] = [];
  for (let offset = start; offset < end;) {
    const length = view.getUint32(offset);
    const type = content[offset + 4] & 31;
    if (type === 1 || type === 5) units.push([offset + 4, length]);
    offset += 4 + length;
  }
  return units;
}
