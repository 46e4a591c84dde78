/** What is given wrongly, and stores that fail: one line, the right exit code, and nothing lost. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { serverTest } from "../servers/available.ts";
import { startRedis } from "../servers/redis.ts";
import { startSqld } from "../servers/sqld.ts";
import { documents, main, type Running, tiercel } from "./cli.ts";

const cwd = mkdtempSync(join(tmpdir(), "tiercel-cli-faults-"));
after(() => rmSync(cwd, { recursive: true, force: true }));
const run = (args: readonly string[], options: Running = {}) => tiercel(args, { cwd, ...options });

before(async () => {
  assert.equal((await run(["set", "kept", "value", "--url", "cache.db"])).code, 0);
  writeFileSync(join(cwd, "no-database.txt"), "x".repeat(10_000));
  writeFileSync(join(cwd, "broken.json"), "{");
  writeFileSync(join(cwd, "unknown.json"), '{"urll":"x"}');
  writeFileSync(
    join(cwd, "cut.ndjson"),
    '{"tiercel":"export","version":1,"cache":"default","at":1}\n{"key":"a","created":1,"fresh":null,"sta',
  );
  writeFileSync(join(cwd, "newer.ndjson"), '{"tiercel":"export","version":2,"cache":"default","at":1}\n');
  writeFileSync(join(cwd, "other.ndjson"), "hello\n");
});

const DEAD = "redis://127.0.0.1:1";
const table: readonly [args: string[], code: number, says: RegExp][] = [
  [[], 2, /must have a command/],
  [["gett", "k"], 2, /Unknown command "gett" \(did you mean tiercel get\?\)/],
  [["profile"], 2, /profile list/],
  [["profile", "lst"], 2, /did you mean tiercel profile list/],
  [["get"], 2, /must have KEY/],
  [["get", "a", "b"], 2, /at most 1/],
  [["get", "a", "--urll", "x"], 2, /did you mean --url/],
  [["get", "a", "--url"], 2, /must have a value/],
  [["get", "a", "--json=1"], 2, /has no value/],
  [["get", "a", "-u", "ftp://host/secret-part"], 2, /scheme must be one of .*ftp:/],
  [["get", "a", "-u", "nowhere.db"], 3, /no such file/],
  [["get", "a", "-u", "no-database.txt"], 3, /must be a SQLite database/],
  [["get", "[1", "-u", "cache.db"], 2, /JSON array/],
  [["set", '["$price"]', "1", "-u", "cache.db"], 2, /begins with \$ has one more/],
  [["get", "a", "-n", "", "-u", "cache.db"], 2, /namespace/],
  [["get", "a", "-s", "org", "-u", "cache.db"], 2, /level=id/],
  [["get", "a", "-u", DEAD], 3, /ECONNREFUSED/],
  [["set", "a", "b", "-u", DEAD], 3, /ECONNREFUSED/],
  [["keys", "-u", DEAD], 3, /ECONNREFUSED/],
  [["stats", "-u", DEAD], 3, /ECONNREFUSED/],
  [["clear", "--yes", "-u", DEAD], 3, /ECONNREFUSED/],
  [["export", "-u", DEAD], 3, /ECONNREFUSED/],
  [["keys", "[a", "-u", "cache.db"], 2, /pattern/],
  [["keys", "--limit", "x", "-u", "cache.db"], 2, /--limit/],
  [["set", "a", "{", "--json", "-u", "cache.db"], 2, /must be JSON: broken at position 1/],
  [["set", "a", "b", "--ttl", "5x", "-u", "cache.db"], 2, /"5x"/],
  [["touch", "kept", "-u", "cache.db"], 2, /--ttl/],
  [["touch", "kept", "--ttl", "soon", "-u", "cache.db"], 2, /"soon"/],
  [["mset", "a", "-u", "cache.db"], 2, /KEY=VALUE/],
  [["invalidate", "-u", "cache.db"], 2, /must have --tag/],
  [["invalidate", "--tag", "a", "--match", "most", "-u", "cache.db"], 2, /any, all, exact/],
  [["invalidate", "--tag", "a", "-u", "cache.db"], 4, /add --yes/],
  [["clear", "--match", "all", "--yes", "-u", "cache.db"], 2, /--match must go with --tag: received none/],
  [["invalidate", "--match", "all", "--scope", "org=a", "--yes", "-u", "cache.db"], 2, /--match must go with --tag/],
  [["expire", "kept", "--match", "any", "-u", "cache.db"], 2, /--match must go with --tag/],
  [
    ["clear", "--ttl", "5m", "-u", "cache.db"],
    4,
    /^tiercel: Delete what meets ttl of cache default in cache.db: refused/,
  ],
  [
    ["clear", "--fn", "f", "--tag", "t", "-u", "cache.db"],
    4,
    /^tiercel: Delete what meets tags and fn of cache \S+ in cache.db: /,
  ],
  [["clear", "--tag", "t", "-u", "cache.db"], 4, /0 entries/],
  [["clear", "-u", "cache.db"], 4, /Delete everything .*1 entry.*add --yes/],
  [["get", "a", "--config", "broken.json"], 2, /must be JSON/],
  [["get", "a", "--config", "unknown.json"], 2, /did you mean url/],
  [["get", "a", "--config", "missing.js"], 2, /no such file/],
  [["import", "missing.ndjson", "-u", "cache.db"], 2, /no such file/],
  [["import", "cut.ndjson", "-u", "cache.db"], 2, /line 2 as it must be JSON|line 2/],
  [["import", "newer.ndjson", "-u", "cache.db"], 2, /version 1: received 2/],
  [["import", "other.ndjson", "-u", "cache.db"], 2, /must be JSON lines or CBOR/],
  [["export", "x.ndjson", "--resume", "-u", "cache.db"], 2, /Cannot resume/],
  [["warm", "-u", "cache.db"], 2, /--from, --module/],
  [["simulate", "missing.txt"], 2, /no such file/],
  [["simulate", "no-database.txt", "--policy", "best"], 2, /default, lru, lfu, fifo/],
  [["rotate-keys", "-u", "cache.db"], 2, /TIERCEL_KEYS/],
  [["completion", "csh"], 2, /bash, zsh or fish/],
  [["serve", "--port", "99999", "-u", "cache.db"], 2, /0 to 65535/],
];

test("what is given wrongly is told in one line, with its exit code", async () => {
  for (const [args, code, says] of table) {
    const { code: ended, err, out } = await run(args);
    const name = `tiercel ${args.join(" ")}: ${err}`;
    assert.equal(ended, code, name);
    assert.match(err, says, name);
    assert.match(err, /^tiercel: [^\n]*\n$/, name);
    assert.doesNotMatch(err, /secret-part/);
    assert.equal(out, "", name);
  }
  assert.equal((await run(["get", "kept", "-u", "cache.db"])).out, "value\n");
  assert.ok(!existsSync(join(cwd, "nowhere.db")) && !existsSync(join(cwd, ".tiercel")));
});

test("--debug shows the stack", async () => {
  assert.match((await run(["get", "a", "-u", "nowhere.db", "--debug"])).err, /\n\s+at /);
});

test("a file of a newer schema is left alone", { skip: Number(process.versions.node.split(".")[0]) < 22 }, async () => {
  const { DatabaseSync } = await import("node:sqlite");
  assert.equal((await run(["set", "a", "b", "--url", "newer.db"])).code, 0);
  const database = new DatabaseSync(join(cwd, "newer.db"));
  database.exec("UPDATE meta SET schema_version = 999");
  database.close();
  const before = readFileSync(join(cwd, "newer.db"));
  const { code, err } = await run(["get", "a", "--url", "newer.db"]);
  assert.equal(code, 3, err);
  assert.match(err, /^tiercel: .*999.*update this tiercel.*\n$/);
  assert.deepEqual(readFileSync(join(cwd, "newer.db")), before);
});

test("a wrong key ring is told, and nothing is lost by it; keys are rotated", async () => {
  const [old, next] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
  const by = (keys: string, ...args: string[]) => run([...args, "--url", "sealed.db"], { env: { TIERCEL_KEYS: keys } });
  assert.equal((await by(old, "mset", "a=1", "b=2")).code, 0);
  const wrong = await by(next, "get", "a");
  assert.equal(wrong.code, 3);
  assert.match(wrong.err, /key ring right/);
  assert.ok(!wrong.err.includes(old) && !wrong.err.includes(next));
  assert.equal((await by(next, "rotate-keys")).code, 3);
  const rotated = await by(`${next},${old}`, "rotate-keys", "--json");
  assert.deepEqual(documents(rotated.out), [{ rotated: 2, unreadable: 0, busy: 0 }]);
  assert.deepEqual(documents((await by(next, "mget", "a", "b", "--json")).out), [
    { key: "a", value: "1" },
    { key: "b", value: "2" },
  ]);
  assert.equal((await by(old, "get", "a")).code, 3);
  assert.match((await by("short", "get", "a")).err, /a key of TIERCEL_KEYS as it must be 32 bytes/);
});

/** Rotates the keys of a store with an entry that is stale by its time, and one that a tag has made so. */
async function rotatesStale(url: string): Promise<void> {
  const [old, next] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
  const by = (keys: string, ...args: string[]) => run([...args, "--url", url], { env: { TIERCEL_KEYS: keys } });
  await by(old, "set", "tagged", "a", "--tag", "t", "--ttl", "1h", "--grace", "1h");
  await by(old, "set", "timed", "b", "--ttl", "1ms", "--grace", "1h");
  await by(old, "set", "fresh", "c");
  assert.equal((await by(old, "expire", "--tag", "t", "--yes")).code, 0);
  const rotated = await by(`${next},${old}`, "rotate-keys", "--json");
  assert.deepEqual([rotated.code, documents(rotated.out)], [0, [{ rotated: 3, unreadable: 0, busy: 0 }]], rotated.err);
  const left = await by(next, "export");
  assert.equal(left.code, 0, left.err);
  const values = documents(left.out).flatMap((item) => (item as { value?: string }).value ?? []);
  assert.deepEqual(values.sort(), ["a", "b", "c"]);
  for (const key of ["tagged", "timed"]) {
    const { out } = await by(next, "explain", key, "--json");
    const { tiers } = JSON.parse(out) as { tiers: { state: string }[] };
    assert.equal(tiers.at(-1)!.state, "stale", key);
  }
}

