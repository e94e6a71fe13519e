/** The guide's "Common Encoding Scenarios" as recipes, lossless streams, and its JSON. */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import type { EncoderParameters } from "../../mod.ts";
import { ffprobeFrames, ffprobeStreams } from "../support/ffmpeg.ts";
import { decodedPictures, expectedPictures, psnr } from "../support/raw_pictures.ts";
import { bytesOf, contractBackend, hostFrames, withDevice } from "./contract_device.ts";
import { encoderConfigFromStrings } from "./cuframe.ts";
import { encodePictures } from "./encoded_stream.ts";

interface Scenario extends EncoderParameters {
  readonly codec: "h264" | "hevc" | "av1";
}

const kScenarios: Readonly<Record<string, Scenario>> = {
  "live streaming": { codec: "h264", preset: "P1", rc: "cbr", tuningInfo: "low_latency", gop: 60 },
  "video archival": {
    codec: "hevc",
    preset: "P6",
    rc: "vbr",
    tuningInfo: "high_quality",
    gop: 250,
  },
  "OTT and VOD, HEVC": { codec: "hevc", preset: "P4", rc: "vbr", tuningInfo: "high_quality" },
  "OTT and VOD, AV1": { codec: "av1", preset: "P5", rc: "vbr", tuningInfo: "high_quality" },
  "video conferencing": {
    codec: "h264",
    preset: "P2",
    rc: "cbr",
    tuningInfo: "ultra_low_latency",
    bf: 0,
  },
  "screen recording": { codec: "h264", preset: "P3", rc: "vbr" },
};

for (const [name, config] of Object.entries(kScenarios)) {
  test(`the guide's settings for ${name} give a good stream`, async () => {
    await withDevice(async (device) => {
      const raw = { width: 320, height: 240, count: 8, source: "test" } as const;
      const setup = {
        ...config,
        bitrate: 4_000_000,
        ...config.rc === "vbr" ? { maxBitrate: 6_000_000 } : {},
      };
      const { chunks, path, raw: source } = await encodePictures(device, { ...setup, raw });
      const [stream] = await ffprobeStreams(path);
      assertEquals([stream.codec_name, stream.width, stream.height], [config.codec, 320, 240]);
      const quality = psnr(await decodedPictures(path, "nv12"), await expectedPictures(source), 8);
      assert(quality > 35, `PSNR of ${quality} dB`);
      const isLowDelay = config.tuningInfo?.includes("latency") ?? false;
      const types = (await ffprobeFrames(path)).map(({ pictureType }) => pictureType);
      if (isLowDelay) assertEquals([types.includes("B"), chunks.length], [false, 8]);
    });
  });
}

for (const codec of ["h264", "hevc"] as const) {
  for (const format of ["nv12", "yuv444", "p010"] as const) {
    // NVENC encodes H.264 of 10 bits from its interface 13.0 on.
    if (codec === "h264" && format === "p010" && contractBackend() === "cuda") continue;
    test(`a lossless stream of ${codec} and ${format} is the source to the byte`, async () => {
      await withDevice(async (device) => {
        const raw = { count: 5, source: "noise" } as const;
        const { path, raw: source } = await encodePictures(
          device,
          { codec, format, tuningInfo: "lossless", raw },
        );
        assertEquals(await decodedPictures(path, format), await expectedPictures(source));
      });
    });
  }
}

test("a lossless stream is the source to the byte for our decoder, too", async () => {
  await withDevice(async (device) => {
    const { chunks, raw } = await encodePictures(
      device,
      { tuningInfo: "lossless", raw: { count: 3, source: "noise" } },
    );
    // NVDEC has no profile for it.
    using decoder = await device.createDecoder({ codec: "h264", ...hostFrames() });
    let i = 0;
    for await (using frame of decoder.frames(chunks.map((chunk) => chunk.toPacket()))) {
      assertEquals(await bytesOf(frame), raw.pictures[i++]);
    }
    assertEquals(i, 3);
  }, { clips: [{ codec: "h264", chroma: "4:4:4", bitDepth: 14 }] });
});

test("the guide's JSON makes an encoder as it is", async () => {
  await withDevice(async (device) => {
    const json = JSON.stringify({
      ...{ codec: "h264", preset: "P4", tuning_info: "high_quality", rc: "vbr", fps: "25" },
      ...{ gop: "4", bf: "1", bitrate: "2M", maxbitrate: "3000000", repeatspspps: "1" },
      ...{ slice: { mode: "3", data: "2" }, max_res: ["640", "480"] },
    });
    let settings: EncoderParameters = {};
    const { chunks } = await encodePictures(
      device,
      { ...encoderConfigFromStrings(json), raw: { count: 9 } },
      undefined,
      (encoder) => settings = encoder.settings,
    );
    assertEquals(chunks.filter(({ isKey }) => isKey).length, 3);
    const { rc, bf, bitrate, maxBitrate, slice, maxWidth, maxHeight, repeatSpsPps } = settings;
    assertEquals([rc, bf, bitrate, maxBitrate], ["vbr", 1, 2_000_000, 3_000_000]);
    assertEquals([slice, maxWidth, maxHeight, repeatSpsPps] as unknown[], [
      { mode: 3, data: 2 },
      640,
      480,
      true,
    ]);
  });
});
