/** ffmpeg as the client of the simulated NVENC, and what it says of the streams. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type Ending, isDeno, runCommand } from "../process/child.ts";

const kDriver = join(import.meta.dirname!, "..", "..", "build", "release", "driver_sim");
const kSkip = !isDeno
  ? "Judged once, in Deno: ffmpeg is the client"
  : !existsSync(join(kDriver, "libnvidia-encode.so.1"))
  ? "The build has no simulated driver: it needs ffnvcodec's headers"
  : false;
export const LIMIT = { timeout: 180_000, skip: kSkip };
export const kFrames = 40;
export const kSource = `testsrc2=s=320x240:r=25,trim=end_frame=${kFrames}`;

export const folder = await mkdtemp(join(tmpdir(), "cufsim-encode-"));
after(() => rm(folder, { recursive: true, force: true }));
let runs = 0;

export interface Report {
  readonly calls: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly encode: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

export interface Encoded {
  readonly path: string;
  readonly ending: Ending;
  readonly report: Report;
}

/** What NVENC was given, by the offsets that its structs have in every version. */
export class FieldRecord {
  readonly #view: DataView;
  constructor(hex: string) {
    const bytes = hex.match(/../g)!.map((digits) => parseInt(digits, 16));
    this.#view = new DataView(new Uint8Array(bytes).buffer);
  }
  word = (offset: number): number => this.#view.getUint32(offset, true);
  bits = (offset: number, first: number, count = 1): number =>
    this.word(offset) >>> first & (1 << count) - 1;
}

/** Where fields of NV_ENC_CONFIG lie; those of a codec behind 168. */
export const kAt = {
  gop: 20,
  intervalP: 24,
  rateMode: 44,
  constQp: 48,
  bitRate: 60,
  maxBitRate: 64,
  vbv: 68,
  rateFlags: 76,
  minQp: 80,
  maxQp: 92,
  quality: 128,
  multiPass: 140,
  h264: { flags: 168, level: 172, entropy: 212, sliceData: 236, chroma: 360, bRef: 368, refs: 372 },
  hevc: { level: 168, tier: 172, flags: 184, sliceData: 224 },
};

export function run(program: string, args: readonly string[], environment = {}): Promise<Ending> {
  return runCommand("timeout", ["-s", "KILL", "120", program, ...args], environment);
}

/** ffmpeg encodes `input` with NVENC's options. */
export async function encode(
  options: readonly string[],
  { input = ["-f", "lavfi", "-i", kSource], codec = "h264_nvenc", model = "l4", more = {} } = {},
): Promise<Encoded> {
  const path = join(folder, `${runs++}.mkv`);
  const report = `${path}.json`;
  const ending = await run("ffmpeg", [
    ...["-v", "warning", "-nostdin", ...input, "-map", "0:v:0", "-c:v", codec],
    ...options,
    path,
  ], { LD_LIBRARY_PATH: kDriver, CUFSIM_GPU: model, CUFSIM_REPORT: report, ...more });
  const text = existsSync(report) ? await readFile(report, "utf8") : "null";
  return { path, ending, report: JSON.parse(text) as Report };
}

/** That NVENC made the stream, and that ffmpeg left nothing behind. */
export function assertEncodedThere({ ending, report }: Encoded, frames = kFrames): void {
  assertEquals(ending.stderr, "");
  assertEquals(ending.code, 0);
  assertEquals(report.problems, []);
  assertEquals(report.counters.pictures_encoded, frames);
  const alive = ["encoders", "input_buffers", "bitstream_buffers", "registrations"]
    .concat(["encode_mapped", "bitstreams_locked", "contexts", "device_bytes"]);
  for (const name of alive) assertEquals(report.counters[name] ?? 0, 0, `${name} left behind`);
}

export interface Probed {
  readonly stream: Readonly<{ [name: string]: string }>;
  /** Such as "IBBP". */
  readonly types: string;
  readonly keys: readonly number[];
}

export async function probe(path: string): Promise<Probed> {
  const ending = await run("ffprobe", [
    ...["-v", "error", "-select_streams", "v", "-show_streams", "-show_frames"],
    ...["-show_entries", "stream:frame=pict_type,key_frame", "-of", "json", path],
  ]);
  assertEquals(ending.stderr, "");
  const { streams, frames } = JSON.parse(ending.stdout);
  const keys = frames.map(({ key_frame }: { key_frame: number }, i: number) => key_frame ? i : -1);
  return {
    stream: streams[0],
    types: frames.map(({ pict_type }: { pict_type: string }) => pict_type).join(""),
    keys: keys.filter((i: number) => i >= 0),
  };
}

/** PSNR of a stream against the source. */
export async function psnr(path: string, source = ["-f", "lavfi", "-i", kSource]): Promise<number> {
  const graph = "[0:v]format=yuv420p[a];[1:v]format=yuv420p[b];[a][b]psnr";
  const ending = await run("ffmpeg", [
    ...["-v", "info", "-nostdin", "-i", path, ...source, "-lavfi", graph, "-f", "null", "-"],
  ]);
  const found = /average:(\S+)/.exec(ending.stderr);
  assert(found !== null, ending.stderr);
  return found[1] === "inf" ? Infinity : Number(found[1]);
}
