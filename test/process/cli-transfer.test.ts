/** Export and import: whole values, interruption, and output that nobody reads. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, memory } from "../../mod.ts";
import { documents, main, root, tiercel } from "./cli.ts";

const cwd = mkdtempSync(join(tmpdir(), "tiercel-cli-transfer-"));
after(() => rmSync(cwd, { recursive: true, force: true }));
const run = (args: readonly string[], input?: string) => tiercel(args, { cwd, ...(input !== undefined && { input }) });
const lines = (file: string): string[] =>
  readFileSync(join(cwd, file), "utf8")
    .split("\n")
    .filter((line) => line.includes('"key"'))
    .sort();

test("values of every kind, stale entries, versions and long keys are the same after export and import in either format", async () => {
  const open = (file: string) => createCache({ tiers: [memory(), sqlite(join(cwd, file))], sweepInterval: 0 });
  const values = {
    text: "é\u0000\n",
    lone: "\ud800",
    number: -0,
    nan: NaN,
    big: 2n ** 80n,
    date: new Date(1),
    map: new Map<unknown, unknown>([[{ a: 1 }, new Set([1])]]),
    bytes: new Uint8Array([0, 255]),
    floats: new Float32Array([1.5]),
    nothing: { a: undefined, b: null },
    pattern: /a/g,
    error: new RangeError("no"),
  };
  const from = open("from.db");
  for (const [key, value] of Object.entries(values)) {
    const codec = ["lone", "pattern", "error"].includes(key) ? { codec: "structured" } : {};
    await from.set(key, value, { ttl: "1h", grace: "1h", tags: [key, "all"], ...codec });
  }
  await from.set("versioned", 1, { version: "v2" });
  await from.set("stale", 1, { ttl: 1, grace: "1h" });
  await from.set("x".repeat(2_000), "long");
  await from.set(["user", 42n, new Date(0)], "array");
  await from.set("", "no text");
  for (const key of ["", "[a", "@a", "\\a"]) await from.namespace("a:[@b").set(key, `inside ${key}`);
  await from.close();
  for (const format of ["ndjson", "cbor"]) {
    assert.equal((await run(["export", `kinds.${format}`, "--url", "from.db"])).code, 0);
    const imported = await run(["import", `kinds.${format}`, "--url", `to-${format}.db`]);
    assert.equal(imported.code, 0, imported.err);
    const to = open(`to-${format}.db`);
    for (const [key, value] of Object.entries(values))
      assert.deepEqual(await to.get(key), value, `${key} by ${format}`);
    assert.equal(await to.get("x".repeat(2_000)), "long");
    assert.equal(await to.get(["user", 42n, new Date(0)]), "array");
    assert.equal(await to.get(""), "no text");
    for (const key of ["", "[a", "@a", "\\a"]) assert.equal(await to.namespace("a:[@b").get(key), `inside ${key}`);
    assert.equal(await to.get("versioned", { version: "v2" }), 1);
    assert.equal((await to.explain("stale")).tiers[1]!.state, "stale");
    await to.invalidateTags("map");
    assert.equal(await to.get("map"), undefined);
    await to.close();
  }
});

test("an import takes no record that would harm the store, and says which it is", async () => {
  const times = { created: 1, fresh: null, stale: null, value: 1 };
  const header = { tiercel: "export", version: 1, cache: "default", at: 1 };
  const good = JSON.stringify({ key: "good", ...times });
  for (const bad of [
    { key: "[broken", ...times },
    { key: "@a:[broken", ...times },
    { key: "a\0", ...times },
    { key: 1, ...times },
    { key: "a", ...times, loadTime: "x" },
    { key: "a", ...times, tags: [1] },
  ]
    .map((record) => JSON.stringify(record))
    .concat('{"key":"a","created":1e999,"fresh":null,"stale":null,"value":1}')) {
    const { code, err } = await run(
      ["import", "--url", "bad.db"],
      [JSON.stringify(header), good, bad, good].join("\n"),
    );
    assert.equal(code, 2, bad);
    assert.match(err, /^tiercel: Cannot read line 3 as /, bad);
    assert.equal((await run(["keys", "--url", "bad.db"])).code, 1, bad);
  }
});

test("an import leaves out what has expired, and with --keep what is there", async () => {
  const now = Date.now();
  const item = (key: string, fresh: number | null, value: unknown) =>
    JSON.stringify({ key, created: now, fresh, stale: fresh, value });
  const file = [
    JSON.stringify({ tiercel: "export", version: 1, cache: "default", at: now }),
    item("old", now - 1, 1),
    item("there", null, "new"),
    item("fresh", now + 3_600_000, 2),
    JSON.stringify({ end: true, entries: 3 }),
  ].join("\n");
  await run(["set", "there", "first", "--url", "some.db"]);
  const kept = await run(["import", "--keep", "--json", "--url", "some.db"], file);
  assert.deepEqual(documents(kept.out), [{ imported: 1, expired: 1, kept: 1, refused: 0, complete: true }]);
  assert.equal((await run(["get", "there", "--url", "some.db"])).out, "first\n");
  await run(["import", "--url", "some.db"], file);
  assert.equal((await run(["get", "there", "--url", "some.db"])).out, "new\n");
  const cut = await run(["import", "--url", "some.db"], file.slice(0, file.lastIndexOf("\n")));
  assert.equal(cut.code, 2);
  assert.match(cut.err, /cut off/);
});

/** Interrupts the process that it is loaded into when a file is as large as that: it looks in each turn, so it is never late. */
const INTERRUPTS = join(cwd, "interrupts.mjs");
writeFileSync(
  INTERRUPTS,
  `import { statSync } from "node:fs";
  const { INTERRUPTED_FILE: file, INTERRUPTED_SIZE: size } = process.env;
  const look = () => {
    if (statSync(file, { throwIfNoEntry: false })?.size > Number(size)) process.kill(process.pid, "SIGINT");
    else setImmediate(look).unref();
  };
  look();`,
);

