/**
 * Reading: what is fresh under keys, as the caller gets it, and what a loader brings where there is nothing.
 *
 * @module
 */
import { callable, invalid } from "../errors.ts";
import type { Key } from "../key.ts";
import type { Loader } from "../load/loader.ts";
import { all, then } from "../maybe.ts";
import type { Acceptance, AnyGetOptions, LoadOptions } from "../options.ts";
import type { Resolved } from "../resolved.ts";
import { accept, isChoosy } from "../schema.ts";
import type { ScopeChoice } from "../scope/types.ts";
import type { Space } from "../space.ts";
import type { Found } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import { newRequest, type Request } from "../write.ts";
import type { Verbs } from "./verbs.ts";

/**
 * Keys as they are now: the caller may change the array while they are read.
 *
 * @throws {ConfigError} for what is no array
 */
export function keysOf<K extends Key>(keys: readonly K[]): readonly K[] {
  if (!Array.isArray(keys)) throw invalid("keys", "an array", keys);
  return [...keys];
}

/** Reads fresh entries, and counts hits and misses. */
export function find(view: Verbs, keys: readonly Key[], options: AnyGetOptions): MaybePromise<(Found | undefined)[]> {
  const { engine, space } = view;
  const { promote, version = engine.options.version } = options;
  const texts = engine.seen && keys.map((key) => space.encode(key));
  const read = view.coherent(
    () => space.read(keys, { promote, version }),
    () => keys.map((key) => space.encode(key)),
  );
  return then(read, ({ found, fault }) => {
    const checked = all(
      found.map((item, i) => (!item || item.stale ? undefined : acceptable(view, keys[i]!, item, options))),
    );
    return then(checked, (hits) => {
      hits.forEach((item, i) => {
        const key = keys[i]!;
        space.count(key, item ? "hits" : "misses", texts?.[i]);
        if (item) engine.emit("hit", () => ({ key, tier: item.tier }));
        else engine.emit("miss", () => ({ key }));
      });
      if (fault && hits.includes(undefined)) throw fault;
      return hits;
    });
  });
}

/** Whether a hit may take the fast path as far as the options of the call are concerned. */
export function isSimple(options: Omit<LoadOptions, "ttl" | "tags" | "shouldCache"> & ScopeChoice): boolean {
  if (options === null) return false;
  const { version, refreshAhead, earlyRefresh, signal, scope, ids } = options;
  return (
    version === undefined &&
    refreshAhead === undefined &&
    earlyRefresh === undefined &&
    scope === undefined &&
    ids === undefined &&
    !signal &&
    !isChoosy(options)
  );
}

/**
 * The value of a key, or what `run` makes of the request.
 *
 * The parents of a scope that inherits are read for each caller anew, outside of the flight of the key: one that comes after a
 * parent was changed must not join one that has read it before.
 */
export function getOrSet(
  view: Verbs,
  key: Key,
  loader: Loader,
  options: LoadOptions,
  run: (request: Request) => MaybePromise<unknown>,
): MaybePromise<unknown> {
  callable("loader", loader);
  const { engine, space } = view;
  const request = newRequest(key, options, space.own, loader);
  if (engine.patience < Infinity) request.since = engine.now();
  return view.coherent(
    () =>
      then(space.inherited([key], request.version), (found) =>
        then(found?.[0] && acceptable(view, key, found[0], options), (item) =>
          item ? hit(view, key, item) : run(request),
        ),
      ),
    () => [request.text],
  );
}

/** The values of keys that have one. */
export function getMany<K extends Key>(
  view: Verbs,
  given: readonly K[],
  options: AnyGetOptions,
): MaybePromise<Map<K, unknown>> {
  const keys = keysOf(given);
  const values = quickly(view, keys, options);
  const asked = values.size > 0 ? keys.filter((key) => !values.has(key)) : keys;
  if (asked.length === 0) return values;
  return then(find(view, asked, options), (found) =>
    inOrder(keys, values, new Map(found.flatMap((hit, i) => (hit ? [[asked[i]!, hit.entry.value]] : [])))),
  );
}

/** Values of those keys that take the fast path. */
function quickly<K extends Key>(
  view: Verbs,
  keys: readonly K[],
  options: LoadOptions | AnyGetOptions,
): Map<K, unknown> {
  const values = new Map<K, unknown>();
  if (isSimple(options as LoadOptions)) {
    for (const key of keys) {
      const value = view.quick(key);
      if (value !== undefined) values.set(key, value);
    }
  }
  return values;
}

/** What is known of keys already and what was found of the others, in their order. */
function inOrder<K extends Key>(keys: readonly K[], known: Map<K, unknown>, found: Map<K, unknown>): Map<K, unknown> {
  if (known.size === 0) return found;
  for (const [key, value] of found) known.set(key, value);
  return new Map(keys.filter((key) => known.has(key)).map((key) => [key, known.get(key)]));
}

/** Loads what misses of many keys. */
export type LoadMany<K extends Key> = (
  keys: readonly K[],
  space: Space,
  options: LoadOptions,
  settings: Resolved,
) => MaybePromise<Map<K, unknown>>;

/** The values of keys, those that miss from what `load` makes of them. */
export function getOrSetMany<K extends Key>(
  view: Verbs,
  given: readonly K[],
  loader: unknown,
  options: LoadOptions,
  load: LoadMany<K>,
): MaybePromise<Map<K, unknown>> {
  callable("loader", loader);
  const keys = [...new Set(keysOf(given))];
  const { tags } = options;
  // They are read when there are values.
  if (Array.isArray(tags)) options = { ...options, tags: [...tags] };
  const { engine, space } = view;
  const { options: settings } = engine;
  const { version = settings.version } = options;
  const values = quickly(view, keys, options);
  const missing = () => (values.size > 0 ? keys.filter((key) => !values.has(key)) : keys);
  const asked = missing();
  const inherited = () =>
    then(space.inherited(asked, version), (found) =>
      all(asked.map((key, i) => found?.[i] && acceptable(view, key, found[i], options))),
    );
  if (asked.length === 0) return values;
  return view.coherent(() =>
    then(inherited(), (found) => {
      asked.forEach((key, i) => {
        if (found[i]) values.set(key, hit(view, key, found[i]));
      });
      return then(load(missing(), space.own, options, settings), (loaded) => inOrder(keys, values, loaded));
    }),
  );
}

function hit({ engine, space }: Verbs, key: Key, { entry, tier }: Found): unknown {
  space.count(key, "hits");
  engine.emit("hit", () => ({ key, tier }));
  return entry.value;
}

/** What was found, as the caller gets it; `undefined` where it may not be served. */
function acceptable({ engine }: Verbs, key: Key, found: Found, options: Acceptance): MaybePromise<Found | undefined> {
  if (!isChoosy(options)) return found;
  return then(
    accept(options, key, found.entry, engine.now()),
    (accepted) => accepted && { ...found, entry: { ...found.entry, value: accepted.value } },
  );
}
