import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { headerHash, renderAbi, renderAsserts } from "../../ffi/generate.ts";
import { parseHeader } from "../../ffi/header.ts";

const root = new URL("../../", import.meta.url);
const header = readFileSync(new URL("csrc/include/cuframe.h", root), "utf8");

/** A header of three lines and `body`, which starts in line 4. */
const synthetic = (body: string): string =>
  `#include <stdint.h>\n#define CUF_ABI_VERSION 3\n/* About. */\n${body}\n`;

const inStruct = (field: string): string =>
  `struct CufX {\n  uint32_t struct_size;\n  ${field}\n};\nCUF_API int32_t cuf_x_set(struct CufX* x);`;

const asArgument = (argument: string): string => `CUF_API int32_t cuf_x_set(${argument});`;

/** What the ABI rules forbid; each is refused with its line. */
const refused: [what: string, body: string, complaint: RegExp][] = [
  ["union", "union CufX { int32_t a; };", /:4: Declaration not understood: union/],
  ["typedef", "typedef int32_t cuf_status;", /:4: Declaration not understood: typedef/],
  ["macro", "#define CUF_MORE 1", /:4: Directive not understood/],
  ["bool field", inStruct("bool is_set;"), /:6: Field of type bool/],
  ["size_t field", inStruct("size_t length;"), /:6: Field of type size_t/],
  ["float field", inStruct("float gain;"), /:6: Field of type float/],
  ["pointer field", inStruct("uint32_t* data;"), /:6: Pointer inside a struct/],
  ["callback field", inStruct("int32_t (*done)(void);"), /:6: Callback inside a struct/],
  ["single char", inStruct("char letter;"), /:6: char letter/],
  ["array of integers", inStruct("uint32_t sizes[3];"), /:6: uint32_t sizes/],
  ["bit field", inStruct("uint32_t flag : 1;"), /:6: Expected ;, found :/],
  ["two names", inStruct("uint32_t a, b;"), /:6: Expected ;, found ,/],
  ["doubled field", inStruct("uint32_t struct_size;"), /:6: struct_size is declared twice/],
  ["padding inside", inStruct("int64_t pts;"), /:6: 4 bytes of hidden padding before pts/],
  ["padding at the end", inStruct("uint32_t a; double b; uint32_t c;"), /CufX ends in 4 bytes/],
  ["struct from below", inStruct("struct CufLater later;"), /:6: struct CufLater is not declared/],
  ["struct_size late", "struct CufX { uint32_t a; uint32_t struct_size; };", /:4: CufX does not/],
  ["empty struct", "struct CufX { };", /:4: CufX is empty/],
  ["empty enum", "enum CufX { };", /:4: CufX is empty/],
  ["enum without values", "enum CufX { CUF_X_A, };", /:4: Expected =/],
  ["enum expression", "enum CufX { CUF_X_A = 1 << 2, };", /:4: Expected ,, found </],
  ["enum beyond 32 bits", "enum CufX { CUF_X_A = 2147483648, };", /:4: CUF_X_A is not an int32_t/],
  ["doubled name", "enum CufX { CUF_A = 1, };\nenum CufX { CUF_B = 1, };", /:5: CufX is declared/],
  ["u64 argument", asArgument("uint64_t address"), /:4: Argument uint64_t address/],
  ["i64 argument", asArgument("int64_t pts"), /:4: Argument int64_t pts/],
  ["size_t argument", asArgument("size_t length"), /:4: Argument size_t length/],
  ["bool argument", asArgument("bool flag"), /:4: Argument bool flag/],
  ["variable arguments", asArgument("uint32_t a, ..."), /:4: Variable arguments/],
  ["void pointer", asArgument("void* data"), /:4: Pointer to void/],
  ["pointer to pointer", asArgument("uint8_t** data"), /:4: Expected/],
  ["callback argument", asArgument("int32_t (*done)(void)"), /:4: Callback argument/],
  ["unknown struct", asArgument("struct CufX* x"), /:4: struct CufX is not declared/],
  ["void result", "CUF_API void cuf_x_set(void);", /:4: Result void: use int32_t/],
  ["64-bit result", "CUF_API int64_t cuf_x_get(void);", /:4: Result int64_t: use int32_t/],
  ["name without object", "CUF_API int32_t cuf_open(void);", /:4: Expected/],
  ["end of file", "CUF_API int32_t cuf_x_set(uint32_t a", /:4: Expected \), found the end/],
];

