/** Decode statistics against what the encoders know, and against known motion. */
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { ParsedDecodeStats } from "../../mod.ts";
import { ffprobeFrames } from "../support/ffmpeg.ts";
import { count, encode, INTER, INTRA, statsOf, UNKNOWN } from "./decode_stats_clips.ts";
import { inFolder } from "../support/folder.ts";

const LIMIT = { timeout: 120_000 };

/** What x264 logs of a frame. */
interface Logged {
  readonly qp: number;
  readonly type: string;
  readonly intra: number;
  readonly inter: number;
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** The frames of x264's log in display order. */
function framesLogged(log: string): Logged[] {
  const line = /QP=([\d.]+) NAL=\d Slice:(\w) Poc:(\d+) +I:(\d+) +P:(\d+) +SKIP:(\d+)/g;
  let gop = 0;
  return [...log.matchAll(line)].map(([, qp, type, poc, intra, predicted, skipped]) => {
    if (poc === "0") gop++;
    const inter = Number(predicted) + Number(skipped);
    return { place: gop * 1e6 + Number(poc), qp: Number(qp), type, intra: Number(intra), inter };
  }).sort((a, b) => a.place - b.place).map(({ place: _, ...frame }) => frame);
}

for (const pixelFormat of ["yuv420p", "yuv420p10le"]) {
  test(`QP and types of a CRF clip are those of x264's log: ${pixelFormat}`, LIMIT, async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "crf.mp4");
      const size = { width: 336, height: 240, count: 30, pan: [3, 1], noiseColumns: 80 } as const;
      const params = "aq-mode=1:keyint=20:bframes=3:b-pyramid=normal:threads=1";
      const log = await encode(path, size, [
        ...["-c:v", "libx264", "-crf", "26", "-pix_fmt", pixelFormat, "-x264-params", params],
      ]);
      const logged = framesLogged(log);
      const all = await statsOf(path);
      assertEquals([all.length, logged.length], [30, 30]);
      for (const [i, stats] of all.entries()) {
        const { qp, type, intra, inter } = logged[i];
        assertEquals([stats.columns, stats.rows, stats.qpLuma.length], [21, 15, 315]);
        assertAlmostEquals(mean(stats.qpLuma), qp, 0.5, `frame ${i}, ${type}`);
        assert(type !== "I" || new Set(stats.qpLuma).size > 5, "no adaptive quantisation");
        assertEquals([count(stats.cuType, INTRA), count(stats.cuType, INTER)], [intra, inter]);
        assertEquals(stats.mv1X.length > 0, type === "B");
      }
    });
  });
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1];

/** How far a predicted frame is behind its references, by its neighbours' types in display order. */
function distances(types: readonly string[], at: number): { past: number; future: number } {
  const isAnchor = (type: string): boolean => type !== "B";
  const before = types.slice(0, at).reverse().findIndex(isAnchor);
  return { past: before + 1, future: types.slice(at + 1).findIndex(isAnchor) + 1 };
}

const kX264 = ["libx264", "-crf", "20", "-refs", "1", "-x264-params", "b-pyramid=none:weightp=0"];
const kPans: readonly (readonly [name: string, args: readonly string[], bVectors: boolean])[] = [
  ["pan.mp4", [...kX264, "-bf", "2"], true],
  ["pan.ts", [...kX264, "-bf", "0"], true],
  ["pan.mpg", ["mpeg1video", "-q:v", "3", "-bf", "2"], true],
  ["pan.m2v", ["mpeg2video", "-q:v", "3", "-bf", "2"], true],
  ["pan.avi", ["mpeg4", "-q:v", "3", "-bf", "2"], false],
  ["qpel.mp4", ["mpeg4", "-q:v", "3", "-flags", "+qpel+mv4"], true],
  ["h263.avi", ["h263", "-q:v", "3"], true],
  ["pan.flv", ["flv1", "-q:v", "3"], true],
  ["v2.avi", ["msmpeg4v2", "-q:v", "3"], true],
  ["v3.avi", ["msmpeg4", "-q:v", "3"], true],
  ["wmv1.avi", ["wmv1", "-q:v", "3"], true],
];

/** MPEG's decoders give the picture that they hold back to the end without a word. */
const isUntold = (codec: string, types: readonly string[], at: number): boolean =>
  /^mpeg[124]/.test(codec) && types.includes("B") && at === types.length - 1;

