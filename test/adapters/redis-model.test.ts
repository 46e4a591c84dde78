import { after, before, test } from "node:test";
import fc from "fast-check";
import { redis } from "../../adapters/redis.ts";
import type { Change, Entry, InvalidationMode, JournalPage, TagMatch, Tier, TierContext } from "../../mod.ts";
import { equal } from "../contract/assert.ts";
import { type FakeClock, fakeClock, mapData, mapTier, seededRandom } from "../contract/mod.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import { clients, closeClients, type OpenClient, openClient, PATIENCE, prefixes, reason } from "./redis-fixture.ts";

let server: RedisServer;
let opened: OpenClient[] = [];

before(async () => {
  if (reason) return;
  server = await startRedis();
  opened = await Promise.all(clients.map((kind) => openClient(kind, server.url)));
});

after(async () => {
  await closeClients();
  await server?.stop();
});

const KEYS = ["a", "ab", "abc", "b", "b/1", "é", "😀"];
const TAGS = ["x", "y", "z"];
const MINUTE = 60_000;

/** Two openers of one store: those of Redis, and those of the reference beside them. */
interface World {
  readonly clock: FakeClock;
  readonly tiers: readonly (readonly [redis: Tier, reference: Tier])[];
  /** Sequences that were told at one time, and leases that were given for one read. */
  readonly sequences: [number, number][];
  readonly leases: { readonly key: string; readonly tokens: readonly [number, number] }[];
  readonly positions: [number, number][];
  made: number;
}

type Step = (world: World) => Promise<void>;

const opener = fc.integer({ min: 0, max: 1 });
const key = fc.constantFrom(...KEYS);
const someTags = fc.uniqueArray(fc.constantFrom(...TAGS), { maxLength: 3 });
const ttl = fc.constantFrom(MINUTE, 2 * MINUTE, 10 * MINUTE, Infinity);
const grace = fc.constantFrom(0, MINUTE, Infinity);
const pick = fc.nat({ max: 1_000 });
const maybePick = fc.option(pick, { nil: undefined });

/** One of some things that were remembered. */
function chosen<T>(from: readonly T[], at: number | undefined): T | undefined {
  return at === undefined || from.length === 0 ? undefined : from[at % from.length];
}

/** What both give, with all that they promise to agree on. */
function shown(entries: readonly (Entry | undefined)[]) {
  return entries.map(
    (entry) =>
      entry && [
        entry.value,
        entry.createdAt,
        entry.freshUntil,
        entry.staleUntil,
        [...entry.tags].sort(),
        entry.version,
      ],
  );
}

async function both<T>(
  world: World,
  at: number,
  call: (tier: Tier, which: 0 | 1) => T,
): Promise<[Awaited<T>, Awaited<T>]> {
  const [own, reference] = world.tiers[at]!;
  return [await call(own, 0), await call(reference, 1)];
}

async function same<T>(world: World, at: number, call: (tier: Tier, which: 0 | 1) => T): Promise<void> {
  const [actual, expected] = await both(world, at, call);
  equal(actual, expected);
}

const write = fc.record({ key, tags: someTags, ttl, grace, sequence: maybePick, lease: maybePick });