test("keys are rotated of what is stale too, and it stays stale", () => rotatesStale("stale.db"));

serverTest("redis", "keys are rotated of what is stale in Redis too", async () => {
  const server = await startRedis({ password: "right-word" });
  try {
    await rotatesStale(server.url);
  } finally {
    await server.stop();
  }
});

serverTest("redis", "a wrong password of Redis is told, and shown nowhere", async () => {
  const server = await startRedis({ password: "right-word" });
  try {
    const { code, err } = await run(["get", "a", "--url", server.url.replace("right-word", "wrong-word")]);
    assert.equal(code, 3);
    assert.match(err, /^tiercel: .*WRONGPASS.*\n$/);
    assert.doesNotMatch(err, /wrong-word/);
  } finally {
    await server.stop();
  }
});

serverTest("sqld", "a wrong token of libSQL is told, and shown nowhere", async () => {
  const server = await startSqld({ auth: true });
  try {
    const { code, err } = await run(["get", "a", "--url", `${server.url}?authToken=wrong-word`]);
    assert.equal(code, 3);
    assert.match(err, /^tiercel: .*401.*token.*\n$/);
    assert.doesNotMatch(err, /wrong-word/);
  } finally {
    await server.stop();
  }
});

test("short options before the command leave it alone", async () => {
  const url = join(cwd, "cache.db");
  for (const args of [
    ["-qj", "get", "kept", "-u", url],
    [`-u${url}`, "get", "kept", "--json"],
    [`-qju${url}`, "get", "kept"],
    ["-qju", url, "get", "kept"],
    ["-ndefault-none", "-jq", "-u", url, "get", "kept", "-y"],
  ]) {
    const { code, out, err } = await run(args);
    const isElsewhere = args[0]!.startsWith("-n");
    assert.deepEqual([code, out], isElsewhere ? [1, ""] : [0, '"value"\n'], `${args.join(" ")}: ${err}`);
  }
});

