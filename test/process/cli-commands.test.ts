/** Every command against every kind of store, on every runtime that has a command line. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory } from "../../mod.ts";
import { reasonFor } from "../servers/available.ts";
import { startRedis } from "../servers/redis.ts";
import { startSqld } from "../servers/sqld.ts";
import { documents, type Ended, runtimes, tiercel } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "tiercel-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Store {
  readonly name: string;
  readonly skip: string | false;
  /** Whether it keeps logs and profiles. */
  readonly isSqlite: boolean;
  open(cwd: string): Promise<{ url: string; stop(): Promise<void> }>;
}

const stores: readonly Store[] = [
  {
    name: "SQLite",
    skip: false,
    isSqlite: true,
    open: async (cwd) => ({ url: join(cwd, "cache.db"), stop: async () => {} }),
  },
  {
    name: "Redis",
    skip: reasonFor("redis"),
    isSqlite: false,
    async open() {
      const server = await startRedis({ password: "s3cret-word" });
      return { url: server.url, stop: () => server.stop() };
    },
  },
  {
    name: "libSQL",
    skip: reasonFor("sqld"),
    isSqlite: false,
    async open() {
      const server = await startSqld({ auth: true });
      return { url: `${server.url}?authToken=${server.authToken}`, stop: () => server.stop() };
    },
  },
];

