/** Pictures in a GPU's memory that is the caller's: when they are read, and when they may be replaced. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import process from "node:process";
import type { CudaArrays, Device, EncodedChunk, EncoderFormat } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { CudaConsumer } from "../support/cuda_consumer.ts";
import {
  decodedPictures,
  expectedPictures,
  psnr,
  type RawPictures,
  rawPictures,
} from "../support/raw_pictures.ts";
import { simulatedDriver } from "../support/simulated_driver.ts";
import { bytesOf, firstFrame, testOn, withDevice } from "./contract_device.ts";
import { streamFile } from "./encoded_stream.ts";

const kOnGpu = "it is memory of a GPU";
const kLeastPsnr = 38;
const kCount = 8;
/** Long enough that what is not waited for is visibly not done. */
const kDelayUs = 2000;

/** Runs `work` while everything on a stream starts late, where the driver is the simulated one. */
async function whileStreamsAreSlow(work: () => Promise<void>): Promise<void> {
  const driver = simulatedDriver();
  const usual = Number(process.env.CUFSIM_STREAM_DELAY_US ?? 0);
  driver?.set("stream_delay_us", kDelayUs);
  try {
    await work();
  } finally {
    driver?.set("stream_delay_us", usual);
  }
}

/** The arrays of a picture in a caller's memory. */
function arraysOf(
  { format, width, height }: RawPictures,
  pointer: bigint,
  stream: number | bigint | undefined,
): CudaArrays {
  const array = (shape: readonly number[], offset = 0) => ({
    ...{ shape, typestr: "|u1", data: [pointer + BigInt(offset), false] as const, version: 3 },
    ...(stream === undefined ? {} : { stream }),
  });
  if (format === "argb") return array([height, width, 4]);
  if (format === "rgb") return array([height, width, 3]);
  const luma = width * height;
  if (format === "nv12") {
    return [array([height, width, 1]), array([height / 2, width / 2, 2], luma)];
  }
  return [0, luma, luma * 5 / 4].map((offset, i) =>
    i === 0 ? array([height, width]) : array([height / 2, width / 2], offset)
  );
}

/** Which streams a caller names: of its memory, of the encoder, and the one that it fills pictures on. */
type Streams = (own: bigint) => {
  readonly stream?: number | bigint;
  readonly cudaStream?: bigint;
  readonly filler: bigint;
};

/** Encodes pictures out of one buffer, which is filled again as soon as encode() resolved. */
async function encodedFromOneBuffer(
  device: Device,
  raw: RawPictures,
  streams: Streams,
): Promise<{ chunks: EncodedChunk[]; hostCopies: number; synchronizations: number }> {
  const { format, width, height, pictures } = raw;
  using caller = new CudaConsumer(device.cudaContext!);
  const sources = pictures.map((picture) => caller.hold(picture));
  const [{ length }] = pictures;
  const buffer = caller.hold(new Uint8Array(length));
  const { stream, cudaStream = 0, filler } = streams(caller.stream);
  using encoder = await device.createEncoder({ width, height, format, cudaStream, constQp: 8 });
  const waits = () => simulatedDriver()?.calls("cuEventSynchronize") ?? 0;
  const before = waits();
  const chunks: EncodedChunk[] = [];
  for (const source of sources) {
    caller.copy(buffer, source, length, filler);
    // Memory without a stream is complete when it is handed over.
    if (stream === undefined && cudaStream === 0) caller.synchronize(filler);
    chunks.push(...await encoder.encode(arraysOf(raw, buffer, stream)));
  }
  const synchronizations = waits() - before;
  // Nothing is left of the last one, either.
  caller.copy(buffer, sources[0], length, filler);
  chunks.push(...await encoder.endEncode());
  caller.synchronize(filler);
  return { chunks, hostCopies: encoder.stats.hostCopies, synchronizations };
}

async function assertShows(chunks: readonly EncodedChunk[], raw: RawPictures): Promise<void> {
  assertEquals(chunks.length, raw.pictures.length);
  const shown = await decodedPictures(await streamFile("h264", chunks), raw.format);
  const quality = psnr(shown, await expectedPictures(raw), 8);
  assert(quality > kLeastPsnr, `PSNR of ${quality} dB`);
}

const kUnnamed = "any stream, without a word of one";
const kStreams: readonly [name: string, streams: Streams][] = [
  ["their stream", (own) => ({ stream: own, filler: own })],
  ["the legacy default stream", () => ({ stream: 1, filler: 1n })],
  ["the encoder's stream", (own) => ({ cudaStream: own, filler: own })],
  [kUnnamed, (own) => ({ filler: own })],
];
const kFormats: readonly EncoderFormat[] = ["nv12", "argb", "iyuv", "rgb"];

for (const [name, streams] of kStreams) {
  testOn(
    "cuda",
    kOnGpu,
    `a caller's memory may be filled again when encode() resolved, on ${name}`,
    async () => {
      await whileStreamsAreSlow(() =>
        withDevice(async (device) => {
          for (const format of kFormats) {
            const raw = await rawPictures(format, { count: kCount });
            const encoded = await encodedFromOneBuffer(device, raw, streams);
            await assertShows(encoded.chunks, raw);
            assertEquals(encoded.hostCopies, 0);
            // Where a stream is named the host waits for nothing.
            if (name !== kUnnamed) assertEquals(encoded.synchronizations, 0, format);
          }
        })
      );
    },
  );
}

