/**
 * Loaders: what a caller gives to make a value, and one call of it, whose failure is remembered.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { LoadTimeoutError } from "../errors.ts";
import type { Key } from "../key.ts";
import { ended, isPromise, then } from "../maybe.ts";
import { fit } from "../schema.ts";
import type { MaybePromise } from "../tier.ts";
import { within } from "../timeout.ts";
import type { Decision, Request } from "../write.ts";
import { remember } from "./failures.ts";
import { controllerOf, type Held } from "./flight.ts";

/** What a loader is told and may decide. */
export interface LoadContext<V = unknown> {
  readonly key: Key;
  /** Aborted when no caller waits any more, or `hardTimeout` is over. */
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

/**
 * Runs the loader, with its time limit, and counts it.
 *
 * @param isCurrent whether those who come later may be told of its failure
 */
export function callLoader(
  engine: Engine,
  flight: Held,
  request: Request,
  decision: Decision,
  isCurrent: () => boolean,
): MaybePromise<unknown> {
  const { key, space, loader } = request;
  const { schema } = request.options;
  const { hardTimeout } = request.lifetimes;
  const context: LoadContext = {
    key,
    get signal() {
      return controllerOf(flight).signal;
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
  const startedAt = engine.now();
  const over = (ok: boolean): void => {
    const duration = (decision.loadTime = engine.now() - startedAt);
    space.add("loads");
    engine.emit("load", () => ({ key, duration, ok, background: Boolean(flight.background) }));
  };
  return ended(
    () => {
      const made = loader!(context);
      const value = schema
        ? then(made, (fresh) =>
            then(fit(schema, fresh, "throw"), (fitting) => {
              request.fitted = { value: fresh, output: fitting!.value };
              return fresh;
            }),
          )
        : made;
      return isPromise(value)
        ? within(Promise.resolve(value), hardTimeout, engine.options.clock, () => {
            const error = new LoadTimeoutError(`Cannot use loader as it must take at most ${hardTimeout} ms`);
            controllerOf(flight).abort(error);
            throw error;
          })
        : value;
    },
    (value) => {
      over(true);
      return value;
    },
    (error) => {
      space.add("loadErrors");
      if (isCurrent()) remember(engine.loads.failures, request, error, decision.sequence!);
      over(false);
      throw error;
    },
  );
}
