/**
 * Encoder parameters in the guide's own spelling, as JSON files of its samples hold them.
 *
 * @module
 */

import { codecName } from "./codec_name.ts";
import { checkDescriptor, describe } from "./descriptor.ts";
import {
  ENCODER_PARAMETERS,
  type EncoderParameterRow,
  type EncoderParameters,
} from "./encoder_parameters.ts";
import { parameterRules } from "./encoder_settings.ts";

const WHAT = "encoderConfigFromStrings()";

/** Other names that the guide's text has for keys, and keys that its samples write together. */
const ALIASES: { readonly [key: string]: string } = {
  codecconfig: "rc",
  framerate: "fps",
  qp: "constqp",
  tuninginfo: "tuning_info",
  target_quality: "cq",
  targetquality: "cq",
  "timinginfo.num_units_in_tick": "timinginfo.num_unit_in_ticks",
};
/** Keys that are said elsewhere, and where. */
const ELSEWHERE: { readonly [key: string]: string } = {
  gpu_id: "requestDevice({ gpu })",
  gpuid: "requestDevice({ gpu })",
  cudacontext: "requestDevice({ cudaContext })",
  cudastream: "createEncoder({ cudaStream })",
  usecpuinputbuffer: "createEncoder({ useCpuInputBuffer })",
  width: "createEncoder({ width })",
  height: "createEncoder({ height })",
  format: "createEncoder({ format })",
};
const CHOICE_ALIASES: { readonly [name: string]: string } = { cqp: "constqp", none: "disabled" };
const MULTIPLES: { readonly [suffix: string]: number } = { "": 1, k: 1e3, m: 1e6, g: 1e9 };
const LARGEST_RESOLUTION_KEY = "max_res";

const ROWS = new Map(ENCODER_PARAMETERS.map((row) => [row.guide.toLowerCase(), row]));

/**
 * Reads encoder parameters in the guide's spelling: its keys ("tuning_info", "maxbitrate", nested "slice" and
 * "timinginfo", "max_res"), whose values may be texts: "3", "5M", "10,10,10", "P4". What comes out goes into
 * `createEncoder({ width, height, ...config })`.
 *
 * @throws {TypeError} for unknown keys and values that are none; RangeError for numbers out of range
 */
export function encoderConfigFromStrings(json: string | object): EncoderParameters {
  return configOf(WHAT, typeof json === "string" ? JSON.parse(json) : json);
}

/** `what` takes it. */
function configOf(what: string, parsed: unknown): EncoderParameters {
  const config: { [key: string]: unknown } = {};
  const said = new Map<string, string>();
  const note = (name: string, key: string): void => {
    const before = said.get(name);
    if (before !== undefined) {
      throw new TypeError(`${what}: "${before}" and "${key}" are the same; give one of them`);
    }
    said.set(name, key);
  };
  for (const [key, value] of flattened(what, parsed)) {
    if (key === LARGEST_RESOLUTION_KEY) {
      for (const side of ["maxWidth", "maxHeight"]) note(side, key);
      [config.maxWidth, config.maxHeight] = resolutionOf(what, value);
      continue;
    }
    const row = ROWS.get(ALIASES[key] ?? key);
    if (row === undefined) refuseKey(what, key);
    note(row.name, key);
    const [group, name] = row.name.split(".");
    if (name === undefined) config[group] = valueOf(row, value);
    else config[group] = { ...config[group] as object, [name]: valueOf(row, value) };
  }
  checkDescriptor(what, config, parameterRules(config.codec));
  return config as EncoderParameters;
}

/**
 * A descriptor whose encoder parameters may be in the guide's spelling, or texts: what encoderConfigFromStrings()
 * makes of those, and the rest as it is. `what` takes it.
 */
