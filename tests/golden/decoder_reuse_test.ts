/**
 * A decoder that went on to another video gives the bytes that a new one gives, and those are checked
 * against ffmpeg elsewhere.
 */

import { createHash } from "node:crypto";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type Device, type Frame, requestDevice, type SimpleDecoder } from "../../mod.ts";
import { clip } from "../support/clips.ts";

const kRounds = [
  // Other headers, sizes, framing of the bitstream and containers
  ["h264_b_pyramid.mp4", "h264_64x64.mp4", "h264.ts", "h264_66x50.mp4", "h264_1080p.mp4"],
  ["h264_open_gop.mp4", "h264_odd.mp4", "h264_slices.mp4", "h264_mbaff.mp4", "h264_vfr.mkv"],
  ["hevc.mp4", "hevc_open_gop.mp4", "hevc.ts", "hevc_small.h265", "hevc.h265"],
  ["h264_10bit.mp4", "h264_444.mp4", "h264_422.mp4", "h264_gray.mp4", "h264_b_pyramid.mp4"],
  ["vp9.webm", "vp9_odd.webm", "vp8.webm", "vp8.ivf", "av1.mp4"],
  ["ffv1.mkv", "ffv1_422_10bit.mkv", "ffv1_odd.mkv"],
];

async function bytesOf(frame: Frame): Promise<Uint8Array> {
  const bytes = new Uint8Array(frame.byteLength);
  await frame.copyTo(bytes);
  return bytes;
}

async function checksum(video: SimpleDecoder): Promise<string> {
  const hash = createHash("sha256");
  // From the middle first, so that frames also come behind a seek.
  const middle = Math.floor(video.length / 2);
  for (const frame of await video.getBatchFramesByIndex([middle, 0, -1])) {
    hash.update(await bytesOf(frame));
    frame.close();
  }
  for await (using frame of video) hash.update(await bytesOf(frame));
  return hash.digest("hex");
}

async function fresh(device: Device, path: string): Promise<string> {
  using video = await device.createSimpleDecoder(path);
  return await checksum(video);
}

for (const threads of [1, 2]) {
  for (const names of kRounds) {
    test(`a decoder used again gives the same bytes: ${names[0]}..., ${threads} threads`, async () => {
      const paths: string[] = [];
      for (const name of [...names, ...names]) paths.push((await clip(name)).path);
      const expected: string[] = [];
      for (const path of paths) {
        using device = await requestDevice({ threads });
        expected.push(await fresh(device, path));
      }
      using device = await requestDevice({ threads });
      using video = await device.createSimpleDecoder(paths[0], { decoderCacheSize: 16 });
      for (const [i, path] of paths.entries()) {
        if (i > 0) await video.reconfigureDecoder(path);
        assertEquals(await checksum(video), expected[i], path);
      }
      assert(video.stats.decodersReused > 0, "No decoder was used again");
    });
  }
}
