/**
 * Loading: one flight per key at a time, which reads the tiers, calls the loader on a miss, and stores what it gives
 * unless the key was mutated meanwhile.
 *
 * @module
 */
import { hasTimers } from "./clock.ts";
import type { Engine } from "./engine.ts";
import type { Entry } from "./entry.ts";
import { LoadTimeoutError, SyncUnsupportedError } from "./errors.ts";
import { controllerOf, type Flight, type Held, type Landing } from "./flight.ts";
import { alive, isLost, unlessLost } from "./joined.ts";
import { callLoader } from "./loader.ts";
import { ended, isPromise, then } from "./maybe.ts";
import { accept, fit, isChoosy } from "./schema.ts";
import { isDue, isFor, isObsolete, isServable, isTooOld, oldOf, served } from "./serving.ts";
import type { Findings, Found } from "./store.ts";
import type { MaybePromise } from "./tier.ts";
import { abortable, within } from "./timeout.ts";
import { type Decision, newWrite, type Request, written } from "./write.ts";

/** Most failed loads remembered (`negativeTtl`). */
const MAX_FAILURES = 1_000;

/** A failed load, and for whom it is remembered. */
interface Failure {
  readonly error: unknown;
  readonly until: number;
  readonly version: string | undefined;
  /** What it is known to have, and the invalidation sequence before the load. */
  readonly tags: readonly string[];
  readonly sequence: number;
}

/** The flights of a cache. */
export class Loads {
  readonly #engine: Engine;
  readonly #flights = new Map<string, Flight>();
  readonly #failures = new Map<string, Failure>();

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
    if (!isChoosy(request.options)) return this.#run(request, reading);
    const { fence } = this.#engine;
    const { text } = request;
    const ticket = fence.enter();
    // What others may be served is not for this caller to say, so it looks by itself, and then goes on as one who has.
    const looked = ended(
      () => then(reading ?? this.#read(request, 0), (findings) => this.#accept(request, findings)),
      (findings) => {
        const stands = fence.passes(text, ticket);
        fence.leave();
        if (stands) return this.#run(request, findings);
        // It was mutated meanwhile: what was found is for who came before that alone, as that of a flight that was left.
        const landing = this.#serve(request, findings, {});
        if (landing) return this.#count(request, landing);
        request.refused = undefined;
        return this.#run(request, { ...findings, found: [undefined] });
      },
      (error) => {
        fence.leave();
        throw error;
      },
    );
    return isPromise(looked) ? abortable(looked, request.options.signal) : looked;
  }

