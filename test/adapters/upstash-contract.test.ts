import { test } from "node:test";
import { upstash } from "../../adapters/upstash.ts";
import { tierContract } from "../contract/mod.ts";
import { type Kind, PATIENCE, prefixes, reason, served, targetOf } from "./upstash-fixture.ts";

const CAPABILITIES = { keys: true, tags: true, journal: true, leases: true, durable: true, shared: true } as const;

const servers = served();

const contract = (kind: Kind) =>
  tierContract({
    name: `upstash by ${kind}`,
    capabilities: CAPABILITIES,
    create() {
      const prefix = prefixes();
      const make = () =>
        upstash(targetOf(kind, servers.bridge), { prefix, timeout: PATIENCE, maxRequestBytes: 200_000 });
      const base = `{${prefix}:contract}`;
      return {
        tier: make(),
        reopen: make,
        // They are fields of one key, which Redis evicts as a whole.
        async loseTags() {
          await servers.wire.send("DEL", `${base}/ledger`);
        },
        async flood() {
          await servers.wire.send("HINCRBY", `${base}/ledger`, "position", 20_000);
          await servers.wire.send("DEL", `${base}/journal`);
        },
      };
    },
  });

for (const { name, run, skip } of (["fetch", "client"] as const).flatMap(contract)) {
  test(name, { skip: skip ?? reason }, async () => {
    await run();
  });
}
