/**
 * The stack of tiers. A read goes down until a tier has a fresh entry, and what it finds is copied up; a write goes to
 * the tiers below memory first and to this process's memory last, so that memory never has what the tiers below refused.
 *
 * Here it is put together, and here is when each operation may begin. How it goes on is in files of their own: `reads.ts`, `write.ts`,
 * `removal.ts`, `invalidation.ts`, `pages.ts`, `prune.ts` and `health.ts`.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { ConfigError, TierError } from "../errors.ts";
import { all, then } from "../maybe.ts";
import { type CacheHealth, type LayerCounters, newLayerCounters, type TierStats } from "../stats.ts";
import type { Findings, Inspected, Pages, Store, StoreFactory, StoreReadOptions } from "../store.ts";
import type { Change, InvalidationMode, MaybePromise, TagMatch, Tier, Touch, Write } from "../tier.ts";
import { health, inspect, stats } from "./health.ts";
import { drop, invalidate } from "./invalidation.ts";
import { Layer } from "./layer.ts";
import { layersOf } from "./layers.ts";
import type { StackLeases } from "./leases.ts";
import { limitKeys } from "./long-key.ts";
import { count, pages } from "./pages.ts";
import { prune } from "./prune.ts";
import { only, type Ranks, ranksOf } from "./ranks.ts";
import { readOnly } from "./read-only.ts";
import { Reads } from "./reads.ts";
import { clear, remove } from "./removal.ts";
import { log, observerOf, open } from "./reporting.ts";
import { TagLedger } from "./tag-ledger.ts";
import { Together } from "./together.ts";
import { write, writeTogether } from "./write.ts";
import { writeBehind } from "./write-behind.ts";

/** {@linkcode StoreFactory} of every finished tier. */
export const newStack: StoreFactory = (tiers, engine) =>
  new Stack(
    tiers.map((tier) =>
      tier.capabilities.readOnly ? readOnly(tier) : tier.options?.write === "behind" ? writeBehind(tier, engine) : tier,
    ),
    engine,
  );

class Stack implements Store {
  readonly tiers: readonly Tier[];
  readonly counters: LayerCounters;
  readonly leases: StackLeases | undefined;
  readonly look: (() => MaybePromise<void>) | undefined;
  readonly #engine: Engine;
  readonly #ranks: Ranks;
  readonly #reads: Reads;
  readonly #together: Together = new Together((loaded, tiers) =>
    writeTogether(this.#ranks, this.leases, this.#engine.options, loaded, tiers),
  );

  /** @throws {ConfigError} for two tiers of one name, or a wrong option of a tier */
  constructor(tiers: readonly Tier[], engine: Engine) {
    const ledger = new TagLedger();
    this.tiers = tiers;
    this.#engine = engine;
    engine.isAuthority = false;
    engine.ledger = ledger;
    const layers = tiers.map((tier, index) => newLayer(tier, tiers.slice(0, index), engine));
    layersOf.set(engine, layers);
    this.counters = layers[0]!.counters;
    this.#ranks = ranksOf(layers, ledger, engine);
    const { authority, shared, followed, follower, lasting } = this.#ranks;
    const budgets = layers.map(({ guard }) => guard.budget).filter((budget) => budget !== Infinity);
    if (budgets.length > 0) engine.patience = Math.max(...budgets);
    this.#reads = new Reads(this.#ranks, budgets.reduce((sum, budget) => sum + budget, 0) || Infinity);
    this.leases = this.#reads.leases;
    if (follower) {
      engine.cohere = (texts) => follower.check(texts && (() => this.#hasAny(texts())));
      this.look = () => follower.look();
    }
    // Tiers without an authority that lasts have entries from earlier processes, whose invalidations nobody remembers.
    if ((!authority || authority.isPrivate) && shared.some(({ tier }) => !tier.capabilities.readOnly))
      ledger.raise(engine.now());
    limitKeys(tiers, engine);
    for (const layer of layers) open(layer, engine);
    if (followed?.tier.capabilities.sync && lasting.length === 0) follower!.look();
  }

  /** Whether this process has, or is loading, anything under these keys that others may have changed. */
  #hasAny(texts: readonly string[]): boolean {
    const now = this.#engine.now();
    return (
      texts.some((text) => this.#engine.loads.isFlying(text)) ||
      this.#ranks.unaware.some(({ isPrivate, tier: { sync } }) => {
        if (!isPrivate || !sync) return true;
        const { entries } = sync.getMany(texts, { now, peek: true, metaOnly: true });
        return entries.some((entry) => entry !== undefined);
      })
    );
  }

  read(keys: readonly string[], options: StoreReadOptions): MaybePromise<Findings> {
    return this.#reads.read(keys, options);
  }

