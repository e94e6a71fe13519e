/**
 * The simulated NVENC judged by a client that nobody here wrote: Debian's ffmpeg, unchanged, encodes
 * on it with h264_nvenc and hevc_nvenc (API 11.1). That an option was accepted is read from the
 * structs that the driver recorded; its effect from the stream, by ffprobe and by decoding it.
 */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  assertEncodedThere,
  encode,
  FieldRecord,
  kAt,
  kFrames,
  LIMIT,
  probe,
  type Probed,
  psnr,
} from "./encode_judge.ts";

/** One option, or some: where they must show in the configuration, and what of in the stream. */
interface Case {
  readonly options: string;
  readonly codec?: string;
  readonly set?: (config: FieldRecord, initialize: FieldRecord) => unknown[];
  readonly shows?: (probed: Probed) => unknown[];
  readonly looksDifferent?: boolean;
  readonly expected: readonly unknown[];
}

const preset = (initialize: FieldRecord): string => initialize.word(20).toString(16);
const kPresets = ["fc0a8d3e", "f581cfb8", "36850110", "90a7b826", "21c6e6b4", "8e75c279"];

const kCases: Case[] = [
  ...[...kPresets, "84848c12"].map((guid, i): Case => ({
    options: `-preset p${i + 1}`,
    set: (_, initialize) => [preset(initialize)],
    expected: [guid],
  })),
  ...["hq", "ll", "ull"].map((tune, i): Case => ({
    options: `-tune ${tune}`,
    set: (_, initialize) => [initialize.word(136)],
    expected: [i + 1],
  })),
  {
    options: "-g 12 -bf 0",
    set: (config) => [config.word(kAt.gop), config.word(kAt.intervalP)],
    shows: ({ types, keys }) => [types.slice(0, 13), keys.join()],
    expected: [12, 1, "IPPPPPPPPPPPI", "0,12,24,36"],
  },
  {
    options: "-g 20 -bf 2",
    set: (config) => [config.word(kAt.intervalP), config.word(kAt.h264.bRef)],
    shows: ({ types }) => [types.slice(0, 21)],
    expected: [3, 0, "IBBPBBPBBPBBPBBPBBPPI"],
  },
  {
    options: "-bf 3 -b_ref_mode middle",
    set: (config) => [config.word(kAt.h264.bRef)],
    shows: ({ types, stream }) => [types.slice(0, 9), stream.has_b_frames],
    expected: [2, "IBBBPBBBP", 2],
  },
  {
    options: "-rc constqp -qp 20",
    set: (config) => [config.word(kAt.rateMode), config.word(kAt.constQp)],
    expected: [0, 20],
  },
  {
    options: "-rc vbr -cq 25 -multipass fullres",
    set: (config) => [config.word(kAt.rateMode), config.word(kAt.quality) & 0xff],
    expected: [1, 25],
  },
  {
    options: "-rc vbr -b:v 600k -maxrate 900k -bufsize 1200k -qmin 10 -qmax 40",
    set: (config) =>
      [config.word(kAt.bitRate), config.word(kAt.maxBitRate), config.word(kAt.vbv)]
        .concat(config.word(kAt.minQp), config.word(kAt.maxQp)),
    expected: [600000, 900000, 1200000, 10, 40],
  },
  {
    options: "-rc-lookahead 10 -spatial-aq 1 -aq-strength 12 -temporal-aq 1",
    set: (config) =>
      [5, 3, 8].map((bit) => config.bits(kAt.rateFlags, bit))
        .concat(config.bits(kAt.rateFlags, 12, 4)),
    expected: [1, 1, 1, 12],
  },
  {
    options: "-multipass qres -rc cbr -b:v 1M",
    set: (config) => [config.word(kAt.multiPass), config.word(kAt.rateMode)],
    expected: [1, 2],
  },
  {
    options: "-profile:v high -level 4.1 -coder cavlc",
    set: (config) => [config.word(kAt.h264.level), config.word(kAt.h264.entropy)],
    shows: ({ stream }) => [stream.profile, stream.level],
    expected: [41, 2, "High", 41],
  },
  {
    options: "-profile:v baseline -bf 0",
    shows: ({ stream }) => [stream.profile],
    expected: ["Constrained Baseline"],
  },
  {
    options: "-pix_fmt yuv444p",
    set: (config) => [config.word(kAt.h264.chroma)],
    shows: ({ stream }) => [stream.profile, stream.pix_fmt],
    expected: [3, "High 4:4:4 Predictive", "yuv444p"],
  },
  {
    options: "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv",
    shows: ({ stream }) => [stream.color_primaries, stream.color_transfer, stream.color_space],
    expected: ["bt709", "bt709", "bt709"],
  },
  {
    options: "-aud 1 -slices 4",
    set: (config) => [config.bits(kAt.h264.flags, 6), config.word(kAt.h264.sliceData)],
    expected: [1, 4],
  },
  {
    options: "-forced-idr 1 -force_key_frames 0.2,0.8 -bf 2",
    shows: ({ keys }) => [keys.join()],
    expected: ["0,5,20"],
  },
  {
    options: "-intra-refresh 1 -g 20 -bf 0",
    set: (config) => [config.bits(kAt.h264.flags, 10)],
    shows: ({ types }) => [types.slice(1).includes("I")],
    expected: [1, false],
  },
  {
    codec: "hevc_nvenc",
    options: "-profile:v main10 -pix_fmt p010le",
    set: (config) => [config.bits(kAt.hevc.flags, 11, 3)],
    shows: ({ stream }) => [stream.profile, stream.pix_fmt],
    expected: [2, "Main 10", "yuv420p10le"],
  },
  {
    codec: "hevc_nvenc",
    options: "-level 5.1 -tier high -bf 2 -g 15",
    set: (config) => [config.word(kAt.hevc.level), config.word(kAt.hevc.tier)],
    shows: ({ stream, types }) => [stream.level, types.slice(0, 16)],
    expected: [153, 1, 153, "IBBPBBPBBPBBPBPI"],
  },
  {
    codec: "hevc_nvenc",
    options: "-slices 2 -rc cbr -b:v 800k",
    set: (config) => [config.word(kAt.hevc.sliceData), config.word(kAt.rateMode)],
    expected: [2, 2],
  },
  {
    codec: "hevc_nvenc",
    options: "-pix_fmt yuv444p",
    shows: ({ stream }) => [stream.pix_fmt],
    expected: ["yuv444p"],
  },
  {
    codec: "hevc_nvenc",
    options: "-color_range pc -colorspace bt709",
    shows: ({ stream }) => [stream.color_space, stream.color_range],
    // The samples are said to be what they are not.
    looksDifferent: true,
    expected: ["bt709", "pc"],
  },
];

for (const { options, codec = "h264_nvenc", set, shows, looksDifferent, expected } of kCases) {
  test(`ffmpeg -c:v ${codec} ${options}`, LIMIT, async () => {
    const layout = options.includes("pix_fmt") ? [] : ["-pix_fmt", "nv12"];
    const encoded = await encode([...layout, ...options.split(" ")], { codec });
    assertEncodedThere(encoded);
    const { config, initialize } = encoded.report.encode;
    const seen = set?.(new FieldRecord(config), new FieldRecord(initialize)) ?? [];
    seen.push(...shows?.(await probe(encoded.path)) ?? []);
    assertEquals(seen, [...expected]);
    assert(looksDifferent || await psnr(encoded.path) > 30);
    assert(encoded.report.counters.encode_host_copies === kFrames);
  });
}
