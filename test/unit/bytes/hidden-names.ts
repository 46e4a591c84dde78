import fc from "fast-check";
import type { Cache } from "../../../mod.ts";
import { createCache, defineScopes, memory } from "../../../mod.ts";
import { encryption, keyRing } from "../../../src/bytes/encryption/mod.ts";
import { NameCipher } from "../../../src/bytes/encryption/name-cipher.ts";
import { bytes } from "../../../src/bytes/mod.ts";
import { streams } from "../../../src/streams/mod.ts";
import type { Tier } from "../../../src/tier.ts";
import { equal, ok, rejects, same } from "../../contract/assert.ts";
import { fakeClock, type MapData, mapData, mapTier } from "../../contract/mod.ts";
import { suite, type TestCase } from "../../contract/suite.ts";
import { entry, NOW } from "./byte-store.ts";
import { keyOf, sealed, store } from "./sealed-store.ts";

const scopes = defineScopes({ organization: { param: "orgId", children: { user: { param: "userId" } } } });

/** A cache whose store is told no names. */
function opened(
  data: MapData,
  ring = keyRing({ current: keyOf(1) }),
  upper: readonly Tier[] = [],
): Cache<typeof scopes> {
  const tier = bytes(mapTier({ data }) as Tier<Uint8Array>, { encryption: encryption(ring, { hashKeys: true }) });
  return createCache({
    name: "app",
    clock: fakeClock(),
    tiers: [...upper, tier],
    scopes,
    ttl: "1h",
    coherence: 0,
    sweepInterval: 0,
  }) as never;
}

/** Every text that the store was given. */
function told(data: MapData): string {
  const entries = [...data.entries].map(([key, { tags, codec }]) => [key, tags, codec]);
  return JSON.stringify([
    entries,
    [...data.tags.keys()],
    [...data.rules.keys()],
    data.journal.map(({ change }) => change),
  ]);
}

