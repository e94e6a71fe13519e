import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { readSources, violations } from "../../tools/layering.ts";
import { blank, functionsOf } from "../../tools/source_text.ts";

const check = (path: string, source: string): string[] => violations(new Map([[path, source]]));

const lines = (count: number): string => "  step();\n".repeat(count);

/** Each breaks exactly one rule. */
const breaches: [path: string, source: string, complaint: RegExp][] = [
  ["mod.ts", `export { a } from "./ffi/library.ts";`, /must not import/],
  ["mod.ts", `export * from "./src/device.ts";`, /without export \*/],
  ["src/frame.ts", `import { a } from "../mod.ts";`, /must not import \.\.\/mod\.ts/],
  ["src/frame.ts", `import { a } from "../ffi/deno.ts";`, /must not import/],
  ["src/frame.ts", `const a = await import("../ffi/bun.ts");`, /must not import/],
  ["src/frame.ts", `import "../ffi/generate.ts";`, /must not import/],
  ["src/frame.ts", `import {\n  a,\n} from "jsr:@std/assert";`, /must not import jsr/],
  ["src/frame.ts", `import { a } from "../tests/support/assert.ts";`, /must not import/],
  ["src/frame.ts", `Deno.dlopen("a", {});`, /only ffi\/deno\.ts may name Deno\.dlopen/],
  ["src/source.ts", `await Deno.permissions.query({ name: "read" });`, /only ffi\/deno\.ts/],
  ["src/source.ts", "const file = source as Deno.FsFile;", /only ffi\/deno\.ts/],
  ["ffi/library.ts", `const v = new Deno.UnsafePointerView(p);`, /only ffi\/deno\.ts/],
  ["ffi/library.ts", `process.getBuiltinModule("bun:ffi");`, /only ffi\/bun\.ts/],
  ["src/frame.ts", "Bun.FFI.ptr(a);", /only ffi\/bun\.ts/],
  ["ffi/struct.ts", `import { Frame } from "../src/frame.ts";`, /must not import/],
  ["csrc/include/cuframe.h", `#include "core/model.h"`, /must not include/],
  ["csrc/core/reader.cpp", `#include "cuframe.h"`, /must not include/],
  ["csrc/core/reader.cpp", `#include "libav/backend.h"`, /must not include/],
  ["csrc/core/reader.cpp", "#include <libavcodec/avcodec.h>", /must not include/],
  ["csrc/core/reader.cpp", `#include "abi/calls.h"`, /must not include/],
  ["csrc/pixels/rgb.cpp", `#include "core/model.h"`, /must not include/],
  ["csrc/pixels/rgb.cpp", "#include <libswscale/swscale.h>", /must not include/],
  ["csrc/libav/demuxer.cpp", `#include "cuda/backend.h"`, /must not include/],
  ["csrc/libav/demuxer.cpp", `#include "abi/calls.h"`, /must not include/],
  ["csrc/libav/demuxer.cpp", `#include "hwy/highway.h"`, /must not include/],
  ["csrc/abi/frame.cpp", `#include "libav/decoder.h"`, /must not include/],
  ["csrc/abi/frame.cpp", `#include "pixels/pixels.h"`, /must not include/],
  ["csrc/abi/frame.cpp", `#  include <libavutil/frame.h>`, /must not include/],
  ["csrc/video/frame.cpp", "", /not in the design/],
  ["src/utils.ts", "", /says nothing/],
  ["tests/unit/misc_test.cpp", "", /says nothing/],
  ["csrc/core/common/frame.h", "", /says nothing/],
  ["src/frame.ts", "//\n".repeat(301), /301 lines, at most 300/],
  ["tests/unit/frame_test.cpp", "//\n".repeat(501), /501 lines, at most 500/],
  ["src/frame.ts", `export function f(): void {\n${lines(59)}}\n`, /:1: a function of 61 lines/],
  ["src/frame.ts", `const f = (a = {}) => {\n${lines(59)}};\n`, /a function of 61 lines/],
  ["src/frame.ts", `class A {\n  get f(): A[] {\n${lines(59)}  }\n}\n`, /:2: a function of 61/],
  ["csrc/core/a.cpp", `int A::f(int a) const {\n${lines(59)}}\n`, /a function of 61 lines/],
  ["csrc/core/a.cpp", `A::A(int a)\n    : a_(a), b_(1) {\n${lines(59)}}\n`, /of 62 lines/],
  ["csrc/core/a.cpp", `auto f = [&](int a) -> B* {\n${lines(59)}};\n`, /of 61 lines/],
];

