/** A GPU's memory in the hands of others: contexts, streams and DLPack, and who waits for whom. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { Frame } from "../../mod.ts";
import { readBarcode } from "../support/barcode.ts";
import { clip } from "../support/clips.ts";
import { CallersContext, CudaConsumer, currentContext } from "../support/cuda_consumer.ts";
import { readDLPack } from "../support/dlpack_struct.ts";
import {
  assertNoDriverProblems,
  assertRun,
  bytesOf,
  contractBackend,
  firstFrame,
  hostFrames,
  numbersOf,
  testOn,
  until,
  withDevice,
} from "./contract_device.ts";
import { ClosedError, requestDevice, type Tensor, UnsupportedError } from "./cuframe.ts";

const kName = "h264_b_pyramid.mp4";
const kOnGpu = "the CPU has neither contexts nor streams";

/** Where a frame is, for reads that a consumer queues. */
function placeOf({ devicePointer, byteLength }: Frame | Tensor): [bigint, number] {
  return [devicePointer!, byteLength];
}

/** The number in the bytes of a native frame of 8 bits. */
function barcodeIn(bytes: Uint8Array, width: number, height: number): number {
  return readBarcode(bytes, width, width, height, { bitDepth: 8 });
}

testOn("cuda", kOnGpu, "the caller's context is worked in, and left current nowhere", async () => {
  const { path } = await clip(kName);
  using context = new CallersContext();
  {
    using device = await requestDevice({ backend: "cuda", cudaContext: context.handle });
    assertEquals(device.cudaContext, context.handle);
    using demuxer = await device.createDemuxer(path);
    using decoder = await device.createDecoder({ codec: "h264", cudaContext: context.handle });
    assertRun(await numbersOf(decoder.frames(demuxer)), 0, 45);
    assertEquals(currentContext(), 0n);
    for (const wrong of [{ cudaContext: 64 }, { cudaContext: context.handle + 64n }]) {
      const make = () => device.createDecoder({ codec: "h264", ...wrong });
      await assertRejects(make, UnsupportedError, "context");
      const open = () => device.createSimpleDecoder(path, wrong);
      await assertRejects(open, UnsupportedError, "context");
    }
    using video = await device.createSimpleDecoder(path, { cudaContext: context.handle });
    assertEquals(await numbersOf(await video.getBatchFramesByIndex([44, 3])), [44, 3]);
    decoder.close();
    video.close();
    await device[Symbol.asyncDispose]();
  }
  assertNoDriverProblems();
});

testOn("cuda", kOnGpu, "a device works in its GPU's primary context unless told", async () => {
  await withDevice(async (device) => {
    await withDevice((other) => {
      assert(device.cudaContext !== null && device.cudaContext > 0n);
      assertEquals(other.cudaContext, device.cudaContext);
      return Promise.resolve();
    });
  });
});

/** Reads every frame by `stream` alone, closing it at once; the numbers that were read. */
async function numbersOnStream(
  frames: AsyncIterable<Frame>,
  consumer: CudaConsumer,
): Promise<number[]> {
  const reads: [copy: number, width: number, height: number][] = [];
  for await (using frame of frames) {
    reads.push([consumer.read(...placeOf(frame)), frame.width, frame.height]);
  }
  return reads.map(([copy, width, height]) => barcodeIn(consumer.bytes(copy), width, height));
}

testOn(
  "cuda",
  kOnGpu,
  "frames are complete on the caller's stream, until it has read them",
  async () => {
    const { path } = await clip(kName);
    await withDevice(async (device) => {
      using consumer = new CudaConsumer(device.cudaContext!);
      const cudaStream = consumer.stream;
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec, cudaStream });
      assertRun(await numbersOnStream(decoder.frames(demuxer), consumer), 0, 45);
      using video = await device.createSimpleDecoder(path, { cudaStream, engines: 2 });
      assertRun(await numbersOnStream(video, consumer), 0, 45);
      using threaded = await device.createThreadedDecoder(path, { cudaStream, bufferSize: 3 });
      assertRun(await numbersOnStream(threaded, consumer), 0, 45);
    });
  },
);

testOn("cuda", kOnGpu, "tensors and RGB frames are complete on the caller's stream", async () => {
  const { path } = await clip(kName);
  await withDevice(async (device) => {
    using consumer = new CudaConsumer(device.cudaContext!);
    const options = { cudaStream: consumer.stream };
    using video = await device.createSimpleDecoder(path, options);
    using rgb = await device.createSimpleDecoder(path, { ...options, outputColorType: "rgb" });
    const tensor = { dtype: "float16", layout: "chw" } as const;
    const copies: [copy: number, wanted: Uint8Array][] = [];
    for (const index of [3, 40, 17]) {
      using frame = await video.at(index);
      using converted = await frame.toTensor(tensor);
      using colored = await rgb.at(index);
      using batch = await video.getBatchTensor([index, 5], { ...tensor, layout: "nchw" });
      const memories = [frame, converted, colored, batch];
      const numbers = memories.map((memory) => consumer.read(...placeOf(memory)));
      for (const [i, memory] of memories.entries()) {
        copies.push([numbers[i], await bytesOf(memory)]);
      }
    }
    for (const [copy, wanted] of copies) assertEquals(consumer.bytes(copy), wanted);
  });
});

