/**
 * Loading: one flight per key at a time, which reads the tiers, calls the loader on a miss, and stores what it gives
 * unless the key was mutated meanwhile.
 *
 * @module
 */
import type { Engine } from "./engine.ts";
import { type Entry, freshness } from "./entry.ts";
import { LoadTimeoutError } from "./errors.ts";
import { controllerOf, type Flight, type Landing, type Outcome } from "./flight.ts";
import type { Key } from "./key.ts";
import { isPromise, settle } from "./maybe.ts";
import type { Lifetimes } from "./options.ts";
import type { Findings, Found } from "./store.ts";
import type { MaybePromise } from "./tier.ts";
import { abortable, within } from "./timeout.ts";
import { type Decision, newWrite, type Request, written } from "./write.ts";

/** What a loader is told and may decide. */
export interface LoadContext<V = unknown> {
  readonly key: Key;
  /** Aborted when no caller waits any more, or `hardTimeout` is over. */
  readonly signal: AbortSignal;
  /** The old value, if one is at hand. */
  readonly stale: V | undefined;
  /** Sets the ttl of the result; 0 or less: not cached. */
  setTtl(ttl: number | string): void;
  /** Sets the tags of the result. */
  setTags(tags: readonly string[]): void;
  /** The result is returned, but not cached. */
  skip(): void;
}

/** Makes the value of a key. */
export type Loader<V = unknown> = (context: LoadContext<V>) => V | Promise<V>;

/** Most failed loads remembered (`negativeTtl`). */
const MAX_FAILURES = 1_000;

/** The flights of a cache. */
export class Loads {
  readonly #engine: Engine;
  readonly #flights = new Map<string, Flight>();
  readonly #failures = new Map<string, { error: unknown; until: number }>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Nobody may join the flights of these keys any more: they were mutated. */
  detach(keys: Iterable<string>): void {
    if (this.#flights.size + this.#failures.size === 0) return;
    for (const key of keys) {
      const flight = this.#flights.get(key);
      if (flight) this.#release(key, flight);
      this.#flights.delete(key);
      this.#failures.delete(key);
    }
  }

  /** The same for every key that fits. */
  detachWhere(fits: (key: string) => boolean): void {
    this.detach([...this.#flights.keys(), ...this.#failures.keys()].filter(fits));
  }

  isFlying(text: string): boolean {
    return this.#flights.has(text);
  }

  /**
   * The value of a key, from the tiers or the loader.
   *
   * @param reading where the tiers have been asked already
   */
  run(request: Request, reading?: MaybePromise<Findings>): MaybePromise<unknown> {
    const { text, version, options, lifetimes } = request;
    const { fence, ledger, store } = this.#engine;
    options.signal?.throwIfAborted();
    const running = this.#flights.get(text);
    if (running && running.version === version && !this.#isObsolete(running)) {
      const { found } = running;
      return running.background && found && this.#isServable(found, lifetimes)
        ? this.#count(request, served(found))
        : this.#wait(running, request, ledger.latest);
    }

    // What it loads is not for this caller, and this process does not wait for itself.
    if (running) this.#release(text, running);
    const ticket = fence.enter();
    const read = reading ?? store.read([text], { sequence: true, version, lease: lifetimes.lease });
    if (!isPromise(read)) {
      const landing = this.#serve(request, read);
      if (landing) {
        fence.leave();
        return this.#count(request, landing);
      }
    }
    const flight = this.#begin(request, false, async (flight) => {
      const findings = await (flight.reading = read);
      return this.#serve(request, findings, flight) ?? this.#load(flight, request, findings, ticket);
    });
    return this.#wait(flight, request, 0);
  }

  /** A refresh of what was invalidated after it began: what it lends and what it brings are too old for a new caller. */
  #isObsolete({ background, found, sequence }: Flight): boolean {
    return background && found !== undefined && this.#engine.ledger.check({ ...found.entry, sequence }) !== "valid";
  }

