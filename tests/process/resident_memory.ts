/** How much memory a program holds, and whether that grows. */
import process from "node:process";

const runtime = globalThis as {
  readonly gc?: () => void;
  readonly Bun?: { gc(isSync: boolean): void };
};

/** Bytes of the process without the garbage that V8 would let grow while it sees memory left. */
export function residentBytes(): number {
  runtime.gc?.();
  runtime.Bun?.gc(true);
  return process.memoryUsage().rss;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** Medians of the second and of the last quarter of the samples: the first one is warming up. */
export function residentGrowth(
  sizes: readonly number[],
): { secondQuarter: number; lastQuarter: number } {
  const quarter = sizes.length >> 2;
  return {
    secondQuarter: median(sizes.slice(quarter, 2 * quarter)),
    lastQuarter: median(sizes.slice(-quarter)),
  };
}
