/**
 * What a view of a cache does, for both of its faces: each verb answers with a value where every tier does, and with a
 * promise where one does not. What takes more than a few lines is in the rooms beside this file.
 *
 * @module
 */
import type { CacheEntry, ClearOptions, EntryMeta, InvalidateTagsOptions, ListOptions, SetItem } from "../api.ts";
import { rulesOf } from "../checks.ts";
import { clearSome, conditionsOf } from "../clear.ts";
import type { Engine } from "../engine.ts";
import { NO_TAGS } from "../entry.ts";
import { CacheClosedError, callable, checkOptions, invalid, oneOf } from "../errors.ts";
import { isSignal } from "../functions/signals.ts";
import { isPlain, type Key, listOf } from "../key.ts";
import type { Loader } from "../load/loader.ts";
import { then } from "../maybe.ts";
import type { Acceptance, AnyGetOptions, CallOptions, LoadOptions, SetOptions } from "../options.ts";
import type { Ids, InvalidateScopeOptions, ScopeChoice } from "../scope/types.ts";
import type { Space } from "../space.ts";
import { eachPage } from "../store.ts";
import type { MaybePromise, Tier, Write } from "../tier.ts";
import { newRequest, newWrite, type Request } from "../write.ts";
import { metaOf, peek, textsOf } from "./inspect.ts";
import { invalidatePattern, invalidateTags } from "./invalidate.ts";
import { deleteKeys, mutate, setPlain, touch, writeAll } from "./mutate.ts";
import { find, getMany, getOrSet, getOrSetMany, type LoadMany } from "./read.ts";

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/** Options of a verb that may be about one tier only. */
export interface TierChoice {
  tier?: string | undefined;
}

/** Under this a cache has its {@linkcode Verbs}, also for another copy of these modules: the command line is one. */
export const INSIDE: unique symbol = /* @__PURE__ */ Symbol.for("tiercel.inside");

/** The verbs of one view. */
export class Verbs {
  declare readonly name: string;
  declare readonly engine: Engine;
  declare readonly space: Space;
  /** The tier that is asked first. */
  declare readonly top: Tier;

  constructor(engine: Engine, name: string, space: Space) {
    this.name = name;
    this.engine = engine;
    this.space = space;
    this.top = engine.store.tiers[0]!;
    engine.viewed?.(this);
  }

  /** @throws {CacheClosedError} {ConfigError} for options that are none, and a tier that there is not; the reason of an aborted signal */
  check(options: Acceptance & CallOptions & TierChoice = NOTHING): void {
    if (this.engine.closing) throw new CacheClosedError(`Cannot use cache ${this.name} as it is closed`);
    checkOptions(options);
    const { signal, schema, validate } = options;
    if (signal) {
      if (!isSignal(signal)) throw invalid("signal", "an AbortSignal", signal);
      if (signal.aborted) throw signal.reason;
    }
    if (schema && typeof schema["~standard"]?.validate !== "function")
      throw invalid("schema", "a Standard Schema", schema);
    if (validate) callable("validate", validate);
    if (options.tier !== undefined) this.tier(options.tier);
  }

  /** What a call is made of: these, or those of the scope among its options. @throws as `check` does, and as `cache.scope` */
  of(options: ScopeChoice & CallOptions = NOTHING): Verbs {
    this.check(options);
    const { scope, ids } = options;
    return scope === undefined && ids === undefined
      ? this
      : rulesOf(this.engine.options).enter(
          this.space,
          scope!,
          ids!,
          undefined,
          (space, suffix) => new Verbs(this.engine, this.name + suffix, space),
        );
  }

  tier(name: string): Tier {
    const { tiers } = this.engine.store;
    const names = tiers.map((tier) => tier.name);
    oneOf("tier", names, name);
    return tiers[names.indexOf(name)]!;
  }

  /** The value of a hit in the top tier that needs no look at its entry. Allocates nothing. */
  quick(key: Key): unknown {
    return typeof key === "string" && isPlain(key) ? this.quickText(this.space.prefix + key) : undefined;
  }

  /** The same, by the text of a key. */
  quickText(text: string): unknown {
    const { engine, space } = this;
    if (!engine.quick) return undefined;
    let now: number | undefined;
    if (engine.cohere && (now = engine.now()) >= engine.coherentUntil) return undefined;
    const value = this.top.fresh?.(text, engine.ledger.latest, now);
    if (value === undefined) return undefined;
    space.counters.hits++;
    if (space.whole) space.whole.hits++;
    engine.store.counters.hits++;
    engine.seen?.(text, "hits");
    return value;
  }

  /** Continues when it is known what other processes have changed, or is known not to matter for the keys that are read. */
  coherent<T>(next: () => MaybePromise<T>, texts?: () => readonly string[]): MaybePromise<T> {
    const { engine, space } = this;
    return then(engine.disabled?.isAll ? undefined : engine.cohere?.(space.own === space ? texts : undefined), next);
  }

  get(key: Key, options: AnyGetOptions = NOTHING): MaybePromise<unknown> {
    return then(find(this, [key], options), ([hit]) => (hit ? hit.entry.value : options.default));
  }

  getEntry(key: Key, options: AnyGetOptions = NOTHING): MaybePromise<CacheEntry | undefined> {
    return then(find(this, [key], options), ([hit]) => hit && { ...metaOf(this, key, hit), value: hit.entry.value });
  }

