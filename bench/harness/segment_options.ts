/**
 * The command line of bench/segmented_transcode.ts.
 *
 * @module
 */

import { resolve } from "node:path";
import { GUIDE_CODECS, type GuideCodec } from "./guide_clips.ts";
import { readGuideOptions, wholeNumber } from "./guide_options.ts";
import { type Mode, MODES } from "./segment_modes.ts";
import { CACHE } from "./workspace.ts";

/** What it says. */
export interface SegmentOptions {
  readonly width: number;
  readonly height: number;
  /** Seconds of the source. */
  readonly duration: number;
  readonly fps: number;
  /** How many segments. */
  readonly segments: number;
  /** Seconds of each. */
  readonly segmentDuration: number;
  readonly usage: readonly Mode[];
  /** The source's. */
  readonly inputCodec: GuideCodec;
  readonly codec: GuideCodec;
  readonly preset: string;
  readonly threads: number;
  readonly gop: number;
  readonly bframes: number;
  readonly gpu: number;
  /** A video instead of a generated one. */
  readonly input: string | null;
  readonly log: string | null;
  readonly replay: string | null;
  readonly seed: number;
  /** Absolute path. */
  readonly folder: string;
  readonly isFigures: boolean;
  readonly isQuick: boolean;
  readonly pairs: number;
}

const one = "one", none = "none";
const OPTIONS = {
  width: { names: ["-W", "--width"], default: ["1920"], takes: one, help: "of the source" },
  height: { names: ["-H", "--height"], default: ["1080"], takes: one, help: "of the source" },
  duration: { names: ["-d", "--duration"], default: ["5400"], takes: one, help: "seconds" },
  fps: { names: ["-fps", "--fps"], default: ["30"], takes: one, help: "frames per second" },
  segments: { names: ["-s", "--segments"], default: ["10"], takes: one, help: "random segments" },
  segmentDuration: { names: ["--segment-duration"], default: ["5"], takes: one, help: "seconds" },
  usage: {
    names: ["-u", "--usage"],
    default: ["0", "1", "2", "3"],
    takes: "many",
    help: "0 cuframe, 1 ffmpeg for each segment, 2 one ffmpeg without sound, 3 with sound",
  },
  inputCodec: {
    names: ["-ic", "--input-codec"],
    default: ["h264"],
    takes: one,
    help: GUIDE_CODECS.join(", "),
  },
  codec: { names: ["-c", "--codec"], default: ["h264"], takes: one, help: GUIDE_CODECS.join(", ") },
  preset: { names: ["-p", "--preset"], default: ["P1"], takes: one, help: "P1 to P7" },
  threads: { names: ["-n", "--numthreads"], default: ["1"], takes: one, help: "segments at once" },
  gop: { names: ["--gop-size"], default: ["250"], takes: one, help: "frames of a GOP" },
  bframes: { names: ["-bf", "--bframes"], default: ["0"], takes: one, help: "B pictures in a row" },
  gpu: { names: ["-g", "--gpuid"], default: ["0"], takes: one, help: "GPU, where there is one" },
  input: { names: ["-i", "--input"], default: [], takes: one, help: "a video to use instead" },
  log: { names: ["--log"], default: [], takes: one, help: "the log's file" },
  replay: { names: ["--replay"], default: [], takes: one, help: "a log, to do the same again" },
  seed: { names: ["--random-seed"], default: ["1"], takes: one, help: "of the segments" },
  folder: {
    names: ["--folder"],
    default: [`${CACHE}segmented_transcode`],
    takes: one,
    help: "for everything that it writes",
  },
  figures: {
    names: ["--figures"],
    default: [],
    takes: none,
    help: "measure what is to be reached",
  },
  quick: { names: ["--quick"], default: [], takes: none, help: "short; results are not kept" },
  pairs: { names: ["--pairs"], default: ["3"], takes: one, help: "rounds of --figures" },
} as const;

function codecOf(name: string, text: string): GuideCodec {
  const codec = GUIDE_CODECS.find((it) => it === text);
  if (codec !== undefined) return codec;
  throw new TypeError(`${name} takes ${GUIDE_CODECS.join(", ")}, not ${text}`);
}

function modeOf(text: string): Mode {
  if (Object.hasOwn(MODES, text)) return Number(text) as Mode;
  throw new TypeError(`--usage takes ${Object.keys(MODES).join(", ")}, not ${text}`);
}

/**
 * Reads it.
 *
 * @throws {TypeError} or RangeError, if it cannot be done
 */
export function readSegmentOptions(args: readonly string[]): SegmentOptions {
  const given = readGuideOptions(args, OPTIONS);
  const whole = (key: keyof typeof OPTIONS, least = 1) =>
    wholeNumber(OPTIONS[key].names.at(-1)!, given[key][0], least);
  const pathOf = (text: string | undefined) => text === undefined ? null : resolve(text);
  const segmentDuration = Number(given.segmentDuration[0]);
  if (!(segmentDuration > 0)) throw new RangeError("--segment-duration takes seconds above 0");
  const [preset] = given.preset;
  if (!/^P[1-7]$/.test(preset)) throw new TypeError(`--preset takes P1 to P7, not ${preset}`);
  return {
    ...{ width: whole("width", 2), height: whole("height", 2), duration: whole("duration") },
    ...{ fps: whole("fps"), segments: whole("segments"), segmentDuration, preset },
    usage: given.usage.map(modeOf),
    inputCodec: codecOf("--input-codec", given.inputCodec[0]),
    codec: codecOf("--codec", given.codec[0]),
    ...{ threads: whole("threads"), gop: whole("gop"), bframes: whole("bframes", 0) },
    ...{ gpu: whole("gpu", 0), seed: whole("seed", 0), pairs: whole("pairs") },
    ...{ input: pathOf(given.input[0]), log: pathOf(given.log[0]) },
    ...{ replay: pathOf(given.replay[0]), folder: resolve(given.folder[0]) },
    ...{ isFigures: given.figures.length > 0, isQuick: given.quick.length > 0 },
  };
}
