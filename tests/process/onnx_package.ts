/** onnxruntime-node, in a folder of the tests. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The package, or why there is none. */
export interface OnnxPackage {
  /** URL of its main module. */
  readonly url: string;
  /** Why the tests cannot have it; false if they can. */
  readonly skip: string | false;
}

const kPackage = "onnxruntime-node@1.30.0";
const kCache = fileURLToPath(new URL("../.cache", import.meta.url));
const kFolder = `${kCache}/onnx/${kPackage}`;
const kMain = `${kFolder}/node_modules/onnxruntime-node/dist/index.js`;
const kPatienceMs = 300_000;

function install(): void {
  // Renamed into place when it is whole, so that test processes do not see each other's halves.
  const workshop = `${kCache}/onnx/making-${process.pid}`;
  mkdirSync(workshop, { recursive: true });
  try {
    // The install script would fetch CUDA's libraries; the CPU's are in the package.
    const args = "install --ignore-scripts --no-audit --no-fund --prefix".split(" ");
    const run = spawnSync("npm", [...args, workshop, kPackage], {
      encoding: "utf8",
      timeout: kPatienceMs,
    });
    if (run.error !== undefined) throw run.error;
    if (run.status !== 0) throw new Error(`npm ended with ${run.status}:\n${run.stderr}`);
    renameSync(workshop, kFolder);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

/** Installs the package into tests/.cache, unless it is there; in CI it must be possible. */
export function onnxPackage(): OnnxPackage {
  const url = pathToFileURL(kMain).href;
  if (existsSync(kMain)) return { url, skip: false };
  try {
    install();
    return { url, skip: false };
  } catch (error) {
    // Another process was faster: a folder in use cannot be replaced.
    if (existsSync(kMain)) return { url, skip: false };
    if (process.env.CI) throw error;
    return { url, skip: `npm cannot install ${kPackage}: ${error}` };
  }
}
