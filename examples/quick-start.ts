/**
 * The first ten lines, in memory alone: runs on every runtime.
 *
 * Run it with `node examples/quick-start.ts`, `bun examples/quick-start.ts` or `deno run examples/quick-start.ts`.
 */
// Runs on: node20, node22, node24, node26, bun, deno
import { createCache } from "tiercel";

const cache = createCache({ name: "quick-start", ttl: "5m", grace: "1h" });

let queries = 0;
async function findUser(id: number): Promise<{ id: number; name: string }> {
  queries++;
  return { id, name: `User ${id}` };
}

// A hundred callers, one query.
const users = await Promise.all(
  Array.from({ length: 100 }, () => cache.getOrSet("user:42", () => findUser(42), { tags: ["users"] })),
);
console.log(`${users.length} callers, ${queries} query, ${users[0]?.name}`);

// Many keys, one call of the loader for those that are missing.
const more = await cache.getOrSetMany(["user:42", "user:43", "user:44"], (keys) =>
  keys.map((key) => ({ id: Number(key.slice(5)), name: `Loaded ${key}` })),
);
console.log([...more.values()].map(({ name }) => name).join(", "));

// Invalid at once, whatever the number of entries.
await cache.invalidateTags("users");
console.log(`after the invalidation: ${await cache.get("user:42")}`);

// A part of its own.
const sessions = cache.namespace("sessions");
await sessions.set("user:42", "a session");
console.log(`${await sessions.size()} session, ${await cache.size()} users`);

const { hits, misses, loads } = cache.stats();
console.log(`${hits} hits, ${misses} misses, ${loads} loads`);
await cache.close();