  getMany<K extends Key>(keys: readonly K[], options: AnyGetOptions = NOTHING): MaybePromise<Map<K, unknown>> {
    return getMany(this, keys, options);
  }

  getOrSet(
    key: Key,
    loader: Loader,
    options: LoadOptions,
    run: (request: Request) => MaybePromise<unknown>,
  ): MaybePromise<unknown> {
    return getOrSet(this, key, loader, options, run);
  }

  getOrSetMany<K extends Key>(
    keys: readonly K[],
    loader: unknown,
    options: LoadOptions,
    load: LoadMany<K>,
  ): MaybePromise<Map<K, unknown>> {
    return getOrSetMany(this, keys, loader, options, load);
  }

  set(key: Key, value: unknown, options: SetOptions<never> = NOTHING): MaybePromise<void> {
    if (setPlain(this, key, value, options)) return undefined;
    const request = newRequest(key, options as LoadOptions, this.space);
    return writeAll(this, [request], [newWrite(value, request)]);
  }

  setMany(items: Iterable<SetItem>, shared: SetOptions<never> = NOTHING): MaybePromise<void> {
    // Of one key that comes twice the last counts, as if they were written one after the other.
    const requests = new Map<string, Request>();
    const writes = new Map<string, Write | undefined>();
    for (const item of listOf("items", items) as SetItem[]) {
      checkOptions(item, "item");
      const own = Object.fromEntries(Object.entries(item).filter(([, given]) => given !== undefined));
      if ("scope" in own || "ids" in own) throw invalid("scope", "among the options that items share", own.scope);
      const request = newRequest(item.key, { ...shared, ...own } as LoadOptions, this.space);
      requests.set(request.text, request);
      writes.set(request.text, newWrite(item.value, request));
    }
    return writeAll(this, [...requests.values()], [...writes.values()]);
  }

  has(key: Key, version: string | undefined = this.engine.options.version): MaybePromise<boolean> {
    return then(peek(this, key, version), (found) => found?.stale === false);
  }

  /** Deletes from every tier; how many were there. */
  delete(keys: readonly Key[]): MaybePromise<number> {
    return deleteKeys(this, keys);
  }

  touch(key: Key, options: { ttl: number | string; grace?: number | string }): MaybePromise<boolean> {
    return touch(this, key, options);
  }

  keys(options: ListOptions = NOTHING): MaybePromise<Key[]> {
    return then(textsOf(this.space, options), (texts) => texts.map((text) => this.space.decode(text)));
  }

  meta(key: Key, options: TierChoice = NOTHING): MaybePromise<EntryMeta | undefined> {
    return then(peek(this, key, null, options.tier), (found) => found && metaOf(this, key, found));
  }

  size(options: TierChoice = NOTHING): MaybePromise<number> {
    return then(
      this.engine.store.count?.(this.space.prefix, options.tier),
      (count) => count ?? then(textsOf(this.space, options), ({ length }) => length),
    );
  }

  invalidateTags(tags: string | readonly string[], options: InvalidateTagsOptions = NOTHING): MaybePromise<void> {
    return invalidateTags(this, tags, options);
  }

  invalidatePattern(
    pattern: string | RegExp,
    options: { signal?: AbortSignal | undefined } = NOTHING,
  ): MaybePromise<number> {
    return invalidatePattern(this, pattern, options);
  }

  invalidateScope(level: string, ids: Ids, options?: InvalidateScopeOptions): MaybePromise<void> {
    return rulesOf(this.engine.options).invalidate(this.space, level, ids, options);
  }

  /** Tags as the tiers know them. */
  tags(names: string | readonly string[] | undefined): readonly string[] | undefined {
    return names === undefined ? names : this.space.encodeTags(listOf("tags", names), NO_TAGS);
  }

  clear(options?: ClearOptions & { signal?: AbortSignal | undefined }): MaybePromise<void> {
    const { engine } = this;
    const { prefix } = this.space;
    const chosen = options && conditionsOf(this, options);
    if (chosen) return clearSome(this, chosen, options);
    return mutate(
      () => engine.loads.detachWhere((text) => text.startsWith(prefix)),
      () => engine.store.clear(prefix, options?.tier),
      () => engine.emit("invalidate", () => ({ by: "clear", what: this.name })),
    );
  }

  prune(): MaybePromise<Key[]> {
    return then(this.engine.store.prune(Infinity), (texts) =>
      texts.filter((text) => this.space.owns(text)).map((text) => this.space.decode(text)),
    );
  }

  evict(key: Key, { tier = this.top.name }: TierChoice = NOTHING): MaybePromise<boolean> {
    const text = this.space.encode(key);
    return then(this.engine.store.delete([text], tier), ([existed]) => {
      if (existed) this.engine.left(tier, text, "manual");
      return existed!;
    });
  }

  evictAll({ tier = this.top.name }: TierChoice = NOTHING): MaybePromise<void> {
    const { engine, space } = this;
    const told = eachPage(engine.store.pages(space.prefix, tier), (page) => {
      for (const text of page) engine.left(tier, text, "manual");
    });
    return then(told, () => engine.store.clear(space.prefix, tier));
  }
}
