// What a user of a cache over libSQL sees, of others who share it and of faults.
import { test } from "node:test";
import { type LibsqlOptions, libsql } from "../../adapters/libsql.ts";
import { type Cache, createCache, memory } from "../../mod.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { startSqld } from "../servers/sqld.ts";
import { filePlace, PATIENT } from "./libsql-fixture.ts";
import { sharedServer, withoutServer } from "./libsql-server.ts";

const { serverTest } = sharedServer();

/** A cache with memory over a database, and what it told of. */
function open(url: string, options: { name?: string } & LibsqlOptions = {}): { cache: Cache; errors: string[] } {
  const { name = "app", ...rest } = options;
  const cache = createCache({
    name,
    tiers: [memory(), libsql(url, { ...PATIENT, ...rest })],
    ttl: "1h",
    lease: "1h",
    coherence: 0,
    sweepInterval: 0,
  });
  const errors: string[] = [];
  cache.on("error", ({ error }) => {
    for (let at: unknown = error; at instanceof Error; at = at.cause) errors.push(String(at));
  });
  cache.on("corrupt", ({ key }) => errors.push(`corrupt ${key}`));
  return { cache, errors };
}

/** Caches that share a database agree on what is written, invalidated, cleared and loaded. */
async function agree(url: string): Promise<void> {
  const [one, two, other] = [open(url), open(url), open(url, { name: "other" })];
  await one.cache.set("k", { n: 1 }, { tags: ["t"] });
  await other.cache.set("k", "other's", { tags: ["t"] });
  equal(await two.cache.get("k"), { n: 1 });
  await one.cache.invalidateTags(["t"]);
  equal([await one.cache.get("k"), await two.cache.get("k")], [undefined, undefined]);
  same(await other.cache.get("k"), "other's", "another cache's tags are its own");
  await one.cache.set("k", 2);
  equal(await two.cache.get("k"), 2);
  await two.cache.clear();
  equal([await one.cache.get("k"), await one.cache.keys()], [undefined, []]);
  same(await other.cache.get("k"), "other's", "clear touches nothing of another cache");
  let loads = 0;
  const load = async () => {
    loads++;
    await new Promise((resolve) => setTimeout(resolve, 30));
    return loads;
  };
  const loaded = await Promise.all([one, two, one, two].map(({ cache }) => cache.getOrSet("l", load)));
  equal([loaded, loads], [[1, 1, 1, 1], 1]);
  for (const { cache, errors } of [one, two, other]) {
    await cache.close();
    equal(errors, []);
  }
}

serverTest("caches on one server agree on what is written, invalidated, cleared and loaded", ({ server }) =>
  agree(server.url),
);

test("caches on one file agree on what is written, invalidated, cleared and loaded", async () => {
  const place = filePlace();
  try {
    await agree(place.url);
  } finally {
    place.dispose();
  }
});

test("while the server is away nothing rejects, and what was invalidated meanwhile is not served after it", {
  skip: withoutServer,
}, async () => {
  const server = await startSqld({ auth: true });
  const options = { authToken: server.authToken!, breaker: false } as const;
  const { cache, errors } = open(server.url, options);
  try {
    await cache.set("kept", 1);
    await cache.set("gone", 1, { tags: ["t"] });
    await cache.set("changed", 1);
    await server.kill();
    await cache.invalidateTags(["t"]);
    await cache.set("changed", 2);
    same(await cache.getOrSet("loaded", () => "loaded"), "loaded");
    equal([await cache.get("changed"), await cache.get("gone")], [2, undefined]);
    ok(errors.length > 0, "faults are told");
    ok(!errors.join().includes(server.authToken!), "and name no token");
    await server.restart();
    await cache.evictAll();
    // A connection that was kept may turn out to be dead only when it is used.
    for (let attempt = 0; (await cache.get("kept")) === undefined && attempt < 5; attempt++);
    equal([await cache.get("kept"), await cache.get("gone"), await cache.get("changed")], [1, undefined, undefined]);
    // A change is made only after what was missed.
    await cache.set("new", 1);
    const { cache: other } = open(server.url, options);
    equal([await other.get("kept"), await other.get("gone"), await other.get("changed")], [1, undefined, undefined]);
    await other.close();
  } finally {
    await cache.close();
    await server.stop();
  }
});

serverTest("bytes that are no payload are a miss and an event, and are removed", async ({ server, raw }) => {
  const { cache, errors } = open(server.url);
  await cache.set("k", "value");
  await raw.run("UPDATE entries SET data = CAST(substr(data, 1, length(data) - 1) || x'ff' AS BLOB)");
  await cache.evictAll();
  same(await cache.get("k"), undefined);
  equal(errors, ["corrupt k"]);
  equal(await raw.rows("SELECT count(*) AS n FROM entries"), [{ n: 0 }]);
  same(await cache.getOrSet("k", () => "loaded"), "loaded");
  await cache.close();
});
