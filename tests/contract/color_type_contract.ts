/** The layouts that a decoder gives: native, rgb, rgbp and raw. */
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import { pixelReader, quantized } from "./color_reference.ts";
import {
  barcodeOf,
  bytesOf,
  firstFrame,
  hostFrames,
  hostPlanes,
  testOn,
  withDevice,
} from "./contract_device.ts";

const kNative: readonly [
  name: string,
  format: string,
  shape: readonly number[] | null,
  planes: readonly (readonly number[])[],
][] = [
  ["h264_b_pyramid.mp4", "NV12", [216, 176], [[144, 176], [72, 88, 2]]],
  ["hevc_10bit.mp4", "P010", [216, 176], [[144, 176], [72, 88, 2]]],
  ["hevc_12bit.mp4", "P016", [216, 176], [[144, 176], [72, 88, 2]]],
  ["h264_422.mp4", "NV16", [288, 176], [[144, 176], [144, 88, 2]]],
  ["h264_422_10bit.mp4", "P210", [288, 176], [[144, 176], [144, 88, 2]]],
  ["h264_444.mp4", "YUV444", [3, 144, 176], [[144, 176], [144, 176], [144, 176]]],
  ["hevc_444_12bit.mp4", "YUV444_16", [3, 144, 176], [[144, 176], [144, 176], [144, 176]]],
  ["h264_66x50.mp4", "NV12", [75, 66], [[50, 66], [25, 33, 2]]],
  ["vp9_odd.webm", "NV12", null, [[241, 321], [121, 161, 2]]],
  ["h264_odd.mp4", "YUV444", [3, 241, 321], [[241, 321], [241, 321], [241, 321]]],
];

for (const [name, format, shape, planes] of kNative) {
  test(`native frames of ${name} are ${format} with documented shapes`, async () => {
    const { path } = await clip(name);
    await withDevice(async (device) => {
      using frame = await firstFrame(device, path, hostFrames());
      assertEquals(frame.format as string, format);
      assertEquals(frame.shape, shape);
      assertEquals(
        frame.planes.map((plane) => [...plane.shape]),
        planes.map((wanted) => [...wanted]),
      );
      for (const plane of frame.planes) {
        assertEquals(plane.dtype, frame.dtype);
        const bytes = plane.dtype === "uint16" ? 2 : 1;
        assertEquals(plane.rows, plane.shape[0]);
        assertEquals(plane.rowBytes, plane.shape.slice(1).reduce((a, b) => a * b, bytes));
        assert(plane.stride >= plane.rowBytes, `A stride of ${plane.stride}`);
        assertEquals(plane.data.length, plane.stride * (plane.rows - 1) + plane.rowBytes);
        assertEquals(plane.samples.BYTES_PER_ELEMENT, bytes);
      }
      const total = frame.planes.reduce((sum, plane) => sum + plane.rows * plane.rowBytes, 0);
      assertEquals(frame.byteLength, total);
      // Planes follow one another as NVDEC gives them: data is all of them.
      assertEquals(frame.data, await bytesOf(frame));
      assertEquals(await barcodeOf(frame), 0);
    }, { clips: [name] });
  });
}

test("samples of 10 and 12 bits stand in the upper bits", async () => {
  for (const [name, mask] of [["hevc_10bit.mp4", 63], ["hevc_12bit.mp4", 15]] as const) {
    await withDevice(async (device) => {
      using frame = await firstFrame(device, (await clip(name)).path);
      for (const { samples } of await hostPlanes(frame)) {
        assert(samples.every((sample) => (sample & mask) === 0), "Low bits are set");
        assert(samples.some((sample) => (sample & (mask + 1)) !== 0), "The depth is not used");
      }
    }, { clips: [name] });
  }
});

const kColored = [
  ...["h264_limited_601.mp4", "h264_limited_709.mp4", "h264_full_601.mp4", "h264_full_709.mp4"],
  ...["hevc_bt2020.mp4", "hevc_full_10bit.mp4", "h264_444.mp4", "h264_422.mp4", "vp9_odd.webm"],
  ...["h264_10bit.mp4", "hevc_444_12bit.mp4", "mpeg2_odd.ts", "h264_1080p.mp4"],
];

