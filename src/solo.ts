/**
 * The store of a single memory tier.
 *
 * @module
 */
import type { Engine } from "./engine.ts";
import type { Entry } from "./entry.ts";
import type { Fence } from "./fence.ts";
import { type CacheHealth, type LayerCounters, newLayerCounters, type TierStats } from "./stats.ts";
import {
  type Findings,
  hasTags,
  type Inspected,
  judge,
  type Pages,
  type Store,
  type StoreReadOptions,
} from "./store.ts";
import type { InvalidationMode, MaybePromise, SyncTier, TagMatch, Tier, Touch, Write } from "./tier.ts";

/** Any entry that is there. */
const PEEK: StoreReadOptions = { peek: true, version: null };

/** A store of one tier in this process, which answers at once and needs no guard. */
export class Solo implements Store {
  declare readonly tiers: readonly [Tier & { sync: SyncTier }];
  readonly #tier: SyncTier;
  readonly #name: string;
  readonly #engine: Engine;
  readonly counters: LayerCounters = newLayerCounters();

  constructor(tier: Tier & { sync: SyncTier }, engine: Engine) {
    this.tiers = [tier];
    this.#tier = tier.sync;
    this.#name = tier.name;
    this.#engine = engine;
    tier.open?.({
      ...engine.options,
      cacheName: engine.options.name,
      counters: this.counters,
      removed: (key, reason) => engine.left(tier.name, key, reason, this.counters),
      // Memory has nothing to report.
      report() {},
    });
  }

  read(keys: readonly string[], options: StoreReadOptions): Findings {
    const now = this.#engine.now();
    const { entries } = this.#tier.getMany(keys, { now, peek: options.peek ?? false });
    const found = entries.map((entry) => {
      const state = judge(entry, options.version, this.#engine, now);
      if (!options.peek) this.counters[state ? "hits" : "misses"]++;
      return state && { entry: entry!, tier: this.#name, stale: state === "stale" };
    });
    return { found, sequence: this.#engine.ledger.latest };
  }

  write(writes: readonly Write[], ticket?: number): void {
    const { fence } = this.#engine;
    const { prepare } = this.tiers[0];
    let standing = passing(writes, fence, ticket);
    // Asked again: what users do while values are prepared may overtake them.
    if (prepare) standing = passing(prepare(standing) as readonly Write[], fence, ticket);
    if (ticket === undefined || fence.isShared) for (const { key } of standing) fence.mark(key);
    this.#tier.setMany(standing, this.#engine.now());
    this.counters.sets += standing.length;
  }

  keep(...entry: Parameters<NonNullable<Tier["keep"]>>): void {
    this.#engine.fence.mark(entry[0]);
    this.tiers[0].keep!(...entry);
    this.counters.sets++;
  }

  delete(keys: readonly string[]): boolean[] {
    const { found } = this.read(keys, PEEK);
    for (const key of keys) this.#engine.fence.mark(key);
    this.#tier.deleteMany(keys, this.#engine.now());
    return found.map(Boolean);
  }

  touch(touch: Touch): boolean {
    return this.#tier.touchMany!([touch], this.#engine.now())[0]!;
  }

  clear(prefix: string): void {
    this.#engine.fence.markAll(prefix);
    this.#tier.clear(prefix, this.#engine.now());
  }

  invalidate(tags: readonly string[], match: TagMatch, mode: InvalidationMode): number {
    const { ledger, fence } = this.#engine;
    if (match === "any") {
      ledger.record(tags, mode, ledger.next());
      return ledger.latest;
    }
    fence.markAll();
    for (const [key, entry] of this.#live(this.#scan(""))) {
      if (!hasTags(entry, tags, match)) continue;
      if (mode === "delete") this.delete([key]);
      else this.touch({ key, freshUntil: 0, staleUntil: entry.staleUntil });
    }
    return ledger.latest;
  }

  pages(prefix: string): Pages {
    const keys = this.#scan(prefix);
    let i = 0;
    return {
      next: () => (i < keys.length ? this.#live(keys.slice(i, (i += 10_000))).map(([key]) => key) : undefined),
    };
  }

  #scan(prefix: string): readonly string[] {
    return this.#tier.scan!({ prefix, limit: Infinity, now: this.#engine.now() }).keys;
  }

  #live(keys: readonly string[]): (readonly [key: string, entry: Entry])[] {
    return this.read(keys, PEEK).found.flatMap((item, i) => (item ? [[keys[i]!, item.entry] as const] : []));
  }

  prune(): readonly string[] {
    return this.#tier.prune!(Infinity, this.#engine.now());
  }

  stats(): TierStats[] {
    return [{ name: this.#name, ...this.counters, breaker: "closed", ...this.tiers[0].usage?.() }];
  }

  resetStats(): void {
    Object.assign(this.counters, newLayerCounters());
  }

  health(): CacheHealth {
    return { status: "ok", tiers: [{ ...this.stats()[0]!, ok: true, latency: 0 }] };
  }

  inspect(key: string): Inspected[] {
    const { entries } = this.#tier.getMany([key], { now: this.#engine.now(), peek: true });
    return [{ tier: this.#name, entry: entries[0] }];
  }

  close(): MaybePromise<void> {
    return this.tiers[0].close?.();
  }
}

/** The writes of a load that still pass the fence; all that have no ticket. */
function passing(writes: readonly Write[], fence: Fence, ticket: number | undefined): readonly Write[] {
  if (ticket === undefined || writes.every(({ key }) => fence.passes(key, ticket))) return writes;
  return writes.filter(({ key }) => fence.passes(key, ticket));
}
