/**
 * Writes ffi/abi.ts and csrc/abi/layout_asserts.c from csrc/include/cuframe.h.
 *
 * `deno run --allow-read --allow-write ffi/generate.ts [--check]`, or the same with `bun`. With
 * `--check` nothing is written; the exit code is 1 if a file differs from what would be written.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import {
  type Enum,
  type Field,
  type FunctionSignature,
  type Header,
  parseHeader,
  type StructLayout,
} from "./header.ts";

const ROOT = new URL("../", import.meta.url);
const HEADER = "csrc/include/cuframe.h";
/** Members of Struct, which a field must not hide. */
const STRUCT_MEMBERS = new Set(["bytes", "at", "element", "size"]);
const ACCESSORS: Readonly<Record<string, string>> = {
  uint32_t: "U32",
  int32_t: "I32",
  double: "F64",
  int64_t: "I64",
  uint64_t: "U64",
};

/** The number by which the library and abi.ts recognize each other: the header's SHA-256. */
export function headerHash(header: string): number {
  return parseInt(createHash("sha256").update(header).digest("hex").slice(0, 8), 16) | 0;
}

/** The text of ffi/abi.ts. */
export function renderAbi(text: string): string {
  const header = parseHeader(text);
  const names = [...header.enums, ...header.structs].map((it) => exportedName(it.name));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`Two declarations would be called ${twice} in abi.ts`);
  return [
    ABI_HEAD,
    doc("Version of the C ABI."),
    `export const ABI_VERSION: number = ${header.version};`,
    "",
    doc("Start of the SHA-256 of cuframe.h, as cuf_library_abi_hash returns it."),
    `export const ABI_HASH: number = ${headerHash(text)};`,
    "",
    renderSymbols(header.functions),
    ...header.enums.map(renderEnum),
    ...header.structs.map((struct) => renderStruct(struct, header)),
  ].join("\n");
}

const ABI_HEAD = `// deno-fmt-ignore-file
// Generated from ${HEADER} by ffi/generate.ts: do not edit.

/**
 * The C ABI of cuframe: symbols, constants and structs.
 *
 * @module
 */

import { Struct } from "./struct.ts";

export { NO_TIMESTAMP } from "./struct.ts";

/** What a buffer argument takes; null stands for no bytes. */
export type BufferArgument = ArrayBufferView | ArrayBuffer | null;
`;

function renderSymbols(functions: readonly FunctionSignature[]): string {
  const lines = [
    doc("Arguments and results of the functions, as both runtimes are told."),
    "export const SYMBOLS = {",
    ...functions.map((it) => {
      const kinds = it.parameters.map((parameter) => `"${parameter.kind}"`).join(", ");
      return `  ${it.name}: { parameters: [${kinds}], result: "i32" },`;
    }),
    "} as const;",
    "",
    doc("The functions of the library."),
    "export interface Symbols {",
  ];
  for (const { name, doc: text, parameters } of functions) {
    const list = parameters.map((it) => {
      return `${camel(it.name)}: ${it.kind === "buffer" ? "BufferArgument" : "number"}`;
    });
    lines.push(doc(text || `Calls ${name}.`, 2), `  ${name}(${list.join(", ")}): number;`);
  }
  return [...lines, "}", ""].join("\n");
}

function renderEnum({ name, doc: text, members }: Enum): string {
  const prefix = commonPrefix(members.map((member) => member.name));
  return [
    doc(text || `Values of ${name}.`),
    `export const ${exportedName(name)} = {`,
    ...members.flatMap((member) => {
      const key = member.name.slice(prefix.length);
      const line = `  ${/^\d/.test(key) ? `"${key}"` : key}: ${member.value},`;
      return [doc(member.doc || `${member.name}.`, 2), line];
    }),
    "} as const;",
    "",
  ].join("\n");
}

function renderStruct(struct: StructLayout, header: Header): string {
  const name = exportedName(struct.name);
  return [
    doc(struct.doc || `The struct ${struct.name}.`),
    `export class ${name} extends Struct {`,
    doc("Size in bytes.", 2),
    `  static readonly size: number = ${struct.size};`,
    "",
    doc("Lays the struct over `bytes` from `at` on, or over new zeroed bytes.", 2),
    "  constructor(bytes?: Uint8Array<ArrayBuffer>, at?: number) {",
    `    super(${struct.size}, ${struct.hasSize}, bytes, at);`,
    "  }",
    ...struct.fields.flatMap((field) => ["", ...renderField(field, struct, header)]),
    "}",
    "",
  ].join("\n");
}

