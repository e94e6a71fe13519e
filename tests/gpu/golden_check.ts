/**
 * Every good clip on the GPU against the CPU backend in the same process, and the CPU backend against the
 * checksums that were verified with ffmpeg where the clips were made (CUFRAME_EXPECTED).
 */
import { assertEquals } from "@std/assert";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { test } from "node:test";
import { allClips, clip, type ClipTraits } from "../support/clips.ts";
import { isLosslessH264, queriesOf } from "../contract/tested_backend.ts";
import { UnsupportedError } from "../../mod.ts";
import { keepFindings } from "./findings.ts";
import { compareBackends, type Comparison, kLooks, looked, type LookName } from "./golden.ts";
import { cpuDevice, gpu, gpuDevice, isSimulated, onGpu } from "./gpu_device.ts";

/** Their specification leaves the inverse transform a tolerance. */
const kInexact = /^(mpeg1video|mpeg2video|mpeg4|mjpeg)$/;
const kLeastPsnr = 48;
/** Not each of their packets has a time, and the parser of NVIDIA does not fill the gaps as libav does. */
const kSparseTimes = ["mpeg1.mpg", "mpeg4.avi"];
/** What the simulated driver takes its time for is decoded in part there. */
const kQuick = process.env.CUFRAME_GPU_QUICK === "1";

type Row =
  & { clip: string; look: string; result: string }
  & Partial<Comparison>;

const rows: Row[] = [];

const good = allClips().filter(({ state, name }) => state === "good" && name !== "two_videos.mkv");
const chosen = kQuick ? good.filter((_, i) => i % 6 === 0) : good;

/** Why the GPU does not take the clip, if it does not. */
async function refusal(traits: ClipTraits): Promise<string | null> {
  if (isLosslessH264(traits)) return "lossless H.264";
  for (const query of queriesOf(traits)) {
    const { isSupported, reason } = await gpu!.decoderSupport(query);
    if (!isSupported) return reason;
  }
  return null;
}

// One for all: a GPU's context takes long to make.
const devices = gpu === undefined ? null : { cpu: await cpuDevice(), gpu: await gpuDevice() };

for (const traits of chosen) {
  test(`the frames of ${traits.name} are the CPU's`, onGpu, async () => {
    const { path } = await clip(traits.name);
    const looks = Object.keys(kLooks) as LookName[];
    const failures = await Promise.all(looks.map((look) => checked(traits, path, look)));
    keepFindings("golden", rows);
    const text = failures.filter((failure) => failure !== null).join("; ");
    if (text !== "") throw new Error(text);
  });
}

/** Compares one look at a clip; says what is wrong. */
async function checked(
  traits: ClipTraits,
  path: string,
  look: LookName,
): Promise<string | null> {
  const row: Row = { clip: traits.name, look, result: "failed" };
  rows.push(row);
  try {
    row.result = await compare(traits, path, look, row);
    return null;
  } catch (error) {
    row.result = `failed: ${(error as Error).message}`;
    return `${look}: ${(error as Error).message}`;
  }
}

async function compare(
  traits: ClipTraits,
  path: string,
  look: LookName,
  row: Row,
): Promise<string> {
  const reason = await refusal(traits);
  if (reason !== null) {
    await assertRefused(devices!.gpu, path, look);
    return `refused: ${reason}`;
  }
  const comparison = await compareBackends(devices!.cpu, devices!.gpu, path, look);
  Object.assign(row, comparison);
  const { frames, timely, difference, leastPsnr } = comparison;
  const isLate = timely < frames && look === "native" && !kSparseTimes.includes(traits.name);
  const times = isLate ? `${frames - timely} of ${frames} frames have other times` : null;
  if (kInexact.test(traits.codec) && !isSimulated && difference !== null) {
    // Conversions of different pictures differ; the pictures are what is bounded.
    if (look === "native" && (leastPsnr ?? 0) < kLeastPsnr) {
      throw new Error(`${leastPsnr?.toFixed(1)} dB; ${difference}`);
    }
    if (times !== null) throw new Error(times);
    return `within ${leastPsnr?.toFixed(1)} dB`;
  }
  if (difference !== null) throw new Error(`${difference}; least PSNR ${leastPsnr?.toFixed(1)} dB`);
  if (times !== null) throw new Error(times);
  return "equal";
}

async function assertRefused(
  device: Parameters<typeof looked>[0],
  path: string,
  look: LookName,
): Promise<void> {
  try {
    for await (const _ of looked(device, path, look));
  } catch (error) {
    if (error instanceof UnsupportedError) return;
    throw error;
  }
  throw new Error("Decoded, although the GPU's capabilities exclude it");
}

const kExpected = process.env.CUFRAME_EXPECTED;

test(
  "the CPU backend gives the checksums that ffmpeg confirmed",
  { ...onGpu, skip: kExpected === undefined ? "CUFRAME_EXPECTED names no file" : onGpu.skip },
  async () => {
    const expected: Record<string, string[]> = JSON.parse(await readFile(kExpected!, "utf8"));
    for (const { name } of chosen) {
      const { path } = await clip(name);
      const sums: string[] = [];
      for await (const { pts, md5 } of looked(devices!.cpu, path, "native")) {
        sums.push(`${pts} ${md5}`);
      }
      assertEquals(sums, expected[name], name);
    }
  },
);
