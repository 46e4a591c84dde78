// Changes reach the server in the order of their calls, though they are not waited for.

import { libsql } from "../../adapters/libsql.ts";
import { type Cache, createCache, memory } from "../../mod.ts";
import { same } from "../contract/assert.ts";
import { type Served, sharedServer } from "./libsql-server.ts";

const { serverTest } = sharedServer();

const ROUNDS = 25;

/** A cache, and what another process would see. */
async function peers(url: string, run: (cache: Cache, peer: Cache) => Promise<void>): Promise<void> {
  const options = { ttl: "5m", coherence: 0 } as const;
  const cache = createCache({ ...options, tiers: [memory(), libsql(url, { timeout: "1m" })] });
  const peer = createCache({ ...options, tiers: [libsql(url, { timeout: "1m" })] });
  try {
    await cache.set("first", 1);
    await run(cache, peer);
  } finally {
    await cache.close();
    await peer.close();
  }
}

for (const [kind, urlOf] of [
  ["HTTP", ({ server }: Served) => server.url],
  ["a WebSocket", ({ server }: Served) => server.wsUrl],
] as const) {
  for (const size of [3, 500_000]) {
    serverTest(`changes of a key keep their order over ${kind}, values of ${size} bytes`, (served) =>
      peers(urlOf(served), async (cache, peer) => {
        const old = "o".repeat(size);
        const wrong = { deleted: 0, replaced: 0, cleared: 0, invalidated: 0 };
        for (let round = 0; round < (size > 1_000 ? 8 : ROUNDS); round++) {
          const key = `k${round}`;
          await Promise.all([cache.set(key, old), cache.delete(key)]);
          if ((await peer.get(key)) !== undefined) wrong.deleted++;
          await Promise.all([cache.set(key, old), cache.set(key, "new")]);
          if ((await peer.get(key)) !== "new") wrong.replaced++;
          await Promise.all([cache.set(key, old, { tags: ["t"] }), cache.invalidateTags(["t"])]);
          if ((await peer.get(key)) !== undefined) wrong.invalidated++;
          await Promise.all([cache.set(key, old), cache.clear()]);
          if ((await peer.get(key)) !== undefined) wrong.cleared++;
        }
        same(JSON.stringify(wrong), JSON.stringify({ deleted: 0, replaced: 0, cleared: 0, invalidated: 0 }));
      }),
    );
  }
}
