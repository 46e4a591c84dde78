/**
 * Scopes that inherit: what a scope has nothing fresh for is looked for in its parents.
 *
 * @module
 */
import type { Cache, ManyLoader } from "../api.ts";
import { CacheClosedError, callable } from "../errors.ts";
import { decodeString, type Key } from "../key.ts";
import type { Loader } from "../load.ts";
import { settle, then } from "../maybe.ts";
import type { CallOptions, LoadOptions } from "../options.ts";
import { Space } from "../space.ts";
import type { Findings, Found, StoreReadOptions } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import { abortable } from "../timeout.ts";

/** The space of a scope, whose reads look in the parents as well. */
export class InheritingSpace extends Space {
  readonly #parents: readonly Space[];

  /** @param parents the nearest first */
  constructor(own: Space, parents: readonly Space[]) {
    super(own.prefix, own.engine, own.tags);
    this.counters = own.counters;
    this.#parents = parents;
  }

  override read(keys: readonly Key[], options: StoreReadOptions): MaybePromise<Findings> {
    return then(super.read(keys, options), (own) => this.inherited(keys, own, options));
  }

  /** What was found in the scope itself, and for keys that have nothing fresh there, in the nearest parent that has. All parents are one round trip. */
  inherited(keys: readonly Key[], own: Findings, options: StoreReadOptions): MaybePromise<Findings> {
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

/** Makes a view inherit where its space does not see to it: the calls that look at the scope itself and then do something to it. */
export function inherit(view: Cache, own: Cache, space: InheritingSpace): Cache {
  const { engine } = space;

  /** What parents have for keys that have nothing fresh in the scope itself, which is not counted as a read of it. */
  const look = <T>(
    keys: readonly Key[],
    { signal, version = engine.options.version }: CallOptions & { version?: string },
    use: (inherited: Findings["found"]) => MaybePromise<T>,
  ): Promise<T> => {
    const looked = settle(() => {
      if (view.closed) throw new CacheClosedError(`Cannot use cache ${view.name} as it is closed`);
      signal?.throwIfAborted();
      return then(engine.cohere?.(), () => {
        const texts = keys.map((key) => space.encode(key));
        return then(engine.store.read(texts, { peek: true, metaOnly: true, version }), (itself) =>
          then(space.inherited(keys, itself, { version }), ({ found }) =>
            use(found.map((item, i) => (item === itself.found[i] ? undefined : item))),
          ),
        );
      });
    });
    return abortable(looked, signal);
  };

  const hit = (key: Key, { entry, tier }: Found): unknown => {
    space.counters.hits++;
    engine.emit("hit", () => ({ key, tier }));
    return entry.value;
  };

  const overrides: Pick<Cache, "touch" | "getOrSet" | "getOrSetMany"> = {
    touch: (key, options) => own.touch(key, options),

    // The parents are read for each caller anew, outside of the flight of the key: one that comes after a parent was
    // changed must not join one that has read it before.
    getOrSet<V>(key: Key, loader: Loader<V>, options: LoadOptions<V> = {}): Promise<V> {
      return look([key], options, ([inherited]) => {
        callable("loader", loader);
        return inherited ? (hit(key, inherited) as V) : own.getOrSet(key, loader, options);
      });
    },

    getOrSetMany<K extends Key, V>(
      keys: readonly K[],
      loader: ManyLoader<V>,
      options: LoadOptions<V> = {},
    ): Promise<Map<K, V>> {
      return look(keys, options, (found) => {
        callable("loader", loader);
        const inherited = new Map<K, V>();
        keys.forEach((key, i) => {
          if (found[i] && !inherited.has(key)) inherited.set(key, hit(key, found[i]) as V);
        });
        const rest = keys.filter((key) => !inherited.has(key));
        return then(own.getOrSetMany(rest, loader, options), (loaded) => {
          const both = new Map([...inherited, ...loaded]);
          return new Map(keys.filter((key) => both.has(key)).map((key) => [key, both.get(key)!]));
        });
      });
    },
  };
  return Object.assign(view, overrides);
}
