/** examples/interop_onnxruntime.ts: onnxruntime averages the channels, and so does ffmpeg's picture. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { ffmpeg } from "../support/ffmpeg.ts";
import { averagePoolModel } from "../support/onnx_model.ts";
import { type Ending, LIMIT, runProgram } from "./child.ts";
import { onnxPackage } from "./onnx_package.ts";

const kExample = "../../examples/interop_onnxruntime.ts";
const kFlags = ["--allow-ffi", "--allow-read", "--node-modules-dir=manual"];
const kMean = [0.485, 0.456, 0.406];
const kStd = [0.229, 0.224, 0.225];
/** Resizing keeps means but for the weight of the borders. */
const kTolerance = 1 / 255;

const { url, skip } = onnxPackage();
const kLimit = { ...LIMIT, skip };

/**
 * Full range, since swscale's sums overflow where limited range means brighter than white, and 8 bits,
 * since it takes 1020 of 1023 for white.
 */
const kClips: readonly (readonly [name: string, matrix: string])[] = [
  ["h264_full_709.mp4", "bt709"],
  ["h264_full_601.mp4", "bt601"],
];

function run(args: readonly string[]): Promise<Ending> {
  return runProgram(kExample, { args, permissions: kFlags });
}

async function withModel(use: (model: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-"));
  const model = join(folder, "average.onnx");
  try {
    writeFileSync(model, averagePoolModel());
    await use(model);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Means of R, G and B, 0 to 255, of every frame as swscale converts it. */
async function channelMeans(name: string, matrix: string): Promise<number[][]> {
  const { path, width, height } = await clip(name);
  const flags = "flags=neighbor+accurate_rnd+full_chroma_int+full_chroma_inp";
  const scale = `scale=in_color_matrix=${matrix}:in_range=pc:out_range=pc:${flags}`;
  const args = ["-i", path, "-vf", `${scale},format=rgb24`, "-f", "rawvideo", "pipe:1"];
  const { stdout } = await ffmpeg(args);
  const size = width * height * 3;
  return Array.from({ length: stdout.length / size }, (_, frame) => {
    const sums = [0, 0, 0];
    stdout.subarray(frame * size, (frame + 1) * size).forEach((value, i) => sums[i % 3] += value);
    return sums.map((sum) => sum / (width * height));
  });
}

for (const [name, matrix] of kClips) {
  test(`onnxruntime averages frames of ${name}`, kLimit, async () => {
    const { path } = await clip(name);
    const means = await channelMeans(name, matrix);
    await withModel(async (model) => {
      for (const size of [88, 224]) {
        const args = ["-i", path, "-m", model, "--package", url];
        const options = ["-n", "4", "--values", "12", "--size", String(size)];
        const { code, stdout, stderr } = await run([...args, ...options]);
        assertEquals([code, stderr], [0, ""]);
        const { input, indices, shape, outputs } = JSON.parse(stdout);
        assertEquals([input, indices, shape], [path, [0, 14, 29, 44], [4, 3, size, size]]);
        const [{ values, ...output }, ...more] = outputs;
        assertEquals([output, more], [{ name: "means", shape: [4, 3, 1, 1] }, []]);
        const expected = indices.flatMap((index: number) =>
          means[index].map((mean, channel) => (mean / 255 - kMean[channel]) / kStd[channel])
        );
        assertEquals(values.length, expected.length);
        for (const [i, value] of values.entries()) {
          const message = `frame ${indices[Math.floor(i / 3)]}, channel ${i % 3}, size ${size}`;
          assert(
            Math.abs(value - expected[i]) < kTolerance,
            `${message}: ${value}, ${expected[i]}`,
          );
        }
      }
    });
  });
}

test("the example says what it lacks", LIMIT, async () => {
  const usage = await run([]);
  assertEquals([usage.code, usage.stdout], [1, ""]);
  assertStringIncludes(usage.stderr, "Usage: interop_onnxruntime.ts -i INPUT -m MODEL");
  // A path: Bun would fetch a package of whatever name.
  const missing = "/nowhere/onnxruntime-node/index.js";
  const { code, stderr } = await run(["-i", "in.mp4", "-m", "a.onnx", "--package", missing]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, `Cannot import ${missing}: install it by "npm install`);
});
