/**
 * The stack of tiers. A read goes down until a tier has a fresh entry, and what it finds is copied up; a write goes to
 * the shared tiers first and to this process's memory last, so that memory never has what the tiers below refused.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import type { Entry } from "../entry.ts";
import { ConfigError, TierError } from "../errors.ts";
import { all, ended, finalize, isPromise, repeat, then } from "../maybe.ts";
import { sharedPrefix } from "../options.ts";
import { type CacheHealth, type LayerCounters, newLayerCounters, type TierStats } from "../stats.ts";
import {
  type Findings,
  type Found,
  type Inspected,
  judge,
  type Pages,
  type Store,
  type StoreFactory,
  type StoreReadOptions,
} from "../store.ts";
import type { Change, InvalidationMode, MaybePromise, TagMatch, Tier, Touch, Write } from "../tier.ts";
import { within } from "../timeout.ts";
import { distribute } from "./distribute.ts";
import { Follower } from "./follower.ts";
import { drop, invalidate } from "./invalidation.ts";
import { Layer } from "./layer.ts";
import { layersOf } from "./layers.ts";
import { NO_LEASE, StackLeases } from "./leases.ts";
import { byteLength, mayBegin, shortenKey } from "./long-key.ts";
import { count, pages } from "./pages.ts";
import { promote } from "./promote.ts";
import { type Ranks, throwFirst } from "./ranks.ts";
import { readOnly } from "./read-only.ts";
import { TagLedger } from "./tag-ledger.ts";
import { Traffic } from "./traffic.ts";
import { writeBehind } from "./write-behind.ts";

/** Most expired entries removed from a tier in one step, so that a sweep never holds up other work for long. */
const PRUNE_STEP = 1_000;

/** {@linkcode StoreFactory} of every finished tier. */
export const newStack: StoreFactory = (tiers, engine) =>
  new Stack(
    tiers.map((tier) =>
      tier.capabilities.readOnly ? readOnly(tier) : tier.options?.write === "behind" ? writeBehind(tier, engine) : tier,
    ),
    engine,
  );

interface Walk {
  readonly found: (Found | undefined)[];
  /** Where the authority gave some. */
  leases: (number | undefined)[] | undefined;
  sequence: number;
  fault: TierError | undefined;
}

class Stack implements Store {
  readonly tiers: readonly Tier[];
  readonly counters: LayerCounters;
  readonly leases: StackLeases | undefined;
  readonly look: (() => MaybePromise<void>) | undefined;
  readonly #engine: Engine;
  readonly #layers: readonly Layer[];
  readonly #ranks: Ranks;
  readonly #traffic: Traffic;
  readonly #ledger = new TagLedger();
  /** All budgets together, in milliseconds. */
  readonly #patience: number;

