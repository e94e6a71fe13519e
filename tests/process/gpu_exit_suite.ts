/** A run of tests whose process ends while decoders are freed; started by gpu_example_test.ts. */
import { strictEqual } from "node:assert";
import process from "node:process";
import { test } from "node:test";
import { requestDevice } from "../../mod.ts";

test("decode", async () => {
  using device = await requestDevice({ backend: "cuda" });
  using demuxer = await device.createDemuxer(process.env.CUFRAME_EXIT_CLIP!);
  using decoder = await device.createDecoder({ codec: demuxer.codec });
  let frames = 0;
  for await (using _frame of decoder.frames(demuxer)) frames++;
  strictEqual(frames, 45);
});
