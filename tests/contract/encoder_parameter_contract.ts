/** Parameters of encoders have the effect that their names say, where it shows in the stream. */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import type { EncoderParameters } from "../../mod.ts";
import { ffprobeFrames, ffprobeStreams } from "../support/ffmpeg.ts";
import { contractBackend, testOn, withDevice } from "./contract_device.ts";
import {
  bitrateOf,
  encodePictures,
  type EncodeSetup,
  headerFields,
  headerValues,
  typesInOrder,
} from "./encoded_stream.ts";

const kStream = { h264: "H.264", hevc: "HEVC", av1: "AV1" } as const;
const kNalCodecs = ["h264", "hevc"] as const;
const kCodecs = ["h264", "hevc", "av1"] as const;

/** Encodes with fixed quantizers, so that nothing but what is tested decides. */
async function encoded(setup: EncodeSetup, look?: (settings: EncoderParameters) => void) {
  let result: Awaited<ReturnType<typeof encodePictures>>;
  await withDevice(async (device) => {
    result = await encodePictures(
      device,
      setup,
      undefined,
      (encoder) => look?.(encoder.settings),
    );
  });
  return result!;
}

for (const codec of kCodecs) {
  test(`${kStream[codec]}: gop is the distance of key pictures`, async () => {
    const { chunks } = await encoded({ codec, gop: 5, raw: { count: 16 } });
    const keys = [...chunks].sort((a, b) => a.pts - b.pts).map(({ isKey }) => isKey);
    assertEquals(keys.map((isKey, i) => isKey ? i : -1).filter((i) => i >= 0), [0, 5, 10, 15]);
  });
}

for (const codec of kNalCodecs) {
  test(`${kStream[codec]}: bf is the number of B pictures between others`, async () => {
    for (const bf of [0, 1, 3]) {
      const settings: EncoderParameters[] = [];
      const { path, chunks } = await encoded(
        { codec, bf, gop: 60, constQp: 28, raw: { count: 13, source: "test" } },
        (it) => settings.push(it),
      );
      assertEquals(settings[0].bf, bf);
      const types = (await ffprobeFrames(path)).map(({ pictureType }) => pictureType).join("");
      assertEquals(types, typesInOrder(chunks));
      const most = Math.max(0, ...[...types.matchAll(/B+/g)].map(([run]) => run.length));
      assert(bf === 0 ? most === 0 : most >= 1 && most <= bf, `${bf}: ${types}`);
    }
  });

  test(`${kStream[codec]}: repeatSpsPps puts the headers before every IDR picture`, async () => {
    for (const repeatSpsPps of [false, true]) {
      const { path } = await encoded({ codec, gop: 4, bf: 0, repeatSpsPps, raw: { count: 12 } });
      const units = (await headerValues(path, "nal_unit_type"))
        .filter((type) => type === (codec === "h264" ? 7 : 33));
      // ffmpeg tells of the first ones twice.
      assertEquals(units.length, repeatSpsPps ? 4 : 2);
    }
  });

  test(`${kStream[codec]}: timingInfo and fps are the stream's clock`, async () => {
    const rate = async (setup: EncodeSetup) => {
      const { path } = await encoded({ codec, bf: 0, raw: { count: 3 }, ...setup });
      const [units] = await headerValues(
        path,
        codec === "h264" ? "num_units_in_tick" : "vui_num_units_in_tick",
      );
      const [scale] = await headerValues(path, codec === "h264" ? "time_scale" : "vui_time_scale");
      return [units, scale];
    };
    const timingInfo = { numUnitsInTick: 1001, timescale: 120_000 };
    assertEquals(await rate({ timingInfo }), [1001, 120_000]);
    const [units, scale] = await rate({ fps: 24 });
    // H.264 counts fields.
    assertEquals(scale / units, codec === "h264" ? 48 : 24);
  });

  test(`${kStream[codec]}: colours are in the stream`, async () => {
    const colorSpace = {
      primaries: "bt2020",
      transfer: "pq",
      matrix: "bt2020-ncl",
      fullRange: true,
    };
    const { path } = await encoded({ codec, colorSpace, raw: { count: 2 } });
    const [stream] = await ffprobeStreams(path);
    assertEquals(
      [stream.color_primaries, stream.color_transfer, stream.color_space, stream.color_range],
      ["bt2020", "smpte2084", "bt2020nc", "pc"],
    );
    for (const [name, matrix] of [["bt709", "bt709"], ["bt601", "smpte170m"]] as const) {
      const rgb = await encoded({ codec, format: "argb", colorSpace: name, raw: { count: 2 } });
      const [{ color_space, color_range }] = await ffprobeStreams(rgb.path);
      assertEquals([color_space, color_range ?? "tv"], [matrix, "tv"]);
    }
  });

  test(`${kStream[codec]}: profile and level are the stream's`, async () => {
    const profile = "main";
    const { path } = await encoded({ codec, profile, level: "5.1", raw: { count: 2 } });
    const [stream] = await ffprobeStreams(path);
    assertEquals([stream.profile, stream.level], ["Main", codec === "h264" ? 51 : 153]);
  });
}

