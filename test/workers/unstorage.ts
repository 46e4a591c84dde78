/** The unstorage tier on the drivers for Workers, inside workerd. */

import { createStorage, type Driver } from "unstorage";
import kvDriver from "unstorage/drivers/cloudflare-kv-binding";
import r2Driver from "unstorage/drivers/cloudflare-r2-binding";
import { type UnstorageOptions, unstorage } from "../../adapters/unstorage.ts";
import type { TestCase } from "../contract/suite.ts";
import { tierContract } from "../contract/tier-contract.ts";
import type { WorkerEnv } from "./env.ts";

let bases = 0;

/** The contract, with a base of its own for each test. */
export function suites({ KV, R2 }: Pick<WorkerEnv, "KV"> & { R2?: unknown }): TestCase[] {
  return [
    ...contract("KV", {}, () => kvDriver({ binding: KV as never })),
    ...contract("R2", { raw: true }, () => r2Driver({ binding: R2 as never })).map((test) =>
      R2 === undefined ? { ...test, skip: "there is no bucket R2 in this worker" } : test,
    ),
  ];
}

function contract(name: string, options: UnstorageOptions, driver: () => Driver): TestCase[] {
  return tierContract({
    name: `unstorage, ${name}`,
    capabilities: { keys: true, shared: true, durable: true },
    create() {
      const storage = createStorage({ driver: driver() });
      const all = { ...options, durable: true, base: `unstorage:${++bases}` };
      return { tier: unstorage(storage, all), reopen: () => unstorage(storage, all) };
    },
  });
}
