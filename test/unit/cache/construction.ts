import type { CacheOptions, MemoryOptions, Tier, TierOptions } from "../../../mod.ts";
import { ConfigError, createCache, defineTier, memory, nullTier } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, fakeClock, mapData, mapTier, ok, rejects, same, suite, throws } from "../../contract/mod.ts";
import { gather } from "./tools.ts";

const NUMBERS = [0, -1, 1.5, Number.NaN, "5", true, {}] as never[];

/** Wrong options of a cache: option, value, and what else the call needs. */
const WRONG: [string, CacheOptions][] = [
  ...["", "a b", "a/b", "a:b", "é", "x".repeat(65), 5].map((name) => ["name", { name }] as [string, CacheOptions]),
  ...[5, "a\0", "\ud800", {}].map((prefix) => ["prefix", { prefix }] as unknown as [string, CacheOptions]),
  ...["ttl", "grace", "swr", "softTimeout", "hardTimeout", "negativeTtl", "sweepInterval"].flatMap((option) =>
    ["soon", "", "5", "-5m", "5 m", Number.NaN, true, {}, [], () => 5].map(
      (value) => [option, { [option]: value }] as [string, CacheOptions],
    ),
  ),
  ...["grace", "swr", "softTimeout", "hardTimeout", "negativeTtl", "sweepInterval", "earlyRefresh"].map(
    (option) => [option, { [option]: -1 }] as [string, CacheOptions],
  ),
  ...["jitter", "refreshAhead"].flatMap((option) =>
    [-0.1, 1.1, Number.NaN, "0.5", true, null, () => 1].map(
      (value) => [option, { [option]: value }] as [string, CacheOptions],
    ),
  ),
  ...[Number.NaN, "1", true, null].map(
    (earlyRefresh) => ["earlyRefresh", { earlyRefresh }] as unknown as [string, CacheOptions],
  ),
  ...["ignore", "", true].map((onError) => ["onError", { onError }] as unknown as [string, CacheOptions]),
  ...[5, {}].map((version) => ["version", { version }] as unknown as [string, CacheOptions]),
  ...["yes", {}].map((waitUntil) => ["waitUntil", { waitUntil }] as unknown as [string, CacheOptions]),
  ...[0.5, {}].map((random) => ["random", { random }] as unknown as [string, CacheOptions]),
  ...[5, {}, { now: () => 1 }].map((clock) => ["clock", { clock }] as unknown as [string, CacheOptions]),
  ...["console", {}, { warn() {} }].map((logger) => ["logger", { logger }] as unknown as [string, CacheOptions]),
  ...NUMBERS.map((maxEntries) => ["maxEntries", { maxEntries }] as [string, CacheOptions]),
  ["maxEntries", { maxEntries: Infinity }],
  ["maxEntries", { maxEntries: 5, tiers: [memory()] }],
  ...[[], {}, "redis", [undefined], [{}], [memory(), memory()], [memory({ name: "a" }), memory({ name: "b" })]].map(
    (tiers) => ["tiers", { tiers }] as unknown as [string, CacheOptions],
  ),
  ["tiers", { tiers: [memory(), defineTier(mapTier({ name: "memory" }))] }],
  ["tiers", { tiers: [memory({ name: "a" }), defineTier(mapTier({ name: "b" })), memory({ name: "a" })] }],
];

const WRONG_MEMORY: [string, MemoryOptions][] = [
  ...NUMBERS.map((maxEntries) => ["maxEntries", { maxEntries }] as [string, MemoryOptions]),
  ...NUMBERS.map((maxBytes) => ["maxBytes", { maxBytes }] as [string, MemoryOptions]),
  ["maxEntries", { maxEntries: Infinity }],
  ...[null, 5, "10", () => 1].map((options) => ["options", options as never] as [string, MemoryOptions]),
  ["sizeOf", { sizeOf: 5 } as never],
  ["name", { name: "" }],
  ["name", { name: 5 } as never],
];