test("H.264: slices are as many as slice says", async () => {
  for (const [mode, data, slices] of [[3, 4, 4], [2, 3, 3], [0, 36, 3]] as const) {
    const { path } = await encoded({ bf: 0, slice: { mode, data }, raw: { count: 2 } });
    const firsts = await headerValues(path, "first_mb_in_slice");
    // 12 x 9 macroblocks.
    assertEquals(firsts.length, 2 * slices, `${mode}: ${firsts}`);
    if (mode !== 3) assertEquals(firsts.slice(0, 3), [0, 36, 72]);
  }
});

testOn(
  "cpu",
  "the x265 of the simulated NVENC writes the main tier wherever that is enough",
  "HEVC: a high tier is told",
  async () => {
    const raw = { count: 2 };
    const { path } = await encoded({ codec: "hevc", tier: "high", level: "5.1", raw });
    assertEquals((await headerValues(path, "general_tier_flag"))[0], 1);
  },
);

test("H.264: constQp is the quantizer", async () => {
  const sizes: number[] = [];
  for (const constQp of [20, 30, 40]) {
    const { path, chunks } = await encoded({
      constQp,
      bf: 0,
      aq: false,
      raw: { count: 4, source: "test" },
    });
    const fields = await headerFields(path);
    const value = (name: string) => fields.filter(([it]) => it === name).map(([, it]) => it);
    const init = value("pic_init_qp_minus26")[0] + 26;
    const quantizers = value("slice_qp_delta").map((delta) => init + delta);
    // I pictures are some steps better than the P pictures that have the number.
    assertEquals(quantizers.slice(1), [constQp, constQp, constQp]);
    sizes.push(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  }
  assert(sizes[0] > sizes[1] && sizes[1] > sizes[2], String(sizes));
});

test("qmin and qmax bound the quantizers", async () => {
  const least = await encoded({
    qmin: 40,
    bitrate: 50_000_000,
    rc: "vbr",
    raw: { count: 4, source: "test" },
  });
  const free = await encoded({ bitrate: 50_000_000, rc: "vbr", raw: { count: 4, source: "test" } });
  const size = ({ chunks }: typeof least) => chunks.reduce((sum, it) => sum + it.byteLength, 0);
  assert(size(least) * 2 < size(free), `${size(least)} and ${size(free)}`);
  const most = await encoded({
    qmax: 20,
    bitrate: 50_000,
    rc: "vbr",
    maxBitrate: 60_000,
    raw: { count: 4, source: "test" },
  });
  const low = await encoded({
    bitrate: 50_000,
    rc: "vbr",
    maxBitrate: 60_000,
    raw: { count: 4, source: "test" },
  });
  assert(size(most) > size(low), `${size(most)} and ${size(low)}`);
});

test("cq: smaller is better and larger", async () => {
  for (const codec of kCodecs) {
    // The libaom of the simulated NVENC has no target quality.
    if (codec === "av1" && contractBackend() === "cuda") continue;
    const sizes: number[] = [];
    for (const cq of [15, 30, 45]) {
      const { chunks } = await encoded({ codec, cq, raw: { count: 4, source: "test" } });
      sizes.push(chunks.reduce((sum, it) => sum + it.byteLength, 0));
    }
    assert(sizes[0] > sizes[1] && sizes[1] > sizes[2], `${codec}: ${sizes}`);
  }
});

test("numRefL0 is how many pictures are referred to", async () => {
  const { path } = await encoded({ numRefL0: 3, bf: 0, raw: { count: 8, source: "test" } });
  assertEquals((await headerValues(path, "max_num_ref_frames"))[0], 3);
});

test("idrPeriod is the distance of IDR pictures", async () => {
  const { path } = await encoded({ idrPeriod: 6, gop: 6, bf: 0, raw: { count: 13 } });
  const units = (await headerValues(path, "nal_unit_type")).filter((type) =>
    type === 1 || type === 5
  );
  assertEquals(units.map((type, i) => type === 5 ? i : -1).filter((i) => i >= 0), [0, 6, 12]);
});

const kTenSeconds = { count: 300, source: "noise" } as const;

for (const codec of kNalCodecs) {
  for (const rc of ["cbr", "vbr"] as const) {
    testOn(
      "cpu",
      "it takes long, and is the same encoder",
      `${kStream[codec]}: ${rc} keeps the bit rate over 10 s`,
      async () => {
        const bitrate = 800_000;
        const { chunks } = await encoded({
          ...{ codec, rc, bitrate, preset: "P1", raw: kTenSeconds },
          ...rc === "vbr" ? { maxBitrate: 2 * bitrate } : {},
        });
        const measured = bitrateOf(chunks, 30);
        assert(Math.abs(measured / bitrate - 1) < 0.1, `${measured} bit/s`);
      },
    );
  }
}

test("presets give other streams, and the settings tell what is in force", async () => {
  const sizes = new Set<number>();
  for (const preset of ["P1", "P4", "P7"] as const) {
    const seen: EncoderParameters[] = [];
    const { chunks } = await encoded(
      { preset, constQp: 28, raw: { count: 6, source: "test" } },
      (it) => seen.push(it),
    );
    const { codec, rc, tuningInfo, fps, gop } = seen[0];
    assertEquals(
      [codec, seen[0].preset, rc, tuningInfo, fps, gop] as unknown[],
      ["h264", preset, "constqp", "high_quality", { num: 30, den: 1 }, 250],
    );
    assertEquals(seen[0].constQp, 28);
    sizes.add(chunks.reduce((sum, it) => sum + it.byteLength, 0));
  }
  assertEquals(sizes.size, 3);
});

test("low latency has no B pictures, and each chunk comes with its picture", async () => {
  for (const tuningInfo of ["low_latency", "ultra_low_latency"] as const) {
    await withDevice(async (device) => {
      const counts: number[] = [];
      const { raw } = await encodePictures(device, { tuningInfo, raw: { count: 6 } });
      using encoder = await device.createEncoder({
        ...{ width: raw.width, height: raw.height, tuningInfo },
        ...contractBackend() === "cpu" ? { threads: 1 } : {},
      });
      for (const picture of raw.pictures) counts.push((await encoder.encode(picture)).length);
      assertEquals(counts, [1, 1, 1, 1, 1, 1], tuningInfo);
      assertEquals([(await encoder.endEncode()).length, encoder.reorderDepth], [0, 0]);
    });
  }
});

testOn(
  "cpu",
  "NVENC has no options of its own",
  "native options are the encoder's own",
  async () => {
    const { path } = await encoded({
      native: { "x264-params": "cabac=0:ref=5" },
      raw: { count: 3 },
    });
    assertEquals((await headerValues(path, "entropy_coding_mode_flag"))[0], 0);
    assertEquals((await headerValues(path, "max_num_ref_frames"))[0], 5);
  },
);
