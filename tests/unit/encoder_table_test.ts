/** The table of encoder parameters and what is made of it. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ENCODER_PARAMETERS } from "../../src/encoder_parameters.ts";
import { parseTable, renderReadme, renderScript, withTable } from "../../tools/encoder_table.ts";

const kRow = `// a comment with CUF_ENCODER_PARAMETER( in it
CUF_ENCODER_PARAMETER(b_frames, "bf", "bf", integer, 0, 16, "the preset's, or 0", "frames",
                      "config.frameIntervalP - 1", "bf", "B pictures (or none) "
                      "between two others")
CUF_ENCODER_PARAMETER(slice_mode, "slice.mode", "slice.mode", choice, "a|b|c", 0, "a", "", "x.*.y",
                      "slices", "How")
`;

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

test("a row of the encoder table is read with its texts joined", () => {
  const [first, second, ...rest] = parseTable(kRow);
  assertEquals(rest.length, 0);
  assertEquals([first.name, first.kind, first.least, first.most], ["bf", "integer", 0, 16]);
  assertEquals(first.initial, "the preset's, or 0");
  assertEquals(first.text, "B pictures (or none) between two others");
  assertEquals([second.names.join(), second.least, second.most], ["a,b,c", 0, 2]);
});

test("what is no row of the encoder table is refused", () => {
  assertThrows(() => parseTable(kRow + "int x;"), Error, "not a row: int x;");
  const missing = kRow.replace(', "How"', "");
  assertThrows(() => parseTable(missing), Error, "slice_mode has 10 fields");
  assertThrows(() => parseTable(kRow.replace("choice", "number")), Error, "the kind number");
});

test("what is made of the encoder table is what is in the repository", () => {
  const rows = parseTable(read("csrc/core/encoder_parameters.inc"));
  assert(renderScript(rows) === read("src/encoder_parameters.ts"), "run tools/encoder_table.ts");
  const readme = read("README.md");
  assert(withTable(readme, renderReadme(rows)) === readme, "run tools/encoder_table.ts");
  assertEquals(ENCODER_PARAMETERS.map(({ name }) => name), rows.map(({ name }) => name));
  assertThrows(() => withTable("no place", ""), Error, "README.md has no place for the table");
});

test("an interface with the documentation of each parameter is made of the table", () => {
  const script = renderScript(parseTable(kRow));
  assert(script.includes("  readonly bf?: number;"), script);
  assert(script.includes('  readonly mode?: "a" | "b" | "c";'), script);
  assert(script.includes("0 to 16 frames. Default: the preset's, or 0."), script);
  const table = renderReadme(parseTable(kRow)).split("\n").filter((line) => line.startsWith("|"));
  assertEquals(new Set(table.map((line) => line.length)).size, 1);
  assert(table[3].includes("x.\\*.y"), table[3]);
});
