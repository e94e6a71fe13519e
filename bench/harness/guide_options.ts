/**
 * Options of the guide's benchmarks, whose short forms have several letters and whose lists are divided by
 * spaces: `-res 1280x720 --gop 30 250`.
 *
 * @module
 */

/** An option. */
export interface GuideOption {
  /** Its names, with dashes. */
  readonly names: readonly string[];
  /** Its values if it is not given; null: it must be given. */
  readonly default: readonly string[] | null;
  /** Values that it takes; a flag takes none. */
  readonly takes: "none" | "one" | "many";
  /** What it means. */
  readonly help: string;
}

function usage(options: Readonly<Record<string, GuideOption>>): string {
  const lines = Object.values(options).map(({ names, default: values, help }) => {
    const standard = values === null ? "required" : values.length > 0 ? values.join(" ") : "off";
    return `  ${names.join(", ").padEnd(32)} ${help} (${standard})`;
  });
  return ["options:", ...lines].join("\n");
}

/**
 * Reads a command line.
 *
 * @throws {TypeError} with all options, if it does not fit them
 */
export function readGuideOptions<K extends string>(
  args: readonly string[],
  options: Readonly<Record<K, GuideOption>>,
): Record<K, readonly string[]> {
  const entries = Object.entries(options) as [K, GuideOption][];
  const given: Partial<Record<K, string[]>> = {};
  const fail = (what: string): never => {
    throw new TypeError(`${what}\n${usage(options)}`);
  };
  for (let at = 0; at < args.length;) {
    const [name, inline] = args[at++].split(/=(.*)/s);
    const [key, option] = entries.find(([, { names }]) => names.includes(name)) ??
      fail(`There is no option ${name}`);
    const values = inline === undefined ? [] : [inline];
    while (at < args.length && !args[at].startsWith("-") && option.takes !== "none") {
      if (option.takes === "one" && values.length > 0) break;
      values.push(args[at++]);
    }
    if ((option.takes === "none") !== (values.length === 0)) fail(`${name} takes ${option.takes}`);
    given[key] = option.takes === "none" ? ["true"] : values;
  }
  return Object.fromEntries(entries.map(([key, option]) => {
    const values = given[key] ?? option.default ?? fail(`${option.names[0]} is missing`);
    return [key, values];
  })) as Record<K, readonly string[]>;
}

/**
 * Reads a whole number of at least `least`.
 *
 * @throws {RangeError} if it is none
 */
export function wholeNumber(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`${name} takes whole numbers from ${least} on, not ${text}`);
}