testOn(
  "cuda",
  kOnGpu,
  "cudaArrayInterface makes memory complete on the default stream",
  async () => {
    const { path } = await clip(kName);
    await withDevice(async (device) => {
      // A stream that waits for the legacy default one, as torch's and CuPy's are.
      using consumer = new CudaConsumer(device.cudaContext!, true);
      using video = await device.createSimpleDecoder(path);
      const numbers: number[] = [];
      for (let i = 0; i < 20; i++) {
        using frame = await video.at(i);
        const { data: [pointer] } = frame.cudaArrayInterface!;
        const copy = consumer.read(pointer, frame.byteLength);
        numbers.push(barcodeIn(consumer.bytes(copy), frame.width, frame.height));
      }
      assertRun(numbers, 0, 20);
    });
  },
);

testOn(
  "cuda",
  kOnGpu,
  "DLPack of a GPU's memory is complete on the consumer's stream",
  async () => {
    const { path } = await clip(kName);
    await withDevice(async (device) => {
      using consumer = new CudaConsumer(device.cudaContext!);
      for (const version of ["versioned", "legacy"] as const) {
        for (const [stream, reader] of [[consumer.stream, consumer.stream], [1, 1n], [2, 2n]]) {
          const frame = await firstFrame(device, path);
          const capsule = frame.toDLPack({ version, stream });
          assertEquals([...capsule.dlpackDevice], [2, device.gpu]);
          const struct = readDLPack(capsule.release(), version);
          assertEquals([...struct.device], [2, device.gpu]);
          assertEquals([struct.data, struct.byteOffset], [frame.devicePointer, 0n]);
          assertEquals([[...struct.dtype], [...struct.shape]], [[1, 8, 1], [216, 176]]);
          assertEquals([...struct.strides], [176, 1]);
          const copy = consumer.read(struct.data, frame.byteLength, BigInt(reader));
          frame.close();
          await struct.delete({ onThread: true });
          // Its memory may be used again only behind the copy.
          for (let i = 0; i < 4; i++) (await firstFrame(device, path)).close();
          assertEquals(barcodeIn(consumer.bytes(copy, BigInt(reader)), 176, 144), 0);
        }
      }
      await until(() => device.stats.liveCapsules === 0, () => "the exports to be gone");
    });
  },
);

testOn("cuda", kOnGpu, "an export outlives frame, decoder and device, also by planes", async () => {
  const { path } = await clip("vp9_odd.webm");
  const device = await requestDevice({ backend: "cuda" });
  const consumer = new CudaConsumer(device.cudaContext!);
  const frame = await firstFrame(device, path);
  const wanted = await bytesOf(frame);
  assertThrows(() => frame.toDLPack(), UnsupportedError, "plane");
  const exported = [0, 1].map((plane) => {
    const address = frame.toDLPack({ plane, stream: consumer.stream }).release();
    return readDLPack(address, "versioned");
  });
  assertEquals(exported.map(({ data }) => data), frame.planes.map((plane) => plane.devicePointer));
  assertEquals(exported.map(({ shape }) => [...shape]), [[241, 321], [121, 161, 2]]);
  frame.close();
  device.close();
  const [luma, chroma] = exported.map(({ data, strides: [pitch], shape: [rows] }) =>
    consumer.bytes(consumer.read(data, pitch * rows))
  );
  assertEquals(luma, wanted.subarray(0, 241 * 321));
  assertEquals(chroma, wanted.subarray(241 * 321));
  // The last export takes the context with it.
  consumer[Symbol.dispose]();
  for (const struct of exported) await struct.delete();
});

testOn("cuda", kOnGpu, "streams of consumers are checked", async () => {
  const { path } = await clip(kName);
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path);
    using tensor = await frame.toTensor();
    for (const source of [frame, tensor]) {
      // 0 might mean either default stream, says the protocol.
      for (const stream of [0, 0n, -2]) {
        assertThrows(() => source.toDLPack({ stream }), RangeError, "stream");
      }
      for (const stream of ["1", null, 1.5]) {
        assertThrows(() => source.toDLPack({ stream: stream as number }), TypeError, "stream");
      }
      for (const stream of [-1, 1, 2n, undefined]) source.toDLPack({ stream }).close();
    }
    for (const cudaStream of ["1", null, -1, 1.5]) {
      const wrong = { cudaStream: cudaStream as number };
      const ways = [
        () => device.createDecoder({ codec: "h264", ...wrong }),
        () => device.createSimpleDecoder(path, wrong),
        () => device.createThreadedDecoder(path, wrong),
        () => requestDevice({ cudaContext: cudaStream as number }),
      ];
      for (const way of ways) await assertRejects(way, Error, "cuda");
    }
    frame.close();
    tensor.close();
    assertThrows(() => frame.toDLPack({ stream: 1 }), ClosedError);
    assertThrows(() => tensor.toDLPack({ stream: 1 }), ClosedError);
  });
});

test("a stream means nothing to memory of the host", async () => {
  const { path } = await clip(kName);
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path, hostFrames());
    using tensor = await frame.toTensor();
    for (const stream of [1, 2n]) {
      assertThrows(() => frame.toDLPack({ stream }), Error, "stream");
      assertThrows(() => tensor.toDLPack({ stream }), Error, "stream");
    }
    if (contractBackend() === "cpu") assertEquals(device.cudaContext, null);
  });
});
