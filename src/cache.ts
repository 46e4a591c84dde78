/**
 * The cache: wires the rooms together and keeps the fast path short.
 *
 * @module
 */
import type { Cache, CacheEntry, EntryMeta, InvalidateTagsOptions, ListOptions, ManyLoader, SetItem } from "./api.ts";
import { toMilliseconds } from "./duration.ts";
import { Engine } from "./engine.ts";
import { NO_TAGS } from "./entry.ts";
import { CacheClosedError, callable, invalid, oneOf } from "./errors.ts";
import type { EventName, Listener } from "./events.ts";
import { isPlain, type Key, namespacePrefix } from "./key.ts";
import { listKeys } from "./listing.ts";
import type { Loader } from "./load.ts";
import { loadMany } from "./load-many.ts";
import { all, finalize, settle, then } from "./maybe.ts";
import { type MemoryOptions, memory } from "./memory/memory.ts";
import {
  type CacheOptions,
  type CallOptions,
  type GetOptions,
  type LoadOptions,
  number,
  resolveLifetimes,
  resolveOptions,
  rulesOf,
  type SetOptions,
} from "./options.ts";
import { validate } from "./schema.ts";
import type { AnyScopes, Ids, InvalidateScopeOptions, NoScopes, ScopeOptions } from "./scope/types.ts";
import type { Space } from "./space.ts";
import { type CacheStats, type Counters, newCounters } from "./stats.ts";
import type { Found, Store } from "./store.ts";
import type { MaybePromise, Tier, Write } from "./tier.ts";
import { abortable } from "./timeout.ts";
import { newRequest, newWrite, type Request, written } from "./write.ts";

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/**
 * Makes a cache. Without options it is bounded memory.
 *
 * @throws {ConfigError} naming the option that is wrong, {StoreOpenError} or {StoreSchemaError} when a store cannot be used
 */
export function createCache<S extends AnyScopes = NoScopes>(options: CacheOptions<S> = {}): Cache<S> {
  if (typeof options !== "object" || options === null) throw invalid("options", "an object", options);
  const resolved = resolveOptions(options);
  const { maxEntries, tiers = [memory({ maxEntries } as MemoryOptions)] } = options;
  if (options.tiers && maxEntries !== undefined)
    throw invalid("maxEntries", "left out where there are tiers", maxEntries);
  const engine = new Engine(tiers, resolved);
  return new TieredCache(engine, resolved.name) as Cache as Cache<S>;
}

/** A view of a cache: the root, a namespace or a scope. */
class TieredCache implements Cache {
  declare readonly name: string;
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #space: Space;
  readonly #top: Tier;

  constructor(engine: Engine, name: string, space: Space = engine.root) {
    this.name = name;
    this.#engine = engine;
    this.#store = engine.store;
    this.#space = space;
    this.#top = engine.store.tiers[0]!;
  }

