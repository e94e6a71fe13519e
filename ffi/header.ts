/**
 * Reads the restricted C of cuframe.h and lays out its structs; refuses whatever it does not know.
 *
 * @module
 */

import { fail, HeaderWords } from "./header_words.ts";

/** One constant of an enum. */
export interface EnumMember {
  /** Name in C. */
  readonly name: string;
  /** Its number. */
  readonly value: number;
  /** Its comment. */
  readonly doc: string;
}

/** An enum of the header. */
export interface Enum {
  /** Name in C. */
  readonly name: string;
  /** Its comment. */
  readonly doc: string;
  /** Its constants in order. */
  readonly members: readonly EnumMember[];
}

/** One field of a struct with its place. */
export interface Field {
  /** Name in C. */
  readonly name: string;
  /** Scalar type in C, or the name of the nested struct. */
  readonly type: string;
  /** Number of elements of an array, 0 for a single value. */
  readonly length: number;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  /** Its comment. */
  readonly doc: string;
}

/** A struct of the header with its layout. */
export interface StructLayout {
  /** Name in C. */
  readonly name: string;
  /** Its comment. */
  readonly doc: string;
  /** Its fields in order. */
  readonly fields: readonly Field[];
  /** Bytes. */
  readonly size: number;
  /** Bytes to which it is aligned. */
  readonly alignment: number;
  /** False for the small structs that only stand inside others. */
  readonly hasSize: boolean;
}

/** One argument of a function. */
export interface Parameter {
  /** Name in C. */
  readonly name: string;
  /** Type as C spells it. */
  readonly type: string;
  /** What it is to the runtimes. */
  readonly kind: "u32" | "i32" | "f64" | "buffer";
}

/** A function of the header; each returns an int32_t. */
export interface FunctionSignature {
  /** Name in C. */
  readonly name: string;
  /** Its comment. */
  readonly doc: string;
  /** Its arguments in order. */
  readonly parameters: readonly Parameter[];
}

/** All that cuframe.h declares. */
export interface Header {
  /** CUF_ABI_VERSION. */
  readonly version: number;
  /** Enums in order. */
  readonly enums: readonly Enum[];
  /** Structs in order. */
  readonly structs: readonly StructLayout[];
  /** Functions in order. */
  readonly functions: readonly FunctionSignature[];
}

const SCALARS: Readonly<Record<string, { size: number; argument?: Parameter["kind"] }>> = {
  uint32_t: { size: 4, argument: "u32" },
  int32_t: { size: 4, argument: "i32" },
  double: { size: 8, argument: "f64" },
  int64_t: { size: 8 },
  uint64_t: { size: 8 },
};
const POINTEES = new Set(["uint8_t", "uint32_t"]);

/** Parses the text of cuframe.h; an Error with the line for anything outside its rules. */
export function parseHeader(text: string): Header {
  return new Parser(text).parse();
}

class Parser {
  readonly #words: HeaderWords;
  readonly #lines = new Map<string, number>();
  readonly #enums: Enum[] = [];
  readonly #structs: StructLayout[] = [];
  readonly #functions: FunctionSignature[] = [];
  readonly #nested = new Set<string>();
  readonly #pointed = new Set<string>();

  constructor(text: string) {
    this.#words = new HeaderWords(text);
  }

