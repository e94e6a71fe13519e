/** GPUs as adapters and devices: what they decode, who decodes the rest, and what is said of it. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Device } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { simulatedDriver } from "../support/simulated_driver.ts";
import {
  assertRun,
  backendOf,
  barcodeOf,
  contractBackend,
  decodePackets,
  firstFrame,
  numbersOf,
  printsOf,
  testOn,
  withDevice,
} from "./contract_device.ts";
import { listAdapters, requestAdapter, requestDevice, UnsupportedError } from "./cuframe.ts";

const kOnGpu = "there may be no GPU";
/** What no NVDEC before Blackwell decodes, and what is said of it. */
const kRefused: Readonly<Record<string, RegExp>> = {
  "h264_10bit.mp4":
    /NVDEC of GPU 0 does not decode h264 4:2:0 10 bit; it decodes h264 4:2:0 8 bit.*"cpu" or "auto"/,
  // NVIDIA's parser says nothing of it, and its capabilities nothing of the other.
  "vp9_444.webm":
    /NVDEC of GPU 0 does not decode vp9 4:4:4 8 bit; it decodes vp9 4:2:0 8 bit.*"cpu" or "auto"/,
  "h264_lossless.mp4": /NVDEC does not decode lossless H.264.*"cpu" or "auto"/,
};
const kTaken = "h264_b_pyramid.mp4";

testOn("cuda", kOnGpu, "a GPU is an adapter in front of the CPU's", async () => {
  const adapters = await listAdapters();
  const cpu = adapters.at(-1)!;
  assertEquals([cpu.backend, cpu.gpu, cpu.info.cudaUnavailable], ["cpu", null, null]);
  assertEquals([cpu.info.computeCapability, cpu.features.has("device-memory")], [null, false]);
  const gpus = adapters.slice(0, -1);
  assert(gpus.length > 0);
  for (const [gpu, adapter] of gpus.entries()) {
    const { info, features, limits } = adapter;
    assertEquals([adapter.backend, adapter.gpu, info.vendor], ["cuda", gpu, "NVIDIA"]);
    assertMatch(info.computeCapability!, /^\d+\.\d$/);
    assertMatch(info.driver, /\d+\.\d/);
    assertEquals(info.cudaUnavailable, null);
    assert(features.has("device-memory") && limits.decodeEngines > 0);
    assertEquals((await requestAdapter({ backend: "cuda", gpu })).gpu, gpu);
    using device = await requestDevice({ gpu });
    assertEquals([device.backend, device.gpu], ["cuda", gpu]);
  }
  for (const wrong of [gpus.length, 1000]) {
    await assertRejects(() => requestAdapter({ gpu: wrong }), UnsupportedError, `GPU ${wrong}`);
    const make = () => requestDevice({ backend: "cuda", gpu: wrong });
    await assertRejects(make, UnsupportedError, `GPU ${wrong}`);
  }
  await assertRejects(() => requestDevice({ backend: "cpu", gpu: 0 }), UnsupportedError, "gpu");
});

testOn("cpu", "it has one", "without a GPU the adapter of the CPU says why", async () => {
  const { backend, gpu, info } = (await listAdapters()).at(-1)!;
  assertEquals([backend, gpu, info.computeCapability], ["cpu", null, null]);
  const hasGpu = (await listAdapters()).length > 1;
  assertEquals(info.cudaUnavailable === null, hasGpu);
  if (!hasGpu) assertMatch(info.cudaUnavailable!, /driver|headers|GPU|CUDA/);
});

testOn("cuda", kOnGpu, "several GPUs are told apart, and work beside each other", async () => {
  const count = (await listAdapters()).length - 1;
  const { path } = await clip(kTaken);
  const devices = await Promise.all(
    Array.from({ length: count }, (_, gpu) => requestDevice({ backend: "cuda", gpu })),
  );
  await Promise.all(devices.map(async (device, gpu) => {
    using video = await device.createSimpleDecoder(path);
    const frames = await video.getBatchFramesByIndex([gpu, 40]);
    assertEquals(frames.map((frame) => [frame.gpu, ...frame.dlpackDevice]), [
      ...[[gpu, 2, gpu], [gpu, 2, gpu]],
    ]);
    assertEquals(await numbersOf(frames), [gpu, 40]);
  }));
  assertEquals(new Set(devices.map(({ cudaContext }) => cudaContext)).size, count);
  devices.forEach((device) => device.close());
});

