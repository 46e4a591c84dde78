import { createCache, defineTier, memory, warm } from "../../mod.ts";

const cache = createCache();

// Keys.
// @ts-expect-error a number is no key
cache.get(5);
// @ts-expect-error an object is no key
cache.get({ id: 1 });
// @ts-expect-error nor is undefined
cache.get(undefined);
// @ts-expect-error a Map is no part of a key
cache.get(["user", new Map()]);
// @ts-expect-error nor is a function
cache.delete(["user", () => {}]);
// @ts-expect-error deleteMany takes keys
cache.deleteMany([1, 2]);

// Calls.
// @ts-expect-error set needs a value
cache.set("k");
// @ts-expect-error getOrSet needs a loader
cache.getOrSet("k");
// @ts-expect-error which is a function
cache.getOrSet("k", 5);
// @ts-expect-error getOrSetMany takes many
cache.getOrSetMany("k", () => []);
// @ts-expect-error touch needs a ttl
cache.touch("k", {});
// @ts-expect-error an item of setMany needs a value
cache.setMany([{ key: "k" }]);
// @ts-expect-error invalidateTags needs tags
cache.invalidateTags();
// @ts-expect-error invalidatePattern needs a pattern
cache.invalidatePattern();
// @ts-expect-error a text is no list of keys to warm
warm(cache, "user:1", { load: () => 1 });

// Options of calls.
// @ts-expect-error a ttl is no boolean
cache.set("k", 1, { ttl: true });
// @ts-expect-error tags are an array
cache.set("k", 1, { tags: "t" });
// @ts-expect-error ttl functions give durations
cache.set("k", 1, { ttl: () => true });
// @ts-expect-error ttl functions are told the value that is set
cache.set("k", 1, { ttl: (value: string) => value.length });
// @ts-expect-error there is no such option
cache.set("k", 1, { expires: 5 });
// @ts-expect-error nor one of loads on a set
cache.set("k", 1, { softTimeout: 5 });
// @ts-expect-error a signal is an AbortSignal
cache.get("k", { signal: new AbortController() });
// @ts-expect-error a version is text
cache.get("k", { version: 2 });
// @ts-expect-error any, all or exact
cache.invalidateTags(["t"], { match: "some" });
// @ts-expect-error delete or expire
cache.invalidateTags(["t"], { mode: "soft" });
// @ts-expect-error a limit is a number
cache.keys({ limit: "5" });
// @ts-expect-error a time-out is a duration
cache.close({ timeout: true });

// Events.
// @ts-expect-error there is no such event
cache.on("hits", () => {});
// @ts-expect-error a miss has no tier
cache.on("miss", ({ tier }) => tier);
// @ts-expect-error a hit has no value
cache.on("hit", ({ value }) => value);

// What is known about an entry is not to be changed, and has no value.
const meta = await cache.meta("k");
if (meta) {
  // @ts-expect-error read-only
  meta.ttl = 5;
  // @ts-expect-error without the value
  meta.value;
}
// @ts-expect-error read-only
cache.closed = true;
// @ts-expect-error what get gives has to be checked
(await cache.get("k")).toString();

// Construction.
// @ts-expect-error tiers, not tier
createCache({ tier: memory() });
// @ts-expect-error a tier needs its operations
createCache({ tiers: [{ name: "mine" }] });
// @ts-expect-error degrade or throw
createCache({ onError: "ignore" });
// @ts-expect-error a cache's ttl is no function, as it has no value to be told
createCache({ ttl: () => 5 });
// @ts-expect-error a number
memory({ maxEntries: "5" });
// @ts-expect-error through, behind or around
memory({ write: "later" });
// @ts-expect-error false or an object
memory({ breaker: true });
// @ts-expect-error all that every tier must have
defineTier({ name: "mine", capabilities: {} });
