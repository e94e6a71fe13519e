/** Examples on a GPU: the simulated one, also where its streams run late. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { clip } from "../support/clips.ts";
import { ffmpeg } from "../support/ffmpeg.ts";
import { type Ending, isDeno, runCommand, runProgram } from "./child.ts";

const kDriver = fileURLToPath(new URL("../../build/release/driver_sim", import.meta.url));
const kSlow = { CUFSIM_STREAM_DELAY_US: "3000" };
const ON_SIMULATOR = {
  timeout: 120_000,
  skip: existsSync(join(kDriver, "libcuda.so.1")) ? false : "no simulated driver was built",
};

interface Outcome extends Ending {
  /** What the simulator counted. */
  readonly report: {
    readonly problems: readonly string[];
    readonly counters: Record<string, number>;
  };
  readonly output: Uint8Array;
}

/** Runs an example on the simulated driver; it must end well. */
async function runOnGpu(
  example: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-"));
  try {
    const [output, report] = [join(folder, "out.yuv"), join(folder, "report.json")];
    const ending = await runProgram(`../../examples/${example}`, {
      args: [...args, "-o", output],
      permissions: ["--allow-ffi", "--allow-read", "--allow-write"],
      environment: { LD_LIBRARY_PATH: kDriver, CUFSIM_REPORT: report, ...environment },
    });
    assertEquals(ending.code, 0, ending.stderr);
    return {
      ...ending,
      report: JSON.parse(readFileSync(report, "utf8")),
      output: new Uint8Array(readFileSync(output)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function rawvideo(path: string): Promise<Uint8Array> {
  const { stdout } = await ffmpeg(["-i", path, "-pix_fmt", "nv12", "-f", "rawvideo", "pipe:1"]);
  return new Uint8Array(stdout);
}

for (const [how, environment] of [["", {}], [", streams running late", kSlow]] as const) {
  test(`decode_with_cuda_control.ts gives the right frames${how}`, ON_SIMULATOR, async () => {
    const { path } = await clip("h264_b_pyramid.mp4");
    const { stdout, output, report } = await runOnGpu(
      "decode_with_cuda_control.ts",
      ["-i", path],
      environment,
    );
    assertEquals(output, await rawvideo(path));
    const { codec, implementation } = JSON.parse(stdout);
    assertEquals([codec, implementation], ["h264", "nvdec"]);
    assertEquals(report.problems, []);
    const { contexts, streams, decoders, allocations } = report.counters;
    assertEquals([contexts, streams, decoders, allocations], [0, 0, 0, 0]);
  });
}

test("decode.ts takes the GPU by itself, and frames are in host memory", ON_SIMULATOR, async () => {
  const { path } = await clip("hevc.mp4");
  const { output, report } = await runOnGpu("decode.ts", ["-i", path]);
  assertEquals(output, await rawvideo(path));
  assertEquals(report.problems, []);
});

test(
  "decode_with_cuda_control.ts says what is missing without a driver",
  ON_SIMULATOR,
  async () => {
    const { path } = await clip("h264_64x64.mp4");
    const { code, stderr } = await runProgram("../../examples/decode_with_cuda_control.ts", {
      args: ["-i", path],
    });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "libcuda.so.1");
  },
);

const kFreeing = { LD_LIBRARY_PATH: kDriver, CUFSIM_DESTROY_US: "300000" };

for (const place of ["main", "worker"]) {
  test(
    `a process ends by itself while decoders of its ${place} are freed`,
    ON_SIMULATOR,
    async () => {
      const { path } = await clip("h264_b_pyramid.mp4");
      const { code, signal, stdout, stderr } = await runProgram("gpu_exit_program.ts", {
        args: [place, path],
        environment: { ...kFreeing, CUFSIM_STREAM_DELAY_US: "3000" },
      });
      assertEquals([code, signal, stderr], [0, null, ""]);
      assertEquals(stdout.trim(), "90 frames");
    },
  );
}

test("a run of tests ends while decoders are freed", ON_SIMULATOR, async () => {
  const { path } = await clip("h264_b_pyramid.mp4");
  const program = fileURLToPath(new URL("gpu_exit_suite.ts", import.meta.url));
  const flags = isDeno ? ["test", "--no-check", "--quiet", "-A"] : ["test"];
  const { code, signal, stdout, stderr } = await runCommand(
    process.execPath,
    [...flags, program],
    { ...kFreeing, CUFRAME_EXIT_CLIP: path },
  );
  assertEquals([code, signal], [0, null], stdout + stderr);
});
