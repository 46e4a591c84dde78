/**
 * What is done to keys while the origin is asked about them: who comes after an invalidation gets nothing that was asked for before it.
 *
 * @module
 */
import type { Entry } from "../entry.ts";
import type { Verbs } from "../verbs/verbs.ts";

/** Watches some keys of a view from now on, until {@linkcode Watch.end}. */
export class Watch {
  readonly #verbs: Verbs;
  readonly #keys: readonly string[];
  readonly #ticket: number;
  readonly #sequence: number;

  constructor(verbs: Verbs, keys: readonly string[]) {
    this.#verbs = verbs;
    this.#keys = keys;
    this.#ticket = verbs.engine.fence.enter();
    this.#sequence = verbs.engine.ledger.latest;
  }

  /** Of the last invalidation by tag that is known now. */
  get latest(): number {
    return this.#verbs.engine.ledger.latest;
  }

  /** Whether none of the keys was changed, deleted or cleared. */
  get stands(): boolean {
    const { engine, space } = this.#verbs;
    return this.#keys.every((key) => engine.fence.passes(space.encode(key), this.#ticket));
  }

  /** Whether what was asked for in the beginning is good for who came when `latest` was the last invalidation: none of its tags was invalidated. */
  isGood(tags: readonly string[], latest: number): boolean {
    if (latest <= this.#sequence) return true;
    const { engine, space } = this.#verbs;
    const all = space.encodeTags([...engine.options.tags, ...tags]);
    return engine.ledger.check({ tags: all, sequence: this.#sequence } as unknown as Entry) === "valid";
  }

  /** To be called once. */
  end(): void {
    this.#verbs.engine.fence.leave();
  }
}
