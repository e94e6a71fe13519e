/** Messages that are inserted are read back by our decoder, by trace_headers and by ffprobe. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { Device, EncodedChunk, SeiMessageInput } from "../../mod.ts";
import { ffprobeFrames } from "../support/ffmpeg.ts";
import { rawPictures } from "../support/raw_pictures.ts";
import { traceHeaders } from "../support/trace_headers.ts";
import { hostFrames, withDevice } from "./contract_device.ts";
import { SeiType } from "./cuframe.ts";
import { encodePictures } from "./encoded_stream.ts";

/** Payloads of the guide's sample; zeros in the second need emulation prevention. */
const kUuid = [
  ...[0xdc, 0x45, 0xe9, 0xbd, 0xe6, 0xd9, 0x48, 0xb7],
  ...[0x96, 0x2c, 0xd8, 0x20, 0xd9, 0x23, 0xee, 0xef],
];
const kZeros = [...kUuid, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 0];
/** Primaries of BT.2020 in 1/50000, luminance of 1000 and 0.005 cd/m2 in 1/10000. */
const kMastering = [
  ...[[8500, 39850], [6550, 2300], [35400, 14600], [15635, 16450]].flat()
    .flatMap((value) => [value >> 8, value & 0xff]),
  ...[0, 0x98, 0x96, 0x80, 0, 0, 0, 50],
];
/** MaxCLL 1000, MaxFALL 400. */
const kLight = [0x03, 0xe8, 0x01, 0x90];
/** Country US, provider ATSC, "GA94", one pair of CEA-608 bytes. */
const kCaptions = [
  ...[0xb5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03, 0x41, 0xff],
  ...[0xfc, 0x94, 0x2c, 0xff],
];

const kMessages: readonly SeiMessageInput[] = [
  { type: 5, payload: kUuid },
  { type: 5, payload: Uint8Array.from(kZeros) },
  { type: 4, payload: kCaptions },
  { type: 137, payload: kMastering },
  { type: 144, payload: kLight },
  { type: 200, payload: [1, 2, 3, 0, 0, 0] },
];

type Bare = { readonly type: number; readonly payload: string };
const bare = (messages: readonly SeiMessageInput[]): Bare[] =>
  messages.map(({ type, payload }) => ({ type, payload: String([...payload as Uint8Array]) }));

/** Messages of all frames in display order, without the encoder's own. */
async function readBack(
  device: Device,
  codec: string,
  chunks: readonly EncodedChunk[],
  types: readonly number[],
): Promise<Bare[][]> {
  using decoder = await device.createDecoder({ codec, enableSeiMessage: true, ...hostFrames() });
  const messages: Bare[][] = [];
  for await (using frame of decoder.frames(chunks.map((chunk) => chunk.toPacket()))) {
    const own = frame.seiMessages.filter(({ type, payload }) =>
      types.includes(type) && !isOfEncoder(payload)
    );
    assert(own.every(({ isMalformed }) => !isMalformed));
    messages.push(bare(own));
  }
  return messages;
}

/** x264 and x265 sign their streams. */
function isOfEncoder(payload: Uint8Array): boolean {
  return /x26[45]/.test(new TextDecoder("latin1").decode(payload.subarray(16, 80)));
}

