import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, beforeEach, test } from "node:test";
import { ask, commands, startServer as launch, root, type WebServer } from "./web-server.ts";

const MISS = "tiercel; fwd=miss; stored";
const JOINED = "tiercel; fwd=miss; collapsed";
const MEMORY = "tiercel; hit; detail=memory";
const SQLITE = "tiercel; hit; detail=sqlite";

// Packages of our own, so that nothing depends on what is installed.
const folder = mkdtempSync(join(tmpdir(), "tiercel-web-app-"));
const packages = join(folder, "node_modules");
const files: Record<string, string> = {
  "node_modules/plain/package.json": '{ "version": "1.2.3", "license": "MIT" }',
  "node_modules/plain/b.js": "export default 1;",
  "node_modules/plain/a/c.js": "",
  "node_modules/plain/.hidden": "ü",
  "node_modules/plain/node_modules/nested/package.json": "{}",
  "node_modules/@scope/one/package.json": '{ "version": "1.0.0", "license": { "type": "MIT" } }',
  "node_modules/@scope/two/package.json": '{ "version": "2.0.0", "license": "ISC" }',
  "node_modules/large/package.json": '{ "version": "0.0.1", "license": "ISC" }',
  "node_modules/large/content": "x".repeat(1 << 24),
  "node_modules/no-package/readme": "",
  "node_modules/.hidden/package.json": "{}",
  "secret/package.json": '{ "version": "6.6.6" }',
};
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
symlinkSync(join(folder, "secret/package.json"), join(packages, "plain/link"));
const env = { PACKAGES: packages };

const running = new Set<WebServer>();
let url = "";
let count = 0;
beforeEach(() => {
  // A database of its own for each test.
  url = `file:${join(folder, `${++count}.db`)}`;
});
afterEach(async () => {
  await Promise.all([...running].map((server) => server.end("SIGKILL")));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function startServer(command?: readonly [string, ...string[]]): Promise<WebServer> {
  const server = await launch({ ...env, TIERCEL_URL: url }, command);
  running.add(server);
  server.process.once("exit", () => running.delete(server));
  return server;
}

/** What the cache did for each of the paths, one after the other. */
async function statuses(server: WebServer, ...paths: string[]): Promise<string[]> {
  const seen: string[] = [];
  for (const path of paths) seen.push((await ask(server, `/packages/${path}`)).cache);
  return seen;
}

test("an answer is a miss, then a hit in memory, and after kill -9 a hit in SQLite, then in memory", async () => {
  const first = await startServer();
  assert.match(first.output(), /^Tiercel example ready at http:\/\/localhost:\d+ \(memory \+ sqlite\)\n/m);
  const answer = await ask(first, "/packages/plain");
  assert.equal(answer.headers["cache-status"], MISS);
  const again = await ask(first, "/packages/plain");
  assert.match(String(again.headers["cache-status"]), /^tiercel; hit; detail=memory; ttl=\d+$/);
  assert.equal(again.cache, MEMORY);
  assert.equal(await first.end("SIGKILL"), "SIGKILL");

  const second = await startServer();
  assert.deepEqual(await statuses(second, "plain", "plain"), [SQLITE, MEMORY]);
  assert.deepEqual((await ask(second, "/packages/plain")).json, answer.json);
  assert.equal((await ask(second, "/stats")).json.loads, 0);
});

test("a package is told by all of its own files, in an order that does not depend on the disk", async () => {
  const server = await startServer();
  const hashed = (text: string) => createHash("sha256").update(text).digest("hex");
  const paths = ["./.hidden", "./a/c.js", "./b.js", "./package.json"];
  const texts = paths.map((path) => files[join("node_modules/plain", path)] ?? "");
  assert.deepEqual((await ask(server, "/packages/plain")).json, {
    name: "plain",
    version: "1.2.3",
    licence: "MIT",
    files: 4,
    bytes: Buffer.byteLength(texts.join("")),
    sha256: hashed(paths.map((path, i) => `${hashed(texts[i] ?? "")}  ${path}\n`).join("")),
  });
});

test("packages are listed, those in scopes too, and the list is cached", async () => {
  const server = await startServer();
  const list = await ask(server, "/packages");
  const names = ["@scope/one", "@scope/two", "large", "plain"];
  assert.deepEqual(
    list.json.packages,
    names.map((name) => ({ name, href: `/packages/${name}` })),
  );
  assert.equal(list.cache, MISS);
  assert.match(
    String((await ask(server, "/packages")).headers["cache-status"]),
    /^tiercel; hit; detail=memory; ttl=\d+$/,
  );
});

test("a name in a scope may be written with a slash or encoded, and is the same entry", async () => {
  const server = await startServer();
  assert.deepEqual(await statuses(server, "@scope/one", "%40scope%2Fone", "@scope%2fone"), [MISS, MEMORY, MEMORY]);
  assert.equal((await ask(server, "/packages/%40scope%2Fone")).json.name, "@scope/one");
});

test("what is no package is not found, and no name leads out of the folder", async () => {
  const server = await startServer();
  const names = ["nope", "@scope", "@scope/nope", "no-package", ".hidden", "plain/a", "plain%2fnode_modules%2fnested"];
  const outside = [
    "..%2fsecret",
    "..%2Fsecret",
    "@scope%2f..%2f..%2fsecret",
    "plain%2f..%2f..%2fsecret",
    "%2e%2e%2fsecret",
  ];
  const odd = ["a%00b", "%E0%A4%A", "%ff", "", "/", "..%5csecret", "../secret", "%2e%2e/secret", "x".repeat(5000)];
  for (const name of [...names, ...outside, ...odd]) {
    const { status, json } = await ask(server, `/packages/${name}`);
    assert.equal(status, 404, name);
    assert.equal(typeof json.error, "string", name);
  }
  // And it is not kept that there was none.
  assert.deepEqual(await statuses(server, "nope", "nope"), ["tiercel; fwd=miss", "tiercel; fwd=miss"]);
  assert.equal((await ask(server, "/packages/plain")).status, 200);
});

test("twenty requests for a package that is not cached do the work once", async () => {
  const server = await startServer();
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server, "/packages/large")));
  assert.equal(answers.filter(({ cache }) => cache === MISS).length, 1);
  for (const { cache, json } of answers) {
    assert.ok([MISS, JOINED, MEMORY].includes(cache), cache);
    assert.deepEqual(json, answers[0]?.json);
  }
  assert.equal((await ask(server, "/stats")).json.loads, 1);
});

