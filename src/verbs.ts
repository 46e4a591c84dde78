/**
 * What a view of a cache does, for both of its faces: each verb answers with a value where every tier does, and with a
 * promise where one does not.
 *
 * @module
 */
import type {
  CacheEntry,
  ClearOptions,
  EntryMeta,
  Explanation,
  InvalidateTagsOptions,
  ListOptions,
  SetItem,
  TierExplanation,
} from "./api.ts";
import { rulesOf } from "./checks.ts";
import { clearSome, conditionsOf } from "./clear.ts";
import type { Engine } from "./engine.ts";
import { NO_TAGS } from "./entry.ts";
import { CacheClosedError, callable, checkOptions, invalid, oneOf } from "./errors.ts";
import { isSignal } from "./functions/signals.ts";
import { isPlain, type Key, listOf } from "./key.ts";
import { resolveLifetimes } from "./lifetimes.ts";
import { listKeys } from "./listing.ts";
import type { Loader } from "./loader.ts";
import { all, finalize, isPromise, then } from "./maybe.ts";
import type { Acceptance, AnyGetOptions, CallOptions, LoadOptions, SetOptions } from "./options.ts";
import type { Resolved } from "./resolved.ts";
import { accept, isChoosy } from "./schema.ts";
import type { Ids, InvalidateScopeOptions } from "./scope/types.ts";
import type { Space } from "./space.ts";
import { eachPage, type Found, judge } from "./store.ts";
import type { MaybePromise, Tier, Write } from "./tier.ts";
import { newRequest, newWrite, type Request, written } from "./write.ts";

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/** Options of a verb that may be about one tier only. */
export interface TierChoice {
  tier?: string | undefined;
}

/** Under this a cache has its {@linkcode Verbs}. */
export const INSIDE: unique symbol = /* @__PURE__ */ Symbol();

/** The verbs of one view. */
export class Verbs {
  declare readonly name: string;
  declare readonly engine: Engine;
  declare readonly space: Space;
  readonly #top: Tier;

  constructor(engine: Engine, name: string, space: Space) {
    this.name = name;
    this.engine = engine;
    this.space = space;
    this.#top = engine.store.tiers[0]!;
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
    const value = this.#top.fresh?.(text, engine.ledger.latest, now);
    if (value === undefined) return undefined;
    space.counters.hits++;
    engine.store.counters.hits++;
    engine.seen?.(text, "hits");
    return value;
  }

  /** Continues when it is known what other processes have changed, or is known not to matter for the keys that are read. */
  coherent<T>(next: () => MaybePromise<T>, texts?: () => readonly string[]): MaybePromise<T> {
    const { engine, space } = this;
    return then(engine.disabled?.isAll ? undefined : engine.cohere?.(space.own === space ? texts : undefined), next);
  }

  get(key: Key, options?: AnyGetOptions): MaybePromise<unknown> {
    return then(this.find([key], options), ([hit]) => (hit ? hit.entry.value : options?.default));
  }

