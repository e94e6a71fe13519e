/** encode.ts from a GPU's memory: the simulated one, whose rules it must not break. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { joinBytes } from "../support/ffmpeg.ts";
import { decodedPictures, expectedPictures, psnr, rawPictures } from "../support/raw_pictures.ts";
import { LIMIT, runProgram } from "./child.ts";

const kDriver = fileURLToPath(new URL("../../build/release/driver_sim", import.meta.url));
const ON_SIMULATOR = {
  ...LIMIT,
  skip: existsSync(join(kDriver, "libnvidia-encode.so.1")) ? false : "no simulated NVENC was built",
};

test("encode.ts encodes from a GPU's memory without a copy to the host", ON_SIMULATOR, async () => {
  const folder = mkdtempSync(join(tmpdir(), "cuframe-"));
  try {
    const [input, output, report] = ["in.yuv", "out.h264", "report.json"].map((it) =>
      join(folder, it)
    );
    const raw = await rawPictures("nv12", { source: "test" });
    writeFileSync(input, joinBytes(raw.pictures));
    const size = `${raw.width}x${raw.height}`;
    const { code, stdout, stderr } = await runProgram("../../examples/encode.ts", {
      args: ["-i", input, "-s", size, "-m", "device", "-o", output],
      permissions: ["--allow-ffi", "--allow-read", "--allow-write"],
      environment: { LD_LIBRARY_PATH: kDriver, CUFSIM_REPORT: report, CUFSIM_GPU: "l4" },
    });
    assertEquals(code, 0, stderr);
    const { frames, chunks, hostCopies } = JSON.parse(stdout);
    assertEquals([frames, chunks, hostCopies], [10, 10, 0]);
    const { problems, counters } = JSON.parse(readFileSync(report, "utf8"));
    assertEquals([problems, counters.allocations, counters.contexts], [[], 0, 0]);
    assert(psnr(await decodedPictures(output, "nv12"), await expectedPictures(raw), 8) > 35);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
