/**
 * Fractions as containers state them.
 *
 * @module
 */

/** An exact fraction. */
export interface Rational {
  /** Numerator. */
  readonly num: number;
  /** Denominator; 0 where the fraction is unknown. */
  readonly den: number;
  /** num / den; 0 where the fraction is unknown. */
  readonly value: number;
}

/** Makes a fraction from its two integers. */
export function rational(parts: { readonly num: number; readonly den: number }): Rational {
  const { num, den } = parts;
  return { num, den, value: den === 0 ? 0 : num / den };
}
