import type { Cache, MaybePromise, ReadResult } from "../../../mod.ts";
import { then } from "../../../src/maybe.ts";
import { equal, fakeClock, ok, rejects, same } from "../../contract/mod.ts";
import { MUTATIONS } from "./coherence.ts";
import { type Open, type Rig, type StackSuite, stackSuite } from "./stacks.ts";
import { deferred, stateOf, unwanted } from "./tools.ts";

const TAGS = ["t", "u"];

interface Pair extends Rig {
  readonly other: Cache;
}

function pair(open: Open, options: Parameters<Open>[0] = {}): Pair {
  const rig = open(options);
  return { ...rig, other: rig.peer!(options) };
}

export const leases: StackSuite = stackSuite(
  "leases",
  {
    "a key is loaded by one process at a time, and the other gets what it brought": async (open) => {
      const { cache, other, clock } = pair(open);
      const loaded = deferred<string>();
      const first = cache.getOrSet("k", () => loaded.promise);
      await clock.settle();
      const second = other.getOrSet("k", unwanted);
      await clock.advance("2s");
      same(await stateOf(second, () => clock.settle()), "pending");
      loaded.resolve("v");
      same(await first, "v");
      await clock.advance("1s");
      same(await second, "v");
      same(await other.get("k"), "v");
    },
    "of many processes one loads": async (open) => {
      const { cache, peer, clock } = open();
      const caches = [cache, ...Array.from({ length: 7 }, () => peer!())];
      let loads = 0;
      const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
      const all = Promise.all(
        caches.flatMap((one) =>
          keys.map((key) =>
            one.getOrSet(key, async () => {
              loads++;
              await clock.sleep(50);
              return `value of ${key}`;
            }),
          ),
        ),
      );
      await clock.advance("2s");
      equal(
        await all,
        caches.flatMap(() => keys.map((key) => `value of ${key}`)),
      );
      same(loads, keys.length);
    },
    "of a batch only what nobody loads is loaded": async (open) => {
      const { cache, other, clock } = pair(open);
      const loaded = deferred<Map<string, number>>();
      const first = cache.getOrSetMany(["a", "b"], () => loaded.promise);
      await clock.settle();
      const asked: unknown[] = [];
      const second = other.getOrSetMany(["a", "b", "c"], (keys) => {
        asked.push(...keys);
        return keys.map(() => 3);
      });
      await clock.settle();
      loaded.resolve(
        new Map([
          ["a", 1],
          ["b", 2],
        ]),
      );
      await first;
      await clock.advance("1s");
      equal([...(await second).values()], [1, 2, 3]);
      equal(asked, ["c"]);
    },
    "a value whose load began before another process changed its key becomes visible nowhere": async (open) => {
      for (const [what, mutate] of Object.entries(MUTATIONS)) {
        const { cache, other, clock } = pair(open, { coherence: "forever" });
        await other.get("x");
        const loaded = deferred<string>();
        const loading = other.getOrSet("k", () => loaded.promise, { tags: TAGS });
        await clock.settle();
        await mutate(cache);
        loaded.resolve("old");
        same(await loading, "old");
        await clock.settle();
        for (const [who, one] of Object.entries({ cache, other })) {
          ok((await one.get("k")) !== "old", `${what}: in ${who}`);
          await one.evictAll();
          ok((await one.get("k")) !== "old", `${what}: in ${who}, from below`);
        }
      }
    },
    "a set while another process loads stays": async (open) => {
      const { cache, other, clock } = pair(open);
      const loaded = deferred<string>();
      const loading = other.getOrSet("k", () => loaded.promise);
      await clock.settle();
      await cache.set("k", "new");
      loaded.resolve("old");
      await loading;
      await clock.advance("1s");
      equal([await cache.get("k"), await other.get("k")], ["new", "new"]);
    },
    "a load whose value is not to be kept deletes nothing that another process has set since, and else what was there":
      async (open) => {
        const kinds = { "ttl of 0": { ttl: 0 }, "not wanted": { shouldCache: () => false } };
        for (const [what, options] of Object.entries(kinds)) {
          for (const old of [false, true]) {
            for (const isSet of [false, true]) {
              const { cache, other, clock } = pair(open);
              if (old) await cache.set("k", "old", { ttl: 10, grace: "1h" });
              await clock.advance("2s");
              const loaded = deferred<string>();
              const loading = other.getOrSet("k", () => loaded.promise, { grace: "1h", ...options });
              await clock.settle();
              if (isSet) await cache.set("k", "new");
              loaded.resolve("loaded");
              same(await loading, "loaded");
              await clock.advance("2s");
              for (const one of [cache, other]) {
                same(await one.get("k"), isSet ? "new" : undefined, what);
                same((await one.meta("k")) !== undefined, isSet, what);
              }
              same(await cache.getOrSet("k", () => "at once"), isSet ? "new" : "at once", what);
            }
          }
        }
      },
    "a call of many that is aborted before it asks for them keeps no other process from loading": async (open) => {
      const { cache, other, lower, clock } = pair(open, { coherence: 0 });
      await Promise.all([cache, other].map((one) => one.get("k")));
      lower!.faults.fail({ journal: { delay: 5 } });
      const controller = new AbortController();
      const call = cache.getOrSetMany(["a", "b"], (keys) => keys.map(() => "mine"), { signal: controller.signal });
      controller.abort(new RangeError("gone"));
      call.catch(() => {});
      await clock.advance(50);
      const left = other.getOrSetMany(["a", "b"], (keys) => keys.map(() => "theirs"));
      await clock.advance(50);
      same(await stateOf(left, () => clock.settle()), "resolved");
    },
    "a load in its own process that a mutation has overtaken does not hold up the next": async (open) => {
      for (const [what, mutate] of Object.entries(MUTATIONS)) {
        const { cache, clock } = open();
        const loaded = deferred<string>();
        const first = cache.getOrSet("k", () => loaded.promise, { tags: TAGS });
        await clock.settle();
        await mutate(cache);
        const second = cache.getOrSet("k", () => "new", { tags: TAGS });
        await clock.settle();
        if (what !== "tags any" && what !== "tags expire") same(await second, "new", what);
        loaded.resolve("old");
        await first;
        same(await second, "new", what);
        same(await cache.get("k"), "new", what);
      }
    },
    "a holder that dies is replaced when its lease is over": async (open) => {
      for (const lease of ["2s", undefined] as const) {
        const { cache, other, clock } = pair(open, lease ? { lease } : {});
        cache.getOrSet("k", () => new Promise(() => {})).catch(() => {});
        await clock.settle();
        const second = other.getOrSet("k", () => "v");
        await clock.advance(lease ? 1_900 : 9_900);
        same(await stateOf(second, () => clock.settle()), "pending");
        await clock.advance(400);
        same(await second, "v");
      }
    },
    "who takes over from a holder that died has its own time": async (open) => {
      const { cache, peer, clock } = open({ lease: "1s" });
      cache.getOrSet("k", () => new Promise(() => {})).catch(() => {});
      await clock.settle();
      let loads = 0;
      const others = Array.from({ length: 5 }, () =>
        peer!({ lease: "1s" }).getOrSet("k", async () => {
          loads++;
          await clock.sleep(600);
          return "v";
        }),
      );
      await clock.advance("3s");
      equal(await Promise.all(others), ["v", "v", "v", "v", "v"]);
      same(loads, 1);
    },
    "a holder that comes back after it was replaced does not overwrite": async (open) => {
      const { cache, other, clock } = pair(open, { lease: "1s", coherence: "forever" });
      const loaded = deferred<string>();
      const first = cache.getOrSet("k", () => loaded.promise);
      await clock.settle();
      const second = other.getOrSet("k", () => "second");
      await clock.advance("2s");
      same(await second, "second");
      loaded.resolve("first");
      same(await first, "first");
      await clock.settle();
      equal([await cache.get("k"), await other.get("k")], ["second", "second"]);
    },
    "a load that takes longer than its lease is stored when nobody took it": async (open) => {
      const { cache, clock } = open({ lease: "1s" });
      const loading = cache.getOrSet("k", () => clock.sleep("5s").then(() => "v"));
      await clock.advance("6s");
      same(await loading, "v");
      same(await cache.get("k"), "v");
    },
    "who waited for a value keeps no lease on its key": async (open) => {
      const { cache, other, clock } = pair(open, { ttl: "2s" });
      const loaded = deferred<string>();
      const first = cache.getOrSet("k", () => loaded.promise);
      await clock.settle();
      const second = other.getOrSet("k", unwanted);
      await clock.settle();
      loaded.resolve("v");
      await first;
      await clock.advance("1s");
      same(await second, "v");
      await clock.advance("1s");
      const third = cache.getOrSet("k", () => "next");
      same(await stateOf(third, () => clock.settle()), "resolved");
      same(await third, "next");
    },
    "a value that is gone again when it is fetched is loaded": async (open) => {
      const { cache, other, clock, lower } = pair(open, { coherence: 0 });
      const loaded = deferred<string>();
      const first = other.getOrSet("k", () => loaded.promise);
      await clock.settle();
      const { getMany } = lower!;
      Object.assign(lower!, {
        getMany: async (...args: Parameters<typeof getMany>) => {
          const answer = await getMany(...args);
          if (answer.entries[0] && args[1].refresh) await other.delete("k");
          return answer;
        },
      });
      const second = cache.getOrSet("k", () => "again");
      await clock.settle();
      loaded.resolve("v");
      await first;
      await clock.advance("1s");
      same(await second, "again");
    },
    "a load that fails, or is not to be stored, lets the next process load at once": async (open) => {
      const ends: Record<string, (context: { skip(): void; setTtl(ttl: number): void }) => Promise<unknown>> = {
        fails: () => Promise.reject(new Error("no")),
        "gives nothing": async () => undefined,
        skips: async ({ skip }) => skip(),
        "sets no ttl": async ({ setTtl }) => {
          setTtl(0);
          return "unstored";
        },
        "gives what cannot be cached": async () => "v",
      };
      for (const [what, end] of Object.entries(ends)) {
        const { cache, other, clock } = pair(open);
        const go = deferred();
        const first = cache
          .getOrSet("k", (context) => go.promise.then(() => end(context)), {
            ...(what.startsWith("gives what") && { tags: [""] }),
          })
          .catch(() => "failed");
        await clock.settle();
        const second = other.getOrSet("k", () => "second");
        await clock.settle();
        go.resolve();
        await first;
        await clock.advance(300);
        same(await second, "second", what);
      }
    },
    "a load that all callers gave up lets the next process load at once": async (open) => {
      const { cache, other, clock } = pair(open);
      const controller = new AbortController();
      const first = cache.getOrSet("k", () => new Promise(() => {}), { signal: controller.signal });
      await clock.settle();
      const second = other.getOrSet("k", () => "second");
      await clock.settle();
      controller.abort(new Error("enough"));
      await rejects(first, Error);
      await clock.advance(300);
      same(await second, "second");
    },
    "a caller that gives up waiting for another process waits no longer": async (open) => {
      const { cache, other, clock } = pair(open);
      cache.getOrSet("k", () => new Promise(() => {})).catch(() => {});
      await clock.settle();
      const controller = new AbortController();
      const second = other.getOrSet("k", unwanted, { signal: controller.signal });
      await clock.advance(100);
      controller.abort(new Error("enough"));
      await rejects(second, Error);
      await clock.advance("1m");
    },
    "onLeaseTimeout run: takes the lease away and loads": async (open) => {
      const { cache, other, clock } = pair(open, { lease: "1m", leaseTimeout: "2s", coherence: "forever" });
      const loaded = deferred<string>();
      const first = cache.getOrSet("k", () => loaded.promise);
      await clock.settle();
      const second = other.getOrSet("k", () => "second");
      await clock.advance("2s");
      same(await second, "second");
      loaded.resolve("first");
      await first;
      await clock.settle();
      equal([await cache.get("k"), await other.get("k")], ["second", "second"]);
    },
    "a tier that gives a lease to nobody holds up a load for a while, and not for ever": async (open) => {
      const { cache, lower, clock } = open({ leaseTimeout: "1s", coherence: "forever" });
      for (const face of [lower!, lower!.sync] as unknown as Record<string, (...args: unknown[]) => unknown>[]) {
        const getMany = face?.getMany;
        if (getMany)
          face.getMany = (...args) =>
            then(getMany.apply(face, args) as MaybePromise<ReadResult>, (result) => ({
              ...result,
              ...(result.leases && { leases: result.leases.map(() => undefined) }),
            }));
      }
      const first = cache.getOrSet("k", () => "first");
      await clock.advance("900ms");
      same(await stateOf(first, () => clock.settle()), "pending");
      await clock.advance("2s");
      same(await stateOf(first, () => clock.settle()), "resolved");
      same(await first, "first");
      same(await cache.get("k"), undefined);
    },
    "onLeaseTimeout throw: fails with a LoadTimeoutError": async (open) => {
      const { cache, other, clock } = pair(open, { leaseTimeout: "2s", onLeaseTimeout: "throw" });
      cache.getOrSet("k", () => new Promise(() => {})).catch(() => {});
      await clock.settle();
      const second = other.getOrSet("k", unwanted);
      second.catch(() => {});
      await clock.advance("1900ms");
      same(await stateOf(second, () => clock.settle()), "pending");
      await clock.advance("400ms");
      await rejects(second, "LOAD_TIMEOUT");
    },
    "onLeaseTimeout stale: serves the old value within its grace, and loads without one": async (open) => {
      const { cache, other, clock } = pair(open, { leaseTimeout: "1s", onLeaseTimeout: "stale", grace: "1h" });
      await cache.set("k", "old", { ttl: "1s" });
      await clock.advance("1s");
      for (const key of ["k", "without"]) cache.getOrSet(key, () => new Promise(() => {})).catch(() => {});
      await clock.settle();
      const old = other.getOrSet("k", unwanted);
      const none = other.getOrSet("without", () => "loaded");
      await clock.advance("1500ms");
      same(await old, "old");
      same(await none, "loaded");
    },
    "a stale value is served while another process refreshes it, and then its value": async (open) => {
      const { cache, other, clock } = pair(open, { swr: "1h", coherence: 0 });
      await cache.set("k", "old", { ttl: "1s" });
      same(await other.get("k"), "old");
      await clock.advance("1s");
      const refreshed = deferred<string>();
      same(await cache.getOrSet("k", () => refreshed.promise), "old");
      await clock.settle();
      same(await other.getOrSet("k", unwanted), "old");
      refreshed.resolve("new");
      await clock.advance("1s");
      equal([await other.getOrSet("k", unwanted), await cache.get("k")], ["new", "new"]);
    },
    "an entry is refreshed ahead of its end by one process": async (open) => {
      const { cache, other, clock } = pair(open, { refreshAhead: 0.5, coherence: 0 });
      await cache.set("k", "old", { ttl: "10s" });
      same(await other.get("k"), "old");
      await clock.advance("6s");
      const refreshed = deferred<string>();
      same(await cache.getOrSet("k", () => refreshed.promise, { ttl: "10s" }), "old");
      await clock.settle();
      same(await other.getOrSet("k", unwanted, { ttl: "10s" }), "old");
      await clock.settle();
      refreshed.resolve("new");
      await clock.settle();
      equal([await other.getOrSet("k", unwanted), await cache.get("k")], ["new", "new"]);
    },
    "callers who want different versions do not wait for each other in one process": async (open) => {
      const { cache, clock } = open();
      const loaded = deferred<string>();
      const first = cache.getOrSet("k", () => loaded.promise, { version: "1" });
      await clock.settle();
      same(await cache.getOrSet("k", () => "two", { version: "2" }), "two");
      loaded.resolve("one");
      same(await first, "one");
    },
    "with lease false every process loads, and none waits": async (open) => {
      const { cache, other, clock } = pair(open, { lease: false });
      cache.getOrSet("k", () => new Promise(() => {})).catch(() => {});
      await clock.settle();
      same(await other.getOrSet("k", () => "second"), "second");
    },
    "a tier that fails to give a lease does not keep the loader from its work": async (open) => {
      for (const fault of ["reject", "throw"] as const) {
        const { cache, lower } = open();
        lower!.faults.fail(fault);
        same(await cache.getOrSet("k", () => "v"), "v");
        lower!.faults.heal();
      }
    },
    "a tier that has no leases to give now does not hold up a load": async (open) => {
      const { cache, lower } = open();
      const { getMany } = lower!;
      Object.assign(lower!, {
        getMany: async (...args: Parameters<typeof getMany>) => ({ ...(await getMany(...args)), leases: undefined }),
      });
      same(await cache.getOrSet("k", () => "v"), "v");
    },
    "a process whose clock is 10 minutes ahead does not hold others up for longer than twice their own lease time":
      async (open) => {
        const { cache, peer, clock } = open();

        const other = peer!({ clock: fakeClock(clock.now() + 600_000) });
        other.getOrSet("k", () => new Promise(() => {})).catch(() => {});
        await clock.settle();
        const mine = cache.getOrSet("k", () => "v");
        await clock.advance("20s");
        same(await mine, "v");
      },
    "a lease whose answer was lost is given back, and nobody waits for its end": async (open) => {
      const { cache, clock, lower, top, bottom } = open({
        lower: { timeout: 2_000, breaker: false },
        coherence: "forever",
      });
      await cache.has("first");
      lower!.faults.fail({ getMany: { delay: 3_000 } });
      const call = cache.getOrSet("k", () => "not stored");
      await clock.advance(4_000);
      same(await call, "not stored");
      lower!.faults.heal();
      if (top !== bottom) await cache.evict("k");
      const again = cache.getOrSet("k", () => "v");
      same(await stateOf(again, () => clock.settle()), "resolved");
      same((await cache.getEntry("k"))?.value, "v");
    },
    "nothing is left of leases when all has landed": async (open) => {
      const { cache, clock, lower } = open();
      await Promise.all(Array.from({ length: 50 }, (_, i) => cache.getOrSet(`k${i}`, () => i)));
      await cache.getOrSet("fails", () => Promise.reject(new Error("no"))).catch(() => {});
      await clock.settle();
      const { leases: left } = await lower!.getMany(
        Array.from({ length: 50 }, (_, i) => `default:k${i}`).concat("default:fails"),
        { now: clock.now(), lease: 1, refresh: true },
      );
      same(left!.filter((lease) => lease !== undefined).length, 51);
    },
  },
  { shared: true, tags: true },
);
