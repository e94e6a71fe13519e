/**
 * Encoder parameters between scripts and the library.
 *
 * @module
 */

import { EncoderSetting } from "../ffi/abi.ts";
import { flag, integer, oneOf, type Rule, type Rules } from "./descriptor.ts";
import {
  ENCODER_PARAMETERS,
  type EncoderParameterRow,
  type EncoderParameters,
} from "./encoder_parameters.ts";
import { checked } from "./native_call.ts";

/** Codecs that can be encoded. */
export type EncoderCodec = "h264" | "hevc" | "av1";

/** Parameters with their values: those of choices by name, ratios as { num, den }. */
export type ParameterValues = ReadonlyMap<string, unknown>;

/** What an encoder is told beside its record, as the library wants it. */
export interface NativeSettings {
  /** Records of the parameters; null where there are none. */
  readonly settings: Uint8Array | null;
  /** How many there are. */
  readonly settingCount: number;
  /** The encoder's own options, names and values that end in NUL; null where there are none. */
  readonly native: Uint8Array | null;
}

const MOST_OF_AV1: { readonly [kind: string]: number } = { quantizers: 255, cq: 63 };
const MOST_OF_A_RATIO = 2 ** 31 - 1;
/** How far a rate may be from the nearest NTSC rate to be meant by it: 29.97 is 30000 / 1001. */
const NTSC_TOLERANCE = 0.005;
const DECIMALS = 1000;

const ROWS = new Map(ENCODER_PARAMETERS.map((row, number) => [row.name, { row, number }]));

/** The objects that hold parameters whose names have a dot. */
const GROUPS: readonly string[] = [
  ...new Set(
    ENCODER_PARAMETERS.map(({ name }) => name.split("."))
      .filter((parts) => parts.length > 1).map(([group]) => group),
  ),
];

/** What the keys of a descriptor's parameters may hold. The codec decides how far quantizers go. */
export function parameterRules(codec: unknown): Rules {
  const rules: { [key: string]: Rule } = {};
  const groups: { [group: string]: { [key: string]: Rule } } = {};
  for (const row of ENCODER_PARAMETERS) {
    const [first, key] = row.name.split(".");
    if (key === undefined) rules[first] = ruleOf(row, codec === "av1");
    else (groups[first] ??= {})[key] = ruleOf(row, false);
  }
  for (const [group, keys] of Object.entries(groups)) rules[group] = nested(keys);
  return rules;
}

function nested(rules: Rules): Rule {
  const wanted = `{ ${Object.keys(rules).join(", ")} }`;
  return (value) => {
    if (typeof value !== "object" || value === null) return { wanted };
    for (const [key, item] of Object.entries(value)) {
      if (!Object.hasOwn(rules, key)) return { wanted: `${wanted} without ${key}` };
      const problem = item === undefined ? null : rules[key](item);
      if (problem !== null) {
        return { ...problem, wanted: `${wanted}, with ${key} ${problem.wanted}` };
      }
    }
    return null;
  };
}

function ruleOf(row: EncoderParameterRow, isAv1: boolean): Rule {
  const most = isAv1 ? MOST_OF_AV1[row.kind] ?? MOST_OF_AV1[row.name] ?? row.most : row.most;
  switch (row.kind) {
    case "choice":
      return oneOf(...row.names);
    case "flag":
      return flag();
    case "quantizers":
      return quantizers(row.least, most);
    case "ratio":
      return ratio;
    default:
      return integer(row.least, most);
  }
}

