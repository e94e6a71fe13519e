/**
 * Writes src/encoder_parameters.ts and README's table of encoder parameters from
 * csrc/core/encoder_parameters.inc.
 *
 * `deno run --allow-read --allow-write tools/encoder_table.ts [--check]`, or the same with `bun`.
 * With `--check` nothing is written; the exit code is 1 if a file differs from what would be written.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

const ROOT = new URL("../", import.meta.url);
const TABLE = "csrc/core/encoder_parameters.inc";
const SCRIPT = "src/encoder_parameters.ts";
const README = "README.md";
const BEGIN = "<!-- Encoder parameters: made by tools/encoder_table.ts -->";
const END = "<!-- End of the encoder parameters -->";
const WIDTH = 100;
/** Names of a choice that README's table lists; of more it gives the first and the last. */
const MOST_NAMES = 8;
const KINDS = ["choice", "integer", "flag", "quantizers", "ratio"];

/** One row of the table. */
export interface ParameterRow {
  /** Key in TypeScript; a dot stands before a key of a nested object. */
  readonly name: string;
  /** Key of the guide's JSON. */
  readonly guide: string;
  /** What its values are. */
  readonly kind: string;
  /** Smallest value; 0 of a choice. */
  readonly least: number;
  /** Greatest value; of a choice the number of its last name. */
  readonly most: number;
  /** Names of a choice. */
  readonly names: readonly string[];
  /** What holds where it is left out. */
  readonly initial: string;
  /** Its unit. */
  readonly unit: string;
  /** What it becomes in NVENC. */
  readonly nvenc: string;
  /** What it becomes in libav's encoders. */
  readonly libav: string;
  /** What it does. */
  readonly text: string;
}

/** Reads the table; refuses what it does not know. */
export function parseTable(text: string): ParameterRow[] {
  const code = text.replaceAll(/^\s*\/\/.*$/gm, "");
  const rows = [...code.matchAll(/CUF_ENCODER_PARAMETER\(((?:"[^"\n]*"|[^")])*)\)/g)];
  const rest = code.replaceAll(/CUF_ENCODER_PARAMETER\(((?:"[^"\n]*"|[^")])*)\)/g, "").trim();
  if (rest !== "") throw new Error(`${TABLE}: not a row: ${rest.slice(0, 60)}`);
  return rows.map(([, list]) => parseRow(list));
}

function parseRow(list: string): ParameterRow {
  const fields = fieldsOf(list);
  const [id, name, guide, kind, least, most, initial, unit, nvenc, libav, text] = fields;
  if (fields.length !== 11 || !KINDS.includes(String(kind))) {
    throw new Error(`${TABLE}: the row ${id} has ${fields.length} fields and the kind ${kind}`);
  }
  const names = kind === "choice" ? String(least).split("|") : [];
  const bounds = kind === "choice" ? [0, names.length - 1] : [Number(least), Number(most)];
  if (!bounds.every(Number.isSafeInteger)) throw new Error(`${TABLE}: the row ${id} has no bounds`);
  return {
    ...{ name, guide, kind, names, unit, nvenc, libav, text },
    initial: kind === "flag" && initial === "0" ? "false" : initial,
    ...{ least: bounds[0], most: bounds[1] },
  };
}

/** The arguments of the macro; texts that follow one another are one. */
function fieldsOf(list: string): string[] {
  const fields = [""];
  for (const [token, quoted] of list.matchAll(/"([^"\n]*)"|,|[^\s",]+/g)) {
    if (token === ",") fields.push("");
    else fields[fields.length - 1] += quoted ?? token;
  }
  return fields;
}

/** The text of src/encoder_parameters.ts. */
export function renderScript(rows: readonly ParameterRow[]): string {
  const groups = [...new Set(rows.map(({ name }) => groupOf(name)).filter((it) => it !== ""))];
  const own = rows.filter(({ name }) => groupOf(name) === "");
  return [
    HEAD,
    doc("Everything that an encoder can be told of how to encode, by the guide's names."),
    "export interface EncoderParameters {",
    ...own.flatMap(renderKey),
    ...groups.flatMap((group) => [
      doc(GROUPS[group], 2),
      `  readonly ${group}?: ${interfaceOf(group)};`,
    ]),
    "}",
    ...groups.flatMap((group) => [
      "",
      doc(GROUPS[group]),
      `export interface ${interfaceOf(group)} {`,
      ...rows.filter(({ name }) => groupOf(name) === group).flatMap(renderKey),
      "}",
    ]),
    "",
    doc("Rows of the table; the library knows them by their places in it."),
    "export const ENCODER_PARAMETERS: readonly EncoderParameterRow[] = [",
    ...rows.map(renderRow),
    "];",
    "",
  ].join("\n");
}

const HEAD = `// deno-fmt-ignore-file
// Generated from ${TABLE} by tools/encoder_table.ts: do not edit.

/**
 * The parameters of encoders.
 *
 * @module
 */

/** One parameter. */
export interface EncoderParameterRow {
  /** Key in TypeScript; a dot stands before a key of a nested object. */
  readonly name: string;
  /** Key of the guide's JSON; a dot as in name. */
  readonly guide: string;
  /** What its values are. */
  readonly kind: ${KINDS.map((kind) => `"${kind}"`).join(" | ")};
  /** Smallest value. */
  readonly least: number;
  /** Greatest value, of H.264 and HEVC. */
  readonly most: number;
  /** Names of a choice's numbers. */
  readonly names: readonly string[];
}
`;

