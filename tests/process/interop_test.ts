/** examples/interop_numpy_torch.ts: numpy and torch judge the arrays that DLPack gives them. */
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { type Ending, IN_DENO, LIMIT, runProgram } from "./child.ts";
import { type PythonEnvironment, pythonEnvironment } from "./python_environment.ts";

const kExample = "../../examples/interop_numpy_torch.ts";
/** The first test installs torch, once. */
const kLimit = { ...IN_DENO, timeout: 600_000 };

/** What a library saw. */
type Seen = Readonly<Record<string, unknown>>;

function run(args: readonly string[], environment: Record<string, string> = {}): Promise<Ending> {
  const permissions = ["--allow-ffi", "--allow-read"];
  return runProgram(kExample, { args, permissions, environment });
}

async function seen(
  name: string,
  args: readonly string[],
  python: PythonEnvironment,
): Promise<Record<string, Seen | null>> {
  const { path } = await clip(name);
  const { code, signal, stdout, stderr } = await run(
    ["-i", path, "--python-lib", python.library, ...args],
    { PYTHONPATH: python.path },
  );
  assertEquals({ code, signal, stderr }, { code: 0, signal: null, stderr: "" }, stdout);
  const results = JSON.parse(stdout);
  assertEquals(Object.keys(results), ["numpy", "torch"]);
  assert(results.numpy !== null);
  assertEquals(results.torch !== null, python.hasTorch);
  return results;
}

/** No copy was made, the memory outlives the frame, and the drop on a thread of Python frees it. */
const kShared = {
  ...{ samePointer: true, sameBytes: true, isShared: true },
  afterClose: { liveFrames: 0, liveCapsules: 1, sameBytes: true },
  afterDrop: { liveCapsules: 0 },
};

const kCases: readonly [
  name: string,
  args: readonly string[],
  dtype: string,
  shape: readonly number[],
  isWritable: boolean,
][] = [
  ["h264_b_pyramid.mp4", [], "uint8", [216, 176], true],
  ["hevc_10bit.mp4", [], "uint16", [216, 176], true],
  ["h264_odd.mp4", [], "uint8", [3, 241, 321], true],
  ["vp9_odd.webm", ["-p", "1"], "uint8", [121, 161, 2], true],
  ["vp9_odd.webm", ["-c", "rgb"], "uint8", [241, 321, 3], true],
  ["vp9_odd.webm", ["-c", "raw", "-p", "1"], "uint8", [121, 161], false],
  ["h264_b_pyramid.mp4", ["-d", "float16"], "float16", [3, 144, 176], true],
];

for (const [name, args, dtype, shape, isWritable] of kCases) {
  test(`numpy and torch take ${[name, ...args].join(" ")} without a copy`, kLimit, async () => {
    const results = await seen(name, args, pythonEnvironment());
    for (const [library, result] of Object.entries(results)) {
      if (result === null) continue;
      const { version, strides, isWritable: itsWritable, ...rest } = result;
      const itsDtype = library === "torch" ? `torch.${dtype}` : dtype;
      assertEquals(rest, { capsule: "versioned", dtype: itsDtype, shape, ...kShared });
      assertMatch(version as string, library === "torch" ? /^2\.13\.0\+cpu/ : /^2\./);
      assertEquals((strides as number[]).length, shape.length);
      // torch has no read-only arrays.
      if (library === "numpy") assertEquals(itsWritable, isWritable);
    }
  });
}

test(
  "the numpy of the system takes a frame, an older one by the legacy struct",
  IN_DENO,
  async () => {
    const { path } = await clip("h264_b_pyramid.mp4");
    const { code, stdout, stderr } = await run(["-i", path]);
    assertEquals([code, stderr], [0, ""]);
    const { version, capsule, shape, ...rest } = JSON.parse(stdout).numpy;
    const [major, minor] = version.split(".").map(Number);
    const isVersioned = major > 2 || major === 2 && minor >= 1;
    assertEquals([capsule, shape], [isVersioned ? "versioned" : "legacy", [216, 176]]);
    for (const [key, value] of Object.entries(kShared)) assertEquals(rest[key], value, key);
  },
);

test("the example says what it lacks", IN_DENO, async () => {
  const usage = await run([]);
  assertEquals([usage.code, usage.stdout], [1, ""]);
  assertStringIncludes(usage.stderr, "Usage: interop_numpy_torch.ts -i INPUT");
  const missing = await run(["-i", "/nowhere/in.mp4"]);
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.stderr, "/nowhere/in.mp4");
  const { path } = await clip("h264_b_pyramid.mp4");
  const python = await run(["-i", path, "--python-lib", "libpython0.so"]);
  assertEquals(python.code, 1);
  assertMatch(python.stderr, /libpython0\.so.*libpython3-dev/);
});

test(
  "the example says that it is for Deno",
  { ...LIMIT, skip: IN_DENO.skip ? false : "Runs in Bun" },
  async () => {
    const { path } = await clip("h264_b_pyramid.mp4");
    const { code, stderr } = await run(["-i", path]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "runs in Deno");
  },
);
