/**
 * Scopes that inherit: what a scope has nothing fresh for is looked for in its parents.
 *
 * @module
 */
import { decodeString, type Key } from "../key.ts";
import { then } from "../maybe.ts";
import { Space } from "../space.ts";
import type { Findings, Found, StoreReadOptions } from "../store.ts";
import type { MaybePromise } from "../tier.ts";

/** The space of a scope, whose reads look in the parents as well. What is written goes to the scope itself. */
export class InheritingSpace extends Space {
  readonly #own: Space;
  readonly #parents: readonly Space[];

  /** @param parents the nearest first */
  constructor(own: Space, parents: readonly Space[]) {
    super(own.prefix, own.engine, own.tags);
    this.countWith(own);
    this.#own = own;
    this.#parents = parents;
  }

  override get own(): Space {
    return this.#own;
  }

  override read(keys: readonly Key[], options: StoreReadOptions): MaybePromise<Findings> {
    return then(super.read(keys, options), (own) => this.#complete(keys, own, options));
  }

  override inherited(keys: readonly Key[], version: string | undefined): MaybePromise<readonly (Found | undefined)[]> {
    return then(super.read(keys, { peek: true, metaOnly: true, version }), (own) =>
      then(this.#complete(keys, own, { version }), ({ found }) =>
        found.map((item, i) => (item === own.found[i] ? undefined : item)),
      ),
    );
  }

  /** What was found in the scope itself, and for keys that have nothing fresh there, in the nearest parent that has. All parents are one round trip. */
  #complete(keys: readonly Key[], own: Findings, options: StoreReadOptions): MaybePromise<Findings> {
    const open = keys.flatMap((_, i) => (own.found[i]?.stale === false ? [] : [i]));
    if (open.length === 0 || this.#parents.length === 0) return own;
    const texts = this.#parents.flatMap((space) => open.map((i) => space.encode(keys[i]!)));
    return then(this.engine.store.read(texts, options), ({ found, fault = own.fault }) => {
      const all = [...own.found];
      open.forEach((i, at) => {
        const nearest = found.find((item, j) => j % open.length === at && item?.stale === false);
        if (nearest) all[i] = nearest;
      });
      return { ...own, found: all, fault };
    });
  }

  /** Also of a parent's entry: after all prefixes. */
  override decodeTags(tags: readonly string[]): readonly string[] {
    return tags.map((tag) => decodeString(tag.replace(/^(?:@[^:]*:)+/, ""))).filter((tag) => tag !== "");
  }
}
