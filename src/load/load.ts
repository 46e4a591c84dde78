/**
 * What a flight does when the tiers do not have what is wanted: it waits for a lease where a shared tier gives these, calls the
 * loader, and stores what that gives unless the key was mutated meanwhile.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import type { Entry } from "../entry.ts";
import { isPromise, then } from "../maybe.ts";
import type { Findings } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import { within } from "../timeout.ts";
import { type Decision, newWrite, type Request, written } from "../write.ts";
import { failureOf, remember } from "./failures.ts";
import { type Flight, type Held, type Landing, release } from "./flight.ts";
import { called, callLoader } from "./loader.ts";
import { oldOf, served } from "./serving.ts";

/**
 * Calls the loader and stores its result; a failure is answered with the old value while its grace lasts.
 *
 * @param reading what the tiers have. Whoever begins one in the background knows that already, and that it is to be loaded
 */
export async function load(
  engine: Engine,
  flight: Flight,
  request: Request,
  reading: MaybePromise<Findings>,
): Promise<Landing> {
  const { key, text, lifetimes } = request;
  const { loads, store } = engine;
  const { leases } = store;
  try {
    let findings = reading as Findings;
    if (!flight.background) {
      findings = await (flight.reading = reading);
      const landing = loads.serve(request, findings, flight);
      if (landing) return landing;
    }
    flight.found = findings.found[0];
    flight.sequence = findings.sequence;
    flight.lease = findings.leases?.[0];
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
    const startedAt = engine.now();
    let value: unknown;
    try {
      value = await callLoader(engine, flight, request, decision);
    } catch (error) {
      if (loads.isCurrent(text, flight)) remember(loads.failures, request, error, sequence);
      called(engine, flight, request, startedAt, false);
      throw error;
    }
    decision.loadTime = called(engine, flight, request, startedAt, true);
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
    loads.land(text, flight);
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
  const failed = (error: unknown): undefined => {
    if (request.settings.onError === "throw") throw error;
    engine.emit("error", () => ({ error, operation: "store", key: request.key }));
  };
  try {
    const kept = put(engine, flight, request, value, decision);
    return isPromise(kept) ? kept.catch(failed) : kept;
  } catch (error) {
    return failed(error);
  }
}

/** Stores a loaded value where that is wanted, or deletes what is there where it must not be kept. */
function put(
  { store, fence, loads }: Engine,
  flight: Held,
  request: Request,
  value: unknown,
  decision: Decision,
): MaybePromise<Entry | undefined> {
  const { key, text, space } = request;
  const { ticket } = flight;
  const write = newWrite(value, request, decision);
  loads.failures.delete(text);
  if (!write) {
    if (decision.skip) return undefined;
    const outdated = !flight.lease || store.leases!.outdates(request, flight);
    const deleted = then(outdated, (is) => (is && fence.passes(text, ticket) ? store.delete([text]) : []));
    return then(deleted, () => undefined);
  }
  const stands = fence.passes(text, ticket);
  return then(store.write([write], ticket, space.tiers, request.call), () => {
    // The store has given the lease back.
    flight.lease = undefined;
    if (stands) written(key, write, space);
    return write.entry;
  });
}