  /** Invalidated after the load began and before somebody joined: what it brought is too old for them. */
  #isTooOld({ entry, by }: Landing, joinedAt: number): boolean {
    if (joinedAt <= (entry.sequence ?? 0)) return false;
    const verdict = entry.tags ? this.#engine.ledger.check(entry as Entry) : "deleted";
    return verdict === "deleted" || (verdict === "expired" && (by === "load" || by === "hit"));
  }

  /** Whether this caller's own options allow an old value with which somebody else's flight has landed. */
  #isFor({ entry, by }: Landing, { swr, grace }: Lifetimes): boolean {
    return (
      by === "hit" ||
      by === "load" ||
      isWithin(entry as Entry, by === "swr" ? swr : Math.max(swr, grace), this.#engine.now())
    );
  }

  /** Begins a flight, and ends it when it has landed. */
  #begin({ text, version }: Request, background: boolean, outcome: (flight: Flight) => Promise<Landing>): Flight {
    const flight: Flight = {
      outcome: undefined as never,
      background,
      version,
      startedAt: this.#engine.now(),
      waiting: 0,
    };
    this.#flights.set(text, flight);
    flight.outcome = outcome(flight);
    const land = (): void => {
      this.#leave(text, flight);
      this.#engine.fence.leave();
    };
    flight.outcome.then(land, land);
    return flight;
  }

  #leave(text: string, flight: Flight | undefined): void {
    if (this.#flights.get(text) === flight) this.#flights.delete(text);
  }

  /**
   * Waits for a flight, and counts how it went for this caller, who joined it at a sequence: ends with the flight, with
   * the caller's own abort, or with the old value after `softTimeout`.
   */
  async #wait(flight: Flight, request: Request, joinedAt: number): Promise<unknown> {
    const { text, options, lifetimes, space } = request;
    const { clock } = this.#engine.options;
    flight.waiting++;
    const own = abortable(flight.outcome, options.signal, (reason) => {
      if (--flight.waiting > 0 || flight.background) return;
      controllerOf(flight).abort(reason);
      this.#leave(text, flight);
      this.#release(text, flight);
    });
    const late = (): Landing | Promise<Landing> => {
      const found = this.#old(flight.found, lifetimes);
      if (!found) return own;
      // It is not in vain: what it brings is stored.
      flight.background = true;
      return { ...found, by: "timeout" };
    };
    let landing: Landing;
    try {
      landing = await within(own, Math.max(0, flight.startedAt + lifetimes.softTimeout - clock.now()), clock, () =>
        // While a slow tier is read it is not known yet whether there is an old value.
        Promise.race([own, Promise.resolve(flight.reading).then(late)]),
      );
    } catch (error) {
      space.counters.misses++;
      throw error;
    }
    if (landing.by === "timeout") this.#keepAlive(flight, request);
    return this.#isTooOld(landing, joinedAt) || !this.#isFor(landing, lifetimes)
      ? this.run(request)
      : this.#count(request, landing);
  }

  #keepAlive(flight: Flight, { options }: Request): void {
    // Its failure is told by the load itself.
    this.#engine.background(
      flight.outcome.catch(() => {}),
      "refresh",
      options.waitUntil,
    );
  }

  /** Counts how a caller got its value, and answers with that. */
  #count({ key, space: { counters } }: Request, { entry, by, tier }: Landing): unknown {
    if (by === "load") counters.misses++;
    else if (by === "hit") {
      counters.hits++;
      this.#engine.emit("hit", () => ({ key, tier }));
    } else {
      counters.staleHits++;
      this.#engine.emit("stale", () => ({ key, tier, reason: by }));
    }
    return entry.value;
  }

  /** Answers from what was found, where that is good enough; starts a refresh where one is due. */
  #serve(request: Request, findings: Findings, flight?: Flight): Landing | undefined {
    const { text, lifetimes } = request;
    const found = findings.found[0];
    if (!found || !this.#isServable(found, lifetimes)) return undefined;
    // A flight that was left meanwhile has read what was there before a mutation: it is for those who came before alone.
    if (this.#flights.get(text) !== flight) this.#engine.store.leases?.release(text, findings.leases?.[0] ?? 0);
    else if (found.stale || this.#isDue(found.entry, lifetimes)) {
      const ticket = this.#engine.fence.enter();
      this.#keepAlive(
        this.#begin(request, true, (refresh) => this.#load(refresh, request, findings, ticket)),
        request,
      );
    }
    return served(found);
  }

  /** Fresh, or stale for no longer than `swr`. */
  #isServable({ entry, stale }: Found, { swr }: Lifetimes): boolean {
    const now = this.#engine.now();
    return stale ? isWithin(entry, swr, now) : freshness(entry, now) === "fresh";
  }

  /** The old value, where its grace is not over and it was not deleted. */
  #old(found: Found | undefined, { grace }: Lifetimes): Found | undefined {
    return found &&
      isWithin(found.entry, grace, this.#engine.now()) &&
      this.#engine.ledger.check(found.entry) !== "deleted"
      ? found
      : undefined;
  }

  /** Whether a fresh entry should be refreshed ahead of its end. */
  #isDue({ createdAt, freshUntil, loadTime }: Entry, { refreshAhead, earlyRefresh }: Lifetimes): boolean {
    const now = this.#engine.now();
    if (refreshAhead > 0 && now - createdAt >= refreshAhead * (freshUntil - createdAt)) return true;
    // XFetch: now - loadTime × β × ln(random) ≥ expiry.
    return (
      earlyRefresh > 0 && now - loadTime * earlyRefresh * Math.log(1 - this.#engine.options.random()) >= freshUntil
    );
  }

  /** Calls the loader and stores its result; a failure is answered with the old value while its grace lasts. */
  async #load(flight: Flight, request: Request, findings: Findings, ticket: number): Promise<Landing> {
    const { key, text, lifetimes } = request;
    const { leases } = this.#engine.store;
    flight.found = findings.found[0];
    flight.sequence = findings.sequence;
    flight.lease = findings.leases?.[0];
    try {
      const failure = findings.fault ? { error: findings.fault } : this.#failure(text);
      if (leases && lifetimes.lease > 0 && !failure) {
        const claim = await leases.claim(request, findings, flight);
        findings = claim.findings;
        flight.found = findings.found[0];
        flight.lease = claim.lease;
        if (claim.lease === undefined) return served(flight.found!, "timeout");
      }
      if (!flight.background) this.#engine.emit("miss", () => ({ key }));
      if (failure) throw failure.error;
      const { sequence } = findings;
      flight.sequence = sequence;
      const decision: Decision = { sequence, lease: flight.lease };
      const value = await this.#callLoader(flight, request, decision);
      const entry =
        value === undefined || decision.skip ? undefined : await this.#keep(flight, request, value, decision, ticket);
      return { entry: entry ?? { value, sequence }, by: "load", tier: "" };
    } catch (error) {
      if (flight.background) this.#engine.emit("error", () => ({ error, operation: "refresh", key }));
      const old = this.#old(flight.found, lifetimes);
      if (!old) throw error;
      return { ...old, by: "error" };
    } finally {
      this.#release(text, flight);
    }
  }

  /** The failure of an earlier load that is still remembered. */
  #failure(text: string): { error: unknown } | undefined {
    const failure = this.#failures.get(text);
    return failure && failure.until > this.#engine.now() ? failure : undefined;
  }

  /** Others may load what this flight does not bring. */
  #release(text: string, flight: Flight): void {
    if (flight.lease) this.#engine.store.leases?.release(text, flight.lease);
    flight.lease = undefined;
  }

  /** Runs the loader and counts it; a failure is remembered for `negativeTtl`. */
  async #callLoader(
    flight: Flight,
    { key, text, space, lifetimes, loader }: Request,
    decision: Decision,
  ): Promise<unknown> {
    const engine = this.#engine;
    const { hardTimeout, negativeTtl } = lifetimes;
    const context: LoadContext = {
      key,
      get signal() {
        return controllerOf(flight).signal;
      },
      stale: flight.found?.entry.value,
      setTtl: (ttl) => {
        decision.ttl = ttl;
      },
      setTags: (tags) => {
        decision.tags = tags;
      },
      skip: () => {
        decision.skip = true;
      },
    };
    const startedAt = engine.now();
    let ok = false;
    try {
      const value = await within(
        settle(() => loader!(context)),
        hardTimeout,
        engine.options.clock,
        () => {
          const error = new LoadTimeoutError(`Cannot use loader as it must take at most ${hardTimeout} ms`);
          controllerOf(flight).abort(error);
          throw error;
        },
      );
      ok = true;
      return value;
    } catch (error) {
      space.counters.loadErrors++;
      // Nobody's who gave up, and none from before a mutation.
      if (negativeTtl > 0 && this.#flights.get(text) === flight) {
        this.#failures.delete(text);
        this.#failures.set(text, { error, until: engine.now() + negativeTtl });
        if (this.#failures.size > MAX_FAILURES) this.#failures.delete(this.#failures.keys().next().value as string);
      }
      throw error;
    } finally {
      const duration = (decision.loadTime = engine.now() - startedAt);
      space.counters.loads++;
      engine.emit("load", () => ({ key, duration, ok, background: flight.background }));
    }
  }

  /**
   * Stores a loaded value; answers with its entry, if it was stored. The caller has its value already, so one that cannot be stored is
   * an event, and thrown only with `onError: "throw"`.
   */
  async #keep(
    flight: Flight,
    request: Request,
    value: unknown,
    decision: Decision,
    ticket: number,
  ): Promise<Entry | undefined> {
    const { key, text, space } = request;
    const { store, fence, options } = this.#engine;
    try {
      const write = newWrite(value, request, decision);
      this.#failures.delete(text);
      if (!write) {
        if (fence.passes(text, ticket)) await store.delete([text]);
        return undefined;
      }
      // The store gives the lease back.
      flight.lease = undefined;
      await store.write([write], ticket);
      written(key, write.entry, space);
      return write.entry;
    } catch (error) {
      if (options.onError === "throw") throw error;
      this.#engine.emit("error", () => ({ error, operation: "store", key }));
      return undefined;
    }
  }
}

/** A landing with what a tier had. */
function served(found: Found, by: Outcome = "swr"): Landing {
  return { ...found, by: found.stale ? by : "hit" };
}

/** Whether an old entry may still be served, `span` after its freshness ended. One expired by tag has no such time. */
export function isWithin(entry: Entry, span: number, now: number): boolean {
  return span > 0 && freshness(entry, now) !== "expired" && (entry.freshUntil === 0 || now < entry.freshUntil + span);
}
