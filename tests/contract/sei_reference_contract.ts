/** SEI messages are those that ffmpeg's trace_headers lists; parsed ones are ffprobe's side data. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { test } from "node:test";
import type { Device, Frame, SeiMessage, SeiParsed } from "../../mod.ts";
import { ffprobeFrames, type ProbeRecord } from "../support/ffmpeg.ts";
import {
  av1Dynamic,
  av1Hdr,
  h264Hdr,
  h264String,
  h264Time,
  hevcHdr,
  hevcHeaders,
  hevcTime,
  mpeg2Time,
} from "../support/sei_recipes.ts";
import { type TracedPacket, type TracedSei, traceHeaders } from "../support/trace_headers.ts";
import { type Decoded, withDevice } from "./contract_device.ts";
import { SeiType } from "./cuframe.ts";

type Kind = SeiParsed["kind"];

const streams: readonly [name: string, make: () => Promise<string>, kinds: readonly Kind[]][] = [
  ["x265 with HDR", hevcHdr, [
    ...["masteringDisplayColorVolume", "contentLightLevelInfo"] as const,
    ...["alternativeTransferCharacteristics", "userDataUnregistered"] as const,
  ]],
  ["x265 with SEI in hvcC only", hevcHeaders, ["masteringDisplayColorVolume"]],
  ["x264 with HDR and HRD", h264Hdr, [
    ...["masteringDisplayColorVolume", "contentLightLevelInfo"] as const,
    ...["pictureTiming", "userDataUnregistered"] as const,
  ]],
  ["h264_metadata=sei_user_data", h264String, ["userDataUnregistered"]],
  ["H.264 with time codes", h264Time, ["pictureTiming"]],
  ["HEVC with time codes", hevcTime, ["timeCode"]],
  ["SVT-AV1 with HDR", av1Hdr("hdr.ivf"), ["masteringDisplayColorVolume"]],
  ["SVT-AV1 with HDR in mp4", av1Hdr("hdr_av1.mp4"), ["contentLightLevelInfo"]],
  ["AV1 with T.35 and time codes", av1Dynamic, ["userDataRegistered", "timeCode"]],
  ["MPEG-2 with time codes", mpeg2Time, ["timeCode"]],
];

/** What a GPU is asked for, where not every one decodes it. */
const codecOf = (name: string): Decoded[] => name.includes("AV1") ? [{ codec: "av1" }] : [];

/** What a packet's picture must have: what the headers say is said again with key pictures. */
function expectedOf(packet: TracedPacket, headers: readonly TracedSei[]): TracedSei[] {
  const isSame = (a: TracedSei, b: TracedSei): boolean =>
    a.type === b.type && String(a.payload) === String(b.payload);
  const missing = headers.filter((one) => !packet.messages.some((other) => isSame(one, other)));
  return [...packet.isKey ? missing : [], ...packet.messages];
}

function assertTraced(frame: Frame, traced: readonly TracedSei[]): void {
  const bare = (list: readonly (TracedSei | SeiMessage)[]) =>
    list.map(({ type, payload }) => ({ type, payload: String(payload) }));
  assertEquals(bare(frame.seiMessages), bare(traced), `${frame.pts}`);
  for (const [i, { parsed, name, isMalformed }] of frame.seiMessages.entries()) {
    assertEquals(isMalformed, false, name);
    if (parsed !== null) assertFields(parsed, traced[i].fields);
  }
}

/** Compares with the fields of the log. */
function assertFields(parsed: SeiParsed, fields: ReadonlyMap<string, number>): void {
  if (parsed.kind === "pictureTiming") {
    const { cpbRemovalDelay, dpbOutputDelay, pictureStructure } = parsed;
    const names = ["cpb_removal_delay", "dpb_output_delay", "pic_struct"];
    const wanted = names.map((name) => fields.get(name) ?? null);
    assertEquals([cpbRemovalDelay, dpbOutputDelay, pictureStructure], wanted);
  } else if (parsed.kind === "contentLightLevelInfo") {
    const { maxContentLightLevel, maxPictureAverageLightLevel } = parsed;
    const cll = fields.get("max_content_light_level") ?? fields.get("max_cll");
    const fall = fields.get("max_pic_average_light_level") ?? fields.get("max_fall");
    assertEquals([maxContentLightLevel, maxPictureAverageLightLevel], [cll, fall]);
  } else if (parsed.kind === "alternativeTransferCharacteristics") {
    const wanted = fields.get("preferred_transfer_characteristics");
    assertEquals(parsed.preferredTransferCharacteristics, wanted);
  }
  const [time] = "timestamps" in parsed ? parsed.timestamps : [];
  if (!time || !fields.has("n_frames") && !fields.has("n_frames[0]")) return;
  const field = (name: string) => fields.get(name) ?? fields.get(`${name}[0]`);
  const { hours, minutes, seconds, frames, timeOffset } = time;
  assertEquals([hours, minutes, seconds, frames], [
    ...["hours_value", "minutes_value", "seconds_value", "n_frames"].map(field),
  ]);
  assertEquals(timeOffset, field("time_offset_value") ?? field("time_offset"));
}

