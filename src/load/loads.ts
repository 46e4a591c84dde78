/**
 * Loading: one flight per key at a time, which reads the tiers, calls the loader on a miss, and stores what it gives
 * unless the key was mutated meanwhile.
 *
 * This is where a call is answered at once, joins a flight, or begins one. `find.ts` asks the tiers, `load.ts` is what a flight does on a
 * miss, `wait.ts` how a caller waits for it, and `sync.ts` the way of calls that cannot wait.
 *
 * @module
 */
import { hasTimers } from "../clock.ts";
import type { Engine } from "../engine.ts";
import { alive, isLost } from "../joined.ts";
import { ended, isPromise, then } from "../maybe.ts";
import { isChoosy } from "../schema.ts";
import type { Findings, Found } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import { abortable } from "../timeout.ts";
import { type Request, renewed } from "../write.ts";
import { answer, output } from "./answer.ts";
import type { Failures } from "./failures.ts";
import { find, screen } from "./find.ts";
import { type Flight, type Held, keepAlive, type Landing, release } from "./flight.ts";
import { load } from "./load.ts";
import { isDue, isObsolete, isServable, served } from "./serving.ts";
import { wait } from "./wait.ts";

/** How often a request begins again at most: without an end, steps that wait for nothing would hold up the whole process. */
const MAX_REPEATS = 100;