/** Runs a command that is interrupted when a file is as large as that. */
async function interrupt(args: readonly string[], file: string, size: number): Promise<number | null> {
  const env = { ...process.env, INTERRUPTED_FILE: join(cwd, file), INTERRUPTED_SIZE: String(size) };
  const child = spawn(process.execPath, ["--import", INTERRUPTS, main, ...args], { cwd, stdio: "ignore", env });
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}

test("export and import that are interrupted leave no half file, and go on without loss", async () => {
  const count = 30_000;
  const items = Array.from({ length: count }, (_, at) =>
    JSON.stringify({ key: `k${at}`, value: { at }, ttl: "1h", tags: [`t${at % 7}`] }),
  );
  assert.equal((await run(["mset", "--url", "big.db"], items.join("\n"))).code, 0);
  assert.equal((await run(["export", "whole.ndjson", "--url", "big.db"])).code, 0);
  assert.equal(lines("whole.ndjson").length, count);

  const partial = join(cwd, "parts.ndjson.partial");
  const code = await interrupt(["export", "parts.ndjson", "--url", "big.db"], "parts.ndjson.partial", 100_000);
  assert.equal(code, 130);
  assert.ok(!existsSync(join(cwd, "parts.ndjson")) && lines("parts.ndjson.partial").length < count);
  // As by a crash between the last bytes and the note.
  writeFileSync(partial, "{torn", { flag: "a" });
  assert.equal((await run(["export", "parts.ndjson", "--url", "big.db", "--resume"])).code, 0);
  assert.deepEqual(lines("parts.ndjson"), lines("whole.ndjson"));
  assert.ok(!existsSync(partial) && !existsSync(`${partial}.json`));

  const notes = join(cwd, "whole.ndjson.import.json");
  const stopped = await interrupt(["import", "whole.ndjson", "--url", "into.db"], "into.db-wal", 200_000);
  assert.equal(stopped, 130);
  assert.ok(JSON.parse(readFileSync(notes, "utf8")).entries < count);
  assert.equal((await run(["import", "whole.ndjson", "--url", "into.db", "--resume"])).code, 0);
  assert.ok(!existsSync(notes));
  assert.equal((await run(["export", "into.ndjson", "--url", "into.db"])).code, 0);
  assert.deepEqual(lines("into.ndjson"), lines("whole.ndjson"));
});

