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
import { type Lifetimes, type LoadOptions, resolveLifetimes } from "./options.ts";
import type { Space } from "./space.ts";
import type { Findings, Found, Store } from "./store.ts";
import type { MaybePromise } from "./tier.ts";
import { within } from "./timeout.ts";
import { type Decision, newEntry, setEvent } from "./write.ts";

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
export interface Request {
  /** The key as the tiers know it. */
  readonly text: string;
  readonly key: Key;
  readonly loader: Loader;
  readonly options: LoadOptions;
  readonly lifetimes: Lifetimes;
  readonly space: Space;
}

/** What the loader has decided so far. */
type Decisions = { ttl?: number | string; tags?: readonly string[]; skip?: boolean };

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

  /** Version that the entry of a call must have. */
  version(options: Pick<LoadOptions, "version">): string | undefined {
    return options.version ?? this.#engine.options.version;
  }

  /** Checks the options of a call. */
  request(text: string, key: Key, loader: Loader, options: LoadOptions, space: Space): Request {
    return { text, key, loader, options, lifetimes: resolveLifetimes(options, this.#engine.options), space };
  }

  /**
   * The value of a key, from the tiers or the loader.
   *
   * @param reading where the tiers have been asked already
   */
  run(request: Request, reading?: MaybePromise<Findings>): MaybePromise<unknown> {
    request.options.signal?.throwIfAborted();
    const running = this.#flights.get(request.text);
    if (running) return this.#join(running, request);

    const ticket = this.#engine.fence.enter();
    const read = reading ?? this.#store.read([request.text], { sequence: true, version: this.version(request.options) });
    if (!isPromise(read)) {
      const served = this.#serve(request, read);
      if (served) {
        this.#engine.fence.leave();
        return this.#count(request, served).value;
      }
    }
    const flight = this.#begin(request, false, (flight) =>
      isPromise(read)
        ? read.then((findings) => this.#serve(request, findings, flight) ?? this.#load(flight, request, findings, ticket))
        : this.#load(flight, request, read, ticket),
    );
    return this.#wait(flight, request).then(({ value }) => value);
  }

  /** Takes part in a flight that another call began. */
  #join(flight: Flight, request: Request): MaybePromise<unknown> {
    const { found } = flight;
    if (flight.background && found && this.#isServable(found, request.lifetimes)) {
      return this.#count(request, landed(found, found.stale ? "swr" : "hit")).value;
    }
    const joinedAt = this.#engine.ledger.latest;
    return this.#wait(flight, request).then((landing) => {
      // Invalidated after the load began and before we joined: what it brought is too old for us.
      const tooOld = joinedAt > landing.sequence && this.#engine.ledger.check(landing as unknown as Found["entry"]);
      return tooOld === "deleted" || (tooOld === "expired" && landing.by === "load") ? this.run(request) : landing.value;
    });
  }

  /** Begins a flight, and ends it when it has landed. */
  #begin({ text }: Request, background: boolean, outcome: (flight: Flight) => Promise<Landing>): Flight {
    const flight = new Flight(this.#engine.options.clock, background);
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

  /** Waits for a flight, and counts how it went for this caller. */
  async #wait(flight: Flight, request: Request): Promise<Landing> {
    const { text, options, lifetimes, space } = request;
    try {
      const landing = await flight.wait(
        options.signal,
        lifetimes.softTimeout,
        (found) => this.#old(found, lifetimes),
        () => this.#leave(text, flight),
      );
      if (landing.by === "timeout") this.#keepAlive(flight, options);
      return this.#count(request, landing);
    } catch (error) {
      space.counters.misses++;
      throw error;
    }
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
    if (found.stale || this.#isDue(found, request.lifetimes)) {
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
    if (entry.freshUntil === Infinity || (refreshAhead === 0 && earlyRefresh === 0)) return false;
    const { clock, random } = this.#engine.options;
    const now = clock.now();
    if (refreshAhead > 0 && now - entry.createdAt >= refreshAhead * (entry.freshUntil - entry.createdAt)) return true;
    // XFetch: now - loadTime × β × ln(random) ≥ expiry.
    return earlyRefresh > 0 && now - entry.loadTime * earlyRefresh * Math.log(1 - random()) >= entry.freshUntil;
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
    const { clock, onError } = this.#engine.options;
    flight.found = findings.found[0];
    if (!flight.background) this.#engine.emit("miss", () => ({ key }));
    try {
      if (findings.fault && onError === "throw") throw findings.fault;
      const failure = this.#failures.get(text);
      if (failure && failure.until > clock.now()) throw failure.error;
      const decisions: Decisions = {};
      const startedAt = clock.now();
      const value = await this.#timed(flight, request, decisions);
      const decision = { ...decisions, sequence: findings.sequence, loadTime: clock.now() - startedAt };
      const tags = value === undefined || decisions.skip ? [] : await this.#keep(request, value, decision, ticket);
      return { value, by: "load", tier: "", tags, sequence: findings.sequence };
    } catch (error) {
      if (flight.background) this.#engine.emit("error", () => ({ error, operation: "refresh", key }));
      const old = this.#old(flight.found, lifetimes);
      if (!old) throw error;
      return landed(old, "error");
    }
  }

  /** Runs the loader and counts it; a failure is remembered for `negativeTtl`. */
  async #timed(flight: Flight, request: Request, decisions: Decisions): Promise<unknown> {
    const { key, text, space, lifetimes } = request;
    const { clock } = this.#engine.options;
    const startedAt = clock.now();
    const done = (ok: boolean): void => {
      space.counters.loads++;
      if (!ok) space.counters.loadErrors++;
      this.#engine.emit("load", () => ({ key, duration: clock.now() - startedAt, ok, background: flight.background }));
    };
    try {
      const value = await this.#callLoader(flight, request, decisions);
      done(true);
      return value;
    } catch (error) {
      done(false);
      if (lifetimes.negativeTtl > 0) this.#remember(text, error, clock.now() + lifetimes.negativeTtl);
      throw error;
    }
  }

  #callLoader(flight: Flight, { key, loader, lifetimes: { hardTimeout } }: Request, decisions: Decisions): Promise<unknown> {
    const context: LoadContext = {
      key,
      get signal() {
        return flight.signal;
      },
      stale: flight.found?.entry.value,
      setTtl: (ttl) => {
        decisions.ttl = ttl;
      },
      setTags: (tags) => {
        decisions.tags = tags;
      },
      skip: () => {
        decisions.skip = true;
      },
    };
    return within(settle(() => loader(context)), hardTimeout, this.#engine.options.clock, () => {
      const error = new LoadTimeoutError(`Gave up the load as it must take at most ${hardTimeout} ms`);
      flight.abort(error);
      throw error;
    });
  }

  #remember(text: string, error: unknown, until: number): void {
    this.#failures.delete(text);
    this.#failures.set(text, { error, until });
    if (this.#failures.size > MAX_FAILURES) this.#failures.delete(this.#failures.keys().next().value as string);
  }

  /**
   * Stores a loaded value; answers with its tags. The caller has its value already, so one that cannot be stored is an
   * event, and thrown only with `onError: "throw"`.
   */
  async #keep({ key, text, options, lifetimes, space }: Request, value: unknown, decision: Decision, ticket: number): Promise<readonly string[]> {
    const { options: cache } = this.#engine;
    try {
      const entry = newEntry(value, key, options, lifetimes, space, cache, decision);
      this.#failures.delete(text);
      if (!entry) {
        if (this.#engine.fence.passes(text, ticket)) await this.#store.delete([text]);
        return [];
      }
      const fault = await this.#store.write([{ key: text, entry, codec: options.codec ?? cache.codec }], ticket);
      if (fault && cache.onError === "throw") throw fault;
      space.counters.sets++;
      this.#engine.emit("set", () => setEvent(key, entry, space));
      return entry.tags;
    } catch (error) {
      if (cache.onError === "throw") throw error;
      this.#engine.emit("error", () => ({ error, operation: "store", key }));
      return [];
    }
  }
}

/** Whether an old entry may still be served, `span` after its freshness ended. One expired by tag has no such time. */
function isWithin(entry: Entry, span: number, now: number): boolean {
  return span > 0 && freshness(entry, now) !== "expired" && (entry.freshUntil === 0 || now < entry.freshUntil + span);
}
