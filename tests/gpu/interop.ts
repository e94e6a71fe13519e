/**
 * Frames and tensors in a GPU's memory in the hands of torch and CuPy, which run inside this process:
 *
 *     PYTHONPATH=... deno run -A tests/gpu/interop.ts [LIBPYTHON]
 *
 * Prints what each saw and ends with status 1 if anything differs from what copyTo() gives.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { Python } from "../../examples/python.ts";
import type { CudaArrayInterface, Device, DLPackCapsule, Frame, Tensor } from "../../mod.ts";
import { clip } from "../support/clips.ts";
import { keepFindings } from "./findings.ts";
import { gpuDevice, isSimulated } from "./gpu_device.ts";

/** About 50 ms of a GPU. */
const kSlowCycles = 100_000_000;
const kPatienceMs = 10_000;

type Shared = Frame | Tensor;
type Seen = { address: string; dtype: string; shape: number[]; sameBytes: boolean };

const findings: Record<string, unknown> = {};
const python = new Python(process.argv[2]);
python.run(await readFile(new URL("./interop.py", import.meta.url), "utf8"));

function ask<T>(expression: string): T {
  python.run(`answer = ${expression}`);
  return JSON.parse(python.text("answer"));
}

function keep(name: string, isRight: boolean, details: unknown): void {
  findings[name] = { isRight, details };
  if (!isRight) process.exitCode = 1;
  console.log(`${isRight ? "ok" : "WRONG"} ${name}: ${JSON.stringify(details)}`);
  keepFindings("interop", findings);
}

async function attempt(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    keep(name, false, String(error));
  }
}

/** Makes the bytes known to Python under `expected`. */
async function expect(shared: Shared): Promise<void> {
  const bytes = new Uint8Array(shared.byteLength);
  await shared.copyTo(bytes);
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
  python.run(`import ctypes\nexpected = ctypes.string_at(${address}, ${bytes.length})`);
}

/** Sets `capsule` in Python, for a stream of the consumer. */
function give(shared: Shared, stream: number | bigint): DLPackCapsule {
  const capsule = shared.toDLPack({ version: "versioned", stream });
  const object = python.capsule(capsule.address, capsule.name);
  python.set("capsule", object);
  return capsule;
}

async function freed(device: Device): Promise<boolean> {
  const end = performance.now() + kPatienceMs;
  while (device.stats.liveCapsules > 0) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return true;
}

async function byDLPack(device: Device, library: string, what: string, shared: Shared) {
  await expect(shared);
  const capsule = give(shared, 1);
  python.run(
    `array, asked = take("${library}", ${
      JSON.stringify(capsule.dlpackDevice)
    }, capsule)\ndel capsule`,
  );
  capsule.release();
  const seen = ask<Seen>("look(array, expected)");
  const pointer = "devicePointer" in shared ? shared.devicePointer : null;
  shared.close();
  const later = ask<Seen>("look(array, expected)");
  python.run("del array");
  const isFreed = await freed(device);
  const isRight = seen.address === String(pointer) && seen.sameBytes && later.sameBytes && isFreed;
  keep(`${library} takes ${what} by DLPack`, isRight, { pointer: `${pointer}`, seen, isFreed });
}

function description(it: CudaArrayInterface): string {
  const { shape, typestr, data, strides, version, stream } = it;
  const list = (values: readonly number[]): string => `[${values.join()}]`;
  return `[${list(shape)}, "${typestr}", (${data[0]}, ${data[1] ? "True" : "False"}), ` +
    `${list(strides)}, ${version}, ${stream}]`;
}

async function byInterface(what: string, shared: Shared): Promise<void> {
  await expect(shared);
  const it = shared.cudaArrayInterface!;
  python.run(
    `import cupy\narray = cupy.asarray(Interface(${description(it)}))`,
  );
  const seen = ask<Seen>("look(array, expected)");
  python.run("del array");
  const isRight = seen.address === String(it.data[0]) && seen.sameBytes;
  keep(`CuPy takes ${what} by its interface`, isRight, seen);
  shared.close();
}

/** Frames go to a stream that is busy, and are closed at once; later ones must not overwrite them. */
async function onSlowStream(device: Device, path: string): Promise<void> {
  python.run(`late = Late(${kSlowCycles})`);
  const stream = BigInt(ask<string>("late.handle()"));
  await using video = await device.createSimpleDecoder(path, { outputColorType: "rgb" });
  const indices = Array.from({ length: 12 }, (_, i) => i);
  let wasBehind = 0;
  const asked = new Set<string>();
  for (const index of indices) {
    using frame = await video.at(index);
    const capsule = give(frame, stream);
    const device = JSON.stringify(capsule.dlpackDevice);
    asked.add(ask<string>(`late.copy(${device}, capsule)`));
    python.run("del capsule");
    capsule.release();
    if (ask<boolean>("late.is_behind()")) wasBehind++;
  }
  let right = 0;
  for (const index of indices) {
    using frame = await video.at(index);
    await expect(frame);
    if (ask<Seen>(`late.look(${index}, expected)`).sameBytes) right++;
  }
  python.run("del late");
  // Otherwise it was not slow, and nothing is proved.
  const isLate = isSimulated || wasBehind > 0;
  const details = {
    right,
    of: indices.length,
    wasBehind,
    asked: [...asked],
    freed: await freed(device),
  };
  keep("a slow stream of torch sees its frames", right === indices.length && isLate, details);
}

const { path } = await clip("h264_b_pyramid.mp4");
const { path: deepPath } = await clip("hevc_10bit.mp4");
const { path: largePath } = await clip("h264_1080p.mp4");
{
  await using device = await gpuDevice();
  const first = async (file: string, color: "native" | "rgb" | "rgbp"): Promise<Frame> => {
    await using video = await device.createSimpleDecoder(file, { outputColorType: color });
    return await video.at(3);
  };
  const tensor = async (dtype: "float16" | "float32"): Promise<Tensor> => {
    using frame = await first(path, "native");
    return await frame.toTensor({ layout: "chw", dtype, resize: { width: 64, height: 64 } });
  };
  for (const library of ["torch", "cupy"]) {
    const version = ask<string>(`version_of("${library}")`);
    console.log(`${library}: ${version}`);
    if (version.startsWith("absent")) {
      keep(library, false, version);
      continue;
    }
    await attempt(
      `${library} rgb`,
      async () => byDLPack(device, library, "rgb", await first(path, "rgb")),
    );
    await attempt(
      `${library} NV12`,
      async () => byDLPack(device, library, "NV12", await first(path, "native")),
    );
    await attempt(
      `${library} rgbp`,
      async () => byDLPack(device, library, "rgbp", await first(largePath, "rgbp")),
    );
    await attempt(
      `${library} P010`,
      async () => byDLPack(device, library, "P010", await first(deepPath, "native")),
    );
    for (const dtype of ["float16", "float32"] as const) {
      await attempt(
        `${library} ${dtype}`,
        async () => byDLPack(device, library, dtype, await tensor(dtype)),
      );
    }
  }
  await attempt("CuPy interface rgb", async () => byInterface("rgb", await first(path, "rgb")));
  await attempt(
    "CuPy interface P010",
    async () => byInterface("P010", await first(deepPath, "native")),
  );
  await attempt(
    "CuPy interface float32",
    async () => byInterface("float32", await tensor("float32")),
  );
  await attempt("slow stream", () => onSlowStream(device, largePath));
}
