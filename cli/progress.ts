/**
 * How far a long command is: a bar on a terminal, nothing elsewhere.
 *
 * @module
 */
import process from "node:process";
import type { Output } from "./output.ts";
import { count, duration } from "./units.ts";

const WIDTH = 24;
const EVERY = 100;

/** The bar of one command. */
export class Progress {
  readonly #what: string;
  readonly #total: number | undefined;
  readonly #isShown: boolean;
  readonly #begun: number = performance.now();
  #first: number | undefined;
  #last = -Infinity;

  /** @param total what `done` comes to in the end, where that is known */
  constructor(output: Output, what: string, total?: number) {
    this.#what = what;
    this.#total = total;
    this.#isShown = !output.quiet && !output.json && Boolean(process.stderr.isTTY);
  }

  /** Draws the bar anew, at most ten times a second. */
  update(done: number): void {
    if (!this.#isShown) return;
    this.#first ??= done;
    const now = performance.now();
    if (now - this.#last < EVERY) return;
    this.#last = now;
    const rate = ((done - this.#first) / Math.max(1, now - this.#begun)) * 1_000;
    const total = this.#total;
    const ratio = total ? Math.min(1, done / total) : 0;
    const full = Math.round(ratio * WIDTH);
    const bar = total ? `[${"█".repeat(full)}${"░".repeat(WIDTH - full)}] ${Math.floor(ratio * 100)}% ` : "";
    const left = total && rate > 0 ? `, ${duration(((total - done) / rate) * 1_000)} left` : "";
    const of = total ? ` of ${count(total)}` : "";
    process.stderr.write(`\r\u001b[K${this.#what} ${bar}${count(done)}${of}, ${count(Math.round(rate))}/s${left}`);
  }

  /** Removes the bar. */
  end(): void {
    if (this.#isShown && this.#last > 0) process.stderr.write("\r\u001b[K");
  }
}