const steps: fc.Arbitrary<readonly [string, Step]> = fc.oneof(
  fc.tuple(opener, fc.array(write, { minLength: 1, maxLength: 4 })).map(([at, writes]) => [
    `set ${JSON.stringify(writes)} by ${at}`,
    async (world: World) => {
      const now = world.clock.now();
      const planned = writes.map((one) => {
        world.made += 1;
        const lease = one.lease === undefined ? undefined : chosen(world.leases, one.lease);
        return {
          sequences: chosen(world.sequences, one.sequence),
          // Mostly the lease of that very key.
          lease: lease && (world.leases.findLast((held) => held.key === one.key) ?? lease),
          key: one.key,
          entry: {
            ...{
              value: `v${world.made}`,
              createdAt: now,
              freshUntil: now + one.ttl,
              staleUntil: now + one.ttl + one.grace,
            },
            ...{ tags: one.tags, version: `v${world.made % 3}`, loadTime: 0 },
          },
        };
      });
      await same(world, at, async (tier, which) => {
        const list = planned.map(({ sequences, lease, key, entry }) => ({
          key,
          entry: { ...entry, sequence: sequences?.[which] },
          lease: lease?.tokens[which],
        }));
        const { refused = [] } = await tier.setMany(tier.prepare ? await tier.prepare(list) : list, now);
        return refused;
      });
    },
  ]),
  fc
    .tuple(opener, fc.array(key, { maxLength: 5 }), fc.boolean(), fc.boolean(), fc.boolean())
    .map(([at, keys, lease, refresh, metaOnly]) => [
      `get ${keys} lease ${lease} refresh ${refresh} by ${at}`,
      async (world: World) => {
        const options = {
          now: world.clock.now(),
          sequence: true,
          metaOnly: false,
          ...(lease && { lease: MINUTE, refresh }),
        };
        const [own, reference] = await both(world, at, (tier) => tier.getMany(keys, options));
        equal(shown(own.entries), shown(reference.entries));
        world.sequences.push([own.sequence!, reference.sequence!]);
        equal(
          own.leases?.map((token) => token !== undefined),
          reference.leases?.map((token) => token !== undefined),
        );
        for (const [index, token] of own.leases?.entries() ?? []) {
          if (token !== undefined) world.leases.push({ key: keys[index]!, tokens: [token, reference.leases![index]!] });
        }
        if (!metaOnly) return;
        const { entries } = await world.tiers[at]![0].getMany(keys, { now: world.clock.now(), metaOnly });
        equal(
          shown(entries).map((entry) => entry?.slice(1)),
          shown(reference.entries).map((entry) => entry?.slice(1)),
        );
      },
    ]),
  fc
    .tuple(opener, fc.array(key, { maxLength: 4 }))
    .map(([at, keys]) => [
      `delete ${keys} by ${at}`,
      (world: World) => same(world, at, (tier) => tier.deleteMany(keys, world.clock.now())),
    ]),
  fc
    .tuple(opener, fc.uniqueArray(fc.tuple(key, ttl), { maxLength: 3, selector: ([name]) => name }))
    .map(([at, touches]) => [
      `touch ${touches} by ${at}`,
      async (world: World) => {
        const now = world.clock.now();
        const list = touches.map(([name, left]) => ({ key: name, freshUntil: now + left, staleUntil: now + left + 5 }));
        await same(world, at, (tier) => tier.touchMany!(list, now));
      },
    ]),
  fc
    .tuple(opener, fc.constantFrom("", "a", "ab", "b", "é", "zz"))
    .map(([at, prefix]) => [
      `clear ${prefix} by ${at}`,
      async (world: World) => void (await both(world, at, (tier) => tier.clear(prefix, world.clock.now()))),
    ]),
  fc
    .tuple(
      opener,
      fc.uniqueArray(fc.constantFrom(...TAGS), { minLength: 1, maxLength: 3 }),
      fc.constantFrom<TagMatch>("any", "all", "exact"),
      fc.constantFrom<InvalidationMode>("delete", "expire"),
    )
    .map(([at, tags, match, mode]) => [
      `invalidate ${match} of ${tags} in mode ${mode} by ${at}`,
      async (world: World) => {
        const now = world.clock.now();
        world.sequences.push(await both(world, at, (tier) => tier.invalidate!({ tags, match, mode, now, after: 0 })));
      },
    ]),
  fc
    .tuple(opener, fc.constantFrom("", "a", "ab", "b", "zz"), fc.boolean(), fc.integer({ min: 1, max: 9 }))
    .map(([at, prefix, leased, limit]) => [
      `list ${prefix} leased ${leased} by ${at}`,
      async (world: World) => {
        const now = world.clock.now();
        await same(world, at, async (tier) => {
          const keys = new Set<string>();
          let cursor: string | undefined;
          do {
            const page = await tier.scan!({ prefix, limit, now, leased, ...(cursor !== undefined && { cursor }) });
            for (const name of page.keys) keys.add(name);
            cursor = page.cursor;
          } while (cursor !== undefined);
          return [...keys].sort();
        });
        await same(world, at, (tier) => tier.size!(prefix, now));
      },
    ]),
  fc.tuple(opener, pick, fc.boolean()).map(([at, which, isNamed]) => [
    `release ${which} by ${at}`,
    async (world: World) => {
      const held = chosen(world.leases, which);
      if (held === undefined) return;
      await both(world, at, (tier, side) =>
        tier.release!([isNamed ? { key: held.key, lease: held.tokens[side] } : { key: held.key }]),
      );
    },
  ]),
  fc
    .tuple(opener, fc.constantFrom(1, MINUTE - 1, MINUTE, 5 * MINUTE))
    .map(([, ms]) => [`wait ${ms}`, (world: World) => world.clock.advance(ms)]),
  fc.tuple(opener).map(([at]) => [
    `look by ${at}`,
    async (world: World) => {
      const since = world.positions[at]!;
      const pages = await both(world, at, (tier, side) => tier.journal!(since[side]));
      world.positions[at] = pages.map(({ position }) => position) as [number, number];
      equal(told(pages[0]), told(pages[1]));
    },
  ]),
) as unknown as fc.Arbitrary<readonly [string, Step]>;

