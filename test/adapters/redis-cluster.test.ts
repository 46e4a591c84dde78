import { after, before, test } from "node:test";
import { redis, redisBus } from "../../adapters/redis.ts";
import { createCache, memory } from "../../mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { tierContract } from "../contract/mod.ts";
import { type RedisCluster, startRedisCluster } from "../servers/redis.ts";
import {
  closeClients,
  keysOf,
  type OpenClient,
  openCluster,
  openTier,
  openWire,
  PATIENCE,
  prefixes,
  reason,
  until,
  type Wire,
} from "./redis-fixture.ts";

const CAPABILITIES = { keys: true, tags: true, journal: true, leases: true, durable: true, shared: true } as const;
const KINDS = ["node-redis", "ioredis"] as const;

let cluster: RedisCluster;
let wires: Wire[] = [];
const open = new Map<(typeof KINDS)[number], Pick<OpenClient, "client" | "close">>();

before(async () => {
  if (reason) return;
  cluster = await startRedisCluster();
  wires = await Promise.all(cluster.nodes.map(({ server }) => openWire(server)));
  for (const kind of KINDS) open.set(kind, await openCluster(kind, cluster.nodes));
});

after(async () => {
  await closeClients();
  for (const wire of wires) wire.close();
  await cluster?.stop();
});

/** Runs a command on whichever node has the key's slot. */
async function onNode(key: string, ...command: (string | number)[]): Promise<unknown> {
  const slot = (await wires[0]!.send("CLUSTER", "KEYSLOT", key)) as number;
  const index = cluster.nodes.findIndex(({ slots: [first, last] }) => first <= slot && slot <= last);
  return wires[index]!.send(...command);
}

for (const kind of KINDS) {
  const suite = tierContract({
    name: `${kind} cluster`,
    capabilities: CAPABILITIES,
    create() {
      const prefix = prefixes();
      const base = `{${prefix}:contract}`;
      const make = () => redis(open.get(kind)!.client, { prefix, timeout: PATIENCE });
      return {
        tier: make(),
        reopen: make,
        loseTags: async () => void (await onNode(base, "DEL", `${base}/ledger`)),
        async flood() {
          await onNode(base, "HINCRBY", `${base}/ledger`, "position", 20_000);
          await onNode(base, "DEL", `${base}/journal`);
        },
      };
    },
  });
  for (const { name, run, skip } of suite) {
    test(name, { skip: skip ?? reason }, async () => {
      await run();
    });
  }

  test(`${kind} cluster: caches of other names are on other nodes`, { skip: reason }, async () => {
    const prefix = prefixes();
    for (let index = 0; index < 20; index++) {
      const { tier, clock } = await openTier(open.get(kind)!.client, { prefix }, { cacheName: `cache${index}` });
      await tier.getMany(["k"], { now: clock.now(), sequence: true });
    }
    const counts = await Promise.all(wires.map(async (wire) => (await keysOf(wire, `{${prefix}:`)).length));
    equal([counts.reduce((all, one) => all + one), counts.every((count) => count > 0)], [40, true]);
  });

  test(`${kind} cluster: what Redis expired or evicted leaves the index in time`, { skip: reason }, async () => {
    const one = await openTier(open.get(kind)!.client);
    const members = async () => (await onNode(one.base, "ZCARD", `${one.base}/index`)) as number;
    for (let round = 0; round < 12; round++) {
      const keys = Array.from({ length: 250 }, (_, index) => `r${round}-${index}`);
      await one.putAll(keys, "v");
      await onNode(one.base, "UNLINK", ...keys.map((key) => `${one.base}:${key}`));
    }
    await until(async () => (await members()) < 1_500);
    equal(await one.tier.size!("", one.clock.now()), 0);
    equal(one.reports, []);
  });

  test(`${kind} cluster: a bus tells other caches`, { skip: reason }, async () => {
    const prefix = prefixes();
    const { client } = open.get(kind)!;
    const caches = [0, 1].map(() =>
      createCache({
        name: "bus",
        tiers: [memory(), redis(client, { prefix, timeout: PATIENCE })],
        bus: redisBus(client, { prefix, commandTimeout: PATIENCE }),
        coherence: "forever",
      }),
    );
    const [one, other] = caches as [(typeof caches)[0], (typeof caches)[0]];
    for (const cache of caches) await cache.get("start");
    await until(async () => {
      const counts = await Promise.all(wires.map((wire) => wire.send("PUBSUB", "NUMSUB", `${prefix}:bus:bus:`)));
      return counts.reduce((all: number, reply) => all + ((reply as number[])[1] as number), 0) === 2;
    });
    await one.set("k", "old");
    same(await other.get("k"), "old");
    await one.set("k", "new");
    await until(async () => (await other.get("k")) === "new");
    for (const cache of caches) await cache.close();
  });
}

test("a slot that moves: nothing old comes back, and nothing is lost of what was written since", {
  skip: reason,
}, async () => {
  const { tier, clock, base, putAll, lease } = await openTier(open.get("ioredis")!.client);
  const now = clock.now();
  const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
  await putAll(keys, "old");
  // All keys of the cache's own are there, so that it is left to those of entries to tell that something is missing.
  await lease("held");
  const slot = (await wires[0]!.send("CLUSTER", "KEYSLOT", base)) as number;
  const from = cluster.nodes.findIndex(({ slots: [first, last] }) => first <= slot && slot <= last);
  const to = (from + 1) % 3;
  const ids = await Promise.all(wires.map((wire) => wire.text("CLUSTER", "MYID")));
  await wires[to]!.send("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[from]!);
  await wires[from]!.send("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[to]!);
  const migrate = async (names: string[]) => {
    await wires[from]!.send("MIGRATE", "127.0.0.1", cluster.nodes[to]!.port, "", 0, 60_000, "KEYS", ...names);
  };
  // Half of the entries are on their way when they are deleted, cleared and looked through.
  await migrate(keys.slice(0, 20).map((key) => `${base}:${key}`));
  const done = await Promise.allSettled([
    tier.deleteMany(keys.slice(0, 10), now),
    tier.clear("k1", now),
    tier.prune!(100, now),
    tier.scan!({ prefix: "", limit: 100, now }),
  ]);
  ok(done[0]!.status === "rejected", "what is on its way must not count as deleted");
  await migrate([...(await keysOf(wires[from]!, base))]);
  for (const wire of [wires[to]!, wires[from]!, wires[3 - from - to]!])
    await wire.send("CLUSTER", "SETSLOT", slot, "NODE", ids[to]!);
  // As the cache does with what failed.
  await tier.deleteMany(keys.slice(0, 10), now);
  await tier.clear("k1", now);
  const left = keys.filter((key, index) => index >= 10 && !key.startsWith("k1"));
  const { entries } = await tier.getMany(keys, { now });
  equal(
    keys.filter((_, index) => entries[index] !== undefined),
    left,
  );
  equal([...(await tier.scan!({ prefix: "", limit: 100, now })).keys].sort(), left.sort());
});