test("what the ABI rules forbid is refused with its line", () => {
  for (const [what, body, complaint] of refused) {
    let message = "";
    try {
      parseHeader(synthetic(body));
    } catch (error) {
      message = (error as Error).message;
    }
    assertMatch(message, complaint, `${what}: ${message || "was accepted"}`);
  }
});

test("structs cannot be passed or nested by value when they carry a size", () => {
  const sized = "struct CufX { uint32_t struct_size; };\n";
  assertThrows(
    () => parseHeader(synthetic(sized + asArgument("struct CufX x"))),
    Error,
    "by value",
  );
  const outer = "struct CufY { uint32_t struct_size; struct CufX x; };";
  assertThrows(() => parseHeader(synthetic(sized + outer)), Error, "cannot be nested");
});

test("a struct without struct_size may stand in another one, but not be an argument", () => {
  const value = "struct CufV { int32_t a; };\n";
  const outer = "struct CufX { uint32_t struct_size; struct CufV v; };\n";
  assertEquals(parseHeader(synthetic(value + outer)).structs[1].size, 8);
  const call = asArgument("const struct CufV* v");
  assertThrows(() => parseHeader(synthetic(value + outer + call)), Error, "CufV does not start");
});

test("a header without a version is refused", () => {
  assertThrows(() => parseHeader("#include <stdint.h>\n"), Error, "No CUF_ABI_VERSION");
});

test("layouts follow the rules of C", () => {
  const value = "struct CufV { double a; int32_t b; uint32_t c; };\n";
  const outer =
    "struct CufX { uint32_t struct_size; char name[12]; struct CufV v[2]; int64_t e; };";
  const [v, x] = parseHeader(synthetic(value + outer)).structs;
  assertEquals([v.size, v.alignment, v.hasSize], [16, 8, false]);
  assertEquals([x.size, x.alignment, x.hasSize], [56, 8, true]);
  assertEquals(x.fields.map(({ offset }) => offset), [0, 4, 16, 48]);
});

test("names, prefixes, comments and the hash reach abi.ts", () => {
  const text = synthetic(`enum CufColorType {
  CUF_COLOR_RGB = 0, /* three bytes */
  CUF_COLOR_420 = -2,
};
struct CufError { uint32_t struct_size; int32_t native_code; };
/* Does it. */
CUF_API int32_t cuf_x_do(uint32_t x_handle, double at, struct CufError* error);`);
  const abi = renderAbi(text);
  assertStringIncludes(abi, "ABI_VERSION: number = 3;");
  assertStringIncludes(abi, `ABI_HASH: number = ${headerHash(text)};`);
  assertStringIncludes(abi, "export const ColorType = {");
  assertStringIncludes(abi, "  /** Three bytes. */\n  RGB: 0,");
  assertStringIncludes(abi, '  "420": -2,');
  assertStringIncludes(abi, "export class ErrorStruct extends Struct {");
  assertStringIncludes(abi, "get nativeCode(): number { return this.getI32(4); }");
  assertStringIncludes(abi, 'cuf_x_do: { parameters: ["u32", "f64", "buffer"], result: "i32" }');
  const signature = "cuf_x_do(xHandle: number, at: number, error: BufferArgument): number;";
  assertStringIncludes(abi, `  /** Does it. */\n  ${signature}`);
});

test("a field or a declaration that would hide another name is refused", () => {
  assertThrows(() => renderAbi(synthetic(inStruct("uint32_t bytes;"))), Error, "member bytes");
  const twice = "struct CufError { uint32_t struct_size; };\nenum CufErrorStruct { CUF_A = 1, };";
  assertThrows(() => renderAbi(synthetic(twice)), Error, "be called ErrorStruct");
});

test("the assertions cover every constant, struct, field and function", () => {
  const parsed = parseHeader(header);
  const asserts = renderAsserts(header);
  const wanted = [
    ...parsed.enums.flatMap(({ members }) => members.map(({ name }) => `${name} ==`)),
    ...parsed.structs.map(({ name }) => `sizeof(struct ${name})`),
    ...parsed.structs.flatMap(({ name, fields }) =>
      fields.map((field) => `offsetof(struct ${name}, ${field.name})`)
    ),
    ...parsed.functions.map(({ name }) => `__typeof__(${name})`),
  ];
  assert(wanted.length > 300);
  assertEquals(wanted.filter((text) => !asserts.includes(text)), []);
});

test("the generated files are those of cuframe.h", () => {
  const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
  assert(read("ffi/abi.ts") === renderAbi(header), "run ffi/generate.ts");
  assert(read("csrc/abi/layout_asserts.c") === renderAsserts(header), "run ffi/generate.ts");
});