/** What NVIDIA's support matrix and a run on an H100 say; the simulated one is an H100. */
const kH100:
  readonly (readonly [codec: string, chroma: "4:2:0" | "4:4:4" | "4:2:2", most: number])[] = [
    ...[["h264", "4:2:0", 8], ["h264", "4:4:4", 0], ["hevc", "4:2:0", 12]] as const,
    ...[["hevc", "4:4:4", 12], ["hevc", "4:2:2", 0], ["vp9", "4:2:0", 12]] as const,
    ...[["vp8", "4:2:0", 8], ["av1", "4:2:0", 0], ["mpeg2video", "4:2:0", 8]] as const,
    ...[["mpeg4", "4:2:0", 8], ["vc1", "4:2:0", 8], ["mjpeg", "4:2:0", 8]] as const,
  ];

testOn("cuda", kOnGpu, "decoderSupport() of an H100 is what an H100 decodes", async () => {
  const adapter = await requestAdapter({ backend: "cuda" });
  if (!adapter.info.name.includes("H100")) return;
  for (const [codec, chroma, most] of kH100) {
    for (const bitDepth of [8, 10, 12]) {
      const support = await adapter.decoderSupport({ codec, chroma, bitDepth });
      const what = `${codec} ${chroma} ${bitDepth}`;
      assertEquals(support.isSupported, bitDepth <= most, what);
      assertEquals(support.reason === "", support.isSupported, what);
      assert(support.decodeEngines > 0 === support.isSupported, what);
      if (!support.isSupported) continue;
      assertEquals(support.implementation, "nvdec");
      assert(support.minWidth >= 48 && support.maxWidth! >= 2048, what);
    }
  }
  const sized = (width: number, height: number) =>
    adapter.decoderSupport({ codec: "hevc", width, height });
  assertEquals((await sized(8192, 8192)).isSupported, true);
  assertMatch((await sized(8208, 144)).reason, /8192/);
  assertMatch((await sized(128, 128)).reason, /144/);
});

/** Every way to the frames of a file, with who decoded and why. */
async function decodeEveryWay(device: Device, name: string): Promise<void> {
  const { path, numbers } = await clip(name);
  const backend = await backendOf(name);
  const check = (decoder: { readonly backend: string; readonly fallbackReason: string | null }) => {
    assertEquals(decoder.backend, backend);
    if (backend === "cuda") assertEquals(decoder.fallbackReason, null);
    else assertMatch(decoder.fallbackReason!, kRefused[name]);
  };
  using demuxer = await device.createDemuxer(path);
  using decoder = await device.createDecoder({ codec: demuxer.codec });
  assertEquals([decoder.backend, decoder.fallbackReason], ["cuda", null]);
  assertEquals(await numbersOf(decodePackets(decoder, demuxer)), [...numbers]);
  check(decoder);
  assertEquals(decoder.implementation === "nvdec", backend === "cuda");
  using video = await device.createSimpleDecoder(path);
  assertEquals(await numbersOf(await video.getBatchFramesByIndex([44, 2])), [44, 2]);
  check(video);
  using threaded = await device.createThreadedDecoder(path, { startFrame: -4 });
  assertEquals(await numbersOf(threaded), numbers.slice(-4));
  check(threaded);
}

testOn("cuda", kOnGpu, "an auto device falls back stream by stream, and says why", async () => {
  using device = await requestDevice();
  await decodeEveryWay(device, kTaken);
  for (const refused of Object.keys(kRefused)) {
    await decodeEveryWay(device, refused);
    await decodeEveryWay(device, kTaken);
  }
  const { path } = await clip("ffv1.mkv");
  using video = await device.createSimpleDecoder(path);
  assertRun(await numbersOf(video), 0, 45);
  assertMatch(video.fallbackReason!, /NVDEC does not decode ffv1/);
});

