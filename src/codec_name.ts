/**
 * Codec names: libav's, WebCodecs' codec strings and the names people use.
 *
 * @module
 */

/** Sample entries of WebCodecs' codec strings, and aliases, to libav's names. */
const NAMES: { readonly [name: string]: string } = {
  avc: "h264",
  avc1: "h264",
  avc3: "h264",
  x264: "h264",
  "h.264": "h264",
  h265: "hevc",
  "h.265": "hevc",
  x265: "hevc",
  hvc1: "hevc",
  hev1: "hevc",
  h266: "vvc",
  vvc1: "vvc",
  vvi1: "vvc",
  av01: "av1",
  vp08: "vp8",
  vp09: "vp9",
  mpeg1: "mpeg1video",
  mpeg2: "mpeg2video",
  jpeg: "mjpeg",
  mjpg: "mjpeg",
};

/** Object types of MPEG-4's "mp4v.XX" strings: parts 2 (visual), 13818-2 and 11172-2. */
const MP4V: { readonly [type: string]: string } = {
  "20": "mpeg4",
  "60": "mpeg2video",
  "61": "mpeg2video",
  "62": "mpeg2video",
  "63": "mpeg2video",
  "64": "mpeg2video",
  "65": "mpeg2video",
  "6a": "mpeg1video",
  "6c": "mjpeg",
};

const LONGEST_NAME_BYTES = 31;

/**
 * libav's name of a codec: takes libav's own names, WebCodecs codec strings ("avc1.64001f", "hvc1...",
 * "vp09...", "av01...", "mp4v.20.9") and usual aliases ("h265", "avc", "mpeg2").
 */
export function codecName(codec: string): string {
  const parts = codec.trim().toLowerCase().split(".");
  if (parts[0] === "mp4v") return MP4V[parts[1] ?? "20"] ?? "mpeg4";
  const whole = parts.join(".");
  const name = lookUp(whole) ?? lookUp(parts[0]) ?? whole;
  if (!/^[a-z0-9_.-]+$/.test(name) || name.length > LONGEST_NAME_BYTES) {
    throw new TypeError(
      `"${
        codec.slice(0, 60)
      }" is no codec name; use libav's, such as "h264", or a WebCodecs string`,
    );
  }
  return name;
}

function lookUp(name: string): string | undefined {
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
}