/** What the rules must let pass. */
const allowed: [path: string, source: string][] = [
  ["mod.ts", `export { a } from "./src/device.ts";\nimport "node:fs";`],
  ["src/frame.ts", `import { a } from "./color.ts";\nimport { b } from "../ffi/library.ts";`],
  ["src/frame.ts", `// import { a } from "../ffi/deno.ts"; Deno.dlopen, bun:ffi\n`],
  ["ffi/library.ts", `throw new Error("Deno.dlopen failed in Deno");`],
  ["ffi/deno.ts", `Deno.dlopen("a", {});`],
  ["ffi/bun.ts", `process.getBuiltinModule("bun:ffi");\nimport("bun:ffi");`],
  ["tests/contract/frame_test.ts", `import { a } from "../../mod.ts"; Deno.dlopen("a", {});`],
  ["csrc/abi/frame.cpp", `#include "cuframe.h"\n#include "abi/a.h"\n#include "core/a.h"`],
  ["csrc/abi/device.cpp", `#include "libav/backend.h"\n#include <vector>`],
  ["csrc/abi/device.cpp", `#include "cuda/backend.h"`],
  ["csrc/core/reader.cpp", `#include "core/ports.h"\n#include "pixels/pixels.h"`],
  ["csrc/pixels/rgb.cpp", `#include "hwy/highway.h"\n#include "pixels/pixels.h"`],
  ["csrc/libav/a.cpp", `#include <libavutil/frame.h>\n#include "core/ports.h"`],
  ["csrc/cuda/a.cpp", `#include "cuda/a.h"\n#include <cuda.h>`],
  ["ffi/abi.ts", "//\n".repeat(1000)],
  ["src/frame.ts", `export function f(): void {\n${lines(58)}}\n`],
  ["src/frame.ts", `const table = {\n${"  a: 1,\n".repeat(80)}};\n`],
  ["csrc/core/a.cpp", `namespace cuf {\nclass A {\n${"  int a;\n".repeat(80)}};\n}\n`],
];

test("the repository keeps its rules", () => {
  const sources = readSources(new URL("../../", import.meta.url));
  assert(sources.has("tests/unit/layering_test.ts") && sources.has("csrc/include/cuframe.h"));
  assertEquals(violations(sources), []);
});

test("each rule of layering fires on its breach", () => {
  for (const [path, source, complaint] of breaches) {
    const found = check(path, source);
    assertEquals(found.length, 1, `${path}: ${source.slice(0, 60)}: ${found.join("; ")}`);
    assert(complaint.test(found[0]), `${complaint} expected, got ${found[0]}`);
  }
});

test("the rules of layering let good code pass", () => {
  for (const [path, source] of allowed) assertEquals(check(path, source), []);
});

test("comments, strings, templates and regular expressions do not confuse the reader", () => {
  const source = [
    "const a = `{ ${f({ b: `}` })} {`; // {",
    "const c = /[/{]{2}/g.test(\"{\") ? '{' : 4 / 2 / 1; /* { */",
    "int d = 1'000'000 + '{';",
  ].join("\n");
  const blanked = blank(source);
  assertEquals(blanked.split("\n").length, 3);
  assertEquals(blanked.replace(/[^{}]/g, ""), "{}");
});

test("functions are found with their extent", () => {
  const source = [
    "#include <a>",
    "double f(int a) noexcept {",
    "  for (int i = 0; i < a; i++) {",
    "  }",
    "  auto g = [&](int b) {",
    "    if (b) {",
    "    }",
    "  };",
    "}",
    "class A {",
    "  #format(a: string): B {",
    "  }",
    "}",
  ].join("\n");
  const found = functionsOf(blank(source)).map(({ line, lines }) => [line, lines]);
  assertEquals(found, [[2, 8], [5, 4], [11, 2]]);
});
