/**
 * Where the results of a cached function are: in a namespace of its own.
 *
 * @module
 */

import { rulesOf } from "../checks.ts";
import type { Engine } from "../engine.ts";
import { invalid } from "../errors.ts";
import { type Key, namespacePrefix } from "../key.ts";
import { settle } from "../maybe.ts";
import type { Ids, ScopeRules } from "../scope/types.ts";
import { Space } from "../space.ts";
import type { MaybePromise } from "../tier.ts";
import { Verbs } from "../verbs/verbs.ts";
import { SecondChance } from "./second-chance.ts";
import type { AnyFunction, WrapOptions } from "./types.ts";

/** What any function is wrapped with. */
export type AnyOptions = WrapOptions & { scope?: string; from?: (...args: unknown[]) => Ids };

/** The place of the results of one function. */
export interface FunctionPlace {
  /** The namespace of the function, outside of the scopes that it is bound to. */
  readonly root: Verbs;
  /** Whether a hit in the top tier is as good as any. */
  readonly isQuick: boolean;
  /** Where the result of a call is. */
  at(self: unknown, args: readonly unknown[]): Verbs;
  /** Takes note of a use, and of a removal. */
  used(verbs: Verbs, key: Key): void;
  forget(verbs: Verbs, key: Key): void;
  clear(): MaybePromise<void>;
  /** Number of entries. */
  size(): MaybePromise<number>;
}

/** Makes the place of a function in a space: the one that it was wrapped in, or a scope of that. */
export type Inside = (outer: Space, suffix: string, tags: readonly string[]) => Verbs;

/** Names that are taken, as the beginnings of keys. */
const taken = /* @__PURE__ */ new WeakMap<Engine, Set<string>>();

/** Most functions of a cache without `reuse`: whoever has more wraps them anew in every request. */
const MAX_NAMES = 10_000;

/** @throws {ConfigError} naming the option that is wrong */
export function newPlace(view: Verbs, fn: AnyFunction, options: AnyOptions): FunctionPlace {
  const { engine, space: outermost } = view;
  const { scope, from, tiers, maxEntries = Infinity, reuse } = options;
  const all = engine.store.tiers;
  const used = tiers === undefined ? all : Array.isArray(tiers) ? tiers.map((name) => view.tier(name)) : [];
  if (used.length === 0) throw invalid("tiers", "left out, or names of tiers", tiers);
  const isLasting = used.some(({ capabilities: { shared, durable } }) => shared || durable);
  const { name = isLasting ? "" : fn.name } = options;
  if (typeof name !== "string" || name === "")
    throw invalid(
      "name",
      "given, where the function is anonymous or a tier is shared or outlives the process",
      options.name,
    );
  const segment = namespacePrefix(`fn:${name}`);

  const recent = maxEntries < Infinity ? new SecondChance<string, undefined>(maxEntries) : undefined;
  if (maxEntries !== Infinity && !(Number.isSafeInteger(maxEntries) && maxEntries > 0))
    throw invalid("maxEntries", "a positive integer", maxEntries);
  const stored = (text: string): void => {
    const gone = recent!.set(text, undefined);
    if (gone === undefined) return;
    const deleted = settle(() => engine.store.delete([gone]));
    // It may have gone by itself.
    const told = deleted.then(([existed]) => existed && engine.left(all[0]!.name, gone, "capacity"));
    engine.background(told, "eviction");
  };

  const prefix = outermost.prefix + segment;
  const counting = engine.space(prefix, outermost.tags);
  const inside: Inside = (outer, suffix, tags) => {
    const space = new Space(outer.prefix + segment, engine, tags);
    space.countWith(counting);
    if (tiers) space.tiers = tiers;
    if (recent) space.stored = stored;
    return new Verbs(engine, `${view.name}${suffix}/fn:${name}`, space);
  };
  const root = inside(outermost, "", outermost.tags);
  const place: FunctionPlace = {
    root,
    isQuick: scope === undefined && !recent && used.includes(all[0]!),
    at: () => root,
    used: (verbs, key) => {
      const slot = recent?.slots.get(verbs.space.encode(key));
      if (slot) slot.used = true;
    },
    forget: (verbs, key) => {
      recent?.slots.delete(verbs.space.encode(key));
    },
    clear: () => {
      recent?.clear();
      return root.clear();
    },
    size: () => root.size(),
  };

  const whole =
    (scope ?? from) === undefined ? place : rulesOf(engine.options).place(view, place, options, segment, inside);

  const names = taken.get(engine) ?? new Set();
  taken.set(engine, names);
  const isFull = names.size >= MAX_NAMES;
  const isTaken =
    isFull ||
    names.has(prefix) ||
    (engine.options.scopes as ScopeRules | undefined)?.claim(outermost, scope, segment, reuse);
  if (isTaken && !reuse) throw invalid("name", `unique, and one of at most ${MAX_NAMES}, unless reuse is true`, name);
  if (!isFull) names.add(prefix);
  return whole;
}