test("an invalidated tag takes the entries that have it out of every tier, and no other", async () => {
  const server = await startServer();
  await statuses(server, "plain", "@scope/one", "@scope/two");
  const answer = await ask(server, "/invalidate?tag=licence:MIT", "POST");
  assert.deepEqual([answer.status, answer.json], [200, { invalidated: "licence:MIT" }]);
  assert.deepEqual(await statuses(server, "plain", "@scope/one", "@scope/two"), [MISS, MISS, MEMORY]);
  await ask(server, "/invalidate?tag=scope:%40scope", "POST");
  assert.deepEqual(await statuses(server, "plain", "@scope/one", "@scope/two"), [MEMORY, MISS, MISS]);
  await ask(server, "/invalidate?tag=package:plain", "POST");
  assert.deepEqual(await statuses(server, "plain", "@scope/one"), [MISS, MEMORY]);
  for (const path of ["/invalidate", "/invalidate?tag="]) assert.equal((await ask(server, path, "POST")).status, 400);
});

test("an invalidation outlives kill -9 as the entries do", async () => {
  const first = await startServer();
  await statuses(first, "plain", "@scope/two");
  await ask(first, "/invalidate?tag=licence:MIT", "POST");
  await first.end("SIGKILL");
  assert.deepEqual(await statuses(await startServer(), "plain", "@scope/two"), [MISS, SQLITE]);
});

test("an entry can be deleted everywhere, or forgotten in one tier", async () => {
  const server = await startServer();
  await statuses(server, "@scope/one");
  assert.deepEqual((await ask(server, "/packages/@scope/one?tier=memory", "DELETE")).json, {
    name: "@scope/one",
    deleted: true,
  });
  assert.deepEqual(await statuses(server, "@scope/one"), [SQLITE]);
  assert.equal((await ask(server, "/packages/@scope/one", "DELETE")).json.deleted, true);
  assert.equal((await ask(server, "/packages/@scope/one", "DELETE")).json.deleted, false);
  assert.deepEqual(await statuses(server, "@scope/one"), [MISS]);
  assert.equal((await ask(server, "/packages/plain?tier=nope", "DELETE")).status, 400);
});

