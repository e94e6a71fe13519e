/**
 * The part of `@std/assert` that the tests use, for machines that cannot reach JSR: same names, same
 * meaning. Where JSR is at hand, one line in deno.json swaps it for the original.
 *
 * @module
 */

import { difference, show } from "./difference.ts";

/** Thrown by every assertion that does not hold. */
export class AssertionError extends Error {
  /** Shown by the test runners before the message. */
  override name = "AssertionError";
}

// deno-lint-ignore no-explicit-any -- the constructor of an error class takes whatever it likes
type ErrorClass<E extends Error = Error> = abstract new (...args: any[]) => E;

/** Fails with `message`. */
export function fail(message?: string): never {
  throw new AssertionError(message ?? "Failed");
}

/** Fails unless `value` is truthy. */
export function assert(value: unknown, message?: string): asserts value {
  if (!value) fail(message ?? `Expected a truthy value, got ${show(value)}`);
}

/** Fails unless both are deeply equal, class included. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  const found = difference(actual, expected);
  if (found === undefined) return;
  const where = found.path === "" ? "Values differ" : `Values differ at ${found.path}`;
  fail(
    withMessage(
      `${where}\n    actual: ${show(found.actual)}\n  expected: ${show(found.expected)}`,
      message,
    ),
  );
}

/** Fails if both are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  if (difference(actual, expected) === undefined) {
    fail(withMessage(`Both are ${show(actual)}`, message));
  }
}

/** Fails unless both are the same by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    fail(withMessage(`Expected the very same as ${show(expected)}, got ${show(actual)}`, message));
  }
}

/** Fails unless both are within `tolerance` (by default a ten-millionth of `expected`). */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void {
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (Object.is(actual, expected) || Math.abs(actual - expected) <= allowed) return;
  fail(withMessage(`Expected ${actual} to be within ${allowed} of ${expected}`, message));
}

/** Fails unless `actual` is an instance of `type`. */
export function assertInstanceOf<T>(
  actual: unknown,
  // deno-lint-ignore no-explicit-any -- any constructor will do
  type: abstract new (...args: any[]) => T,
  message?: string,
): asserts actual is T {
  if (!(actual instanceof type)) {
    fail(withMessage(`Expected an instance of ${type.name}, got ${show(actual)}`, message));
  }
}

/** Fails unless `expected` matches within `actual`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  if (!expected.test(actual)) {
    fail(withMessage(`Expected ${show(actual)} to match ${expected}`, message));
  }
}

/** Fails unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (!actual.includes(expected)) {
    fail(withMessage(`Expected ${show(actual)} to include ${show(expected)}`, message));
  }
}

/** Fails unless `fn` throws; returns what it threw. */
export function assertThrows(fn: () => unknown, message?: string): unknown;
/** Fails unless `fn` throws a `type` whose message includes `includes`; returns the error. */
export function assertThrows<E extends Error>(
  fn: () => unknown,
  type: ErrorClass<E>,
  includes?: string,
  message?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  typeOrMessage?: ErrorClass | string,
  includes?: string,
  message?: string,
): unknown {
  const type = typeof typeOrMessage === "string" ? undefined : typeOrMessage;
  const text = typeof typeOrMessage === "string" ? typeOrMessage : message;
  let value: unknown;
  try {
    value = fn();
  } catch (error) {
    return checkThrown(error, type, includes, text);
  }
  fail(withMessage(`Expected ${type?.name ?? "an error"}, but it returned ${show(value)}`, text));
}

/** Fails unless the promise of `fn` rejects; returns the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
/** Fails unless `fn` rejects with a `type` whose message includes `includes`; returns the error. */
export function assertRejects<E extends Error>(
  fn: () => PromiseLike<unknown>,
  type: ErrorClass<E>,
  includes?: string,
  message?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  typeOrMessage?: ErrorClass | string,
  includes?: string,
  message?: string,
): Promise<unknown> {
  const type = typeof typeOrMessage === "string" ? undefined : typeOrMessage;
  const text = typeof typeOrMessage === "string" ? typeOrMessage : message;
  const promise = fn(); // a synchronous throw is not a rejection and fails the test as it is
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return checkThrown(error, type, includes, text);
  }
  fail(withMessage(`Expected ${type?.name ?? "an error"}, but it gave ${show(value)}`, text));
}

function checkThrown(
  error: unknown,
  type: ErrorClass | undefined,
  includes: string | undefined,
  message: string | undefined,
): unknown {
  if (type !== undefined && !(error instanceof type)) {
    throw new AssertionError(withMessage(`Expected ${type.name}, got ${show(error)}`, message), {
      cause: error,
    });
  }
  if (includes !== undefined && !(error as Error).message.includes(includes)) {
    throw new AssertionError(
      withMessage(`Expected a message with ${show(includes)}, got ${show(error)}`, message),
      { cause: error },
    );
  }
  return error;
}

function withMessage(text: string, message: string | undefined): string {
  return message === undefined ? text : `${message}: ${text}`;
}
