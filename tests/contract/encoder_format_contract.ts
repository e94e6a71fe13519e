/** Every format goes into every codec that takes it, from every kind of memory, and comes back as it was. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { Device, EncodedChunk, EncoderFormat, Frame } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { ffprobeStreams } from "../support/ffmpeg.ts";
import { decodedPictures, expectedPictures, psnr, rawPictures } from "../support/raw_pictures.ts";
import {
  bytesOf,
  contractBackend,
  firstFrame,
  hostFrames,
  testOn,
  withDevice,
} from "./contract_device.ts";
import { requestAdapter, UnsupportedError } from "./cuframe.ts";
import { encodePictures } from "./encoded_stream.ts";

const kLeastPsnr = 35;
const kTenBit = ["p010", "p210", "yuv444_10bit", "yuv444_16bit", "argb10", "abgr10"];
const kFormats: readonly EncoderFormat[] = [
  ...["nv12", "yv12", "iyuv", "yuv444", "p010", "yuv444_10bit", "yuv444_16bit"] as const,
  ...["argb", "argb10", "abgr", "abgr10", "nv16", "p210", "rgb", "rgbp"] as const,
];

const bitsOf = (format: EncoderFormat): 8 | 10 => kTenBit.includes(format) ? 10 : 8;

/** Formats that the backend under test takes for a codec. */
async function formatsOf(codec: "h264" | "hevc" | "av1"): Promise<readonly EncoderFormat[]> {
  const adapter = await requestAdapter({ backend: contractBackend() });
  return (await adapter.encoderSupport({ codec, width: 192, height: 144 })).formats;
}

/** Chunks as packets to our decoder; the frames' bytes. */
async function decoded(
  device: Device,
  codec: string,
  chunks: readonly EncodedChunk[],
  outputColorType: "native" | "rgb" | "rgbp" = "native",
) {
  using decoder = await device.createDecoder({ codec, outputColorType, ...hostFrames() });
  const pictures: Uint8Array[] = [];
  for await (using frame of decoder.frames(chunks.map((chunk) => chunk.toPacket()))) {
    pictures.push(await bytesOf(frame));
  }
  return pictures;
}

for (const codec of ["h264", "hevc", "av1"] as const) {
  for (const format of kFormats) {
    test(`${codec} of ${format} pictures shows what was encoded, or is refused`, async () => {
      const formats = await formatsOf(codec);
      await withDevice(async (device) => {
        if (!formats.includes(format)) {
          const making = () => device.createEncoder({ width: 192, height: 144, codec, format });
          const error = await assertRejects(making, UnsupportedError);
          // It says what would work.
          assert(/takes nv12, |encodes? /i.test(error.message), error.message);
          return;
        }
        const { chunks, path, raw } = await encodePictures(device, {
          codec,
          format,
          raw: { count: 4 },
        });
        assertEquals(chunks.length, raw.pictures.length);
        const expected = await expectedPictures(raw);
        const shown = await decodedPictures(path, format);
        const quality = psnr(shown, expected, bitsOf(format));
        assert(quality > kLeastPsnr, `PSNR of ${quality} dB`);
        const [{ codec_name, width, height, pix_fmt }] = await ffprobeStreams(path);
        assertEquals([codec_name, width, height], [codec, raw.width, raw.height]);
        assertEquals(String(pix_fmt).includes("10le"), bitsOf(format) === 10, String(pix_fmt));
      });
    });
  }
}

test(
  "the CPU takes every format for H.264 and HEVC",
  { skip: contractBackend() !== "cpu" },
  async () => {
    for (const codec of ["h264", "hevc"] as const) {
      assertEquals([...await formatsOf(codec)].sort(), [...kFormats].sort(), codec);
    }
  },
);

test("our decoder shows what was encoded, too", async () => {
  await withDevice(async (device) => {
    for (const codec of ["h264", "hevc"] as const) {
      const { chunks, raw } = await encodePictures(device, { codec, format: "NV12" });
      const frames = await decoded(device, codec, chunks);
      assertEquals(frames.length, raw.pictures.length);
      for (const [i, frame] of frames.entries()) {
        const quality = psnr(frame, raw.pictures[i], 8);
        assert(quality > kLeastPsnr, `PSNR of ${quality} dB`);
      }
    }
  });
});

test("rows may have padding, and bytes may be changed when encode() returned", async () => {
  await withDevice(async (device) => {
    for (const format of ["nv12", "iyuv", "yuv444", "argb"] as const) {
      const raw = await rawPictures(format);
      const { width, height } = raw;
      // With a bit rate, what libx264 writes depends on how its threads happen to run.
      const setup = { width, height, format, codec: "h264", rc: "constqp" } as const;
      using plain = await device.createEncoder(setup);
      using strided = await device.createEncoder(setup);
      const expected: EncodedChunk[] = [];
      const actual: EncodedChunk[] = [];
      for (const picture of raw.pictures) {
        expected.push(...await plain.encode(picture));
        const rowBytes = format === "argb" ? 4 * width : width;
        const padded = withPadding(picture, format, rowBytes, height);
        const pending = strided.encode({ data: padded, stride: rowBytes + 32 });
        padded.fill(0);
        actual.push(...await pending);
      }
      expected.push(...await plain.endEncode());
      actual.push(...await strided.endEncode());
      assertEquals(actual.map(({ data }) => data), expected.map(({ data }) => data), format);
    }
  });
});

