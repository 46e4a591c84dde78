/**
 * Tenants: every organization and every user in it has a part of the cache of its own.
 */
// Runs on: node20, node22, node24, node26, bun, deno
import { createCache, defineScopes } from "tiercel";

const scopes = defineScopes({ organization: { param: "orgId", children: { user: { param: "userId" } } } });
const cache = createCache({ scopes, ttl: "5m" });

const acme = cache.scope("organization", { orgId: "acme" });
const globex = cache.scope("organization", { orgId: "globex" });
await acme.set("theme", "dark");
await globex.set("theme", "light");
console.log(`acme is ${await acme.get("theme")}, globex is ${await globex.get("theme")}`);

// The same key in a user's scope is another entry, unless the view looks in its parents.
const ada = cache.scope("user", { orgId: "acme", userId: 42 });
const heir = cache.scope("user", { orgId: "acme", userId: 42 }, { inherit: true });
console.log(`ada has ${await ada.get("theme")} of her own, and inherits ${await heir.get("theme")}`);

await ada.getOrSet("profile", async () => ({ name: "Ada" }), { tags: ["profiles"] });

// One step, however many entries acme and its users have.
await cache.invalidateScope("organization", { orgId: "acme" });
console.log(`afterwards: ${await ada.get("profile")}, ${await acme.get("theme")}, ${await globex.get("theme")}`);

// An id that is missing does not compile, and throws.
try {
  // @ts-expect-error there is no userId
  cache.scope("user", { orgId: "acme" });
} catch (error) {
  console.log((error as Error).message);
}
await cache.close();
