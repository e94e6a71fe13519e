/** Adapters and devices. */
import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import type { DecoderQueryDescriptor } from "../../mod.ts";
import {
  ClosedError,
  CuframeAdapter,
  Device,
  listAdapters,
  requestAdapter,
  requestDevice,
  UnsupportedError,
} from "./cuframe.ts";
import {
  barcodeOf,
  contractBackend,
  firstFrame,
  inTime,
  numbersOf,
  withDevice,
} from "./contract_device.ts";

const backend = contractBackend();

test("listAdapters() describes what the machine has", async () => {
  const adapters = await listAdapters();
  assert(adapters.some((adapter) => adapter.backend === backend), "No adapter of the backend");
  for (const adapter of adapters) {
    assertInstanceOf(adapter, CuframeAdapter);
    const { info, features, limits } = adapter;
    assert(info.name.length > 0 && info.vendor.length > 0 && info.driver.length > 0);
    assertEquals(info.isSimulated, /simulat/i.test(info.name));
    assert(info.memoryBytes > 2 ** 28, `${info.memoryBytes} bytes`);
    assertMatch(info.libraryVersion, /^\d+\.\d+\.\d+/);
    assertMatch(info.libavVersions, /avcodec|libavcodec|\d+\.\d+/);
    assertMatch(info.libavLicense, /GPL/);
    assert(info.simdTarget.length > 0);
    for (const feature of ["demux", "decode", "convert", "zero-copy-views"]) {
      assert(features.has(feature), `No ${feature}`);
    }
    assert(limits.maxThreads >= 1 && Number.isInteger(limits.maxThreads));
    if (adapter.backend === "cpu") {
      assertEquals(info.processorCount, cpus().length);
      assertEquals(limits.decodeEngines, 0);
    } else assert(limits.decodeEngines > 0);
  }
});

test("requestAdapter() gives the backend that was asked for", async () => {
  assertEquals((await requestAdapter({ backend })).backend, backend);
  const best = await requestAdapter();
  assertEquals(best.backend, (await listAdapters())[0].backend);
  assertEquals((await requestAdapter({ backend: "auto" })).backend, best.backend);
});

test("a backend that is not there is an UnsupportedError that says what there is", async () => {
  const there = (await listAdapters()).map((adapter) => adapter.backend);
  for (const wanted of ["cpu", "cuda"] as const) {
    if (there.includes(wanted)) continue;
    const error = await assertRejects(
      () => requestDevice({ backend: wanted }),
      UnsupportedError,
      wanted,
    );
    assertEquals(error.code, "unsupported");
    await assertRejects(() => requestAdapter({ backend: wanted }), UnsupportedError, wanted);
  }
});

test("decoderSupport() knows the codecs that the clips use", async () => {
  const adapter = await requestAdapter({ backend });
  const codecs = [
    "h264",
    "hevc",
    "av1",
    "vp8",
    "vp9",
    "mpeg1video",
    "mpeg2video",
    "mpeg4",
    "mjpeg",
  ];
  for (
    const codec of [...codecs, "vc1", "avc1.64001f", "hvc1.1.6.L93.B0", "vp09.00.10.08", "h265"]
  ) {
    const support = await adapter.decoderSupport({ codec });
    if (!support.isSupported && backend === "cuda") {
      assertMatch(support.reason, /NVDEC .*does not decode .*decodes h264/);
      continue;
    }
    assertEquals([support.isSupported, support.reason], [true, ""], codec);
    assert(support.implementation.length > 0, codec);
    assertEquals(support.nativeFormat, "NV12", codec);
    assert(support.minWidth >= 0 && support.minHeight >= 0);
    const least = backend === "cuda" ? 2048 : 4096;
    for (const most of [support.maxWidth, support.maxHeight]) {
      assert(most === null || most >= least, `${codec}: ${most}`);
    }
  }
});