  #read({ text, version, space, since }: Request, lease: number): MaybePromise<Findings> {
    return this.#engine.store.read([text], { sequence: true, version, lease, tier: space.tiers, since });
  }

  /** What was found, unless this caller cannot be served it: then a lease to load under is taken in its place. */
  #accept(request: Request, findings: Findings): MaybePromise<Findings> {
    const [found] = findings.found;
    const { key, options } = request;
    if (!found || !isChoosy(options)) return findings;
    return then(accept(options, key, found.entry, this.#engine.now()), (accepted) => {
      request.accepted = accepted && found.entry.createdAt;
      if (!accepted) {
        request.refused = found;
        const taken = findings.leases?.[0] ? findings.leases : this.#engine.store.leases?.take(request);
        return then(taken, (leases) => ({ ...findings, found: [undefined], leases }));
      }
      request.fitted = { value: found.entry.value, output: accepted.value };
      return findings;
    });
  }

  /** A value as this caller gets it. */
  #output({ options: { schema }, fitted }: Request, value: unknown): MaybePromise<unknown> {
    if (!schema) return value;
    return fitted && Object.is(fitted.value, value)
      ? fitted.output
      : then(fit(schema, value, "throw"), (fitting) => fitting!.value);
  }

  /**
   * Loads a key anew, whatever is there and whoever is loading it: their loads began before. Where it fails, what is there stays,
   * and the failure is the caller's.
   */
  refresh(given: Request): MaybePromise<unknown> {
    const request: Request = { ...given, isForced: true };
    const { text, options } = request;
    const { fence, store } = this.#engine;
    if (options.signal?.aborted) throw options.signal.reason;
    this.detach([text]);
    fence.mark(text);
    const ticket = fence.enter();
    return then(store.leases?.take(request), (leases) =>
      then(this.#read(request, 0), (read) => {
        // What was mutated meanwhile is not to be lent.
        const findings = { ...read, leases, found: fence.passes(text, ticket) ? read.found : [undefined] };
        const flight = this.#begin(request, true, (own) => this.#load(own, request, findings, ticket));
        this.#keepAlive(flight, request);
        return abortable(flight.outcome, options.signal).then(({ entry }) => this.#output(request, entry.value));
      }),
    );
  }

  /** What a caller may be served at once while a flight is under way. */
  #spare({ options, lifetimes }: Request, running: Flight, looked?: Found): Found | undefined {
    const { background, found, spare } = running;
    const lent = isChoosy(options) ? looked : background ? found : (spare ?? found);
    if (!lent || !isServable(this.#engine, lent, lifetimes)) return undefined;
    return !background && this.#engine.ledger.check(lent.entry) !== "valid" ? undefined : lent;
  }

  /** @param reading of a caller who is choosy, what was found already */
  #run(request: Request, reading?: MaybePromise<Findings>): MaybePromise<unknown> {
    const { text, version, options, lifetimes } = request;
    const { fence, ledger } = this.#engine;
    if (options.signal?.aborted) throw options.signal.reason;
    const running = this.#flights.get(text);
    if (running && running.version === version && !isObsolete(this.#engine, running)) {
      const { found: [looked] = [], leases } = (reading ?? {}) as Partial<Findings>;
      this.#release(text, { lease: leases?.[0] });
      const found = this.#spare(request, running, looked);
      return found ? this.#count(request, served(found)) : this.#wait(running, request, ledger.latest);
    }

    // What it loads is not for this caller, and this process does not wait for itself.
    if (running) this.#release(text, running);
    const ticket = fence.enter();
    const read = reading ?? this.#read(request, lifetimes.lease);
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
    flight.spare = request.refused;
    // A request may end before its load: its client goes away, or has its answer already.
    this.#engine.hold(flight.outcome, options.waitUntil);
    return this.#wait(flight, request);
  }

  /**
   * The same for a call that cannot wait: it joins no flight, and where another process has the lease, what it loads is not stored.
   *
   * @param reading where the tiers have been asked already
   */
  runSync(request: Request, reading?: Findings): unknown {
    const { key, text, lifetimes, space } = request;
    const { fence } = this.#engine;
    const ticket = fence.enter();
    const flight: Held = {};
    try {
      const findings = atOnce(
        then(reading ?? this.#read(request, lifetimes.lease), (read) => this.#accept(request, read)),
      );
      flight.found = findings.found[0];
      const landing = this.#serve(request, findings);
      if (landing) return this.#count(request, landing);
      const { sequence, leases } = findings;
      flight.lease = leases?.[0];
      this.#engine.emit("miss", () => ({ key }));
      const failure = this.#failure(request, findings);
      if (failure) throw failure.error;
      const decision: Decision = { sequence, lease: leases && (flight.lease ?? 0) };
      const value = atOnce(
        callLoader(
          this.#engine,
          flight,
          request,
          decision,
          (error) => fence.passes(text, ticket) && this.#remember(request, error, sequence),
        ),
      );
      this.#keep(flight, request, value, decision, ticket);
      space.count(key, "misses");
      return this.#output(request, value);
    } catch (error) {
      const old = oldOf(this.#engine, flight.found, lifetimes);
      if (old) return this.#count(request, { ...old, by: "error" });
      space.count(key, "misses");
      throw error;
    } finally {
      this.#release(text, flight);
      fence.leave();
    }
  }

  /** What was found, where that is good enough for this caller; or else what to load it with. */
  serve(request: Request, findings: Findings): { readonly value: unknown } | { readonly findings: Findings } {
    const accepted = atOnce(this.#accept(request, findings));
    const landing = this.#serve(request, accepted);
    return landing ? { value: this.#count(request, landing) } : { findings: accepted };
  }

  /** Begins a flight, and ends it when it has landed. */
  #begin({ text, version }: Request, background: boolean, outcome: (flight: Flight) => Promise<Landing>): Flight {
    const flight: Flight = {
      outcome: undefined as never,
      background,
      version,
      startedAt: this.#engine.now(),
      waiting: 0,
      waited: 0,
    };
    this.#forgetLost();
    this.#flights.set(text, flight);
    flight.outcome = alive(outcome(flight));
    const leave = (): void => {
      this.#leave(text, flight);
      this.#engine.fence.leave();
    };
    const land = (): void => {
      flight.hasLanded = true;
      if (flight.keeping) flight.keeping.then(leave, leave);
      else leave();
    };
    flight.outcome.then(land, land);
    return flight;
  }

  /** Lost flights that nobody asks for must not gather. */
  #forgetLost(): void {
    if (hasTimers()) return;
    for (const [text, { outcome }] of this.#flights) {
      if (!isLost(outcome)) break;
      this.#flights.delete(text);
    }
  }

  #leave(text: string, flight: Flight | undefined): void {
    if (this.#flights.get(text) === flight) this.#flights.delete(text);
  }

  /**
   * Waits for a flight, and counts how it went for this caller: ends with the flight, with the caller's own abort, or
   * with the old value after `softTimeout`. One who joined it, at a sequence, waits no longer than his own `hardTimeout`.
   */
  async #wait(flight: Flight, request: Request, joinedAt?: number): Promise<unknown> {
    const { text, options, lifetimes, space } = request;
    const { clock } = this.#engine.options;
    flight.waiting++;
    let hasLeft = false;
    const leave = (reason: unknown): void => {
      if (hasLeft) return;
      hasLeft = true;
      if (--flight.waiting > 0 || flight.background) return;
      controllerOf(flight).abort(reason);
      this.#leave(text, flight);
      this.#release(text, flight);
      // Another may have begun by then.
      flight.isLeft = true;
    };
    const { hardTimeout } = lifetimes;
    const own = within(
      abortable(unlessLost(flight.outcome), options.signal, leave),
      joinedAt === undefined || request.isPatient ? Infinity : hardTimeout,
      clock,
      () => {
        const error = new LoadTimeoutError(`Cannot wait longer than ${hardTimeout} ms for the load of another caller`);
        leave(error);
        throw error;
      },
    );
    const late = (): Landing | Promise<Landing> => {
      const found = oldOf(this.#engine, flight.found, lifetimes);
      if (!found || !isFor(this.#engine, { ...found, by: "timeout" }, request)) return own;
      // It is not in vain: what it brings is stored.
      flight.background = true;
      return { ...found, by: "timeout" };
    };
    let landing: Landing;
    try {
      landing = await within(own, flight.startedAt + lifetimes.softTimeout - clock.now(), clock, () =>
        // While a slow tier is read it is not known yet whether there is an old value.
        Promise.race([own, Promise.resolve(flight.reading).then(late, () => own)]),
      );
    } catch (error) {
      // It was part of a request that has ended: this one begins another.
      if (!flight.hasLanded && !hasLeft) {
        this.#leave(text, flight);
        this.#release(text, flight);
        return this.run(request);
      }
      // Who has begun it may have less patience with old values.
      const old = options.signal?.aborted ? undefined : oldOf(this.#engine, flight.found ?? flight.spare, lifetimes);
      const lent: Landing | undefined = old && { ...old, by: "error" };
      if (lent && isFor(this.#engine, lent, request)) return this.#count(request, lent);
      space.count(request.key, "misses");
      throw error;
    }
    if (landing.by === "timeout") this.#keepAlive(flight, request);
    if (!isTooOld(this.#engine, landing, joinedAt ?? 0) && isFor(this.#engine, landing, request))
      return this.#count(request, landing);
    // One that has landed and is still being written is joined no more.
    if (flight.keeping) this.#leave(text, flight);
    // The rest was the time of its loader.
    request.since = this.#engine.now() - flight.waited;
    return this.run(request);
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
  #count(request: Request, { entry, by, tier }: Landing): MaybePromise<unknown> {
    const { key, space } = request;
    if (by === "load") space.count(key, "misses");
    else if (by === "hit") {
      space.count(key, "hits");
      this.#engine.emit("hit", () => ({ key, tier }));
    } else {
      space.count(key, "staleHits");
      this.#engine.emit("stale", () => ({ key, tier, reason: by }));
    }
    return this.#output(request, entry.value);
  }

  /** Answers from what was found, where that is good enough; starts a refresh where one is due. */
  #serve(request: Request, findings: Findings, flight?: Held): Landing | undefined {
    const { text, lifetimes } = request;
    const found = findings.found[0];
    if (!found || !isServable(this.#engine, found, lifetimes)) return undefined;
    // A flight that was left meanwhile has read what was there before a mutation: it is for those who came before alone.
    if (this.#flights.get(text) !== flight) this.#release(text, { lease: findings.leases?.[0] });
    else if (found.stale || isDue(this.#engine, found.entry, lifetimes)) {
      const ticket = this.#engine.fence.enter();
      this.#keepAlive(
        this.#begin(request, true, (refresh) => this.#load(refresh, request, findings, ticket)),
        request,
      );
    }
    return served(found);
  }

  /** Calls the loader and stores its result; a failure is answered with the old value while its grace lasts. */
  async #load(flight: Flight, request: Request, findings: Findings, ticket: number): Promise<Landing> {
    const { key, text, lifetimes } = request;
    const { leases } = this.#engine.store;
    flight.found = findings.found[0];
    flight.sequence = findings.sequence;
    flight.lease = findings.leases?.[0];
    try {
      const failure = this.#failure(request, findings);
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
      flight.waited = this.#engine.now() - (request.since ?? flight.startedAt);
      const decision: Decision = { sequence, lease: flight.lease };
      const value = await callLoader(
        this.#engine,
        flight,
        request,
        decision,
        (error) => this.#flights.get(text) === flight && this.#remember(request, error, sequence),
      );
      const kept = this.#keep(flight, request, value, decision, ticket);
      const entry = isPromise(kept) ? await this.#inTime(flight, kept) : kept;
      return { entry: entry ?? { value, sequence }, by: "load", tier: "" };
    } catch (error) {
      if (flight.background) this.#engine.emit("error", () => ({ error, operation: "refresh", key }));
      const old = oldOf(this.#engine, flight.found, lifetimes);
      if (!old || request.isForced) throw error;
      return { ...old, by: "error" };
    } finally {
      this.#release(text, flight);
    }
  }

  /**
   * Waits for a write no longer than what the reads have left of the time that tiers may take. It goes on, and until it ends
   * callers join the flight.
   */
  #inTime(flight: Flight, kept: Promise<Entry | undefined>): Promise<Entry | undefined> {
    const { patience, options } = this.#engine;
    return within(kept, patience - flight.waited, options.clock, () => {
      flight.keeping = kept;
      this.#engine.background(kept, "store");
      return undefined;
    });
  }

  /** Why nothing need be loaded: a fault of the tiers, or the failure of an earlier load that is still remembered. */
  #failure({ text, version }: Request, { fault }: Findings): { readonly error: unknown } | undefined {
    if (fault) return { error: fault };
    const failure = this.#failures.get(text);
    return failure &&
      failure.until > this.#engine.now() &&
      failure.version === version &&
      this.#engine.ledger.check(failure as never) === "valid"
      ? failure
      : undefined;
  }

  /** Remembers a failure for `negativeTtl`. */
  #remember(request: Request, error: unknown, sequence: number): void {
    const { text, version, lifetimes } = request;
    const failures = this.#failures;
    if (lifetimes.negativeTtl <= 0) return;
    const tags = knownTags(request);
    failures.delete(text);
    failures.set(text, { error, until: this.#engine.now() + lifetimes.negativeTtl, version, tags, sequence });
    if (failures.size > MAX_FAILURES) failures.delete(failures.keys().next().value as string);
  }

  /** Others may load what this flight does not bring. */
  #release(text: string, flight: Pick<Held, "lease">): void {
    if (flight.lease) this.#engine.store.leases?.release(text, flight.lease);
    flight.lease = undefined;
  }

  /**
   * Stores a loaded value; answers with its entry, if it was stored. The caller has its value already, so one that cannot be stored is
   * an event, and thrown only with `onError: "throw"`.
   */
  #keep(
    flight: Held,
    request: Request,
    value: unknown,
    decision: Decision,
    ticket: number,
  ): MaybePromise<Entry | undefined> {
    if (value === undefined || decision.skip || flight.isLeft) return undefined;
    const { key, text, space } = request;
    const { store, fence } = this.#engine;
    return ended(
      (): MaybePromise<Entry | undefined> => {
        const write = newWrite(value, request, decision);
        this.#failures.delete(text);
        if (!write)
          return then(!decision.skip && fence.passes(text, ticket) ? store.delete([text]) : undefined, () => undefined);
        const stands = fence.passes(text, ticket);
        return then(store.write([write], ticket, space.tiers), () => {
          // The store has given the lease back.
          flight.lease = undefined;
          if (stands) written(key, write.entry, space);
          return write.entry;
        });
      },
      (entry) => entry,
      (error) => {
        if (request.settings.onError === "throw") throw error;
        this.#engine.emit("error", () => ({ error, operation: "store", key }));
        return undefined;
      },
    );
  }
}

/** Tags of a value that was not made: those that it would have told are not known, and wrong ones are told of where there is one. */
function knownTags({ space, settings, options }: Request): readonly string[] {
  const own = typeof options.tags === "function" ? [] : (options.tags ?? []);
  try {
    return space.encodeTags(settings.tags.concat(own));
  } catch {
    return space.tags;
  }
}

/** @throws {SyncUnsupportedError} for what has to be waited for */
function atOnce<T>(answer: MaybePromise<T>): T {
  if (!isPromise(answer)) return answer;
  answer.catch(() => {});
  throw new SyncUnsupportedError("Cannot use loader as it must answer at once: received a promise");
}