  getEntry(key: Key, options?: AnyGetOptions): MaybePromise<CacheEntry | undefined> {
    return then(this.find([key], options), ([hit]) => hit && { ...this.#describe(key, hit), value: hit.entry.value });
  }

  getMany<K extends Key>(keys: readonly K[], options?: AnyGetOptions): MaybePromise<Map<K, unknown>> {
    return then(
      this.find(keys, options),
      (found) => new Map(found.flatMap((hit, i) => (hit ? [[keys[i]!, hit.entry.value]] : []))),
    );
  }

  /**
   * The value of a key, or what `run` makes of the request.
   *
   * The parents of a scope that inherits are read for each caller anew, outside of the flight of the key: one that comes after a
   * parent was changed must not join one that has read it before.
   */
  getOrSet(
    key: Key,
    loader: Loader,
    options: LoadOptions,
    run: (request: Request) => MaybePromise<unknown>,
  ): MaybePromise<unknown> {
    callable("loader", loader);
    const { engine } = this;
    const request = newRequest(key, options, this.space.own, loader);
    if (engine.patience < Infinity) request.since = engine.now();
    return this.coherent(
      () =>
        then(this.space.inherited([key], request.version), (found) =>
          then(found?.[0] && this.#accept(key, found[0], options), (item) =>
            item ? this.#hit(key, item) : run(request),
          ),
        ),
      () => [request.text],
    );
  }

  /** The values of keys, those that miss from what `load` makes of them. */
  getOrSetMany<K extends Key>(
    keys: readonly K[],
    loader: unknown,
    options: LoadOptions,
    load: (keys: readonly K[], space: Space, settings: Resolved) => MaybePromise<Map<K, unknown>>,
  ): MaybePromise<Map<K, unknown>> {
    callable("loader", loader);
    if (!Array.isArray(keys)) throw invalid("keys", "an array", keys);
    const { options: settings } = this.engine;
    const { version = settings.version } = options;
    const inherited = () =>
      then(this.space.inherited(keys, version), (found) =>
        all(keys.map((key, i) => found?.[i] && this.#accept(key, found[i], options))),
      );
    return this.coherent(() =>
      then(inherited(), (found) => {
        const values = new Map<K, unknown>();
        keys.forEach((key, i) => {
          if (found[i] && !values.has(key)) values.set(key, this.#hit(key, found[i]));
        });
        if (values.size === 0) return load(keys, this.space.own, settings);
        const rest = keys.filter((key) => !values.has(key));
        return then(load(rest, this.space.own, settings), (loaded) => {
          for (const [key, value] of loaded) values.set(key, value);
          return new Map(keys.filter((key) => values.has(key)).map((key) => [key, values.get(key)]));
        });
      }),
    );
  }

  #hit(key: Key, { entry, tier }: Found): unknown {
    this.space.count(key, "hits");
    this.engine.emit("hit", () => ({ key, tier }));
    return entry.value;
  }

  /** Reads fresh entries, and counts hits and misses. */
  find(keys: readonly Key[], options: AnyGetOptions = NOTHING): MaybePromise<(Found | undefined)[]> {
    if (!Array.isArray(keys)) throw invalid("keys", "an array", keys);
    const { promote, version = this.engine.options.version } = options;
    const read = this.coherent(
      () => this.space.read(keys, { promote, version }),
      () => keys.map((key) => this.space.encode(key)),
    );
    return then(read, ({ found, fault }) => {
      const checked = all(
        found.map((item, i) => (!item || item.stale ? undefined : this.#accept(keys[i]!, item, options))),
      );
      return then(checked, (hits) => {
        hits.forEach((item, i) => {
          const key = keys[i]!;
          this.space.count(key, item ? "hits" : "misses");
          if (item) this.engine.emit("hit", () => ({ key, tier: item.tier }));
          else this.engine.emit("miss", () => ({ key }));
        });
        if (fault && hits.includes(undefined)) throw fault;
        return hits;
      });
    });
  }

  /** What was found, as the caller gets it; `undefined` where it may not be served. */
  #accept(key: Key, found: Found, options: Acceptance): MaybePromise<Found | undefined> {
    if (!isChoosy(options)) return found;
    return then(
      accept(options, key, found.entry, this.engine.now()),
      (accepted) => accepted && { ...found, entry: { ...found.entry, value: accepted.value } },
    );
  }

  set(key: Key, value: unknown, options: SetOptions<never> = NOTHING): MaybePromise<void> {
    if (this.#keeps(key, value, options)) return undefined;
    const request = newRequest(key, options as LoadOptions, this.space);
    return this.#write([request], [newWrite(value, request)]);
  }

  /** Stores a value that is all there is to its entry, as most are, without making one; `false` where there is more to it. */
  #keeps(key: Key, value: unknown, options: SetOptions<never>): boolean {
    const { engine, space } = this;
    const { store } = engine;
    if (
      !engine.plain ||
      !store.keep ||
      !this.#top.keep ||
      space.tags.length > 0 ||
      value === undefined ||
      isPromise(value)
    )
      return false;
    for (const option in options) {
      const given = options[option as "ttl"];
      if (given !== undefined && (option !== "ttl" || typeof given === "function")) return false;
    }
    const { ttl, grace, swr } = resolveLifetimes(options as LoadOptions, engine.options);
    if (ttl <= 0) return false;
    const text = space.encode(key);
    const { clock } = engine.options;
    // No end is reckoned from when an entry without one was made.
    const now = ttl === Infinity && clock.coarse ? clock.coarse() : clock.now();
    store.keep(text, value, now, now + ttl, now + ttl + Math.max(grace, swr));
    engine.loads.detach([text]);
    space.counters.sets++;
    if (ttl < Infinity) engine.expiring();
    return true;
  }

  setMany(items: Iterable<SetItem>, shared: SetOptions<never> = NOTHING): MaybePromise<void> {
    // Of one key that comes twice the last counts, as if they were written one after the other.
    const requests = new Map<string, Request>();
    const writes = new Map<string, Write | undefined>();
    for (const item of listOf("items", items) as SetItem[]) {
      const own = Object.fromEntries(Object.entries(item).filter(([, given]) => given !== undefined));
      const request = newRequest(item.key, { ...shared, ...own } as LoadOptions, this.space);
      requests.set(request.text, request);
      writes.set(request.text, newWrite(item.value, request));
    }
    return this.#write([...requests.values()], [...writes.values()]);
  }

  /** Stores what has a write, and deletes what has none. */
  #write(requests: readonly Request[], writes: readonly (Write | undefined)[]): MaybePromise<void> {
    const texts = requests.map(({ text }) => text);
    const kept = writes.filter((write) => write !== undefined);
    const gone = kept.length === texts.length ? [] : texts.filter((_, i) => !writes[i]);
    return this.#mutate(
      () => this.engine.loads.detach(texts),
      () => {
        const stored = kept.length > 0 ? this.engine.store.write(kept, undefined, this.space.tiers) : undefined;
        return gone.length > 0 ? then(stored, () => this.engine.store.delete(gone)) : stored;
      },
      () => {
        writes.forEach((write, i) => {
          if (write) written(requests[i]!.key, write.entry, this.space);
        });
      },
    );
  }

  /** Nobody may join a flight that began before the mutation ended. */
  #mutate<T, U>(detach: () => void, mutation: () => MaybePromise<T>, done: (answer: T) => U): MaybePromise<U> {
    detach();
    return finalize(mutation, detach, done);
  }

  has(key: Key, version: string | undefined = this.engine.options.version): MaybePromise<boolean> {
    return then(this.#peek(key, version), (found) => found?.stale === false);
  }

  /** Deletes from every tier; how many were there. */
  delete(keys: readonly Key[]): MaybePromise<number> {
    const byText = new Map(keys.map((key) => [this.space.encode(key), key]));
    const texts = [...byText.keys()];
    return this.#mutate(
      () => this.engine.loads.detach(texts),
      () => this.engine.store.delete(texts),
      (existed) => {
        const count = existed.filter(Boolean).length;
        this.space.counters.deletes += count;
        texts.forEach((text, i) => {
          if (existed[i]) this.engine.gone?.(text, "delete", this.#top.name);
          this.engine.emit("delete", () => ({ key: byText.get(text)!, existed: existed[i]! }));
        });
        return count;
      },
    );
  }

  touch(key: Key, options: { ttl: number | string; grace?: number | string }): MaybePromise<boolean> {
    const { engine } = this;
    const space = this.space.own;
    const { ttl, grace, swr } = resolveLifetimes(options, engine.options);
    if (ttl <= 0) return then(this.delete([key]), Boolean);
    return then(this.#peek(key, engine.options.version, undefined, space), (found) => {
      // What is stale not by its age alone was invalidated, and stays so.
      if (!found || (found.stale && (found.entry.freshUntil === 0 || engine.ledger.check(found.entry) === "expired")))
        return false;
      const freshUntil = engine.now() + ttl;
      if (freshUntil !== Infinity) engine.expiring();
      return engine.store.touch({ key: space.encode(key), freshUntil, staleUntil: freshUntil + Math.max(grace, swr) });
    });
  }

  keys(options: ListOptions = NOTHING): MaybePromise<Key[]> {
    return then(this.#texts(options), (texts) => texts.map((text) => this.space.decode(text)));
  }

  #texts(options: ListOptions): MaybePromise<string[]> {
    const texts: string[] = [];
    return then(
      eachPage(listKeys(this.space, options), (page) => void texts.push(...page)),
      () => texts,
    );
  }

  /** Pages of entries; without their values they are metadata. */
  list(options: ListOptions, metaOnly: boolean): { next(): MaybePromise<(CacheEntry | EntryMeta)[] | undefined> } {
    this.check(options);
    const pages = listKeys(this.space, options);
    const { tier } = options;
    return {
      next: () =>
        then(pages.next(), (page) => {
          if (!page) return undefined;
          const read = this.engine.store.read(page, { peek: true, metaOnly, version: null, tier });
          return then(read, ({ found }) =>
            found.flatMap((item, i) => {
              if (!item) return [];
              const meta = this.#describe(this.space.decode(page[i]!), item);
              return [metaOnly ? meta : { ...meta, value: item.entry.value }];
            }),
          );
        }),
    };
  }

  meta(key: Key, options: TierChoice = NOTHING): MaybePromise<EntryMeta | undefined> {
    return then(this.#peek(key, null, options.tier), (found) => found && this.#describe(key, found));
  }

  explain(key: Key): MaybePromise<Explanation> {
    const { engine, space } = this;
    const { ledger } = engine;
    const { version } = engine.options;
    const text = space.encode(key);
    return then(engine.store.inspect(text), (all) => {
      const now = engine.now();
      const tiers = all.map(({ tier, entry, known }): TierExplanation => {
        if (!entry) return { tier, state: "absent", ...known };
        const verdict = ledger.check(entry) === "deleted" ? "deleted" : "expired";
        return {
          ...this.#describe(key, { entry, tier, stale: false }),
          state: judge(entry, version, engine, now) ?? (entry.version === version ? verdict : "version"),
          grace: entry.staleUntil - now,
          sequence: entry.sequence,
          tagSequences: entry.tags.map((tag) => ledger.of(tag)),
          ...known,
        };
      });
      return { key, text, now, disabled: Boolean(engine.disabled), tiers };
    });
  }

  size(options: TierChoice = NOTHING): MaybePromise<number> {
    return then(
      this.engine.store.count?.(this.space.prefix, options.tier),
      (count) => count ?? then(this.#texts(options), ({ length }) => length),
    );
  }

  invalidateTags(tags: string | readonly string[], options: InvalidateTagsOptions = NOTHING): MaybePromise<void> {
    const { engine, space } = this;
    const { match = "any", mode = "delete" } = options;
    oneOf("match", ["any", "all", "exact"], match);
    oneOf("mode", ["delete", "expire"], mode);
    const names = listOf("tags", tags);
    if (names.length === 0) return undefined;
    // Exactly these tags have besides them those of the scopes; otherwise these would be too many.
    const texts = space.encodeTags(names, match === "exact" ? undefined : NO_TAGS);
    // All with a single tag are any with it, which needs no look at the entries.
    return then(engine.store.invalidate(texts, texts.length === 1 && match === "all" ? "any" : match, mode), () => {
      if (match !== "any") engine.loads.detachWhere(() => true);
      engine.emit("invalidate", () => ({ by: "tags", what: names.join(", ") }));
    });
  }

  invalidatePattern(
    pattern: string | RegExp,
    options: { signal?: AbortSignal | undefined } = NOTHING,
  ): MaybePromise<number> {
    const { engine, space } = this;
    const fence = () => {
      engine.fence.markAll();
      engine.loads.detachWhere((text) => space.owns(text));
    };
    fence();
    let count = 0;
    // What is no pattern must not stand for all keys.
    const pages = listKeys(space, { ...options, pattern: pattern ?? null }, true);
    const deleted = eachPage(pages, (page) =>
      then(engine.store.delete(page), (existed) => {
        count += existed.filter(Boolean).length;
        page.forEach((text, i) => {
          if (existed[i]) engine.left(this.#top.name, text, "pattern");
        });
      }),
    );
    return then(deleted, () => {
      fence();
      engine.store.tell?.(space.prefix, pattern);
      engine.emit("invalidate", () => ({ by: "pattern", what: String(pattern), count }));
      return count;
    });
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
    return this.#mutate(
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

  evict(key: Key, { tier = this.#top.name }: TierChoice = NOTHING): MaybePromise<boolean> {
    const text = this.space.encode(key);
    return then(this.engine.store.delete([text], tier), ([existed]) => {
      if (existed) this.engine.left(tier, text, "manual");
      return existed!;
    });
  }

  evictAll({ tier = this.#top.name }: TierChoice = NOTHING): MaybePromise<void> {
    const { engine, space } = this;
    const told = eachPage(engine.store.pages(space.prefix, tier), (page) => {
      for (const text of page) engine.left(tier, text, "manual");
    });
    return then(told, () => engine.store.clear(space.prefix, tier));
  }

  #describe(key: Key, { entry, tier, stale }: Found): EntryMeta {
    const { createdAt, freshUntil, tags, version, codec, profile, size } = entry;
    const ttl = stale ? 0 : freshUntil - this.engine.now();
    return { key, tier, createdAt, ttl, stale, tags: this.space.decodeTags(tags), version, codec, profile, size };
  }

  /** Looks at an entry without its value, which is no use of it. */
  #peek(
    key: Key,
    version: string | undefined | null,
    tier?: string,
    space: Space = this.space,
  ): MaybePromise<Found | undefined> {
    const read = this.coherent(() => space.read([key], { peek: true, metaOnly: true, version, tier }));
    return then(read, ({ found }) => found[0]);
  }
}
