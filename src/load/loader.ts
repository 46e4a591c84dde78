/**
 * Loaders: what a caller gives to make a value, and one call of it.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { LoadTimeoutError } from "../errors.ts";
import type { Key } from "../key.ts";
import { isPromise, then } from "../maybe.ts";
import { fit } from "../schema.ts";
import type { MaybePromise } from "../tier.ts";
import { within } from "../timeout.ts";
import type { Decision, Request } from "../write.ts";
import { controllerOf, type Held } from "./flight.ts";

/** What a loader is told and may decide. */
export interface LoadContext<V = unknown> {
  readonly key: Key;
  /** Aborted when no caller waits any more, or `hardTimeout` is over. Of the context itself: a copy made by spreading has none. */
  readonly signal: AbortSignal;
  /** The old value, if one is at hand; of its type where that is named, as in `getOrSet<User>(…)`. */
  readonly stale: V | undefined;
  /** Sets the ttl of the result; 0 or less: not cached. */
  setTtl(ttl: number | string): void;
  /** Sets the tags of the result. */
  setTags(tags: readonly string[]): void;
  /** The result is returned, but not cached. */
  skip(): void;
}

/**
 * Makes the value of a key.
 *
 * @typeParam Old the old value, as the loader is told it; apart from `V`, so that this can be told by what the loader gives
 */
export type Loader<V = unknown, Old = V> = (context: LoadContext<Old>) => V | Promise<V>;

/** Of a class, since an object with an accessor of its own takes ten times as long to make. */
export class Context implements LoadContext {
  readonly key: Key;
  readonly stale: unknown;
  readonly setTtl: LoadContext["setTtl"];
  readonly setTags: LoadContext["setTags"];
  readonly skip: LoadContext["skip"];
  readonly #flight: Held;

  constructor(key: Key, flight: Held, decision: Decision) {
    this.key = key;
    this.stale = flight.found?.entry.value;
    this.setTtl = (ttl) => {
      decision.ttl = ttl;
    };
    this.setTags = (tags) => {
      decision.tags = tags;
    };
    this.skip = () => {
      decision.skip = true;
    };
    this.#flight = flight;
  }

  get signal(): AbortSignal {
    return controllerOf(this.#flight).signal;
  }

  /** The same as of the signal, which most loads never make. */
  get isAborted(): boolean {
    return Boolean(this.#flight.controller?.signal.aborted);
  }
}

/** Runs the loader, with its time limit. */
export function callLoader(engine: Engine, flight: Held, request: Request, decision: Decision): MaybePromise<unknown> {
  const { schema } = request.options;
  const { hardTimeout } = request.lifetimes;
  const made = request.loader!(new Context(request.key, flight, decision));
  const value = schema
    ? then(made, (fresh) =>
        then(fit(schema, fresh, "throw"), (fitting) => {
          request.fitted = { value: fresh, output: fitting!.value };
          return fresh;
        }),
      )
    : made;
  if (hardTimeout === Infinity || !isPromise(value)) return value;
  return within(Promise.resolve(value), hardTimeout, engine.options.clock, () => {
    const error = new LoadTimeoutError(`Cannot use loader as it must take at most ${hardTimeout} ms`);
    controllerOf(flight).abort(error);
    throw error;
  });
}

/** Counts and reports a call of the loader, which ends now. */
export function called(
  engine: Engine,
  { background }: Held,
  { key, space }: Request,
  startedAt: number,
  ok: boolean,
): number {
  const duration = engine.now() - startedAt;
  space.add("loads");
  if (!ok) space.add("loadErrors");
  engine.emit("load", () => ({ key, duration, ok, background: Boolean(background) }));
  return duration;
}