test("whoever stops reading the output does no harm", async () => {
  for (const args of [["keys"], ["export"], ["entries", "--json"]]) {
    const child = spawn(process.execPath, [main, ...args, "--url", "big.db"], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let err = "";
    child.stderr.on("data", (chunk) => (err += chunk));
    child.stdout.once("data", () => child.stdout.destroy());
    const [code] = (await once(child, "close")) as [number];
    assert.equal(code, 0, err);
    assert.equal(err, "");
  }
});

test("the help of every command is in docs/cli.md as it is", async () => {
  const { page } = await import("../../scripts/cli-docs.mjs");
  assert.equal(readFileSync(join(root, "docs/cli.md"), "utf8"), await page(), "run npm run docs");
});

test("simulate replays a trace, and writes an image", async () => {
  writeFileSync(join(cwd, "trace.txt"), Array.from({ length: 3_000 }, (_, at) => `key ${(at * at) % 97}`).join("\n"));
  const { out, code } = await run([
    "simulate",
    "trace.txt",
    "--sizes",
    "10,1000",
    "--policy",
    "lru",
    "--policy",
    "default",
    "--svg",
    "plot.svg",
    "--json",
  ]);
  assert.equal(code, 0);
  const [answer] = documents(out) as [{ requests: number; keys: number; policies: Record<string, number[]> }];
  assert.equal(answer.requests, 3_000);
  assert.equal(answer.policies.lru![1], 1 - answer.keys / 3_000);
  assert.match(readFileSync(join(cwd, "plot.svg"), "utf8"), /^<svg [\s\S]*<\/svg>\n$/);
});

test("a get of one key loads no adapter but that of its URL", async () => {
  // The bundle says before each module where it is from.
  const hooks = join(cwd, "hooks.mjs");
  writeFileSync(
    hooks,
    `import { registerHooks } from "node:module";
    import { writeSync } from "node:fs";
    registerHooks({
      load(url, context, next) {
        const loaded = next(url, context);
        for (const [, path] of String(loaded.source ?? "").matchAll(/^\\/\\/ .*\\/adapters\\/(.*)$/gm)) writeSync(2, path + "\\n");
        return loaded;
      },
    });`,
  );
  await run(["set", "k", "value", "--url", "one.db"]);
  const child = spawn(process.execPath, ["--import", hooks, main, "get", "k", "--url", "one.db"], { cwd });
  let err = "";
  child.stderr.on("data", (chunk) => (err += chunk));
  await once(child, "close");
  const loaded = err.trim().split("\n");
  assert.ok(loaded.includes("sqlite.js"), err);
  assert.deepEqual(
    loaded.filter((path) => !/^(sql\/|(sqlite|options|folders)\.js)/.test(path)),
    [],
  );
});

test("serve lets in who has the token, and ends at once", async () => {
  await run(["set", "shown", "value", "--url", "served.db"]);
  const child = spawn(process.execPath, [main, "serve", "--port", "0", "--json", "--url", "served.db"], { cwd });
  const [chunk] = (await once(child.stdout, "data")) as [Buffer];
  const { url, token } = JSON.parse(String(chunk)) as { url: string; token: string };
  assert.equal((await fetch(`${url}api/stats`)).status, 401);
  const answer = await fetch(`${url}api/stats`, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  assert.equal(((await answer.json()) as { name: string }).name, "default");
  child.kill("SIGINT");
  const [code] = (await once(child, "close")) as [number];
  assert.equal(code, 130);
});
