/**
 * The contract of the tier, bundled for runtimes that have `fetch` and no servers of their own: an edge VM, and workerd.
 */
import { upstash, upstashBus } from "../../../adapters/upstash.ts";
import { createCache, memory } from "../../../mod.ts";
import { same, throws, tierContract } from "../../contract/mod.ts";

export interface Place {
  readonly url: string;
  readonly token: string;
}

export interface Outcome {
  readonly passed: number;
  /** Names and reasons. */
  readonly failed: readonly string[];
}

const CAPABILITIES = { keys: true, tags: true, journal: true, leases: true, durable: true, shared: true } as const;

/** Runs all tests against a database. Prefixes begin with a name of the runtime. */
export async function runContract(place: Place, runtime: string): Promise<Outcome> {
  let made = 0;
  const contract = tierContract({
    name: runtime,
    capabilities: CAPABILITIES,
    create() {
      const prefix = `${runtime}${++made}`;
      // Small, as the largest value that fits is written too, and the VM's own fetch is slow.
      const make = () => upstash(place, { prefix, timeout: "1m", maxRequestBytes: 131_072 });
      const base = `{${prefix}:contract}`;
      return {
        tier: make(),
        reopen: make,
        loseTags: () => command(place, "DEL", `${base}/ledger`),
        async flood() {
          await command(place, "HINCRBY", `${base}/ledger`, "position", "20000");
          await command(place, "DEL", `${base}/journal`);
        },
      };
    },
  });
  const tests = [...contract, { name: "cache", run: () => withCache(place, runtime) }];
  const failed: string[] = [];
  for (const { name, run } of tests) {
    try {
      await run();
    } catch (error) {
      failed.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return { passed: tests.length - failed.length, failed };
}

/** A whole cache, with memory, and a second one that follows it. */
async function withCache(place: Place, runtime: string): Promise<void> {
  const open = () =>
    createCache({ name: `whole-${runtime}`, tiers: [memory(), upstash(place, { timeout: "1m" })], coherence: 0 });
  const [one, two] = [open(), open()];
  same(await one.getOrSet("key", () => "value", { tags: ["tag"] }), "value");
  same(await two.get("key"), "value");
  await one.invalidateTags(["tag"]);
  same(await two.get("key"), undefined);
  await one.close();
  await two.close();
  throws(() => upstashBus(place), "CONFIG");
}

async function command({ url, token }: Place, ...words: string[]): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(words) });
  same(response.status, 200);
}