/** Every way to the frames. */
async function* decoded(device: Device, path: string): AsyncGenerator<AsyncIterable<Frame>> {
  using demuxer = await device.createDemuxer(path);
  using decoder = await device.createDecoder({ codec: demuxer.codec, enableSeiMessage: true });
  yield decoder.frames(demuxer);
  using stored = await device.createDemuxer(path, { bitstream: "container" });
  const config = { ...stored.decoderConfig, enableSeiMessage: true };
  using configured = await device.createDecoder(config);
  yield configured.frames(stored);
  using video = await device.createSimpleDecoder(path, { enableSeiMessage: true });
  yield video;
}

for (const [name, make, kinds] of streams) {
  test(`SEI messages are those of trace_headers: ${name}`, async () => {
    const path = await make();
    const { headers, packets } = await traceHeaders(path);
    const isStatic = ({ type }: TracedSei) => !path.endsWith("dynamic.ivf") || type < 3;
    const inForce = headers.filter(isStatic);
    const byPts = new Map(packets.map((packet) => [packet.pts, expectedOf(packet, inForce)]));
    await withDevice(async (device) => {
      for await (const frames of decoded(device, path)) {
        const found = new Set<Kind>();
        let count = 0;
        for await (using frame of frames) {
          assertTraced(frame, byPts.get(frame.pts!)!);
          for (const { parsed } of frame.seiMessages) if (parsed !== null) found.add(parsed.kind);
          count++;
        }
        assertEquals(count, packets.length);
        for (const kind of kinds) assert(found.has(kind), `no ${kind}`);
      }
    }, { clips: codecOf(name) });
  });
}

const ratio = (text: unknown): number => {
  const [num, den] = String(text).split("/").map(Number);
  return num / den;
};

function assertSideData(parsed: SeiParsed, record: ProbeRecord): boolean {
  const list = (record.side_data_list ?? []) as ProbeRecord[];
  const of = (type: string) => list.find(({ side_data_type }) => side_data_type === type);
  if (parsed.kind === "masteringDisplayColorVolume") {
    const side = of("Mastering display metadata")!;
    for (const color of ["red", "green", "blue"] as const) {
      assertAlmostEquals(parsed[color][0], ratio(side[`${color}_x`]), 1e-9);
      assertAlmostEquals(parsed[color][1], ratio(side[`${color}_y`]), 1e-9);
    }
    assertAlmostEquals(parsed.whitePoint[0], ratio(side.white_point_x), 1e-9);
    assertAlmostEquals(parsed.whitePoint[1], ratio(side.white_point_y), 1e-9);
    assertAlmostEquals(parsed.maxLuminance, ratio(side.max_luminance), 1e-9);
    assertAlmostEquals(parsed.minLuminance, ratio(side.min_luminance), 1e-9);
  } else if (parsed.kind === "contentLightLevelInfo") {
    const side = of("Content light level metadata")!;
    assertEquals(parsed.maxContentLightLevel, side.max_content);
    assertEquals(parsed.maxPictureAverageLightLevel, side.max_average);
  } else if (parsed.kind === "alternativeTransferCharacteristics") {
    assertEquals([parsed.transfer, record.color_transfer], ["hlg", "arib-std-b67"]);
  } else if ("timestamps" in parsed) {
    const codes = of("SMPTE 12-1 timecode")!.timecodes as ProbeRecord[];
    assertEquals(parsed.timestamps.map((time) => time?.text), codes.map(({ value }) => value));
  } else return false;
  return true;
}

const judged: readonly [name: string, make: () => Promise<string>][] = [
  ["x265 with HDR", hevcHdr],
  ["SVT-AV1 with HDR", av1Hdr("hdr.ivf")],
  ["H.264 with time codes", h264Time],
  ["HEVC with time codes", hevcTime],
];
for (const [name, make] of judged) {
  test(`parsed SEI messages are ffprobe's side data: ${name}`, async () => {
    const path = await make();
    const probed = await ffprobeFrames(path);
    await withDevice(async (device) => {
      using video = await device.createSimpleDecoder(path, { enableSeiMessage: true });
      let compared = 0;
      for await (using frame of video) {
        for (const { parsed } of frame.seiMessages) {
          if (parsed !== null && assertSideData(parsed, probed[frame.index!].record)) compared++;
        }
      }
      assert(compared >= 3, `${compared} messages compared`);
    }, { clips: codecOf(name) });
  });
}

test("time codes of MPEG-2 are ffprobe's, which puts some with the frame before", async () => {
  const path = await mpeg2Time();
  const probed = (await ffprobeFrames(path)).flatMap(({ record }) => {
    const list = (record.side_data_list ?? []) as ProbeRecord[];
    return list.flatMap(({ timecode }) => timecode === undefined ? [] : [String(timecode)]);
  });
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path, { enableSeiMessage: true });
    const texts: (string | null | undefined)[] = [];
    for await (using frame of video) {
      for (const { type, parsed, name, uncompressed } of frame.seiMessages) {
        assertEquals(type, SeiType.TIME_CODE);
        assertEquals([name, uncompressed, frame.pictureType], [
          "group_of_pictures_time_code",
          true,
          "I",
        ]);
        texts.push(parsed?.kind === "timeCode" ? parsed.timestamps[0]?.text : undefined);
      }
    }
    assertEquals(texts, probed);
    assertEquals(texts[0], "01:02:03:04");
  });
});
