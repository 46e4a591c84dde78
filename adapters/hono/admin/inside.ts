/**
 * Events of a part of a cache.
 *
 * @module
 */

import type { AnyCache } from "../../../src/http/options.ts";
import { type CacheEvent, type EventStream, events, queued } from "../../../src/observe/events.ts";
import { watch } from "../../../src/observe/watch.ts";
import { verbsOf } from "../../../src/verbs/inside.ts";

/** Names of events, by the counters of reads. */
const READS = { hits: "hit", misses: "miss", staleHits: "stale" } as const;

/**
 * The events of a cache; of a namespace or scope those alone that are known to be of what is in there, which are reads and what is gone. The
 * others do not say where the key is that they tell.
 */
export function eventsInside(cache: AnyCache, limit: number, signal: AbortSignal): EventStream {
  const verbs = verbsOf(cache);
  const { space, engine } = verbs;
  const { prefix } = space;
  if (prefix === "") return events(cache, { limit, signal });
  return queued(limit, signal, (add, end) => {
    if (cache.closed) return undefined;
    const tell = (name: string, text: string, rest?: object): void => {
      if (!text.startsWith(prefix)) return;
      add({ name, at: engine.now(), event: { key: space.decode(text), ...rest } } as CacheEvent);
    };
    const stop = watch(verbs, {
      seen: (text, how) => tell(READS[how], text),
      gone: (text, reason, tier) => {
        if (reason === "ttl" || reason === "corrupt") tell(reason === "ttl" ? "expire" : reason, text, { tier });
        else if (reason !== "delete") tell("evict", text, { tier, reason });
        else tell("delete", text, { existed: true });
      },
      ending: end,
    });
    return [stop, cache.on("breaker", (event) => add({ name: "breaker", at: engine.now(), event }))];
  });
}
