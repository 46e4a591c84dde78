import { ConfigError, ValueError } from "../../../src/errors.ts";
import type { Tier } from "../../../src/tier.ts";
import type { MapData, TestCase } from "../../contract/mod.ts";
import { equal, mapData, mapTier, ok, same, suite, throws, tierContract } from "../../contract/mod.ts";
import { flood } from "./mutant.ts";

/** The reference tier with copies in place of references, as byte tiers behave. */
function copyingTier(): Tier {
  const tier = mapTier();
  const copy = (value: unknown) => {
    try {
      return structuredClone(value);
    } catch {
      throw new ValueError("Cannot store value as it must be data: received something that cannot be copied");
    }
  };
  // structuredClone makes an empty object of a promise on some platforms.
  const isPromise = (value: unknown) => typeof (value as { then?: unknown } | null)?.then === "function";
  return {
    ...tier,
    prepare(writes) {
      return writes.map(({ entry, ...write }) => {
        if (isPromise(entry.value)) throw new ValueError("Cannot store value as it must be data: received a promise");
        return { ...write, entry: { ...entry, value: copy(entry.value) } };
      });
    },
    async getMany(keys, options) {
      const answer = await tier.getMany(keys, options);
      return { ...answer, entries: answer.entries.map((entry) => entry && { ...entry, value: copy(entry.value) }) };
    },
  };
}

/** The reference tier with nothing beyond what every tier must have, and small limits. */
function plainTier(): Tier {
  const { getMany, setMany, deleteMany, clear } = mapTier();
  return {
    name: "plain",
    capabilities: { maxBatch: 2, maxKeyBytes: 100, minTtl: 120_000 },
    getMany,
    setMany,
    deleteMany,
    clear,
  };
}

/** The reference tier with answers that come later. */
function laterTier(data?: MapData): Tier {
  const { sync: _sync, capabilities, ...tier } = mapTier(data && { data });
  const later = Object.fromEntries(
    Object.entries(tier).map(([name, part]) => [
      name,
      typeof part === "function" ? async (...args: never[]) => (part as (...args: never[]) => unknown)(...args) : part,
    ]),
  );
  return { ...(later as unknown as Tier), capabilities: { ...capabilities, sync: false } };
}

const everything = { sync: true, keys: true, tags: true, leases: true };

export const tests: TestCase[] = [
  ...tierContract({ name: "mapTier", create: () => ({ tier: mapTier() }), capabilities: everything }),
  ...tierContract({
    name: "mapTier over kept data",
    create() {
      const data = mapData();
      return {
        tier: mapTier({ data }),
        reopen: () => mapTier({ data }),
        loseTags(tags) {
          for (const tag of tags) data.tags.delete(tag);
        },
        flood: () => flood(data),
      };
    },
    capabilities: { ...everything, journal: true, durable: true, shared: true },
  }),
  ...tierContract({ name: "a tier of copies", create: () => ({ tier: copyingTier() }), capabilities: everything }),
  ...tierContract({
    name: "a tier with answers that come later",
    create() {
      const data = mapData();
      return { tier: laterTier(data), reopen: () => laterTier(data), flood: () => flood(data) };
    },
    capabilities: { ...everything, sync: false, journal: true, durable: true, shared: true },
  }),
  ...tierContract({
    name: "a tier with nothing optional and small limits",
    create: () => ({ tier: plainTier() }),
    capabilities: {},
  }),
  ...suite("mapTier", {
    "keeps as many changes in its journal as mapData was told": () => {
      const data = mapData({ journal: 2 });
      const [sync, other] = [mapTier({ data }).sync!, mapTier({ data }).sync!];
      for (const key of ["a", "b", "c"]) other.deleteMany([key], 0);
      same(data.journal.length, 2);
      equal(sync.journal!(0), { position: 3, sequence: 0, changes: undefined });
      equal(
        sync.journal!(1).changes,
        ["b", "c"].map((key) => ({ by: "keys", keys: [key] })),
      );
    },
    "has no entry in its journal for a batch that changed nothing": () => {
      const data = mapData();
      const sync = mapTier({ data }).sync!;
      const touch = { key: "no", freshUntil: 1, staleUntil: 1 };
      sync.deleteMany([], 0);
      sync.setMany([], 0);
      sync.touchMany!([touch], 0);
      equal([data.position, data.journal], [0, []]);
    },
    "has no journal for others where it is alone": () => {
      same(mapTier().capabilities.journal, false);
      same(mapTier({ data: mapData() }).capabilities.journal, true);
    },
  }),
  ...suite("tierContract", {
    "leaves out the tests of capabilities that are not expected": () => {
      const all = tierContract({ name: "t", create: () => ({ tier: mapTier() }) });
      const some = tierContract({ name: "t", create: () => ({ tier: mapTier() }), capabilities: {} });
      ok(some.length < all.length && some.length > 30, "both lists must be of the expected size");
    },
    "fails when a capability is missing that is expected, and when there is one that is not": async () => {
      for (const capabilities of [
        { ...everything, durable: true },
        { ...everything, tags: false },
      ]) {
        const [declared] = tierContract({ name: "t", create: () => ({ tier: mapTier() }), capabilities });
        same(declared?.name, "t: declares the capabilities that it is expected to");
        let failed = false;
        await Promise.resolve(declared?.run()).catch(() => {
          failed = true;
        });
        ok(failed, "the test must fail");
      }
    },
    "names tests once": () => {
      const names = tierContract({ name: "t", create: () => ({ tier: mapTier() }) }).map(({ name }) => name);
      same(new Set(names).size, names.length);
    },
    "skips a test with its reason": () => {
      const skip = [{ test: "keeps a large value", reason: "values are small here" }];
      const skipped = tierContract({ name: "t", create: () => ({ tier: mapTier() }), skip }).filter(
        (test) => test.skip,
      );
      equal(
        skipped.map((test) => [test.name, test.skip]),
        [["t: keeps a large value", "values are small here"]],
      );
    },
    "refuses to skip a test that does not exist": () => {
      throws(
        () => tierContract({ name: "t", create: () => ({ tier: mapTier() }), skip: [{ test: "no", reason: "" }] }),
        ConfigError,
      );
    },
    "closes and disposes, in this order, of every tier that a test opened, also when it fails": async () => {
      const log: string[] = [];
      const opener = (name: string): Tier => ({
        ...mapTier({ data: mapData() }),
        open: () => void log.push(`open ${name}`),
        close: () => void log.push(`close ${name}`),
      });
      const cases = tierContract({
        name: "t",
        create: () => ({
          tier: opener("first"),
          reopen: () => opener("second"),
          dispose: () => void log.push("dispose"),
        }),
      });
      // Two stores in place of one, so the test fails.
      const test = cases.find(({ name }) =>
        name.endsWith("shows what one opener wrote, deleted and cleared to another"),
      );
      await Promise.resolve(test?.run()).then(
        () => log.push("passed"),
        () => log.push("failed"),
      );
      equal(log, ["open first", "open second", "close first", "close second", "dispose", "failed"]);
    },
    "starts the clock where it is told": async () => {
      let started = 0;
      const [first] = tierContract({
        name: "t",
        start: 12_345,
        create(context) {
          started = context.clock.now();
          return { tier: mapTier() };
        },
      });
      await first!.run();
      same(started, 12_345);
    },
  }),
];
