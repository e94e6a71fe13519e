/** A progress bar on a terminal's error output; nothing where there is no terminal. */
import process from "node:process";

const WIDTH = 40;
const MILLISECONDS_BETWEEN = 50;

/** Shows how much of a known number of steps is done. */
export class ProgressBar {
  readonly #total: number;
  readonly #unit: string;
  #last = 0;

  /** For `total` steps; 0 if unknown. */
  constructor(total: number, unit = "frames") {
    this.#total = total;
    this.#unit = unit;
  }

  /** Shows that `done` steps are done. */
  show(done: number): void {
    if (!process.stderr.isTTY) return;
    const now = performance.now();
    if (now - this.#last < MILLISECONDS_BETWEEN && done !== this.#total) return;
    this.#last = now;
    const share = this.#total > 0 ? Math.min(done / this.#total, 1) : 0;
    const filled = Math.round(share * WIDTH);
    const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
    const of = this.#total > 0 ? ` of ${this.#total}` : "";
    process.stderr.write(`\r${bar} ${done}${of} ${this.#unit}`);
  }

  /** Ends the line. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write("\n");
  }
}