for (const [refused, wanted] of Object.entries(kRefused)) {
  const what = `a cuda device never falls back from ${refused}, and says what the GPU decodes`;
  testOn("cuda", kOnGpu, what, async () => {
    if (await backendOf(refused) === "cuda") return;
    const { path } = await clip(refused);
    await withDevice(async (device) => {
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      const ways: (() => Promise<unknown>)[] = [
        () => numbersOf(decoder.frames(demuxer)),
        async () => {
          using video = await device.createSimpleDecoder(path);
          await video.at(0);
        },
        async () => {
          using video = await device.createThreadedDecoder(path);
          await video.getBatchFrames(1);
        },
      ];
      for (const way of ways) {
        const { message } = await assertRejects(way, UnsupportedError);
        assertMatch(message, wanted);
      }
      assertEquals([decoder.backend, decoder.fallbackReason], ["cuda", null]);
      const other = await assertRejects(() => device.createDecoder({ codec: "ffv1" }));
      assertMatch(`${other}`, /UnsupportedError: NVDEC does not decode ffv1.*decodes h264/);
    });
  });
}

testOn("cuda", kOnGpu, "the bytes are the CPU's, where decoding is exact", async () => {
  const names = [kTaken, "h264_mbaff.mp4", "hevc_10bit.mp4", "vp9_odd.webm", "vp8.webm"];
  using cpu = await requestDevice({ backend: "cpu" });
  await withDevice(async (device) => {
    for (const name of names) {
      const { path } = await clip(name);
      for (const outputColorType of ["native", "rgb"] as const) {
        using video = await device.createSimpleDecoder(path, { outputColorType });
        using reference = await cpu.createSimpleDecoder(path, { outputColorType });
        const wanted = await printsOf(reference.slice(0, 12));
        assertEquals(await printsOf(video.slice(0, 12)), wanted, `${name} as ${outputColorType}`);
      }
    }
  });
});

testOn("cuda", kOnGpu, "outputSize is NVDEC's own scaling", async () => {
  const { path } = await clip(kTaken);
  await withDevice(async (device) => {
    for (const [width, height] of [[88, 72], [352, 288], [160, 90]]) {
      using demuxer = await device.createDemuxer(path);
      const outputSize = { width, height };
      using decoder = await device.createDecoder({ codec: demuxer.codec, outputSize });
      const numbers: number[] = [];
      for await (using frame of decoder.frames(demuxer)) {
        assertEquals([frame.width, frame.height, frame.format], [width, height, "NV12"]);
        assertEquals(frame.byteLength, width * height * 3 / 2);
        numbers.push(await barcodeOf(frame));
      }
      assertRun(numbers, 0, 45);
    }
    for (const outputSize of [{ width: 89, height: 72 }, { width: 88, height: 71 }]) {
      const make = () => device.createDecoder({ codec: "h264", outputSize });
      await assertRejects(make, RangeError, "even");
    }
    const one = { width: 88 } as unknown as { width: number; height: number };
    const make = () => device.createDecoder({ codec: "h264", outputSize: one });
    await assertRejects(make, TypeError, "height");
  });
});

testOn("cpu", "it scales", "outputSize is for GPUs", async () => {
  await withDevice(async (device) => {
    const outputSize = { width: 88, height: 72 };
    const make = () => device.createDecoder({ codec: "h264", outputSize });
    await assertRejects(make, UnsupportedError, "scales frames");
  });
});

testOn("cuda", kOnGpu, "a simulated GPU says so", async () => {
  const { info } = await requestAdapter({ backend: contractBackend() });
  assertEquals(info.isSimulated, simulatedDriver() !== null);
  using device = await requestDevice({ backend: "cuda" });
  (await firstFrame(device, (await clip(kTaken)).path)).close();
});
