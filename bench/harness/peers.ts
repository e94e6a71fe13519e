/**
 * Other libraries that decode video for scripts: what they are, and their installation from npm and
 * PyPI into the cache.
 *
 * @module
 */

import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { relative } from "node:path";
import { CACHE, output, ROOT } from "./workspace.ts";

const NPM = `${CACHE}npm/`;
const VENV = `${CACHE}venv/`;
const PYTHON = `${VENV}bin/python`;

/** A library to compare with. */
export interface Peer {
  /** Its name in the tables. */
  readonly name: string;
  /** Packages that are installed for it, with their versions. */
  readonly packages: readonly string[];
  /** Bytes it gives for one pixel in the mode "rgb". */
  readonly pixelBytes: number;
  /** The command that decodes `clip` to "frames" or "rgb". */
  command(clip: string, mode: "frames" | "rgb"): string[];
  /** Installs it. */
  install(): void;
}

function npmPeer(name: string, script: string, pixelBytes: number, packages: string[]): Peer {
  return {
    name,
    packages,
    pixelBytes,
    // In Bun, which all of them support, as cuframe does; node-av and webcodecs want a newer Node
    // than Debian has.
    command: (clip, mode) => ["bun", relative(ROOT, NPM + script), clip, mode],
    install() {
      const folder = (spec: string): string => `${NPM}node_modules/${spec.replace(/@[^@]*$/, "")}`;
      mkdirSync(NPM, { recursive: true });
      if (!packages.every((spec) => existsSync(folder(spec)))) {
        // Install scripts would fetch from elsewhere; the prebuilt binaries come as packages.
        output([
          ..."npm install --ignore-scripts --no-audit --no-fund --prefix".split(" "),
          NPM,
          ...packages,
        ]);
      }
      // Beside node_modules, where its imports are found.
      copyFileSync(`${ROOT}bench/peers/${script}`, NPM + script);
    },
  };
}

const PYAV: Peer = {
  name: "PyAV",
  packages: ["av==18.1.0", "numpy"],
  pixelBytes: 3,
  command: (clip, mode) => [relative(ROOT, PYTHON), "bench/peers/pyav.py", clip, mode],
  install() {
    if (!existsSync(PYTHON)) output(["python3", "-m", "venv", VENV]);
    const site = readdirSync(`${VENV}lib`).map((python) => `${VENV}lib/${python}/site-packages/av`);
    if (!site.some((path) => existsSync(path))) {
      output([
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--only-binary",
        ":all:",
        ...this.packages,
      ]);
    }
  },
};

/** All libraries that can be compared with. */
export const PEERS: readonly Peer[] = [
  npmPeer("node-av", "node_av.mjs", 3, ["node-av@6.1.1"]),
  npmPeer("mediabunny", "mediabunny.mjs", 4, [
    "mediabunny@1.61.0",
    "@mediabunny/server@1.59.0",
    "node-av@6.1.1",
  ]),
  npmPeer("@napi-rs/webcodecs", "napi_webcodecs.mjs", 4, ["@napi-rs/webcodecs@1.3.1"]),
  PYAV,
];
