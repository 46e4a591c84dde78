/**
 * Loading: one flight per key at a time, which reads the tiers, calls the loader on a miss, and stores what it gives
 * unless the key was mutated meanwhile.
 *
 * @module
 */
import type { Engine } from "./engine.ts";
import { type Entry, freshness } from "./entry.ts";
import { LoadTimeoutError } from "./errors.ts";
import { Flight, type Landing, landed } from "./flight.ts";
import type { Key } from "./key.ts";
import { isPromise, settle, then } from "./maybe.ts";
import type { Lifetimes, LoadOptions } from "./options.ts";
import type { Space } from "./space.ts";
import type { Findings, Found, Store } from "./store.ts";
import type { MaybePromise } from "./tier.ts";
import { within } from "./timeout.ts";
import { type Decision, newTarget, newWrite, type Target, written } from "./write.ts";

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

/** One `getOrSet` as the engine sees it. */
export interface Request extends Target {
  readonly loader: Loader;
}

/** Most failed loads remembered (`negativeTtl`). */
const MAX_FAILURES = 1_000;

/** The flights of a cache. */
export class Loads {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #flights = new Map<string, Flight>();
  readonly #failures = new Map<string, { error: unknown; until: number }>();

  constructor(engine: Engine, store: Store) {
    this.#engine = engine;
    this.#store = store;
  }

  /** Nobody may join the flights of these keys any more: they were mutated. */
  detach(keys: Iterable<string>): void {
    for (const key of keys) {
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

  /** Checks the options of a call. */
  request(key: Key, loader: Loader, options: LoadOptions, space: Space): Request {
    return { ...newTarget(key, options, space, this.#engine), loader };
  }

  /**
   * The value of a key, from the tiers or the loader.
   *
   * @param reading where the tiers have been asked already
   */
  run(request: Request, reading?: MaybePromise<Findings>): MaybePromise<unknown> {
    request.options.signal?.throwIfAborted();
    const running = this.#flights.get(request.text);
    if (running && running.version === request.version && !this.#isObsolete(running)) return this.#join(running, request);

    const ticket = this.#engine.fence.enter();
    const read = reading ?? this.#store.read([request.text], { sequence: true, version: request.version });
    if (!isPromise(read)) {
      const served = this.#serve(request, read);
      if (served) {
        this.#engine.fence.leave();
        return this.#count(request, served).value;
      }
    }
    const flight = this.#begin(request, false, async (flight) => {
      const findings = await (flight.reading = read);
      return this.#serve(request, findings, flight) ?? this.#load(flight, request, findings, ticket);
    });
    return this.#wait(flight, request);
  }

  /** A refresh of what was invalidated after it began: what it lends and what it brings are too old for a new caller. */
  #isObsolete({ background, found, sequence }: Flight): boolean {
    return background && found !== undefined && this.#engine.ledger.check({ ...found.entry, sequence }) !== "valid";
  }

  /** Takes part in a flight that another call began. */
  #join(flight: Flight, request: Request): MaybePromise<unknown> {
    const { found } = flight;
    if (flight.background && found && this.#isServable(found, request.lifetimes)) {
      return this.#count(request, landed(found, found.stale ? "swr" : "hit")).value;
    }
    return this.#wait(flight, request, this.#engine.ledger.latest);
  }

  /** Invalidated after the load began and before somebody joined: what it brought is too old for them. */
  #isTooOld(landing: Landing, joinedAt: number): boolean {
    if (joinedAt <= landing.sequence) return false;
    const verdict = landing.tags ? this.#engine.ledger.check(landing as unknown as Entry) : "deleted";
    return verdict === "deleted" || (verdict === "expired" && landing.by === "load");
  }

  /** Begins a flight, and ends it when it has landed. */
  #begin({ text, version }: Request, background: boolean, outcome: (flight: Flight) => Promise<Landing>): Flight {
    const flight = new Flight(this.#engine.options.clock, background, version);
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

  /** Waits for a flight, and counts how it went for this caller, who joined it at a sequence. */
  async #wait(flight: Flight, request: Request, joinedAt = 0): Promise<unknown> {
    const { text, options, lifetimes, space } = request;
    let landing: Landing;
    try {
      landing = await flight.wait(
        options.signal,
        lifetimes.softTimeout,
        (found) => this.#old(found, lifetimes),
        () => this.#leave(text, flight),
      );
    } catch (error) {
      space.counters.misses++;
      throw error;
    }
    if (landing.by === "timeout") this.#keepAlive(flight, options);
    return this.#isTooOld(landing, joinedAt) ? this.run(request) : this.#count(request, landing).value;
  }

