/**
 * The engine: what all views of a cache share.
 *
 * @module
 */
import { NO_TAGS } from "./entry.ts";
import { invalid } from "./errors.ts";
import { Events, type EvictionReason } from "./events.ts";
import { Fence } from "./fence.ts";
import { alive, joined } from "./joined.ts";
import { keyOf, spacesOf } from "./key.ts";
import { Ledger } from "./ledger.ts";
import { Loads } from "./load/loads.ts";
import { ended } from "./maybe.ts";
import type { Off } from "./off.ts";
import type { CacheOptions } from "./options.ts";
import type { Resolved } from "./resolved.ts";
import type { AnyScopes } from "./scope/types.ts";
import type { Settings } from "./settings.ts";
import { Solo } from "./solo.ts";
import { Space } from "./space.ts";
import type { LayerCounters, ReadCounters } from "./stats.ts";
import type { Store } from "./store.ts";
import type { MaybePromise, SyncTier, Tier } from "./tier.ts";
import { within } from "./timeout.ts";
import type { Verbs } from "./verbs/verbs.ts";

/** Most namespaces whose counters are kept. Beyond, each view has its own as long as it lives. */
const MAX_SPACES = 1_000;

/** Most works in the background that `close` waits for: those of requests that have ended stay. */
const MAX_BACKGROUND = 10_000;

/** Steps of one sweep, so that it never holds up other work for long. */
const SWEEP_STEPS = 10;

/** Tiers that are part of a cache: one that is used twice would be told of things by the wrong cache. */
const used = /* @__PURE__ */ new WeakSet<Tier>();

/** @throws {ConfigError} when the tiers cannot be used */
function newStore(tiers: readonly Tier[], engine: Engine): Store {
  if (!Array.isArray(tiers) || tiers.length === 0) throw invalid("tiers", "a non-empty array", tiers);
  for (const [i, tier] of tiers.entries()) {
    if (!tier?.capabilities) throw invalid("tiers", "a tier", tier, `tiers[${i}]`);
    if (used.has(tier)) throw invalid("tiers", "of this cache alone", tiers);
  }
  const stack = tiers.find((tier) => tier.stack)?.stack;
  if (!stack && (!tiers[0]!.sync || tiers[1]))
    throw invalid("tiers", "at most one memory() without a tier of an adapter or defineTier", tiers);
  for (const tier of tiers) used.add(tier);
  return stack ? stack(tiers, engine) : new Solo(tiers[0] as Tier & { sync: SyncTier }, engine);
}

/** The middle of a cache: its options, its events, the order of what happens, its store, its flights and its namespaces. */
export class Engine extends Events {
  /** In force now. Frozen, and replaced as a whole: whoever holds them goes on with them. */
  declare options: Resolved;
  /** What `createCache` was given, and what was changed since. */
  declare readonly given: CacheOptions<AnyScopes>;
  changes: Settings = {};
  readonly fence: Fence = new Fence();
  /** What is invalidated. A stack has one that knows of the tiers' own sequences. */
  ledger: Ledger = new Ledger();
  /** Whether entries get their sequence here, from the ledger. A stack gives them theirs when it writes them. */
  isAuthority = true;
  /** Fits the text of a key to what the tiers can hold, together with the prefix of its space. */
  fit: (text: string, prefix: string) => string = (text) => text;
  /** Whether a key that was shortened to this text might begin so; only where keys can be too long for the tiers. */
  declare mayBegin: ((text: string, beginning: string) => boolean) | undefined;
  /**
   * Until when nothing need be asked about what other processes have changed, and how that is asked; of keys of which this process
   * has nothing, not at all. Set by a stack that follows a journal.
   */
  coherentUntil: number = Infinity;
  declare cohere: ((texts?: () => readonly string[]) => MaybePromise<void>) | undefined;
  declare store: Store;
  /** The store when nothing is switched off. */
  readonly #store: Store;
  /** What is switched off, and how often each was; an empty text is everything. */
  declare disabled: Off | undefined;
  readonly disables: Map<string, number> = new Map();
  declare readonly loads: Loads;
  readonly spaces: Map<string, Space> = new Map();
  readonly root: Space = this.space("");
  /** Whether hits may take the fast path: nobody listens to them, no option needs a look at the entry, and the cache is open. */
  declare quick: boolean;
  /** Whether a value may be stored with nothing but its times: no option gives it more, and nobody listens to what is set. */
  declare plain: boolean;
  // What observers set:
  /** Told of every read, by the text of its key. */
  seen: ((text: string, how: keyof ReadCounters) => void) | undefined = undefined;
  /** Told of every entry that is gone, by the text of its key. */
  declare gone: ((text: string, reason: EvictionReason, tier: string) => void) | undefined;
  /** Told of every new view. */
  declare viewed: ((verbs: Verbs) => void) | undefined;
  /** Puts something around an operation of a tier in a stack. */
  declare around: (<T>(tier: string, operation: string, call: () => MaybePromise<T>) => MaybePromise<T>) | undefined;
  /** Done before the tiers are closed. */
  declare ending: (() => Promise<unknown>) | undefined;
  declare closing: Promise<void> | undefined;
  /** How long a load may wait for the tiers in all, in milliseconds: the longest budget of any. Set by a stack. */
  patience: number = Infinity;
  /** While a call of the synchronous face runs: the tiers are asked by theirs, and nothing is waited for. */
  isSync = false;
  readonly #background = new Set<Promise<unknown>>();
  #sweep: unknown;