  get closed(): boolean {
    return Boolean(this.#engine.closing);
  }

  get<V>(key: Key, options?: GetOptions): Promise<V | undefined> {
    const hit = options === undefined && this.#quick<V>(key);
    if (hit) return hit;
    return this.#run(options, () =>
      then(this.#find([key], options), ([hit]) => (hit ? hit.entry.value : options?.default) as V | undefined),
    );
  }

  getEntry<V>(key: Key, options?: GetOptions): Promise<CacheEntry<V> | undefined> {
    return this.#run(options, () =>
      then(
        this.#find([key], options),
        ([hit]) => hit && ({ ...this.#describe(key, hit), value: hit.entry.value } as CacheEntry<V>),
      ),
    );
  }

  getMany<K extends Key, V>(keys: readonly K[], options?: GetOptions): Promise<Map<K, V>> {
    return this.#run(options, () =>
      then(
        this.#find(keys, options),
        (found) => new Map(found.flatMap((hit, i) => (hit ? [[keys[i]!, hit.entry.value as V]] : []))),
      ),
    );
  }

  /** Reads fresh entries, and counts hits and misses. */
  #find(keys: readonly Key[], options: GetOptions = NOTHING): MaybePromise<(Found | undefined)[]> {
    const { promote, version = this.#engine.options.version, schema, onInvalid = "miss" } = options;
    const { counters } = this.#space;
    const read = this.#coherent(() => this.#space.read(keys, { promote, version }));
    return then(read, ({ found, fault }) => {
      const checked = all(
        found.map((item) => {
          if (!item || item.stale) return undefined;
          if (!schema) return item;
          oneOf("onInvalid", ["miss", "throw"], onInvalid);
          return then(validate(schema, item.entry.value, onInvalid), (value) =>
            value === undefined ? undefined : { ...item, entry: { ...item.entry, value } },
          );
        }),
      );
      return then(checked, (hits) => {
        hits.forEach((item, i) => {
          const key = keys[i]!;
          counters[item ? "hits" : "misses"]++;
          if (item) this.#engine.emit("hit", () => ({ key, tier: item.tier }));
          else this.#engine.emit("miss", () => ({ key }));
        });
        if (fault && hits.includes(undefined)) throw fault;
        return hits;
      });
    });
  }

  getOrSet<V>(key: Key, loader: Loader<V>, options: LoadOptions<V> = NOTHING): Promise<V> {
    const hit =
      options.version === undefined &&
      options.refreshAhead === undefined &&
      options.earlyRefresh === undefined &&
      !options.signal &&
      this.#quick<V>(key);
    if (hit) return hit;
    // Not through #run: a caller's abort is the flight's business, which ends when all have gone.
    return settle(() => {
      this.#check(options);
      callable("loader", loader);
      const request = newRequest(key, options as LoadOptions, this.#space, loader as Loader);
      return this.#coherent(() => this.#engine.loads.run(request) as MaybePromise<V>);
    });
  }

  getOrSetMany<K extends Key, V>(
    keys: readonly K[],
    loader: ManyLoader<V>,
    options: LoadOptions<V> = NOTHING,
  ): Promise<Map<K, V>> {
    return settle(() => {
      this.#check(options);
      callable("loader", loader);
      return this.#coherent(() => loadMany(this.#space, keys, loader, options));
    });
  }

  set<V>(key: Key, value: V, options: SetOptions<V> = NOTHING): Promise<void> {
    return this.#run(options, () => {
      const request = newRequest(key, options as LoadOptions, this.#space);
      return this.#write([request], [newWrite(value, request)]);
    });
  }

  setMany(items: Iterable<SetItem>, shared: SetOptions = NOTHING): Promise<void> {
    return this.#run(shared, () => {
      // Of one key that comes twice the last counts, as if they were written one after the other.
      const requests = new Map<string, Request>();
      const writes = new Map<string, Write | undefined>();
      for (const item of items) {
        const request = newRequest(item.key, { ...shared, ...item } as LoadOptions, this.#space);
        requests.set(request.text, request);
        writes.set(request.text, newWrite(item.value, request));
      }
      return this.#write([...requests.values()], [...writes.values()]);
    });
  }