function quantizers(least: number, most: number): Rule {
  const wanted = `an integer from ${least} to ${most}, or three of them for I, P and B pictures`;
  const isGood = (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  return (value) => {
    const numbers: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (numbers.some((it) => typeof it !== "number")) return { wanted };
    const isCount = !Array.isArray(value) || numbers.length === 3;
    return isCount && numbers.every(isGood) ? null : { wanted, isRange: true };
  };
}

const ratio: Rule = (value) => {
  const wanted = "a number above 0, or { num, den } of integers above 0";
  const isGood = (it: unknown): boolean =>
    Number.isInteger(it) && Number(it) > 0 && Number(it) <= MOST_OF_A_RATIO;
  if (typeof value === "number") {
    return value > 0 && Number.isFinite(value) && ratioOf(value).every(isGood)
      ? null
      : { wanted, isRange: true };
  }
  if (typeof value !== "object" || value === null) return { wanted };
  const { num, den } = value as { readonly num?: unknown; readonly den?: unknown };
  if (typeof num !== "number" || typeof den !== "number") return { wanted };
  return isGood(num) && isGood(den) ? null : { wanted, isRange: true };
};

function ratioOf(value: unknown): [num: number, den: number] {
  if (typeof value !== "number") {
    const { num, den } = value as { readonly num: number; readonly den: number };
    return [num, den];
  }
  if (Number.isInteger(value)) return [value, 1];
  const whole = Math.ceil(value);
  const isNtsc = Math.abs(whole * 1000 / 1001 - value) < NTSC_TOLERANCE;
  return isNtsc ? [whole * 1000, 1001] : [Math.round(value * DECIMALS), DECIMALS];
}

/** The parameters that a checked descriptor names, in the order of the table. */
export function parametersOf(descriptor: object): ParameterValues {
  const values = new Map<string, unknown>();
  for (const { name } of ENCODER_PARAMETERS) {
    let value: unknown = descriptor;
    for (const key of name.split(".")) {
      value = (value as { [key: string]: unknown } | undefined)?.[key];
    }
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

/** Numbers of a parameter as the library takes them. */
export function parameterNumbers(name: string, value: unknown): number[] {
  const { row } = ROWS.get(name)!;
  switch (row.kind) {
    case "choice":
      return [row.names.indexOf(value as string)];
    case "flag":
      return [value ? 1 : 0];
    case "ratio":
      return ratioOf(value);
    default:
      return Array.isArray(value) ? [...value] : [value as number];
  }
}

/** Parameters as records for the library; null bytes where there are none. */
export function nativeSettings(
  values: ParameterValues,
): { readonly bytes: Uint8Array<ArrayBuffer> | null; readonly count: number } {
  if (values.size === 0) return { bytes: null, count: 0 };
  const bytes = new Uint8Array(EncoderSetting.size * values.size);
  [...values].forEach(([name, value], i) => {
    const record = new EncoderSetting(bytes, i * EncoderSetting.size);
    const numbers = parameterNumbers(name, value);
    record.structSize = EncoderSetting.size;
    record.parameter = ROWS.get(name)!.number;
    record.valueCount = numbers.length;
    record.setValues([...numbers, 0, 0].slice(0, 3));
  });
  return { bytes, count: values.size };
}

/** The arguments of a call of the library that makes an encoder, alone or in a transcoder. */
export function settingArguments(
  { settings, settingCount, native }: NativeSettings,
): [
  settings: Uint8Array | null,
  settingCount: number,
  native: Uint8Array | null,
  nativeLength: number,
] {
  return [settings, settingCount, native, native?.length ?? 0];
}

/** Parameters that a call of the library writes into `capacity` records; it returns how many there are. */
export function takeSettings(
  what: string,
  capacity: number,
  take: (records: Uint8Array<ArrayBuffer>, capacity: number) => number,
): EncoderParameters {
  const records = new Uint8Array(EncoderSetting.size * capacity);
  const count = checked(take(records, capacity), what);
  return settingsOf(records, Math.min(count, capacity));
}

/** Parameters out of the library's records, in the shape of a descriptor. */
export function settingsOf(records: Uint8Array<ArrayBuffer>, count: number): EncoderParameters {
  const settings: { [key: string]: unknown } = {};
  for (const group of GROUPS) settings[group] = {};
  for (let i = 0; i < count; i++) {
    const record = new EncoderSetting(records, i * EncoderSetting.size);
    const row = ENCODER_PARAMETERS[record.parameter];
    if (row === undefined) continue;
    const [group, key] = row.name.split(".");
    const value = valueOf(row, record.values.slice(0, record.valueCount));
    if (key === undefined) settings[group] = value;
    else (settings[group] as { [key: string]: unknown })[key] = value;
  }
  for (const group of GROUPS) {
    if (Object.keys(settings[group] as object).length === 0) delete settings[group];
  }
  return settings as EncoderParameters;
}

function valueOf(row: EncoderParameterRow, numbers: readonly number[]): unknown {
  switch (row.kind) {
    case "choice":
      return row.names[numbers[0]];
    case "flag":
      return numbers[0] !== 0;
    case "ratio":
      return { num: numbers[0], den: numbers[1] };
    default:
      // Three that are the same are one for all.
      return new Set(numbers).size === 1 ? numbers[0] : [...numbers];
  }
}
