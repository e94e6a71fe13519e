/**
 * Random numbers of frames, the same ones in each run.
 *
 * @module
 */

/** `count` different numbers below `length` in no order, always the same ones for a seed. */
export function randomIndices(length: number, count: number, seed: number): number[] {
  // The generator of Numerical Recipes; its upper bits are good enough to shuffle.
  let state = seed + 1;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const indices = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [indices[i], indices[j]] = [indices[j], indices[i]];
  }
  return indices.slice(0, count);
}
