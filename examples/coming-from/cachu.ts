// cachu (Python): a decorator with helpers, over memory, file or Redis, configured once for each package.
import assert from "node:assert/strict";
import { createCache, memory } from "tiercel";
import { createRegistry } from "tiercel/registry";

// cachu.configure(backend, key_prefix), and packages that are isolated from each other.
const caches = createRegistry();
caches.configure({ prefix: "v1:" });
const cache = caches.create({ name: "app" });
const library = caches.isolate("lib_a");
library.configure({ prefix: "lib_a:" });
await library.create({ name: "app" }).set("k", "of the library");
assert.equal(await cache.get("k"), undefined);
assert.equal(caches.getConfig("app").prefix, "v1:");
assert.deepEqual(Object.keys(library.getAllConfigs()), ["app"]);

// @cache(ttl=300, tag='users').
let fetches = 0;
const fetchUser = async (id: number) => ({ id, name: `User ${id}`, fetch: ++fetches });
const getUser = cache.wrap(fetchUser, { name: "getUser", ttl: "300s", tags: ["users"] });
assert.equal((await getUser(123)).fetch, 1);
assert.equal((await getUser(123)).fetch, 1);

// _skip_cache, _overwrite_cache.
assert.equal((await getUser.with({ mode: "bypass" })(123)).fetch, 2);
assert.equal((await getUser.with({ mode: "refresh" })(123)).fetch, 3);

// .get (a miss is undefined, and no error), .set, .invalidate, .refresh, .original; cache_get, cache_set, cache_delete are the same.
assert.equal((await getUser.get(123))?.fetch, 3);
await getUser.set([123], { id: 123, name: "Test", fetch: 0 });
assert.equal((await getUser(123)).name, "Test");
assert.equal(await getUser.invalidate(123), true);
assert.equal(await getUser.get(123), undefined);
assert.equal((await getUser.refresh(123)).fetch, 4);
assert.equal((await getUser.original(123)).fetch, 5);

// cache_info(get_user).
const { hits, misses, size } = await getUser.info();
assert.ok(hits >= 3 && misses >= 1 && size === 1);

// cache_clear(tag='users', ttl=300), cache_clear().
await cache.clear({ tags: "users", ttl: "300s" });
assert.equal(await getUser.has(123), false);
await cache.clear();

// get_backend: a tier by its name, or a cache with the tiers of your choice.
const direct = createCache({ name: "direct", tiers: [memory({ name: "fast" })] });
await direct.set("my_key", { data: "value" }, { ttl: "300s" });
assert.equal(direct.tier("fast").name, "fast");
await caches.closeAll();