for (const name of kColored) {
  test(`rgb and rgbp frames of ${name} are within 1 of the formula`, async () => {
    const { path, width, height, matrix } = await clip(name);
    await withDevice(async (device) => {
      using native = await firstFrame(device, path);
      using rgb = await firstFrame(device, path, { outputColorType: "rgb" });
      using rgbp = await firstFrame(device, path, { outputColorType: "rgbp" });
      assertEquals([rgb.format, rgb.dtype, rgb.bitDepth], ["RGB", "uint8", 8]);
      assertEquals([rgbp.format, rgbp.dtype, rgbp.bitDepth], ["RGBP", "uint8", 8]);
      assertEquals([rgb.shape, rgbp.shape], [[height, width, 3], [3, height, width]]);
      const [interleaved, planar] = [await bytesOf(rgb), await bytesOf(rgbp)];
      const pixel = matrix === undefined && height >= 720
        ? await pixelReader(native, "bt709")
        : await pixelReader(native);
      const step = width > 1000 ? 7 : 1;
      for (let y = 0; y < height; y += step) {
        for (let x = 0; x < width; x += step) {
          const wanted = pixel(x, y);
          for (let c = 0; c < 3; c++) {
            const value = interleaved[(y * width + x) * 3 + c];
            const off = Math.abs(value - quantized(wanted[c], 255));
            if (off > 1) throw new Error(`Channel ${c} at ${x}, ${y} is off by ${off}`);
            if (value !== planar[(c * height + y) * width + x]) throw new Error("rgbp differs");
          }
        }
      }
    }, { clips: [name] });
  });
}

test("colorSpace of a decoder replaces the stream's matrix and range", async () => {
  const { path, width, height } = await clip("h264_limited_601.mp4");
  await withDevice(async (device) => {
    using native = await firstFrame(device, path);
    for (const [matrix, name] of [["bt709", "bt709"], ["bt2020", "bt2020-ncl"]] as const) {
      for (const range of ["limited", "full"] as const) {
        using demuxer = await device.createDemuxer(path);
        using decoder = await device.createDecoder({
          codec: demuxer.codec,
          outputColorType: "rgb",
          colorSpace: { matrix, range },
        });
        const { value } = await decoder.frames(demuxer).next();
        using frame = value!;
        const bytes = await bytesOf(frame);
        const pixel = await pixelReader(native, name, range === "full");
        for (let at = 0; at < width * height; at++) {
          const wanted = pixel(at % width, Math.floor(at / width));
          for (let c = 0; c < 3; c++) {
            if (Math.abs(bytes[at * 3 + c] - quantized(wanted[c], 255)) > 1) {
              throw new Error(`${matrix} ${range} differs at ${at}`);
            }
          }
        }
        // Those of the loop that were not given are closed with the decoder.
        await decoder.reset();
      }
    }
  });
});

const kRaw = "NVDEC's own planes are those of native frames";

testOn("cpu", kRaw, "raw frames are the decoder's own planes", async () => {
  const wanted: readonly [name: string, format: string, planes: readonly (readonly number[])[]][] =
    [
      ["h264_b_pyramid.mp4", "I420", [[144, 176], [72, 88], [72, 88]]],
      ["vp9_odd.webm", "I420", [[241, 321], [121, 161], [121, 161]]],
      ["h264_422.mp4", "I422", [[144, 176], [144, 88], [144, 88]]],
      ["h264_444.mp4", "I444", [[144, 176], [144, 176], [144, 176]]],
      ["hevc_10bit.mp4", "I420P16", [[144, 176], [72, 88], [72, 88]]],
      ["h264_422_10bit.mp4", "I422P16", [[144, 176], [144, 88], [144, 88]]],
      ["hevc_444_12bit.mp4", "I444P16", [[144, 176], [144, 176], [144, 176]]],
      ["hevc_gray.mp4", "GRAY8", [[144, 176]]],
    ];
  await withDevice(async (device) => {
    for (const [name, format, planes] of wanted) {
      const { path } = await clip(name);
      using raw = await firstFrame(device, path, { outputColorType: "raw" });
      using native = await firstFrame(device, path);
      assertEquals(raw.format as string, format, name);
      assertEquals(raw.planes.map((plane) => [...plane.shape]), planes.map((shape) => [...shape]));
      assertEquals(await barcodeOf(raw), 0, name);
      const shift = native.dtype === "uint16" ? 16 - native.bitDepth : 0;
      const [[own], [luma]] = [await hostPlanes(raw), await hostPlanes(native)];
      for (let y = 0; y < raw.height; y++) {
        for (let x = 0; x < raw.width; x++) {
          const sample = own.samples[y * own.stride + x] << shift;
          if (sample !== luma.samples[y * luma.stride + x]) {
            throw new Error(`${name} differs at ${x}, ${y}`);
          }
        }
      }
    }
  });
});
