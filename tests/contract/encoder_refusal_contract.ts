/** What an encoder refuses, with sentences that say what is expected; and what can be asked beforehand. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import { clip } from "../support/clips.ts";
import { rawPictures } from "../support/raw_pictures.ts";
import { contractBackend, firstFrame, testOn, withDevice } from "./contract_device.ts";
import { ClosedError, requestAdapter, UnsupportedError } from "./cuframe.ts";

type ErrorClass = typeof TypeError | typeof RangeError | typeof UnsupportedError;

const kSize = { width: 176, height: 144 };

const kMakings: readonly [descriptor: object, kind: ErrorClass, text: string][] = [
  [{ width: 176 }, TypeError, 'createEncoder() needs the key "height"'],
  [
    { ...kSize, colour: "bt709" },
    TypeError,
    'createEncoder() has no key "colour"; its keys are width, ',
  ],
  [{ ...kSize, width: 0 }, RangeError, "width must be an integer from 1"],
  [{ ...kSize, height: 65537 }, RangeError, "height must be an integer from 1 to 65536"],
  [{ ...kSize, format: "nv21" }, TypeError, 'format must be "nv12" or "yv12" or'],
  [{ ...kSize, codec: "vp9" }, TypeError, 'codec must be "h264" or "hevc" or "av1", not "vp9"'],
  [{ ...kSize, preset: "P8" }, TypeError, 'preset must be "P1" or'],
  [{ ...kSize, qp: 20, constQp: 20 }, TypeError, "qp and constQp are the same"],
  [
    { ...kSize, cq: 20, rc: "cbr" },
    TypeError,
    'cq is a target of rc "vbr"; leave one of the two out',
  ],
  [{ ...kSize, qp: 20, rc: "vbr" }, TypeError, 'constQp is for rc "constqp"'],
  [
    { ...kSize, tuningInfo: "lossless", rc: "cbr" },
    TypeError,
    "A lossless stream has no bit rate to keep",
  ],
  [
    { ...kSize, rc: "vbr", bitrate: 20, maxBitrate: 10 },
    TypeError,
    "maxBitrate is less than bitrate",
  ],
  [{ ...kSize, vbvBufSize: 10, vbvInit: 11 }, TypeError, "vbvInit is more than vbvBufSize holds"],
  [{ ...kSize, qmin: 30, qmax: [40, 29, 40] }, TypeError, "qmin is above qmax"],
  [{ ...kSize, tuningInfo: "lossless", qp: 20 }, TypeError, "A lossless stream has no constQp"],
  [{ ...kSize, slice: { data: 3 } }, TypeError, "slice.data needs slice.mode"],
  [{ ...kSize, timingInfo: { timescale: 60 } }, TypeError, "timingInfo needs both"],
  [{ ...kSize, maxWidth: 100 }, TypeError, "Pictures of 176 x 144 are larger than maxWidth"],
  [{ ...kSize, codec: "av1", slice: { mode: 3 } }, TypeError, "AV1 has no slice.mode"],
  [{ ...kSize, colorSpace: "bt2020" }, TypeError, "colorSpace takes an object"],
  [
    { ...kSize, colorSpace: { matrix: "bt2021" } },
    TypeError,
    "colorSpace: matrix must be rgb, bt709",
  ],
  [{ ...kSize, native: { preset: {} } }, TypeError, "native must be an object of texts"],
  [{ ...kSize, native: { "": 1 } }, TypeError, "native has names of one character or more"],
  [{ ...kSize, threads: 0 }, RangeError, "threads must be an integer from 1 to 256"],
  [{ ...kSize, useCpuInputBuffer: 1 }, TypeError, "useCpuInputBuffer must be true or false"],
];

for (const [descriptor, kind, text] of kMakings) {
  test(`createEncoder(${JSON.stringify(descriptor)}) is refused`, async () => {
    await withDevice(async (device) => {
      await assertRejects(() => device.createEncoder(descriptor as never), kind, text);
      assertEquals(device.stats.liveHandles, 0);
    });
  });
}

testOn("cpu", "a GPU takes them", "what is for GPUs is refused on the CPU", async () => {
  await withDevice(async (device) => {
    for (const more of [{ useCpuInputBuffer: false }, { cudaStream: 1 }, { cudaContext: 4096 }]) {
      await assertRejects(
        () => device.createEncoder({ ...kSize, ...more }),
        UnsupportedError,
        "needs a CUDA device",
      );
    }
    using encoder = await device.createEncoder({
      ...kSize,
      useCpuInputBuffer: true,
      cudaStream: 0,
    });
    const array = { shape: [216, 176], typestr: "|u1", data: [4096n, false] } as const;
    await assertRejects(
      () => encoder.encode({ cuda: () => [array] }),
      UnsupportedError,
      "the picture is in a GPU's memory and the device is the CPU",
    );
    await assertRejects(
      () => device.createEncoder({ ...kSize, native: { nosuchoption: 1 } }),
      TypeError,
      "nosuchoption",
    );
  });
});

const kNv12 = 'encode() takes a picture of 176 x 144 "nv12", uint8 [216, 176], 38016 bytes, not ';

const kInputs: readonly [input: unknown, kind: ErrorClass, text: string][] = [
  [new Uint8Array(38015), RangeError, `${kNv12}38015 bytes`],
  [new Uint16Array(38016), TypeError, `${kNv12}an object of class Uint16Array`],
  [new Float32Array(9504), TypeError, `${kNv12}an object of class Float32Array`],
  [
    { data: new Uint8Array(38016), stride: 100 },
    RangeError,
    "stride must be that or more, in whole samples, not 100",
  ],
  [
    { data: new Uint8Array(38016), stride: 200 },
    RangeError,
    "which with a stride of 200 are 43200 bytes, not 38016",
  ],
  [
    { data: new Uint8Array(38016), pitch: 200 },
    TypeError,
    'encode() has no key "pitch"; its keys are data, stride',
  ],
  [{ data: "picture" }, TypeError, "encode(): data must be bytes, not"],
  ["picture", TypeError, "encode() takes a Frame, a Tensor, bytes or CUDA arrays of a picture of"],
  [null, TypeError, "not null"],
  [[], TypeError, "not an array of 0"],
];

test("pictures that do not fit are refused with what is expected, and encoding goes on", async () => {
  await withDevice(async (device) => {
    using encoder = await device.createEncoder(kSize);
    for (const [input, kind, text] of kInputs) {
      await assertRejects(() => encoder.encode(input as never), kind, text);
    }
    assertThrows(
      () => encoder.encodeAll(3 as never),
      TypeError,
      "encodeAll() takes frames or other pictures",
    );
    assertThrows(
      () => encoder.encodeAll(new Uint8Array(3) as never),
      TypeError,
      "not an object of class",
    );
    assertThrows(() => encoder.encodeAll([], { stop: 1 } as never), TypeError, 'has no key "stop"');
    const { pictures } = await rawPictures("nv12", kSize);
    await encoder.encode(pictures[0]);
    assertEquals((await encoder.endEncode()).length, 1);
  });
});

test("frames and tensors that do not fit are refused with the format that would", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path);
    using rgb = await firstFrame(device, path, { outputColorType: "rgb" });
    using tensor = await frame.toTensor({ dtype: "float32" });
    using planar = await frame.toTensor({ layout: "chw" });
    using encoder = await device.createEncoder(kSize);
    const advice = (format: string) => `make the encoder with format: "${format}"`;
    await assertRejects(() => encoder.encode(rgb), TypeError, advice("rgb"));
    await assertRejects(() => encoder.encode(planar), TypeError, advice("rgbp"));
    await assertRejects(
      () => encoder.encode(tensor),
      TypeError,
      "not a tensor of float32 [144, 176, 3]",
    );
    using other = await device.createEncoder({ width: 160, height: 64 });
    await assertRejects(
      () => other.encode(frame),
      RangeError,
      'of 160 x 64 "nv12", uint8 [96, 160], 15360 bytes, not one of 176 x 144',
    );
    frame.close();
    await assertRejects(() => encoder.encode(frame), ClosedError, "The frame is closed");
    tensor.close();
    await assertRejects(
      () => encoder.encode(planar, { forceIdr: 1 } as never),
      TypeError,
      "forceIdr must be",
    );
    assertEquals(encoder.stats.framesEncoded, 0);
  });
});

test("a DLPack array that is not the format's is refused, and stays its owner's", async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  await withDevice(async (device) => {
    using frame = await firstFrame(device, path);
    using capsule = frame.toDLPack();
    assertThrows(() => device.fromDLPack(capsule, { format: "rgb" }), TypeError, "[216, 176]");
    assertThrows(() => device.fromDLPack(capsule, { format: "p010" }), TypeError, "uint16");
    assertThrows(
      () => device.fromDLPack(capsule, {} as never),
      TypeError,
      'needs the key "format"',
    );
    assertThrows(
      () => device.fromDLPack(3 as never, { format: "nv12" }),
      TypeError,
      "takes a DLPackCapsule",
    );
    assertThrows(
      () => device.fromDLPack({ address: 0 }, { format: "nv12" }),
      TypeError,
      "address must be an address",
    );
    assertEquals(capsule.isClosed, false);
  });
});

test("encoderSupport() refuses a colour as createEncoder() does", async () => {
  const adapter = await requestAdapter({ backend: contractBackend() });
  const texts = [
    ["rgb", "RGB is encoded as YUV; give a colour matrix other than 0, or none"],
    ["nv12", "A colour matrix of 0 is for planes of one size, as yuv444 has"],
  ] as const;
  for (const [format, text] of texts) {
    const wanted = { ...kSize, format, colorSpace: { matrix: "rgb" } } as const;
    await assertRejects(() => adapter.encoderSupport(wanted), TypeError, text);
    await withDevice(async (device) => {
      await assertRejects(() => device.createEncoder(wanted), TypeError, text);
    });
  }
});

test("encoderSupport() tells what would be encoded with, or why not", async () => {
  const adapter = await requestAdapter({ backend: contractBackend() });
  const yes = await adapter.encoderSupport({
    ...{ ...kSize, codec: "hevc", format: "P010", bf: 2, bitrate: 3_000_000 },
  });
  assertEquals([yes.isSupported, yes.reason, yes.backend], [true, "", contractBackend()]);
  assertEquals(yes.implementation, contractBackend() === "cpu" ? "libx265" : "nvenc");
  const { codec, bf, bitrate, preset, rc } = yes.settings;
  assertEquals([codec, bf, bitrate, preset, rc], ["hevc", 2, 3_000_000, "P4", "cbr"]);
  assert(yes.formats.includes("p010") && yes.formats.includes("nv12"));
  const { minWidth, minHeight, maxWidth, maxHeight, maxBFrames } = yes.limits;
  assert(minWidth >= 0 && minHeight >= 0 && maxBFrames > 0);
  const isLimit = (side: number | null): boolean => side === null || side >= 4096;
  assert(isLimit(maxWidth) && isLimit(maxHeight));

  const no = await adapter.encoderSupport({ ...kSize, codec: "av1", format: "yuv444" });
  assertEquals([no.isSupported, no.formats.includes("yuv444")], [false, false]);
  assert(no.reason.length > 0);
  await withDevice(async (device) => {
    const making = () => device.createEncoder({ ...kSize, codec: "av1", format: "yuv444" });
    const error = await assertRejects(making, UnsupportedError);
    assertEquals(error.message, no.reason);
  });
  await assertRejects(
    () => adapter.encoderSupport({ ...kSize, label: "x" } as never),
    TypeError,
    'encoderSupport() has no key "label"',
  );
  await assertRejects(
    () => adapter.encoderSupport({ ...kSize, cq: 10, rc: "cbr" }),
    TypeError,
    'cq is a target of rc "vbr"',
  );
});

test("an adapter with encoders says so", async () => {
  const adapter = await requestAdapter({ backend: contractBackend() });
  assertEquals([adapter.features.has("encode"), adapter.info.encoderUnavailable], [true, null]);
});