test("decoderSupport() answers for chroma, depth and size", async () => {
  const adapter = await requestAdapter({ backend });
  const formats: [query: Omit<DecoderQueryDescriptor, "codec">, format: string][] = [
    [{}, "NV12"],
    [{ bitDepth: 10 }, "P010"],
    [{ bitDepth: 12 }, "P016"],
    [{ chroma: "4:2:2" }, "NV16"],
    [{ chroma: "4:2:2", bitDepth: 10, width: 1920, height: 1080 }, "P210"],
    [{ chroma: "4:4:4" }, "YUV444"],
    [{ chroma: "4:4:4", bitDepth: 10 }, "YUV444_16"],
    [{ chroma: "4:0:0" }, "NV12"],
  ];
  for (const [query, format] of formats) {
    const support = await adapter.decoderSupport({ codec: "hevc", ...query });
    if (!support.isSupported && backend === "cuda") {
      // What every GPU that decodes HEVC takes.
      assert(query.chroma !== undefined, JSON.stringify(query));
      assertMatch(support.reason, /NVDEC .*hevc 4:2:0 8 bit/);
      continue;
    }
    assertEquals(support.isSupported, true, JSON.stringify(query));
    assertEquals(support.nativeFormat as string, format, JSON.stringify(query));
  }
});

test("decoderSupport() says why something cannot be decoded", async () => {
  const adapter = await requestAdapter({ backend });
  for (const codec of ["theora9", "aac", "no-such-codec"]) {
    const support = await adapter.decoderSupport({ codec });
    assertEquals(support.isSupported, false, codec);
    assert(support.reason.includes(codec), support.reason);
  }
  const huge = await adapter.decoderSupport({ codec: "h264", width: 1 << 20, height: 1 << 20 });
  assertEquals([huge.isSupported, huge.reason === ""], [false, false]);
});

test("descriptors of adapters and devices are checked", async () => {
  const adapter = await requestAdapter({ backend });
  const ask = adapter.decoderSupport.bind(adapter) as (query: object) => Promise<unknown>;
  const type = TypeError;
  await assertRejects(() => requestAdapter({ backend: "gpu" as "cuda" }), type, "backend");
  await assertRejects(() => requestAdapter({ backends: "cpu" } as object), type, "backends");
  await assertRejects(() => requestAdapter(null as unknown as object), type, "object");
  await assertRejects(() => requestDevice({ thread: 2 } as object), type, "thread");
  await assertRejects(() => requestDevice({ threads: "2" } as object), type, "threads");
  await assertRejects(() => requestDevice({ label: 7 } as object), type, "label");
  await assertRejects(() => adapter.requestDevice({ backend } as object), type, "backend");
  for (const threads of [0, -1, 1.5, NaN, 1e9]) {
    await assertRejects(() => requestDevice({ threads }), RangeError, "threads");
  }
  await assertRejects(() => ask({}), type, "codec");
  await assertRejects(() => ask({ codec: "" }), type, "codec");
  await assertRejects(() => ask({ codec: "h264", chroma: "420" }), type, "chroma");
  await assertRejects(() => ask({ codec: "h264", bitDepth: 7 }), RangeError, "bitDepth");
  await assertRejects(() => ask({ codec: "h264", width: 0 }), RangeError, "width");
  await assertRejects(() => ask({ codec: "h264", depth: 8 }), type, "depth");
});

test("a device has the properties that were asked for", async () => {
  const adapter = await requestAdapter({ backend });
  using device = await adapter.requestDevice({ threads: 2, label: "two threads" });
  assert(device instanceof Device);
  assertEquals([device.backend, device.threads, device.label], [backend, 2, "two threads"]);
  await using other = await requestDevice({ backend });
  assertEquals(other.label, "device");
  assertEquals(other.threads, cpus().length);
});

