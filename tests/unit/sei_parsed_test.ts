/** Forms of SEI messages from hand-made payloads, and names of their types. */
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { SeiFlag, SeiMessage, SeiSyntax } from "../../ffi/abi.ts";
import { BitReader, BitsEnded } from "../../src/bit_reader.ts";
import { seiName, SeiType } from "../../src/sei_names.ts";
import { parseSei, type SeiParsing } from "../../src/sei_parsed.ts";
import { bytesOfBits } from "../support/sei_streams.ts";

const { H264, HEVC, AV1, MPEG2 } = SeiSyntax;

function parse(
  syntax: number,
  type: number,
  payload: Uint8Array | string,
  fields: Partial<SeiMessage> = {},
): SeiParsing {
  const record = Object.assign(new SeiMessage(), { syntax, type, ...fields });
  return parseSei(record, typeof payload === "string" ? bytesOfBits(payload) : payload);
}

const timing = (
  cpb: number,
  dpb: number,
  offset: number,
  flags: number = SeiFlag.HAS_PIC_STRUCT,
) => ({
  flags: SeiFlag.HAS_TIMING | flags,
  cpbRemovalDelayBits: cpb,
  dpbOutputDelayBits: dpb,
  timeOffsetBits: offset,
});

test("bits are read in order, signed or not, and end with BitsEnded", () => {
  const bits = new BitReader(bytesOfBits("101 11111111111111111111111111111110 1 0000 01100110"));
  assertEquals([bits.bits(3), bits.bits(32), bits.signed(1)], [5, 2 ** 32 - 2, -1]);
  assertEquals([bits.bits(4), bits.bytesLeft], [0, 1]);
  assertEquals([...bits.bytes()], [0x66]);
  assertEquals([bits.bits(0), bits.signed(0), bits.bytes().length], [0, 0, 0]);
  assertThrows(() => bits.flag(), BitsEnded);
  assertThrows(() => bits.bytes(1), BitsEnded);
});

test("types have the names of their specification", () => {
  assertEquals(seiName(H264, 7), "dec_ref_pic_marking_repetition");
  assertEquals(seiName(H264, 136), "reserved_sei_message");
  assertEquals(seiName(HEVC, 136), "time_code");
  assertEquals(seiName(HEVC, 7), "reserved_sei_message");
  assertEquals(seiName(HEVC, 132), "decoded_picture_hash");
  for (const syntax of [H264, HEVC]) {
    assertEquals(seiName(syntax, SeiType.USER_DATA_UNREGISTERED), "user_data_unregistered");
    assertEquals(seiName(syntax, 144), "content_light_level_info");
    assertEquals(seiName(syntax, 4_000_000_000), "reserved_sei_message");
  }
  assertEquals([1, 5, 6, 31, 32, 0].map((type) => seiName(AV1, type)), [
    ...["metadata_hdr_cll", "metadata_timecode", "metadata_user_private"],
    ...["metadata_user_private", "metadata_reserved", "metadata_reserved"],
  ]);
  assertEquals(seiName(MPEG2, 136), "group_of_pictures_time_code");
});

test("picture timing is read by the lengths of the parameter set", () => {
  const stamp = "1 01 1 00100 1 0 1 00011101 111011 111011 10111";
  const { parsed } = parse(H264, 1, `00101 1100000 0011 ${stamp} 1111 0`, timing(5, 7, 4));
  const time = {
    ...{ hours: 23, minutes: 59, seconds: 59, frames: 29, text: "23:59:59;29", isDropped: true },
    ...{ countingType: 4, isFieldBased: true, isFull: true, hasDiscontinuity: false },
    ...{ scanType: 1, timeOffset: -1, timeOffsetBits: 4 },
  };
  assertEquals(parsed, {
    ...{ kind: "pictureTiming", cpbRemovalDelay: 5, dpbOutputDelay: 96, pictureStructure: 3 },
    timestamps: [time, null],
  });
  assertEquals(parse(H264, 1, "101 01", timing(3, 2, 24, 0)).parsed, {
    ...{ kind: "pictureTiming", cpbRemovalDelay: 5, dpbOutputDelay: 1, pictureStructure: null },
    timestamps: [],
  });
  const counts = [1, 1, 1, 2, 2, 3, 3, 2, 3];
  for (const [structure, count] of counts.entries()) {
    const bits = structure.toString(2).padStart(4, "0") + "000";
    const found = parse(H264, 1, bits, timing(0, 0, 0)).parsed;
    assertEquals(found?.kind === "pictureTiming" && found.timestamps.length, count);
  }
  const reserved = parse(H264, 1, "1001 0000", timing(0, 0, 0));
  assertEquals(reserved, { parsed: null, isMalformed: true });
});

test("picture timing without its parameter set, and that of HEVC, has no form", () => {
  assertEquals(parse(H264, 1, "0000 0000"), { parsed: null, isMalformed: false });
  assertEquals(parse(HEVC, 1, "0000 0000"), { parsed: null, isMalformed: false });
});