  parse(): Header {
    while (!this.#words.isAtEnd) this.#declaration();
    if (this.#words.version < 0) fail(1, "No CUF_ABI_VERSION");
    for (const struct of this.#structs) {
      if (!struct.hasSize && (this.#pointed.has(struct.name) || !this.#nested.has(struct.name))) {
        fail(
          this.#lines.get(struct.name) ?? 1,
          `${struct.name} does not start with uint32_t struct_size`,
        );
      }
    }
    return {
      version: this.#words.version,
      enums: this.#enums,
      structs: this.#structs,
      functions: this.#functions,
    };
  }

  #name(pattern: RegExp): string {
    const line = this.#words.line;
    const name = this.#words.take(pattern);
    if (this.#lines.has(name)) fail(line, `${name} is declared twice`);
    this.#lines.set(name, line);
    return name;
  }

  #declaration(): void {
    const word = this.#words.peek();
    if (word === "enum") this.#enum();
    else if (word === "struct" && this.#words.peek(2) === "{") this.#struct();
    else if (word === "CUF_API") this.#function();
    else fail(this.#words.line, `Declaration not understood: ${word} ${this.#words.peek(1)}`);
  }

  #enum(): void {
    const doc = this.#words.commentAbove(this.#words.line);
    this.#words.take("enum");
    const name = this.#name(/^Cuf[A-Z]\w*$/);
    const members: EnumMember[] = [];
    this.#words.take("{");
    while (this.#words.peek() !== "}") {
      const line = this.#words.line;
      const member = this.#name(/^CUF_[A-Z0-9_]+$/);
      this.#words.take("=");
      const sign = this.#words.peek() === "-" ? this.#words.take() : "";
      const value = Number(sign + this.#words.take(/^(0|[1-9]\d*)$/));
      if (value !== (value | 0)) fail(line, `${member} is not an int32_t`);
      this.#words.take(",");
      members.push({ name: member, value, doc: this.#words.commentBeside(line) });
    }
    if (members.length === 0) fail(this.#words.line, `${name} is empty`);
    this.#words.take("}");
    this.#words.take(";");
    this.#enums.push({ name, doc, members });
  }

  #struct(): void {
    const start = this.#words.line;
    this.#words.take("struct");
    const name = this.#name(/^Cuf[A-Z]\w*$/);
    this.#words.take("{");
    const fields: Field[] = [];
    let size = 0;
    let alignment = 1;
    while (this.#words.peek() !== "}") {
      const { field, bytes, align } = this.#field(size, fields);
      fields.push(field);
      size += bytes;
      alignment = Math.max(alignment, align);
    }
    if (fields.length === 0) fail(start, `${name} is empty`);
    if (size % alignment !== 0) {
      fail(
        this.#words.line,
        `${name} ends in ${alignment - size % alignment} bytes of hidden padding`,
      );
    }
    this.#words.take("}");
    this.#words.take(";");
    const hasSize = fields[0].name === "struct_size" && fields[0].type === "uint32_t";
    const doc = this.#words.commentAbove(start);
    this.#structs.push({ name, doc, fields, size, alignment, hasSize });
  }

  #field(
    offset: number,
    earlier: readonly Field[],
  ): { field: Field; bytes: number; align: number } {
    const line = this.#words.line;
    const { type, size, align } = this.#fieldType();
    if (this.#words.peek() === "*") fail(line, "Pointer inside a struct");
    if (this.#words.peek() === "(") fail(line, "Callback inside a struct");
    const name = this.#words.take(/^[a-z][a-z0-9_]*$/);
    if (earlier.some((field) => field.name === name)) fail(line, `${name} is declared twice`);
    let length = 0;
    if (this.#words.peek() === "[") {
      this.#words.take();
      length = Number(this.#words.take(/^[1-9]\d*$/));
      this.#words.take("]");
    }
    this.#words.take(";");
    if ((type === "char") !== (length > 0) && !(length > 0 && /^(double|Cuf.*)$/.test(type))) {
      fail(line, `${type} ${name}: only char, double and structs come as arrays, char always`);
    }
    if (offset % align !== 0) {
      fail(line, `${align - offset % align} bytes of hidden padding before ${name}`);
    }
    const field = { name, type, length, offset, doc: this.#words.commentBeside(line) };
    return { field, bytes: size * Math.max(length, 1), align };
  }

  #fieldType(): { type: string; size: number; align: number } {
    const line = this.#words.line;
    const word = this.#words.take();
    if (word === "char") return { type: word, size: 1, align: 1 };
    if (Object.hasOwn(SCALARS, word)) {
      return { type: word, size: SCALARS[word].size, align: SCALARS[word].size };
    }
    if (word !== "struct") fail(line, `Field of type ${word}: use a fixed-width type`);
    const name = this.#words.take();
    const inner = this.#structs.find((struct) => struct.name === name);
    if (!inner) fail(line, `struct ${name} is not declared above`);
    if (inner.hasSize) fail(line, `struct ${name} has a struct_size and cannot be nested`);
    this.#nested.add(name);
    return { type: name, size: inner.size, align: inner.alignment };
  }

  #function(): void {
    const doc = this.#words.commentAbove(this.#words.line);
    this.#words.take("CUF_API");
    if (this.#words.peek() !== "int32_t") {
      fail(this.#words.line, `Result ${this.#words.peek()}: use int32_t`);
    }
    this.#words.take();
    const name = this.#name(/^cuf_[a-z0-9]+_[a-z0-9_]+$/);
    const parameters: Parameter[] = [];
    this.#words.take("(");
    if (this.#words.peek() === "void" && this.#words.peek(1) === ")") this.#words.take();
    else {
      do parameters.push(this.#parameter()); while (this.#words.takeIf(","));
    }
    this.#words.take(")");
    this.#words.take(";");
    this.#functions.push({ name, doc, parameters });
  }

  #parameter(): Parameter {
    const line = this.#words.line;
    if (this.#words.peek() === "...") fail(line, "Variable arguments");
    const isConst = this.#words.takeIf("const");
    const isStruct = this.#words.takeIf("struct");
    const type = this.#words.take();
    const isPointer = this.#words.takeIf("*");
    if (this.#words.peek() === "(") fail(line, "Callback argument");
    const name = this.#words.take(/^[a-z][a-z0-9_]*$/);
    if (!isPointer) {
      const kind = Object.hasOwn(SCALARS, type) ? SCALARS[type].argument : undefined;
      if (isStruct) fail(line, `struct ${type} ${name} by value: pass a pointer`);
      if (isConst || !kind) fail(line, `Argument ${type} ${name}: use uint32_t, int32_t or double`);
      return { name, type, kind };
    }
    if (isStruct && !this.#structs.some((struct) => struct.name === type)) {
      fail(line, `struct ${type} is not declared above`);
    }
    if (!isStruct && !POINTEES.has(type)) {
      fail(line, `Pointer to ${type}: use uint8_t, uint32_t or a struct`);
    }
    if (isStruct) this.#pointed.add(type);
    const spelled = `${isConst ? "const " : ""}${isStruct ? "struct " : ""}${type}*`;
    return { name, type: spelled, kind: "buffer" };
  }
}