  /** @throws {ConfigError} for two tiers of one name, or a wrong option of a tier */
  constructor(tiers: readonly Tier[], engine: Engine) {
    this.tiers = tiers;
    this.#engine = engine;
    this.#traffic = new Traffic(engine);
    engine.isAuthority = false;
    engine.ledger = this.#ledger;
    this.#layers = tiers.map((tier, index) => this.#newLayer(tier, tiers.slice(0, index)));
    layersOf.set(engine, this.#layers);
    this.counters = this.#layers[0]!.counters;
    const budgets = this.#layers.map(({ guard }) => guard.budget).filter((budget) => budget !== Infinity);
    if (budgets.length > 0) engine.patience = Math.max(...budgets);
    this.#patience = budgets.reduce((sum, budget) => sum + budget, 0) || Infinity;
    const shared = this.#layers.filter((layer) => !layer.isPrivate);
    const authority = this.#layers.findLast(({ tier }) => tier.capabilities.tags && !tier.capabilities.readOnly);
    const followed = shared.findLast(({ tier }) => tier.capabilities.journal);
    const own = this.#layers.filter((layer) => layer.isPrivate);
    const unaware = followed ? this.#layers.slice(0, followed.index) : own;
    const lasting = unaware.filter((layer) => !layer.isPrivate && !layer.tier.capabilities.readOnly);
    const follower = followed && new Follower(followed, lasting, engine);
    this.#ranks = {
      engine,
      ledger: this.#ledger,
      traffic: this.#traffic,
      all: this.#layers,
      authority,
      shared,
      private: own,
      follower,
      unaware,
    };
    if (follower) {
      engine.cohere = (texts) => follower.check(texts && (() => this.#hasAny(texts())));
      this.look = () => follower.look();
    }
    if (authority?.tier.capabilities.leases && !authority.isPrivate)
      this.leases = new StackLeases(this, authority, engine, this.#patience);
    // Tiers without an authority have entries from earlier processes, whose invalidations nobody remembers.
    if (!authority && shared.some(({ tier }) => !tier.capabilities.readOnly)) this.#ledger.raise(engine.now());
    const limit =
      Math.min(...tiers.map(({ capabilities }) => capabilities.maxKeyBytes ?? Infinity)) -
      byteLength(sharedPrefix(engine.options));
    if (limit !== Infinity) {
      // A UTF-16 unit takes at most three bytes: most keys need no counting.
      engine.mayBegin = mayBegin;
      engine.fit = (text, prefix) =>
        (prefix.length + text.length) * 3 <= limit ? text : shortenKey(text, limit - byteLength(prefix));
    }
    for (const layer of this.#layers) layer.open(engine);
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

  #newLayer(tier: Tier, above: readonly Tier[]): Layer {
    const engine = this.#engine;
    if (above.some(({ name }) => name === tier.name)) {
      throw new ConfigError("tiers", `Cannot use tiers as their names must differ: received two named ${tier.name}`);
    }
    const slower = above.find(({ capabilities }) => !capabilities.local && tier.capabilities.local);
    if (slower) this.#log("warn", `Tier ${slower.name} comes before ${tier.name}, which is faster`);
    const counters = newLayerCounters();
    return new Layer(tier, above.length, engine, counters, {
      around: (operation, call) => (engine.around ? engine.around(tier.name, operation, call) : call()),
      fault: (error, operation) => {
        counters.errors++;
        this.#log("error", error.message, error.cause);
        engine.emit("error", () => ({ error, operation, tier: tier.name }));
      },
      breaker: (state) => {
        this.#log("warn", `Breaker of tier ${tier.name} is ${state}`);
        engine.emit("breaker", () => ({ tier: tier.name, state }));
      },
    });
  }

  /** A logger that throws or rejects is an `error` event, and harms nobody. */
  #log(level: "warn" | "error", message: string, ...detail: unknown[]): void {
    const engine = this.#engine;
    ended(
      () => engine.options.logger?.[level](message, ...detail),
      () => {},
      (error) => engine.emit("error", () => ({ error, operation: "logger" })),
    );
  }

  read(keys: readonly string[], options: StoreReadOptions): MaybePromise<Findings> {
    const engine = this.#engine;
    const now = engine.now();
    const walk: Walk = {
      found: keys.map(() => undefined),
      leases: undefined,
      sequence: engine.ledger.latest,
      fault: undefined,
    };
    const layers = this.#only(options.tier);
    const { onError } = engine.options;
    const ticket = engine.fence.enter();
    const read = ended(
      () => this.#walk(layers, 0, keys, options, walk, now),
      (): Findings => {
        try {
          if (options.promote !== false && !options.peek && layers.length > 1)
            promote(layers, keys, walk.found, ticket, now, engine, this.#traffic);
        } finally {
          engine.fence.leave();
        }
        const { found, leases, sequence } = walk;
        // Taken on the way to a tier below, which had the key.
        if (leases && !options.refresh) {
          for (const [i, lease] of leases.entries())
            if (lease && found[i]?.stale === false) this.leases!.release(keys[i]!, lease);
        }
        return onError === "throw" ? walk : { found, leases, sequence };
      },
      (error) => {
        engine.fence.leave();
        throw error;
      },
    );
    return options.since !== undefined && isPromise(read)
      ? this.#inTime(read, keys, options, options.since, walk)
      : read;
  }

  /**
   * Waits for a read no longer than all budgets together from when its call began, whatever had to be waited for before. What it
   * brings then is given back.
   */
  #inTime(
    read: Promise<Findings>,
    keys: readonly string[],
    { lease = 0 }: StoreReadOptions,
    since: number,
    walk: Walk,
  ): Promise<Findings> {
    const engine = this.#engine;
    return within(read, since + this.#patience - engine.now(), engine.options.clock, (): Findings => {
      this.leases?.giveBack(keys, read);
      const found = [...walk.found];
      const leases = lease > 0 && this.leases ? keys.map(() => NO_LEASE) : undefined;
      const message = `Gave up reading as all tiers together must take at most ${this.#patience} ms`;
      const fault = walk.fault ?? new TierError(this.tiers.at(-1)!.name, message);
      return { found, leases, sequence: walk.sequence, ...(engine.options.onError === "throw" && { fault }) };
    });
  }

  /** Asks one layer after the other for what is not yet found fresh. */
  #walk(
    layers: readonly Layer[],
    at: number,
    keys: readonly string[],
    options: StoreReadOptions,
    walk: Walk,
    now: number,
  ): MaybePromise<void> {
    const layer = layers[at];
    if (!layer) return;
    const asked: number[] = [];
    walk.found.forEach((found, i) => {
      if (!found || found.stale) asked.push(i);
    });
    if (asked.length === 0) return;
    const { metaOnly = false, peek = false, sequence = false, lease = 0, refresh = false } = options;
    const isAuthority = layer === this.#ranks.authority;
    const isLeasing = isAuthority && lease > 0 && this.leases !== undefined;
    const answer = layer.read(
      asked.map((i) => keys[i]!),
      {
        now,
        metaOnly,
        peek,
        sequence: sequence && isAuthority,
        ...(isLeasing && { lease, refresh }),
      },
    );
    return then(answer, (result) => {
      // One that cannot give leases now has what is loaded refused, should it have had others by then.
      const leases = result instanceof TierError ? undefined : result.leases;
      if (isLeasing) {
        walk.leases = keys.map(() => undefined);
        asked.forEach((i, j) => {
          walk.leases![i] = leases ? leases[j] : NO_LEASE;
        });
      }
      if (result instanceof TierError) walk.fault ??= result;
      else {
        walk.sequence = Math.max(walk.sequence, result.sequence ?? 0);
        this.#ledger.observe(result.sequence);
        asked.forEach((i, j) => {
          walk.found[i] = this.#better(walk.found[i], layer, result.entries[j], options, now);
        });
      }
      return this.#walk(layers, at + 1, keys, options, walk, now);
    });
  }

  /** A stale entry further down is no better than the one above, unless another process has refreshed it. */
  #better(
    known: Found | undefined,
    layer: Layer,
    entry: Entry | undefined,
    { version, peek }: StoreReadOptions,
    now: number,
  ): Found | undefined {
    const state = entry && layer.isUnknown(entry) ? undefined : judge(entry, version, this.#engine, now);
    this.#ledger.observe(entry?.sequence);
    if (!peek) layer.counters[state ? "hits" : "misses"]++;
    if (!state || (known && state === "stale" && entry!.createdAt <= known.entry.createdAt)) return known;
    return { entry: entry!, tier: layer.name, stale: state === "stale" };
  }

  /**
   * Before the first change it must be known where the journal stands. All changes wait for that, so that they keep their
   * order.
   */
  #mutate<T>(change: () => MaybePromise<T>, encoded?: () => MaybePromise<unknown>): MaybePromise<T> {
    return this.#traffic.mutate(then(this.#ranks.follower?.begin(), () => then(encoded?.(), change)));
  }

