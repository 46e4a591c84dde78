/**
 * The cache: wires the rooms together and keeps the fast path short.
 *
 * @module
 */
import type { Cache, CacheEntry, EntryMeta, InvalidateTagsOptions, ListOptions, ManyLoader, SetItem } from "./api.ts";
import { toMilliseconds } from "./duration.ts";
import { Engine } from "./engine.ts";
import { CacheClosedError, ConfigError, invalid, TierError } from "./errors.ts";
import type { EventName, EvictionReason, Listener } from "./events.ts";
import { isPlain, type Key, namespacePrefix } from "./key.ts";
import { countKeys, describeEntry, listEntries, listKeys } from "./listing.ts";
import { type Loader, Loads } from "./load.ts";
import { loadMany } from "./load-many.ts";
import { all, settle, then } from "./maybe.ts";
import { memory } from "./memory/memory.ts";
import {
  type CacheOptions,
  type CallOptions,
  type GetOptions,
  type LoadOptions,
  type Resolved,
  resolveLifetimes,
  resolveOptions,
  type SetOptions,
} from "./options.ts";
import { validate } from "./schema.ts";
import { Space } from "./space.ts";
import { type CacheStats, newCounters } from "./stats.ts";
import { type Found, Solo, type Store } from "./store.ts";
import { Sweeper } from "./sweeper.ts";
import { within } from "./timeout.ts";
import type { MaybePromise, SyncTier, Tier, Write } from "./tier.ts";
import { newEntry, setEvent } from "./write.ts";

/** Most namespaces with counters of their own; those beyond count in the root's. */
const MAX_SPACES = 1_000;

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/**
 * Makes a cache. Without options it is bounded memory.
 *
 * @throws {ConfigError} naming the option that is wrong, {StoreOpenError} or {StoreSchemaError} when a store cannot be used
 */
export function createCache(options: CacheOptions = {}): Cache {
  if (typeof options !== "object" || options === null) throw invalid("options", "an object", options);
  const resolved = resolveOptions(options);
  const { tiers, maxEntries } = options;
  if (tiers && maxEntries !== undefined) throw invalid("maxEntries", "given to memory() where there are tiers", maxEntries);
  const core = new Core(tiers ?? [memory(maxEntries === undefined ? {} : { maxEntries })], resolved);
  return new TieredCache(core, resolved.name);
}

/** Tiers that are part of a cache: one that is used twice would be told of things by the wrong cache. */
const used = /* @__PURE__ */ new WeakSet<Tier>();

/** @throws {ConfigError} when the tiers cannot be used */
function newStore(tiers: readonly Tier[], engine: Engine): Store {
  const finished = Array.isArray(tiers) ? tiers.find((tier) => tier?.stack) : undefined;
  const isSolo = Array.isArray(tiers) && tiers.length === 1 && !finished && tiers[0]?.sync;
  if (!finished && !isSolo) throw invalid("tiers", "one memory(), or an array with a tier from an adapter or defineTier()", tiers);
  for (const tier of tiers) {
    if (used.has(tier)) throw new ConfigError("tiers", `Cannot use tiers as ${tier.name} is part of another cache: make one for each`);
    used.add(tier);
  }
  return finished ? finished.stack!(tiers, engine) : new Solo(tiers[0] as Tier & { sync: SyncTier }, engine);
}

/** What all views of a cache share. */
class Core {
  readonly engine: Engine;
  readonly store: Store;
  readonly loads: Loads;
  readonly root: Space;
  readonly spaces = new Map<string, Space>();
  readonly sweeper: Sweeper;
  /** Whether hits may take the fast path: nobody listens, and no option needs a look at the entry. */
  quick = false;
  closing: Promise<void> | undefined;

  constructor(tiers: readonly Tier[], options: Resolved) {
    const plain = options.version === undefined && options.refreshAhead === 0 && options.earlyRefresh === 0;
    this.engine = new Engine(options, () => {
      this.quick = plain && !this.engine.events.has("hit");
    });
    this.quick = plain;
    this.store = newStore(tiers, this.engine);
    this.loads = new Loads(this.engine, this.store);
    this.root = new Space("", this.engine);
    this.sweeper = new Sweeper(this.engine, this.store);
    this.engine.onExpiring = () => this.sweeper.start();
  }

