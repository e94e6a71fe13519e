/**
 * CUFRAME_TRACE=1: prints every call into the library with its result and time.
 *
 * @module
 */

// deno-lint-ignore no-explicit-any -- wraps functions of every signature
type AnyFunction = (...args: any[]) => unknown;

/** The same functions, each printing `name(arguments) = result (time)` to stderr when called. */
export function traced<T extends object>(symbols: T): T {
  const wrapped = Object.entries(symbols as Record<string, AnyFunction>).map(([name, call]) => {
    return [name, (...args: unknown[]): unknown => run(name, call, args)];
  });
  return Object.fromEntries(wrapped);
}

function run(name: string, call: AnyFunction, args: unknown[]): unknown {
  const start = performance.now();
  const result = call(...args);
  const print = (settled: unknown): void => {
    const time = `${((performance.now() - start) * 1000).toFixed(1)} us`;
    console.error(`${name}(${args.map(show).join(", ")}) = ${settled} (${time})`);
  };
  if (result instanceof Promise) result.then(print);
  else print(result);
  return result;
}

function show(value: unknown): string {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return `[${value.constructor.name} ${value.byteLength}]`;
  }
  return String(value);
}
