/**
 * Reports how the frames of a video were coded: quantisers, types of blocks and motion.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/simple_decode_stats.ts \
 *     -i in.mp4 -o stats.txt
 *   bun examples/simple_decode_stats.ts -i in.mp4
 *
 * -i, --input   the video: H.264, or one of the others that libav tells of
 * -o, --output  file for the report; "-" (default) for the standard output
 * -n, --frames  stop after so many frames
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Frame, type ParsedDecodeStats, requestDevice } from "../mod.ts";

const TYPES = [[0, "INTRA"], [1, "INTER"], [2, "SKIP"], [3, "PCM"], [7, "unknown"]] as const;
const INTER = 1;
const QUARTERS = 4;

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      output: { type: "string", short: "o", default: "-" },
      frames: { type: "string", short: "n" },
    },
  });
  const { input, output, frames } = values;
  if (input === undefined) {
    throw new TypeError("Usage: simple_decode_stats.ts -i INPUT [-o OUTPUT] [-n FRAMES]");
  }
  return { input, output, frames: frames === undefined ? Infinity : Number(frames) };
}

function qpLine({ qpLuma }: ParsedDecodeStats): string {
  let [sum, least, most] = [0, qpLuma[0], qpLuma[0]];
  for (const qp of qpLuma) {
    sum += qp;
    least = Math.min(least, qp);
    most = Math.max(most, qp);
  }
  return `  QP:     mean ${(sum / qpLuma.length).toFixed(2)}, ${least} to ${most}`;
}

function typesLine({ cuType }: ParsedDecodeStats): string {
  const counts = new Uint32Array(8);
  for (const type of cuType) counts[type]++;
  const parts = TYPES.filter(([type]) => counts[type] > 0).map(([type, name]) =>
    `${name} ${counts[type]} (${(100 * counts[type] / cuType.length).toFixed(1)} %)`
  );
  return `  types:  ${parts.join(", ")}`;
}

/** Of blocks that are predicted from other pictures, in pixels. */
function motionLine(list: number, cuType: Uint8Array, x: Int16Array, y: Int16Array): string {
  let [count, sumX, sumY, sum, longest] = [0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    if (cuType[i] !== INTER) continue;
    const length = Math.hypot(x[i], y[i]) / QUARTERS;
    count++;
    sumX += x[i] / QUARTERS;
    sumY += y[i] / QUARTERS;
    sum += length;
    longest = Math.max(longest, length);
  }
  const [meanX, meanY, mean] = [sumX, sumY, sum].map((value) => (value / count).toFixed(2));
  return `  motion: list ${list}, ${count} blocks, mean (${meanX}, ${meanY}), ` +
    `mean length ${mean}, longest ${longest.toFixed(2)} pixels`;
}

function report(frame: Frame): string[] {
  const { index, pictureType, decodeStatus } = frame;
  const title = `Frame ${index} (${pictureType ?? "?"})`;
  if (frame.decodeStatsSize === 0) return [`${title}: no statistics (${decodeStatus})`];
  const stats = frame.parseDecodeStats();
  const lines = [`${title}: ${stats.columns} x ${stats.rows} blocks`, qpLine(stats)];
  lines.push(typesLine(stats));
  const { cuType, mv0X, mv0Y, mv1X, mv1Y } = stats;
  if (cuType.includes(INTER)) {
    lines.push(motionLine(0, cuType, mv0X, mv0Y));
    if (mv1X.length > 0) lines.push(motionLine(1, cuType, mv1X, mv1Y));
  }
  return lines;
}

async function main(): Promise<void> {
  const { input, output, frames } = readOptions();
  await using device = await requestDevice();
  await using video = await device.createSimpleDecoder(input, {
    enableDecodeStats: true,
    outputColorType: "raw", // the pixels are not looked at
    onError: "conceal",
  });
  const { codec, width, height } = video.streamMetadata;
  const lines = [`${input}: ${codec}, ${width} x ${height}, ${video.length} frames`];
  for await (using frame of video.slice(0, frames)) lines.push(...report(frame));
  const text = lines.join("\n") + "\n";
  if (output === "-") console.log(text.trimEnd());
  else writeFileSync(output, text);
}

await main();