/** The flights of a cache, by the keys that they load. */
export class Loads {
  readonly #engine: Engine;
  readonly #flights = new Map<string, Flight>();
  /** What is remembered of loads that failed. */
  readonly failures: Failures = new Map();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Nobody may join the flights of these keys any more: they were mutated. */
  detach(keys: Iterable<string>): void {
    if (this.#flights.size + this.failures.size === 0) return;
    for (const key of keys) {
      const flight = this.#flights.get(key);
      if (flight) release(this.#engine, key, flight);
      this.#flights.delete(key);
      this.failures.delete(key);
    }
  }

  /** The same for every key that fits. */
  detachWhere(fits: (key: string) => boolean): void {
    this.detach([...this.#flights.keys(), ...this.failures.keys()].filter(fits));
  }

  isFlying(text: string): boolean {
    return this.#flights.has(text);
  }

  /** Whether a flight is the one that callers may join. */
  isCurrent(text: string, flight: Held): boolean {
    return this.#flights.get(text) === flight;
  }

  /** Nobody may join this flight any more. */
  leave(text: string, flight: Flight): void {
    if (this.#flights.get(text) === flight) this.#flights.delete(text);
  }

  /**
   * The value of a key, from the tiers or the loader.
   *
   * @param reading where the tiers have been asked already
   */
  run(given: Request, reading?: MaybePromise<Findings>): MaybePromise<unknown> {
    const request = renewed(given);
    if (!isChoosy(request.options)) return this.#run(request, reading);
    const { fence } = this.#engine;
    const { text } = request;
    const ticket = fence.enter();
    // What others may be served is not for this caller to say, so it looks by itself, and then goes on as one who has.
    const looked = ended(
      () => then(reading ?? find(request, 0), (findings) => screen(request, findings)),
      (findings) => {
        const stands = fence.passes(text, ticket);
        fence.leave();
        if (stands) return this.#run(request, findings);
        // It was mutated meanwhile: what was found is for who came before that alone, as that of a flight that was left.
        const landing = this.serve(request, findings, { ticket });
        if (landing) return answer(request, landing);
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

  /** The same for one whom a flight did not satisfy. Whoever is never satisfied, whatever is wrong, loads the key for himself in the end. */
  again(request: Request): MaybePromise<unknown> {
    return ++request.repeats < MAX_REPEATS ? this.run(request) : this.refresh(request);
  }

  /** @param reading of a caller who is choosy, what was found already */
  #run(request: Request, reading?: MaybePromise<Findings>): MaybePromise<unknown> {
    const { text, version, options, lifetimes } = request;
    const { fence } = this.#engine;
    if (options.signal?.aborted) {
      if (reading && !isPromise(reading)) release(this.#engine, text, { lease: reading.leases?.[0] });
      throw options.signal.reason;
    }
    const running = this.#flights.get(text);
    if (running && running.version === version && !isObsolete(this.#engine, running))
      return this.#join(running, request, reading);

    // What it loads is not for this caller, and this process does not wait for itself.
    if (running) release(this.#engine, text, running);
    const ticket = fence.enter();
    let read: MaybePromise<Findings>;
    try {
      read = reading ?? find(request, lifetimes.lease);
    } catch (error) {
      fence.leave();
      throw error;
    }
    if (!isPromise(read)) {
      const landing = this.serve(request, read);
      if (landing) {
        fence.leave();
        return answer(request, landing);
      }
    }
    const flight = this.#begin(request, false, ticket, read);
    flight.spare = request.refused;
    // A request may end before its load: its client goes away, or has its answer already.
    this.#engine.hold(flight.outcome, options.waitUntil);
    return wait(this.#engine, flight, request);
  }

  /** Goes on with a flight that is under way: what it has, where that is good enough, or what it brings. */
  #join(running: Flight, request: Request, reading?: MaybePromise<Findings>): MaybePromise<unknown> {
    const { text, lifetimes, isPatient } = request;
    const { found: [looked] = [], leases } = (reading ?? {}) as Partial<Findings>;
    release(this.#engine, text, { lease: leases?.[0] });
    const found = this.#spare(request, running, looked);
    return found
      ? answer(request, served(found))
      : wait(this.#engine, running, request, this.#engine.ledger.latest, isPatient ? Infinity : lifetimes.hardTimeout);
  }

  /** What a caller may be served at once while a flight is under way. */
  #spare({ options, lifetimes }: Request, running: Flight, looked?: Found): Found | undefined {
    const { background, found, spare } = running;
    const lent = isChoosy(options) ? looked : background ? found : (spare ?? found);
    if (!lent || !isServable(this.#engine, lent, lifetimes)) return undefined;
    return !background && this.#engine.ledger.check(lent.entry) !== "valid" ? undefined : lent;
  }

  /**
   * Loads a key anew, whatever is there and whoever is loading it: their loads began before. Where it fails, what is there stays,
   * and the failure is the caller's.
   */
  refresh(given: Request): MaybePromise<unknown> {
    const request: Request = { ...renewed(given), isForced: true };
    const { text, options } = request;
    const { fence, store } = this.#engine;
    const { signal } = options;
    if (signal?.aborted) throw signal.reason;
    this.detach([text]);
    fence.mark(text);
    const ticket = fence.enter();
    const refreshed = ended(
      () =>
        then(store.leases?.take(request), (leases) => then(find(request, 0), (findings) => ({ ...findings, leases }))),
      (findings) => {
        const { found, leases } = findings;
        if (signal?.aborted) {
          fence.leave();
          release(this.#engine, text, { lease: leases?.[0] });
          throw signal.reason;
        }
        // What was mutated meanwhile is not to be lent.
        const lent = { ...findings, found: fence.passes(text, ticket) ? found : [undefined] };
        const flight = this.#begin(request, true, ticket, lent);
        keepAlive(this.#engine, flight, request);
        return abortable(flight.outcome, signal).then(({ entry }) => output(request, entry.value));
      },
      (error) => {
        fence.leave();
        throw error;
      },
    );
    return isPromise(refreshed) ? abortable(refreshed, signal) : refreshed;
  }

  /** Answers from what was found, where that is good enough; starts a refresh where one is due. */
  serve(request: Request, findings: Findings, flight?: Held): Landing | undefined {
    const { text, lifetimes } = request;
    const found = findings.found[0];
    if (!found || !isServable(this.#engine, found, lifetimes)) return undefined;
    // A flight that was left meanwhile has read what was there before a mutation: it is for those who came before alone.
    if (this.#flights.get(text) !== flight) release(this.#engine, text, { lease: findings.leases?.[0] });
    else if (found.stale || isDue(this.#engine, found.entry, lifetimes)) {
      const ticket = this.#engine.fence.enter();
      keepAlive(this.#engine, this.#begin(request, true, ticket, findings), request);
    }
    return served(found);
  }

  /**
   * Begins a flight, and ends it when it has landed.
   *
   * @param ticket of the fence, which is given back then
   * @param reading what the tiers have
   */
  #begin(request: Request, background: boolean, ticket: number, reading: MaybePromise<Findings>): Flight {
    const { text, version } = request;
    const flight: Flight = {
      outcome: undefined as never,
      background,
      version,
      ticket,
      startedAt: this.#engine.now(),
      waiting: 0,
      waited: 0,
    };
    this.#forgetLost();
    this.#flights.set(text, flight);
    flight.outcome = alive(load(this.#engine, flight, request, reading));
    return flight;
  }

  /** Ends a flight, when what it brings is stored. */
  land(text: string, flight: Flight): void {
    flight.hasLanded = true;
    const leave = (): void => {
      this.leave(text, flight);
      this.#engine.fence.leave();
    };
    if (flight.keeping) flight.keeping.then(leave, leave);
    else leave();
  }

  /** Lost flights that nobody asks for must not gather. */
  #forgetLost(): void {
    if (hasTimers()) return;
    for (const [text, { outcome }] of this.#flights) {
      if (!isLost(outcome)) break;
      this.#flights.delete(text);
    }
  }
}
