import type { Cache } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { SCOPES, type Scoped } from "../cache/scopes.ts";
import { deferred, stateOf } from "../cache/tools.ts";
import { CHANGES } from "./changes.ts";
import { fill, hasJournal, onStacks, type Pair, STACKS, TAGS } from "./pair.ts";

const MARK = "secret-value-1f6c";

/** What the texts of messages say, each item as one. */
function told(parcels: readonly { readonly text: string }[]): { by: string; keys?: string[]; prefix?: string }[] {
  return parcels.flatMap(({ text }) => JSON.parse(text).news);
}

export const tests: TestCase[] = onStacks("bus", STACKS, {
  "what one changes the other drops from its memory when it is told, and not before": async (open, stack) => {
    for (const [what, change] of Object.entries(CHANGES)) {
      const pair = open();
      const { a, b, net, clock, errors } = pair;
      await fill(pair, stack);
      await change(a);
      ok(net.parcels.length > 0, `${what}: nobody is told`);
      same(await b.get("k"), "old", `${what}: before`);
      net.deliver();
      await clock.settle();
      const meta = await b.meta("k", { tier: "memory" });
      ok(!meta || (meta.stale && what.includes("expire")), `${what}: memory has it`);
      same(
        await b.getOrSet("k", () => "new"),
        what.startsWith("touch to a later") && stack.shared ? "old" : "new",
        what,
      );
      if (what !== "clear") same(await b.get("untouched"), 1, what);
      equal(errors, []);
    }
  },
  "what was expired by tag can be served by its grace, what was deleted cannot": async (open, stack) => {
    for (const mode of ["expire", "delete"] as const)
      for (const match of ["any", "all", "exact"] as const) {
        const pair = open({ grace: "1h" });
        const { a, b, net, clock } = pair;
        await fill(pair, stack);
        await a.invalidateTags(TAGS, { mode, match });
        net.deliver();
        await clock.settle();
        same(await b.get("k"), undefined);
        const fails = () => Promise.reject(new Error("down"));
        if (mode === "expire") same(await b.getOrSet("k", fails), "old", match);
        else await rejects(b.getOrSet("k", fails), Error);
      }
  },
  "a namespace is told apart from its neighbours": async (open, stack) => {
    const changes: Record<string, (cache: Cache) => Promise<unknown>> = {
      clear: (cache) => cache.clear(),
      delete: (cache) => cache.delete("k"),
      pattern: (cache) => cache.invalidatePattern("k*"),
      tags: (cache) => cache.invalidateTags("t"),
      "tags, exact": (cache) => cache.invalidateTags(TAGS, { match: "exact" }),
    };
    for (const [what, change] of Object.entries(changes)) {
      const pair = open();
      const { a, b, net, clock } = pair;
      for (const space of ["", "one", "two"]) await fill(pair, stack, space);
      await change(a.namespace("one"));
      net.deliver();
      await clock.settle();
      same(await b.namespace("one").get("k"), undefined, what);
      same(await b.namespace("two").get("k"), "old", what);
      same(await b.get("k"), "old", what);
    }
  },
  "a scope is told apart from its neighbours": async (open, stack) => {
    const { a, b, net, clock } = open({ scopes: SCOPES as never }) as Pair & { a: Scoped; b: Scoped };
    for (const orgId of ["acme", "acm"])
      for (const cache of [a, b])
        if (cache === a || !stack.shared) await cache.scope("user", { orgId, userId: 1 }).set("k", orgId);
    for (const orgId of ["acme", "acm"]) same(await b.scope("user", { orgId, userId: 1 }).get("k"), orgId);
    net.parcels.length = 0;
    await a.invalidateScope("organization", { orgId: "acme" });
    same(await b.scope("user", { orgId: "acme", userId: 1 }).get("k"), "acme");
    net.deliver();
    await clock.settle();
    same(await b.scope("user", { orgId: "acme", userId: 1 }).get("k"), undefined);
    same(await b.scope("user", { orgId: "acm", userId: 1 }).get("k"), "acm");
  },
  "caches of another name or prefix have another channel, namespaces the same": async (open) => {
    const { a, b, net, more } = open();
    const others = [more({ name: "other" }), more({ prefix: "v2" })];
    for (const cache of [a, b, ...others]) await cache.namespace("n").get("k");
    equal(
      net.joined,
      ["default:", "default:", "other:", "default/v2:"].map((name) => `tiercel:${name}`),
    );
  },
  "no message carries a value": async (open) => {
    const { a, b, net, clock } = open({ swr: "1m", negativeTtl: "1m" });
    const value = { [MARK]: MARK, list: [MARK] };
    for (const view of [a, a.namespace("n")]) {
      await view.set("k", value, { tags: TAGS });
      await view.setMany([{ key: "l", value, tags: TAGS }]);
      await view.getOrSet("m", () => value, { ttl: "1s", tags: () => TAGS });
      await view.getOrSetMany(["o", "p"], (keys) => keys.map(() => value));
      await view.getOrSet("n", () => value, { ttl: 0 });
      await view.getOrSet("fails", () => Promise.reject(new Error(MARK))).catch(() => {});
      await clock.advance("2s");
      await view.getOrSet("m", () => value);
      await clock.settle();
      await view.touch("k", { ttl: "1h" });
      await view.invalidateTags("t", { mode: "expire" });
      await view.invalidatePattern("l*");
      await view.evict("o");
      await view.delete("p");
      await view.clear();
    }
    await b.get("k");
    ok(net.parcels.length > 10);
    for (const { text } of net.parcels) ok(!text.includes(MARK), text);
  },
  "evictions, expiry, promotion and reads are told to nobody": async (open, stack) => {
    const pair = open();
    const { a, b, net, clock } = pair;
    await fill(pair, stack);
    await a.set("short", 1, { ttl: "1s" });
    net.parcels.length = 0;
    await a.evict("k");
    await a.get("k");
    await a.evictAll();
    await a.getMany(["k", "untouched"]);
    for (const { name } of a.stats().tiers) await a.evict("k", { tier: name });
    await clock.advance("2s");
    await a.prune();
    await a.keys();
    await a.size();
    await a.has("k");
    equal(net.parcels, []);
    same(await b.get("k"), "old");
  },
  "what is told is never told on": async (open, stack) => {
    for (const change of Object.values(CHANGES)) {
      const pair = open();
      const { a, net, clock, more } = pair;
      await fill(pair, stack);
      await more().get("k");
      await change(a);
      net.deliver();
      await clock.settle();
      equal(net.parcels, []);
    }
  },
  "one's own messages do no harm": async (open, stack) => {
    const pair = open();
    const { a, net, clock, more } = pair;
    await fill(pair, stack);
    await a.set("k", "new");
    net.deliver();
    await clock.settle();
    same((await a.meta("k"))?.tier, "memory");
    // Another one with the same random numbers is somebody else.
    const c = more();
    await c.get("k");
    await c.delete("k");
    net.deliver();
    await clock.settle();
    same(await a.get("k"), undefined);
  },
  "a load under way is neither published nor joined when its key is changed": async (open, stack) => {
    for (const [what, change] of Object.entries(CHANGES)) {
      // These concern what is there.
      if (/touch|Pattern/.test(what) && stack.shared) continue;
      const { a, b, net, clock } = open({ lease: false });
      if (!stack.shared) {
        await a.set("k", "older", { tags: TAGS });
        net.parcels.length = 0;
      }
      const loaded = deferred<string>();
      const first = b.getOrSet("k", () => loaded.promise, { tags: TAGS });
      await clock.settle();
      await change(a);
      net.deliver();
      await clock.settle();
      const second = b.getOrSet("k", () => "new", { tags: TAGS });
      await clock.settle();
      loaded.resolve("old");
      same(await first, "old", `${what}: its own caller gets what it waited for`);
      same(await second, "new", what);
      ok((await b.get("k")) !== "old", `${what}: published`);
    }
  },
  "loads are told where others may wait for them or have followed a journal, and to nobody else": async (
    open,
    stack,
  ) => {
    const { a, net } = open();
    await a.getOrSet("k", () => 1);
    const news = told(net.parcels);
    if (stack.name === "memory" || stack.name === "memory+plain") equal(news, []);
    else equal(news, [{ by: "loads", keys: ["k"] }]);
  },
  "memories that load the same key do not empty each other": async (open) => {
    const { a, b, net, clock } = open();
    for (let i = 0; i < 3; i++) {
      let loads = 0;
      for (const cache of [a, b]) {
        await cache.getOrSet("k", () => ++loads);
        net.deliver();
        await clock.settle();
      }
      ok(i === 0 || loads === 0, `${loads} loads`);
    }
  },
  "it is said when the change is done, before whoever made it goes on": async (open, stack) => {
    const pair = open();
    const { a, net, clock, lower } = pair;
    await fill(pair, stack);
    if (stack.shared && stack.name !== "memory+map") {
      lower[0]!.faults.fail({ setMany: "hang" });
      const set = a.set("k", "new");
      await clock.settle();
      equal(net.parcels, []);
      lower[0]!.faults.heal();
      lower[0]!.faults.release();
      await set;
      same(net.parcels.length, 1);
    }
    for (const change of Object.values(CHANGES)) {
      await a.set("k", "old", { tags: TAGS });
      net.parcels.length = 0;
      await change(a);
      ok(net.parcels.length > 0);
    }
  },
  "what is changed in one turn is one message, and large batches are several": async (open, stack) => {
    const { a, net } = open();
    await Promise.all(Array.from({ length: 50 }, (_, i) => a.set(`k${i % 25}`, i)));
    ok(net.parcels.length <= (stack.shared ? 50 : 1), `${net.parcels.length} messages`);
    equal(new Set(told(net.parcels).flatMap(({ keys }) => keys)).size, 25);
    net.parcels.length = 0;
    await a.deleteMany(Array.from({ length: 2_500 }, (_, i) => `k${i}`));
    equal(
      told(net.parcels).map(({ keys }) => keys!.length),
      [1_000, 1_000, 500],
    );
  },
  "what is not told does not stay longer than the bound where there is a journal": async (open, stack) => {
    if (!hasJournal(stack)) return;
    for (const [what, change] of Object.entries(CHANGES)) {
      const pair = open({ coherence: "1s" });
      const { a, b, clock } = pair;
      await fill(pair, stack);
      await change(a);
      await clock.advance("1s");
      await b.has("any");
      const meta = await b.meta("k", { tier: "memory" });
      ok(!meta || (meta.stale && what.includes("expire")), what);
    }
  },
  "who waits for the load of another is woken": async (open, stack) => {
    if (!stack.tags) return;
    const { a, b, net, clock } = open();
    const loaded = deferred<string>();
    const first = a.getOrSet("k", () => loaded.promise);
    await clock.settle();
    const second = b.getOrSet("k", () => "another");
    await clock.advance("5s");
    loaded.resolve("v");
    same(await first, "v");
    same(await stateOf(second, clock.settle), "pending");
    net.deliver();
    same(await stateOf(second, clock.settle), "resolved");
    same(await second, "v");
  },
  "a change that a tier failed in is told, one that was refused is not": async (open, stack) => {
    const pair = open({ onError: "throw" });
    const { a, net, lower, clock } = pair;
    await fill(pair, stack);
    await rejects(a.set("k", undefined), "VALUE");
    await rejects(a.set("k", 1, { ttl: "soon" }), "CONFIG");
    equal(net.parcels, []);
    if (!stack.shared) return;
    for (const [what, change] of Object.entries(CHANGES)) {
      if (what.includes("Pattern")) continue;
      lower[0]!.faults.fail("reject");
      await change(a).catch(() => {});
      ok(net.parcels.length > 0, what);
      lower[0]!.faults.heal();
      await clock.advance("10s");
      await a.set("k", "old", { tags: TAGS });
      net.parcels.length = 0;
    }
  },
  "a closed cache is told nothing and says nothing": async (open, stack) => {
    const pair = open();
    const { a, b, net, clock, errors } = pair;
    await fill(pair, stack);
    same(net.joined.length, 2);
    await a.delete("k");
    await b.close();
    await b.close();
    same(net.joined.length, 1);
    net.deliver();
    net.miss();
    await clock.settle();
    await a.set("k", 1);
    await a.close();
    equal(net.joined, []);
    equal(errors, []);
  },
  "a cache that is not used joins nothing": async (open) => {
    const { a, net } = open();
    same(net.opened, 0);
    await a.close();
    same(net.opened, 0);
  },
});