test("warm counts a key once that comes twice", async () => {
  const ended = await run(["warm", "--from", "data:text/plain,{key}", "--json", "--url", "warmed.db"], {
    input: "a\nb\na\na\n",
  });
  assert.deepEqual(documents(ended.out), [{ done: 2, failed: 0 }], ended.err);
});

/** Serves, and ends that in the end. */
async function serving(args: readonly string[], use: (url: URL, token: string) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [main, "serve", "--port", "0", "--json", ...args], { cwd });
  try {
    const [chunk] = (await once(child.stdout, "data")) as [Buffer];
    const { url, token } = JSON.parse(String(chunk)) as { url: string; token: string };
    await use(new URL(url), token);
  } finally {
    child.kill("SIGINT");
    await once(child, "close");
  }
}

test("serve answers what is no request of the Web with whose fault it is", async () => {
  await serving(["--url", "cache.db"], async ({ port }) => {
    const ask = async (options: RequestOptions): Promise<number | undefined> => {
      const asked = request({ port, host: "127.0.0.1", ...options }).end();
      const [answer] = (await once(asked, "response")) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    };
    assert.equal(await ask({ method: "TRACE" }), 405);
    assert.equal(await ask({ headers: { host: "a[b" } }), 400);
    assert.equal(await ask({}), 302);
  });
});

test("serve writes with the ttl of the config", async () => {
  writeFileSync(join(cwd, "short.json"), JSON.stringify({ url: "short.db", ttl: "5m" }));
  await run(["set", "a", "b", "--config", "short.json"]);
  await serving(["--config", "short.json"], async (url, token) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const body = JSON.stringify({ key: "put", value: 1 });
    assert.equal((await fetch(new URL("api/entry", url), { method: "PUT", headers, body })).status, 200);
    const { ttl } = (await (await fetch(new URL("api/entry?key=put", url), { headers })).json()) as { ttl: number };
    assert.ok(ttl > 0 && ttl <= 300_000, `${ttl}`);
  });
});

test("doctor says how to install the package that a store needs", async () => {
  writeFileSync(
    join(cwd, "without.mjs"),
    `import { registerHooks } from "node:module";
    registerHooks({
      resolve(name, context, next) {
        if (name !== "redis" && name !== "ioredis") return next(name, context);
        throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
      },
    });`,
  );
  const env = { NODE_OPTIONS: `--import=${pathToFileURL(join(cwd, "without.mjs")).href}` };
  const { code, out, err } = await run(["doctor", "--json", "--url", DEAD], { env });
  assert.equal(code, 3, err);
  const [{ findings }] = documents(out) as [{ findings: { check: string; advice?: string; found: string }[] }];
  const { advice, found } = findings.at(-1)!;
  assert.equal(advice, "npm install redis");
  assert.match(found, /must be installed$/);
  const asked = await run(["get", "k", "--url", DEAD], { env });
  assert.match(asked.err, /^tiercel: [^\n]*must be installed \(npm install redis\)\n$/);
});