test("the page allows its own script and style alone, by a nonce that is used once", async () => {
  const server = await startServer();
  const nonces = new Set<string>();
  for (const { headers, text } of [await ask(server, "/"), await ask(server, "/")]) {
    const policy = String(headers["content-security-policy"]);
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
    nonces.add(nonce);
    assert.match(policy, /^default-src 'none';/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    const tags = [...text.matchAll(/<(?:script|style)\b[^>]*>/g)].map(([tag]) => tag);
    assert.deepEqual(tags, [`<style nonce="${nonce}">`, `<script type="module" nonce="${nonce}">`]);
    // Neither attributes that the policy forbids, nor anything from elsewhere.
    assert.doesNotMatch(text, /\s(?:style|on\w+)=["']|%NONCE%/);
    assert.deepEqual([...text.matchAll(/https?:\/\/[^'"\s]+/g)].map(String), ["http://www.w3.org/2000/svg"]);
  }
  assert.equal(nonces.size, 2);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} ends the server with exit code 0, and what it cached is there for the next`, async () => {
    const server = await startServer();
    await statuses(server, "plain");
    assert.equal(await server.end(signal), 0);
    assert.deepEqual(await statuses(await startServer(), "plain"), [SQLITE]);
  });
}

test("what makes a start impossible is one clear line and exit code 1", async () => {
  const server = await startServer();
  const cases: [env: Record<string, string>, message: RegExp][] = [
    [{ PORT: String(server.port) }, /^Port \d+ is in use: set PORT to another one\n$/],
    [{ PORT: "nine" }, /^Cannot listen on port nine: .*\n$/],
    [{ TIERCEL_URL: "ftp://user:secret@host" }, /^Cannot use TIERCEL_URL as its scheme .*: received ftp:\n$/],
    [{ TIERCEL_URL: join(packages, "plain/b.js") }, /^Cannot open SQLite store .*\n$/],
  ];
  for (const [variables, message] of cases) {
    const [program, ...args] = commands.node;
    const { status, stderr, stdout } = spawnSync(program, args, {
      cwd: root,
      env: { ...process.env, ...env, PORT: "0", TIERCEL_URL: "memory:", ...variables },
      encoding: "utf8",
      timeout: 100_000,
    });
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, message);
  }
});

test("a setting that is empty counts as none", async () => {
  const server = await launch({ TIERCEL_URL: url, HOST: "", PACKAGES: "", ADMIN_TOKEN: "" });
  running.add(server);
  assert.match(server.output(), /^Tiercel example ready at http:\/\/localhost:.*\nAdmin page at .*, token \S{24}\n$/);
  // The port by default is taken, by this or by another program.
  const taken = createServer();
  await new Promise<void>((resolve) => taken.on("error", () => resolve()).listen(3000, "127.0.0.1", resolve));
  const failing = launch({ ...env, TIERCEL_URL: url, PORT: "" });
  await assert.rejects(failing, /Port 3000 is in use/);
  await new Promise((resolve) => taken.close(resolve));
});

test("the admin page is at /admin, and the start says how to log in, unless the token is one's own", async () => {
  const server = await startServer();
  const token = /^Admin page at http:\/\/localhost:\d+\/admin, token (\S{24})$/m.exec(server.output())?.[1] ?? "";
  const stats = (authorization?: string) =>
    fetch(`http://127.0.0.1:${server.port}/admin/api/stats`, authorization ? { headers: { authorization } } : {});
  assert.equal((await stats()).status, 401);
  assert.equal((await stats(`Bearer ${token}`)).status, 200);
  assert.equal((await ask(server, "/admin")).headers.location, "/admin/login");
  assert.match((await ask(server, "/admin/login")).text, /<h1>Log in<\/h1>/);
  await server.end("SIGTERM");
  const own = await launch({ ...env, TIERCEL_URL: url, ADMIN_TOKEN: "a-token-of-the-user's" });
  running.add(own);
  assert.match(own.output(), /token as in ADMIN_TOKEN/);
  assert.doesNotMatch(own.output(), /of-the-user/);
});

test("npm start runs it, and passes a signal on", async () => {
  const server = await startServer(commands.start);
  assert.deepEqual(await statuses(server, "plain", "plain"), [MISS, MEMORY]);
  assert.equal(await server.end("SIGTERM"), 0);
});

test("Bun and Deno run it too, and find what Node has cached", async () => {
  const node = await startServer();
  const { json } = await ask(node, "/packages/@scope/one");
  assert.equal(await node.end("SIGTERM"), 0);
  for (const runtime of ["bun", "deno"] as const) {
    const server = await startServer(commands[runtime]);
    assert.deepEqual(await statuses(server, "@scope/one", "@scope/one", "plain"), [SQLITE, MEMORY, MISS], runtime);
    assert.deepEqual((await ask(server, "/packages/@scope/one")).json, json);
    assert.equal((await ask(server, "/packages/plain", "DELETE")).json.deleted, true);
    assert.equal(await server.end("SIGTERM"), 0, runtime);
  }
});
