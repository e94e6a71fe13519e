/** What the benchmarks are judged by must be right itself. */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { Canvas } from "../../bench/harness/canvas.ts";
import { readGuideOptions, wholeNumber } from "../../bench/harness/guide_options.ts";
import { fewestPackets } from "../../bench/harness/packet_minimum.ts";
import { randomIndices } from "../../bench/harness/random_indices.ts";
import { clip } from "../support/clips.ts";

const kOptions = {
  nvdecs: { names: ["--nvdecs", "--threads"], default: null, takes: "one", help: "" },
  gop: { names: ["--gop", "-g"], default: ["30", "250"], takes: "many", help: "" },
  samples: { names: ["--num-samp-frames", "-samp"], default: ["30"], takes: "one", help: "" },
  verbose: { names: ["--verbose", "-v"], default: [], takes: "none", help: "" },
} as const;

test("the guide's options are read in their long and short forms", () => {
  assertEquals(readGuideOptions(["--nvdecs", "3"], kOptions), {
    nvdecs: ["3"],
    gop: ["30", "250"],
    samples: ["30"],
    verbose: [],
  });
  const short = ["-g", "30", "60", "120", "-v", "-samp", "5", "--threads=2"];
  assertEquals(readGuideOptions(short, kOptions), {
    nvdecs: ["2"],
    gop: ["30", "60", "120"],
    samples: ["5"],
    verbose: ["true"],
  });
});

test("wrong options are refused with what there is", () => {
  const nvdecs = ["--nvdecs", "1"];
  for (const wrong of [[], ["-x"], [...nvdecs, "-g"], [...nvdecs, "5"], ["--nvdecs"]]) {
    assertThrows(() => readGuideOptions(wrong, kOptions), TypeError, "--num-samp-frames, -samp");
  }
  assertThrows(() => readGuideOptions([...nvdecs, "-v=1"], kOptions), TypeError, "-v");
  assertThrows(() => wholeNumber("--gop", "2.5"), RangeError, "--gop");
  assertThrows(() => wholeNumber("--gop", "0"), RangeError, "--gop");
});

test("random indices are different ones, and the same ones for a seed", () => {
  const indices = randomIndices(900, 30, 4);
  assertEquals(new Set(indices).size, 30);
  assertEquals(indices, randomIndices(900, 30, 4));
  assertNotEquals(indices, randomIndices(900, 30, 5));
  assertEquals(randomIndices(9, 9, 0).sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test("the fewest packets are counted by GOP, without B pictures that nobody needs", async () => {
  // GOPs of 15 frames: I, then groups of B pictures and the P picture that they need.
  const count = fewestPackets((await clip("h264_64x64.mp4")).path);
  const all = Array.from({ length: 45 }, (_, i) => i);
  assertEquals([count([]), count([0]), count([15, 0, 15]), count(all)], [0, 1, 2, 45]);
  assertEquals(count([14, 44]), 2 * count([14]));
  const last = count([14]);
  assert(last > 1 && last < 15, `${last} packets`);
});

test("text has the places that it is aligned to", () => {
  const black = [0, 0, 0] as const;
  for (const align of ["left", "middle", "right"] as const) {
    const canvas = new Canvas(40, 10, [255, 255, 255]);
    const blank = canvas.encode();
    canvas.text("8 fps", 20, 1, { color: black, dot: 1, align });
    assertNotEquals(canvas.encode(), blank);
  }
});