test("keys of every kind are listed, and found by what is listed", async () => {
  const cwd = mkdtempSync(join(folder, "keys-"));
  const run = (args: readonly string[], input?: string) =>
    tiercel(["--url", "cache.db", ...args], { cwd, ...(input !== undefined && { input }) });
  const cache = createCache({ tiers: [memory(), sqlite(join(cwd, "cache.db"))] });
  const keys = ["-a", "[a", "\\[a", ["a", 1n], ["a", "$1n"], ["a", new Date(0)], "a\tb", '\\"a'];
  for (const [at, key] of keys.entries()) await cache.set(key, at);
  await cache.close();
  const json = await run(["keys", "--json"]);
  assert.equal(json.err, "");
  const values = documents((await run(["mget", "--json"], json.out)).out).map(
    (one) => (one as { value: number }).value,
  );
  assert.deepEqual(values.sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(documents((await run(["entries", "--json"])).out).length, 8);
  const { out } = await run(["keys"]);
  writeFileSync(join(cwd, "load.mjs"), "export const load = () => 1;\n");
  for (const [url, args, input] of [
    ["text.db", [], out],
    ["json.db", ["--json"], json.out],
  ] as const) {
    const warmed = await run(["warm", "--module", "load.mjs", "--url", url, ...args], input);
    assert.equal(warmed.code, 0, warmed.err);
    assert.equal((await run(["keys", "--json", "--url", url])).out, json.out);
  }
  for (const key of out.trim().split("\n"))
    assert.equal((await run(["delete", "--yes", "--", key])).err, "deleted 1 key\n");
  assert.equal((await run(["keys"])).code, 1);
});

for (const runtime of Object.keys(runtimes)) {
  for (const store of stores) {
    // Every runtime over every store takes minutes.
    if (!process.env.TIERCEL_LONG && (store !== stores[0] || runtime !== "Node")) continue;
    test(`commands on ${runtime} over ${store.name}`, { skip: store.skip }, async () => {
      const cwd = mkdtempSync(join(folder, "cwd-"));
      const { url, stop } = await store.open(cwd);
      try {
        await tour({ runtime, cwd, url, isSqlite: store.isSqlite });
      } finally {
        await stop();
      }
    });
  }
}

interface Place {
  readonly runtime: string;
  readonly cwd: string;
  readonly url: string;
  readonly isSqlite: boolean;
}

async function tour({ runtime, cwd, url, isSqlite }: Place): Promise<void> {
  const run = (args: readonly string[], input?: string | Uint8Array) =>
    tiercel(args, { runtime, cwd, env: { TIERCEL_URL: url }, ...(input !== undefined && { input }) });
  /** Runs a command that must end so; answers with its output. */
  const ends = async (code: number, args: readonly string[], input?: string | Uint8Array): Promise<Ended> => {
    const ended = await run(args, input);
    assert.equal(ended.code, code, `tiercel ${args.join(" ")}: ${ended.out}${ended.err}`);
    assert.doesNotMatch(ended.out + ended.err, /s3cret-word|eyJ[\w-]+\.[\w-]+\./);
    return ended;
  };
  const json = async (args: readonly string[], input?: string | Uint8Array) =>
    documents((await ends(0, [...args, "--json"], input)).out);

  // One key.
  await ends(0, ["set", "greeting", "hello\nworld", "--ttl", "5m", "--tag", "texts", "-t", "all"]);
  assert.equal((await ends(0, ["get", "greeting"])).out, "hello\nworld\n");
  await ends(0, ["set", '["user",42]', '{"name":"Ada","tags":[1,null]}', "--json", "--ttl", "1h"]);
  assert.deepEqual(await json(["get", '["user",42]']), [{ name: "Ada", tags: [1, null] }]);
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  await ends(0, ["set", "bytes", "--raw"], bytes);
  assert.deepEqual([...(await ends(0, ["get", "bytes", "--raw"])).bytes], [...bytes]);
  await ends(1, ["get", "none"]);
  await ends(0, ["has", "greeting"]);
  await ends(1, ["has", "none"]);
  const [meta] = (await json(["meta", "greeting"])) as [{ tags: string[]; ttl: number; stale: boolean }];
  assert.deepEqual([meta.tags, meta.stale], [["all", "texts"], false]);
  assert.ok(meta.ttl > 200_000 && meta.ttl <= 300_000, String(meta.ttl));
  assert.match((await ends(0, ["explain", "greeting"])).out, /is a hit/);
  await ends(1, ["explain", "none"]);
  await ends(0, ["touch", "greeting", "--ttl", "2h"]);
  assert.ok(((await json(["meta", "greeting"])) as [{ ttl: number }])[0].ttl > 7_000_000);
  await ends(1, ["touch", "none", "--ttl", "2h"]);

  // Many.
  await ends(0, ["mset", "a=1", "b=2", "--tag", "letters"]);
  await ends(0, ["mset"], '{"key":"c","value":{"n":3},"ttl":"1h","tags":["letters"]}\n{"key":["d"],"value":4}\n');
  assert.deepEqual(await json(["mget", "b", "a"]), [
    { key: "b", value: "2" },
    { key: "a", value: "1" },
  ]);
  await ends(1, ["mget", "a", "none"]);
  assert.deepEqual((await json(["keys", "[abc]"])).sort(), ["a", "b", "c"]);
  assert.deepEqual((await json(["keys", "--tag", "texts"])) as unknown[], ["greeting"]);
  assert.equal((await json(["entries", "--values", "--limit", "3"])).length, 3);
  assert.deepEqual(await json(["keys", "--count"]), [{ count: 7 }]);
  const [stats] = (await json(["stats", "--full"])) as [{ entries: number; tags: Record<string, number> }];
  assert.deepEqual([stats.entries, stats.tags.letters], [7, 3]);
  assert.equal(((await json(["health"])) as [{ status: string }])[0].status, "ok");
  assert.equal(((await json(["doctor"])) as [{ ok: boolean }])[0].ok, true);
  assert.equal(((await json(["bench", "--count", "20"])) as [{ operations: unknown[] }])[0].operations.length, 5);

  // Parts.
  await ends(0, ["set", "k", "in the namespace", "-n", "part"]);
  await ends(0, ["set", "k", "of the user", "--scope", "org=acme/user=42"]);
  await ends(0, ["set", "k", "of the org", "--scope", "org=acme"]);
  assert.equal((await ends(0, ["get", "k", "--namespace", "part", "--raw"])).out, "in the namespace");

  // There and back, in both formats.
  await ends(0, ["export", "all.ndjson"]);
  await ends(0, ["export", "all.cbor"]);
  const lines = (file: string) =>
    readFileSync(join(cwd, file), "utf8")
      .split("\n")
      .filter((line) => line.includes('"key"'))
      .sort();
  assert.equal(lines("all.ndjson").length, 10);
  await ends(0, ["import", "all.cbor", "--url", "copy.db"]);
  await ends(0, ["export", "copy.ndjson", "--url", "copy.db"]);
  assert.deepEqual(lines("copy.ndjson"), lines("all.ndjson"));
  await ends(0, ["clear", "--yes"]);
  await ends(1, ["keys"]);
  await ends(0, ["import", "all.ndjson"]);
  await ends(0, ["export", "again.ndjson"]);
  assert.deepEqual(lines("again.ndjson"), lines("all.ndjson"));

  // Going.
  await ends(0, ["expire", "a"]);
  await ends(1, ["expire", "none"]);
  await ends(4, ["invalidate", "--tag", "texts"]);
  await ends(0, ["get", "greeting"]);
  await ends(0, ["invalidate", "--tag", "texts", "--yes"]);
  await ends(1, ["get", "greeting"]);
  assert.deepEqual(await json(["invalidate", "--pattern", "[bc]", "--yes"]), [{ invalidated: true, count: 2 }]);
  await ends(0, ["expire", "--tag", "letters", "--yes"]);
  await ends(0, ["invalidate", "--scope", "org=acme", "--yes"]);
  await ends(1, ["get", "k", "--scope", "org=acme/user=42"]);
  await ends(0, ["get", "k", "--namespace", "part"]);
  await ends(0, ["prune"]);
  assert.deepEqual(await json(["delete", "bytes", "none"]), [{ deleted: 1 }]);
  await ends(1, ["delete", "none"]);

  // From elsewhere.
  writeFileSync(join(cwd, "load.mjs"), "export const load = ({ key }) => 'loaded ' + key;\n");
  assert.deepEqual(await json(["warm", "--module", "load.mjs", "--ttl", "1h"], "w1\nw2\n"), [{ done: 2, failed: 0 }]);
  assert.equal((await ends(0, ["get", "w2"])).out, "loaded w2\n");
  const watched = documents((await ends(0, ["watch", "--for", "300ms", "--interval", "50ms", "--json"])).out);
  assert.ok(watched.some((one) => (one as { entries?: number }).entries !== undefined));

  // What SQLite alone keeps.
  await ends(isSqlite ? 0 : 2, ["profile", "save", "sale", "--ttl", "30s"]);
  for (const log of ["hot", "access-log", "eviction-log"]) await ends(isSqlite ? 1 : 2, [log]);
  if (!isSqlite) return;
  await ends(0, ["profile", "save", "sale", "--tag", "sale"]);
  const [sale] = (await json(["profile", "get", "sale"])) as [{ ttl: number; tags: string[] }];
  assert.deepEqual([sale.ttl, sale.tags], [30_000, ["sale"]]);
  await ends(1, ["profile", "get", "none"]);
  await ends(4, ["profile", "use", "sale"]);
  await ends(0, ["profile", "use", "sale", "--yes"]);
  const { out } = await ends(0, ["profile", "export"]);
  await ends(0, ["profile", "delete", "sale", "--yes"]);
  await ends(0, ["profile", "import"], out);
  assert.deepEqual(
    ((await json(["profile", "list"])) as { name: string; ttl: number }[]).map(({ name, ttl }) => [name, ttl]),
    [
      ["default", 30_000],
      ["sale", 30_000],
    ],
  );
}