export const tests: TestCase[] = suite("hidden names", {
  "the store is told the cache's name and no other": async () => {
    const data = mapData();
    const cache = opened(data);
    await cache.set("user:42", 1, { tags: ["premium"] });
    await cache.namespace("billing").set(["invoice", 7], 2);
    await cache.scope("user", { orgId: "acme", userId: "eve" }).set("profile", 3);
    await cache.invalidateTags(["premium"], { match: "all" });
    await cache.delete("secretkey");
    const text = told(data);
    for (const name of [
      "user",
      "42",
      "premium",
      "billing",
      "invoice",
      "acme",
      "eve",
      "profile",
      "organization",
      "secretkey",
    ])
      ok(!text.includes(name), name);
    for (const key of data.entries.keys()) ok(key.startsWith("app:"));
    await cache.close();
  },
  "clear, size, keys and patterns touch their own space alone": async () => {
    const cache = opened(mapData());
    const [one, two] = [cache.namespace("one"), cache.namespace("two")];
    const inner = one.namespace("inner");
    const spaces = [cache, one, two, inner];
    const fill = async (): Promise<void> => {
      for (const space of spaces) for (const key of ["user:1", "user:2", "other"]) await space.set(key, key);
    };
    await fill();
    equal(await Promise.all(spaces.map((space) => space.size())), [3, 3, 3, 3]);
    equal((await one.keys()).sort(), ["other", "user:1", "user:2"]);
    await one.clear();
    equal(await Promise.all(spaces.map((space) => space.size())), [3, 0, 3, 0]);
    await fill();
    await inner.clear();
    equal(await Promise.all(spaces.map((space) => space.size())), [3, 3, 3, 0]);
    await two.invalidatePattern("user:*");
    equal(await two.keys(), ["other"]);
    equal(await one.size(), 3);
    await cache.clear();
    equal(await Promise.all(spaces.map((space) => space.size())), [0, 0, 0, 0]);
    await cache.close();
  },
  "tags and scopes are invalidated by name": async () => {
    const data = mapData();
    const cache = opened(data);
    const view = (orgId: string, userId: string) => cache.scope("user", { orgId, userId });
    for (const [org, user] of [
      ["acme", "1"],
      ["acme", "2"],
      ["evil", "1"],
    ] as const)
      await view(org, user).set("k", 1, { tags: ["t"] });
    await cache.invalidateScope("user", { orgId: "acme", userId: "1" });
    equal(await Promise.all([view("acme", "1").get("k"), view("acme", "2").get("k"), view("evil", "1").get("k")]), [
      undefined,
      1,
      1,
    ]);
    await cache.invalidateScope("organization", { orgId: "acme" });
    equal(await Promise.all([view("acme", "2").get("k"), view("evil", "1").get("k")]), [undefined, 1]);
    await view("evil", "1").invalidateTags(["t"]);
    same(await view("evil", "1").get("k"), undefined);
    await cache.set("both", 1, { tags: ["a", "b"] });
    await cache.set("one", 1, { tags: ["a"] });
    equal((await cache.meta("both"))?.tags, ["a", "b"]);
    await cache.invalidateTags(["b", "a"], { match: "exact" });
    equal([await cache.get("both"), await cache.get("one")], [undefined, 1]);
    await cache.close();
  },
  "other processes learn by the journal what was changed": async () => {
    const data = mapData();
    const ring = keyRing({ current: keyOf(1) });
    const [mine, theirs] = [opened(data, ring, [memory()]), opened(data, ring, [memory()])];
    const change: Record<string, () => Promise<unknown>> = {
      set: () => theirs.set("k", "new", { tags: ["t"] }),
      delete: () => theirs.delete("k"),
      tag: () => theirs.invalidateTags(["t"]),
      clear: () => theirs.clear(),
      pattern: () => theirs.invalidatePattern("k*"),
    };
    for (const [name, act] of Object.entries(change)) {
      await mine.set("k", "old", { tags: ["t"] });
      same(await mine.get("k"), "old", name);
      await act();
      same(await mine.get("k"), name === "set" ? "new" : undefined, name);
    }
    await mine.close();
    await theirs.close();
  },
  "names stay the same when the ring is rotated": async () => {
    const data = mapData();
    const ring = keyRing({ current: keyOf(1) });
    const cache = opened(data, ring);
    await cache.set("k", 1, { tags: ["t"] });
    await ring.rotate(keyOf(2));
    same(await cache.get("k"), 1);
    await cache.close();
    await ring.drop();
    const again = opened(data, ring);
    same(await again.get("k"), 1);
    await again.close();
    // Another process, which says which key the names have.
    const other = opened(data, keyRing({ current: keyOf(3), previous: [keyOf(2)], names: keyOf(1) }));
    same(await other.get("k"), 1);
    await other.close();
    const unsaid = opened(data, keyRing({ current: keyOf(2), previous: [keyOf(1)] }));
    await rejects(unsaid.set("k", 1), "CONFIG");
    await unsaid.close();
  },
  "a name is one text in one cache and another in others, as key or tag, and behind another name": async () => {
    const ring = keyRing({ current: keyOf(1) });
    const [app, other] = [new NameCipher(ring, "app"), new NameCipher(ring, "other")];
    const texts = await Promise.all([
      app.hide("key", "app:name"),
      app.hide("tag", "app:name"),
      app.hide("key", "app:@name:"),
      app.hide("key", "app:@name:name"),
      app.hide("key", "app:@name:@name:name"),
      app.hide("key", "app/p:name"),
      other.hide("key", "other:name"),
      other.hide("key", "app:name"),
    ]);
    const parts = texts.flatMap((text) =>
      text
        .replace(/^[a-z/]+:/, "")
        .split(":")
        .filter(Boolean)
        .map((part) => part.replace("@", "")),
    );
    // A namespace is the same text wherever it begins.
    same(new Set(parts).size, parts.length - 2);
    same(await new NameCipher(ring, "app").hide("key", "app:name"), texts[0]);
  },
  "any name comes back, and no other": async () => {
    const ring = keyRing({ current: keyOf(1) });
    const [writer, reader] = [new NameCipher(ring, "app"), new NameCipher(ring, "app")];
    const part = fc.string({ unit: "binary", maxLength: 20 });
    const name = fc
      .tuple(fc.constantFrom("", "app:", "app/x:", "@a:", "app:@b:@c:"), part)
      .map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(name, name, async (one, two) => {
        const hidden = await writer.hide("key", one);
        same(await reader.show("key", hidden), one);
        same((await writer.hide("key", two)) === hidden, one === two);
      }),
      { numRuns: 150, seed: 3 },
    );
  },
  "a tag and a key of one name are told apart by every process": async () => {
    for (const order of ["tag first", "key first"]) {
      const data = mapData();
      const [cache, other] = [opened(data), opened(data)];
      if (order === "tag first") await cache.invalidateTags(["name"]);
      await cache.set("name", 1, { tags: ["name"] });
      same(await other.get("name"), 1, order);
      await other.invalidateTags(["name"]);
      same(await cache.get("name"), undefined, order);
    }
  },
  "chunks of streams are counted by no size, and pruned": async () => {
    const cache = opened(mapData());
    const files = streams(cache, { chunkBytes: 1_024 });
    await files.set("k", new Blob([new Uint8Array(3_000)]), { ttl: "1w" });
    equal([await cache.size(), await cache.keys()], [1, ["k"]]);
    await cache.delete("k");
    equal([await files.prune(), await cache.size()], [1, 0]);
  },
  "a name that begins with a byte order mark is listed with it": async () => {
    const data = mapData();
    await opened(data).set("\ufeffname", 1);
    equal(await opened(data).keys(), ["\ufeffname"]);
  },
  "a text that stands for no name is given as it is": async () => {
    const names = new NameCipher(keyRing({ current: keyOf(1) }), "app");
    const hidden = await names.hide("key", "app:@ns:name");
    const forged = `${hidden.slice(0, -1)}${hidden.endsWith("A") ? "B" : "A"}`;
    for (const text of [
      "",
      "app:plain",
      "app:@ns:plain",
      "app:%%%",
      "app:AAAA",
      forged,
      hidden.replace("app:@", "app:@A"),
    ])
      same(await names.show("key", text), text);
  },
  "keys that would be too long once hidden are refused or shortened": async () => {
    const limited = (inner: Tier<Uint8Array>): Tier<Uint8Array> => ({
      ...inner,
      capabilities: { ...inner.capabilities, maxKeyBytes: 300 },
    });
    const { tier, data } = await sealed({ hashKeys: true, wrap: limited });
    const limit = tier.capabilities.maxKeyBytes!;
    ok(limit >= 67 && limit < 300);
    await store(tier, { key: `app:${"k".repeat(limit - 4)}`, entry: entry(1) });
    await rejects(async () => tier.prepare!([{ key: "k".repeat(limit + 1), entry: entry(1) }]), "TIER_LIMIT");
    await rejects(async () => tier.prepare!([{ key: "@a:".repeat(limit / 3), entry: entry(1) }]), "TIER_LIMIT");
    for (const key of data.entries.keys()) ok(key.length <= 300);
    equal((await tier.prune!(10, NOW + 1e9)).length, 1);
  },
  "what the store tells of by hidden names is told by names": async () => {
    let removed: ((key: string) => void) | undefined;
    const rig = await sealed({
      hashKeys: true,
      wrap: (inner) => ({
        ...inner,
        open(context) {
          removed = (key) => {
            context.removed(key, "capacity");
            context.report("corrupt", new RangeError(), key);
          };
          return inner.open?.(context);
        },
      }),
    });
    await store(rig.tier, { key: "app:k", entry: entry(1) });
    const [hidden] = rig.data.entries.keys();
    removed!(hidden!);
    equal([rig.removed, rig.reports.map(({ key }) => key)], [["app:k: capacity"], ["app:k"]]);
  },
});
