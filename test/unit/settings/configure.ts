import { equal, ok, rejects, same, throws } from "../../contract/mod.ts";
import { stackSuite } from "../cache/stacks.ts";
import { deferred } from "../cache/tools.ts";

/** `configure`, on any stack. */
export const configuring = stackSuite("configure", {
  "changes what is passed, and leaves the rest": async (open) => {
    const { cache } = open({ ttl: 1_000, tags: ["a"] });
    cache.configure({ ttl: "5s", profile: "p" });
    await cache.set("k", 1);
    const meta = await cache.meta("k");
    equal([meta?.ttl, meta?.tags, meta?.profile], [5_000, ["a"], "p"]);
  },
  "undefined takes back to what createCache was given": async (open) => {
    const { cache } = open({ ttl: 1_000, tags: ["a"] });
    cache.configure({ ttl: 5_000, tags: ["b"], profile: "p" });
    cache.configure({ ttl: undefined, tags: undefined });
    await cache.set("k", 1);
    const meta = await cache.meta("k");
    equal([meta?.ttl, meta?.tags, meta?.profile], [1_000, ["a"], "p"]);
    cache.configure({ profile: undefined });
    await cache.set("k", 1);
    same((await cache.meta("k"))?.profile, undefined);
  },
  "is for all views": async (open) => {
    const { cache } = open();
    const inner = cache.namespace("n");
    inner.configure({ ttl: 7 });
    await cache.set("k", 1);
    await inner.set("k", 1);
    equal([(await cache.meta("k"))?.ttl, (await inner.meta("k"))?.ttl], [7, 7]);
  },
  "refuses what cannot be changed and what is wrong, and changes nothing then": async (open) => {
    const { cache, clock } = open({ ttl: 1_000 });
    for (const name of ["name", "prefix", "tiers", "scopes", "clock", "random", "bus", "tll", "toString"])
      throws(() => cache.configure({ ttl: 5, [name]: undefined } as never), "CONFIG");
    const wrong: object[] = [
      { grace: -1 },
      { jitter: 2 },
      { onError: "ignore" },
      { onLeaseTimeout: "never" },
      { version: 5 },
      { codec: {} },
      { tags: [""] },
      { profile: "" },
      { coherence: "soon" },
      { sweepInterval: -1 },
      { logger: {} },
      { waitUntil: 5 },
      { maxEntries: 0 },
      { maxBytes: 1.5 },
    ];
    for (const patch of wrong) throws(() => cache.configure({ ttl: 5, ...patch } as never), "CONFIG");
    for (const patch of [undefined, null, 5]) throws(() => cache.configure(patch as never), "CONFIG");
    await cache.set("k", 1);
    same((await cache.meta("k"))?.ttl, 1_000);
    await clock.advance(1_000);
    same(await cache.get("k"), undefined);
  },
  "is refused by a cache that is closed": async (open) => {
    const { cache } = open();
    await cache.close();
    throws(() => cache.configure({ ttl: 5 }), "CLOSED");
  },
  "a call that is under way ends under the settings that it began with": async (open) => {
    const { cache, clock } = open({ ttl: 1_000, grace: "1m", tags: ["old"], profile: "old", softTimeout: 50 });
    const gate = deferred<number>();
    const load = cache.getOrSet("k", () => gate.promise);
    const many = cache.getOrSetMany(["m"], () => gate.promise.then((value) => [value]));
    await clock.settle();
    cache.configure({ ttl: 5_000, tags: ["new"], profile: "new", version: "2", softTimeout: 10 });
    gate.resolve(1);
    equal([await load, (await many).get("m")], [1, 1]);
    for (const key of ["k", "m"]) {
      const meta = await cache.meta(key);
      equal([meta?.ttl, meta?.tags, meta?.profile, meta?.version], [1_000, ["old"], "old", undefined]);
    }
  },
  "version: what was written with another is a miss from then on, and is there again when it is back": async (open) => {
    const { cache } = open();
    await cache.set("k", 1);
    same(await cache.get("k"), 1);
    cache.configure({ version: "2" });
    same(await cache.get("k"), undefined);
    cache.configure({ version: undefined });
    same(await cache.get("k"), 1);
  },
  "grace and negativeTtl hold for the next call": async (open) => {
    const { cache, clock } = open({ ttl: 1_000 });
    cache.configure({ grace: "1m" });
    await cache.set("k", 1);
    await clock.advance(1_000);
    const failing = () => Promise.reject(new TypeError("no"));
    same(await cache.getOrSet("k", failing), 1);
    cache.configure({ grace: undefined, negativeTtl: "1s" });
    await rejects(cache.getOrSet("other", failing), TypeError);
    await rejects(
      cache.getOrSet("other", () => 1),
      TypeError,
    );
  },
  "refreshAhead is looked at on a hit that took the fast path before": async (open) => {
    const { cache, clock } = open({ ttl: 1_000 });
    await cache.set("k", 1);
    await clock.advance(900);
    same(await cache.getOrSet("k", () => 2), 1);
    cache.configure({ refreshAhead: 0.5 });
    same(await cache.getOrSet("k", () => 2), 1);
    await clock.settle();
    await clock.advance(100);
    same(await cache.get("k"), 2);
  },
  onError: async (open) => {
    const { cache, lower } = open();
    if (!lower) return;
    await cache.set("k", 1);
    await cache.evict("k");
    lower.faults.fail({ getMany: "throw" });
    same(await cache.get("k"), undefined);
    cache.configure({ onError: "throw" });
    await rejects(cache.get("k"), "TIER");
    cache.configure({ onError: undefined });
    same(await cache.get("k"), undefined);
  },
  "logger: the new one is told of faults": async (open) => {
    const { cache, lower } = open();
    if (!lower) return;
    const told: string[] = [];
    cache.configure({ logger: { warn() {}, error: (message) => told.push(message) } });
    lower.faults.fail({ getMany: "throw" });
    await cache.evict("k");
    await cache.get("k");
    ok(told.length > 0);
  },
});