function renderField(field: Field, struct: StructLayout, header: Header): string[] {
  const name = camel(field.name);
  if (STRUCT_MEMBERS.has(name)) {
    throw new Error(`${struct.name}.${field.name}: every struct class has a member ${name}`);
  }
  const { offset, length } = field;
  const text = field.doc || `Field ${field.name} (${field.type}).`;
  const nested = header.structs.find((it) => it.name === field.type);
  if (nested) {
    const type = exportedName(nested.name);
    if (length === 0) {
      const made = `new ${type}(this.bytes, this.at + ${offset})`;
      return [doc(text, 2), `  get ${name}(): ${type} { return ${made}; }`];
    }
    const at = `this.element(${offset}, ${length}, ${nested.size}, index)`;
    const made = `new ${type}(this.bytes, ${at})`;
    return [doc(text, 2), `  ${name}At(index: number): ${type} { return ${made}; }`];
  }
  if (field.type === "double" && length > 0) {
    const setter = `set${name[0].toUpperCase()}${name.slice(1)}`;
    return [
      doc(text, 2),
      `  get ${name}(): number[] { return this.getF64Array(${offset}, ${length}); }`,
      doc(`Sets all ${length} numbers of ${name}.`, 2),
      `  ${setter}(values: readonly number[]): void { this.setF64Array(${offset}, ${length}, values); }`,
    ];
  }
  const kind = length > 0 ? "Text" : ACCESSORS[field.type];
  const type = length > 0 ? "string" : "number";
  const place = length > 0 ? `${offset}, ${length}` : `${offset}`;
  return [
    doc(text, 2),
    `  get ${name}(): ${type} { return this.get${kind}(${place}); }`,
    `  set ${name}(value: ${type}) { this.set${kind}(${place}, value); }`,
  ];
}

/** The text of layout_asserts.c, by which the C compiler audits the parser. */
export function renderAsserts(text: string): string {
  const header = parseHeader(text);
  const lines = [
    `/* Generated from ${HEADER} by ffi/generate.ts: do not edit.`,
    " * By this file the C compiler checks what the generator made of the header. */",
    '#include "cuframe.h"',
    "",
    "#include <stddef.h>",
    "",
    "/* clang-format off */",
    "#define SAME_TYPE(a, b) __builtin_types_compatible_p(a, b)",
    `${assert(`CUF_ABI_VERSION == ${header.version}`)}`,
  ];
  for (const { name, members } of header.enums) {
    lines.push("", `/* ${name} */`);
    for (const member of members) lines.push(assert(`${member.name} == ${member.value}`));
  }
  for (const { name, size, alignment, fields } of header.structs) {
    lines.push("", assert(`sizeof(struct ${name}) == ${size}`));
    lines.push(assert(`_Alignof(struct ${name}) == ${alignment}`));
    for (const field of fields) {
      const member = `((struct ${name}*)0)->${field.name}`;
      const base = field.type.startsWith("Cuf") ? `struct ${field.type}` : field.type;
      const type = field.length > 0 ? `${base}[${field.length}]` : base;
      lines.push(assert(`offsetof(struct ${name}, ${field.name}) == ${field.offset}`));
      lines.push(assert(`SAME_TYPE(__typeof__(${member}), ${type})`));
    }
  }
  lines.push("");
  for (const { name, parameters } of header.functions) {
    const types = parameters.map((parameter) => parameter.type).join(", ") || "void";
    lines.push(assert(`SAME_TYPE(__typeof__(${name}), int32_t(${types}))`));
  }
  return lines.join("\n") + "\n";
}

function assert(condition: string): string {
  return `_Static_assert(${condition}, "");`;
}

function doc(text: string, indent: number = 0): string {
  const sentence = text[0].toUpperCase() + text.slice(1);
  return `${" ".repeat(indent)}/** ${sentence}${/[.:]$/.test(sentence) ? "" : "."} */`;
}

function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** CufFrameInfo -> FrameInfo; CufError -> ErrorStruct, because Error is taken. */
function exportedName(name: string): string {
  const short = name.slice("Cuf".length);
  return short === "Error" ? "ErrorStruct" : short;
}

function commonPrefix(names: readonly string[]): string {
  let prefix = names[0].slice(0, names[0].lastIndexOf("_") + 1);
  while (!names.every((name) => name.startsWith(prefix))) {
    prefix = prefix.slice(0, prefix.lastIndexOf("_", prefix.length - 2) + 1);
  }
  return prefix;
}

function main(): void {
  const text = readFileSync(new URL(HEADER, ROOT), "utf8");
  const outputs: Readonly<Record<string, string>> = {
    "ffi/abi.ts": renderAbi(text),
    "csrc/abi/layout_asserts.c": renderAsserts(text),
  };
  for (const [path, wanted] of Object.entries(outputs)) {
    const url = new URL(path, ROOT);
    if (read(url) === wanted) continue;
    if (process.argv.includes("--check")) {
      console.error(`${path} differs from ${HEADER}: run ffi/generate.ts`);
      process.exitCode = 1;
    } else {
      writeFileSync(url, wanted);
      console.log(`Wrote ${path}`);
    }
  }
}

function read(url: URL): string | undefined {
  try {
    return readFileSync(url, "utf8");
  } catch {
    return undefined;
  }
}

if (import.meta.main) main();
