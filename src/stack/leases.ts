/**
 * Single flight across processes: who may load a key, and waiting for the load of another.
 *
 * A lease is taken in the round trip of a read that misses; only its holder loads, and what it brings is stored only while
 * the lease stands (Nishtala et al.: "Scaling Memcache at Facebook", NSDI 2013).
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { LoadTimeoutError } from "../errors.ts";
import { alive, joined } from "../joined.ts";
import type { Flight, Held } from "../load/flight.ts";
import { isWithin } from "../load/serving.ts";
import { isPromise, then } from "../maybe.ts";
import type { Claim, Findings, Leases, Store } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import { within } from "../timeout.ts";
import type { Request } from "../write.ts";
import type { Layer } from "./layer.ts";
import { Sleepers } from "./sleepers.ts";

/** Shortest and longest pause between two looks for what another process loads, in milliseconds, before jitter. */
const SHORTEST_PAUSE = 5;
const LONGEST_PAUSE = 250;

/** Never stands: what is loaded under it is not stored in shared tiers, nor in memory while these answer. */
export const NO_LEASE = 0;

interface Batch {
  readonly texts: string[];
  readonly answer: Promise<Findings>;
}

/** The {@linkcode Leases} of a stack. */
export class StackLeases implements Leases {
  readonly #store: Pick<Store, "read">;
  readonly #layer: Layer;
  readonly #engine: Engine;
  readonly #patience: number;
  readonly #sleepers: Sleepers;
  /** Leases that are on their way back, which are waited for before the next is asked for. */
  readonly #releasing = new Map<string, { readonly lease: number | undefined; readonly done: Promise<unknown> }>();
  /** Questions of this turn, by what is asked beside the key. */
  readonly #batches = new Map<string, Batch>();

  /** @param patience how long a call may wait for all tiers together, in milliseconds */
  constructor(store: Pick<Store, "read">, layer: Layer, engine: Engine, patience: number) {
    this.#store = store;
    this.#layer = layer;
    this.#engine = engine;
    this.#patience = patience;
    this.#sleepers = new Sleepers(engine.options.clock);
  }

  wake(keys?: readonly string[]): void {
    this.#sleepers.wake(keys);
  }

