/** Limits of the encoders: refusals with a reason, which can be asked for beforehand. */
import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { contractBackend, testOn, withDevice } from "./contract_device.ts";
import { requestAdapter, UnsupportedError } from "./cuframe.ts";

const kSize = { width: 176, height: 144 };

const kCpuReasons: readonly [descriptor: object, text: string][] = [
  [
    { codec: "h264", format: "argb", width: 177 },
    "libx264 encodes pictures of an even width and height, not 177 x 144; RGB may have others with " +
    'profile "high444"',
  ],
  [{ codec: "hevc", format: "rgb", height: 145 }, 'RGB may have others with profile "main444"'],
  [{ codec: "av1", format: "abgr", width: 177 }, "of an even width and height, not 177 x 144"],
  [{ codec: "av1", format: "nv16" }, "it takes nv12, yv12, iyuv, p010, argb, argb10, abgr"],
  [{ codec: "hevc", level: "4", constQp: 20 }, 'level "4" of libx265 goes with a bit rate or cq'],
  [{ codec: "hevc", level: "4", tuningInfo: "lossless" }, 'level "4" of libx265 goes with'],
  [{ codec: "hevc", numRefL0: 9, bf: 0 }, "libx265 predicts from 8 pictures at most"],
  [{ codec: "hevc", numRefL0: 7, bf: 3 }, "libx265 predicts from 6 pictures at most"],
  [{ codec: "av1", fps: 300 }, "libsvtav1 encodes up to 240 frames/s (fps)"],
  [{ codec: "av1", bitrate: 200_000_000 }, "libsvtav1 keeps bit rates up to 100000000 bit/s"],
  [{ codec: "av1", rc: "vbr", maxBitrate: 2 ** 32 - 1 }, "libsvtav1 keeps bit rates up to"],
  [{ codec: "av1", vbvBufSize: 10_000 }, "a buffer of 20 to 10000 ms of the greatest bit rate"],
  [{ codec: "av1", vbvBufSize: 2 ** 32 - 1 }, "a buffer of 20 to 10000 ms"],
];

for (const [descriptor, text] of kCpuReasons) {
  testOn(
    "cpu",
    "NVENC has other limits",
    `${JSON.stringify(descriptor)} has a reason`,
    async () => {
      const wanted = { ...kSize, ...descriptor };
      await withDevice(async (device) => {
        const error = await assertRejects(
          () => device.createEncoder(wanted),
          UnsupportedError,
          text,
        );
        const adapter = await requestAdapter({ backend: contractBackend() });
        assertEquals((await adapter.encoderSupport(wanted)).reason, error.message);
      });
    },
  );
}

testOn("cpu", "NVENC has other limits", "what is close to those limits is taken", async () => {
  await withDevice(async (device) => {
    for (
      const descriptor of [
        { codec: "h264", format: "argb", width: 177, profile: "high444" },
        { codec: "hevc", format: "rgb", height: 145, profile: "main444" },
        { codec: "hevc", numRefL0: 6 },
        { codec: "hevc", numRefL0: 8, bf: 0 },
        { codec: "av1", fps: 240 },
        { codec: "av1", qmin: 255, qmax: 255 },
        { codec: "av1", qmin: 0, qmax: 0 },
        { codec: "av1", bitrate: 100_000_000 },
        { codec: "av1", vbvBufSize: 200_000 },
      ] as const
    ) {
      using _ = await device.createEncoder({ ...kSize, ...descriptor });
    }
  });
});

test("encoderSupport() refuses native options as createEncoder() does", async () => {
  const adapter = await requestAdapter({ backend: contractBackend() });
  await withDevice(async (device) => {
    for (const [name, value] of [["nosuchoption", 1], ["stats", "/tmp/x"], ["preset", "fast"]]) {
      const native = { [name]: value };
      const { isSupported, reason } = await adapter.encoderSupport({ ...kSize, native });
      const making = device.createEncoder({ ...kSize, native });
      const sentence = await making.then((encoder) => encoder.close(), (error) => error.message);
      assertEquals([isSupported, reason], [sentence === undefined, sentence ?? ""]);
    }
  });
});
