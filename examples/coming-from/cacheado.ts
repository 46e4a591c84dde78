// cacheado (Python): a cache with hierarchical scopes for tenants; its decorator and its scopes.
import assert from "node:assert/strict";
import { createCache, defineScopes } from "tiercel";

// Basic usage: a decorator over memory.
const simple = createCache();
let runs = 0;
const calculation = simple.wrap((x: number, y: number) => ++runs * x * y, { name: "calculation", ttl: "300s" });
assert.equal(await calculation(10, 20), 200);
assert.equal(await calculation(10, 20), 200);
assert.equal(runs, 1);

// ScopeConfig([ScopeLevel("organization", "org_id", [...])]), four levels deep.
const session = { param: "sessionId" };
const user = { param: "userId", children: { session } };
const scopes = defineScopes({
  organization: { param: "orgId", children: { department: { param: "deptId", children: { user } } } },
});
const cache = createCache({ scopes });

// @cache(scope="user"): positional arguments resolve the scope as well, and one user id in two organizations is two users.
const ids = (userId: string, orgId: string) => ({ orgId, deptId: "sales", userId });
const userData = cache.wrap(async (userId: string, orgId: string) => `${userId} of ${orgId}`, {
  name: "userData",
  ttl: "600s",
  key: () => "data",
  scope: "user",
  from: ids,
});
assert.equal(await userData("123", "org1"), "123 of org1");
assert.equal(await userData("123", "org2"), "123 of org2");

// cache.set(key, value, scope="user", org_id=..., user_id=...): calls of the scope's view; then evict.
const view = cache.scope("user", ids("user_456", "org_123"));
await view.set("user_settings", { theme: "dark" }, { ttl: "3600s" });
assert.deepEqual(await view.get("user_settings"), { theme: "dark" });
assert.equal(await view.delete("user_settings"), true);

// evict_by_scope: one step, whatever is inside, so it does not count.
await view.scope("session", { sessionId: "s1" }).set("cart", ["book"]);
await cache.invalidateScope("organization", { orgId: "org_123" });
assert.equal(await view.scope("session", { sessionId: "s1" }).get("cart"), undefined);
assert.equal(await userData.has("123", "org1"), true);