  /**
   * Before the first change it must be known where the journal stands. All changes wait for that, so that they keep their
   * order.
   */
  #mutate<T>(change: () => MaybePromise<T>, encoded?: () => MaybePromise<unknown>): MaybePromise<T> {
    return this.#ranks.traffic.mutate(then(this.#ranks.follower?.begin(), () => then(encoded?.(), change)));
  }

  write(writes: readonly Write[], ticket?: number, tiers?: readonly string[], call?: object): MaybePromise<void> {
    if (call && ticket !== undefined) return this.#together.add(call, { write: writes[0]!, ticket }, tiers);
    const { options } = this.#engine;
    const done = () => write(this.#ranks, this.leases, options, writes, ticket, tiers);
    return ticket === undefined ? this.#mutate(done) : done();
  }

  delete(keys: readonly string[], tier?: string): MaybePromise<boolean[]> {
    const { options } = this.#engine;
    return this.#mutate(
      () => remove(this.#ranks, this.#reads, options, keys, tier),
      () => this.#ranks.traffic.encoded(keys),
    );
  }

  touch(touch: Touch): MaybePromise<boolean> {
    const ready = then(this.#ranks.follower?.begin(), () => this.#ranks.traffic.mutated());
    return then(ready, () => {
      const now = this.#engine.now();
      const touched = all(this.#ranks.all.map((layer) => layer.touch([touch], now)));
      this.#ranks.traffic.land([touch.key], touched);
      return then(touched, (answers) => answers.some((answer) => !(answer instanceof TierError) && answer[0] === true));
    });
  }

  clear(prefix: string, tier?: string): MaybePromise<void> {
    const { options } = this.#engine;
    return this.#mutate(
      () => clear(this.#ranks, options, prefix, tier),
      () => this.#ranks.traffic.encoded(),
    );
  }

  invalidate(tags: readonly string[], match: TagMatch, mode: InvalidationMode): MaybePromise<number> {
    const { options } = this.#engine;
    // Entries with several tags are looked for, where a tier keeps no tags.
    const begun = match === "any" ? undefined : this.#ranks.traffic.begun();
    return this.#mutate(
      () => invalidate(this.#ranks, options, tags, match, mode),
      () => then(this.#ranks.traffic.encoded(), () => begun),
    );
  }

  drop(changes: readonly Change[]): MaybePromise<void> {
    return drop(this.#ranks, changes);
  }

  pages(prefix: string, tier?: string, complete?: boolean): Pages {
    const walk = pages(this.#ranks, only(this.#ranks.all, tier), prefix, complete);
    if (!complete) return walk;
    const begun = this.#ranks.traffic.begun();
    let landed: MaybePromise<unknown> | undefined;
    return {
      next: () =>
        then((landed ??= then(begun, () => then(this.#ranks.traffic.landed(), () => null))), () => walk.next()),
    };
  }

  count(prefix: string, tier?: string): MaybePromise<number | undefined> {
    return count(only(this.#ranks.all, tier), prefix, this.#engine.now());
  }

  prune(steps: number): MaybePromise<readonly string[]> {
    return prune(this.#ranks, steps);
  }

  stats(): TierStats[] {
    return stats(this.#ranks.all);
  }

  resetStats(): void {
    for (const { counters } of this.#ranks.all) Object.assign(counters, newLayerCounters());
  }

  health(entries?: boolean): MaybePromise<CacheHealth> {
    return health(this.#ranks.all, entries);
  }

  inspect(key: string): MaybePromise<readonly Inspected[]> {
    return inspect(this.#ranks.all, key, this.#engine.now());
  }

  /** A tier that fails to close is reported, as is one that cannot be told what it missed. */
  close(): MaybePromise<void> {
    const layers = this.#ranks.all;
    return then(all(layers.map((layer) => layer.settle())), () =>
      then(this.#ranks.follower?.close(), () =>
        then(all(layers.map(({ guard, tier }) => guard.close(tier))), () => {}),
      ),
    );
  }
}

/** @param above the tiers above it */
function newLayer(tier: Tier, above: readonly Tier[], engine: Engine): Layer {
  if (above.some(({ name }) => name === tier.name)) {
    throw new ConfigError("tiers", `Cannot use tiers as their names must differ: received two named ${tier.name}`);
  }
  const slower = above.find(({ capabilities }) => !capabilities.local && tier.capabilities.local);
  if (slower) log(engine, "warn", `Tier ${slower.name} comes before ${tier.name}, which is faster`);
  const counters = newLayerCounters();
  return new Layer(tier, above.length, engine, counters, observerOf(tier, counters, engine));
}
