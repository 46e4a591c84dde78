/**
 * What is on its way to the tiers. Two operations on one key that a store does in the wrong order would undo each
 * other, so these wait: a mutation for what is loaded, promoted or touched under its keys, and a touch for mutations.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { alive, isLost, joined } from "../joined.ts";
import { isPromise } from "../maybe.ts";
import type { MaybePromise } from "../tier.ts";

/**
 * Keeps the order between loads, touches and mutations. Nothing is kept of what is done at once, and a call of the synchronous face does
 * not wait: the synchronous face of a tier does first what was begun before.
 */
export class Traffic {
  readonly #landing = new Map<string, Promise<unknown>>();
  readonly #mutations = new Set<Promise<unknown>>();
  readonly #encoding = new Map<string, Promise<unknown>>();
  readonly #engine: Pick<Engine, "isSync" | "hold">;

  constructor(engine: Pick<Engine, "isSync" | "hold">) {
    this.#engine = engine;
  }

  /** What was loaded, found below or given a new deadline is on its way under these keys. */
  land(keys: readonly string[], work: MaybePromise<unknown>): void {
    if (!isPromise(work)) return;
    for (const key of keys) {
      const before = this.#landing.get(key);
      const all = Promise.all([before && joined(before), joined(work)]).then(() => {
        if (this.#landing.get(key) === all) this.#landing.delete(key);
      });
      this.#landing.set(key, alive(all));
    }
  }

  /** Ends when what is on its way under these keys, by default under any, has arrived. */
  landed(keys: Iterable<string> = this.#landing.keys()): MaybePromise<unknown> {
    const some =
      this.#landing.size === 0 || this.#engine.isSync ? [] : [...keys].filter((key) => this.#landing.has(key));
    return some.length === 0 ? undefined : Promise.all(some.map((key) => this.#landedUnder(key)));
  }

  async #landedUnder(key: string): Promise<void> {
    const work = this.#landing.get(key)!;
    if (!(await joined(work)) && this.#landing.get(key) === work) this.#landing.delete(key);
  }

  /** What is to be written under these keys is being encoded: ends not before what was begun earlier under one of them. */
  encode<T>(keys: readonly string[], work: MaybePromise<T>): MaybePromise<T> {
    const earlier = this.encoded(keys);
    if (!isPromise(work) && !earlier) return work;
    const encoded = Promise.all([work, earlier]).then(([value]) => value);
    const done = (): void => {
      for (const key of keys) if (this.#encoding.get(key) === encoded) this.#encoding.delete(key);
    };
    for (const key of keys) this.#encoding.set(key, encoded);
    alive(encoded).then(done, done);
    return encoded;
  }

  /** Ends when what is being encoded under these keys, by default under any, is on its way. */
  encoded(keys: Iterable<string> = this.#encoding.keys()): MaybePromise<unknown> {
    if (this.#encoding.size === 0 || this.#engine.isSync) return undefined;
    const some = [...keys].filter((key) => this.#encoding.has(key));
    return some.length === 0 ? undefined : Promise.all(some.map((key) => this.#encodedUnder(key)));
  }

  async #encodedUnder(key: string): Promise<void> {
    const work = this.#encoding.get(key)!;
    await joined(work);
    if (this.#encoding.get(key) === work) this.#encoding.delete(key);
  }

  /** A mutation is under way. */
  mutate<T>(work: MaybePromise<T>): MaybePromise<T> {
    if (!isPromise(work)) return work;
    const done = (): void => {
      this.#mutations.delete(work);
    };
    this.#mutations.add(alive(work));
    work.then(done, done);
    this.#engine.hold(work);
    return work;
  }

  get isMutating(): boolean {
    for (const work of this.#mutations) {
      if (!isLost(work)) return true;
      this.#mutations.delete(work);
    }
    return false;
  }

  /** Ends when those mutations have ended that are under way now. */
  begun(): MaybePromise<unknown> {
    return this.#mutations.size === 0 || this.#engine.isSync
      ? undefined
      : Promise.all([...this.#mutations].map(joined));
  }

  /** Ends when no mutation is under way. */
  mutated(): MaybePromise<unknown> {
    return this.#mutations.size === 0 || this.#engine.isSync ? undefined : this.#mutated();
  }

  async #mutated(): Promise<void> {
    while (this.#mutations.size > 0) {
      await Promise.all(
        [...this.#mutations].map(async (work) => {
          await joined(work);
          this.#mutations.delete(work);
        }),
      );
    }
  }
}
