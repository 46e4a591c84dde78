/**
 * What all views of a cache share.
 *
 * @module
 */
import { Engine } from "./engine.ts";
import { invalid } from "./errors.ts";
import { Loads } from "./load.ts";
import type { Resolved } from "./options.ts";
import { Space } from "./space.ts";
import { Solo, type Store } from "./store.ts";
import { within } from "./timeout.ts";
import type { SyncTier, Tier } from "./tier.ts";

/** Most namespaces with counters of their own; those beyond count in the root's. */
const MAX_SPACES = 1_000;

/** Steps of one sweep, so that it never holds up other work for long. */
const SWEEP_STEPS = 10;

/** Tiers that are part of a cache: one that is used twice would be told of things by the wrong cache. */
const used = /* @__PURE__ */ new WeakSet<Tier>();

/** @throws {ConfigError} when the tiers cannot be used */
function newStore(tiers: readonly Tier[], engine: Engine): Store {
  const all = Array.isArray(tiers) ? tiers : [];
  const [first, another] = all;
  const finished = all.find((tier) => tier?.stack);
  if (!finished && (!first?.sync || another)) throw invalid("tiers", "one memory(), or several with one of an adapter", tiers);
  for (const tier of all) {
    if (used.has(tier)) throw invalid("tiers", "made for this cache alone", tiers);
    used.add(tier);
  }
  return finished ? finished.stack!(tiers, engine) : new Solo(first as Tier & { sync: SyncTier }, engine);
}

/** The engine of a cache with its store, its flights and its namespaces. */
export class Core extends Engine {
  readonly store: Store;
  readonly loads: Loads;
  readonly root: Space;
  readonly spaces: Map<string, Space> = new Map();
  /** Whether hits may take the fast path: nobody listens, and no option needs a look at the entry. */
  quick = false;
  closing: Promise<void> | undefined;
  #sweep: unknown;

  constructor(tiers: readonly Tier[], options: Resolved) {
    super(options);
    this.store = newStore(tiers, this);
    this.loads = new Loads(this, this.store);
    this.root = new Space("", this);
    this.listening();
  }

  /** To be called when somebody begins or stops listening. */
  listening(): void {
    const { version, refreshAhead, earlyRefresh } = this.options;
    this.quick = version === undefined && refreshAhead === 0 && earlyRefresh === 0 && !this.has("hit");
  }

  space(prefix: string): Space {
    let space = this.spaces.get(prefix);
    if (!space) {
      space = new Space(prefix, this);
      if (this.spaces.size < MAX_SPACES) this.spaces.set(prefix, space);
      else space.counters = this.root.counters;
    }
    return space;
  }

  /** Sweeps on a timer that starts with the first entry that can expire, and keeps no process alive. */
  override expiring(): void {
    const { clock, sweepInterval } = this.options;
    if (this.#sweep || this.closing || sweepInterval === 0 || sweepInterval === Infinity) return;
    const sweep = async () => {
      this.#sweep = undefined;
      await this.store.prune(SWEEP_STEPS);
      this.expiring();
    };
    this.#sweep = clock.setTimer(() => this.background(sweep(), "sweep"), sweepInterval, true);
  }

  async close(timeout: number): Promise<void> {
    const { clock } = this.options;
    clock.clearTimer(this.#sweep);
    await within(
      this.idle().then(() => this.store.close()),
      timeout,
      clock,
      // The tiers are closed all the same, without what has not ended by now.
      () => void this.store.close(),
    );
  }
}
