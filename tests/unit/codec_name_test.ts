import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { codecName } from "../../src/codec_name.ts";

test("codec strings of WebCodecs and usual names become libav's", () => {
  const names: Record<string, string> = {
    "avc1.64001f": "h264",
    "avc3.42E01E": "h264",
    "hvc1.1.6.L93.B0": "hevc",
    "hev1.2.4.L120.90": "hevc",
    "av01.0.04M.08": "av1",
    "vp09.00.10.08": "vp9",
    vp8: "vp8",
    vp9: "vp9",
    "mp4v.20.9": "mpeg4",
    "mp4v.61": "mpeg2video",
    H265: "hevc",
    "H.264": "h264",
    avc: "h264",
    mpeg2: "mpeg2video",
    mpeg2video: "mpeg2video",
    vc1: "vc1",
    ffv1: "ffv1",
  };
  for (const [given, wanted] of Object.entries(names)) assertEquals(codecName(given), wanted);
});

test("a name of the prototype is no alias", () => {
  assertEquals(codecName("constructor"), "constructor");
});

test("what cannot be a codec's name is refused", () => {
  for (const bad of ["h264\0", "h 264", "x".repeat(32), "../h264"]) {
    assertThrows(() => codecName(bad), TypeError, "is no codec name");
  }
});