/** The camera moves right and down by 2 and 1: what is in a block was further right and down before. */
function checkPan(stats: ParsedDecodeStats, types: readonly string[], at: number): void {
  const { past, future } = distances(types, at);
  const used = [...stats.cuType.keys()].filter((i) => stats.cuType[i] === INTER);
  assert(used.length > stats.cuType.length * 0.7, `${used.length} blocks of ${types[at]} ${at}`);
  const moved = (x: Int16Array, y: Int16Array): [number, number] => {
    // Not those that do not use the list.
    const indices = used.filter((i) => x[i] !== 0 || y[i] !== 0);
    return [median(indices.map((i) => x[i])), median(indices.map((i) => y[i]))];
  };
  assertEquals(moved(stats.mv0X, stats.mv0Y), [8 * past, 4 * past], `frame ${at}`);
  if (types[at] !== "B") return assertEquals(stats.mv1X.length, 0);
  assertEquals(moved(stats.mv1X, stats.mv1Y), [-8 * future, -4 * future], `frame ${at}`);
}

test(
  "a pan's vectors point from the block to its reference, in quarter samples",
  LIMIT,
  async () => {
    await inFolder(async (folder) => {
      for (const [name, [codec, ...args], hasBVectors] of kPans) {
        const path = join(folder, name);
        const size = { width: 352, height: 288, count: 10, pan: [2, 1] } as const;
        await encode(path, size, ["-c:v", codec, ...args, "-pix_fmt", "yuv420p"]);
        const types = (await ffprobeFrames(path)).map(({ pictureType }) => pictureType);
        const all = await statsOf(path);
        assertEquals(all.length, types.length, name);
        assert(types.includes("P"), name);
        for (const [i, stats] of all.entries()) {
          if (isUntold(codec, types, i)) assertEquals(stats.qpLuma.length, 0, name);
          else if (types[i] === "I") assertEquals(count(stats.cuType, INTRA), 22 * 18, name);
          else if (types[i] === "P" || hasBVectors) checkPan(stats, types, i);
          else assertEquals(count(stats.cuType, UNKNOWN), 22 * 18, name);
        }
      }
    });
  },
);

test(
  "new noise is mostly intra, what stands still is predicted from its place",
  LIMIT,
  async () => {
    await inFolder(async (folder) => {
      for (const [name, [codec, ...args], hasBVectors] of kPans) {
        const path = join(folder, name);
        const size = { width: 352, height: 288, count: 6, noiseColumns: 176 } as const;
        await encode(path, size, ["-c:v", codec, ...args, "-pix_fmt", "yuv420p"]);
        const types = (await ffprobeFrames(path)).map(({ pictureType }) => pictureType);
        for (const [i, { cuType, mv0X, mv0Y, columns }] of (await statsOf(path)).entries()) {
          if (types[i] === "I" || types[i] === "B" && !hasBVectors) continue;
          if (isUntold(codec, types, i)) continue;
          const right = [...cuType.keys()].filter((block) => block % columns >= 11);
          const told = right.map((block) => [cuType[block], mv0X[block], mv0Y[block]].join());
          assertEquals([...new Set(told)], [`${INTER},0,0`], `${name} ${i}`);
          const left = cuType.filter((_, block) => block % columns < 11);
          if (types[i] === "P") assert(count(left, INTRA) > left.length / 2, `${name} ${i}`);
        }
      }
    });
  },
);

test(
  "field macroblocks that the frames do not show are noticed in the headers",
  LIMIT,
  async () => {
    await inFolder(async (folder) => {
      for (const name of ["fields.mp4", "fields.ts"]) {
        const path = join(folder, name);
        const size = { width: 352, height: 288, count: 5, pan: [2, 1] } as const;
        const params = "fake-interlaced=1:bframes=0";
        await encode(path, size, ["-c:v", "libx264", "-x264-params", params]);
        const frames = await ffprobeFrames(path);
        assertEquals(frames.map(({ interlaced }) => interlaced), Array(5).fill(false));
        for (const [i, { cuType, mv0X }] of (await statsOf(path)).entries()) {
          assertEquals(new Set(cuType), new Set([i === 0 ? INTRA : UNKNOWN]));
          assertEquals(new Set(mv0X), new Set([0]));
        }
      }
    });
  },
);