const GROUPS: Readonly<Record<string, string>> = {
  timingInfo: "Timing of the stream's clock, as Annex E of H.264 and HEVC defines it.",
  slice: "How pictures of H.264 and HEVC are cut into slices.",
};

function groupOf(name: string): string {
  return name.includes(".") ? name.split(".")[0] : "";
}

function interfaceOf(group: string): string {
  return `Encoder${group[0].toUpperCase()}${group.slice(1)}`;
}

function renderKey(row: ParameterRow): string[] {
  const key = row.name.split(".").at(-1)!;
  const sentences = [`${row.text}.`, rangeSentence(row), `Default: ${row.initial}.`];
  return [
    doc(sentences.filter((it) => it !== "").join(" "), 2),
    `  readonly ${key}?: ${typeOf(row)};`,
  ];
}

function typeOf({ kind, names }: ParameterRow): string {
  switch (kind) {
    case "choice":
      return names.map((name) => `"${name}"`).join(" | ");
    case "flag":
      return "boolean";
    case "quantizers":
      return "number | readonly [i: number, p: number, b: number]";
    case "ratio":
      return "number | { readonly num: number; readonly den: number }";
    default:
      return "number";
  }
}

function rangeSentence({ name, kind, least, most, unit }: ParameterRow): string {
  const range = `${least} to ${most}`;
  const ofUnit = unit === "" ? "" : ` ${unit}`;
  if (kind === "integer") return `${range}${ofUnit}${name === "cq" ? "; AV1: to 63" : ""}.`;
  if (kind === "quantizers") {
    return `${range}, AV1: to 255; one for all, or those of I, P and B pictures.`;
  }
  return kind === "ratio"
    ? `In${ofUnit}; above 0, such as 30, 29.97 or { num: 30000, den: 1001 }.`
    : "";
}

function renderRow({ name, guide, kind, least, most, names }: ParameterRow): string {
  const list = names.map((it) => `"${it}"`).join(", ");
  return `  { name: "${name}", guide: "${guide}", kind: "${kind}", least: ${least}, most: ${most}, ` +
    `names: [${list}] },`;
}

/** A doc comment, wrapped. */
function doc(text: string, indent = 0): string {
  const margin = " ".repeat(indent);
  if (indent + text.length + 7 <= WIDTH) return `${margin}/** ${text} */`;
  const lines = [""];
  for (const word of text.split(" ")) {
    if (indent + 3 + lines.at(-1)!.length + word.length + 1 > WIDTH) lines.push("");
    lines[lines.length - 1] += lines.at(-1) === "" ? word : ` ${word}`;
  }
  return [`${margin}/**`, ...lines.map((line) => `${margin} * ${line}`), `${margin} */`].join("\n");
}

/** README's table, aligned as deno fmt wants it. */
export function renderReadme(rows: readonly ParameterRow[]): string {
  const head = ["`createEncoder()`", "guide", "values", "default", "NVENC", "CPU encoders", ""];
  const body = rows.map((row) => [
    `\`${row.name}\``,
    row.guide === "" || row.guide === row.name ? "" : `\`${row.guide}\``,
    valuesOf(row),
    row.initial,
    row.nvenc.replaceAll("*", "\\*"),
    row.libav,
    row.text,
  ]);
  const widths = head.map((_, i) => Math.max(3, ...[head, ...body].map((row) => row[i].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [BEGIN, "", line(head), rule, ...body.map(line), "", END].join("\n");
}

function valuesOf({ kind, names, least, most, unit, name }: ParameterRow): string {
  const ofUnit = unit === "" ? "" : ` ${unit}`;
  if (kind === "choice") {
    const shown = names.length > MOST_NAMES ? [...names.slice(0, 3), "...", names.at(-1)!] : names;
    return shown.join(", ");
  }
  if (kind === "flag") return "true, false";
  if (kind === "quantizers") return `${least} to ${most} (AV1: 255); one or three (I, P, B)`;
  if (kind === "ratio") return `above 0${ofUnit}; a number or { num, den }`;
  return `${least} to ${most}${name === "cq" ? " (AV1: 63)" : ""}${ofUnit}`;
}

/** README with the table between its markers. */
export function withTable(readme: string, table: string): string {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${README} has no place for the table: ${BEGIN}`);
  return readme.slice(0, from) + table + readme.slice(to + END.length);
}

/** Writes or checks both files; gives the names of those that differ. */
function main(isCheck: boolean): string[] {
  const rows = parseTable(readFileSync(new URL(TABLE, ROOT), "utf8"));
  const readme = readFileSync(new URL(README, ROOT), "utf8");
  const outputs = { [SCRIPT]: renderScript(rows), [README]: withTable(readme, renderReadme(rows)) };
  const different = Object.entries(outputs).filter(([path, text]) => readOrEmpty(path) !== text);
  if (!isCheck) different.forEach(([path, text]) => writeFileSync(new URL(path, ROOT), text));
  return different.map(([path]) => path);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(new URL(path, ROOT), "utf8");
  } catch {
    return "";
  }
}

if (import.meta.main) {
  const isCheck = process.argv.includes("--check");
  const different = main(isCheck);
  for (const path of different) {
    console.log(isCheck ? `${path} is out of date: run tools/encoder_table.ts` : `wrote ${path}`);
  }
  if (isCheck && different.length > 0) process.exit(1);
}