  space(prefix: string): Space {
    let space = this.spaces.get(prefix);
    if (!space) {
      space = new Space(prefix, this.engine);
      if (this.spaces.size < MAX_SPACES) this.spaces.set(prefix, space);
      else space.counters = this.root.counters;
    }
    return space;
  }

  async close(timeout: number): Promise<void> {
    const { clock } = this.engine.options;
    this.sweeper.stop();
    await within(
      this.engine.idle().then(() => this.store.close()),
      timeout,
      clock,
      // The tiers are closed all the same, without what has not ended by now.
      () => void this.store.close(),
    );
  }
}

/** A view of a cache: the root, or a namespace. */
class TieredCache implements Cache {
  readonly name: string;
  readonly #core: Core;
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #space: Space;
  readonly #top: Tier;
  readonly #isRoot: boolean;

  constructor(core: Core, name: string, space: Space = core.root) {
    this.name = name;
    this.#core = core;
    this.#engine = core.engine;
    this.#store = core.store;
    this.#space = space;
    this.#isRoot = space === core.root;
    this.#top = core.store.tiers[0]!;
  }

  get closed(): boolean {
    return this.#core.closing !== undefined;
  }

  get<V>(key: Key, options?: GetOptions): Promise<V | undefined> {
    if (options === undefined) {
      const value = this.#quick(key);
      if (value !== undefined) return Promise.resolve(value as V);
    }
    return this.#run(options, () => then(this.#find([key], options), ([hit]) => (hit ? hit.entry.value : options?.default) as V | undefined));
  }

  getEntry<V>(key: Key, options?: GetOptions): Promise<CacheEntry<V> | undefined> {
    return this.#run(options, () =>
      then(this.#find([key], options), ([hit]) => hit && ({ ...this.#describe(key, hit), value: hit.entry.value } as CacheEntry<V>)),
    );
  }

  getMany<K extends Key, V>(keys: readonly K[], options?: GetOptions): Promise<Map<K, V>> {
    return this.#run(options, () =>
      then(this.#find(keys, options), (found) => new Map(found.flatMap((hit, i) => (hit ? [[keys[i]!, hit.entry.value as V]] : [])))),
    );
  }