const WRONG_TIER: [string, TierOptions][] = [
  ...([0, -1, "0s", "soon", Number.NaN, true] as never[]).map((ttl) => ["ttl", { ttl }] as [string, TierOptions]),
  ...([0, -1, "soon", Number.NaN, true] as never[]).map((timeout) => ["timeout", { timeout }] as [string, TierOptions]),
  ...(["later", "", true] as never[]).map((write) => ["write", { write }] as [string, TierOptions]),
  ...([true, 5, "off"] as never[]).map((breaker) => ["breaker", { breaker }] as [string, TierOptions]),
  ...([0, -1, Number.NaN, "5"] as never[]).map(
    (failures) => ["breaker.failures", { breaker: { failures } }] as [string, TierOptions],
  ),
  ...([0, -1, Number.NaN, "soon"] as never[]).flatMap((span) => [
    ["breaker.window", { breaker: { window: span } }] as [string, TierOptions],
    ["breaker.cooldown", { breaker: { cooldown: span } }] as [string, TierOptions],
  ]),
];

/** Holds when making it fails with the option's name, and an error that says what was received. */
function refuses(option: string, make: () => unknown, what: unknown): void {
  let error: unknown;
  try {
    make();
  } catch (reason) {
    error = reason;
  }
  ok(error instanceof ConfigError, `${option} ${show(what)} must be refused: received ${error}`);
  same(error.option, option, show(what));
  same(error.code, "CONFIG");
  ok(error.message.includes(option), error.message);
}

function show(what: unknown): string {
  return typeof what === "object" && what !== null
    ? Object.entries(what)
        .map(([name, value]) => `${name} ${Array.isArray(value) ? value.length : show(value)}`)
        .join(", ")
    : String(what);
}

