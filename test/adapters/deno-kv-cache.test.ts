// What a user of the cache sees over Deno KV, and what is in the database then.
import { denoKv } from "../../adapters/deno-kv.ts";
import { ConfigError, createCache, StoreOpenError } from "../../mod.ts";
import { equal, ok, rejects, same, throws } from "../contract/mod.ts";
import { kvTest, listed, newPath, onKv, openCache, openRaw, type RawKv, reason } from "./deno-kv-fixture.ts";

kvTest("denoKv keeps entries, tags and deadlines in its file", async () => {
  const { path, remove } = newPath();
  const first = openCache(path);
  await first.cache.set("tagged", { n: [1, new Uint8Array([2])] }, { tags: ["t"], ttl: "1h" });
  await first.cache.set("large", "l".repeat(200_000));
  await first.cache.close();
  const { cache, errors } = openCache(path);
  equal(await cache.get("tagged"), { n: [1, new Uint8Array([2])] });
  same((await cache.meta("tagged"))?.ttl, 3_600_000);
  same(await cache.get("large"), "l".repeat(200_000));
  await cache.invalidateTags(["t"]);
  same(await cache.get("tagged"), undefined);
  await cache.close();
  equal(errors, []);
  remove();
});

onKv("denoKv: what one process changes, another no longer serves from memory", async (kv) => {
  const [one, other] = [openCache(kv), openCache(kv)];
  const keys = ["set", "deleted", "tagged", "cleared/1"];
  const read = (): Promise<unknown[]> => Promise.all(keys.map((key) => other.cache.get(key)));
  for (const key of keys) await one.cache.set(key, "old", { tags: [key] });
  equal(await read(), ["old", "old", "old", "old"]);
  await one.cache.set("set", "new");
  await one.cache.delete("deleted");
  await one.cache.invalidateTags(["tagged"]);
  await one.cache.invalidatePattern("cleared/*");
  equal(await read(), ["new", undefined, undefined, undefined]);
  equal([one.errors, other.errors], [[], []]);
  await Promise.all([one.cache.close(), other.cache.close()]);
});

onKv("denoKv: clear touches this cache alone, and nothing of others in the database", async (kv) => {
  await kv.set(["users", 1], "theirs");
  await kv.set(["tiercel2", "entry", "a:k"], "theirs");
  const [one, other] = [openCache(kv, { name: "one" }), openCache(kv, { name: "other" })];
  const third = openCache(kv, { name: "one" }, { prefix: "elsewhere" });
  for (const [index, { cache }] of [one, other, third].entries()) await cache.set("k", index);
  await one.cache.clear();
  equal([await one.cache.get("k"), await other.cache.get("k"), await third.cache.get("k")], [undefined, 1, 2]);
  equal((await listed(kv, "users")).length + (await listed(kv, "tiercel2")).length, 2);
  for (const { cache } of [one, other, third]) await cache.close();
  await kv.get(["users", 1]);
});

onKv("denoKv: a large value is in parts, none of which is left when it is shorter, deleted or cleared", async (kv) => {
  const { cache, clock, errors } = openCache(kv);
  const parts = async (): Promise<number> => (await listed(kv, "tiercel", "part")).length;
  const large = "l".repeat(600_000);
  await cache.set("k", large, { ttl: "1h" });
  ok((await parts()) >= 9, "600,000 bytes do not fit into fewer parts");
  await cache.touch("k", { ttl: "2h" });
  await cache.evictAll();
  await clock.advance("90m");
  same(await cache.get("k"), large);
  await cache.set("k", "s".repeat(70_000));
  same(await parts(), 2);
  await cache.set("k", "small");
  same(await parts(), 0);
  for (const remove of [() => cache.delete("k"), () => cache.clear()]) {
    await cache.set("k", large);
    await remove();
    equal([await parts(), await listed(kv, "tiercel", "entry")], [0, []]);
  }
  equal(errors, []);
  await cache.close();
});

