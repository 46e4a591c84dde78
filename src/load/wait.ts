/**
 * A caller's wait for a flight, his own or one that he joined: how long, and what becomes of him then.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { LoadTimeoutError } from "../errors.ts";
import { unlessLost } from "../joined.ts";
import { abortable, within } from "../timeout.ts";
import type { Request } from "../write.ts";
import { answer } from "./answer.ts";
import { controllerOf, type Flight, keepAlive, type Landing, release } from "./flight.ts";
import { isFor, isTooOld, oldOf } from "./serving.ts";

/**
 * Waits for a flight, and counts how it went for this caller: ends with the flight, with the caller's own abort, or
 * with the old value after `softTimeout`.
 *
 * @param joinedAt the invalidation sequence at which he joined it; 0 for the one who began it
 * @param patience how long he waits at most, in milliseconds: of one who joined it, his own `hardTimeout`
 */
export async function wait(
  engine: Engine,
  flight: Flight,
  request: Request,
  joinedAt: number = 0,
  patience: number = Infinity,
): Promise<unknown> {
  const { text, options, lifetimes, space } = request;
  const { loads } = engine;
  flight.waiting++;
  const limits: Limits | undefined =
    options.signal || Math.min(patience, lifetimes.softTimeout) < Infinity ? { patience } : undefined;
  let landing: Landing;
  try {
    landing = await (limits ? withinLimits(engine, flight, request, limits) : unlessLost(flight.outcome));
  } catch (error) {
    // It was part of a request that has ended: this one begins another.
    if (!flight.hasLanded && !limits?.hasLeft) {
      loads.leave(text, flight);
      release(engine, text, flight);
      return loads.again(request);
    }
    // Who has begun it may have less patience with old values.
    const old = options.signal?.aborted ? undefined : oldOf(engine, flight.found ?? flight.spare, lifetimes);
    if (old && isFor(engine, old, request)) return answer(request, old);
    space.count(request.key, "misses", text);
    throw error;
  }
  if (landing.by === "timeout") keepAlive(engine, flight, request);
  if (!isTooOld(engine, landing, joinedAt) && isFor(engine, landing, request)) return answer(request, landing);
  // One that has landed and is still being written is joined no more.
  if (flight.keeping) loads.leave(text, flight);
  // The rest was the time of its loader.
  request.since = engine.now() - flight.waited;
  return loads.again(request);
}

/** How long a caller waits, in milliseconds, unless his signal or his `softTimeout` ends it before. */
interface Limits {
  readonly patience: number;
  /** He waits no more. */
  hasLeft?: boolean;
}

/** The landing of a flight, or the old value when it is time for that; the error of a caller who has left. */
function withinLimits(engine: Engine, flight: Flight, request: Request, limits: Limits): Promise<Landing> {
  const { text, options, lifetimes } = request;
  const { clock } = engine.options;
  const { patience } = limits;
  const leave = (reason: unknown): void => {
    if (limits.hasLeft) return;
    limits.hasLeft = true;
    if (--flight.waiting > 0 || flight.background) return;
    controllerOf(flight).abort(reason);
    engine.loads.leave(text, flight);
    release(engine, text, flight);
    // Another may have begun by then.
    flight.isLeft = true;
  };
  const own = within(abortable(unlessLost(flight.outcome), options.signal, leave), patience, clock, () => {
    const error = new LoadTimeoutError(`Cannot wait longer than ${patience} ms for the load of another caller`);
    leave(error);
    throw error;
  });
  const late = (): Landing | Promise<Landing> => {
    const old = oldOf(engine, flight.found, lifetimes, "timeout");
    if (!old || !isFor(engine, old, request)) return own;
    // It is not in vain: what it brings is stored.
    flight.background = true;
    return old;
  };
  return within(own, flight.startedAt + lifetimes.softTimeout - clock.now(), clock, () =>
    // While a slow tier is read it is not known yet whether there is an old value.
    Promise.race([own, Promise.resolve(flight.reading).then(late, () => own)]),
  );
}