export const tests: TestCase[] = suite("createCache", {
  "works without options: bounded memory": async () => {
    const cache = createCache();
    same(cache.name, "default");
    const { tiers } = cache.stats();
    equal([tiers.length, tiers[0]!.name, tiers[0]!.maxEntries], [1, "memory", 10_000]);
    await cache.set("k", 1);
    same(await cache.get("k"), 1);
    await cache.close();
  },
  "memory is bounded by default": async () => {
    const cache = createCache({ sweepInterval: 0 });
    await cache.setMany(Array.from({ length: 10_050 }, (_, i) => ({ key: `k${i}`, value: i })));
    same(await cache.size(), 10_000);
    await cache.close();
  },
  "maxEntries bounds the default memory": async () => {
    const cache = createCache({ maxEntries: 2 });
    await cache.setMany(["a", "b", "c"].map((key) => ({ key, value: 1 })));
    same(await cache.size(), 2);
    await cache.close();
  },
  "every wrong option is refused by its name": () => {
    for (const [option, options] of WRONG) refuses(option, () => createCache(options), options);
  },
  "what is no options at all is refused": () => {
    for (const options of [null, 5, "name", true] as never[]) refuses("options", () => createCache(options), options);
  },
  "every wrong option of memory is refused by its name": () => {
    for (const [option, options] of WRONG_MEMORY)
      refuses(option, () => createCache({ tiers: [memory(options)] }), options);
  },
  "every wrong option of a tier is refused, be it memory alone or in a stack": () => {
    for (const [option, options] of WRONG_TIER) {
      // Memory alone has no budget and no breaker.
      if (["ttl", "write"].includes(option)) refuses(option, () => createCache({ tiers: [memory(options)] }), options);
      refuses(option, () => createCache({ tiers: [memory(options), defineTier(mapTier())] }), options);
      refuses(option, () => createCache({ tiers: [memory(), defineTier(mapTier(options))] }), options);
    }
  },
  "a tier is part of one cache only": () => {
    const tier = memory();
    createCache({ tiers: [tier] });
    const shared = defineTier(mapTier());
    createCache({ tiers: [memory(), shared] });
    for (const tiers of [[tier], [memory({ name: "m" }), tier, defineTier(mapTier())], [memory(), shared]]) {
      refuses("tiers", () => createCache({ tiers }), "a used tier");
    }
  },
  "what is wrong with the tiers is said, and at which place": () => {
    const used = memory();
    createCache({ tiers: [used] });
    const map = () => defineTier(mapTier());
    const wrong: [unknown, string][] = [
      [5, "tiers as it must be a non-empty array: received 5"],
      [null, "tiers as it must be a non-empty array: received null"],
      [[], "tiers as it must be a non-empty array: received an array"],
      [[memory(), undefined], "tiers[1] as it must be a tier: received undefined"],
      [[memory(), null], "tiers[1] as it must be a tier: received null"],
      [[memory(), false], "tiers[1] as it must be a tier: received false"],
      [["memory", map()], 'tiers[0] as it must be a tier: received "memory"'],
      [[memory], "tiers[0] as it must be a tier: received a function"],
      [[memory(), map(), {}], "tiers[2] as it must be a tier: received an object"],
      [[memory(), memory({ name: "second" })], "at most one memory() without a tier of an adapter or defineTier"],
      [[{ ...mapTier() }, memory()], "without a tier of an adapter or defineTier"],
      [[used, map()], "tiers as it must be of this cache alone"],
      [[memory(), defineTier(mapTier({ name: "memory" }))], "names must differ"],
    ];
    for (const [tiers, text] of wrong) {
      const error = throws(() => createCache({ tiers: tiers as Tier[] }), ConfigError) as ConfigError;
      same(error.option, "tiers");
      ok(error.message.includes(text), error.message);
    }
  },
  "what is no tier is refused by defineTier": () => {
    for (const tier of [undefined, null, 5, {}, memory]) refuses("tier", () => defineTier(tier as never), tier);
    refuses("capabilities", () => defineTier({ ...mapTier(), capabilities: undefined } as never), "no capabilities");
  },
  "tiers that were refused may be used, when the mistake is mended": async () => {
    const tiers = [memory(), defineTier(mapTier())];
    throws(() => createCache({ tiers: [...tiers, undefined] as never }), ConfigError);
    await createCache({ tiers }).close();
  },
  "options that are changed afterwards change nothing": async () => {
    const clock = fakeClock();
    const options = { ttl: 1000 as number | string, clock, tiers: [memory()], name: "first" };
    const cache = createCache(options);
    options.ttl = "1h";
    options.name = "second";
    options.tiers.length = 0;
    await cache.set("k", 1);
    same((await cache.meta("k"))?.ttl, 1000);
    same(cache.name, "first");
    await cache.close();
  },
  "options of a call that are changed afterwards change nothing": async () => {
    const cache = createCache({ clock: fakeClock() });
    const tags = ["t"];
    await cache.set("k", 1, { tags });
    tags.push("u");
    tags[0] = "v";
    equal((await cache.meta("k"))?.tags, ["t"]);
    await cache.close();
  },
  "undefined is as good as left out": async () => {
    const cache = createCache({
      name: undefined,
      ttl: undefined,
      tiers: undefined,
      clock: undefined,
      onError: undefined,
      maxEntries: undefined,
    } as never);
    await cache.set("k", 1, { ttl: undefined, tags: undefined, version: undefined } as never);
    same(await cache.get("k", { default: undefined, version: undefined } as never), 1);
    await cache.close();
  },
  "tiers come in any order and any subset": async () => {
    const orders: (() => Tier[])[] = [
      () => [defineTier(mapTier())],
      () => [defineTier(mapTier({ data: mapData() })), memory()],
      () => [memory({ name: "one" }), memory({ name: "two" }), defineTier(mapTier())],
      () => [defineTier(mapTier({ name: "a", data: mapData() })), defineTier(mapTier({ name: "b", data: mapData() }))],
      () => [defineTier(mapTier({ name: "a" })), memory(), defineTier(mapTier({ name: "b", data: mapData() }))],
    ];
    for (const order of orders) {
      const cache = createCache({ tiers: order(), clock: fakeClock() });
      await cache.set("k", "v", { tags: ["t"] });
      same(await cache.get("k"), "v");
      for (const { name } of cache.stats().tiers.slice(0, -1)) await cache.evict("k", { tier: name });
      same(await cache.get("k"), "v");
      equal(await cache.keys(), ["k"]);
      await cache.invalidateTags(["t"]);
      same(await cache.get("k"), undefined);
      await cache.set("k", "v");
      same(await cache.delete("k"), true);
      same(await cache.size(), 0);
      await cache.close();
    }
  },
  "a slower tier before a faster one is warned of": () => {
    const warnings: string[] = [];
    const logger = { warn: (message: string) => warnings.push(message), error() {} };
    const slow = defineTier({ ...mapTier({ name: "slow" }), capabilities: { keys: true } });
    createCache({ tiers: [slow, defineTier(mapTier({ name: "fast" }))], logger });
    same(warnings.length, 1);
    ok(warnings[0]!.includes("slow") && warnings[0]!.includes("fast"));
    createCache({ tiers: [memory(), defineTier(mapTier())], logger });
    same(warnings.length, 1);
  },
  "a tier that throws when it opens fails the construction": () => {
    const tier = defineTier({
      ...mapTier(),
      open() {
        throw new RangeError("no such database");
      },
    });
    throws(() => createCache({ tiers: [tier] }), RangeError);
  },
  "nullTier never stores, and everything that uses it goes on working": async () => {
    for (const tiers of [
      [nullTier()],
      [nullTier(), nullTier()].map((tier, i) => defineTier({ ...tier, name: `null${i}` })),
    ]) {
      const cache = createCache({ tiers, clock: fakeClock() });
      let runs = 0;
      for (let i = 0; i < 3; i++) same(await cache.getOrSet("k", async () => ++runs), i + 1);
      const both = await Promise.all([cache.getOrSet("k", () => ++runs), cache.getOrSet("k", () => ++runs)]);
      equal(both, [4, 4]);
      await cache.set("k", 1, { tags: ["t"] });
      same(await cache.get("k"), undefined);
      same(await cache.has("k"), false);
      same(await cache.delete("k"), false);
      same(await cache.touch("k", { ttl: 1 }), false);
      equal([await cache.keys(), await cache.size(), await gather(cache.entries())], [[], 0, []]);
      await cache.invalidateTags(["t"]);
      await cache.invalidateTags(["t", "u"], { match: "all" });
      same(await cache.invalidatePattern("*"), 0);
      await cache.clear();
      equal(await cache.prune(), []);
      equal([...(await cache.getOrSetMany(["a", "b"], async (keys) => keys)).keys()], ["a", "b"]);
      await cache.close();
    }
  },
  "what was received is told by its kind": () => {
    const kinds = [
      [{}, "an object"],
      [() => 5, "a function"],
      [[], "an array"],
      [null, "null"],
      [Promise.resolve(), "a promise"],
      ["x", '"x"'],
    ] as const;
    for (const [scopes, kind] of kinds) {
      const { message } = throws(() => createCache({ scopes: scopes as never }), ConfigError) as ConfigError;
      ok(message.endsWith(`received ${kind}`), message);
    }
  },
  "an option that lacks a method is told as it was given, with the methods that it must have": () => {
    const wrong = [
      [{ bus: "redis://x" }, 'bus as it must be an object with attach: received "redis://x"'],
      [{ logger: true }, "logger as it must be an object with warn,error: received true"],
      [{ clock: 5 }, "clock as it must be an object with now,setTimer,clearTimer: received 5"],
      [{ codec: 5 }, "codec as it must be an object with encode,decode: received 5"],
      [{ random: 5 }, "random as it must be a function: received 5"],
    ] as never as [CacheOptions, string][];
    for (const [options, text] of wrong) {
      const { message } = throws(() => createCache(options), ConfigError) as ConfigError;
      ok(message.includes(text), message);
    }
  },
  "the client of a tier is at hand, and the cache does not touch it": async () => {
    const client = Object.freeze({ close: () => ok(false, "the caller's client must not be closed") });
    const cache = createCache({ tiers: [memory(), defineTier({ ...mapTier({ name: "remote" }), client })] });
    same(cache.tier("remote").client, client);
    throws(() => cache.tier("none"), ConfigError);
    await cache.close();
  },
  "nothing runs by itself before something is stored": async () => {
    const clock = fakeClock();
    const cache = createCache({ clock });
    same(clock.pendingTimers, 0);
    await cache.get("k");
    same(clock.pendingTimers, 0);
    await cache.close();
  },
  "two caches in one process share nothing": async () => {
    const [a, b] = [createCache({ name: "same" }), createCache({ name: "same" })];
    await a.set("k", 1);
    same(await b.get("k"), undefined);
    await b.invalidateTags(["t"]);
    await b.close();
    same(await a.get("k"), 1);
    await a.close();
    await rejects(a.get("k"), "CLOSED");
  },
});