  #keepAlive(flight: Flight, options: LoadOptions): void {
    // Its failure is told by the load itself.
    this.#engine.background(flight.outcome.catch(() => {}), "refresh", options.waitUntil);
  }

  #count({ key, space: { counters } }: Request, landing: Landing): Landing {
    const { by, tier } = landing;
    if (by === "load") counters.misses++;
    else if (by === "hit") {
      counters.hits++;
      this.#engine.emit("hit", () => ({ key, tier }));
    } else {
      counters.staleHits++;
      this.#engine.emit("stale", () => ({ key, tier, reason: by }));
    }
    return landing;
  }

  /** Answers from what was found, where that is good enough; starts a refresh where one is due. */
  #serve(request: Request, findings: Findings, flight?: Flight): Landing | undefined {
    const found = findings.found[0];
    if (!found || !this.#isServable(found, request.lifetimes)) return undefined;
    // A flight that was left meanwhile has read what was there before a mutation: it is for those who came before alone.
    if (this.#flights.get(request.text) === flight && (found.stale || this.#isDue(found, request.lifetimes))) {
      this.#leave(request.text, flight);
      this.#refresh(request, findings);
    }
    return landed(found, found.stale ? "swr" : "hit");
  }

  /** Fresh, or stale for no longer than `swr`. */
  #isServable({ entry, stale }: Found, { swr }: Lifetimes): boolean {
    const now = this.#engine.now();
    return stale ? isWithin(entry, swr, now) : freshness(entry, now) === "fresh";
  }

  /** The old value, where its grace is not over and it was not deleted. */
  #old(found: Found | undefined, { grace }: Lifetimes): Found | undefined {
    const kept = found && isWithin(found.entry, grace, this.#engine.now());
    return kept && this.#engine.ledger.check(found.entry) !== "deleted" ? found : undefined;
  }

  /** Whether a fresh entry should be refreshed ahead of its end. */
  #isDue({ entry }: Found, { refreshAhead, earlyRefresh }: Lifetimes): boolean {
    const now = this.#engine.now();
    if (refreshAhead > 0 && now - entry.createdAt >= refreshAhead * (entry.freshUntil - entry.createdAt)) return true;
    // XFetch: now - loadTime × β × ln(random) ≥ expiry.
    return earlyRefresh > 0 && now - entry.loadTime * earlyRefresh * Math.log(1 - this.#engine.options.random()) >= entry.freshUntil;
  }

  /** Loads in the background. */
  #refresh(request: Request, findings: Findings): void {
    if (this.#flights.has(request.text)) return;
    const ticket = this.#engine.fence.enter();
    const flight = this.#begin(request, true, (flight) => this.#load(flight, request, findings, ticket));
    this.#keepAlive(flight, request.options);
  }

  /** Calls the loader and stores its result; a failure is answered with the old value while its grace lasts. */
  async #load(flight: Flight, request: Request, findings: Findings, ticket: number): Promise<Landing> {
    const { key, text, lifetimes } = request;
    flight.found = findings.found[0];
    flight.sequence = findings.sequence;
    if (!flight.background) this.#engine.emit("miss", () => ({ key }));
    try {
      if (findings.fault) throw findings.fault;
      const failure = this.#failures.get(text);
      if (failure && failure.until > this.#engine.now()) throw failure.error;
      const decision: Decision = { sequence: findings.sequence };
      const value = await this.#timed(flight, request, decision);
      const tags = value === undefined || decision.skip ? undefined : await this.#keep(request, value, decision, ticket);
      return { value, by: "load", tier: "", tags, sequence: findings.sequence };
    } catch (error) {
      if (flight.background) this.#engine.emit("error", () => ({ error, operation: "refresh", key }));
      const old = this.#old(flight.found, lifetimes);
      if (!old) throw error;
      return landed(old, "error");
    }
  }

  /** Runs the loader and counts it; a failure is remembered for `negativeTtl`. */
  async #timed(flight: Flight, request: Request, decision: Decision): Promise<unknown> {
    const { key, text, space, lifetimes } = request;
    const startedAt = this.#engine.now();
    let ok = false;
    try {
      const value = await this.#callLoader(flight, request, decision);
      ok = true;
      return value;
    } catch (error) {
      space.counters.loadErrors++;
      // Nobody's who gave up, and none from before a mutation.
      if (lifetimes.negativeTtl > 0 && this.#flights.get(text) === flight) {
        this.#failures.delete(text);
        this.#failures.set(text, { error, until: this.#engine.now() + lifetimes.negativeTtl });
        if (this.#failures.size > MAX_FAILURES) this.#failures.delete(this.#failures.keys().next().value as string);
      }
      throw error;
    } finally {
      const duration = this.#engine.now() - startedAt;
      decision.loadTime = duration;
      space.counters.loads++;
      this.#engine.emit("load", () => ({ key, duration, ok, background: flight.background }));
    }
  }

  #callLoader(flight: Flight, { key, loader, lifetimes }: Request, decision: Decision): Promise<unknown> {
    const { hardTimeout } = lifetimes;
    const context: LoadContext = {
      key,
      get signal() {
        return flight.signal;
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
    return within(settle(() => loader(context)), hardTimeout, this.#engine.options.clock, () => {
      const error = new LoadTimeoutError(`Gave up the load as it must take at most ${hardTimeout} ms`);
      flight.abort(error);
      throw error;
    });
  }

  /**
   * Stores a loaded value; answers with its tags, if it was stored. The caller has its value already, so one that cannot be stored is an
   * event, and thrown only with `onError: "throw"`.
   */
  async #keep(request: Request, value: unknown, decision: Decision, ticket: number): Promise<readonly string[] | undefined> {
    const { key, text, space } = request;
    try {
      const write = newWrite(value, request, this.#engine, decision);
      this.#failures.delete(text);
      if (!write) {
        if (this.#engine.fence.passes(text, ticket)) await this.#store.delete([text]);
        return undefined;
      }
      await this.#store.write([write], ticket);
      written(key, write.entry, space, this.#engine);
      return write.entry.tags;
    } catch (error) {
      if (this.#engine.options.onError === "throw") throw error;
      this.#engine.emit("error", () => ({ error, operation: "store", key }));
      return undefined;
    }
  }
}

/** Whether an old entry may still be served, `span` after its freshness ended. One expired by tag has no such time. */
function isWithin(entry: Entry, span: number, now: number): boolean {
  return span > 0 && freshness(entry, now) !== "expired" && (entry.freshUntil === 0 || now < entry.freshUntil + span);
}
