/** A test that leaves its handler set and its device open; run by log_test.ts. */
import { test } from "node:test";
import process from "node:process";
import { requestDevice, setLogHandler } from "../../mod.ts";

test("logs and leaves everything open", async () => {
  let count = 0;
  setLogHandler(() => count++);
  const device = await requestDevice();
  const video = await device.createSimpleDecoder(process.env.CLIP!);
  (await video.at(0)).close();
  if (count < 3) throw new Error(`Only ${count} messages`);
});