  release(text: string, lease?: number): void {
    if (lease === NO_LEASE) return;
    const released = this.#layer.release([lease === undefined ? { key: text } : { key: text, lease }]);
    if (!isPromise(released)) return;
    const done = released.finally(() => {
      if (this.#releasing.get(text)?.done === done) this.#releasing.delete(text);
    });
    this.#releasing.set(text, { lease, done: alive(done) });
    this.#engine.background(done, "release of a lease");
  }

  /** Gives back what a read was given of these keys for which nobody waits any more. */
  giveBack(keys: readonly string[], read: Promise<Findings>): void {
    const given = read.then(({ leases = [] }) => {
      for (const [i, lease] of leases.entries()) if (lease) this.release(keys[i]!, lease);
    });
    this.#engine.background(given, "release of a lease");
  }

  take({ text, version, isForced, lifetimes: { lease } }: Request): MaybePromise<readonly number[] | undefined> {
    if (lease === 0) return undefined;
    if (isForced) this.release(text);
    const isWaiting = this.#releasing.has(text) && !this.#engine.isSync;
    const options = { version, lease, refresh: true, peek: true, metaOnly: true, tier: this.#layer.name };
    return then(
      then(isWaiting ? this.#released(text) : undefined, () => this.#store.read([text], options)),
      ({ leases }) => [leases?.[0] ?? NO_LEASE],
    );
  }

  outdates(request: Request, { found }: Held): MaybePromise<boolean> {
    // Where there was nothing, what is there by now is newer.
    if (!found && !request.refused) return false;
    return then(this.take({ ...request, isForced: false }), (taken) => {
      // It is to be had again: whoever has changed the key has revoked it.
      const another = taken?.[0];
      if (another) this.release(request.text, another);
      return !another;
    });
  }

  async claim(request: Request, first: Findings, flight: Flight): Promise<Claim> {
    const { text, lifetimes } = request;
    const engine = this.#engine;
    const startedAt = engine.now();
    const mine = first.leases?.[0];
    if (mine !== undefined) return { findings: first, lease: mine };
    // To be refreshed before its end: nobody waits for that.
    const due = isFresh(first) ? first.found[0]!.entry : undefined;
    const patience = lifetimes.leaseTimeout < 0 ? 2 * lifetimes.lease : lifetimes.leaseTimeout;
    let deadline = startedAt + patience;
    let isTaken = false;
    let isFirst = true;
    for (;;) {
      const asked = this.#released(text).then(() => this.#ask(request, due && this.#layer.name));
      const findings = await (isFirst && !flight.background ? this.#inTime(asked, request) : asked);
      if (!findings) return { findings: first, lease: NO_LEASE };
      isFirst = false;
      const lease = findings.leases?.[0];
      const fresh = isFresh(findings) && findings.found[0]!.entry.createdAt !== due?.createdAt;
      if (lease !== undefined && !fresh) return { findings: due ? first : findings, lease };
      if (lease !== undefined) this.release(text, lease);
      if (due) return { findings: first };
      if (fresh) {
        // Once more, to be counted and copied up.
        const { version, space } = request;
        const again = await this.#store.read([text], { version, sequence: true, tier: space.tiers });
        if (isFresh(again)) return { findings: again };
      }
      flight.controller?.signal.throwIfAborted();
      const now = engine.now();
      if (now >= deadline) {
        const late = this.#late(request, findings);
        if (late) return late;
        // Others were faster, or the tier gives none.
        if (isTaken) return { findings, lease: NO_LEASE };
        isTaken = true;
        deadline = now + patience;
        this.release(text);
        continue;
      }
      const pause = Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, (now - startedAt) / 2));
      const jittered = pause * (0.5 + engine.options.random());
      await this.#sleepers.sleep(text, Math.ceil(Math.min(deadline - now, jittered)));
      flight.controller?.signal.throwIfAborted();
    }
  }

  /** Ends with nothing when the tiers have had their time: a lease that comes then is given back. */
  #inTime(asked: Promise<Findings>, { text, since = Infinity }: Request): Promise<Findings | undefined> {
    const engine = this.#engine;
    return within<Findings | undefined>(asked, since + this.#patience - engine.now(), engine.options.clock, () => {
      this.giveBack([text], asked);
      return undefined;
    });
  }

  /** What becomes of a call that has waited long enough; `undefined` when it is to load itself. */
  #late({ options, settings, lifetimes }: Request, findings: Findings): Claim | undefined {
    const { onLeaseTimeout = settings.onLeaseTimeout } = options;
    if (onLeaseTimeout === "throw") {
      throw new LoadTimeoutError("Cannot wait longer for the load of another process: received none in leaseTimeout");
    }
    const old = findings.found[0];
    const isServable = old && isWithin(old.entry, Math.max(lifetimes.grace, lifetimes.swr), this.#engine.now());
    return onLeaseTimeout === "stale" && isServable ? { findings } : undefined;
  }

  /** Ends when no lease of the key is on its way back. */
  async #released(text: string): Promise<void> {
    const releasing = this.#releasing.get(text);
    if (!releasing || (await joined(releasing.done)) || this.#releasing.get(text) !== releasing) return;
    // Who was to bring it back has ended.
    this.#releasing.delete(text);
    this.release(text, releasing.lease);
    await this.#released(text);
  }

  /** Looks for the entry and for the lease. All who ask in one turn share one round trip. */
  async #ask({ text, version, lifetimes: { lease } }: Request, tier?: string): Promise<Findings> {
    const kind = JSON.stringify([version, lease, tier]);
    let batch = this.#batches.get(kind);
    if (!batch) {
      const texts: string[] = [];
      const asked = async (): Promise<Findings> => {
        // The microtask after all of this turn have asked.
        await undefined;
        this.#batches.delete(kind);
        return this.#store.read(texts, { version, lease, refresh: true, sequence: true, peek: true, tier });
      };
      batch = { texts, answer: asked() };
      this.#batches.set(kind, batch);
    }
    const at = batch.texts.push(text) - 1;
    const { found, leases, sequence } = await batch.answer;
    return { found: [found[at]], leases: leases && [leases[at]], sequence };
  }
}

function isFresh({ found: [item] }: Findings): boolean {
  return item?.stale === false;
}