  /** @throws {ConfigError} when the tiers cannot be used */
  constructor(tiers: readonly Tier[], options: Resolved, given: CacheOptions<AnyScopes>) {
    super();
    this.options = options;
    this.given = given;
    const store = newStore(tiers, this);
    this.store = this.#store = options.bus ? options.bus.attach(store, this) : store;
    this.loads = new Loads(this);
    this.listening();
  }

  /** To be called whenever what the fast paths depend on may have changed. */
  override listening(): void {
    const { version, refreshAhead, earlyRefresh, jitter, tags, profile } = this.options;
    const isOpen = version === undefined && !this.disabled && !this.closing;
    this.quick = isOpen && refreshAhead + earlyRefresh === 0 && !this.has("hit");
    this.plain = isOpen && jitter + tags.length === 0 && profile === undefined && !this.has("set");
  }

  /** Puts other options in force; what is under way keeps those that it began with. */
  replace(options: Resolved): void {
    const { coherence, sweepInterval, clock } = this.options;
    this.options = options;
    this.listening();
    if (this.cohere && options.coherence !== coherence) this.coherentUntil = -Infinity;
    if (options.sweepInterval === sweepInterval) return;
    // Where nothing was swept, nobody knows whether there is something to sweep.
    const isDue = this.#sweep !== undefined || sweepInterval === 0 || sweepInterval === Infinity;
    clock.clearTimer(this.#sweep);
    this.#sweep = undefined;
    if (isDue) this.expiring();
  }

  /** Puts another store before those who ask, made of the one that there is. */
  mute(make: (store: Store) => Store): void {
    this.store = make(this.#store);
  }

  now(): number {
    return this.options.clock.now();
  }

  space(prefix: string, tags: readonly string[] = NO_TAGS): Space {
    let space = this.spaces.get(prefix);
    if (!space) {
      space = new Space(prefix, this, tags);
      if (this.spaces.size < MAX_SPACES) this.spaces.set(prefix, space);
      else space.whole = this.root.counters;
    }
    return space;
  }

  /** Counts and reports an entry that left a tier, by itself where there are `counters`. */
  left(tier: string, text: string, reason: EvictionReason, counters?: LayerCounters): void {
    if (counters) counters[reason === "ttl" ? "expiries" : "evictions"]++;
    const { evictions } = (this.spaces.get(spacesOf(text)) ?? this.root).counters;
    evictions[reason] = (evictions[reason] ?? 0) + 1;
    this.gone?.(text, reason, tier);
    if (reason === "ttl") this.emit("expire", () => ({ key: keyOf(text), tier }));
    else this.emit("evict", () => ({ key: keyOf(text), tier, reason }));
  }

  /** Keeps work alive that no caller waits for; its failure is an `error` event. */
  background(
    work: Promise<unknown>,
    operation: string,
    waitUntil: Resolved["waitUntil"] = this.options.waitUntil,
  ): void {
    const tracked: Promise<unknown> = work
      .catch((error) => this.emit("error", () => ({ error, operation })))
      .then(() => this.#background.delete(tracked));
    this.#background.add(alive(tracked));
    if (this.#background.size > MAX_BACKGROUND) this.#background.delete(this.#background.values().next().value!);
    this.#extend(tracked, waitUntil);
  }

  /** Keeps the request alive until the work is done, where the runtime needs to be told. How it fails is told elsewhere. */
  hold(work: Promise<unknown>, waitUntil: Resolved["waitUntil"] = this.options.waitUntil): void {
    if (waitUntil)
      this.#extend(
        work.catch(() => {}),
        waitUntil,
      );
  }

  /** Tells the runtime of work, which never rejects. Where it refuses, the work goes on all the same. */
  #extend(work: Promise<unknown>, waitUntil: Resolved["waitUntil"]): void {
    ended<void, void>(
      () => waitUntil?.(work),
      () => {},
      (error) => this.emit("error", () => ({ error, operation: "waitUntil" })),
    );
  }

  /** To be called when an entry that can expire was written: sweeps on a timer that keeps no process alive. */
  expiring(): void {
    const { clock, sweepInterval } = this.options;
    if (this.#sweep || this.closing || sweepInterval === 0 || sweepInterval === Infinity) return;
    const sweep = async () => {
      this.#sweep = undefined;
      await this.store.prune(SWEEP_STEPS);
      this.expiring();
    };
    this.#sweep = clock.setTimer(() => this.background(sweep(), "sweep"), sweepInterval, true);
  }

  /** Closes the tiers when no work is left in the background, or after `timeout` milliseconds without what has not ended by then. */
  async close(timeout: number): Promise<void> {
    const { clock } = this.options;
    this.quick = false;
    clock.clearTimer(this.#sweep);
    if (this.ending) this.background(this.ending(), "close");
    const idle = async () => {
      // By itself each has left when it ends.
      for (const work of this.#background) if (!(await joined(work))) this.#background.delete(work);
    };
    let closed: { answer: unknown } | undefined;
    const close = () => (closed ??= { answer: this.store.close() }).answer;
    // In time, or without what has not ended by then.
    await within(idle().then(close), timeout, clock, () => void close());
  }
}
