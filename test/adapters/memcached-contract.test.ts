import { after, before, test } from "node:test";
import Memcache from "memcache";
import { memcached } from "../../adapters/memcached.ts";
import { type ContractTier, tierContract } from "../contract/mod.ts";
import { reasonFor } from "../servers/available.ts";
import { type MemcachedServer, startMemcached } from "../servers/memcached.ts";

const skip = reasonFor("memcached");
const servers: MemcachedServer[] = [];
before(async () => {
  if (!skip) servers.push(...(await Promise.all([startMemcached(), startMemcached()])));
});
after(async () => {
  for (const server of servers) await server.stop();
});

let tiers = 0;
const addresses = (count: number) => servers.slice(0, count).map(({ address }) => address);
const subjects: Record<string, () => ContractTier> = {
  "memcached by URL": () => {
    const prefix = `test${++tiers}`;
    const make = () => memcached(`memcached://${addresses(1)}`, { prefix });
    return { tier: make(), reopen: make };
  },
  "memcached, two servers": () => {
    const prefix = `test${++tiers}`;
    const make = () => memcached(addresses(2), { prefix });
    return { tier: make(), reopen: make };
  },
  "memcached by the package memcache": () => {
    const prefix = `test${++tiers}`;
    const client = new Memcache({ nodes: addresses(2) });
    const make = () => memcached(client, { prefix });
    return { tier: make(), reopen: make, dispose: () => client.disconnect() };
  },
};

for (const [name, create] of Object.entries(subjects)) {
  for (const one of tierContract({ name, capabilities: { shared: true }, create })) {
    test(one.name, { skip: (skip || one.skip) ?? false }, async () => {
      await one.run();
    });
  }
}
