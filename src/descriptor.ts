/**
 * Checks descriptors before anything is done with them: the runtimes' FFI coerces bad values
 * silently, and a misspelt key would be a default.
 *
 * @module
 */

/** Says what is wrong with a value, or nothing. */
export type Rule = (
  value: unknown,
) => { readonly wanted: string; readonly isRange?: boolean } | null;

/** Which keys a descriptor has, and what each may hold. */
export type Rules = { readonly [key: string]: Rule };

/**
 * Throws a TypeError for an unknown key or a value of the wrong type, a RangeError for a number out
 * of range. Keys whose value is undefined count as absent.
 */
export function checkDescriptor(
  what: string,
  descriptor: unknown,
  rules: Rules,
  required: readonly string[] = [],
): void {
  if (descriptor === undefined && required.length === 0) return;
  if (typeof descriptor !== "object" || descriptor === null) {
    throw new TypeError(`${what} takes an object, not ${describe(descriptor)}`);
  }
  const values = descriptor as { readonly [key: string]: unknown };
  for (const key of Object.keys(values)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) {
      const keys = Object.keys(rules).join(", ");
      throw new TypeError(`${what} has no key "${key}"; its keys are ${keys}`);
    }
    const problem = values[key] === undefined ? null : rule(values[key]);
    if (problem === null) continue;
    const sentence = `${what}: ${key} must be ${problem.wanted}, not ${describe(values[key])}`;
    throw problem.isRange ? new RangeError(sentence) : new TypeError(sentence);
  }
  for (const key of required) {
    if (values[key] === undefined) throw new TypeError(`${what} needs the key "${key}"`);
  }
}

/** One of some strings. */
export function oneOf(...allowed: readonly string[]): Rule {
  const wanted = allowed.map((word) => `"${word}"`).join(" or ");
  return (value) => allowed.includes(value as string) ? null : { wanted };
}

/** A whole number within bounds. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): Rule {
  const wanted = most === Number.MAX_SAFE_INTEGER
    ? `an integer of at least ${least}`
    : `an integer from ${least} to ${most}`;
  return (value) => {
    if (typeof value !== "number") return { wanted };
    return Number.isInteger(value) && value >= least && value <= most
      ? null
      : { wanted, isRange: true };
  };
}

/** Text that is not empty. */
export function text(): Rule {
  return (value) => typeof value === "string" && value !== "" ? null : { wanted: "a text" };
}

/** True or false. */
export function flag(): Rule {
  return (value) => typeof value === "boolean" ? null : { wanted: "true or false" };
}

/** Three finite numbers; with `isPositive` all above 0. */
export function triple(isPositive: boolean = false): Rule {
  const wanted = `an array of 3 ${isPositive ? "numbers above 0" : "finite numbers"}`;
  return (value) => {
    if (!Array.isArray(value) || value.some((item) => typeof item !== "number")) return { wanted };
    const isGood = value.length === 3 &&
      value.every((item: number) => Number.isFinite(item) && (!isPositive || item > 0));
    return isGood ? null : { wanted, isRange: true };
  };
}

/** An instance that some test knows, such as an AbortSignal. */
export function instance(wanted: string, test: (value: unknown) => boolean): Rule {
  return (value) => test(value) ? null : { wanted };
}

/** An AbortSignal. */
export function signal(): Rule {
  return instance("an AbortSignal", (value) => value instanceof AbortSignal);
}

/** The signal of a call that takes nothing else in its options; throws TypeError for other keys. */
export function stopOf(
  what: string,
  options: { readonly signal?: AbortSignal },
): AbortSignal | undefined {
  checkDescriptor(what, options, { signal: signal() });
  return options.signal;
}

/** Bytes: an ArrayBuffer or a view of one. */
export function bytes(): Rule {
  return instance("bytes (a Uint8Array or an ArrayBuffer)", isBytes);
}

/** Whether a value is an ArrayBuffer, a SharedArrayBuffer or a view of one. */
export function isBytes(value: unknown): value is ArrayBufferLike | ArrayBufferView {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer);
}

/** The bytes of an ArrayBuffer or of a view, without a copy. */
export function bytesOf(value: ArrayBufferLike | ArrayBufferView): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return new Uint8Array(value);
}

/** A short name of a value for an error sentence. */
export function describe(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 40 ? value.slice(0, 40) + "..." : value);
  }
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) {
    const name = value.constructor?.name ?? "Object";
    return name === "Object" ? "an object" : `an object of class ${name}`;
  }
  return String(value);
}
