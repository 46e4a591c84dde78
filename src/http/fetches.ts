/**
 * Asking the origin, once for all who want the same (RFC 9111 section 4, "collapsed requests").
 *
 * @module
 */
import { hasTimers } from "../clock.ts";
import { alive, joined } from "../joined.ts";
import { within } from "../timeout.ts";
import { discard } from "./asking.ts";
import type { ForwardReason, Handling } from "./cache-status.ts";
import { requestWith, validators } from "./conditions.ts";
import type { Answers, Task } from "./exchange.ts";
import { Flight, type Outcome, Unshared } from "./flight.ts";
import { Load } from "./load.ts";
import type { Findings, Place } from "./place.ts";
import { type Body, respond } from "./respond.ts";
import { mayStandIn, useOf } from "./use.ts";
import { selectionOf } from "./vary.ts";

/** After so many milliseconds without an answer nobody waits for it any more: the origin may never give one. */
const PATIENCE = 60_000;

/** The requests to the origin that are under way. */
export class Fetches {
  readonly #engine: Answers;
  readonly #flights = new Map<string, Flight>();
  readonly #unshared = new Unshared();

  constructor(engine: Answers) {
    this.#engine = engine;
  }

  /** Asks the origin, together with others who want the same. */
  async fetch(task: Task, found: Findings, reason: ForwardReason, rounds: number): Promise<Response> {
    const { request, place, primary } = task;
    // A request for a part or for the fields alone is nobody else's.
    if (request.method === "HEAD") return this.#engine.pass(task, { forward: reason });
    const isForPart = request.headers.has("range") && (!found.record || found.record.part !== null);
    const name = nameOf(place, found.key);
    let flight = this.#flights.get(name);
    if (flight && !flight.watch?.stands) {
      // Changed by itself, or by others: what is there now tells.
      if (flight.isKeeping && rounds > 0) {
        if (!(await joined(flight.work))) this.#flights.delete(name);
        return this.#again(task, primary, rounds);
      }
      this.#abandon(name, task, found);
      flight = undefined;
    }
    if (!flight) {
      const isOpen = !isForPart && !this.#unshared.has(name, this.#engine.now());
      const own = new Flight(request, isOpen, this.#engine.now(), place.watch(primary, found.key));
      this.#flights.set(name, own);
      const leave = (): void => {
        if (this.#flights.get(name) === own) this.#flights.delete(name);
      };
      const answer = this.launch(task, found, reason, own, isForPart ? undefined : name);
      own.work.then(leave);
      return answer;
    }
    if (isForPart || !flight.isFor(request) || rounds <= 0) return this.#engine.pass(task, { forward: reason });
    // On Workers another request's body cannot be read, nor may it ever end: what it has stored can.
    if (!hasTimers()) {
      if (!(await joined(flight.settled))) this.#flights.delete(name);
      return flight.isLong
        ? this.#engine.pass(task, { forward: reason })
        : this.#engine.attempt(task, rounds - 1, await place.read(primary));
    }
    const { clock } = this.#engine.rules;
    const { hasLanded } = flight;
    const latest = flight.watch!.latest;
    const left = hasLanded ? Infinity : flight.startedAt + PATIENCE - this.#engine.now();
    const outcome = left > 0 ? await within<Outcome | "late">(flight.landed, left, clock, () => "late") : "late";
    // What is answered after all is stored.
    if (outcome === "late") return this.#engine.pass(task, { forward: reason });
    if (outcome && "landing" in outcome && !flight.watch!.isGood(outcome.landing.tags, latest)) {
      if (this.#flights.get(name) === flight) this.#abandon(name, task, found);
      return this.fetch(task, found, reason, rounds - 1);
    }
    // It may have failed for what the other request was.
    if (outcome && "error" in outcome && !isAlike(request, flight.request))
      return this.#engine.pass(task, { forward: reason });
    const answer = await this.#joined(task, outcome, reason, hasLanded);
    if (answer) return answer;
    // An answer for others: which fields count is known when it is stored. Nobody waits for a long body.
    if (outcome) await within(flight.settled, PATIENCE, clock, () => undefined);
    return this.#again(task, primary, rounds);
  }

  /** Nobody waits any more for who asks now, and what he gets is not kept. */
  #abandon(name: string, { place }: Task, { key }: Findings): void {
    this.#flights.delete(name);
    place.abandon(key);
  }

  /** The next try of one who has waited in vain: by now it is known what the answer depends on. */
  async #again(task: Task, primary: string, rounds: number): Promise<Response> {
    const value = await task.place.read(primary);
    return value ? this.#engine.attempt(task, rounds - 1, value) : this.#engine.pass(task, { forward: "miss" });
  }

  /** @param isLate came when the answer was there already */
  async #joined(task: Task, outcome: Outcome, reason: ForwardReason, isLate: boolean): Promise<Response | undefined> {
    if (!outcome) return undefined;
    if ("error" in outcome) throw outcome.error;
    const { head, fill, record, names, selection, standIn } = outcome.landing;
    if (fill && !fill.isWhole) return undefined;
    if (selectionOf(task.request.headers, names, this.#engine.rules.isStrict) !== selection) return undefined;
    // It must be allowed for this request too (RFC 9111 section 4). For who has waited it was made, or validated.
    const now = this.#engine.now();
    const isAllowed = standIn
      ? mayStandIn(head, task.asked, standIn.status, this.#engine.rules, now)
      : !isLate || useOf(head, task.asked, now) !== "no";
    if (!isAllowed) return standIn || fill?.isLong ? this.#engine.pass(task, { forward: reason }) : undefined;
    const handling: Handling = { forward: reason, collapsed: true };
    if (record) return this.#engine.answer(task, record, handling);
    const body: Body = fill ? { size: undefined, open: () => fill.open() } : null;
    return respond(head, body, {
      request: task.request,
      now,
      name: this.#engine.rules.cacheStatus,
      handling,
    });
  }

  /** Begins to ask. */
  launch(task: Task, found: Findings, reason: ForwardReason, flight: Flight, name?: string): Promise<Response> {
    const load = new Load(this.#engine, task, found, reason, flight);
    flight.begin(load.work);
    alive(flight.settled);
    try {
      (task.waitUntil ?? this.#engine.rules.waitUntil)?.(load.work);
    } catch (error) {
      task.place.fault(error, "waitUntil");
    }
    if (name) {
      flight.landed.then((outcome) => {
        if (outcome) this.#unshared.delete(name);
        else this.#unshared.add(name, this.#engine.now());
      });
    }
    return load.answer;
  }

  /** Validates what was served stale. */
  refresh(task: Task, found: Findings): void {
    const name = nameOf(task.place, found.key);
    if (this.#flights.has(name)) return;
    const flight = new Flight(task.request, true, this.#engine.now(), task.place.watch(task.primary, found.key));
    this.#flights.set(name, flight);
    const own: Task = { ...task, request: plain(task.request), forward: task.refresh! };
    this.launch(own, found, "stale", flight, name).then(discard, () => {});
    flight.work.then(() => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    });
  }

  /** Nobody who comes now waits for what began before. */
  forget(place: Place, key: string): void {
    this.#flights.delete(nameOf(place, key));
  }
}

function nameOf(place: Place, key: string): string {
  return `${place.id}\n${key}`;
}

/** Whether two requests for the same URL ask the origin for the same in all that it can see. */
function isAlike(left: Request, right: Request): boolean {
  return JSON.stringify([...left.headers]) === JSON.stringify([...right.headers]);
}

/** The same request without conditions and ranges. */
function plain(request: Request): Request {
  return requestWith(request, validators(request.headers, undefined));
}