for (const codec of ["h264", "hevc"] as const) {
  test(`SEI messages of ${codec} are read back with their pictures`, async () => {
    // Other messages with each picture, B pictures among them, and none with one.
    const messagesOf = (i: number): SeiMessageInput[] =>
      i === 3
        ? []
        : [...kMessages.slice(0, 1 + i % kMessages.length), { type: 5, payload: [...kUuid, i] }];
    await withDevice(async (device) => {
      const { chunks, path, raw } = await encodePictures(
        device,
        { codec, bf: 2, raw: { count: 9, source: "test" } },
        (i) => ({ sei: messagesOf(i) }),
      );
      const expected = raw.pictures.map((_, i) => bare(messagesOf(i)));
      const types = [4, 5, 137, 144, 200];
      assertEquals(await readBack(device, codec, chunks, types), expected);
      const traced = (await traceHeaders(path)).packets.map(({ messages }) =>
        bare(messages.filter((it) => types.includes(it.type) && !isOfEncoder(it.payload)))
      );
      // Packets are in decode order.
      const order = chunks.map(({ pts }) => pts);
      const inOrder = order.map((_, i) =>
        traced[order.indexOf([...order].sort((a, b) => a - b)[i])]
      );
      assertEquals(inOrder, expected);
    });
  });

  test(`HDR metadata of ${codec} is ffprobe's side data`, async () => {
    await withDevice(async (device) => {
      const sei = [
        { type: SeiType.MASTERING_DISPLAY_COLOR_VOLUME, payload: kMastering },
        { type: SeiType.CONTENT_LIGHT_LEVEL_INFO, payload: kLight },
        { type: SeiType.USER_DATA_REGISTERED, payload: kCaptions },
      ];
      const { path } = await encodePictures(
        device,
        { codec, raw: { count: 2 } },
        (i) => i === 0 ? { sei } : undefined,
      );
      const [first] = await ffprobeFrames(path);
      const sideData = first.record.side_data_list as Record<string, unknown>[];
      const kinds = sideData.map((it) => String(it.side_data_type));
      // FFmpeg 5.1 reads these of HEVC only.
      if (codec === "hevc") {
        const mastering = sideData[kinds.indexOf("Mastering display metadata")];
        assertEquals(
          [mastering.red_x, mastering.max_luminance],
          ["35400/50000", "10000000/10000"],
        );
        const light = sideData[kinds.indexOf("Content light level metadata")];
        assertEquals([light.max_content, light.max_average], [1000, 400]);
      }
      assert(kinds.includes("ATSC A53 Part 4 Closed Captions"), String(kinds));
    });
  });
}

test("metadata OBUs of AV1 are read back with their pictures", async () => {
  // HDR CLL, HDR MDCV in AV1's fixed point, and data of the caller's own.
  const sei: SeiMessageInput[] = [
    { type: 1, payload: kLight },
    { type: 6, payload: kUuid },
    { type: 6, payload: [...kUuid, 0, 0, 1] },
  ];
  await withDevice(async (device) => {
    const { chunks, raw } = await encodePictures(
      device,
      { codec: "av1", raw: { count: 6 } },
      (i) => ({ sei: [...sei, { type: 6, payload: [i + 1] }] }),
    );
    const expected = raw.pictures.map((_, i) => bare([...sei, { type: 6, payload: [i + 1] }]));
    assertEquals(await readBack(device, "av1", chunks, [1, 6]), expected);
  }, { clips: [{ codec: "av1" }] });
});

test("messages of a decoded frame go into another stream", async () => {
  await withDevice(async (device) => {
    const sei = [{ type: 5, payload: kZeros }];
    const first = await encodePictures(device, { raw: { count: 2 } }, () => ({ sei }));
    using decoder = await device.createDecoder({
      ...{ codec: "h264", enableSeiMessage: true, ...hostFrames() },
    });
    const { width, height } = first.raw;
    using encoder = await device.createEncoder({ width, height, codec: "hevc" });
    const chunks: EncodedChunk[] = [];
    for await (using frame of decoder.frames(first.chunks.map((chunk) => chunk.toPacket()))) {
      const own = frame.seiMessages.filter(({ payload }) => !isOfEncoder(payload));
      chunks.push(...await encoder.encode(frame, { sei: own }));
    }
    chunks.push(...await encoder.endEncode());
    assertEquals(await readBack(device, "hevc", chunks, [5]), [bare(sei), bare(sei)]);
  });
});

test("metadata of AV1 that decoders refuse is refused, and encoding goes on", async () => {
  await withDevice(async (device) => {
    const { width, height, pictures } = await rawPictures("nv12");
    using encoder = await device.createEncoder({ width, height, codec: "av1" });
    await assertRejects(
      () => encoder.encode(pictures[0], { sei: [{ type: 2, payload: new Uint8Array(4) }] }),
      TypeError,
      "AV1 metadata of type 2 has 24 bytes or more, not 4",
    );
    const chunks = await encoder.encode(pictures[0]);
    assertEquals(chunks.length + (await encoder.endEncode()).length, 1);
  });
});

test("a message that the codec has no place for is refused, and encoding goes on", async () => {
  await withDevice(async (device) => {
    const { width, height, pictures } = await rawPictures("nv12");
    using encoder = await device.createEncoder({ width, height });
    await assertRejects(
      () => encoder.encode(pictures[0], { sei: [{ type: 2 ** 32 - 1, payload: "x" as never }] }),
      TypeError,
      "sei[0]: payload must be bytes, or an array of integers from 0 to 255",
    );
    await encoder.encode(pictures[0]);
    assertEquals((await encoder.endEncode()).length, 1);
  });
});
