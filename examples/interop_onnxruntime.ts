/**
 * Feeds evenly spaced frames of a video to an ONNX model, as one tensor that is not copied.
 *
 *   npm install --ignore-scripts onnxruntime-node
 *   deno run --allow-ffi --allow-read --node-modules-dir=manual examples/interop_onnxruntime.ts \
 *     -i in.mp4 -m model.onnx
 *   bun examples/interop_onnxruntime.ts -i in.mp4 -m model.onnx
 *
 * -i, --input    a video
 * -m, --model    a model whose first input is float32 [N, 3, size, size]
 * -n, --frames   frames that are sampled; default 8
 *     --size     width and height that frames are resized to; default 224
 *     --mean     subtracted from R, G and B of 0 to 1; default: ImageNet's
 *     --std      divides them after that; default: ImageNet's
 *     --values   values printed of each output; default 8
 *     --package  where onnxruntime-node is, if not in a node_modules folder above this file
 *
 * It prints a line of JSON with the model's outputs.
 */
import { parseArgs } from "node:util";
import { requestDevice } from "../mod.ts";

/** A tensor of onnxruntime. */
interface OnnxTensor {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint | string>;
}

/** A loaded model. */
interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>;
  release(): Promise<void>;
}

/** What is used of the package. */
interface OnnxRuntime {
  readonly InferenceSession: { create(path: string): Promise<OnnxSession> };
  readonly Tensor: new (
    type: "float32",
    data: Float32Array<ArrayBuffer>,
    dims: readonly number[],
  ) => OnnxTensor;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      model: { type: "string", short: "m" },
      frames: { type: "string", short: "n", default: "8" },
      size: { type: "string", default: "224" },
      mean: { type: "string", default: "0.485,0.456,0.406" },
      std: { type: "string", default: "0.229,0.224,0.225" },
      values: { type: "string", default: "8" },
      package: { type: "string", default: "onnxruntime-node" },
    },
  });
  const frames = Number(values.frames);
  if (values.input === undefined || values.model === undefined || !(frames >= 1)) {
    throw new TypeError(
      "Usage: interop_onnxruntime.ts -i INPUT -m MODEL [-n FRAMES] [--size PIXELS] " +
        "[--mean R,G,B] [--std R,G,B] [--values COUNT] [--package MODULE]",
    );
  }
  return {
    input: values.input,
    model: values.model,
    frames,
    size: Number(values.size),
    mean: values.mean.split(",").map(Number),
    std: values.std.split(",").map(Number),
    shown: Number(values.values),
    package: values.package,
  };
}

async function importOnnxRuntime(specifier: string): Promise<OnnxRuntime> {
  try {
    // Not a literal: the package is not among cuframe's dependencies.
    return await import(specifier);
  } catch (cause) {
    throw new Error(
      `Cannot import ${specifier}: install it by "npm install --ignore-scripts onnxruntime-node", ` +
        "and run Deno with --node-modules-dir=manual",
      { cause },
    );
  }
}

/** Whole numbers from 0 to length - 1, evenly spaced. */
function evenly(count: number, length: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => Math.floor(i * (length - 1) / Math.max(1, count - 1)),
  );
}

async function main(): Promise<void> {
  const { input, model, frames, size, mean, std, shown, ...options } = readOptions();
  const { InferenceSession, Tensor } = await importOnnxRuntime(options.package);
  const session = await InferenceSession.create(model);

  await using device = await requestDevice();
  await using video = await device.createSimpleDecoder(input);
  const indices = evenly(frames, video.length);
  using tensor = await video.getBatchTensor(indices, {
    layout: "nchw",
    dtype: "float32",
    resize: { width: size, height: size },
    mean,
    std,
  });
  // A view of native memory, which must stay until run() has ended: `tensor` is closed after that.
  const pixels = tensor.data as Float32Array<ArrayBuffer>;
  const feeds = { [session.inputNames[0]]: new Tensor("float32", pixels, tensor.shape) };
  const results = await session.run(feeds);

  const outputs = session.outputNames.map((name) => {
    const { dims, data } = results[name];
    const values = Array.from({ length: Math.min(shown, data.length) }, (_, i) => data[i]);
    // JSON has no bigint, which int64 outputs consist of.
    const plain = values.map((value) => typeof value === "bigint" ? Number(value) : value);
    return { name, shape: dims, values: plain };
  });
  console.log(JSON.stringify({ input, indices, shape: tensor.shape, outputs }));
  await session.release();
}

await main();
