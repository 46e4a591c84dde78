import { after, before, test } from "node:test";
import { redis } from "../../adapters/redis.ts";
import type { TestCase } from "../contract/mod.ts";
import { tierContract } from "../contract/mod.ts";
import { type RedisServer, startRedis } from "../servers/redis.ts";
import {
  clients,
  closeClients,
  type Kind,
  type OpenClient,
  openClient,
  openWire,
  PATIENCE,
  prefixes,
  reason,
  type Wire,
} from "./redis-fixture.ts";

const CAPABILITIES = { keys: true, tags: true, journal: true, leases: true, durable: true, shared: true } as const;

let server: RedisServer;
let wire: Wire;
const open = new Map<Kind, OpenClient>();

before(async () => {
  if (reason) return;
  server = await startRedis();
  wire = await openWire(server);
  for (const kind of clients) open.set(kind, await openClient(kind, server.url));
});

after(async () => {
  await closeClients();
  wire?.close();
  await server?.stop();
});

/** The contract on tiers that `make` gives. */
function suite(name: string, make: (prefix: string) => ReturnType<typeof redis>): TestCase[] {
  return tierContract({
    name,
    capabilities: CAPABILITIES,
    create() {
      const prefix = prefixes();
      const base = `{${prefix}:contract}`;
      return {
        tier: make(prefix),
        reopen: () => make(prefix),
        // They are fields of one key, which Redis evicts as a whole.
        async loseTags() {
          await wire.send("DEL", `${base}/ledger`);
        },
        async flood() {
          await wire.send("HINCRBY", `${base}/ledger`, "position", 20_000);
          await wire.send("DEL", `${base}/journal`);
        },
      };
    },
  });
}

const suites = [
  ...clients.map((kind) => suite(kind, (prefix) => redis(open.get(kind)!.client, { prefix, timeout: PATIENCE }))),
  suite("by URL", (prefix) => redis(server.url, { prefix, timeout: PATIENCE })),
];

for (const { name, run, skip } of suites.flat()) {
  test(name, { skip: skip ?? reason }, async () => {
    await run();
  });
}
