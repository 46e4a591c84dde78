/** What is wrong in a config is told before anything is stored; paths and the token in it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { tiercel } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "tiercel-cli-config-faults-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const place = (): string => mkdtempSync(join(folder, "cwd-"));

const key = randomBytes(32).toString("base64");

test("a field of encryption that is wrong is told, and nothing is stored in the clear", async () => {
  const cwd = place();
  for (const [encryption, says] of [
    [null, /encryption must be an object: received null/],
    [[], /encryption must be an object: received an empty one/],
    [{ key: [key] }, /received "encryption\.key" \(did you mean encryption\.keys\?\)/],
    [{ keys: [key], hashkeys: true }, /did you mean encryption\.hashKeys\?/],
    [{ keys: [] }, /encryption\.keys must be an array of at least one text: received an empty one/],
    [{ keys: key }, /encryption\.keys must be an array of at least one text: received a string/],
    [{ keys: [key], hashKeys: "no" }, /encryption\.hashKeys must be true or false: received a string/],
    [{ hashKeys: true }, /encryption as it must have a key: received none/],
  ] as const) {
    writeFileSync(join(cwd, "tiercel.config.json"), JSON.stringify({ url: "store.db", encryption }));
    const { code, err } = await tiercel(["set", "secret", "value"], { cwd });
    assert.equal(code, 2, err);
    assert.match(err, says);
    assert.ok(!err.includes(key), err);
    assert.ok(!existsSync(join(cwd, "store.db")));
  }
  const { code, err } = await tiercel(["set", "secret", "value"], { cwd, env: { TIERCEL_KEYS: key } });
  assert.equal(code, 0, err);
});

test("TIERCEL_KEYS of separators alone is no key ring", async () => {
  const cwd = place();
  const set = (TIERCEL_KEYS: string) => tiercel(["set", "k", "v", "--url", "s.db"], { cwd, env: { TIERCEL_KEYS } });
  for (const keys of [",", " "]) assert.match((await set(keys)).err, /TIERCEL_KEYS as it must have a key/);
  assert.ok(!existsSync(join(cwd, "s.db")));
  assert.equal((await set("")).code, 0);
});

test("a config that cannot be used is told with what is wrong", async () => {
  const cwd = place();
  for (const [source, says] of [
    ["throw 5;", /Cannot read config .*: 5\n/],
    ["export default { tiers: () => 5 };", /tiers must give an array of tiers: received 5/],
    ["export default { cache: () => null };", /cache must give a cache: received null/],
    ['export default { url: "" };', /url must be a non-empty string: received an empty one/],
    ["export default [];", /default export must be an object: received an empty one/],
    ["export const a = 1;", /default export must be an object: received none/],
  ] as const) {
    writeFileSync(join(cwd, "wrong.mjs"), source);
    const { code, err } = await tiercel(["get", "k", "--config", "wrong.mjs"], { cwd });
    assert.equal(code, 2, err);
    assert.match(err, says);
  }
});

test("a path in a config begins in the folder of the config, plain or with a scheme", async () => {
  const cwd = join(place(), "a folder#1");
  const deep = join(cwd, "below");
  mkdirSync(join(cwd, "data"), { recursive: true });
  mkdirSync(deep);
  for (const [at, url] of [
    "data/0.db",
    "file:data/1.db",
    "sqlite:data/2.db",
    `file:${join(cwd, "data/3.db").replace("#", "%23")}`,
  ].entries()) {
    writeFileSync(join(cwd, "tiercel.config.json"), JSON.stringify({ url }));
    const { code, err } = await tiercel(["set", "k", "v"], { cwd: deep });
    assert.equal(code, 0, err);
    assert.ok(existsSync(join(cwd, `data/${at}.db`)), url);
    assert.equal((await tiercel(["get", "k"], { cwd: deep })).out, "v\n");
  }
});

test("the token of a config goes to the store of the config alone", async () => {
  const cwd = place();
  const seen = new Set<string | undefined>();
  const server = createServer((request, response) => {
    seen.add(request.headers.authorization);
    response.statusCode = 500;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = (own: string): void =>
    writeFileSync(join(cwd, "tiercel.config.json"), JSON.stringify({ url: own, token: "of-the-config" }));
  try {
    config("libsql://elsewhere.example");
    await tiercel(["get", "k", "--url", url], { cwd });
    await tiercel(["get", "k"], { cwd, env: { TIERCEL_URL: url } });
    assert.deepEqual([...seen], [undefined]);
    config(url);
    await tiercel(["get", "k"], { cwd });
    assert.ok(seen.has("Bearer of-the-config"));
  } finally {
    server.close();
  }
});
