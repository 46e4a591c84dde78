/**
 * What is on its way to the tiers. Two operations on one key that a store does in the wrong order would undo each
 * other, so these wait: a mutation for what is loaded, promoted or touched under its keys, and a touch for mutations.
 *
 * @module
 */
import { isPromise } from "../maybe.ts";
import type { MaybePromise } from "../tier.ts";

/** Keeps the order between loads, touches and mutations. Nothing is kept of what is done at once. */
export class Traffic {
  readonly #landing = new Map<string, Promise<unknown>>();
  readonly #mutations = new Set<Promise<unknown>>();

  /** What was loaded, found below or given a new deadline is on its way under these keys. */
  land(keys: readonly string[], work: MaybePromise<unknown>): void {
    if (!isPromise(work)) return;
    for (const key of keys) {
      const all = Promise.allSettled([this.#landing.get(key), work]).then(() => {
        if (this.#landing.get(key) === all) this.#landing.delete(key);
      });
      this.#landing.set(key, all);
    }
  }

  /** Ends when what is on its way under these keys, by default under any, has arrived. */
  landed(keys: Iterable<string> = this.#landing.keys()): MaybePromise<unknown> {
    const some = this.#landing.size === 0 ? [] : [...keys].flatMap((key) => this.#landing.get(key) ?? []);
    return some.length === 0 ? undefined : Promise.all(some);
  }

  /** A mutation is under way. */
  mutate<T>(work: MaybePromise<T>): MaybePromise<T> {
    if (!isPromise(work)) return work;
    const done = (): void => {
      this.#mutations.delete(work);
    };
    this.#mutations.add(work);
    work.then(done, done);
    return work;
  }

  get isMutating(): boolean {
    return this.#mutations.size > 0;
  }

  /** Ends when no mutation is under way. */
  mutated(): MaybePromise<unknown> {
    return this.#mutations.size === 0 ? undefined : Promise.allSettled(this.#mutations).then(() => this.mutated());
  }
}
