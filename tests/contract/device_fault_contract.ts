/** A GPU that fails: lost, out of memory, damaged pictures. By the simulated driver's faults. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { test } from "node:test";
import type { Demuxer, Device, Frame } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { type SimulatedDriver, simulatedDriver } from "../support/simulated_driver.ts";
import {
  assertNoDriverProblems,
  assertRun,
  barcodesOf,
  contractBackend,
  inTime,
  numbersOf,
  until,
} from "./contract_device.ts";
import {
  CorruptDataError,
  CuframeError,
  DeviceLostError,
  OutOfMemoryError,
  requestDevice,
} from "./cuframe.ts";

const kName = "h264_b_pyramid.mp4";
const driver = contractBackend() === "cuda" ? simulatedDriver() : null;
const kSkip = { skip: driver === null ? "Only a simulated GPU fails on demand" : false };
/** CUresult: what a driver says of a GPU that is gone, of a kernel that faulted, of no memory. */
const kGone = 46;
const kFault = 700;
const kNoMemory = 2;
/** cuvidDecodeStatus */
const kError = 8;
const kConcealed = 9;

/** Work with a GPU that is whole again afterwards. */
async function withFaults(
  work: (device: Device, faults: SimulatedDriver, path: string) => Promise<void>,
): Promise<void> {
  const { path } = await clip(kName);
  try {
    await using device = await requestDevice({ backend: "cuda" });
    await work(device, driver!, path);
  } finally {
    const contexts = (): number => driver!.count("contexts");
    await until(() => contexts() === 0, () => `no contexts: ${contexts()}`);
    assertNoDriverProblems();
    driver!.reset();
  }
}

for (const code of [kGone, kFault]) {
  test(`a GPU that is lost (${code}) ends all work with DeviceLostError`, kSkip, async () => {
    await withFaults(async (device, faults, path) => {
      using video = await device.createSimpleDecoder(path);
      using threaded = await device.createThreadedDecoder(path);
      using demuxer = await device.createDemuxer(path);
      using decoder = await device.createDecoder({ codec: demuxer.codec });
      const frames = decoder.frames(demuxer);
      using kept = (await frames.next()).value!;
      const before = await Promise.race([device.lost, Promise.resolve("usable")]);
      assertEquals<unknown>(before, "usable");
      faults.loseDevice(0, code);
      const ways: Readonly<Record<string, () => Promise<unknown>>> = {
        "frames()": () => numbersOf({ [Symbol.asyncIterator]: () => frames }),
        "at()": () => video.at(30),
        "getBatchFrames()": async () => {
          for (;;) {
            const batch = await threaded.getBatchFrames(4);
            if (batch.length === 0) return;
            try {
              await barcodesOf(batch);
            } finally {
              for (const frame of batch) frame.close();
            }
          }
        },
        "toTensor()": () => kept.toTensor(),
        "copyTo()": () => kept.copyTo(new Uint8Array(kept.byteLength)),
        "createDecoder()": () => decodeOne(device, demuxer),
      };
      for (const [what, way] of Object.entries(ways)) {
        const error = await assertRejects(() => inTime(way(), what), DeviceLostError);
        assertEquals(error.code, "device-lost", what);
      }
      const { reason, message } = await inTime(device.lost, "device.lost");
      assertEquals(reason, "unknown");
      assert(message.includes("GPU was lost"), message);
    });
  });
}

/** Makes a decoder and a frame. */
async function decodeOne(device: Device, demuxer: Demuxer): Promise<void> {
  using decoder = await device.createDecoder({ codec: demuxer.codec });
  for await (using _ of decoder.frames(demuxer)) return;
}

test("after a loss another device of the process works again", kSkip, async () => {
  await withFaults(async (device, faults, path) => {
    using video = await device.createSimpleDecoder(path);
    (await video.at(3)).close();
    faults.loseDevice(0, kGone);
    await assertRejects(() => video.at(40), DeviceLostError);
  });
  await withFaults(async (device, _, path) => {
    using video = await device.createSimpleDecoder(path);
    assertRun(await numbersOf(video), 0, 45);
  });
});

test("a picture that NVDEC could not decode is thrown, skipped or marked", kSkip, async () => {
  await withFaults(async (device, faults, path) => {
    for (const status of [kError, kConcealed]) {
      for (const onError of ["throw", "skip", "conceal"] as const) {
        using demuxer = await device.createDemuxer(path);
        using decoder = await device.createDecoder({ codec: demuxer.codec, onError });
        // The fourth packet is a B picture that nothing refers to.
        faults.setDecodeStatus(4, status);
        const statuses: string[] = [];
        const errors: unknown[] = [];
        for (let isAtEnd = false; !isAtEnd;) {
          try {
            for await (using frame of decoder.frames(demuxer)) statuses.push(frame.decodeStatus);
            isAtEnd = true;
          } catch (error) {
            errors.push(error);
          }
        }
        const bad = statuses.filter((one) => one !== "ok").length;
        assertEquals(
          [statuses.length, bad, errors.length],
          {
            throw: [44, 0, 1],
            skip: [44, 0, 0],
            conceal: [45, 1, 0],
          }[onError],
        );
        for (const error of errors) assertInstanceOf(error, CorruptDataError);
        assertEquals(decoder.stats.framesCorrupt, 1);
      }
    }
  });
});

for (const name of ["cuMemAllocFromPoolAsync", "cuvidCreateDecoder"]) {
  test(
    `without memory for ${name}() there is an OutOfMemoryError, and then a frame`,
    kSkip,
    async () => {
      await withFaults(async (device, faults, path) => {
        // It is tried ahead while the video is opened, again with what is given back, and when the next
        // packet comes.
        for (let i = 1; i <= 30; i++) faults.fail(name, i, kNoMemory);
        using video = await device.createSimpleDecoder(path, {
          engines: 1,
          outputColorType: "rgb",
        });
        const error = await assertRejects(() => video.at(5), OutOfMemoryError);
        assertEquals(error.code, "out-of-memory");
        faults.reset();
        const frames: Frame[] = await video.getBatchFramesByIndex([5, 44]);
        assertEquals(frames.map(({ index }) => index), [5, 44]);
        frames.forEach((frame) => frame.close());
      });
    },
  );
}

test("any call that fails ends in a typed error, and leaves the device usable", kSkip, async () => {
  const { path } = await clip("h264_64x64.mp4");
  const work = async (device: Device): Promise<void> => {
    using video = await device.createSimpleDecoder(path, { engines: 1 });
    using frame = await video.at(3);
    (await frame.toTensor({ dtype: "float32" })).close();
    await frame.copyTo(new Uint8Array(frame.byteLength));
    (await video.getBatchTensor([20, 7])).close();
  };
  await withFaults(async (device, faults) => {
    await work(device);
    let failures = 0;
    for (let nth = 1; nth < 200; nth += 7) {
      faults.fail("*", nth, 1);
      const error = await inTime(work(device).catch((error: unknown) => error), `Call ${nth}`);
      if (error !== undefined) {
        assertInstanceOf(error, CuframeError, `Call ${nth}: ${error}`);
        failures++;
      }
      faults.reset();
      await work(device);
    }
    assert(failures > 5, `${failures} failures`);
  });
});
