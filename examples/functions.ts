/**
 * Functions whose results are kept: wrapped in a cache, for each tenant apart, and memoized.
 */
// Runs on: node20, node22, node24, node26, bun, deno
import { createCache, defineScopes, memoizeSync } from "tiercel";

const scopes = defineScopes({ organization: { param: "orgId" } });
const cache = createCache({ scopes, ttl: "5m" });

let runs = 0;
const getUser = cache.wrap(
  async (id: number) => {
    runs++;
    return { id, name: `Person ${id}` };
  },
  { name: "getUser", tags: ({ id }) => [`user:${id}`], grace: "1h" },
);
await Promise.all([getUser(1), getUser(1), getUser(2)]);
await getUser.refresh(1);
await getUser.invalidate(2);
const { hits, misses, size } = await getUser.info();
console.log(`${runs} runs, ${hits} hits, ${misses} misses, ${size} kept under keys such as ${getUser.keyFor(1)}`);

// Each organization finds its own results, whatever the key.
const report = cache.wrap(async (month: string, orgId: string) => `${month} of ${orgId}`, {
  name: "report",
  key: (month) => month,
  scope: "organization",
  from: (_month, orgId) => ({ orgId }),
});
console.log(await report("May", "acme"), "|", await report("May", "globex"));
await cache.invalidateScope("organization", { orgId: "acme" });
console.log(`kept: acme ${await report.has("May", "acme")}, globex ${await report.has("May", "globex")}`);

const fibonacci = memoizeSync((n: number): bigint => (n < 2 ? BigInt(n) : fibonacci(n - 1) + fibonacci(n - 2)));
console.log(`fibonacci(100) = ${fibonacci(100)}, of which ${fibonacci.stats().hits} calls were hits`);

await cache.close();
if (runs !== 3 || fibonacci(100) !== 354_224_848_179_261_915_075n) throw new Error("this is not how it should go");
