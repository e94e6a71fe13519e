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
  /** The command that decodes some frames to RGB; null if it has no way to them. */
  readonly random: ((clip: string, indices: readonly number[]) => string[]) | null;
  /** Installs it. */
  install(): void;
}

function npmPeer(
  name: string,
  { script, random }: { readonly script: string; readonly random: string | null },
  pixelBytes: number,
  packages: string[],
): Peer {
  // In Bun, which all of them support, as cuframe does; node-av and webcodecs want a newer Node than
  // Debian has.
  const run = (program: string, ...args: string[]) => [
    "bun",
    relative(ROOT, NPM + program),
    ...args,
  ];
  return {
    name,
    packages,
    pixelBytes,
    command: (clip, mode) => run(script, clip, mode),
    random: random === null ? null : (clip, indices) => run(random, clip, indices.join()),
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
      // Beside node_modules, where their imports are found.
      for (const file of [script, ...random === null ? [] : [random, "points.ts"]]) {
        copyFileSync(`${ROOT}bench/peers/${file}`, NPM + file);
      }
    },
  };
}

const PYAV: Peer = {
  name: "PyAV",
  packages: ["av==18.1.0", "numpy"],
  pixelBytes: 3,
  command: (clip, mode) => [relative(ROOT, PYTHON), "bench/peers/pyav.py", clip, mode],
  random: (clip, indices) => [
    relative(ROOT, PYTHON),
    "bench/peers/pyav_random.py",
    clip,
    indices.join(),
  ],
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
  npmPeer("node-av", { script: "node_av.mjs", random: "node_av_random.mjs" }, 3, ["node-av@6.1.1"]),
  npmPeer("mediabunny", { script: "mediabunny.mjs", random: "mediabunny_random.mjs" }, 4, [
    "mediabunny@1.61.0",
    "@mediabunny/server@1.59.0",
    "node-av@6.1.1",
  ]),
  npmPeer("@napi-rs/webcodecs", { script: "napi_webcodecs.mjs", random: null }, 4, [
    "@napi-rs/webcodecs@1.3.1",
  ]),
  PYAV,
];
