/**
 * Gives a frame or tensor to numpy and to torch without a copy, by DLPack; Python runs inside Deno.
 *
 *   deno run --allow-ffi --allow-read examples/interop_numpy_torch.ts -i in.mp4
 *   PYTHONPATH=VENV/lib/python3.11/site-packages deno run --allow-ffi --allow-read \
 *     examples/interop_numpy_torch.ts -i in.mp4 --python-lib libpython3.11.so.1.0
 *
 * -i, --input       a video; its first frame is used
 * -c, --color       outputColorType: native (default), rgb, rgbp or raw
 * -p, --plane       one plane of the frame, instead of all
 * -d, --dtype       a tensor [3, H, W] of this type, such as float16, instead of the frame
 *     --python-lib  Python's shared library; default: the newest one that is installed
 *
 * It prints what each library saw; null if it cannot be imported. Bun loads Python the same way, but
 * has another FFI: this program is for Deno.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import {
  type Device,
  type DLPackCapsule,
  type DLPackDescriptor,
  type DLPackDevice,
  type Dtype,
  type Frame,
  requestDevice,
} from "../mod.ts";
import { Python, type PythonObject } from "./python.ts";

const kLibraries = ["numpy", "torch"];

/** An exported array as Python sees it, and what the program asks of the arrays that were made of it. */
const kProgram = `
import hashlib, importlib, json, threading

class Exported:
    """The two methods by which from_dlpack() takes an array."""
    def __init__(self, device, capsules):
        self.device = tuple(device)
        self.capsules = capsules
        self.given = None
    def __dlpack_device__(self):
        return self.device
    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        self.given = "versioned" if max_version and max_version[0] >= 1 else "legacy"
        if self.given not in self.capsules:
            raise BufferError("only the versioned struct can say that this array is read-only")
        return self.capsules.pop(self.given)

def pixels(array):
    return array.numpy() if hasattr(array, "data_ptr") else array

def look(array):
    address = array.data_ptr() if hasattr(array, "data_ptr") else array.ctypes.data
    return json.dumps({
        "address": str(address),
        "dtype": str(array.dtype),
        "shape": list(array.shape),
        "strides": list(array.stride()) if hasattr(array, "data_ptr") else list(array.strides),
        "isWritable": bool(pixels(array).flags.writeable),
        "sha256": hashlib.sha256(pixels(array).tobytes()).hexdigest(),
    })

def drop_in_thread(holder):
    # Python's thread runs while this one waits in join() and has given the interpreter away.
    thread = threading.Thread(target=holder.clear, name="consumer")
    thread.start()
    thread.join()

def version_of(library):
    try:
        return json.dumps(importlib.import_module(library).__version__)
    except ImportError:
        return json.dumps(None)
`;

/** What a library made of a frame. */
interface Look {
  readonly address: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** In bytes by numpy, in values by torch. */
  readonly strides: readonly number[];
  readonly isWritable: boolean;
  readonly sha256: string;
}

/** What is exported: a frame, a plane or a tensor. */
interface Exporter extends Disposable {
  readonly dlpackDevice: DLPackDevice;
  readonly versions: readonly ("versioned" | "legacy")[];
  toDLPack(descriptor: DLPackDescriptor): DLPackCapsule;
  /** The memory. */
  view(): Uint8Array<ArrayBuffer>;
  /** A copy without padding. */
  bytes(): Promise<Uint8Array>;
}

type Options = ReturnType<typeof readOptions>;

function readOptions() {
  const { values } = parseArgs({
    options: {
      input: { type: "string", short: "i" },
      color: { type: "string", short: "c", default: "native" },
      plane: { type: "string", short: "p" },
      dtype: { type: "string", short: "d" },
      "python-lib": { type: "string" },
    },
  });
  if (values.input === undefined) {
    throw new TypeError(
      "Usage: interop_numpy_torch.ts -i INPUT [-c COLOR] [-p PLANE] [-d DTYPE] [--python-lib LIBRARY]",
    );
  }
  return {
    input: values.input,
    outputColorType: values.color as "native" | "rgb" | "rgbp" | "raw",
    plane: values.plane === undefined ? undefined : Number(values.plane),
    dtype: values.dtype as Dtype | undefined,
    library: values["python-lib"],
  };
}

