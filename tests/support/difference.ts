/**
 * Deep comparison that says where two values part, and how to print them.
 *
 * @module
 */

/** Where two values differ, and what is there in each. */
export interface Difference {
  /** As one would write it in code behind the value's name; empty for the value itself. */
  path: string;
  /** What the first value has there. */
  actual: unknown;
  /** What the second value has there. */
  expected: unknown;
}

type Numbers = ArrayLike<number | bigint>;

/** The first place where both differ, or nothing if they are deeply equal, class included. */
export function difference(actual: unknown, expected: unknown): Difference | undefined {
  return differenceAt(actual, expected, "", new Map());
}

/** `seen` ends the walk in cycles. */
function differenceAt(
  actual: unknown,
  expected: unknown,
  path: string,
  seen: Map<object, object>,
): Difference | undefined {
  if (Object.is(actual, expected)) return undefined;
  const here: Difference = { path, actual, expected };
  if (!isObject(actual) || !isObject(expected)) return here;
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return here;
  if (typeof actual === "function") return here;
  if (seen.get(actual) === expected) return undefined;
  seen.set(actual, expected);

  if (actual instanceof ArrayBuffer || actual instanceof DataView) {
    return differenceOfNumbers(bytesOf(actual), bytesOf(expected as ArrayBuffer), path);
  }
  if (ArrayBuffer.isView(actual)) {
    return differenceOfNumbers(actual as unknown as Numbers, expected as unknown as Numbers, path);
  }
  if (actual instanceof Date) return +actual === +(expected as Date) ? undefined : here;
  if (actual instanceof RegExp || actual instanceof URL) {
    return String(actual) === String(expected) ? undefined : here;
  }
  if (actual instanceof Map) {
    return differenceOfMaps(actual, expected as Map<unknown, unknown>, path, seen);
  }
  if (actual instanceof Set) {
    return differenceOfSets(actual, expected as Set<unknown>, path);
  }
  return differenceOfProperties(actual, expected, path, seen);
}

function isObject(value: unknown): value is object {
  return value !== null && (typeof value === "object" || typeof value === "function");
}

function bytesOf(value: ArrayBuffer | DataView): Uint8Array {
  return value instanceof DataView
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

function differenceOfNumbers(
  actual: Numbers,
  expected: Numbers,
  path: string,
): Difference | undefined {
  const length = Math.min(actual.length, expected.length);
  for (let i = 0; i < length; i++) {
    if (actual[i] !== expected[i] && !Object.is(actual[i], expected[i])) {
      return { path: `${path}[${i}]`, actual: actual[i], expected: expected[i] };
    }
  }
  if (actual.length === expected.length) return undefined;
  return { path: `${path}.length`, actual: actual.length, expected: expected.length };
}

function differenceOfMaps(
  actual: Map<unknown, unknown>,
  expected: Map<unknown, unknown>,
  path: string,
  seen: Map<object, object>,
): Difference | undefined {
  if (actual.size !== expected.size) {
    return { path: `${path}.size`, actual: actual.size, expected: expected.size };
  }
  for (const [key, value] of actual) {
    const twin = equalMember(key, expected.keys(), (k) => expected.has(k));
    const at = `${path}.get(${show(key)})`;
    if (twin === undefined) return { path: at, actual: value, expected: undefined };
    const found = differenceAt(value, expected.get(twin.member), at, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

function differenceOfSets(
  actual: Set<unknown>,
  expected: Set<unknown>,
  path: string,
): Difference | undefined {
  const equal = actual.size === expected.size &&
    [...actual].every((member) =>
      equalMember(member, expected.keys(), (m) => expected.has(m)) !== undefined
    );
  return equal ? undefined : { path, actual, expected };
}

function equalMember(
  wanted: unknown,
  members: Iterable<unknown>,
  has: (member: unknown) => boolean,
): { member: unknown } | undefined {
  if (has(wanted)) return { member: wanted };
  if (!isObject(wanted)) return undefined;
  for (const member of members) {
    if (difference(wanted, member) === undefined) return { member };
  }
  return undefined;
}

function differenceOfProperties(
  actual: object,
  expected: object,
  path: string,
  seen: Map<object, object>,
): Difference | undefined {
  const left = actual as Record<PropertyKey, unknown>;
  const right = expected as Record<PropertyKey, unknown>;
  const keys = new Set([...keysOf(left), ...keysOf(right)]);
  for (const key of keys) {
    const at = Array.isArray(actual) && key !== "length"
      ? `${path}[${String(key)}]`
      : `${path}.${String(key)}`;
    if (!Object.hasOwn(left, key) || !Object.hasOwn(right, key)) {
      const absent = "(absent)";
      return {
        path: at,
        actual: Object.hasOwn(left, key) ? left[key] : absent,
        expected: Object.hasOwn(right, key) ? right[key] : absent,
      };
    }
    const found = differenceAt(left[key], right[key], at, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The enumerable keys, and those that are not but make the value of an array or error. */
function keysOf(value: object): PropertyKey[] {
  const keys: PropertyKey[] = Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
  if (Array.isArray(value)) keys.push("length");
  if (value instanceof Error && Object.hasOwn(value, "message")) keys.push("message");
  return keys;
}

const SHOWN_MEMBERS = 16;

/** A short text of `value` for messages; long lists are cut. */
export function show(value: unknown, depth = 0): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return `[${value.name || "function"}]`;
  if (!isObject(value)) return String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Date || value instanceof RegExp || value instanceof URL) return `${value}`;
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? "null";
  if (depth > 3) return name;
  const inner = (member: unknown): string => show(member, depth + 1);
  if (Array.isArray(value)) return `[${list(value, inner)}]`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const numbers = value as unknown as Numbers;
    return `${name}(${numbers.length}) [${list(Array.from(numbers), inner)}]`;
  }
  if (value instanceof Map) {
    return `Map {${list([...value], ([k, v]) => `${inner(k)} => ${inner(v)}`)}}`;
  }
  if (value instanceof Set) return `Set {${list([...value], inner)}}`;
  const entries = Object.entries(value);
  const body = `{${list(entries, ([key, member]) => `${key}: ${inner(member)}`)}}`;
  return name === "Object" ? body : `${name} ${body}`;
}

function list<T>(members: T[], text: (member: T) => string): string {
  const shown = members.slice(0, SHOWN_MEMBERS).map(text);
  if (members.length > SHOWN_MEMBERS) shown.push(`... ${members.length - SHOWN_MEMBERS} more`);
  return shown.join(", ");
}
