/** SEI of fields, and SEI that is damaged, absurd or refused. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import type { Device, Frame, SeiMessage } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { fieldLuma, fieldPictures } from "../support/field_pictures.ts";
import { once, picturesOf, writePictures } from "../support/sei_clips.ts";
import {
  annexB,
  concat,
  kH264,
  kHevc,
  type NalCodec,
  seiUnit,
  userData,
  withSei,
} from "../support/sei_streams.ts";
import { bytesOf, decodePackets, printsOf, withDevice } from "./contract_device.ts";
import { Packet } from "./cuframe.ts";

const sei = { enableSeiMessage: true };
const kFrames = 6;

const texts = ({ seiMessages }: Frame): string[] =>
  seiMessages.flatMap(({ parsed }) =>
    parsed?.kind === "userDataUnregistered" ? [new TextDecoder().decode(parsed.data)] : []
  );

/** The fields, each with its SEI, as a stream. */
function fields(): Uint8Array<ArrayBuffer>[] {
  return fieldPictures(kFrames).map(({ frame, isBottom, head, slice }) => {
    const text = `${isBottom ? "bottom" : "top"} ${frame}`;
    return annexB([...head, seiUnit(kH264.seiHeader, [userData(text)]), slice]);
  });
}

/** The first sample. */
async function lumaOf(frame: Frame): Promise<number> {
  return (await bytesOf(frame))[0];
}

/** Fails unless every frame has the messages of both of its fields. */
async function assertPairs(frames: AsyncIterable<Frame>): Promise<void> {
  let number = 0;
  for await (using frame of frames) {
    assertEquals([frame.width, frame.height, await lumaOf(frame)], [48, 64, fieldLuma(number)]);
    assertEquals(texts(frame), [`top ${number}`, `bottom ${number}`]);
    number++;
  }
  assertEquals(number, kFrames);
}

test("a frame has the SEI messages of both of its fields", async () => {
  const all = fields();
  const path = await once("fields.h264", (out) => writeFile(out, concat(all)));
  await withDevice(async (device) => {
    const packet = (data: Uint8Array, i: number) =>
      new Packet({ data, timestamp: 20_000 * i, isKey: i === 0 });
    const single = all.map(packet);
    const double = Array.from(
      { length: kFrames },
      (_, i) => packet(concat(all.slice(2 * i, 2 * i + 2)), i),
    );
    for (const packets of [single, double]) {
      for (const threads of [1, 2]) {
        using decoder = await device.createDecoder({ codec: "h264", threads, ...sei });
        await assertPairs(decodePackets(decoder, packets));
      }
    }
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: demuxer.codec, ...sei });
    await assertPairs(decoder.frames(demuxer));
    using video = await device.createSimpleDecoder(path, sei);
    await assertPairs(video.slice());
    for (const engines of [1, 2]) {
      using random = await device.createSimpleDecoder(path, { engines, ...sei });
      const wanted = [5, 0, 2, 4, 3, 1];
      for (const [i, frame] of (await random.getBatchFramesByIndex(wanted)).entries()) {
        assertEquals(await lumaOf(frame), fieldLuma(wanted[i]));
        assertEquals(texts(frame), [`top ${wanted[i]}`, `bottom ${wanted[i]}`]);
        frame.close();
      }
      using last = await random.at(2);
      assertEquals(texts(last), ["top 2", "bottom 2"]);
    }
  });
});

test("a field that lost its frame in a seek is not taken for the second of another", async () => {
  const all = fields();
  await withDevice(async (device) => {
    using decoder = await device.createDecoder({ codec: "h264", ...sei });
    const packets = all.map((data, i) => new Packet({ data, timestamp: i, isKey: i === 0 }));
    // The first field alone, then the stream again.
    for (const frame of await decoder.decode(packets[0])) frame.close();
    await decoder.reset();
    await assertPairs(decodePackets(decoder, packets));
  });
});