test("time codes may leave out what did not change", () => {
  const partial = "1 0 00000 0 1 0 000000111 1 000101 1 000110 0 00000";
  const { parsed } = parse(HEVC, 136, `11 ${partial} 0 1 1 00001 0 0 0 111111111 0 00011 101`);
  assertEquals(parsed?.kind, "timeCode");
  const [first, second, third] = parsed?.kind === "timeCode" ? parsed.timestamps : [];
  assertEquals(second, null);
  const { hours, minutes, seconds, frames, text, isFull, hasDiscontinuity } = first!;
  assertEquals([hours, minutes, seconds, frames, text], [null, 6, 5, 7, null]);
  assertEquals([isFull, hasDiscontinuity, first!.scanType], [false, true, null]);
  assertEquals([third!.frames, third!.seconds, third!.isFieldBased], [511, null, true]);
  assertEquals([third!.timeOffset, third!.timeOffsetBits], [-3, 3]);
  assertEquals(parse(HEVC, 136, "11 1 0 00000 1").isMalformed, true);
  const av1 = parse(AV1, 5, "00000 0 0 0 000000111 0 00011 101 1").parsed;
  assertEquals(av1?.kind === "timeCode" && av1.timestamps[0]?.timeOffset, 5);
  const mpeg = parse(MPEG2, 136, "1 01010 000001 1 000010 000011 00 00000").parsed;
  assertEquals(mpeg?.kind === "timeCode" && mpeg.timestamps[0]?.text, "10:01:02;03");
});

test("mastering displays and light levels are in real units", () => {
  const fields = [13250, 34500, 7500, 3000, 34000, 16000, 15635, 16450];
  const payload = new Uint8Array(24);
  const view = new DataView(payload.buffer);
  fields.forEach((value, i) => view.setUint16(2 * i, value));
  view.setUint32(16, 40_000_000);
  view.setUint32(20, 50);
  const { parsed } = parse(HEVC, 137, payload);
  assertEquals(parsed, {
    ...{ kind: "masteringDisplayColorVolume", green: [0.265, 0.69], blue: [0.15, 0.06] },
    ...{ red: [0.68, 0.32], whitePoint: [0.3127, 0.329], maxLuminance: 4000, minLuminance: 0.005 },
  });
  const av1 = parse(AV1, 2, payload).parsed;
  if (av1?.kind !== "masteringDisplayColorVolume") throw new Error("no display");
  assertAlmostEquals(av1.red[1], 34500 / 65536, 1e-12);
  assertEquals([av1.maxLuminance, av1.minLuminance], [156250, 50 / 16384]);
  const kind = "contentLightLevelInfo" as const;
  const expected = { kind, maxContentLightLevel: 1000, maxPictureAverageLightLevel: 400 };
  for (const [syntax, type] of [[H264, 144], [HEVC, 144], [AV1, 1]]) {
    assertEquals(parse(syntax, type, Uint8Array.of(3, 232, 1, 144)).parsed, expected);
    const cut = parse(syntax, type, Uint8Array.of(3, 232, 1));
    assertEquals(cut, { parsed: null, isMalformed: true });
  }
  assertEquals(parse(H264, 137, payload.subarray(1)).isMalformed, true);
});

test("alternative transfer characteristics have the names of colour spaces", () => {
  const of = (code: number) => parse(HEVC, 147, Uint8Array.of(code)).parsed;
  const kind = "alternativeTransferCharacteristics";
  assertEquals(of(18), { kind, preferredTransferCharacteristics: 18, transfer: "hlg" });
  assertEquals(of(14), { kind, preferredTransferCharacteristics: 14, transfer: 14 });
  assertEquals(of(2), { kind, preferredTransferCharacteristics: 2, transfer: null });
});

test("registered user data tell captions from others", () => {
  const header = [0xb5, 0, 0x31, 0x47, 0x41, 0x39, 0x34, 3];
  const triplets = [0xfc, 0x94, 0x2c, 0xfd, 0x80, 0x80];
  const of = (bytes: number[], syntax: number = H264) =>
    parse(syntax, syntax === AV1 ? 4 : SeiType.USER_DATA_REGISTERED, Uint8Array.from(bytes));
  for (const syntax of [H264, HEVC, AV1]) {
    const { parsed } = of([...header, 0x42, 0xff, ...triplets, 0xff], syntax);
    if (parsed?.kind !== "userDataRegistered") throw new Error("no user data");
    assertEquals([...parsed.captions!], triplets);
    assertEquals([parsed.countryCode, parsed.countryCodeExtension, parsed.providerCode], [
      ...[0xb5, null, 0x31],
    ]);
    assertEquals(parsed.data.length, 5 + 2 + 6 + 1);
  }
  assertEquals(of([...header, 0x42, 0xff, 1, 2]), { parsed: null, isMalformed: true });
  const others = [
    [...header, 0x02, 0xff],
    [...header, 0x40, 0xff],
    [0xb5, 0, 0x3c, 0, 1, 4],
    [0xb5, 0, 0x31, 0x47, 0x41],
    [...header.slice(0, 7), 6, 1],
  ];
  for (const bytes of others) {
    const { parsed, isMalformed } = of(bytes);
    assertEquals([parsed?.kind === "userDataRegistered" && parsed.captions, isMalformed], [
      ...[null, false],
    ]);
  }
  const { parsed } = of([0xff, 7]);
  assertEquals(parsed, {
    ...{ kind: "userDataRegistered", countryCode: 255, countryCodeExtension: 7 },
    ...{ providerCode: null, captions: null, data: new Uint8Array() },
  });
  assertEquals(of([]).isMalformed, true);
});

test("unregistered user data have a UUID", () => {
  const bytes = Uint8Array.from({ length: 18 }, (_, i) => i);
  assertEquals(parse(H264, 5, bytes).parsed, {
    ...{ kind: "userDataUnregistered", uuid: "00010203-0405-0607-0809-0a0b0c0d0e0f" },
    data: Uint8Array.of(16, 17),
  });
  assertEquals(parse(HEVC, 5, bytes.subarray(3)).isMalformed, true);
});
