import { type CacheOptions, type ConfigError, createCache, memory, nullTier } from "../../mod.ts";
import { createRegistry, registry } from "../../src/registry.ts";
import { equal, fakeClock, ok, rejects, same, suite, type TestCase, throws } from "../contract/mod.ts";

const timerless = { sweepInterval: 0 } satisfies CacheOptions;

export const tests: TestCase[] = suite("registry", {
  "finds caches by name, made by it or elsewhere": () => {
    const caches = createRegistry();
    const users = caches.create({ name: "users", ...timerless });
    const other = caches.register(createCache({ name: "other", ...timerless }));
    caches.register(other.namespace("n"), "other's n");
    same(caches.get("users"), users as unknown);
    same(caches.get("other"), other as unknown);
    equal(caches.names(), ["users", "other", "other's n"]);
    equal([caches.has("users"), caches.has("nobody")], [true, false]);
  },
  "advises who asks for a cache that there is not": () => {
    const caches = createRegistry();
    ok((throws(() => caches.get("users"), "CONFIG") as Error).message.includes("there is none"));
    caches.create({ name: "posts", ...timerless });
    ok((throws(() => caches.get("users"), "CONFIG") as Error).message.includes('"posts"'));
  },
  "refuses options that are none": () => {
    for (const none of [undefined, null, 5, "users"] as never[]) throws(() => createRegistry().create(none), "CONFIG");
  },
  "refuses a disable of what are no tags, and is as it was": () => {
    const caches = createRegistry();
    const first = caches.create({ name: "first", ...timerless });
    for (const wrong of [null, 5, { tags: null }, { tags: 5 }, { tags: [""] }, { tags: [5] }] as never[]) {
      throws(() => caches.disable(wrong), "CONFIG");
      throws(() => caches.enable(wrong), "CONFIG");
    }
    const second = caches.create({ name: "second", ...timerless });
    equal([caches.isDisabled, first.isDisabled, second.isDisabled], [false, false, false]);
  },
  "refuses a name that is taken, until its cache is closed": async () => {
    const caches = createRegistry();
    const first = caches.create({ name: "users", ...timerless });
    throws(() => caches.create({ name: "users" }), "CONFIG");
    throws(() => caches.register(createCache({ name: "users" })), "CONFIG");
    await first.close();
    ok((caches.create({ name: "users", ...timerless }) as unknown) !== first);
    for (const name of ["", 1, undefined]) throws(() => caches.create({ name: name as string }), "CONFIG");
    for (const wrong of [undefined, null, { name: "x" }]) throws(() => caches.register(wrong as never), "CONFIG");
  },
  "tells nothing of the cache that had a name before": async () => {
    const caches = createRegistry();
    await caches.create({ name: "users", ttl: 1, ...timerless }).close();
    caches.register(createCache({ name: "users", ...timerless }));
    throws(() => caches.getConfig("users"), "CONFIG");
    equal(caches.getAllConfigs(), {});
  },
  "gives its defaults to the caches that it makes, which may have their own": async () => {
    const caches = createRegistry();
    const clock = fakeClock();
    caches.configure({ ttl: 1_000, clock, sweepInterval: 0 });
    const [a, b] = [caches.create({ name: "a" }), caches.create({ name: "b", ttl: 5 })];
    await a.set("k", 1);
    await b.set("k", 1);
    equal([(await a.meta("k"))?.ttl, (await b.meta("k"))?.ttl], [1_000, 5]);
  },
  "what a cache leaves undefined is that of the registry, and a bound of the memory tier is for caches without tiers":
    async () => {
      const caches = createRegistry();
      caches.configure({ ttl: 1_000, maxEntries: 5, clock: fakeClock(), sweepInterval: 0 });
      const cache = caches.create({ name: "a", ttl: undefined });
      await cache.set("k", 1);
      same((await cache.meta("k"))?.ttl, 1_000);
      same(cache.stats().tiers[0]?.maxEntries, 5);
      const own = caches.create({ name: "b", tiers: [memory({ maxEntries: 7 })] });
      same(own.stats().tiers[0]?.maxEntries, 7);
      same(caches.getConfig("b").maxEntries, undefined);
    },
  "a patch changes what it has, undefined takes back, and a wrong one changes nothing": async () => {
    const caches = createRegistry();
    const clock = fakeClock();
    const ttlOf = async (name: string) => {
      const cache = caches.create({ name, clock, sweepInterval: 0 });
      await cache.set("k", 1);
      return (await cache.meta("k"))?.ttl;
    };
    caches.configure({ ttl: 1_000 });
    caches.configure({ grace: 5 });
    same(await ttlOf("a"), 1_000);
    caches.configure({ ttl: undefined });
    same(await ttlOf("b"), Infinity);
    throws(() => caches.configure({ ttl: 7, grace: -1 }), "CONFIG");
    same(await ttlOf("c"), Infinity);
    for (const option of ["name", "tiers", "scopes"])
      throws(() => caches.configure({ [option]: undefined } as never), "CONFIG");
    throws(() => caches.configure(null as never), "CONFIG");
    for (const maxEntries of [0, -1, Number.NaN, Infinity, true, "5"] as never[])
      same((throws(() => caches.configure({ maxEntries }), "CONFIG") as ConfigError).option, "maxEntries");
  },
  "a library has caches and defaults of its own": async () => {
    const caches = createRegistry();
    caches.configure({ ttl: 1 });
    const library = caches.isolate("lib");
    same(caches.isolate("lib"), library);
    same(library.scope, "lib");
    caches.create({ name: "users", ...timerless });
    const theirs = library.create({ name: "users", ...timerless });
    same(theirs.name, "lib.users");
    equal([library.names(), caches.names()], [["users"], ["users"]]);
    throws(() => caches.isolate("other").get("users"), "CONFIG");
    await theirs.set("k", 1);
    same((await theirs.meta("k"))?.ttl, Infinity);
    for (const name of ["", "a b", "a.b", 1]) throws(() => caches.isolate(name as string), "CONFIG");
  },
  "no two caches have the same name in tiers that they share, whichever registry makes them": async () => {
    const caches = createRegistry();
    const theirs = caches.isolate("lib").create({ name: "users", ...timerless });
    throws(() => caches.create({ name: "lib.users", ...timerless }), "CONFIG");
    caches.isolate("lib").create({ name: "inner.users", ...timerless });
    throws(
      () =>
        caches
          .isolate("lib")
          .isolate("inner")
          .create({ name: "users", ...timerless }),
      "CONFIG",
    );
    await theirs.close();
    same(caches.create({ name: "lib.users", ...timerless }).name, "lib.users");
    caches.reset();
    same(caches.isolate("lib").create({ name: "users", ...timerless }).name, "lib.users");
  },
  "tells the options of its caches without what may be secret": () => {
    const caches = createRegistry();
    const secret = "s3cret";
    const codec = { id: "own", key: secret, encode: () => new Uint8Array(), decode: () => 0 };
    caches.create({
      name: "users",
      ttl: "5m",
      codec,
      sweepInterval: 0,
      logger: { warn() {}, error() {}, token: secret } as never,
      tiers: [
        Object.assign(nullTier(), { client: { url: `redis://u:${secret}@h` }, options: { ttl: "1h", token: secret } }),
      ],
    });
    caches.create({ name: "plain", ...timerless, tiers: [memory({ ttl: Infinity })] });
    caches.register(createCache({ name: "foreign", ...timerless }));
    const config = caches.getConfig("users");
    ok(!JSON.stringify(caches.getAllConfigs()).includes(secret));
    const { name, ttl, codec: id, logger } = config;
    equal([name, ttl, id, logger], ["users", "5m", "own", "[object]"]);
    equal(config.tiers[0]?.options, { ttl: "1h", token: "[string]" });
    equal(Object.keys(caches.getAllConfigs()), ["users", "plain"]);
    throws(() => caches.getConfig("foreign"), "CONFIG");
    throws(() => caches.getConfig("nobody"), "CONFIG");
  },
  "closes all, those of libraries too, and forgets them": async () => {
    const caches = createRegistry();
    const all = [
      caches.create({ name: "a", ...timerless }),
      caches.register(createCache({ name: "b", ...timerless })),
      caches.isolate("lib").create({ name: "c", ...timerless }),
    ];
    await caches.closeAll();
    equal(
      all.map(({ closed }) => closed),
      [true, true, true],
    );
    equal([caches.names(), caches.isolate("lib").names()], [[], []]);
    await caches.closeAll();
  },
  "a wrong timeout is refused before any cache is forgotten": async () => {
    const caches = createRegistry();
    const cache = caches.create({ name: "a", ...timerless });
    await rejects(caches.closeAll({ timeout: "soon" }), "CONFIG");
    await rejects(caches.closeAll(null as never), "CONFIG");
    equal([caches.has("a"), cache.closed], [true, false]);
    await caches.closeAll({ timeout: "1s" });
    same(cache.closed, true);
  },
  "reset forgets caches and defaults, and closes nothing": async () => {
    const caches = createRegistry();
    caches.configure({ ttl: 5 });
    const cache = caches.create({ name: "a", ...timerless });
    const theirs = caches.isolate("lib").create({ name: "b", ...timerless });
    caches.reset();
    equal([cache.closed, theirs.closed, caches.names(), caches.isolate("lib").names()], [false, false, [], []]);
    const again = caches.create({ name: "a", ...timerless });
    await again.set("k", 1);
    same((await again.meta("k"))?.ttl, Infinity);
  },
  "there is one for the program, and it is empty": () => {
    equal([registry.scope, registry.names()], ["", []]);
  },
});
