/** The Python libraries that take arrays by DLPack, in a virtual environment of the tests. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What a program needs to run Python with the environment's libraries. */
export interface PythonEnvironment {
  /** Name of Python's shared library. */
  readonly library: string;
  /** Value for PYTHONPATH. */
  readonly path: string;
  /** Whether torch is there, beside numpy. */
  readonly hasTorch: boolean;
}

// Not the first python3 on PATH: one that was built from source often has no shared library.
const kPython = "/usr/bin/python3";
const kFolder = fileURLToPath(new URL("../.cache/venv", import.meta.url));
const kMarker = `${kFolder}/cuframe_packages.json`;
const kNumpy = "numpy>=2.1,<3";
const kTorch = "torch==2.13.0";
const kPatienceMs = 500_000;

function output(command: string, ...args: string[]): string {
  const run = spawnSync(command, args, { encoding: "utf8", timeout: kPatienceMs });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${run.stderr}`);
  return run.stdout.trim();
}

function pip(...args: string[]): string {
  return output(`${kFolder}/bin/python`, "-m", "pip", "--quiet", ...args);
}

/** Whether pip would install the CPU build: the other one brings gigabytes of CUDA. */
function canHaveTorch(): boolean {
  try {
    const report = pip("install", "--dry-run", "--no-deps", "--report", "-", kTorch);
    return /"version": "[^"]*\+cpu"/.test(report);
  } catch {
    return false;
  }
}

function isFresh(): boolean {
  if (!existsSync(kMarker)) return false;
  const { wanted, hasTorch } = JSON.parse(readFileSync(kMarker, "utf8"));
  return wanted === `${kNumpy} ${kTorch}` && (hasTorch || !process.env.CI);
}

function install(): void {
  rmSync(kFolder, { recursive: true, force: true });
  output(kPython, "-m", "venv", kFolder);
  const hasTorch = canHaveTorch();
  if (!hasTorch && process.env.CI) {
    throw new Error(`pip does not find the CPU build of ${kTorch}, which CI needs`);
  }
  pip("install", "--only-binary", ":all:", kNumpy, ...(hasTorch ? [kTorch] : []));
  writeFileSync(kMarker, JSON.stringify({ wanted: `${kNumpy} ${kTorch}`, hasTorch }));
}

/** Makes the environment in tests/.cache, unless it is there: numpy, and torch where it can be had. */
export function pythonEnvironment(): PythonEnvironment {
  if (!isFresh()) install();
  const ask = (python: string, expression: string): string =>
    output(python, "-c", `import sysconfig; print(sysconfig.${expression})`);
  return {
    library: ask(kPython, "get_config_var('INSTSONAME')"),
    path: ask(`${kFolder}/bin/python`, "get_path('purelib')"),
    hasTorch: JSON.parse(readFileSync(kMarker, "utf8")).hasTorch,
  };
}
