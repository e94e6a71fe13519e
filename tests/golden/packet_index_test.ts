/** The packet index of every clip against ffprobe, against a second way and against decoding. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { allClips, type Clip, clip, type ClipTraits } from "../support/clips.ts";
import { ffprobeFrames, ffprobePackets, runCommand } from "../support/ffmpeg.ts";

interface Summary {
  readonly origin: "tables" | "packets" | "estimate";
  readonly bytes: number;
  readonly damaged: boolean;
  readonly packets: number;
  readonly frames: number;
}

interface Packet {
  readonly pts: number | null;
  readonly dts: number | null;
  readonly size: number;
  readonly position: number;
  readonly key: boolean;
  readonly shown: boolean;
  readonly droppable: boolean;
}

interface Frame {
  readonly packet: number;
  readonly pts: number;
  readonly duration: number;
  readonly start: number;
}

interface Index {
  readonly summary: Summary;
  readonly packets: readonly Packet[];
  readonly frames: readonly Frame[];
}

/** What decoding by the index gave. */
interface Verdict {
  readonly frames: number;
  readonly decoded: number;
  readonly ordered: boolean;
  readonly droppable: number;
  readonly left: number;
  readonly differences: number;
  readonly lost: number;
}

const kTool = new URL("../../build/release/index_tool", import.meta.url).pathname;
const LIMIT = { timeout: 120_000 };
/** Elsewhere parsers of libav repair what tables say, or only payloads tell what is shown. */
const kByPackets = ["h264_faststart_truncated.mp4", "vp9_12bit.mp4"];

async function lines(mode: string, path: string): Promise<unknown[]> {
  const { stdout } = await runCommand(kTool, [mode, path]);
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
}

async function indexOf(mode: "tables" | "packets" | "approximate", path: string): Promise<Index> {
  const [summary, ...rest] = await lines(mode, path) as [Summary, ...(Packet | Frame)[]];
  return {
    summary,
    packets: rest.slice(0, summary.packets) as Packet[],
    frames: rest.slice(summary.packets) as Frame[],
  };
}

/** Without what tables do not tell. */
const told = ({ packets, frames }: Index): unknown => [
  packets.map(({ droppable: _, ...packet }) => packet),
  frames.map(({ duration: _, ...frame }) => frame),
];

async function checkPackets({ name, path }: Clip, { packets }: Index): Promise<void> {
  const probed = await ffprobePackets(path);
  assertEquals(packets.length, probed.length, name);
  // The demuxer lets the times of a raw stream begin at 0.
  const first = probed[0].pts === undefined && probed[0].dts === undefined ? 1 : 0;
  for (let i = first; i < packets.length; i++) {
    const { pts, dts, size, position, key } = packets[i];
    const { pts: p, dts: d, size: s, position: at, key: k, discard } = probed[i];
    assertEquals([pts, dts, size, position, key], [p ?? null, d ?? null, s, at, k], `${name} ${i}`);
    if (discard) assert(!packets[i].shown, `${name} ${i}`);
  }
}

async function checkDecoding({ name, path, hasB, codec, hiddenFrames }: Clip): Promise<void> {
  const [verdict] = await lines("verify", path) as [Verdict];
  const { frames, droppable } = verdict;
  const left = verdict.left;
  assertEquals(verdict, {
    ...{ frames, decoded: frames, ordered: true, droppable, left, differences: 0, lost: 0 },
  }, name);
  if (hasB || codec === "av1" && hiddenFrames) assert(droppable > 0, name);
  if (/^vp[89]$/.test(codec)) assertEquals(droppable, 0, name);
  assert(left >= frames - droppable, name);
}

async function check(wanted: Clip): Promise<void> {
  const { name, path, numbers, state } = wanted;
  const [byTables, byPackets] = await Promise.all([
    indexOf("tables", path),
    indexOf("packets", path),
    state === "good" ? checkDecoding(wanted) : undefined,
  ]);
  await checkPackets(wanted, byPackets);
  if (state !== "truncated") assertEquals(byPackets.summary.frames, numbers.length, name);
  assertEquals(byPackets.summary.damaged, name === "h264_faststart_truncated.mp4", name);
  assertEquals(told(byTables), told(byPackets), name);
  const isMp4 = /\.(mp4|mov)$/.test(name) && !kByPackets.includes(name);
  assertEquals(byTables.summary.origin, isMp4 ? "tables" : "packets", name);
  for (let i = 1; i < byTables.frames.length; i++) {
    assert(byTables.frames[i].pts > byTables.frames[i - 1].pts, `${name}, frame ${i}`);
  }
}

const kGroups: Readonly<Record<string, (traits: ClipTraits) => boolean>> = {
  "H.264": ({ codec }) => codec === "h264",
  HEVC: ({ codec }) => codec === "hevc",
  "other codecs": ({ codec }) => codec !== "h264" && codec !== "hevc",
};

for (const [group, holds] of Object.entries(kGroups)) {
  test(`the index by tables, by packets and by decoding is the same: ${group}`, LIMIT, async () => {
    const readable = allClips().filter(({ state }) => state !== "unreadable");
    for (const { name } of readable.filter(holds)) await check(await clip(name));
  });
}

test("frames and key frames are ffprobe's, B pictures that may go are B there", LIMIT, async () => {
  for (const name of ["h264_vfr.mp4", "h264_edit_list.mp4", "mpeg2_interlaced.ts", "mpeg2.ts"]) {
    const { path } = await clip(name);
    const { packets, frames } = await indexOf("packets", path);
    const probed = await ffprobeFrames(path);
    assertEquals(frames.map(({ pts }) => pts), probed.map(({ pts }) => pts), name);
    for (const [i, { packet }] of frames.entries()) {
      const { keyFrame, pictureType } = probed[i];
      assertEquals(packets[packet].key, keyFrame, `${name}, frame ${i}`);
      if (packets[packet].droppable) assertEquals(pictureType, "B", `${name}, frame ${i}`);
      else if (name.startsWith("mpeg")) assert(pictureType !== "B", `${name}, frame ${i}`);
    }
  }
});

test("raw streams get their order from the pictures' headers", LIMIT, async () => {
  for (const name of ["hevc.h265", "h264_depth_change.h264"]) {
    const { path } = await clip(name);
    const { frames } = await indexOf("packets", path);
    const step = frames[1].pts - frames[0].pts;
    assertEquals(frames.map(({ pts }) => pts), frames.map((_, i) => i * step), name);
  }
});

test("an estimate counts the frames of a plain file", LIMIT, async () => {
  const { path } = await clip("h264.mkv");
  const { summary } = await indexOf("approximate", path);
  assertEquals([summary.origin, summary.frames, summary.bytes], ["estimate", 45, 0]);
});
