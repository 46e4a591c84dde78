/**
 * What a flight does when the tiers do not have what is wanted: it waits for a lease where a shared tier gives these, calls the
 * loader, and stores what that gives unless the key was mutated meanwhile.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import type { Entry } from "../entry.ts";
import { ended, isPromise, then } from "../maybe.ts";
import type { Findings } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import { within } from "../timeout.ts";
import { type Decision, newWrite, type Request, written } from "../write.ts";
import { failureOf } from "./failures.ts";
import { type Flight, type Held, type Landing, release } from "./flight.ts";
import { callLoader } from "./loader.ts";
import { oldOf, served } from "./serving.ts";

/** Calls the loader and stores its result; a failure is answered with the old value while its grace lasts. */
export async function load(engine: Engine, flight: Flight, request: Request, findings: Findings): Promise<Landing> {
  const { key, text, lifetimes } = request;
  const { loads, store } = engine;
  const { leases } = store;
  flight.found = findings.found[0];
  flight.sequence = findings.sequence;
  flight.lease = findings.leases?.[0];
  try {
    const failure = failureOf(loads.failures, request, findings);
    if (leases && lifetimes.lease > 0 && !failure) {
      const claim = await leases.claim(request, findings, flight);
      findings = claim.findings;
      flight.found = findings.found[0];
      flight.lease = claim.lease;
      if (claim.lease === undefined) return served(flight.found!, "timeout");
    }
    if (!flight.background) engine.emit("miss", () => ({ key }));
    if (failure) throw failure.error;
    // All have left while the tiers were read.
    flight.controller?.signal.throwIfAborted();
    const { sequence } = findings;
    flight.sequence = sequence;
    flight.waited = engine.now() - (request.since ?? flight.startedAt);
    const decision: Decision = { sequence, lease: flight.lease };
    const value = await callLoader(engine, flight, request, decision, () => loads.isCurrent(text, flight));
    const kept = keep(engine, flight, request, value, decision);
    const entry = isPromise(kept) ? await inTime(engine, flight, kept) : kept;
    return { entry: entry ?? { value, sequence }, by: "load", tier: "" };
  } catch (error) {
    if (flight.background) engine.emit("error", () => ({ error, operation: "refresh", key }));
    const old = oldOf(engine, flight.found, lifetimes);
    if (!old || request.isForced) throw error;
    return old;
  } finally {
    release(engine, text, flight);
  }
}

/**
 * Waits for a write no longer than what the reads have left of the time that tiers may take. It goes on, and until it ends
 * callers join the flight.
 */
function inTime(engine: Engine, flight: Flight, kept: Promise<Entry | undefined>): Promise<Entry | undefined> {
  return within(kept, engine.patience - flight.waited, engine.options.clock, () => {
    flight.keeping = kept;
    engine.background(kept, "store");
    return undefined;
  });
}

/**
 * Stores a loaded value; answers with its entry, if it was stored. The caller has its value already, so one that cannot be stored is
 * an event, and thrown only with `onError: "throw"`.
 */
export function keep(
  engine: Engine,
  flight: Held,
  request: Request,
  value: unknown,
  decision: Decision,
): MaybePromise<Entry | undefined> {
  if (value === undefined || decision.skip || flight.isLeft) return undefined;
  const { key, text, space } = request;
  const { store, fence, loads } = engine;
  const { ticket } = flight;
  return ended(
    (): MaybePromise<Entry | undefined> => {
      const write = newWrite(value, request, decision);
      loads.failures.delete(text);
      if (!write)
        return then(!decision.skip && fence.passes(text, ticket) ? store.delete([text]) : undefined, () => undefined);
      const stands = fence.passes(text, ticket);
      return then(store.write([write], ticket, space.tiers), () => {
        // The store has given the lease back.
        flight.lease = undefined;
        if (stands) written(key, write, space);
        return write.entry;
      });
    },
    (entry) => entry,
    (error) => {
      if (request.settings.onError === "throw") throw error;
      engine.emit("error", () => ({ error, operation: "store", key }));
      return undefined;
    },
  );
}