export function readStrings(
  what: string,
  descriptor: object,
): { readonly [key: string]: unknown } {
  const strings: { [key: string]: unknown } = {};
  const rest: { [key: string]: unknown } = {};
  for (const [key, value] of Object.entries(descriptor)) {
    const own = ENCODER_PARAMETERS.find(({ name }) => name === key);
    const isText = typeof value === "string";
    const isNumberedFlag = own?.kind === "flag" && typeof value === "number";
    if (own !== undefined) {
      isText || isNumberedFlag ? strings[own.guide] = value : rest[key] = value;
    } else if (isGuideKey(key) && (isText || !PLAIN_KEYS.includes(key))) strings[key] = value;
    else rest[key] = value;
  }
  return { ...configOf(what, strings), ...rest };
}

/** Keys of the guide that descriptors have, too, with plain values. */
const PLAIN_KEYS: readonly string[] = ["qp", "slice", "timingInfo"];

function isGuideKey(key: string): boolean {
  const lower = key.toLowerCase();
  const name = ALIASES[lower] ?? lower;
  return name === LARGEST_RESOLUTION_KEY || ROWS.has(name) || name === "slice" ||
    name.startsWith("slice::") || name === "timinginfo" || name.startsWith("timinginfo::");
}

function refuseKey(what: string, key: string): never {
  if (Object.hasOwn(ELSEWHERE, key)) {
    throw new TypeError(`${what} has no key "${key}"; it is said by ${ELSEWHERE[key]}`);
  }
  const known = [...ROWS.keys(), LARGEST_RESOLUTION_KEY].join(", ");
  throw new TypeError(`${what} has no key "${key}"; its keys are ${known}`);
}

/** Keys in small letters with their values; those of nested objects behind a dot, as those with ::. */
function flattened(what: string, json: unknown): [key: string, value: unknown][] {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new TypeError(`${what} takes an object, or its JSON, not ${describe(json)}`);
  }
  return Object.entries(json).flatMap(([key, value]): [string, unknown][] => {
    const name = key.toLowerCase().replace("::", ".");
    const isGroup = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isGroup) return [[name, value]];
    return flattened(what, value).map(([inner, item]) => [`${name}.${inner}`, item]);
  });
}

function valueOf(row: EncoderParameterRow, value: unknown): unknown {
  switch (row.kind) {
    case "choice":
      return choiceOf(row, value);
    case "flag":
      return value === 1 || value === "1" ? true : value === 0 || value === "0" ? false : value;
    case "quantizers":
      return listOf(value);
    case "ratio":
      return ratioOf(value);
    default:
      return numberOf(value);
  }
}

function choiceOf({ name, names }: EncoderParameterRow, value: unknown): unknown {
  if (typeof value !== "string" && typeof value !== "number") return value;
  const lower = String(value).trim().toLowerCase();
  const word = name === "codec" ? codecName(lower) : CHOICE_ALIASES[lower] ?? lower;
  return names.find((it) => it.toLowerCase() === word) ?? value;
}

function listOf(value: unknown): unknown {
  const items = typeof value === "string" ? value.replaceAll(/[[\]\s]/g, "").split(",") : value;
  if (!Array.isArray(items)) return numberOf(items);
  return items.length === 1 ? numberOf(items[0]) : items.map(numberOf);
}

function ratioOf(value: unknown): unknown {
  const [num, den, ...rest] = typeof value === "string" ? value.split("/").map(numberOf) : [value];
  return rest.length > 0 || den === undefined ? num : { num, den };
}

/** The number that a text says, with K, M or G behind it; what is none stays as it is, for the rule to refuse. */
function numberOf(value: unknown): unknown {
  const match = typeof value === "string"
    ? /^\s*(\d+(?:\.\d+)?)\s*([kmg]?)\s*$/i.exec(value)
    : null;
  if (match === null) return value;
  const number = Number(match[1]) * MULTIPLES[match[2].toLowerCase()];
  // 2.3M is 2299999.9999999995 otherwise.
  return match[2] === "" ? number : Math.round(number);
}

function resolutionOf(what: string, value: unknown): [unknown, unknown] {
  const sides = typeof value === "string" ? value.replaceAll(/[[\]\s]/g, "").split(/[,x]/i) : value;
  if (!Array.isArray(sides) || sides.length !== 2) {
    throw new TypeError(`${what}: max_res must be [width, height], not ${describe(value)}`);
  }
  return [numberOf(sides[0]), numberOf(sides[1])];
}