const kArrays: readonly [
  name: string,
  streams: (own: bigint) => { readonly stream?: number | bigint; readonly filler: bigint },
][] = [
  ["the legacy default stream by itself", () => ({ filler: 1n })],
  ["its stream", (own) => ({ stream: own, filler: own })],
  ["any stream, if it is complete", (own) => ({ stream: -1, filler: own })],
];

for (const [name, streams] of kArrays) {
  testOn("cuda", kOnGpu, `a DLPack array may be filled and encoded again, on ${name}`, async () => {
    const raw = await rawPictures("nv12", { width: 176, height: 144, count: kCount });
    const { path } = await clip("h264_b_pyramid.mp4");
    await whileStreamsAreSlow(() =>
      withDevice(async (device) => {
        using caller = new CudaConsumer(device.cudaContext!);
        const sources = raw.pictures.map((picture) => caller.hold(picture));
        const { stream, filler } = streams(caller.stream);
        // Memory of the size, which the test takes for its own.
        using memory = await firstFrame(device, path);
        const { devicePointer, byteLength, width, height } = memory;
        const fill = (source: bigint) => {
          caller.copy(devicePointer!, source, byteLength, filler);
          if (stream === -1) caller.synchronize(filler);
        };
        const capsule = memory.toDLPack({ stream: filler });
        fill(sources[0]);
        using imported = device.fromDLPack(capsule, {
          format: "nv12",
          ...(stream === undefined ? {} : { stream }),
        });
        assertEquals(await bytesOf(imported), raw.pictures[0]);
        using encoder = await device.createEncoder({ width, height, constQp: 8 });
        const chunks: EncodedChunk[] = [];
        for (const [pts, source] of sources.entries()) {
          fill(source);
          chunks.push(...await encoder.encode(imported, { pts, timeBase: { num: 1, den: 30 } }));
        }
        fill(sources[0]);
        chunks.push(...await encoder.endEncode());
        caller.synchronize(filler);
        await assertShows(chunks, raw);
        assertEquals(encoder.stats.hostCopies, 0);
      })
    );
  });
}

/** Copies that are queued before the one that counts, so that it is done long after encode() was called. */
const kQueued = 10;

for (const [format, outputColorType] of [["nv12", "native"], ["rgb", "rgb"]] as const) {
  testOn(
    "cuda",
    kOnGpu,
    `frames in "${format}" are read behind what the encoder's stream writes into them`,
    async () => {
      const raw = await rawPictures(format, { width: 176, height: 144, count: 2 });
      const { path } = await clip("h264_b_pyramid.mp4");
      await whileStreamsAreSlow(() =>
        withDevice(async (device) => {
          using caller = new CudaConsumer(device.cudaContext!);
          const sources = raw.pictures.map((picture) => caller.hold(picture));
          const { width, height } = raw;
          const cudaStream = caller.stream;
          using encoder = await device.createEncoder({
            ...{ width, height, format, cudaStream, constQp: 8 },
          });
          const chunks: EncodedChunk[] = [];
          for (const [i, source] of sources.entries()) {
            using frame = await firstFrame(device, path, { outputColorType, cudaStream });
            const { devicePointer, byteLength } = frame;
            assertEquals(byteLength, raw.pictures[i].length);
            const other = sources[1 - i];
            for (let k = 0; k < kQueued; k++) caller.copy(devicePointer!, other, byteLength);
            caller.copy(devicePointer!, source, byteLength);
            const timeBase = { num: 1, den: 30 };
            chunks.push(...await encoder.encode(frame, { pts: i, timeBase }));
          }
          chunks.push(...await encoder.endEncode());
          caller.synchronize();
          await assertShows(chunks, raw);
          assertEquals(encoder.stats.hostCopies, 0);
        })
      );
    },
  );
}

testOn("cuda", kOnGpu, "a stream of 0 is ambiguous, and refused", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path);
    const { width, height, devicePointer } = frame;
    using encoder = await device.createEncoder({ width, height });
    const shape = [height * 3 / 2, width];
    for (const stream of [0, -1, 1.5]) {
      const array = { shape, typestr: "|u1", data: [devicePointer!, false] as const, stream };
      await assertRejects(
        () => encoder.encode(array),
        TypeError,
        "stream must be 1, 2, a CUstream",
      );
    }
    using capsule = frame.toDLPack();
    assertThrows(
      () => device.fromDLPack(capsule, { format: "nv12", stream: 0 }),
      RangeError,
      "stream must be 1, 2, a CUstream or -1",
    );
  });
});

testOn("cpu", "it is the host's memory", "an array in host memory has no stream", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path);
    using capsule = frame.toDLPack();
    for (const stream of [1, -1]) {
      assertThrows(
        () => device.fromDLPack(capsule, { format: "nv12", stream }),
        TypeError,
        "A stream is for memory of a GPU only",
      );
    }
    assertEquals(capsule.isClosed, false);
  });
});
