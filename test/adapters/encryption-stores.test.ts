/**
 * The contract of tiers for the other stores, encrypted.
 *
 *     TIERCEL_LONG=1    those too whose contract takes seconds
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MongoClient } from "mongodb";
import { createStorage } from "unstorage";
import { files } from "../../adapters/files.ts";
import { libsql } from "../../adapters/libsql.ts";
import { memcached } from "../../adapters/memcached.ts";
import { mongodb } from "../../adapters/mongodb.ts";
import { unstorage } from "../../adapters/unstorage.ts";
import { upstash } from "../../adapters/upstash.ts";
import { type Encryption, encryption, keyRing } from "../../src/bytes/encryption/mod.ts";
import type { Capabilities, Tier } from "../../src/tier.ts";
import { type ContractTier, tierContract } from "../contract/mod.ts";
import { reasonFor } from "../servers/available.ts";
import { type MemcachedServer, startMemcached } from "../servers/memcached.ts";
import { filePlace } from "./libsql-fixture.ts";
import { sharedServer, withoutServer } from "./libsql-server.ts";
import { type FakeMongo, startFakeMongo } from "./mongodb-fake.ts";
import { prefixes, served, targetOf, reason as withoutRedis } from "./upstash-fixture.ts";

const { theServer } = sharedServer();
const servers = served();
const withoutMemcached = reasonFor("memcached");
let memory: MemcachedServer | undefined;
let mongo: FakeMongo;
let client: MongoClient;

before(async () => {
  if (!withoutMemcached) memory = await startMemcached();
  mongo = await startFakeMongo();
  client = await new MongoClient(mongo.url).connect();
});
after(async () => {
  await memory?.stop();
  await client?.close();
  await mongo?.stop();
});

const FULL = { keys: true, tags: true, leases: true, journal: true, durable: true, shared: true } as const;

interface Store {
  readonly capabilities: Capabilities;
  /** Names stay as they are: it has no list of keys, so it could clear no part of them. */
  readonly showsNames?: boolean;
  readonly isSlow?: boolean;
  readonly skip?: string | false | undefined;
  /** Makes openers of one place. */
  place(encryption: () => Encryption): ContractTier | Promise<ContractTier>;
}

const twice = (make: () => Tier, dispose?: () => void): ContractTier => ({
  tier: make(),
  reopen: make,
  ...(dispose && { dispose }),
});

const stores: Record<string, Store> = {
  files: {
    isSlow: true,
    capabilities: { keys: true, durable: true, shared: true },
    place(encryption) {
      const folder = mkdtempSync(join(tmpdir(), "tiercel-files-"));
      const make = () => files(join(folder, "cache"), { encryption: encryption() });
      return twice(make, () => rmSync(folder, { recursive: true }));
    },
  },
  memcached: {
    showsNames: true,
    capabilities: { shared: true },
    skip: withoutMemcached,
    place(encryption) {
      const prefix = prefixes();
      return twice(() => memcached(`memcached://${memory!.address}`, { prefix, encryption: encryption() }));
    },
  },
  "mongodb over a fake server": {
    capabilities: { keys: true, tags: true, leases: true, durable: true, shared: true },
    place(encryption) {
      mongo.documents.clear();
      return twice(() => mongodb({ db: client.db("app"), collection: "cache" }, { encryption: encryption() }));
    },
  },
  upstash: {
    isSlow: true,
    capabilities: FULL,
    skip: withoutRedis,
    place(encryption) {
      const prefix = prefixes();
      return twice(() =>
        upstash(targetOf("fetch", servers.bridge), { prefix, timeout: "1m", encryption: encryption() }),
      );
    },
  },
  "libsql server": {
    isSlow: true,
    capabilities: FULL,
    skip: withoutServer,
    async place(encryption) {
      const { server, raw } = await theServer();
      await raw.clear();
      return twice(() => libsql(server.url, { timeout: "1m", encryption: encryption() }));
    },
  },
  "libsql file": {
    isSlow: true,
    capabilities: FULL,
    place(encryption) {
      const { url, dispose } = filePlace();
      return twice(() => libsql(url, { encryption: encryption() }), dispose);
    },
  },
  "unstorage in memory": {
    capabilities: { keys: true, shared: true },
    place(encryption) {
      const storage = createStorage();
      return twice(() => unstorage(storage, { encryption: encryption() }));
    },
  },
};

for (const [name, { capabilities, showsNames, isSlow, skip: without, place }] of Object.entries(stores)) {
  if (isSlow && !process.env.TIERCEL_LONG) continue;
  const suite = tierContract({
    name: `${name}, encrypted${showsNames ? "" : " with hidden names"}`,
    capabilities,
    copies: true,
    create() {
      const ring = keyRing({ current: new Uint8Array(32).fill(1) });
      return place(() => encryption(ring, { hashKeys: !showsNames }));
    },
    skip: capabilities.journal
      ? [
          "tells of each change of another opener: write, touch, delete, clear",
          "tells of odd keys and prefixes as they are",
        ].map((test) => ({ test, reason: "it clears within a namespace, which no cache does" }))
      : [],
  });
  for (const one of suite)
    test(one.name, { skip: without || (one.skip ?? false) }, async () => {
      await one.run();
    });
}
