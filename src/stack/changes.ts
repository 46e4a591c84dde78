/**
 * Changes that wait to be done to a tier, in the order of the calls: the last one of each key, and operations.
 *
 * @module
 */
import type { Batch, Outcome } from "./batch-writer.ts";

/** What is to become of a key. Or an operation that changes several, among them. */
export interface Change extends Outcome {
  /** In the order of the calls. */
  readonly number: number;
  readonly operation?: () => Promise<unknown>;
}

/** Why an operation is not done: what was acknowledged before it could not be stored. */
export function unstored(): Error {
  return new Error("What waits could not be stored, and without it this cannot be done");
}

/** All changes that wait for one tier. */
export class Changes {
  /** In the order of their numbers; operations are under symbols. */
  readonly #pending = new Map<string | symbol, Change>();
  /** Those that the tier has refused when they were all it was given. No key is in both. */
  readonly #refused = new Map<string, Change>();
  /** Operations that wait. */
  #operations = 0;
  /** Number of the last change. */
  latest = 0;

  get size(): number {
    return this.#pending.size + this.#refused.size;
  }

  /** Whether nothing waits but what was refused. */
  get isDone(): boolean {
    return this.#pending.size === 0;
  }

  /** What is to become of a key. */
  find(key: string): Change | undefined {
    return this.#pending.get(key) ?? this.#refused.get(key);
  }

  has(key: string): boolean {
    return this.find(key) !== undefined;
  }

  /** Number of the change that waits for a key; infinite where none does. */
  numberOf(key: string): number {
    return this.find(key)?.number ?? Infinity;
  }

  /** It is stored, or is not to be stored any more. */
  forget(key: string): void {
    this.#pending.delete(key);
    this.#refused.delete(key);
  }

  /** What waits for keys that begin so becomes their deletion. */
  clear(prefix: string): void {
    for (const [key, { number, operation }] of this.#pending)
      if (!operation && (key as string).startsWith(prefix)) this.#pending.set(key, { number });
    for (const [key, { number }] of this.#refused) if (key.startsWith(prefix)) this.#refused.set(key, { number });
  }

  /**
   * Adds a change in the place of an earlier one of its key, for which somebody may wait, unless something has come between.
   *
   * @param batch changes that are being stored
   */
  add(key: string, { write }: Outcome, batch: ReadonlySet<Change> | undefined): Change {
    this.#refused.delete(key);
    const earlier = this.#pending.get(key);
    const isInPlace = earlier !== undefined && this.#operations === 0 && !batch?.has(earlier);
    if (!isInPlace) this.#pending.delete(key);
    const change: Change = { number: isInPlace ? earlier.number : ++this.latest, write };
    this.#pending.set(key, change);
    return change;
  }

  /** What was stored before all that waits is to be stored once more, in its place. */
  again(batch: Batch): void {
    const later = [...this.#pending];
    this.#pending.clear();
    for (const [key, { write }] of batch) {
      this.#refused.delete(key);
      this.#pending.set(key, { number: 0, write });
    }
    for (const [key, change] of later) if (!this.#pending.has(key)) this.#pending.set(key, change);
  }

  /** Adds an operation. It is to be taken off when it begins. */
  operate(id: symbol, operation: () => Promise<unknown>): void {
    this.#operations++;
    this.#pending.set(id, { number: ++this.latest, operation });
  }

  begun(id: symbol): void {
    if (this.#pending.delete(id)) this.#operations--;
  }

  /** Whether the tier is still to be tried with a change up to a number; or with any that it has refused. */
  isDue(number: number, refused: boolean): boolean {
    const [first] = this.#pending.values();
    return (first !== undefined && first.number <= number) || (refused && this.#refused.size > 0);
  }

  /** Whether a change up to a number was refused. */
  isRefused(number: number): boolean {
    for (const change of this.#refused.values()) if (change.number <= number) return true;
    return false;
  }

  /** Operations that nothing comes before. */
  *operations(): Generator<() => Promise<unknown>> {
    for (const { operation } of this.#pending.values()) {
      if (!operation) return;
      yield operation;
    }
  }

  /**
   * The first changes before the next operation; of those that were refused only where nothing else waits.
   *
   * @param most of them
   */
  next(most: number): Batch<Change> {
    const some: [string, Change][] = [];
    for (const [key, change] of this.#pending)
      if (change.operation || some.push([key as string, change]) === most) return some;
    if (some.length === 0) for (const one of this.#refused) if (some.push(one) === most) break;
    return some;
  }

  /** Puts aside, as the last of them, what still waits of a batch that was refused. */
  refuse(batch: Batch<Change>): void {
    for (const [key, change] of batch) {
      if (this.find(key) !== change) continue;
      this.forget(key);
      this.#refused.set(key, change);
    }
  }

  /** Whether a batch is of changes that were put aside. */
  wereRefused(batch: Batch<Change>): boolean {
    return batch.some(([key, change]) => this.#refused.get(key) === change);
  }

  /** What was put aside waits like all others, behind them. */
  readmit(): void {
    for (const [key, change] of this.#refused) this.#pending.set(key, change);
    this.#refused.clear();
  }
}
