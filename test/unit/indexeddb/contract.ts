import { indexedDb } from "../../../adapters/indexeddb.ts";
import type { TierContext } from "../../../src/tier.ts";
import { type TestCase, tierContract } from "../../contract/mod.ts";
import { deleteDatabase, inBrowsers, inStore, newName } from "./raw.ts";

/** Others make more changes than the journal keeps, the last of them by a tier, which drops what is too much. */
async function flood(name: string, context: TierContext): Promise<void> {
  await inStore(name, "journal", (store) => {
    for (let count = 1; count < 4_200; count++) store.put({ origin: 1, change: { by: "keys", keys: ["x"] } });
    return store.put({ origin: 1, change: { by: "keys", keys: ["x"] } });
  });
  const other = indexedDb(name);
  other.open!(context);
  await Promise.all(Array.from({ length: 256 }, () => other.deleteMany(["x"], 0)));
  other.close!();
}

export const tests: TestCase[] = inBrowsers("tier contract of indexedDb", () =>
  tierContract({
    name: "indexedDb",
    capabilities: { keys: true, tags: true, journal: true, leases: true, durable: true, shared: true },
    copies: true,
    create(context) {
      const name = newName();
      return {
        tier: indexedDb(name),
        reopen: () => indexedDb({ database: name }),
        flood: () => flood(name, context),
        dispose: () => deleteDatabase(name),
      };
    },
  }),
);
