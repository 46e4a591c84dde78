// The whole cache over a folder.
import { test } from "node:test";
import { files } from "../../adapters/files.ts";
import { memory } from "../../mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { filesIn, inFolder, openCache } from "./files-fixture.ts";

test("what was set is there for the next process, with the time that it has left", () =>
  inFolder(async (folder) => {
    const first = openCache({ tiers: [memory(), files(folder.store)] });
    await first.cache.set("k", { v: 1 }, { ttl: 10_000 });
    await first.cache.set("forever", "x");
    await first.cache.close();
    const next = openCache({ tiers: [memory(), files(folder.store)] });
    equal(await next.cache.get("k"), { v: 1 });
    await next.clock.advance(9_999);
    equal(await next.cache.get("k"), { v: 1 });
    await next.clock.advance(1);
    same(await next.cache.get("k"), undefined);
    same(await next.cache.get("forever"), "x");
    await next.cache.close();
  }));

test("an invalidation by tag holds in the process that makes it, in memory and in the folder", () =>
  inFolder(async (folder) => {
    const { cache, errors } = openCache({ tiers: [memory(), files(folder.store)] });
    await cache.set("a", 1, { tags: ["t"] });
    await cache.set("b", 2, { tags: ["u"] });
    await cache.invalidateTags(["t"]);
    equal([await cache.get("a"), await cache.get("b")], [undefined, 2]);
    await cache.evictAll();
    equal([await cache.get("a"), await cache.get("b")], [undefined, 2]);
    await cache.set("c", 3, { tags: ["t", "u"] });
    await cache.invalidateTags(["t", "u"], { match: "all" });
    await cache.evictAll();
    equal([await cache.get("c"), await cache.get("b")], [undefined, 2]);
    equal(errors, []);
    await cache.close();
  }));

test("entries with tags that an earlier process wrote are misses, as nobody remembers what it invalidated", () =>
  inFolder(async (folder) => {
    const first = openCache({ tiers: [files(folder.store)] });
    await first.cache.set("tagged", 1, { tags: ["t"] });
    await first.cache.set("plain", 1);
    await first.cache.close();
    const next = openCache({ tiers: [files(folder.store)] });
    await next.clock.advance(1);
    const later = openCache({ tiers: [files(folder.store)], clock: next.clock });
    equal([await later.cache.get("tagged"), await later.cache.get("plain")], [undefined, 1]);
    await next.cache.close();
    await later.cache.close();
  }));

test("two caches on one folder see each other's writes and deletions, and clear only their own", () =>
  inFolder(async (folder) => {
    const [one, two] = [folder.open(), folder.open()];
    const other = folder.open({}, { name: "other", tiers: [files(folder.store)] });
    await one.cache.set("k", "of one");
    await other.cache.set("k", "of other");
    same(await two.cache.get("k"), "of one");
    await two.cache.set("k", "of two");
    same(await one.cache.get("k"), "of two");
    same(await two.cache.delete("k"), true);
    same(await one.cache.get("k"), undefined);
    await one.cache.set("k", 1);
    await two.cache.clear();
    equal([await one.cache.get("k"), await other.cache.get("k")], [undefined, "of other"]);
    equal([one.errors, two.errors, other.errors], [[], [], []]);
  }));

test("a touch moves the end of an entry in the folder", () =>
  inFolder(async (folder) => {
    const { cache, clock } = folder.open();
    await cache.set("k", "v", { ttl: 1_000 });
    await clock.advance(500);
    same(await cache.touch("k", { ttl: 1_000 }), true);
    await clock.advance(999);
    same(await cache.get("k"), "v");
    await clock.advance(1);
    same(await cache.get("k"), undefined);
    same(await cache.touch("k", { ttl: 1_000 }), false);
  }));

test("a sweep removes the files of what is over, a bounded number at a time", () =>
  inFolder(async (folder) => {
    const { cache, clock } = folder.open();
    const brief = Array.from({ length: 300 }, (_, value) => ({ key: `brief${value}`, value }));
    await cache.setMany(brief, { ttl: 1_000 });
    await cache.setMany(
      Array.from({ length: 800 }, (_, value) => ({ key: `long${value}`, value })),
      { ttl: "1h" },
    );
    await clock.advance(1_000);
    const first = await cache.prune();
    ok(first.length > 0 && first.length < 300, `one call looks at a part: ${first.length}`);
    const pruned = new Set(first);
    for (let call = 0; call < 5; call++) for (const key of await cache.prune()) pruned.add(key);
    same(pruned.size, 300);
    same(filesIn(folder.store).length, 800);
    same(await cache.size(), 800);
  }));

test("ten writes of one key at once end with the last, in memory and in the folder", () =>
  inFolder(async (folder) => {
    const { cache } = openCache({ tiers: [memory(), files(folder.store)] });
    await Promise.all(Array.from({ length: 10 }, (_, value) => cache.set("k", value)));
    await cache.evictAll();
    same(await cache.get("k"), 9);
    await Promise.all([cache.set("k", 10), cache.delete("k"), cache.set("k", 11), cache.delete("k")]);
    await cache.evictAll();
    same(await cache.get("k"), undefined);
    await cache.close();
  }));

test("writes that wait for the disk are there too", () =>
  inFolder(async (folder) => {
    const { cache, errors } = folder.open({ fsync: true });
    await cache.setMany([1, 2, 3].map((value) => ({ key: `k${value}`, value })));
    same(await cache.get("k2"), 2);
    equal(errors, []);
  }));
