/** Raw pictures in every format of encoders, made by ffmpeg, and how close others come to them. */
import type { EncoderFormat } from "../../mod.ts";
import { ffmpeg, joinBytes, runCommand } from "./ffmpeg.ts";

/** A sequence of raw pictures. */
export interface RawPictures {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** The encoders' format. */
  readonly format: EncoderFormat;
  /** Pictures, planes one after another without padding. */
  readonly pictures: readonly Uint8Array<ArrayBuffer>[];
  /** The same in ffmpeg's order of planes. */
  readonly originals: readonly Uint8Array<ArrayBuffer>[];
}

/** What is drawn. */
export interface RawOptions {
  /** Pixels in a row; default 192, which NVENC takes for AV1. */
  readonly width?: number;
  /** Rows; default 144. */
  readonly height?: number;
  /** Pictures; default 10. */
  readonly count?: number;
  /**
   * "moving" (default): smooth colours that drift, "test": ffmpeg's testsrc2, "noise": that with noise, which
   * takes many bits.
   */
  readonly source?: "moving" | "test" | "noise";
}

const kSources = {
  moving: "gradients=n=4:seed=7:speed=0.02:c0=0xd02040:c1=0x20c060:c2=0x3050e0:c3=0xe0d020:" +
    "x0=10:y0=20:x1=160:y1=130:",
  test: "testsrc2=",
  noise: "testsrc2=",
};

/** ffmpeg's formats with the same samples. */
const kFormats: Readonly<Record<EncoderFormat, string>> = {
  nv12: "nv12",
  yv12: "yuv420p",
  iyuv: "yuv420p",
  yuv444: "yuv444p",
  p010: "p010le",
  yuv444_10bit: "yuv444p16le",
  yuv444_16bit: "yuv444p16le",
  argb: "bgra",
  argb10: "x2rgb10le",
  abgr: "rgba",
  abgr10: "x2bgr10le",
  // ffmpeg cannot make the semi-planar ones.
  nv16: "yuv422p",
  p210: "yuv422p16le",
  rgb: "rgb24",
  rgbp: "gbrp",
};

/** What ffmpeg decodes an encoder's stream to, so that it can be compared with the source. */
const kDecoded: Readonly<Record<EncoderFormat, string>> = {
  ...kFormats,
  yv12: "yuv420p",
  nv12: "yuv420p",
  nv16: "yuv422p",
  p010: "yuv420p10le",
  p210: "yuv422p10le",
  yuv444_10bit: "yuv444p10le",
  yuv444_16bit: "yuv444p10le",
  argb: "yuv420p",
  abgr: "yuv420p",
  rgb: "yuv420p",
  rgbp: "yuv420p",
  argb10: "yuv420p10le",
  abgr10: "yuv420p10le",
};

const made = new Map<string, Promise<RawPictures>>();

/** Makes pictures in a format. */
export function rawPictures(format: EncoderFormat, options: RawOptions = {}): Promise<RawPictures> {
  const key = JSON.stringify([format, options]);
  const pictures = made.get(key) ?? make(format, options);
  made.set(key, pictures);
  return pictures;
}

async function make(format: EncoderFormat, options: RawOptions): Promise<RawPictures> {
  const { width = 192, height = 144, count = 10, source = "moving" } = options;
  const noise = source === "noise" ? ",noise=alls=24:allf=t" : "";
  const input = `${kSources[source]}s=${width}x${height}:r=30,format=yuv444p${noise}`;
  const { stdout } = await ffmpeg([
    ...["-f", "lavfi", "-i", input, "-frames:v", String(count)],
    ...["-sws_flags", "accurate_rnd+full_chroma_int", "-pix_fmt", kFormats[format]],
    ...["-f", "rawvideo", "pipe:1"],
  ]);
  const size = stdout.length / count;
  const originals = Array.from(
    { length: count },
    (_, i) => new Uint8Array(stdout.slice(i * size, (i + 1) * size)),
  );
  const pictures = originals.map((picture) => arranged(format, picture, width * height));
  return { width, height, format, pictures, originals };
}

/** ffmpeg's planes in our order. */
function arranged(
  format: EncoderFormat,
  picture: Uint8Array<ArrayBuffer>,
  pixels: number,
): Uint8Array<ArrayBuffer> {
  const part = (from: number, to: number) => picture.subarray(from * pixels, to * pixels);
  switch (format) {
    case "yv12":
      return joinBytes([part(0, 1), part(1.25, 1.5), part(1, 1.25)]);
    case "rgbp":
      return joinBytes([part(2, 3), part(0, 1), part(1, 2)]);
    case "nv16":
      return joinBytes([part(0, 1), interleaved(part(1, 1.5), part(1.5, 2), 1)]);
    case "p210":
      return joinBytes([part(0, 2), interleaved(part(2, 3), part(3, 4), 2)]);
    default:
      return picture;
  }
}

function interleaved(a: Uint8Array, b: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 2 * a.length }, (_, i) => {
    const sample = Math.floor(i / size);
    return (sample % 2 === 0 ? a : b)[Math.floor(sample / 2) * size + i % size];
  });
}

/** The pictures of a sequence, as ffmpeg converts them to what its stream decodes to. */
export async function expectedPictures(
  raw: RawPictures,
  matrix: "bt601" | "bt709" = "bt601",
): Promise<Uint8Array> {
  const { width, height, format, originals } = raw;
  const colour = `scale=out_color_matrix=${matrix}:out_range=tv:flags=accurate_rnd+full_chroma_int`;
  const input = ["-f", "rawvideo", "-pix_fmt", kFormats[format], "-s", `${width}x${height}`];
  const output = ["-vf", colour, "-pix_fmt", kDecoded[format], "-f", "rawvideo", "pipe:1"];
  const { stdout } = await runCommand(
    "ffmpeg",
    ["-v", "error", ...input, "-i", "pipe:0", ...output],
    originals,
  );
  return stdout;
}

/** Decodes an elementary stream by ffmpeg to what expectedPictures() gives. */
export async function decodedPictures(path: string, format: EncoderFormat): Promise<Uint8Array> {
  const output = ["-pix_fmt", kDecoded[format], "-f", "rawvideo", "pipe:1"];
  const { stdout } = await runCommand("ffmpeg", ["-v", "error", "-i", path, ...output]);
  return stdout;
}

/** Peak signal-to-noise ratio in dB of samples of 8 bits, or of 10 in 16. */
export function psnr(actual: Uint8Array, expected: Uint8Array, bits: 8 | 10): number {
  if (actual.length !== expected.length || actual.length === 0) {
    throw new RangeError(`${actual.length} bytes to compare with ${expected.length}`);
  }
  const [a, b] = [actual, expected].map((bytes) => bits === 8 ? bytes : samples16(bytes));
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum === 0 ? Infinity : 10 * Math.log10((2 ** bits - 1) ** 2 * a.length / sum);
}

function samples16(bytes: Uint8Array): Uint16Array {
  const own = new Uint8Array(bytes);
  return new Uint16Array(own.buffer, 0, own.length / 2);
}
