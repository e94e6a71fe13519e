/** Encoding in tests: pictures in, a file for ffmpeg out, and what others say of it. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Device, EncodedChunk, EncodeOptions, Encoder, EncoderDescriptor } from "../../mod.ts";
import { joinBytes, runCommand } from "../support/ffmpeg.ts";
import { type RawOptions, type RawPictures, rawPictures } from "../support/raw_pictures.ts";

let folder: Promise<string> | undefined;
let files = 0;

const kEndings: Readonly<Record<string, string>> = { h264: "h264", hevc: "hevc", av1: "obu" };

/** Writes chunks as an elementary stream. */
export async function streamFile(
  codec: string,
  chunks: readonly EncodedChunk[],
): Promise<string> {
  folder ??= mkdtemp(join(tmpdir(), "cuframe-encoder-"));
  const path = join(await folder, `${files++}.${kEndings[codec]}`);
  await writeFile(path, joinBytes(chunks.map(({ data }) => data)));
  return path;
}

/** A stream and how it came about. */
export interface Encoded {
  /** All chunks, in the order in which they came. */
  readonly chunks: readonly EncodedChunk[];
  /** The elementary stream. */
  readonly path: string;
  /** What was encoded. */
  readonly raw: RawPictures;
}

/** How pictures are encoded. */
export type EncodeSetup = Partial<EncoderDescriptor> & { readonly raw?: RawOptions };

/** Encodes pictures with an encoder of its own, which `look` sees before it is closed. */
export async function encodePictures(
  device: Device,
  { raw: rawOptions, ...descriptor }: EncodeSetup = {},
  optionsOf: (index: number) => EncodeOptions | undefined = () => undefined,
  look: (encoder: Encoder) => void = () => {},
): Promise<Encoded> {
  const format = (descriptor.format ?? "nv12").toLowerCase() as RawPictures["format"];
  const raw = await rawPictures(format, rawOptions);
  const { width, height } = raw;
  using encoder = await device.createEncoder({ width, height, ...descriptor });
  const chunks: EncodedChunk[] = [];
  for (const [i, picture] of raw.pictures.entries()) {
    chunks.push(...await encoder.encode(picture, optionsOf(i)));
  }
  chunks.push(...await encoder.endEncode());
  look(encoder);
  return { chunks, path: await streamFile(encoder.codec, chunks), raw };
}

/** Fields of headers as the trace_headers filter logs them, in the order of the stream. */
export async function headerFields(path: string): Promise<[name: string, value: number][]> {
  const { stderr } = await runCommand("ffmpeg", [
    ...["-hide_banner", "-nostats", "-nostdin", "-i", path, "-map", "0:v:0", "-c", "copy"],
    ...["-bsf:v", "trace_headers", "-f", "null", "-"],
  ]);
  return [...stderr.matchAll(/\] \d+ +([^ ]+) +[01]* = (-?\d+)/g)]
    .map(([, name, value]) => [name, Number(value)]);
}

/** Values of one field of headers. */
export async function headerValues(path: string, field: string): Promise<number[]> {
  return (await headerFields(path)).filter(([name]) => name === field).map(([, value]) => value);
}

/** Bits per second of a stream of pictures that are shown for one `fps`-th of a second each. */
export function bitrateOf(chunks: readonly EncodedChunk[], fps: number): number {
  return chunks.reduce((sum, { byteLength }) => sum + byteLength, 0) * 8 * fps / chunks.length;
}

/** Types of the pictures in the order in which they are shown, such as "IBBP". */
export function typesInOrder(chunks: readonly EncodedChunk[]): string {
  return [...chunks].sort((a, b) => a.pts - b.pts).map(({ pictureType }) => pictureType ?? "?")
    .join("");
}
