/** Streams whose headers claim pictures larger than anyone has memory for. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { av1Bomb, h264Bomb, vp9Bomb } from "../support/bombs.ts";
import { clip } from "../support/clips.ts";
import { assertRun, backendOf, contractBackend, numbersOf } from "./contract_device.ts";
import {
  type CuframeError,
  OutOfMemoryError,
  Packet,
  requestDevice,
  UnsupportedError,
} from "./cuframe.ts";

const kBudget = 32 << 20;
const backend = contractBackend();
const isGpu = backend === "cuda";

const kBombs = {
  h264: h264Bomb(16000, 16000),
  av1: av1Bomb(16384, 16384),
  vp9: vp9Bomb(16000, 16000),
};

for (const [codec, bomb] of Object.entries(kBombs)) {
  test(`headers that claim gigantic pictures are refused before memory is taken: ${codec}`, async () => {
    const claim = /headers claim pictures of 16\d+ x 16\d+, more than memoryBudgetBytes/;
    // What the GPU does not decode at all is refused when the decoder is made.
    if (await backendOf({ codec }) !== backend) return;
    for (const onDevice of [true, false]) {
      await using device = await requestDevice({
        backend,
        ...onDevice ? { memoryBudgetBytes: kBudget } : {},
      });
      const memoryBudgetBytes = onDevice ? undefined : kBudget;
      using decoder = await device.createDecoder({ codec, memoryBudgetBytes, onError: "conceal" });
      const packet = new Packet({ data: bomb, timestamp: 0, isKey: true });
      const work = async (): Promise<void> => {
        (await decoder.decode(packet)).forEach((frame) => frame.close());
        (await decoder.flush()).forEach((frame) => frame.close());
      };
      if (isGpu) {
        // NVDEC decodes nothing of that size; a parser may find no picture in it at all.
        const error = await work().catch((error: CuframeError) => error);
        assert(error === undefined || error.code === "unsupported", `${error}`);
      } else {
        const { message } = await assertRejects(work, OutOfMemoryError);
        assertMatch(message, claim);
      }
      assertEquals(device.stats.memoryBytes, 0);
    }
  });
}

test("a file that claims gigantic pictures is opened and refused", async () => {
  await using device = await requestDevice({ backend, memoryBudgetBytes: kBudget });
  using demuxer = await device.createDemuxer(h264Bomb(16000, 16000));
  assertEquals(demuxer.codec, "h264");
  using decoder = await device.createDecoder({ codec: demuxer.codec });
  const type = isGpu ? UnsupportedError : OutOfMemoryError;
  const decode = (): Promise<number[]> => numbersOf(decoder.frames(demuxer));
  const { message } = await assertRejects(decode, type);
  // NVIDIA's parser announces no pictures of that size.
  assertMatch(message, isGpu ? /16000 ?x ?16000|found no picture/ : /16000 ?x ?16000/);
  // The device is none the worse for it.
  const bytes = await readFile((await clip("h264_b_pyramid.mp4")).path);
  using sound = await device.createDemuxer(bytes);
  using other = await device.createDecoder({ codec: sound.codec });
  assertRun(await numbersOf(other.frames(sound)), 0, 45);
});
