import { createCache, memory } from "../../../mod.ts";
import { accessLog, evictionLog, hotKeys } from "../../../src/observe/mod.ts";
import { prometheus } from "../../../src/observe/prometheus.ts";
import { profiles } from "../../../src/profiles/mod.ts";
import { defineScopes } from "../../../src/scope/define.ts";
import { equal, ok, same, type TestCase } from "../../contract/mod.ts";
import { site, siteSuite } from "./site.ts";

const keysOf = (json: Record<string, unknown>): string[] =>
  (json.keys as { key: string }[]).map(({ key }) => key).sort();

export const tests: TestCase[] = siteSuite("admin API", {
  "tells counters, health and tiers": async () => {
    const { api, cache } = site();
    await cache.set("k", 1);
    await cache.get("k");
    const { json } = await api("/stats");
    equal([json.name, json.hits, json.sets], ["app", 1, 1]);
    equal((await api("/health")).json.status, "ok");
    same(((await api("/tiers")).json.tiers as { name: string }[])[0]?.name, "memory");
  },
  "stores, shows, expires and deletes an entry": async () => {
    const { api, cache } = site();
    const put = await api("/entry", { method: "PUT", json: { key: "k", value: { a: [1] }, ttl: "1m", tags: ["t"] } });
    equal([put.status, put.json], [200, { stored: "k" }]);
    equal(await cache.get("k"), { a: [1] });
    const { json } = await api("/entry?key=k");
    equal([json.key, json.tier, json.tags, json.stale], ["k", "memory", ["t"], false]);
    ok((json.ttl as number) > 50_000);
    equal(json.value, {
      type: "object",
      items: [
        {
          name: "a",
          value: { type: "array", items: [{ name: "0", value: { type: "number", text: "1" } }], size: 1 },
        },
      ],
    });
    equal((await api("/expire", { json: { key: "k", ttl: "1h" } })).json, { key: "k", existed: true });
    ok(((await cache.meta("k"))?.ttl ?? 0) > 3_000_000);
    equal((await api("/entry?key=k", { method: "DELETE" })).json, { key: "k", existed: true });
    equal((await api("/entry?key=k")).status, 404);
    equal((await api("/entry?key=k", { method: "DELETE" })).json, { key: "k", existed: false });
  },
  "says in words what is wrong with a request": async () => {
    const { api } = site();
    for (const [path, sent, words] of [
      ["/invalidate", { json: { by: "tags", tags: [] } }, "Cannot use body as tags must be more than nothing"],
      [
        "/entry",
        { method: "PUT", json: { key: "k", value: 1, tll: 5 } },
        "Cannot use body as tll must be left out, as there is no such field",
      ],
      ["/keys?limit=0", {}, "Cannot use query as limit must be at least 1"],
      ["/keys?limit=1000", {}, "Cannot use query as limit must be at most 200"],
    ] as const) {
      const { status, json } = await api(path, sent);
      equal([status, (json.error as { message: string }).message], [400, words]);
    }
  },
  "to look at an entry is no use of it": async () => {
    const { api, cache } = site();
    await cache.set("k", 1);
    for (const path of ["/entry?key=k", "/keys", "/explain?key=k", "/keys?tag=t"]) await api(path);
    const { hits, misses, tiers } = cache.stats();
    equal([hits, misses, tiers[0]?.hits], [0, 0, 0]);
  },
  "takes arrays as keys by their JSON": async () => {
    const { api, cache } = site();
    await cache.set(["user", 42], "u");
    equal(keysOf((await api("/keys")).json), ['["user",42]']);
    const text = encodeURIComponent('["user",42]');
    same(((await api(`/entry?key=${text}`)).json.value as { text: string }).text, "u");
    equal((await api(`/entry?key=${text}`, { method: "DELETE" })).json.existed, true);
    equal(await cache.get(["user", 42]), undefined);
  },
  "takes no array of which another key would be made": async () => {
    const { api, cache } = site();
    for (const key of ['["$price"]', '["$5"]']) {
      const { status, json } = await api("/entry", { method: "PUT", json: { key, value: 1 } });
      same(status, 400);
      ok((json.error as { message: string }).message.includes("begins with $"));
    }
    same((await api("/entry", { method: "PUT", json: { key: '["$$price"]', value: 1 } })).status, 200);
    same(await cache.get(["$price"]), 1);
  },
  "of a namespace it tells of nothing outside": async () => {
    const cache = createCache({ name: "app", sweepInterval: 0 });
    const tenant = cache.namespace("a") as unknown as typeof cache;
    const { api, ask } = site({}, tenant);
    await cache.namespace("b").set("theirs", 1);
    await cache.set("@a:k", 1);
    await tenant.namespace("part").set("k", 1);
    await tenant.set("ours", 1);
    equal((await api("/namespaces")).json, { namespaces: ["part"] });
    const headers = { authorization: "Bearer a-token-of-the-test-5f1c" };
    const reader = (await ask("/api/events", { headers })).body!.getReader();
    const next = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    await next();
    const first = next();
    await Promise.resolve();
    for (const other of [cache, cache.namespace("b")]) {
      await other.set("theirs", 1, { ttl: 1 });
      await other.get("theirs");
      await other.getOrSet("loaded", () => 1);
      await other.delete("theirs");
      await other.invalidateTags(["theirs"]);
    }
    await cache.delete("@a:k");
    await tenant.get("ours");
    await tenant.get(["none", 1n]);
    await tenant.delete("ours");
    const told = [await first, await next(), await next()].map((text) => JSON.parse(text.slice(text.indexOf("{"))));
    equal(
      told.map(({ name, key, reason }) => [name, key, reason]),
      [
        ["hit", "ours", undefined],
        ["miss", '["none","$1n"]', undefined],
        ["delete", "ours", undefined],
      ],
    );
    await reader.cancel();
    await cache.close();
  },
  "lists keys by pattern, tag and tier, page by page, each once": async () => {
    const { api, cache } = site();
    for (let i = 0; i < 120; i++) await cache.set(`k${i}`, i, { tags: i % 3 === 0 ? ["third"] : [] });
    const all: string[] = [];
    let cursor: unknown = 0;
    let pages = 0;
    while (cursor !== null && pages < 9) {
      const { json } = await api(`/keys?limit=50&cursor=${cursor}`);
      all.push(...keysOf(json));
      cursor = json.cursor;
      pages++;
    }
    equal([pages, all.length, new Set(all).size], [3, 120, 120]);
    same(keysOf((await api("/keys?pattern=k1?&limit=200")).json).length, 10);
    same(keysOf((await api("/keys?tag=third&limit=200")).json).length, 40);
    same(keysOf((await api("/keys?tag=third&tier=memory&limit=7")).json).length, 7);
    same((await api("/keys?tier=nope")).status, 400);
  },
  "finds what is in namespaces and scopes": async () => {
    const scopes = defineScopes({ org: { param: "orgId" } });
    const scoped = createCache({ name: "app", scopes, sweepInterval: 0 });
    const { api } = site({ cache: scoped });
    await scoped.set("root", 1);
    await scoped.namespace("n").set("inside", 1);
    await scoped.scope("org", { orgId: "acme" }).set("mine", 1, { tags: ["t"] });
    equal((await api("/namespaces")).json.namespaces, ["n"]);
    equal(keysOf((await api("/keys")).json), ["root"]);
    equal(keysOf((await api("/keys?namespace=n")).json), ["inside"]);
    const ids = encodeURIComponent('{"orgId":"acme"}');
    equal(keysOf((await api(`/keys?scope=org&ids=${ids}&tag=t`)).json), ["mine"]);
    same((await api(`/entry?scope=org&ids=${ids}&key=mine`)).status, 200);
    const target = { by: "scope", scope: "org", ids: { orgId: "acme" } };
    equal((await api("/count", { json: target })).json, { count: 1, isAll: true });
    same((await api("/invalidate", { json: target })).status, 200);
    equal(keysOf((await api(`/keys?scope=org&ids=${ids}`)).json), []);
    same((await api("/keys?scope=nope&ids={}")).status, 400);
    same((await api("/keys?scope=org&ids=[]")).status, 400);
  },
  "counts what an invalidation would hit, and then does it": async () => {
    const { api, cache } = site();
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) await cache.set(`k${i}`, i, { tags: [`t${i % 2}`, "all"] });
    };
    const cases: [target: object, hits: number][] = [
      [{ by: "tags", tags: ["t0"] }, 5],
      [{ by: "tags", tags: ["t0", "t1"], match: "all" }, 0],
      [{ by: "tags", tags: ["t1", "all"], match: "exact" }, 5],
      [{ by: "tags", tags: ["t1"], match: "exact" }, 0],
      [{ by: "tags", tags: ["t1", "all"], match: "all" }, 5],
      [{ by: "pattern", pattern: "k[0-3]" }, 4],
      [{ by: "tags", tags: ["nobody"] }, 0],
    ];
    for (const [json, hits] of cases) {
      await cache.clear();
      await fill();
      equal((await api("/count", { json })).json, { count: hits, isAll: true }, JSON.stringify(json));
      same(await cache.size(), 10);
      same((await api("/invalidate", { json })).status, 200);
      same(await cache.size(), 10 - hits);
    }
  },
  "prunes and clears, the latter only for who says the name of the cache": async () => {
    const { api, cache } = site();
    await cache.set("k", 1);
    same((await api("/clear", { json: { confirm: "other" } })).status, 400);
    same(await cache.size(), 1);
    equal((await api("/prune", { json: {} })).json, { pruned: 0 });
    equal((await api("/clear", { json: { confirm: "app" } })).json, { cleared: "app" });
    same(await cache.size(), 0);
  },
  "shows what observers tell, and says how to attach those that are missing": async () => {
    const bare = site();
    for (const path of ["/hot-keys", "/logs/accesses", "/logs/evictions", "/metrics", "/profiles"]) {
      const { status, json } = await bare.api(path);
      equal([path, status, (json.error as { code: string }).code], [path, 501, "NOT_ATTACHED"]);
    }
    const cache = createCache({ name: "app", tiers: [memory({ maxEntries: 2 })], sweepInterval: 0 });
    const { api, ask } = site(
      {
        hotKeys: hotKeys(cache),
        accessLog: accessLog(cache),
        evictionLog: evictionLog(cache),
        profiles: profiles(cache),
        metrics: prometheus(cache),
      },
      cache,
    );
    for (const key of ["a", "b", "c"]) await cache.getOrSet(key, () => 1);
    equal(keysOf((await api("/hot-keys")).json), ["a", "b", "c"]);
    same(((await api("/logs/accesses")).json.rows as []).length, 3);
    same(((await api("/logs/evictions")).json.rows as { reason: string }[])[0]?.reason, "capacity");
    const metrics = await ask("/api/metrics", { headers: { authorization: "Bearer a-token-of-the-test-5f1c" } });
    ok((metrics.headers.get("content-type") ?? "").startsWith("text/plain; version=0.0.4"));
    ok((await metrics.text()).includes("tiercel_reads_total"));
    same((await api("/profiles", { method: "PUT", json: { name: "sale", ttl: "30s" } })).status, 200);
    same((await api("/profiles/use", { json: { name: "sale" } })).status, 200);
    same((await api("/profiles")).json.current, "sale");
    same((await api("/profiles?name=sale", { method: "DELETE" })).status, 400);
  },
  "tells events as they happen, and stops with the client or the cache": async () => {
    const { ask, cache } = site();
    const headers = { authorization: "Bearer a-token-of-the-test-5f1c" };
    const response = await ask("/api/events", { headers });
    same(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body!.getReader();
    const decoder = new TextDecoder();
    const next = async (): Promise<string> => decoder.decode((await reader.read()).value);
    same(await next(), "retry: 5000\n\n");
    const line = next();
    await Promise.resolve();
    await cache.set("k\n\ndata: x", 1);
    const text = await line;
    ok(text.startsWith("event: cache\ndata: {"));
    equal((({ name, key }) => ({ name, key }))(JSON.parse(text.slice(text.indexOf("{")))), {
      name: "set",
      key: "k\n\ndata: x",
    });
    same(text.trim().split("\n").length, 2);
    await cache.close();
    same((await reader.read()).done, true);
  },
  "the document of the API has every route, with the schemas that requests are checked by": async () => {
    const { api } = site();
    const { json } = await api("/openapi.json");
    same(json.openapi, "3.1.0");
    const paths = json.paths as Record<
      string,
      Record<string, { operationId: string; parameters?: { name: string; schema: object }[] }>
    >;
    const ids = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    same(new Set(ids).size, ids.length);
    ok(ids.length > 20);
    const limit = paths["/keys"]?.get?.parameters?.find(({ name }) => name === "limit");
    equal(limit?.schema, { type: "integer", minimum: 1, maximum: 200 });
    same((await api("/keys?limit=201")).status, 400);
    same((await api("/keys?limit=0")).status, 400);
    same((await api("/keys?limit=1.5")).status, 400);
  },
});