/** What a page tells, without how it is put. */
function told({ changes }: JournalPage) {
  if (changes === undefined) return undefined;
  const named = (by: Change["by"]) => changes.filter((change) => change.by === by) as never[];
  return {
    keys: [...new Set((named("keys") as { keys: string[] }[]).flatMap(({ keys }) => keys))].sort(),
    prefixes: (named("prefix") as { prefix: string }[]).map(({ prefix }) => prefix),
    tags: (named("tags") as (Change & { by: "tags" })[]).map(({ tags, match, mode }) => [
      [...tags].sort(),
      match,
      mode,
    ]),
  };
}

async function run(list: readonly (readonly [string, Step])[], pair: readonly [OpenClient, OpenClient]): Promise<void> {
  const clock = fakeClock();
  const data = mapData();
  const prefix = prefixes();
  const context: TierContext = {
    ...{ cacheName: "model", clock, random: seededRandom(1), removed() {} },
    report: (kind, error) => {
      throw new Error(`a ${kind} was reported`, { cause: error });
    },
  };
  const tiers = pair.map(({ client }) => [redis(client, { prefix, timeout: PATIENCE }), mapTier({ data })] as const);
  for (const tier of tiers.flat()) await tier.open?.(context);
  const world: World = { clock, tiers, sequences: [], leases: [], positions: [], made: 0 };
  // The records of tags are made in the beginning: by the reference, nothing older than the first entry of a new one is
  // valid.
  await both(world, 0, (tier) =>
    tier.invalidate!({ tags: TAGS, match: "any", mode: "delete", now: clock.now(), after: 0 }),
  );
  for (const at of [0, 1])
    world.positions.push(
      (await both(world, at, (tier) => tier.journal!())).map(({ position }) => position) as [number, number],
    );
  for (const [, step] of list) await step(world);
  for (const [own] of tiers) await own.close!();
}

for (const [index, kind] of clients.entries()) {
  const peer = clients[(index + 1) % clients.length]!;
  test(`${kind} beside ${peer}: does what the reference does, whatever is asked in whatever order`, {
    skip: reason,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 80, size: "max" }), (list) =>
        run(list, [opened[index]!, opened[(index + 1) % clients.length]!]),
      ),
      { numRuns: 40, seed: 20_261_122 + index },
    );
  });
}
