/**
 * Events of a cache as a stream, for a page that shows what happens.
 *
 * @module
 */
import type { Cache } from "../api.ts";
import { checkOptions, invalid, oneOf } from "../errors.ts";
import type { CacheEvents, EventName } from "../events.ts";
import type { AnyScopes } from "../scope/types.ts";
import { verbsOf } from "../verbs/inside.ts";
import { watch } from "./watch.ts";

/** One event, with its name and when it happened, in milliseconds since the epoch. */
export type CacheEvent = {
  [N in EventName]: { readonly name: N; readonly at: number; readonly event: CacheEvents[N] };
}[EventName];

const ALL: Readonly<Record<EventName, true>> = {
  hit: true,
  miss: true,
  stale: true,
  set: true,
  delete: true,
  evict: true,
  expire: true,
  invalidate: true,
  promote: true,
  load: true,
  error: true,
  corrupt: true,
  breaker: true,
};

/** Names of all events. */
export const EVENT_NAMES: readonly EventName[] = /* @__PURE__ */ Object.keys(ALL) as EventName[];

/** Options of {@linkcode events}. */
export interface EventsOptions {
  /** Which. Default: all. */
  names?: readonly EventName[] | undefined;
  /** Most events that wait to be taken; beyond it the oldest are lost. Default 1,000. */
  limit?: number | undefined;
  /** Ends the stream. */
  signal?: AbortSignal | undefined;
}

/** Events of a cache, in their order. Each iteration listens for itself, from the moment when it is begun. */
export interface EventStream extends AsyncIterable<CacheEvent> {
  /** How many were lost in all iterations, since nobody took them in time. */
  readonly lost: number;
}

/**
 * The events of a cache, until it is closed, the loop is left, or `signal` is aborted. It listens only while it is iterated.
 *
 * @throws {ConfigError} for a wrong option
 *
 * @example
 * ```ts
 * import { createCache } from "tiercel";
 * import { events } from "tiercel/observe";
 *
 * const cache = createCache();
 * setTimeout(() => cache.set("k", 1), 10);
 * for await (const { name, event } of events(cache, { names: ["set"] })) {
 *   console.log(name, event);
 *   break;
 * }
 * ```
 */
export function events(cache: Cache<AnyScopes>, options: EventsOptions = {}): EventStream {
  checkOptions(options);
  const { names = EVENT_NAMES, limit = 1_000, signal } = options;
  const verbs = verbsOf(cache);
  for (const name of names) oneOf("names", EVENT_NAMES, name);
  if (!(Number.isSafeInteger(limit) && limit > 0)) throw invalid("limit", "a positive integer", limit);
  const { engine } = verbs;
  return queued(limit, signal, (add, end) =>
    cache.closed
      ? undefined
      : [
          ...names.map((name) => cache.on(name, (event) => add({ name, at: engine.now(), event } as CacheEvent))),
          watch(verbs, { ending: end }),
        ],
  );
}

/**
 * A stream of what is added to it.
 *
 * @param limit most events that wait
 * @param begin begins to listen, and answers with what ends that; `undefined` where there is nothing to listen to
 */
export function queued(
  limit: number,
  signal: AbortSignal | undefined,
  begin: (add: (event: CacheEvent) => void, end: () => void) => (() => void)[] | undefined,
): EventStream {
  let lost = 0;
  return {
    get lost() {
      return lost;
    },
    [Symbol.asyncIterator]() {
      let waiting: CacheEvent[] = [];
      let first = 0;
      let isOver = Boolean(signal?.aborted);
      let asking: (() => void)[] = [];
      const wake = (): void => {
        const all = asking;
        asking = [];
        for (const one of all) one();
      };
      const add = (event: CacheEvent): void => {
        if (waiting.length - first === limit) {
          first++;
          lost++;
        }
        // What was taken or lost is let go when it is half of all.
        if (first > limit) {
          waiting = waiting.slice(first);
          first = 0;
        }
        waiting.push(event);
        wake();
      };
      const stops: (() => void)[] = [];
      const end = (): void => {
        isOver = true;
        for (const stop of stops.splice(0)) stop();
        wake();
      };
      if (!isOver) {
        const begun = begin(add, end);
        if (!begun) isOver = true;
        stops.push(...(begun ?? []), () => signal?.removeEventListener("abort", end));
        signal?.addEventListener("abort", end, { once: true });
      }
      return {
        async next() {
          while (first === waiting.length && !isOver) {
            await new Promise<void>((resolve) => {
              asking.push(resolve);
            });
          }
          const value = waiting[first];
          if (value === undefined) return { done: true, value: undefined };
          first++;
          return { done: false, value };
        },
        async return() {
          waiting = [];
          first = 0;
          end();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
