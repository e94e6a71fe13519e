/** Decode statistics against libav's own export as another program reads it, on one thread. */
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { ParsedDecodeStats } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { runCommand } from "../support/ffmpeg.ts";
import { count, encode, INTER, INTRA, statsOf, UNKNOWN } from "./decode_stats_clips.ts";
import { inFolder } from "../support/folder.ts";

const kTool = new URL("../../build/release/decode_stats_tool", import.meta.url).pathname;
const LIMIT = { timeout: 120_000 };
const kQuarter = 4;

/** A frame as decode_stats_tool prints it. */
interface Exported {
  readonly type: string;
  readonly blocks: readonly (readonly [x: number, y: number, w: number, h: number, qp: number])[];
  readonly vectors: readonly (readonly [
    ...[list: number, x: number, y: number, w: number, h: number],
    ...[motionX: number, motionY: number, scale: number],
  ])[];
}

async function exportedBy(path: string): Promise<Exported[]> {
  const { stdout } = await runCommand(kTool, [path]);
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
}

/** What a block's record must say of one list, by the rule that `ParsedDecodeStats` documents. */
function vectorOf(parts: Exported["vectors"], list: number): [number, number] {
  const own = parts.filter((part) => part[0] === list);
  if (own.length === 0) return [0, 0];
  const both = own.length < parts.length;
  const texts = own.map(([, , , , , x, y, scale]) =>
    [x, y].map((v) => v * kQuarter / scale).join()
  );
  const areas = new Map<string, number>();
  own.forEach(([, , , w, h], i) => areas.set(texts[i], (areas.get(texts[i]) ?? 0) + w * h));
  if (both && areas.size > 1) areas.delete("0,0");
  const largest = Math.max(...areas.values());
  const [winner] = [...areas].find(([, area]) => area === largest)!;
  return winner.split(",").map(Number) as [number, number];
}

/** The values that a record must have, worked out from the export alone. */
function expected(exported: Exported, columns: number, rows: number, isProgressive: boolean) {
  const placeOf = (x: number, y: number): number =>
    Math.floor(y / 16) * columns + Math.floor(x / 16);
  const parts = Map.groupBy(exported.vectors, ([, x, y]) => placeOf(x, y));
  const values = (): number[] => Array(columns * rows).fill(0);
  const lists = [[values(), values()], [values(), values()]];
  const [qpLuma, cuType] = [values().fill(-1), values()];
  for (const [x, y, , , qp] of exported.blocks) {
    // MPEG-2 has blocks below the picture.
    if (y >= 16 * rows) continue;
    const i = placeOf(x, y);
    const own = parts.get(i) ?? [];
    qpLuma[i] = qp;
    // H.264's intra blocks of QP 0 may be PCM.
    const unpredicted = qp === 0 ? UNKNOWN : INTRA;
    cuType[i] = own.length === 0 ? unpredicted : isProgressive ? INTER : UNKNOWN;
    if (!isProgressive) continue;
    lists.forEach((list, number) => [list[0][i], list[1][i]] = vectorOf(own, number));
  }
  const hasSecond = isProgressive && exported.vectors.some(([list]) => list === 1);
  const [mv1X, mv1Y] = hasSecond ? lists[1] : [[], []];
  return { columns, rows, qpLuma, cuType, mv0X: lists[0][0], mv0Y: lists[0][1], mv1X, mv1Y };
}

function checkExported(stats: ParsedDecodeStats, exported: Exported, isProgressive: boolean): void {
  const plain = Object.entries(stats).map(([key, value]) => [
    key,
    typeof value === "number" ? value : Array.from(value as Uint8Array),
  ]);
  const { columns, rows } = stats;
  assertEquals(Object.fromEntries(plain), expected(exported, columns, rows, isProgressive));
}

const kRecorded: readonly (readonly [name: string, columns: number, rows: number])[] = [
  ["h264_b_pyramid.mp4", 11, 9],
  ["h264_66x50.mp4", 5, 4],
  ["h264_odd.mp4", 21, 16],
  ["h264_1080p.mp4", 120, 68],
  ["h264_10bit.mp4", 11, 9],
  ["h264_lossless.mp4", 11, 9],
  ["h264_mbaff.mp4", 11, 10],
  ["mpeg2.ts", 11, 9],
  ["mpeg2_interlaced.ts", 11, 9],
  ["mpeg2_odd.ts", 21, 16],
];

test("every record is what libav exports", LIMIT, async () => {
  for (const [name, columns, rows] of kRecorded) {
    const { path, interlaced } = await clip(name);
    const exported = await exportedBy(path);
    const all = await statsOf(path, 4);
    assertEquals(all.length, exported.length, name);
    for (const [i, stats] of all.entries()) {
      const isTold = exported[i].blocks.length > 0;
      assert(isTold || i === all.length - 1, name);
      assertEquals([stats.columns, stats.rows], isTold ? [columns, rows] : [0, 0], name);
      checkExported(stats, exported[i], !interlaced);
    }
  }
});

test("threads change nothing, whole pictures and slices alike", LIMIT, async () => {
  await inFolder(async (folder) => {
    for (const slices of [1, 4]) {
      const path = join(folder, `${slices}.mp4`);
      const size = { width: 640, height: 480, count: 24, pan: [3, 5], noiseColumns: 200 } as const;
      const params = `slices=${slices}:bframes=3:threads=1`;
      await encode(path, size, ["-c:v", "libx264", "-crf", "26", "-x264-params", params]);
      const exported = await exportedBy(path);
      const all = await statsOf(path, 4);
      assertEquals(all.length, exported.length);
      for (const [i, stats] of all.entries()) checkExported(stats, exported[i], true);
    }
  });
});

test("VP9 tells quantisers alone, those of its segments where it has some", LIMIT, async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "aq.webm");
    const size = { width: 328, height: 248, count: 6, pan: [3, 1], noiseColumns: 100 } as const;
    await encode(path, size, [
      ...["-c:v", "libvpx-vp9", "-b:v", "500k", "-aq-mode", "3", "-deadline", "realtime"],
      ...["-cpu-used", "6"],
    ]);
    const exported = await exportedBy(path);
    const all = await statsOf(path, 4);
    assert(exported.some(({ blocks }) => blocks.length > 0), "no segments");
    for (const [i, { qpLuma, cuType, columns, rows, mv0X }] of all.entries()) {
      assertEquals([columns, rows, count(cuType, UNKNOWN)], [21, 16, 21 * 16]);
      assert(mv0X.every((x) => x === 0));
      for (const [x, y, w, h, qp] of exported[i].blocks) {
        const corner = Math.ceil(y / 16) * columns + Math.ceil(x / 16);
        if (Math.ceil(x / 16) * 16 < x + w && Math.ceil(y / 16) * 16 < y + h) {
          assertEquals(qpLuma[corner], qp, `frame ${i} at ${x}, ${y}`);
        }
      }
    }
  });
});
