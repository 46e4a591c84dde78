/**
 * Loading for a call that cannot wait: it joins no flight, and where another process has the lease, what it loads is not stored.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { SyncUnsupportedError } from "../errors.ts";
import { isPromise, then } from "../maybe.ts";
import type { Findings } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import type { Decision, Request } from "../write.ts";
import { answer, output } from "./answer.ts";
import { failureOf, remember } from "./failures.ts";
import { find, screen } from "./find.ts";
import { type Held, release } from "./flight.ts";
import { keep } from "./load.ts";
import { called, callLoader } from "./loader.ts";
import { oldOf } from "./serving.ts";

/**
 * The value of a key, from the tiers or the loader.
 *
 * @param reading where the tiers have been asked already
 */
export function loadSync(engine: Engine, request: Request, reading?: Findings): unknown {
  const { key, text, lifetimes, space } = request;
  const { fence, loads } = engine;
  const ticket = fence.enter();
  const flight: Held = { ticket };
  try {
    const findings = atOnce(then(reading ?? find(request, lifetimes.lease), (read) => screen(request, read)));
    flight.found = findings.found[0];
    const landing = loads.serve(request, findings);
    if (landing) return answer(request, landing);
    const { sequence, leases } = findings;
    const given = leases?.[0];
    // Without one, what the tier has is no hit for this call; or another has the lease (then what that one brings is stored).
    flight.lease = leases && (given ?? atOnce(engine.store.leases!.take(request))?.[0]);
    engine.emit("miss", () => ({ key }));
    const failure = failureOf(loads.failures, request, findings);
    if (failure) throw failure.error;
    const decision: Decision = { sequence, lease: flight.lease, skip: flight.lease === 0 && given !== 0 };
    const startedAt = engine.now();
    let made: MaybePromise<unknown>;
    try {
      made = callLoader(engine, flight, request, decision);
    } catch (error) {
      if (fence.passes(text, ticket)) remember(loads.failures, request, error, findings.sequence);
      called(engine, flight, request, startedAt, false);
      throw error;
    }
    const value = atOnce(made);
    decision.loadTime = called(engine, flight, request, startedAt, true);
    keep(engine, flight, request, value, decision);
    space.count(key, "misses", text);
    return output(request, value);
  } catch (error) {
    const old = oldOf(engine, flight.found, lifetimes);
    if (old) return answer(request, old);
    space.count(key, "misses", text);
    throw error;
  } finally {
    release(engine, text, flight);
    fence.leave();
  }
}

/** What was found, where that is good enough for this caller; or else what to load it with. */
export function serveSync(
  engine: Engine,
  request: Request,
  findings: Findings,
): { readonly value: unknown } | { readonly findings: Findings } {
  const screened = atOnce(screen(request, findings));
  const landing = engine.loads.serve(request, screened);
  return landing ? { value: answer(request, landing) } : { findings: screened };
}

/** @throws {SyncUnsupportedError} for what has to be waited for */
function atOnce<T>(answer: MaybePromise<T>): T {
  if (!isPromise(answer)) return answer;
  Promise.resolve(answer).catch(() => {});
  throw new SyncUnsupportedError("Cannot use loader as it must answer at once: received a promise");
}
