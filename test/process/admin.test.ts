import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { Validator } from "@seriousme/openapi-schema-validator";
import { build } from "esbuild";
import { Hono } from "hono";
import { adminRouter } from "../../adapters/hono/mod.ts";
import { createCache, memory } from "../../mod.ts";
import { inside } from "../../scripts/project.mjs";

const TOKEN = "the-token-of-the-process-test";
const headers = { authorization: `Bearer ${TOKEN}` };

test("the document of the admin API is sound OpenAPI 3.1, with a token and without", async () => {
  const cache = createCache({ name: "app" });
  for (const auth of [{ token: TOKEN }, "none"] as const) {
    const app = new Hono().route("/admin", adminRouter({ cache, auth }));
    const document = (await (await app.request("/admin/api/openapi.json", { headers })).json()) as Record<
      string,
      object
    >;
    const validator = new Validator();
    const { valid, errors } = await validator.validate(document);
    assert.ok(valid, JSON.stringify(errors));
    assert.equal(validator.version, "3.1");
    // Each of its paths is one of the API.
    for (const [path, methods] of Object.entries(document.paths ?? {}))
      for (const method of Object.keys(methods)) {
        if (path === "/events") continue;
        const { status } = await app.request(`/admin/api${path}`, { method: method.toUpperCase(), headers });
        assert.notEqual(status, 404, `${method} ${path}`);
      }
  }
  await cache.close();
});

test("the admin router adds at most 60 KB gzip to a Worker", async () => {
  const size = async (contents: string): Promise<number> => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: inside(), loader: "ts" },
      bundle: true,
      minify: true,
      format: "esm",
      conditions: ["workerd", "worker", "browser"],
      write: false,
      logLevel: "error",
    });
    return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
  };
  const app =
    'import { Hono } from "hono"; import { createCache } from "./mod.ts"; const cache = createCache(); const app = new Hono();';
  const without = await size(`${app} app.get("/", (c) => c.json(cache.stats())); export default app;`);
  const router = 'import { adminRouter } from "./adapters/hono/admin.ts";';
  const added =
    (await size(`${router} ${app} app.route("/admin", adminRouter({ cache, auth: "none" })); export default app;`)) -
    without;
  console.log(`The admin router adds ${added} bytes, gzipped`);
  assert.ok(added > 10_000 && added <= 60 * 1_024, `${added}`);
});

test("of 1,000,000 keys one page is sent at a time, wherever it begins", async () => {
  const cache = createCache({ name: "app", tiers: [memory({ maxEntries: 1_000_000 })] });
  for (let i = 0; i < 1_000_000; i++) cache.sync.set(`key:${i}`, i);
  const app = new Hono().route("/admin", adminRouter({ cache, auth: { token: TOKEN } }));
  const ask = async (
    query: string,
  ): Promise<{ keys: { key: string }[]; cursor: number | null; ms: number; bytes: number }> => {
    const begun = performance.now();
    const response = await app.request(`/admin/api/keys?${query}`, { headers });
    const text = await response.text();
    return { ...JSON.parse(text), ms: performance.now() - begun, bytes: text.length };
  };
  const seen = new Set<string>();
  let turns = 0;
  const clock = setInterval(() => turns++, 1);
  for (const cursor of [0, 200, 500_000, 999_800]) {
    const page = await ask(`limit=200&cursor=${cursor}`);
    console.log(`200 of 1,000,000 keys from ${cursor}: ${Math.round(page.ms)} ms, ${page.bytes} bytes`);
    assert.equal(page.keys.length, 200);
    assert.equal(page.cursor, cursor === 999_800 ? null : cursor + 200);
    assert.ok(page.bytes < 60_000);
    for (const { key } of page.keys) seen.add(key);
  }
  assert.equal(seen.size, 800);
  clearInterval(clock);
  // Others have had their turns while it looked for the place.
  assert.ok(turns > 50, `${turns}`);
  assert.deepEqual(await ask("limit=200&cursor=5000000").then(({ keys, cursor }) => [keys, cursor]), [[], null]);
  // Nothing has the tag: so many are looked at for one answer, and the next goes on from there.
  const none = await ask("limit=200&tag=nobody");
  assert.deepEqual([none.keys, none.cursor], [[], 20_000]);
  const found = await app.request("/admin/api/count", {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ by: "pattern", pattern: "key:9999*" }),
  });
  assert.deepEqual(await found.json(), { count: 111, isAll: true });
  await cache.close();
});

test("the example of docs/admin.md runs, and each path that it tells is in the API", async () => {
  const text = readFileSync(inside("docs/admin.md"), "utf8");
  const [, code = ""] = /^```ts\n(.*?)^```$/ms.exec(text) ?? [];
  const folder = mkdtempSync(join(tmpdir(), "tiercel-admin-docs-"));
  try {
    const outfile = join(folder, "example.mjs");
    const entries = Object.entries({
      "tiercel/hono": "adapters/hono/mod.ts",
      "tiercel/observe": "src/observe/mod.ts",
      "tiercel/profiles": "src/profiles/mod.ts",
      "tiercel/prometheus": "src/observe/prometheus.ts",
      tiercel: "mod.ts",
    });
    await build({
      stdin: { contents: `${code}\nexport { app, cache };`, loader: "ts", resolveDir: inside() },
      outfile,
      bundle: true,
      format: "esm",
      platform: "neutral",
      mainFields: ["module", "main"],
      alias: Object.fromEntries(entries.map(([name, path]) => [name, inside(path)])),
      logLevel: "error",
    });
    const { app, cache } = await import(pathToFileURL(outfile).href);
    const authorization = "Bearer at-least-16-characters";
    const ask = (path: string): Promise<Response> => app.request(`/admin/api${path}`, { headers: { authorization } });
    assert.equal((await ask("/stats")).status, 200);
    const { paths } = (await (await ask("/openapi.json")).json()) as { paths: Record<string, object> };
    const told = text
      .slice(text.indexOf("`GET /stats`"))
      .matchAll(/`(?:GET |PUT |POST |DELETE )?(\/[a-z-]+(?:\/[a-z-]+)?)`/g);
    assert.deepEqual([...new Set([...told].map(([, path = ""]) => path))].sort(), Object.keys(paths).sort());
    await cache.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
