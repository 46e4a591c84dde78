/**
 * Mutations: what stores, deletes or moves a deadline. Nobody joins a load that began before a value was stored or deleted.
 *
 * @module
 */

import { toMilliseconds } from "../duration.ts";
import type { Key } from "../key.ts";
import { resolveLifetimes } from "../lifetimes.ts";
import { finalize, isPromise, then } from "../maybe.ts";
import type { SetOptions } from "../options.ts";
import type { MaybePromise, Write } from "../tier.ts";
import { type Request, written } from "../write.ts";
import { peek } from "./inspect.ts";
import type { Verbs } from "./verbs.ts";

/** Stores a value that is all there is to its entry, as most are, without making one; `false` where there is more to it. */
export function setPlain({ engine, space, top }: Verbs, key: Key, value: unknown, options: SetOptions<never>): boolean {
  const { store } = engine;
  if (!engine.plain || !store.keep || !top.keep || space.tags.length > 0 || value === undefined || isPromise(value))
    return false;
  let { ttl, grace, swr, clock } = engine.options;
  for (const option in options) {
    const given = options[option as "ttl"];
    if (given === undefined) continue;
    if (option !== "ttl" || typeof given === "function") return false;
    ttl = toMilliseconds(given, option);
  }
  if (ttl <= 0) return false;
  const text = space.encode(key);
  // No end is reckoned from when an entry without one was made.
  const now = ttl === Infinity && clock.coarse ? clock.coarse() : clock.now();
  store.keep(text, value, now, now + ttl, now + ttl + Math.max(grace, swr));
  engine.loads.detach([text]);
  space.add("sets");
  if (ttl < Infinity) engine.expiring();
  return true;
}

/** Stores what has a write, and deletes what has none. */
export function writeAll(
  { engine, space }: Verbs,
  requests: readonly Request[],
  writes: readonly (Write | undefined)[],
): MaybePromise<void> {
  const texts = requests.map(({ text }) => text);
  const kept = writes.filter((write) => write !== undefined);
  const gone = kept.length === texts.length ? [] : texts.filter((_, i) => !writes[i]);
  return mutate(
    () => engine.loads.detach(texts),
    () => {
      const stored = kept.length > 0 ? engine.store.write(kept, undefined, space.tiers) : undefined;
      return gone.length > 0 ? then(stored, () => engine.store.delete(gone)) : stored;
    },
    () => {
      writes.forEach((write, i) => {
        if (write) written(requests[i]!.key, write, space);
      });
    },
  );
}

/** Deletes from every tier; how many were there. */
export function deleteKeys({ engine, space, top }: Verbs, keys: readonly Key[]): MaybePromise<number> {
  const byText = new Map(keys.map((key) => [space.encode(key), key]));
  const texts = [...byText.keys()];
  return mutate(
    () => engine.loads.detach(texts),
    () => engine.store.delete(texts),
    (existed) => {
      const count = existed.filter(Boolean).length;
      space.add("deletes", count);
      texts.forEach((text, i) => {
        if (existed[i]) engine.gone?.(text, "delete", top.name);
        engine.emit("delete", () => ({ key: byText.get(text)!, existed: existed[i]! }));
      });
      return count;
    },
  );
}

/** Gives an entry another time to live; whether there is one. */
export function touch(
  view: Verbs,
  key: Key,
  options: { ttl: number | string; grace?: number | string },
): MaybePromise<boolean> {
  const { engine } = view;
  const space = view.space.own;
  const { ttl, grace, swr } = resolveLifetimes(options, engine.options);
  if (ttl <= 0) return then(view.delete([key]), Boolean);
  return then(peek(view, key, engine.options.version, undefined, space), (found) => {
    // What is stale not by its age alone was invalidated, and stays so.
    if (!found || (found.stale && (found.entry.freshUntil === 0 || engine.ledger.check(found.entry) === "expired")))
      return false;
    const freshUntil = engine.now() + ttl;
    if (freshUntil !== Infinity) engine.expiring();
    return engine.store.touch({ key: space.encode(key), freshUntil, staleUntil: freshUntil + Math.max(grace, swr) });
  });
}

/** Nobody may join a flight that began before the mutation ended. */
export function mutate<T, U>(
  detach: () => void,
  mutation: () => MaybePromise<T>,
  done: (answer: T) => U,
): MaybePromise<U> {
  detach();
  return finalize(mutation, detach, done);
}