function frameExporter(frame: Frame, { plane, outputColorType }: Options): Exporter {
  return {
    dlpackDevice: frame.dlpackDevice,
    versions: outputColorType === "raw" ? ["versioned"] : ["versioned", "legacy"],
    toDLPack: ({ version }) => frame.toDLPack({ version, plane }),
    view: () => plane === undefined ? frame.data : frame.planes[plane].data,
    async bytes() {
      const all = new Uint8Array(frame.byteLength);
      const layout = await frame.copyTo(all);
      if (plane === undefined) return all;
      const { rows, rowBytes } = frame.planes[plane];
      return all.subarray(layout[plane].offset).subarray(0, rows * rowBytes);
    },
    [Symbol.dispose]: () => frame.close(),
  };
}

async function tensorExporter(frame: Frame, dtype: Dtype): Promise<Exporter> {
  const tensor = await frame.toTensor({ layout: "chw", dtype });
  frame.close();
  const view = () => new Uint8Array(tensor.data.buffer);
  return {
    dlpackDevice: tensor.dlpackDevice,
    versions: ["versioned", "legacy"],
    toDLPack: (descriptor) => tensor.toDLPack(descriptor),
    view,
    bytes: () => Promise.resolve(view().slice()),
    [Symbol.dispose]: () => tensor.close(),
  };
}

function ask<T>(python: Python, expression: string): T {
  python.run(`answer = ${expression}`);
  return JSON.parse(python.text("answer"));
}

/**
 * Makes `holder[0]` by from_dlpack(). Consumers ask for the versioned or the legacy struct; the one that
 * was not taken is freed here.
 */
function give(python: Python, library: string, exporter: Exporter): string {
  const exported: [DLPackCapsule, PythonObject][] = [];
  python.run("capsules = {}");
  for (const version of exporter.versions) {
    const capsule = exporter.toDLPack({ version });
    const object = python.capsule(capsule.address, capsule.name);
    exported.push([capsule, object]);
    python.set("capsule", object);
    python.run(`capsules["${version}"] = capsule\ndel capsule`);
  }
  python.run(
    `import ${library}\n` +
      `exported = Exported(${JSON.stringify(exporter.dlpackDevice)}, capsules)\n` +
      `holder = [${library}.from_dlpack(exported)]\n` +
      `given = exported.given\n` +
      `del exported, capsules`,
  );
  for (const [capsule, object] of exported) {
    if (python.isCapsule(object, capsule.name)) capsule.close();
    else capsule.release();
    python.drop(object);
  }
  return python.text("given");
}

async function tryLibrary(python: Python, library: string, device: Device, exporter: Exporter) {
  const capsule = give(python, library, exporter);
  const first = ask<Look>(python, "look(holder[0])");
  const view = exporter.view();
  const address = String(Deno.UnsafePointer.value(Deno.UnsafePointer.of(view)));
  const sha256 = createHash("sha256").update(await exporter.bytes()).digest("hex");
  const { address: theirs, sha256: seen, ...array } = first;

  view[0] ^= 0xff;
  const isShared = ask<Look>(python, "look(holder[0])").sha256 !== seen;
  view[0] ^= 0xff;

  exporter[Symbol.dispose]();
  const later = ask<Look>(python, "look(holder[0])");
  const { liveFrames, liveCapsules } = device.stats;
  python.run("drop_in_thread(holder)");
  return {
    capsule,
    ...array,
    samePointer: theirs === address,
    sameBytes: seen === sha256,
    isShared,
    afterClose: { liveFrames, liveCapsules, sameBytes: later.sha256 === sha256 },
    afterDrop: { liveCapsules: device.stats.liveCapsules },
  };
}

async function main(options: Options): Promise<void> {
  const { input, outputColorType, dtype, library } = options;
  if (typeof Deno === "undefined") throw new TypeError("interop_numpy_torch.ts runs in Deno");
  await using device = await requestDevice();
  await using video = await device.createSimpleDecoder(input, { outputColorType });
  const python = new Python(library);
  python.run(kProgram);
  const results: Record<string, unknown> = {};
  for (const name of kLibraries) {
    results[name] = null;
    const version = ask<string | null>(python, `version_of("${name}")`);
    if (version === null) continue;
    const frame = await video.at(0);
    using exporter = dtype === undefined
      ? frameExporter(frame, options)
      : await tensorExporter(frame, dtype);
    results[name] = { version, ...await tryLibrary(python, name, device, exporter) };
  }
  console.log(JSON.stringify(results));
}

await main(readOptions());