  /** Reads fresh entries, and counts hits and misses. */
  #find(keys: readonly Key[], options: GetOptions = NOTHING): MaybePromise<(Found | undefined)[]> {
    const { promote, version = this.#engine.options.version, schema, onInvalid = "miss" } = options;
    const { counters } = this.#space;
    return then(this.#store.read(this.#encode(keys), { promote, version }), ({ found, fault }) => {
      const fresh = found.map((item) => (item?.stale ? undefined : item));
      const checked = all(
        fresh.map((item) => {
          if (!item || !schema) return item;
          return then(validate(schema, item.entry.value, onInvalid), (value) => (value === undefined ? undefined : { ...item, entry: { ...item.entry, value } }));
        }),
      );
      return then(checked, (hits) => {
        hits.forEach((item, i) => {
          const key = keys[i]!;
          counters[item ? "hits" : "misses"]++;
          if (item) this.#engine.emit("hit", () => ({ key, tier: item.tier }));
          else this.#engine.emit("miss", () => ({ key }));
        });
        if (hits.includes(undefined)) this.#fault(fault);
        return hits;
      });
    });
  }

  getOrSet<V>(key: Key, loader: Loader<V>, options: LoadOptions<V> = NOTHING): Promise<V> {
    if (options.version === undefined && options.refreshAhead === undefined && options.earlyRefresh === undefined && !options.signal) {
      const value = this.#quick(key);
      if (value !== undefined) return Promise.resolve(value as V);
    }
    // Not through #run: a caller's abort is the flight's business, which ends when all have gone.
    return settle(() => {
      this.#check(options);
      if (typeof loader !== "function") throw invalid("loader", "a function", loader);
      const { loads } = this.#core;
      return loads.run(loads.request(this.#space.encode(key), key, loader as Loader, options as LoadOptions, this.#space)) as MaybePromise<V>;
    });
  }

  getOrSetMany<K extends Key, V>(keys: readonly K[], loader: ManyLoader<V>, options: LoadOptions<V> = NOTHING): Promise<Map<K, V>> {
    return settle(() => {
      this.#check(options);
      if (typeof loader !== "function") throw invalid("loader", "a function", loader);
      return loadMany(this.#core.loads, this.#store, this.#space, keys, loader, options);
    });
  }

  set<V>(key: Key, value: V, options: SetOptions<V> = NOTHING): Promise<void> {
    return this.#run(options, () => this.#write([{ key, value }], options as SetOptions));
  }

  setMany<V>(items: Iterable<SetItem<V>>, shared: SetOptions<V> = NOTHING): Promise<void> {
    return this.#run(shared, () => this.#write([...items] as SetItem[], shared as SetOptions));
  }

  #write(items: readonly SetItem[], shared: SetOptions): MaybePromise<void> {
    const engine = this.#engine;
    // Of one key that comes twice the last counts, as if they were written one after the other.
    const byText = new Map<string, { key: Key; write: Write | undefined }>();
    for (const item of items) {
      const options: SetOptions = { ...shared, ...item };
      const entry = newEntry(item.value, item.key, options, resolveLifetimes(options, engine.options), this.#space, engine.options);
      const key = this.#space.encode(item.key);
      byText.set(key, { key: item.key, write: entry && { key, entry, codec: options.codec ?? engine.options.codec } });
    }
    const writes = [...byText.values()].flatMap(({ write }) => write ?? []);
    const gone = [...byText].filter(([, { write }]) => !write).map(([text]) => text);
    const written = this.#mutate(byText.keys(), () =>
      then(writes.length > 0 ? this.#store.write(writes) : undefined, (fault) =>
        then(gone.length > 0 ? this.#store.delete(gone) : undefined, (deleted) => fault ?? deleted?.fault),
      ),
    );
    return then(written, (fault) => {
      this.#space.counters.sets += writes.length;
      for (const { key, write } of byText.values()) {
        if (write) engine.emit("set", () => setEvent(key, write.entry, this.#space));
      }
      this.#fault(fault);
    });
  }

  /** Nobody may join a flight that began before the mutation ended. */
  #mutate<T>(texts: Iterable<string>, mutation: () => MaybePromise<T>): MaybePromise<T> {
    const keys = [...texts];
    this.#core.loads.detach(keys);
    return then(mutation(), (answer) => {
      this.#core.loads.detach(keys);
      return answer;
    });
  }

  has(key: Key, options?: CallOptions): Promise<boolean> {
    return this.#run(options, () => {
      const read = this.#store.read(this.#encode([key]), { peek: true, metaOnly: true, version: this.#engine.options.version });
      return then(read, ({ found }) => found[0]?.stale === false);
    });
  }

  delete(key: Key, options?: CallOptions): Promise<boolean> {
    return this.#run(options, () => then(this.#delete([key]), (count) => count > 0));
  }

  deleteMany(keys: Iterable<Key>, options?: CallOptions): Promise<number> {
    return this.#run(options, () => this.#delete([...keys]));
  }

  #delete(keys: readonly Key[]): MaybePromise<number> {
    const byText = new Map(keys.map((key) => [this.#space.encode(key), key]));
    const texts = [...byText.keys()];
    const deleted = this.#mutate(texts, () => this.#store.delete(texts));
    return then(deleted, ({ existed, fault }) => {
      const count = existed.filter(Boolean).length;
      this.#space.counters.deletes += count;
      texts.forEach((text, i) => {
        this.#engine.emit("delete", () => ({ key: byText.get(text)!, existed: existed[i]! }));
      });
      this.#fault(fault);
      return count;
    });
  }

  touch(key: Key, options: { ttl: number | string; grace?: number | string } & CallOptions): Promise<boolean> {
    return this.#run(options, () => {
      const { ttl, grace, swr } = resolveLifetimes(options, this.#engine.options);
      if (ttl <= 0) return then(this.#delete([key]), (count) => count > 0);
      const [text] = this.#encode([key]);
      const read = this.#store.read([text!], { peek: true, metaOnly: true, version: this.#engine.options.version });
      return then(read, ({ found }) => {
        const freshUntil = this.#engine.now() + ttl;
        if (freshUntil !== Infinity) this.#engine.onExpiring();
        return found[0] ? this.#store.touch({ key: text!, freshUntil, staleUntil: freshUntil + Math.max(grace, swr) }) : false;
      });
    });
  }

  keys(options: ListOptions = NOTHING): Promise<Key[]> {
    return this.#run(options, async () => {
      this.#known(options.tier);
      const keys: Key[] = [];
      for await (const page of listKeys(this.#store, this.#space, options)) keys.push(...page.map((text) => this.#space.decode(text)));
      return keys;
    });
  }

  entries<V>(options: ListOptions = NOTHING): AsyncGenerator<CacheEntry<V>> {
    return this.#list(options, false);
  }

  metas(options: ListOptions = NOTHING): AsyncGenerator<EntryMeta> {
    return this.#list(options, true);
  }

  async *#list<E extends CacheEntry | EntryMeta>(options: ListOptions, metaOnly: boolean): AsyncGenerator<E> {
    this.#check(options);
    this.#known(options.tier);
    yield* listEntries<E>(this.#store, this.#space, options, metaOnly, () => this.#engine.now());
  }

  meta(key: Key, options: { tier?: string } & CallOptions = NOTHING): Promise<EntryMeta | undefined> {
    return this.#run(options, () => {
      const read = this.#store.read(this.#encode([key]), { peek: true, metaOnly: true, version: null, tier: this.#known(options.tier) });
      return then(read, ({ found }) => found[0] && this.#describe(key, found[0]));
    });
  }

  size(options: { tier?: string } & CallOptions = NOTHING): Promise<number> {
    return this.#run(options, () => countKeys(this.#store, this.#space, this.#known(options.tier)));
  }

  invalidateTags(tags: string | readonly string[], { match = "any", mode = "delete", ...options }: InvalidateTagsOptions = NOTHING): Promise<void> {
    return this.#run(options, () => {
      if (!["any", "all", "exact"].includes(match)) throw invalid("match", '"any", "all" or "exact"', match);
      if (!["delete", "expire"].includes(mode)) throw invalid("mode", '"delete" or "expire"', mode);
      const names = typeof tags === "string" ? [tags] : tags;
      const texts = this.#space.encodeTags(names);
      if (texts.length === 0) return;
      // All with a single tag are any with it, which needs no look at the entries.
      return then(this.#store.invalidate(texts, texts.length === 1 && match === "all" ? "any" : match, mode), (fault) => {
        if (match !== "any") this.#core.loads.detachWhere(() => true);
        this.#engine.emit("invalidate", () => ({ by: "tags", what: names.join(", ") }));
        this.#fault(fault);
      });
    });
  }

  invalidatePattern(pattern: string | RegExp, options: CallOptions = NOTHING): Promise<number> {
    return this.#run(options, async () => {
      const blind = this.#store.tiers.find(({ capabilities }) => !capabilities.keys);
      if (blind) throw new TierError(blind.name, `Cannot invalidate by pattern as tier ${blind.name} cannot list its keys`);
      const fence = () => {
        this.#engine.fence.markAll();
        this.#core.loads.detachWhere((text) => this.#space.owns(text));
      };
      fence();
      let count = 0;
      for await (const page of listKeys(this.#store, this.#space, { ...options, pattern })) {
        const { existed, fault } = await this.#store.delete(page);
        this.#fault(fault);
        count += existed.filter(Boolean).length;
        for (const text of page) this.#engine.left(this.#top.name, text, "pattern");
      }
      fence();
      this.#engine.emit("invalidate", () => ({ by: "pattern", what: String(pattern), count }));
      return count;
    });
  }

  clear(options?: CallOptions): Promise<void> {
    return this.#run(options, () => {
      const detach = () => this.#core.loads.detachWhere((text) => text.startsWith(this.#space.prefix));
      detach();
      return then(this.#store.clear(this.#space.prefix), (fault) => {
        detach();
        this.#engine.emit("invalidate", () => ({ by: "clear", what: this.name }));
        this.#fault(fault);
      });
    });
  }

  prune(options?: CallOptions): Promise<Key[]> {
    return this.#run(options, () =>
      then(this.#store.prune(Infinity), (texts) => texts.filter((text) => this.#space.owns(text)).map((text) => this.#space.decode(text))),
    );
  }

  evict(key: Key, { tier = this.#top.name, ...options }: { tier?: string } & CallOptions = NOTHING): Promise<boolean> {
    return this.#run(options, () => {
      const texts = this.#encode([key]);
      return then(this.#store.delete(texts, this.#known(tier)), ({ existed, fault }) => {
        this.#fault(fault);
        if (existed[0]) this.#engine.left(tier, texts[0]!, "manual");
        return existed[0]!;
      });
    });
  }

  evictAll({ tier = this.#top.name, ...options }: { tier?: string } & CallOptions = NOTHING): Promise<void> {
    return this.#run(options, async () => {
      for await (const page of this.#store.pages(this.#space.prefix, this.#known(tier))) {
        for (const text of page) this.#engine.left(tier, text, "manual");
      }
      this.#fault(await this.#store.clear(this.#space.prefix, tier));
    });
  }

  namespace(name: string): Cache {
    return new TieredCache(this.#core, `${this.name}/${name}`, this.#core.space(this.#space.prefix + namespacePrefix(name)));
  }

  tier(name: string): Tier {
    this.#known(name);
    return this.#store.tiers.find((tier) => tier.name === name)!;
  }

  stats(): CacheStats {
    const counters = newCounters();
    for (const part of this.#parts()) {
      for (const name of Object.keys(counters) as (keyof typeof counters)[]) counters[name] += part.counters[name];
    }
    const tiers = this.#store.stats();
    const sum = (of: "errors" | "entries" | "bytes") => tiers.reduce((total, tier) => total + (tier[of] ?? 0), 0);
    const served = counters.hits + counters.staleHits;
    const hitRate = served === 0 ? 0 : served / (served + counters.misses);
    return { ...counters, hitRate, evictions: { ...this.#engine.evictions }, errors: sum("errors"), size: sum("entries"), bytes: sum("bytes"), tiers };
  }

  resetStats(): void {
    for (const part of this.#parts()) Object.assign(part.counters, newCounters());
    if (!this.#isRoot) return;
    this.#store.resetStats();
    for (const reason of Object.keys(this.#engine.evictions)) delete this.#engine.evictions[reason as EvictionReason];
  }

  /** The spaces that this view counts. */
  #parts(): Space[] {
    return this.#isRoot ? [this.#space, ...this.#core.spaces.values()] : [this.#space];
  }

  on<N extends EventName>(event: N, listener: Listener<N>): () => void {
    return this.#engine.events.on(event, listener);
  }

  off<N extends EventName>(event: N, listener: Listener<N>): void {
    this.#engine.events.off(event, listener);
  }

  close({ timeout = 5_000 }: { timeout?: number | string } = NOTHING): Promise<void> {
    this.#core.closing ??= settle(() => this.#core.close(toMilliseconds(timeout, "timeout")));
    return this.#core.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** A hit in the top tier that needs no look at its entry: no allocation but the caller's promise. */
  #quick(key: Key): unknown {
    const core = this.#core;
    if (!core.quick || core.closing !== undefined || typeof key !== "string" || !isPlain(key)) return undefined;
    const value = this.#top.fresh?.(this.#isRoot ? key : this.#space.prefix + key, this.#engine.ledger.latest);
    if (value !== undefined) {
      this.#space.counters.hits++;
      core.store.quickHits++;
    }
    return value;
  }

  /** Runs a call: closed, aborted and thrown all become rejections, and an abort ends the caller's waiting. */
  #run<T>(options: CallOptions | undefined, call: () => MaybePromise<T>): Promise<T> {
    const signal = options?.signal;
    const done = settle(() => {
      this.#check(options);
      return call();
    });
    if (!signal) return done;
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort);
      done.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
    });
  }

  #check(options: CallOptions | undefined): void {
    if (this.closed) throw new CacheClosedError(`Cannot use cache ${this.name} as it is closed`);
    options?.signal?.throwIfAborted();
  }

  #fault(fault: TierError | undefined): void {
    if (fault && this.#engine.options.onError === "throw") throw fault;
  }

  #encode(keys: readonly Key[]): string[] {
    return keys.map((key) => this.#space.encode(key));
  }

  #describe(key: Key, found: Found): EntryMeta {
    return describeEntry(key, found, this.#space, this.#engine.now());
  }

  /** @throws {ConfigError} for a name that no tier has */
  #known<N extends string | undefined>(name: N): N {
    const names = this.#store.tiers.map((tier) => tier.name);
    if (name !== undefined && !names.includes(name)) throw invalid("tier", `one of ${names.join(", ")}`, name);
    return name;
  }
}