/** Bodies of SEI units that are wrong, and what is made of each: type, bytes, what else. */
const faults: readonly [
  name: string,
  body: (codec: NalCodec) => number[],
  found: readonly Partial<SeiMessage>[],
][] = [
  ["an empty unit", () => [], [{ type: 0, isMalformed: true }]],
  ["a type that does not end", () => [255, 255, 255], [{ type: 765, isMalformed: true }]],
  ["no size", () => [5], [{ type: 5, isMalformed: true }]],
  ["a size that does not end", () => [5, 255, 255], [{ type: 5, isMalformed: true }]],
  ["a payload that is cut off", () => [5, 40, 1, 2, 3, 0x80], [
    { type: 5, isMalformed: true, parsed: null },
  ]],
  ["a size of gigabytes", () => [4, ...new Array(3000).fill(255), 1, 2, 3, 0x80], [
    { type: 4, isMalformed: true },
  ]],
  ["no trailing bits", () => [5, 16, ...new Array(16).fill(7)], [
    { type: 5, isMalformed: false },
  ]],
  ["a UUID that is too short", () => [5, 3, 1, 2, 3, 0x80], [
    { type: 5, isMalformed: true, parsed: null, payload: Uint8Array.of(1, 2, 3) },
  ]],
  ["a display that is too short", () => [137, 2, 1, 2, 0x80], [
    { type: 137, isMalformed: true, parsed: null, uncompressed: false },
  ]],
  [
    "captions that are cut off",
    () => [4, 10, 0xb5, 0, 0x31, 0x47, 0x41, 0x39, 0x34, 3, 0x5f, 0xff, 0x80],
    [
      { type: 4, isMalformed: true, parsed: null },
    ],
  ],
  [
    "a good message behind a bad one's unit",
    (
      codec,
    ) => [5, 99, 1, 0x80, 0, 0, 0, 1, ...codec.seiHeader, 5, 16, ...new Array(16).fill(9), 0x80],
    [
      { type: 5, isMalformed: true },
      { type: 5, isMalformed: false },
    ],
  ],
];

for (const [codec, source] of [[kH264, "h264_b_pyramid.mp4"], [kHevc, "hevc.mp4"]] as const) {
  test(`SEI that is damaged hurts nothing and is told of: ${codec.name}`, async () => {
    const { path: clean } = await clip(source);
    const { units, numbers } = await picturesOf(clean, codec);
    const damaged = units.map((picture, i) =>
      withSei(picture, codec, [
        Uint8Array.from([...codec.seiHeader, ...faults[numbers[i] % faults.length][1](codec)]),
      ])
    );
    const extension = codec === kH264 ? "h264" : "h265";
    const path = await writePictures(`faults.${extension}`, { units: damaged, numbers }, codec);
    await withDevice(async (device) => {
      const pixels = async (file: string): Promise<string[]> => {
        using video = await device.createSimpleDecoder(file, sei);
        return (await printsOf(video)).map((print) => print.split(" ").at(-1)!);
      };
      assertEquals(await pixels(path), await pixels(clean));
      using video = await device.createSimpleDecoder(path, sei);
      for await (using frame of video) {
        const [name, , found] = faults[frame.index! % faults.length];
        const own = frame.seiMessages.slice(-found.length);
        for (const [i, wanted] of found.entries()) {
          const part = Object.fromEntries(
            Object.keys(wanted).map((key) => [key, own[i][key as keyof SeiMessage]]),
          );
          assertEquals(part, { ...wanted }, `${name}: ${JSON.stringify(own[i])}`);
        }
      }
    });
  });
}

test("more messages than anyone sends are cut off at 4096", async () => {
  const { path: clean } = await clip("h264_64x64.mp4");
  const { units, numbers } = await picturesOf(clean, kH264);
  const empty = { type: 3, payload: new Uint8Array() };
  const flood = seiUnit(kH264.seiHeader, new Array(20_000).fill(empty));
  const pictures = units.map((picture) => withSei(picture, kH264, [flood]));
  const path = await writePictures("flood.h264", { units: pictures, numbers }, kH264);
  await withDevice(async (device) => {
    using video = await device.createSimpleDecoder(path, sei);
    using frame = await video.at(7);
    assertEquals(frame.seiMessages.length, 4096);
    assert(frame.seiMessages.every(({ type, isMalformed }) => type === 3 && !isMalformed));
  });
});

test("enableSeiMessage must be true or false", async () => {
  const { path } = await clip("h264_64x64.mp4");
  await withDevice(async (device) => {
    const wrong = { enableSeiMessage: 1 as unknown as boolean };
    const ways: ((device: Device) => Promise<unknown>)[] = [
      () => device.createDecoder({ codec: "h264", ...wrong }),
      () => device.createSimpleDecoder(path, wrong),
      () => device.createThreadedDecoder(path, wrong),
    ];
    for (const way of ways) {
      await assertRejects(() => way(device), TypeError, "enableSeiMessage must be true or false");
    }
  });
});