test("device.stats counts what is alive and what was done", async () => {
  const { path } = await clip("h264_ipp.ts");
  await withDevice(async (device) => {
    const fresh = device.stats;
    assertEquals([fresh.liveHandles, fresh.frameBytes, fresh.bytesRead], [0, 0, 0]);
    assertEquals([fresh.packetsDecoded, fresh.framesDecoded, fresh.decodersCreated], [0, 0, 0]);
    const demuxer = await device.createDemuxer(path);
    const decoder = await device.createDecoder({ codec: demuxer.codec });
    const frames = decoder.frames(demuxer);
    const { value: frame } = await frames.next();
    const { liveDemuxers, liveDecoders, liveFrames, liveHandles, bytesRead, frameBytes } =
      device.stats;
    assertEquals([liveDemuxers, liveDecoders], [1, 1]);
    assert(liveFrames >= 1 && liveHandles >= 2 + liveFrames, `${liveFrames} of ${liveHandles}`);
    assert(frameBytes >= frame!.byteLength, `${frameBytes} bytes of frames`);
    assert(bytesRead > 10_000, `${bytesRead} bytes read`);
    frame!.close();
    assertEquals((await numbersOf(frames)).length, 44);
    const { packetsDecoded, framesDecoded, decodersCreated } = device.stats;
    assertEquals([packetsDecoded, framesDecoded, decodersCreated], [45, 45, 1]);
    assertEquals(device.stats.liveFrames, 0);
    decoder.close();
    demuxer.close();
    using blob = await device.createDemuxer(new Uint8Array(await readFile(path)));
    assertEquals([device.stats.liveSources, device.stats.liveDemuxers], [1, 1]);
    blob.close();
    assert(device.stats.pooledBytes >= 0 && device.stats.quarantinedBytes === 0);
  });
});

test("devices count for themselves", async () => {
  const { path } = await clip("h264_64x64.mp4");
  await withDevice(async (idle) => {
    await withDevice(async (busy) => {
      using frame = await firstFrame(busy, path);
      assertEquals(await barcodeOf(frame), 0);
    });
    assertEquals(idle.stats.framesDecoded, 0);
    assertEquals(idle.stats.bytesRead, 0);
  });
});

test("device.lost resolves when the device is closed, not before", async () => {
  const device = await requestDevice({ backend, label: "short-lived" });
  const before = await Promise.race([device.lost, Promise.resolve("usable")]);
  assertEquals(before as unknown, "usable");
  device.close();
  const { reason, message } = await inTime(device.lost, "device.lost");
  assertEquals(reason, "closed");
  assert(message.includes("short-lived"), message);
});

test("a closed device refuses work with ClosedError; closing again does nothing", async () => {
  const { path } = await clip("h264_64x64.mp4");
  const device = await requestDevice({ backend });
  const demuxer = await device.createDemuxer(path);
  const decoder = await device.createDecoder({ codec: demuxer.codec });
  device.close();
  device.close();
  device[Symbol.dispose]();
  await device[Symbol.asyncDispose]();
  await assertRejects(() => device.createDemuxer(path), ClosedError, "device");
  await assertRejects(() => device.createDecoder({ codec: "h264" }), ClosedError, "device");
  let error: unknown;
  try {
    device.stats;
  } catch (caught) {
    error = caught;
  }
  assertInstanceOf(error, ClosedError);
  await assertRejects(() => inTime(demuxer.read(), "read()"), ClosedError);
  await assertRejects(() => inTime(decoder.flush(), "flush()"), ClosedError);
  demuxer.close();
  decoder.close();
});

test("closing the device ends what is pending with ClosedError", async () => {
  const { path } = await clip("h264_1080p.mp4");
  const device = await requestDevice({ backend });
  const demuxer = await device.createDemuxer(path);
  const decoder = await device.createDecoder({ codec: demuxer.codec });
  const pending: [what: string, promise: Promise<unknown>][] = [
    ["frames()", decoder.frames(demuxer).next()],
    ["createDemuxer()", device.createDemuxer(path)],
    ["createDecoder()", device.createDecoder({ codec: "h264" })],
  ];
  device.close();
  for (const [what, promise] of pending) {
    const error = await inTime(promise.then(() => undefined, (reason) => reason), what);
    // What was done already may be given.
    if (error !== undefined) assertInstanceOf(error, ClosedError, `${what}: ${error}`);
  }
  demuxer.close();
  decoder.close();
});
