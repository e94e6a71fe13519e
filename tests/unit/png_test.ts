import { assertEquals, assertThrows } from "@std/assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { encodePng } from "../../examples/png.ts";
import { ffmpeg } from "../support/ffmpeg.ts";

test("ffmpeg reads back the pixels that encodePng was given", async () => {
  const folder = await mkdtemp(join(tmpdir(), "png_test-"));
  try {
    const rgb = Uint8Array.from({ length: 37 * 11 * 3 }, (_, i) => (i * i * 31) >> 3);
    const path = join(folder, "picture.png");
    await writeFile(path, encodePng(rgb, 37, 11));
    const { stdout } = await ffmpeg(["-i", path, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"]);
    assertEquals(stdout, rgb);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("encodePng refuses a picture of the wrong size", () => {
  assertThrows(() => encodePng(new Uint8Array(12), 3, 2), RangeError, "3 x 2");
});
