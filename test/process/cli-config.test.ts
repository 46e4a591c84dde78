/** Where a command gets its store from, its help, and how it behaves on a terminal. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory } from "../../mod.ts";
import { accessLog, evictionLog } from "../../src/observe/mod.ts";
import { programPath } from "../servers/available.ts";
import { documents, main, type Running, root, runtimes, tiercel } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "tiercel-cli-config-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const place = (): string => mkdtempSync(join(folder, "cwd-"));
const ok = async (args: readonly string[], options: Running): Promise<string> => {
  const { code, out, err } = await tiercel(args, options);
  assert.equal(code, 0, `tiercel ${args.join(" ")}: ${err}`);
  return out;
};

for (const runtime of Object.keys(runtimes)) {
  test(`a config of TypeScript is found upwards on ${runtime}; --url and TIERCEL_URL come before it`, async () => {
    const cwd = place();
    mkdirSync(join(cwd, "below/deep"), { recursive: true });
    const deep = join(cwd, "below/deep");
    writeFileSync(
      join(cwd, "tiercel.config.ts"),
      'export default { url: "store.db", name: "app" as string, ttl: "1h" };\n',
    );
    await ok(["set", "k", "of the config"], { runtime, cwd: deep });
    assert.equal(
      await ok(["get", "k", "--url", join(cwd, "store.db"), "--name", "app"], { runtime, cwd }),
      "of the config\n",
    );
    const [meta] = documents(await ok(["meta", "k", "--json"], { runtime, cwd: deep })) as [{ ttl: number }];
    assert.ok(meta.ttl > 3_000_000 && meta.ttl <= 3_600_000);
    assert.equal((await tiercel(["get", "k", "--name", "other"], { runtime, cwd: deep })).code, 1);
    assert.equal((await tiercel(["get", "k"], { runtime, cwd: deep, env: { TIERCEL_URL: "memory:" } })).code, 1);
    assert.equal((await tiercel(["get", "k", "--url", "memory:"], { runtime, cwd: deep })).code, 1);
  });
}

test("a config gives tiers or a cache of its own, and the loader of warm", async () => {
  const cwd = place();
  const sources = JSON.stringify(join(root, "dist"));
  writeFileSync(
    join(cwd, "tiercel.config.mjs"),
    `const { files } = await import(${sources} + "/adapters/files.js");
    export default { tiers: () => [files("kept")], load: ({ key }) => key.toUpperCase() };`,
  );
  await ok(["set", "k", "in a file"], { cwd });
  assert.equal(await ok(["get", "k"], { cwd }), "in a file\n");
  await ok(["warm"], { cwd, input: "abc\n" });
  assert.equal(await ok(["get", "abc"], { cwd }), "ABC\n");
  writeFileSync(
    join(cwd, "own.mjs"),
    `const { createCache } = await import(${sources} + "/mod.js");
    export default { cache: async () => { const cache = createCache(); await cache.set("k", "own"); return cache; } };`,
  );
  assert.equal(await ok(["get", "k", "--config", "own.mjs"], { cwd }), "own\n");
});

test("warm loads from a URL what is not there, and tells what failed", async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    response.statusCode = request.url === "/users/none" ? 404 : 200;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ path: request.url }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const cwd = place();
  const warm = () =>
    tiercel(["warm", "--from", `http://127.0.0.1:${port}/users/{key}`, "--ttl", "1h", "--json"], {
      cwd,
      input: "1\n2 3\nnone\n",
    });
  const first = await warm();
  assert.equal(first.code, 1);
  assert.match(first.err, /^tiercel: none: the answer was 404\n$/);
  assert.deepEqual(documents(first.out), [{ done: 2, failed: 1 }]);
  assert.deepEqual(documents(await ok(["get", "2 3", "--json"], { cwd })), [{ path: "/users/2%203" }]);
  await warm();
  assert.deepEqual(asked.sort(), ["/users/1", "/users/2%203", "/users/none", "/users/none"]);
  server.close();
});

test("logs that a program keeps are shown: what is hot, what was read last, what left and why", async () => {
  const cwd = place();
  const cache = createCache({ tiers: [memory(), sqlite(join(cwd, "logged.db"))] });
  const logs = [accessLog(cache), evictionLog(cache)];
  await cache.setMany(["a", "b"].map((key) => ({ key, value: 1 })));
  for (const key of ["a", "a", "a", "b"]) await cache.get(key);
  await cache.delete("b");
  for (const log of logs) await log.stop();
  await cache.close();
  const shown = async (...args: string[]) => documents(await ok([...args, "--json", "--url", "logged.db"], { cwd }));
  const counts = (rows: unknown[]) => (rows as { key: string; count: number }[]).map(({ key, count }) => [key, count]);
  assert.deepEqual(counts(await shown("hot")), [
    ["a", 3],
    ["b", 1],
  ]);
  assert.deepEqual(counts(await shown("access-log", "--limit", "1")).length, 1);
  const [left] = (await shown("eviction-log")) as [{ key: string; reason: string; accesses: number }];
  assert.deepEqual([left.key, left.reason, left.accesses], ["b", "delete", 1]);
  assert.match(await ok(["hot", "--url", "logged.db"], { cwd }), /KEY +READS +LAST\na +3 /);
});

test("help and version need no store", async () => {
  const cwd = place();
  assert.match(await ok(["--help"], { cwd }), /rotate-keys[\s\S]*EXIT CODES/);
  assert.match(await ok(["help", "set"], { cwd }), /--ttl=<duration>/);
  assert.match(await ok(["profile", "--help"], { cwd }), /profile save/);
  assert.match(await ok(["profile", "save", "-h"], { cwd }), /--sweep-interval/);
  assert.match(await ok(["--version"], { cwd }), /^\d+\.\d+\.\d+\n$/);
  await ok(["set", "k", "v", "--version", "v2"], { cwd });
});

test("text for people has no control characters of keys, and no colours but on a terminal", async () => {
  const cwd = place();
  await ok(["set", "a\u001b[31m\nb", "v"], { cwd });
  for (const args of [["keys"], ["entries"], ["meta", "a\u001b[31m\nb"], ["health"]]) {
    const out = await ok(args, { cwd });
    assert.ok(!out.includes("\u001b"), JSON.stringify(out));
  }
  assert.deepEqual(documents(await ok(["keys", "--json"], { cwd })), ["a\u001b[31m\nb"]);
  const env = { FORCE_COLOR: "1" };
  assert.ok((await ok(["health"], { cwd, env })).includes("\u001b[32mok"));
  assert.ok(!(await ok(["health", "--no-color"], { cwd, env })).includes("\u001b"));
});

const tmux = programPath("tmux");

test("on a terminal it asks, and Ctrl-C is no", { skip: tmux === undefined && "there is no tmux" }, async () => {
  const cwd = place();
  await ok(["mset", "a=1", "b=2"], { cwd });
  const name = `tiercel-${process.pid}`;
  const call = (...args: string[]): string => spawnSync(tmux!, ["-L", name, ...args], { encoding: "utf8" }).stdout;
  const shows = async (text: RegExp): Promise<void> => {
    const end = Date.now() + 120_000;
    while (!text.test(call("capture-pane", "-p", "-J"))) {
      assert.ok(Date.now() < end, `${text}: ${call("capture-pane", "-p")}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const run = `${process.execPath} ${main}`;
  try {
    call("new-session", "-d", "-x", "160", "-y", "50", "-c", cwd, "env -u TIERCEL_URL PS1='> ' /bin/sh");
    const type = (text: string): string => call("send-keys", text, "Enter");
    // What is typed shows the sum, and what the shell makes of it the number, before the question that is meant.
    type(`echo ask$((0+1)); ${run} clear; echo first=$?`);
    await shows(/ask1[\s\S]*Delete everything .*2 entries.*\[y\/N\]/);
    type("n");
    await shows(/not done[\s\S]*first=4/);
    type(`echo ask$((1+1)); ${run} clear; echo second=$?`);
    await shows(/ask2[\s\S]*\[y\/N\]/);
    call("send-keys", "C-c");
    await shows(/second=(4|130)/);
    assert.equal(await ok(["keys"], { cwd }), "a\nb\n");
    type(`echo ask$((1+2)); ${run} clear; echo third=$?`);
    await shows(/ask3[\s\S]*\[y\/N\]/);
    type("yes");
    await shows(/cleared[\s\S]*third=0/);
    assert.equal((await tiercel(["keys"], { cwd })).code, 1);
  } finally {
    call("kill-server");
  }
});