onKv("denoKv: a batch that is too large for one atomic operation is written all the same", async (kv) => {
  const { cache, errors } = openCache(kv);
  const long = (n: number): string => `${n}:${"k".repeat(900)}`;
  const items = Array.from({ length: 250 }, (_, n) => ({ key: long(n), value: `${n}`.padEnd(20_000, ".") }));
  await cache.setMany(items);
  await cache.evictAll();
  const found = await cache.getMany(items.map(({ key }) => key));
  equal(
    items
      .filter(({ key, value }) => (found as Map<unknown, unknown>).get(key) !== value)
      .map(({ key }) => key.slice(0, 5)),
    [],
  );
  await cache.deleteMany(items.map(({ key }) => key));
  equal(await listed(kv, "tiercel", "entry"), []);
  equal(errors, []);
  await cache.close();
});

onKv("denoKv: tags may be many, and longer than its keys", async (kv) => {
  const { cache, errors } = openCache(kv);
  const tags = Array.from({ length: 60 }, (_, n) => `${n}`.padEnd(n % 2 === 0 ? 5 : 3_000, "t"));
  for (const tag of [tags[0]!, tags[59]!]) {
    await cache.set("k", 1, { tags });
    await cache.set("other", 1, { tags: tags.slice(1, 59) });
    await cache.invalidateTags([tag]);
    equal([await cache.get("k"), await cache.get("other")], [undefined, 1]);
  }
  await cache.invalidateTags(tags);
  same(await cache.get("other"), undefined);
  equal(errors, []);
  await cache.close();
});

onKv("denoKv: the store itself keeps entries until they are over, rounded up, and no longer", async (kv) => {
  const asked: unknown[] = [];
  const listening = new Proxy(kv, {
    get(target, name) {
      const method = Reflect.get(target, name, target);
      if (name !== "atomic") return typeof method === "function" ? method.bind(target) : method;
      return () => {
        const atomic = target.atomic();
        const set = atomic.set.bind(atomic);
        atomic.set = (key, value, options) => {
          if (key[1] === "entry" || key[1] === "part") asked.push(options?.expireIn);
          return set(key, value, options);
        };
        return atomic;
      };
    },
  });
  const { cache } = openCache(listening);
  await cache.set("short", 1, { ttl: 1_500, grace: 500 });
  await cache.set("forever", 1);
  await cache.set("ages", 1, { ttl: "100000d" });
  await cache.set("large", "l".repeat(70_000), { ttl: 1_000 });
  equal(asked, [2_000, undefined, undefined, 1_000, 1_000, 1_000]);
  await cache.close();
});

kvTest("denoKv: a handle of the caller stays open, and is the tier's client; one of ours is closed", async () => {
  const kv = await openRaw(":memory:");
  const { cache } = openCache(kv);
  same(cache.tier("deno-kv").client, kv);
  await cache.close();
  equal(await listed(kv, "x"), []);
  kv.close();
  const own = openCache(":memory:");
  await own.cache.set("k", 1);
  const { client } = own.cache.tier("deno-kv");
  await own.cache.close();
  await rejects(() => (client as RawKv).get(["x"]), Error);
});

kvTest(
  "denoKv options: a wrong option is a ConfigError that names it",
  () => {
    const wrong: Record<string, unknown> = {
      prefix: "",
      name: "",
      ttl: "soon",
      write: "never",
      breaker: true,
      timeout: 0,
    };
    for (const [option, value] of Object.entries(wrong)) {
      const error = throws(() => denoKv("cache.kv", { [option]: value }), ConfigError) as ConfigError;
      same(error.option, option);
    }
    for (const prefix of ["p".repeat(101), "a\0b", "\ud800"]) throws(() => denoKv("cache.kv", { prefix }), ConfigError);
    for (const target of ["", 7, {}, null, { getMany() {} }]) throws(() => denoKv(target as string), ConfigError);
    const { journal, durable, shared } = denoKv(":memory:").capabilities;
    equal([journal, durable, shared], [false, false, false]);
  },
  false,
);

kvTest(
  "denoKv: where there is no Deno KV the cache cannot be made, unless it is given one",
  () => {
    const error = throws(() => createCache({ tiers: [denoKv()] }), StoreOpenError);
    ok(error.message.includes("must be Deno"), error.message);
  },
  reason === false ? "this is Deno" : false,
);
