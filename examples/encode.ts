/**
 * Encodes raw frames of a file, or a video, to an elementary stream.
 *
 *   deno run --allow-ffi --allow-read --allow-write examples/encode.ts \
 *     -i in.yuv -s 1920x1080 -f NV12 -c h264 -o out.h264
 *   bun examples/encode.ts -i in.mp4 -c hevc --config config.json -o out.hevc
 *
 * -i, --input   raw frames, or a video if there is no size
 * -o, --output  file for the stream
 * -s, --size    WIDTHxHEIGHT of raw frames
 * -f, --format  NV12 (default), YV12, IYUV, YUV444, P010, ARGB, ... of raw frames
 * -c, --codec   h264 (default), hevc or av1
 * -m, --memory  host (default): pictures go to the encoder from host memory; device: from a GPU's, where raw
 *               frames are copied by the script and described plane by plane, and a video's frames stay
 * -n, --frames  stop after so many frames
 *     --config  JSON with parameters in the guide's spelling, such as
 *               {"preset": "P4", "rc": "vbr", "bitrate": "5M", "gop": "60", "slice": {"mode": "3", "data": "2"}}
 * -g, --gpu     number of the GPU; default 0
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  type Device,
  type Encoder,
  encoderConfigFromStrings,
  type EncoderFormatName,
  type EncoderParameters,
  requestDevice,
} from "../mod.ts";
import { ChunkWriter } from "./chunk_writer.ts";
import { CudaStream } from "./cuda_driver.ts";
import { frameBytes, parseSize, rawFrames } from "./raw_frames.ts";

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      output: { type: "string", short: "o" },
      size: { type: "string", short: "s" },
      format: { type: "string", short: "f", default: "NV12" },
      codec: { type: "string", short: "c", default: "h264" },
      memory: { type: "string", short: "m", default: "host" },
      frames: { type: "string", short: "n", default: "0" },
      config: { type: "string" },
      gpu: { type: "string", short: "g", default: "0" },
    },
  });
  const { input, output, memory } = values;
  if (input === undefined || output === undefined || !["host", "device"].includes(memory)) {
    throw new TypeError(
      "Usage: encode.ts -i INPUT -o OUTPUT [-s WIDTHxHEIGHT] [-f FORMAT] [-c h264|hevc|av1] " +
        "[-m host|device] [-n FRAMES] [--config JSON] [-g GPU]",
    );
  }
  const json = values.config === undefined ? "{}" : readFileSync(values.config, "utf8");
  const codec = values.codec as EncoderParameters["codec"];
  return {
    ...{ input, output, isOnDevice: memory === "device" },
    size: values.size === undefined ? null : parseSize(values.size),
    format: values.format as EncoderFormatName,
    most: Number(values.frames) || Infinity,
    gpu: Number(values.gpu),
    config: { codec, ...encoderConfigFromStrings(json) },
  };
}

type Options = ReturnType<typeof readOptions>;

/** A picture in a GPU's memory, as the guide's AppFrame: NV12's two planes, each an array. */
class AppFrame implements Disposable {
  readonly #cuda: CudaStream;
  readonly #pointer: bigint;
  readonly #width: number;
  readonly #height: number;

  constructor(cuda: CudaStream, width: number, height: number) {
    this.#cuda = cuda;
    this.#width = width;
    this.#height = height;
    this.#pointer = cuda.allocate(frameBytes("nv12", width, height));
  }

  /** Replaces the picture. */
  fill(bytes: Uint8Array): void {
    this.#cuda.copyToDevice(this.#pointer, bytes);
  }

  /** What the encoder asks for. */
  cuda() {
    const [width, height] = [this.#width, this.#height];
    const chroma = this.#pointer + BigInt(width * height);
    const array = (shape: readonly number[], pointer: bigint) => ({
      ...{ shape, typestr: "|u1", data: [pointer, false] as const, version: 3 },
    });
    return [array([height, width, 1], this.#pointer), array([height / 2, width / 2, 2], chroma)];
  }

  [Symbol.dispose](): void {
    this.#cuda.free(this.#pointer);
  }
}

/** Raw frames from host memory. */
async function encodeRaw(encoder: Encoder, options: Options, writer: ChunkWriter): Promise<void> {
  const { input, format, most } = options;
  const size = frameBytes(format, encoder.width, encoder.height);
  for (const frame of rawFrames(input, size, most)) writer.write(await encoder.encode(frame));
}

/** Raw frames from a GPU's memory: the script copies them there itself. */
async function encodeRawOnDevice(
  encoder: Encoder,
  options: Options,
  writer: ChunkWriter,
  cuda: CudaStream,
): Promise<void> {
  if (encoder.format !== "nv12") throw new TypeError("This example's device frames are NV12");
  const { width, height } = encoder;
  using frame = new AppFrame(cuda, width, height);
  const size = frameBytes("nv12", width, height);
  for (const bytes of rawFrames(options.input, size, options.most)) {
    // The encoder has read the one before when its encode() resolved.
    frame.fill(bytes);
    writer.write(await encoder.encode(frame));
  }
}

/** A video's frames, which stay where they were decoded. */
async function encodeVideo(device: Device, options: Options, writer: ChunkWriter) {
  await using demuxer = await device.createDemuxer(options.input);
  await using decoder = await device.createDecoder({ codec: demuxer.codec });
  const { width, height, frameRate } = demuxer;
  await using encoder = await device.createEncoder({
    ...{ width, height, fps: frameRate.value > 0 ? frameRate : 30 },
    ...options.config,
  });
  let frames = 0;
  for await (using frame of decoder.frames(demuxer)) {
    writer.write(await encoder.encode(frame));
    if (++frames >= options.most) break;
  }
  writer.write(await encoder.endEncode());
  return encoder.stats;
}

async function encodeFile(
  device: Device,
  options: Options,
  writer: ChunkWriter,
  cuda: CudaStream | null,
) {
  const { size, format, config } = options;
  if (size === null) return await encodeVideo(device, options, writer);
  await using encoder = await device.createEncoder({
    ...{ ...size, format, useCpuInputBuffer: cuda === null },
    ...config,
  });
  if (cuda === null) await encodeRaw(encoder, options, writer);
  else await encodeRawOnDevice(encoder, options, writer, cuda);
  writer.write(await encoder.endEncode());
  return encoder.stats;
}

async function main(): Promise<void> {
  const options = readOptions();
  const { isOnDevice, size, gpu, output } = options;
  // Raw frames need a context of the script's own, in which it has memory; it outlives the device.
  using cuda = isOnDevice && size !== null ? new CudaStream(gpu) : null;
  await using device = await requestDevice(
    isOnDevice ? { backend: "cuda", gpu, cudaContext: cuda?.context ?? 0 } : {},
  );
  using writer = new ChunkWriter(output);
  const started = performance.now();
  const { framesEncoded, hostCopies } = await encodeFile(device, options, writer, cuda);
  const seconds = (performance.now() - started) / 1000;
  const { bytes, chunks } = writer;
  const { codec } = options.config;
  console.log(JSON.stringify({ frames: framesEncoded, chunks, bytes, seconds, codec, hostCopies }));
}

await main();