  /** Stores what has a write, and deletes what has none. */
  #write(requests: readonly Request[], writes: readonly (Write | undefined)[]): MaybePromise<void> {
    const texts = requests.map(({ text }) => text);
    const kept = writes.filter((write) => write !== undefined);
    const gone = kept.length === texts.length ? [] : texts.filter((_, i) => !writes[i]);
    const done = this.#mutate(
      () => this.#engine.loads.detach(texts),
      () =>
        then(kept.length > 0 ? this.#store.write(kept) : undefined, () =>
          gone.length > 0 ? this.#store.delete(gone) : undefined,
        ),
    );
    return then(done, () => {
      writes.forEach((write, i) => {
        if (write) written(requests[i]!.key, write.entry, this.#space);
      });
    });
  }

  /** Nobody may join a flight that began before the mutation ended. */
  #mutate<T>(detach: () => void, mutation: () => MaybePromise<T>): MaybePromise<T> {
    detach();
    return finalize(mutation(), detach);
  }

  has(key: Key, options?: CallOptions): Promise<boolean> {
    return this.#run(options, () => {
      const read = this.#peek(key, this.#engine.options.version);
      return then(read, (found) => found?.stale === false);
    });
  }

  delete(key: Key, options?: CallOptions): Promise<boolean> {
    return this.#run(options, () => then(this.#delete([key]), Boolean));
  }

  deleteMany(keys: Iterable<Key>, options?: CallOptions): Promise<number> {
    return this.#run(options, () => this.#delete([...keys]));
  }

  #delete(keys: readonly Key[]): MaybePromise<number> {
    const byText = new Map(keys.map((key) => [this.#space.encode(key), key]));
    const texts = [...byText.keys()];
    const deleted = this.#mutate(
      () => this.#engine.loads.detach(texts),
      () => this.#store.delete(texts),
    );
    return then(deleted, (existed) => {
      const count = existed.filter(Boolean).length;
      this.#space.counters.deletes += count;
      texts.forEach((text, i) => {
        this.#engine.emit("delete", () => ({ key: byText.get(text)!, existed: existed[i]! }));
      });
      return count;
    });
  }

  touch(key: Key, options: { ttl: number | string; grace?: number | string } & CallOptions): Promise<boolean> {
    return this.#run(options, () => {
      const { ttl, grace, swr } = resolveLifetimes(options, this.#engine.options);
      if (ttl <= 0) return then(this.#delete([key]), Boolean);
      return then(this.#peek(key, this.#engine.options.version), (found) => {
        const end = found?.entry.freshUntil;
        // What is stale for another reason than its age was invalidated, and stays so.
        if (!found || (found.stale && (end === 0 || end! > this.#engine.now()))) return false;
        const freshUntil = this.#engine.now() + ttl;
        if (freshUntil !== Infinity) this.#engine.expiring();
        return this.#store.touch({
          key: this.#space.encode(key),
          freshUntil,
          staleUntil: freshUntil + Math.max(grace, swr),
        });
      });
    });
  }

  keys(options: ListOptions = NOTHING): Promise<Key[]> {
    return this.#run(options, async () => (await this.#texts(options)).map((text) => this.#space.decode(text)));
  }

  async #texts(options: ListOptions): Promise<string[]> {
    const texts: string[] = [];
    for await (const page of listKeys(this.#space, options)) texts.push(...page);
    return texts;
  }

  entries<V>(options: ListOptions = NOTHING): AsyncGenerator<CacheEntry<V>> {
    return this.#list(options, false);
  }

  metas(options: ListOptions = NOTHING): AsyncGenerator<EntryMeta> {
    return this.#list(options, true);
  }

  async *#list<E extends CacheEntry | EntryMeta>(options: ListOptions, metaOnly: boolean): AsyncGenerator<E> {
    this.#check(options);
    for await (const page of listKeys(this.#space, options)) {
      const { found } = await this.#store.read(page, { peek: true, metaOnly, version: null, tier: options.tier });
      for (const [i, item] of found.entries()) {
        if (!item) continue;
        const meta = this.#describe(this.#space.decode(page[i]!), item);
        yield (metaOnly ? meta : { ...meta, value: item.entry.value }) as E;
      }
    }
  }

  meta(key: Key, options: { tier?: string } & CallOptions = NOTHING): Promise<EntryMeta | undefined> {
    return this.#run(options, () =>
      then(this.#peek(key, null, options.tier), (found) => found && this.#describe(key, found)),
    );
  }

  size(options: { tier?: string } & CallOptions = NOTHING): Promise<number> {
    return this.#run(
      options,
      async () => (await this.#store.count?.(this.#space.prefix, options.tier)) ?? (await this.#texts(options)).length,
    );
  }

  invalidateTags(tags: string | readonly string[], options: InvalidateTagsOptions = NOTHING): Promise<void> {
    return this.#run(options, () => {
      const { match = "any", mode = "delete" } = options;
      oneOf("match", ["any", "all", "exact"], match);
      oneOf("mode", ["delete", "expire"], mode);
      const names = typeof tags === "string" ? [tags] : tags;
      if (names.length === 0) return;
      // Exactly these tags have besides them those of the scopes; otherwise these would be too many.
      const texts = this.#space.encodeTags(names, match === "exact" ? undefined : NO_TAGS);
      // All with a single tag are any with it, which needs no look at the entries.
      return then(this.#store.invalidate(texts, texts.length === 1 && match === "all" ? "any" : match, mode), () => {
        if (match !== "any") this.#engine.loads.detachWhere(() => true);
        this.#engine.emit("invalidate", () => ({ by: "tags", what: names.join(", ") }));
      });
    });
  }

  invalidatePattern(pattern: string | RegExp, options: CallOptions = NOTHING): Promise<number> {
    return this.#run(options, async () => {
      const fence = () => {
        this.#engine.fence.markAll();
        this.#engine.loads.detachWhere((text) => this.#space.owns(text));
      };
      fence();
      let count = 0;
      // What is no pattern must not stand for all keys.
      const which = { ...options, pattern: pattern ?? null };
      for await (const page of listKeys(this.#space, which, true)) {
        const existed = await this.#store.delete(page);
        count += existed.filter(Boolean).length;
        page.forEach((text, i) => {
          if (existed[i]) this.#engine.left(this.#top.name, text, "pattern");
        });
      }
      fence();
      this.#store.tell?.(this.#space.prefix, pattern);
      this.#engine.emit("invalidate", () => ({ by: "pattern", what: String(pattern), count }));
      return count;
    });
  }

  clear(options?: CallOptions): Promise<void> {
    return this.#run(options, () => {
      const { prefix } = this.#space;
      const cleared = this.#mutate(
        () => this.#engine.loads.detachWhere((text) => text.startsWith(prefix)),
        () => this.#store.clear(prefix),
      );
      return then(cleared, () => this.#engine.emit("invalidate", () => ({ by: "clear", what: this.name })));
    });
  }

  prune(options?: CallOptions): Promise<Key[]> {
    return this.#run(options, () =>
      then(this.#store.prune(Infinity), (texts) =>
        texts.filter((text) => this.#space.owns(text)).map((text) => this.#space.decode(text)),
      ),
    );
  }

  evict(key: Key, options: { tier?: string } & CallOptions = NOTHING): Promise<boolean> {
    return this.#run(options, () => {
      const { tier = this.#top.name } = options;
      const text = this.#space.encode(key);
      return then(this.#store.delete([text], tier), ([existed]) => {
        if (existed) this.#engine.left(tier, text, "manual");
        return existed!;
      });
    });
  }

  evictAll(options: { tier?: string } & CallOptions = NOTHING): Promise<void> {
    return this.#run(options, async () => {
      const { tier = this.#top.name } = options;
      for await (const page of this.#store.pages(this.#space.prefix, tier)) {
        for (const text of page) this.#engine.left(tier, text, "manual");
      }
      await this.#store.clear(this.#space.prefix, tier);
    });
  }

  namespace(name: string): Cache {
    return new TieredCache(
      this.#engine,
      `${this.name}/${name}`,
      this.#engine.space(this.#space.prefix + namespacePrefix(name), this.#space.tags),
    );
  }

  scope(level: string, ids: Ids, options?: ScopeOptions): Cache<NoScopes, never> {
    return rulesOf(this.#engine.options).enter(
      this.#space,
      level,
      ids,
      options,
      (space, suffix) => new TieredCache(this.#engine, this.name + suffix, space),
    );
  }

  invalidateScope(level: string, ids: Ids, options?: InvalidateScopeOptions): Promise<void> {
    return this.#run(options, () => rulesOf(this.#engine.options).invalidate(this.#space, level, ids, options));
  }

  tier(name: string): Tier {
    const { tiers } = this.#store;
    oneOf(
      "tier",
      tiers.map((tier) => tier.name),
      name,
    );
    return tiers.find((tier) => tier.name === name)!;
  }

  stats(): CacheStats {
    const counters = newCounters();
    for (const { counters: own } of this.#parts())
      for (const name in own) counters[name as keyof Counters] += own[name as keyof Counters];
    const tiers = this.#store.stats();
    const sum = (of: "errors" | "entries" | "bytes") => tiers.reduce((total, tier) => total + (tier[of] ?? 0), 0);
    const served = counters.hits + counters.staleHits;
    const hitRate = served / (served + counters.misses) || 0;
    return {
      ...counters,
      hitRate,
      evictions: { ...this.#engine.evictions },
      errors: sum("errors"),
      size: sum("entries"),
      bytes: sum("bytes"),
      tiers,
    };
  }

  resetStats(): void {
    for (const part of this.#parts()) Object.assign(part.counters, newCounters());
    if (this.#space.prefix !== "") return;
    this.#store.resetStats();
    this.#engine.evictions = {};
  }

  /** The spaces that this view counts. */
  #parts(): Space[] {
    return this.#space.prefix === "" ? [...this.#engine.spaces.values()] : [this.#space];
  }

  on<N extends EventName>(event: N, listener: Listener<N>): () => void {
    this.#engine.on(event, listener);
    this.#engine.listening();
    return () => this.off(event, listener);
  }

  off<N extends EventName>(event: N, listener: Listener<N>): void {
    this.#engine.off(event, listener);
    this.#engine.listening();
  }

  close({ timeout = 5_000 }: { timeout?: number | string } = NOTHING): Promise<void> {
    return settle(() => {
      const ms = number("timeout", toMilliseconds(timeout, "timeout"));
      return (this.#engine.closing ??= this.#engine.close(ms));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A hit in the top tier that needs no look at its entry: no allocation but the caller's promise. */
  #quick<V>(key: Key): Promise<V> | undefined {
    const engine = this.#engine;
    if (!engine.quick || engine.closing || typeof key !== "string" || !isPlain(key)) return undefined;
    let now: number | undefined;
    if (engine.cohere && (now = engine.now()) >= engine.coherentUntil) return undefined;
    const value = this.#top.fresh?.(this.#space.prefix + key, engine.ledger.latest, now);
    if (value === undefined) return undefined;
    this.#space.counters.hits++;
    engine.store.counters.hits++;
    return Promise.resolve(value as V);
  }

  /** Continues when it is known what other processes have changed. */
  #coherent<T>(next: () => MaybePromise<T>): MaybePromise<T> {
    return then(this.#engine.cohere?.(), next);
  }

  /** Runs a call: closed, aborted and thrown all become rejections, and an abort ends the caller's waiting. */
  #run<T>(options: ({ tier?: string } & CallOptions) | undefined, call: () => MaybePromise<T>): Promise<T> {
    const done = settle(() => {
      this.#check(options);
      return call();
    });
    return abortable(done, options?.signal);
  }

  #check(options: ({ tier?: string } & CallOptions) | undefined): void {
    if (this.closed) throw new CacheClosedError(`Cannot use cache ${this.name} as it is closed`);
    options?.signal?.throwIfAborted();
    if (options?.tier !== undefined) this.tier(options.tier);
  }

  #describe(key: Key, { entry, tier, stale }: Found): EntryMeta {
    const { createdAt, freshUntil, tags, version, codec, profile, size } = entry;
    const ttl = stale ? 0 : freshUntil - this.#engine.now();
    return { key, tier, createdAt, ttl, stale, tags: this.#space.decodeTags(tags), version, codec, profile, size };
  }

  /** Looks at an entry without its value, which is no use of it. */
  #peek(key: Key, version: string | undefined | null, tier?: string): MaybePromise<Found | undefined> {
    const read = this.#coherent(() => this.#space.read([key], { peek: true, metaOnly: true, version, tier }));
    return then(read, ({ found }) => found[0]);
  }
}
