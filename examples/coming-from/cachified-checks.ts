// @epic-web/cachified (npm): one function that gives the cached value or a fresh one; values are checked either way.
import assert from "node:assert/strict";
import { createCache } from "tiercel";
import { z } from "zod";

const cache = createCache({ ttl: 300_000 });

// checkValue: a schema, or `validate` for hits. What does not fit is loaded anew.
const User = z.object({ email: z.string() });
await cache.set("user-1", "INVALID");
const checked = () => cache.getOrSet("user-1", async () => ({ email: "ada@example.org" }), { schema: User });
assert.deepEqual(await checked(), { email: "ada@example.org" });
const bad = () => cache.getOrSet("user-2", async () => ({}), { schema: User });
await assert.rejects(bad(), { code: "VALIDATION" });

// migrate(newValue): a schema that transforms. What is stored stays as it is, and is migrated at each read.
const Migrated = z.union([User, z.string().transform((email) => ({ email }))]);
await cache.set("user-3", "someone@example.org");
const migrated = await cache.getOrSet("user-3", async () => "never called", { schema: Migrated });
assert.deepEqual(migrated, { email: "someone@example.org" });

// checkValue as a function: `validate` is asked about hits, and what it does not accept is loaded anew.
await cache.set("user-4", { email: 4 });
const validated = await cache.getOrSet<{ email: unknown }>("user-4", async () => ({ email: "new@example.org" }), {
  validate: ({ value }) => typeof value.email === "string",
});
assert.deepEqual(validated, { email: "new@example.org" });
await cache.close();