function withPadding(
  picture: Uint8Array,
  format: "nv12" | "iyuv" | "yuv444" | "argb",
  rowBytes: number,
  height: number,
): Uint8Array {
  const planes = {
    nv12: [[height, 1], [height / 2, 1]],
    iyuv: [[height, 1], [height / 2, 2], [height / 2, 2]],
    yuv444: [[height, 1], [height, 1], [height, 1]],
    argb: [[height, 1]],
  }[format];
  const stride = rowBytes + 32;
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [rows, divisor] of planes) {
    for (let row = 0; row < rows; row++) {
      const line = new Uint8Array(stride / divisor).fill(0x55);
      line.set(picture.subarray(offset, offset += rowBytes / divisor));
      parts.push(line);
    }
  }
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

test("typed arrays of the samples' type are taken, whatever their class", async () => {
  await withDevice(async (device) => {
    const { width, height, pictures: [nv12] } = await rawPictures("nv12");
    const { pictures: [p010] } = await rawPictures("p010");
    using eight = await device.createEncoder({ width, height, format: "nv12", codec: "hevc" });
    const views = [nv12.buffer, new DataView(nv12.buffer), new Uint8ClampedArray(nv12.buffer)];
    for (const view of views) await eight.encode(view);
    const shared = new SharedArrayBuffer(nv12.length);
    new Uint8Array(shared).set(nv12);
    await eight.encode(shared);
    assertEquals((await eight.endEncode()).length > 0, true);
    assertEquals(eight.stats.framesEncoded, 4);
    using sixteen = await device.createEncoder({ width, height, format: "p010", codec: "hevc" });
    await sixteen.encode(new Uint16Array(p010.buffer));
    await sixteen.encode(p010);
    await sixteen.endEncode();
    assertEquals(sixteen.stats.framesEncoded, 2);
  });
});

/** Frames of a clip that are encoded again; each is closed right after encode(). */
async function reencoded(
  device: Device,
  name: string,
  format: EncoderFormat,
  options: Parameters<typeof firstFrame>[2],
): Promise<{ quality: number; hostCopies: number }> {
  const { path } = await clip(name);
  const frame = await firstFrame(device, path, options);
  const original = await bytesOf(frame);
  const { width, height } = frame;
  using encoder = await device.createEncoder({ width, height, format, codec: "hevc", constQp: 4 });
  const pending = encoder.encode(frame);
  frame.close();
  const chunks = [...await pending, ...await encoder.endEncode()];
  using decoder = await device.createDecoder({ codec: "hevc", ...colorTypeOf(options) });
  let quality = 0;
  for await (using back of decoder.frames(chunks.map((chunk) => chunk.toPacket()))) {
    quality = psnr(await bytesOf(back as Frame), original, 8);
  }
  return { quality, hostCopies: encoder.stats.hostCopies };
}

function colorTypeOf(options: Parameters<typeof firstFrame>[2]) {
  return { outputColorType: options?.outputColorType ?? "native" } as const;
}

test("decoded frames are encoded, and may be closed when encode() returned", async () => {
  await withDevice(async (device) => {
    const { quality, hostCopies } = await reencoded(device, "h264_b_pyramid.mp4", "nv12", {});
    assert(quality > kLeastPsnr, `PSNR of ${quality} dB`);
    assertEquals(hostCopies, 0);
  });
});

testOn("cpu", "NVDEC has no raw planes", "raw frames are encoded as they are", async () => {
  await withDevice(async (device) => {
    const options = { outputColorType: "raw" } as const;
    const { quality } = await reencoded(device, "h264_b_pyramid.mp4", "iyuv", options);
    assert(quality > kLeastPsnr, `PSNR of ${quality} dB`);
  });
});

test("RGB frames and tensors are encoded as RGB pictures", async () => {
  await withDevice(async (device) => {
    const { path } = await clip("h264_b_pyramid.mp4");
    for (const [type, layout] of [["rgb", "hwc"], ["rgbp", "chw"]] as const) {
      using native = await firstFrame(device, path);
      using frame = await firstFrame(device, path, { outputColorType: type });
      using tensor = await native.toTensor({ layout });
      assertEquals(await bytesOf(tensor), await bytesOf(frame));
      const { width, height } = native;
      using encoder = await device.createEncoder({ width, height, format: type, codec: "h264" });
      await encoder.encode(frame);
      await encoder.encode(tensor, { timestamp: 1_000_000 });
      const chunks = await encoder.endEncode();
      // Back to RGB, since what is no RGB colour was cut off on the way there.
      for (const picture of await decoded(device, "h264", chunks, type)) {
        const quality = psnr(picture, await bytesOf(frame), 8);
        assert(quality > kLeastPsnr, `PSNR of ${quality} dB`);
      }
    }
  });
});

test("DLPack arrays are frames that are encoded without a copy", async () => {
  await withDevice(async (device) => {
    const { path } = await clip("h264_b_pyramid.mp4");
    using frame = await firstFrame(device, path);
    const { width, height } = frame;
    for (const version of ["versioned", "legacy"] as const) {
      const capsule = frame.toDLPack({ version });
      using imported = device.fromDLPack(capsule, { format: "NV12" });
      assert(capsule.isClosed);
      assertEquals([imported.width, imported.height, imported.format], [width, height, "NV12"]);
      assertEquals(await bytesOf(imported), await bytesOf(frame));
      using encoder = await device.createEncoder({ width, height, codec: "h264" });
      const chunks = [...await encoder.encode(imported), ...await encoder.endEncode()];
      assertEquals(chunks.length, 1);
    }
    using whole = frame.toDLPack();
    const { address, version } = whole;
    whole.release();
    using again = device.fromDLPack({ address, version }, { format: "nv12", label: "mine" });
    assertEquals(again.byteLength, frame.byteLength);
  });
});