  write(writes: readonly Write[], ticket?: number, tiers?: readonly string[]): MaybePromise<void> {
    const { options } = this.#engine;
    const write = () => this.#write(writes, options, ticket, tiers);
    return ticket === undefined ? this.#mutate(write) : write();
  }

  #write(
    writes: readonly Write[],
    options: Engine["options"],
    ticket?: number,
    tiers?: readonly string[],
  ): MaybePromise<void> {
    const { fence } = this.#engine;
    const now = this.#engine.now();
    const takers = this.#only(tiers);
    const prepare = (layer: Layer) => (takers.includes(layer) ? layer.prepare(writes, now) : []);
    const keys = writes.map(({ key }) => key);
    const encoded = all(this.#layers.map(prepare));
    return then(ticket === undefined ? this.#traffic.encode(keys, encoded) : encoded, (prepared) => {
      if (ticket === undefined) for (const key of keys) fence.mark(key);
      const landed = ticket === undefined ? this.#traffic.landed(keys) : undefined;
      const stands = ticket === undefined ? undefined : keys.map((key) => fence.passes(key, ticket));
      const standing = <T>(some: readonly T[]): readonly T[] => (stands ? some.filter((_, i) => stands[i]) : some);
      writes.forEach(({ key, lease }, i) => {
        if (lease && stands?.[i] === false) this.leases?.release(key, lease);
      });
      const own = fence.enter();
      const stored = then(landed, () => distribute(this.#ranks, standing(keys), prepared.map(standing), own, now));
      if (ticket !== undefined) this.#traffic.land(keys, stored);
      return finalize(
        () => stored,
        () => fence.leave(),
        (answers) => throwFirst(options, answers),
      );
    });
  }

  delete(keys: readonly string[], tier?: string): MaybePromise<boolean[]> {
    const { options } = this.#engine;
    return this.#mutate(
      () => this.#delete(keys, options, tier),
      () => this.#traffic.encoded(keys),
    );
  }

  #delete(keys: readonly string[], options: Engine["options"], tier: string | undefined): MaybePromise<boolean[]> {
    const { fence } = this.#engine;
    const now = this.#engine.now();
    // A private tier keeps no tags, so whether its entries are live is for us to tell.
    const known = then(
      all(
        this.#ranks.private.map(({ name }) =>
          this.read(keys, { peek: true, metaOnly: true, version: null, tier: name }),
        ),
      ),
      (answers) =>
        keys.map((_, i) =>
          answers.some(
            ({ found }, j) => found[i] && (tier ?? this.#ranks.private[j]!.name) === this.#ranks.private[j]!.name,
          ),
        ),
    );
    const mark = () => {
      for (const key of keys) fence.mark(key);
    };
    return then(known, (existed) =>
      then(
        this.#sweep(
          mark,
          () => this.#traffic.landed(keys),
          (layer) => layer.delete(keys, now),
          tier,
        ),
        (answers) => {
          for (const answer of answers) {
            if (answer instanceof TierError) continue;
            answer.forEach((live, i) => {
              existed[i] ||= live;
            });
          }
          throwFirst(options, answers);
          return existed;
        },
      ),
    );
  }

  /**
   * Removes from private layers, then from the shared ones, and once more from the private ones, since a read that
   * began meanwhile may have copied the old entry up. Answers with what the shared layers answered.
   */
  #sweep<T>(
    mark: () => void,
    landed: () => MaybePromise<unknown>,
    remove: (layer: Layer) => MaybePromise<T | TierError>,
    tier?: string,
  ): MaybePromise<(T | TierError)[]> {
    const layers = this.#only(tier);
    const swept = () => {
      mark();
      return all(layers.filter(({ isPrivate }) => isPrivate).map(remove));
    };
    return then(swept(), (first) => {
      const shared = layers.filter(({ isPrivate }) => !isPrivate);
      if (shared.length === 0) return first.filter((answer) => answer instanceof TierError);
      return then(
        then(landed(), () => all(shared.map(remove))),
        (answers) => then(swept(), () => answers),
      );
    });
  }

  touch(touch: Touch): MaybePromise<boolean> {
    const ready = then(this.#ranks.follower?.begin(), () => this.#traffic.mutated());
    return then(ready, () => {
      const now = this.#engine.now();
      const touched = all(this.#layers.map((layer) => layer.touch([touch], now)));
      this.#traffic.land([touch.key], touched);
      return then(touched, (answers) => answers.some((answer) => !(answer instanceof TierError) && answer[0] === true));
    });
  }

  clear(prefix: string, tier?: string): MaybePromise<void> {
    const { options } = this.#engine;
    return this.#mutate(
      () => {
        const now = this.#engine.now();
        const cleared = this.#sweep(
          () => this.#engine.fence.markAll(),
          () => this.#traffic.landed(),
          (layer) => layer.clear(prefix, now),
          tier,
        );
        return then(cleared, (answers) => throwFirst(options, answers));
      },
      () => this.#traffic.encoded(),
    );
  }

  invalidate(tags: readonly string[], match: TagMatch, mode: InvalidationMode): MaybePromise<number> {
    const { options } = this.#engine;
    // Entries with several tags are looked for, where a tier keeps no tags.
    const begun = match === "any" ? undefined : this.#traffic.begun();
    return this.#mutate(
      () => invalidate(this.#ranks, options, tags, match, mode),
      () => then(this.#traffic.encoded(), () => begun),
    );
  }

  drop(changes: readonly Change[]): MaybePromise<void> {
    return drop(this.#ranks, changes);
  }

  pages(prefix: string, tier?: string, complete?: boolean): Pages {
    const walk = pages(this.#ranks, this.#only(tier), prefix, complete);
    if (!complete) return walk;
    const begun = this.#traffic.begun();
    let landed: MaybePromise<unknown> | undefined;
    return {
      next: () => then((landed ??= then(begun, () => then(this.#traffic.landed(), () => null))), () => walk.next()),
    };
  }

  count(prefix: string, tier?: string): MaybePromise<number | undefined> {
    return count(this.#only(tier), prefix, this.#engine.now());
  }

  prune(steps: number): MaybePromise<readonly string[]> {
    const pruned = new Set<string>();
    const layers = [...this.#layers];
    let step = 0;
    const done = repeat(() => {
      const [layer] = layers;
      if (!layer) return false;
      return then(layer.prune(PRUNE_STEP, this.#engine.now()), (answer) => {
        const isMore = !(answer instanceof TierError) && this.#pruned(layer, answer.keys, pruned, answer.removed);
        if (!isMore || ++step === steps) {
          layers.shift();
          step = 0;
        }
        return true;
      });
    });
    return then(done, () => [...pruned]);
  }

  /** Takes note of what was removed in one step; says whether another may find more. */
  #pruned(layer: Layer, keys: readonly string[], pruned: Set<string>, removed: number): boolean {
    for (const key of keys) {
      pruned.add(key);
      // A private tier has told of it already.
      if (!layer.isPrivate) this.#engine.left(layer.name, key, "ttl", layer.counters);
    }
    return removed === PRUNE_STEP;
  }

  stats(): TierStats[] {
    return this.#layers.map(({ name, counters, guard, tier }) => ({
      name,
      ...counters,
      breaker: guard.state,
      ...tier.usage?.(),
    }));
  }

  resetStats(): void {
    for (const { counters } of this.#layers) Object.assign(counters, newLayerCounters());
  }

  health(entries?: boolean): MaybePromise<CacheHealth> {
    return then(all(this.#layers.map((layer) => layer.probe(entries))), (probes) => {
      const isOk = probes.map(({ ok }) => ok);
      return {
        status: !isOk.includes(true) ? "down" : isOk.includes(false) ? "degraded" : "ok",
        tiers: this.stats().map((tier, i) => ({ ...tier, ...probes[i]! })),
      };
    });
  }

  inspect(key: string): MaybePromise<readonly Inspected[]> {
    const now = this.#engine.now();
    const look = (layer: Layer): MaybePromise<Inspected> =>
      then(layer.inspect(key, now), (answer) =>
        answer instanceof TierError
          ? { tier: layer.name, known: { state: "unavailable", error: answer.message } }
          : { tier: layer.name, ...answer },
      );
    return all(this.#layers.map(look));
  }

  /** A tier that fails to close is reported. */
  close(): MaybePromise<void> {
    return then(this.#ranks.follower?.close(), () =>
      then(all(this.#layers.map(({ guard, tier }) => guard.close(tier))), () => {}),
    );
  }

  #only(tier: string | readonly string[] | undefined): readonly Layer[] {
    return tier === undefined
      ? this.#layers
      : this.#layers.filter(({ name }) => (typeof tier === "string" ? name === tier : tier.includes(name)));
  }
}
