/** The cache and the tiers of a config: which store is opened, what is there, and what is encrypted. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { documents, type Ended, type Running, root, tiercel } from "./cli.ts";

const folder = mkdtempSync(join(tmpdir(), "tiercel-cli-own-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const dist = JSON.stringify(join(root, "dist"));
const SOURCES = `const { createCache, memory } = await import(${dist} + "/mod.js");
const { sqlite } = await import(${dist} + "/adapters/sqlite.js");
const { accessLog } = await import(${dist} + "/src/observe/mod.js");
const { encryption, keyRing } = await import(${dist} + "/src/bytes/encryption/mod.js");
const sealed = () => {
  const [current, ...previous] = process.env.TIERCEL_KEYS.split(",");
  return encryption(keyRing({ current, previous }));
};\n`;

/** A folder with a config. */
function place(config: string): string {
  const cwd = mkdtempSync(join(folder, "cwd-"));
  writeFileSync(join(cwd, "tiercel.config.mjs"), `${SOURCES}export default { ${config} };\n`);
  return cwd;
}

async function ends(code: number, args: readonly string[], options: Running): Promise<Ended> {
  const ended = await tiercel(args, options);
  assert.equal(ended.code, code, `tiercel ${args.join(" ")}: ${ended.out}${ended.err}`);
  return ended;
}

const key = (): string => randomBytes(32).toString("base64");

test("TIERCEL_URL comes before the cache of a config, and doctor tells what is opened", async () => {
  const cwd = place('cache: () => createCache({ tiers: [memory(), sqlite("production.db")] })');
  await ends(0, ["set", "k", "production"], { cwd });
  const staging = { cwd, env: { TIERCEL_URL: "staging.db" } };
  await ends(0, ["set", "k", "staging"], staging);
  assert.equal((await ends(0, ["get", "k"], staging)).out, "staging\n");
  assert.match((await ends(0, ["doctor"], staging)).out, /named by TIERCEL_URL\n[\s\S]* at staging\.db/);
  await ends(0, ["clear", "--yes"], staging);
  await ends(1, ["get", "k"], staging);
  assert.equal((await ends(0, ["get", "k"], { cwd })).out, "production\n");
  assert.match((await ends(0, ["doctor"], { cwd })).out, /named by cache of the config\n/);
});

test("the name and the prefix of a config's cache are its own", async () => {
  const cwd = place('cache: () => createCache({ name: "app" })');
  for (const option of ["--name", "--prefix"])
    assert.match((await ends(2, ["keys", option, "other"], { cwd })).err, /the cache of the config has its own/);
  await ends(1, ["keys", "--name", "other", "--url", "memory:"], { cwd });
});

for (const [what, view] of [
  ["with a prefix", ""],
  ["that is a namespace", '.namespace("users")'],
] as const)
  test(`a cache of the config ${what} is exported, imported, watched and rotated`, async () => {
    const cwd = place(`cache: () => createCache({
      name: "app", prefix: "v2", tiers: [memory(), sqlite("app.db", { encryption: sealed() })],
    })${view}`);
    const [old, next] = [key(), key()];
    const by = (TIERCEL_KEYS: string) => ({ cwd, env: { TIERCEL_KEYS } });
    await ends(0, ["set", "user:1", "Ada"], by(old));
    await ends(0, ["export", "backup.ndjson"], by(old));
    assert.match(readFileSync(join(cwd, "backup.ndjson"), "utf8"), /"value":"Ada"\}\n.*"entries":1/);
    const [watched] = documents((await ends(0, ["watch", "--for", "20ms", "--json"], by(old))).out);
    assert.equal((watched as { entries: number }).entries, 1);
    const rotated = await ends(0, ["rotate-keys", "--json"], by(`${next},${old}`));
    assert.deepEqual(documents(rotated.out), [{ rotated: 1, unreadable: 0, busy: 0 }]);
    assert.equal((await ends(0, ["get", "user:1"], by(next))).out, "Ada\n");
    await ends(0, ["clear", "--yes"], by(next));
    await ends(0, ["import", "backup.ndjson"], by(next));
    assert.equal((await ends(0, ["get", "user:1"], by(next))).out, "Ada\n");
    // An export of nothing takes the place of none that has something.
    assert.match(
      (await ends(3, ["export", "backup.ndjson", "--yes"], by(old))).err,
      /no entry, though the cache has 1/,
    );
    assert.match(readFileSync(join(cwd, "backup.ndjson"), "utf8"), /Ada/);
    assert.ok(!existsSync(join(cwd, "backup.ndjson.partial")));
  });

test("an import tells of entries that lie outside the part that it is for", async () => {
  const cwd = place('name: "app", tiers: () => [sqlite("app.db")]');
  await ends(0, ["mset", "a=1", "b=2"], { cwd });
  const { out } = await ends(0, ["export"], { cwd });
  const { err } = await ends(0, ["import", "-n", "users"], { cwd, input: out });
  assert.match(err, /2 entries are outside the namespace or scope/);
  assert.equal((await ends(0, ["import"], { cwd, input: out })).err, "imported 2 entries\n");
});

test("logs and pages are those of the config's cache", async () => {
  const cwd = place(`cache: async () => {
    const cache = createCache({ tiers: [memory(), sqlite("app.db")] });
    const log = accessLog(cache);
    await cache.set("k", "v");
    await cache.get("k");
    await log.stop();
    return cache;
  }`);
  const [first] = documents((await ends(0, ["hot", "--json"], { cwd })).out);
  assert.deepEqual([(first as { key: string }).key, (first as { count: number }).count], ["k", 1]);
  let serving = "";
  const { code } = await tiercel(["serve", "--port", "0", "--json"], {
    cwd,
    begun: (child) =>
      child.stdout!.once("data", (chunk: Buffer) => {
        serving = chunk.toString();
        child.kill("SIGINT");
      }),
  });
  assert.equal(code, 130);
  assert.match(serving, /"store":"the cache of the config"/);
});

test("keys are refused where the tiers of a config would store in the clear", async () => {
  const env = { TIERCEL_KEYS: key() };
  for (const [config, says] of [
    ['tiers: () => [sqlite("t.db")]', /TIERCEL_KEYS for the config's tiers as sqlite does not encrypt/],
    [
      'cache: () => createCache({ tiers: [memory(), sqlite("t.db")] })',
      /the config's cache as sqlite does not encrypt/,
    ],
    [
      `tiers: () => [sqlite("t.db", { encryption: sealed() })], encryption: { keys: ["${key()}"] }`,
      /the config's encryption for its tiers as it is for stores by URL/,
    ],
  ] as const) {
    const cwd = place(config);
    for (const args of [["set", "secret", "top secret"], ["rotate-keys"]])
      assert.match((await ends(2, args, { cwd, env })).err, says);
    assert.ok(!existsSync(join(cwd, "t.db")) || !readFileSync(join(cwd, "t.db")).includes("top secret"));
  }
  const cwd = place('tiers: () => [sqlite("t.db", { encryption: sealed() })]');
  await ends(0, ["set", "secret", "top secret"], { cwd, env });
  await ends(0, ["rotate-keys"], { cwd, env });
  assert.ok(!readFileSync(join(cwd, "t.db")).includes("top secret"));
  const plain = place('tiers: () => [sqlite("t.db")]');
  assert.match((await ends(2, ["rotate-keys"], { cwd: plain })).err, /the store must encrypt: sqlite does not/);
});

test("entries of any version are read, touched and made stale", async () => {
  const cwd = place('name: "app", tiers: () => [sqlite("app.db")]');
  await ends(0, ["set", "versioned", "Ada", "--version", "2", "--ttl", "1h", "--grace", "1h"], { cwd });
  await ends(0, ["set", "plain", "Bob", "--ttl", "1h"], { cwd });
  assert.equal((await ends(0, ["get", "versioned"], { cwd })).out, "Ada\n");
  await ends(0, ["has", "versioned"], { cwd });
  assert.deepEqual(documents((await ends(0, ["mget", "plain", "versioned", "plain", "--json"], { cwd })).out), [
    { key: "plain", value: "Bob" },
    { key: "versioned", value: "Ada" },
  ]);
  const listed = async () =>
    (documents((await ends(0, ["entries", "--values", "--json"], { cwd })).out) as Record<string, unknown>[]).map(
      ({ key, value, ttl }) => ({ key, value, isLong: (ttl as number) > 3_600_000 }),
    );
  assert.deepEqual(await listed(), [
    { key: "plain", value: "Bob", isLong: false },
    { key: "versioned", value: "Ada", isLong: false },
  ]);
  await ends(0, ["touch", "versioned", "--ttl", "2h", "--grace", "1h"], { cwd });
  assert.deepEqual((await listed())[1], { key: "versioned", value: "Ada", isLong: true });
  assert.match((await ends(0, ["expire", "versioned", "plain"], { cwd })).err, /made 2 entries stale/);
  await ends(1, ["get", "versioned"], { cwd });
  await ends(1, ["has", "versioned"], { cwd });
  // A value that was not read is none.
  const stale = documents((await ends(0, ["entries", "--values", "--json"], { cwd })).out) as { stale: boolean }[];
  assert.deepEqual(
    stale.map((one) => [one.stale, "value" in one]),
    [
      [true, false],
      [true, false],
    ],
  );
});

const CODECS = `tiers: async () => {
  const { cbor, json, structured } = await import(${dist} + "/src/bytes/mod.js");
  class Point { constructor(x) { this.x = x; } }
  const own = (id, make) => ({
    id,
    encode: (value) => new TextEncoder().encode(String(value.source ?? value)),
    decode: (bytes) => make(new TextDecoder().decode(bytes)),
  });
  return [sqlite("cache.db", { codecs: [cbor, json, structured, own("point", (x) => new Point(+x)), own("pattern", RegExp)] })];
}`;

test("what no export can hold is left out and told, and all else is exported and imported", async () => {
  const cwd = place(CODECS);
  const put = (entry: string, codec: string): Promise<Ended> =>
    ends(0, ["set", entry, entry, "--codec", codec], { cwd });
  for (const [entry, codec] of [
    ["a", "cbor"],
    ["5", "point"],
    ["o+", "pattern"],
    ["z", "cbor"],
  ] as const)
    await put(entry, codec);
  for (const file of ["all.ndjson", "all.cbor"]) {
    const { err, out } = await ends(1, ["export", file, "--json"], { cwd });
    assert.match(
      err,
      /^tiercel: left out 1 entry that no export can hold, 5 the first of them: Cannot encode value as structured must .*\n$/,
    );
    assert.deepEqual(
      documents(out).map((document) => ({ ...(document as object), bytes: 0 })),
      [{ exported: 3, refused: 1, bytes: 0, file }],
    );
    const other = { cwd: place("") };
    assert.match((await ends(0, ["import", join(cwd, file)], other)).err, /^imported 3 entries\n$/);
    assert.equal((await ends(0, ["get", "o+"], other)).out, '{\n  "$regexp": "/o+/"\n}\n');
    assert.equal((await ends(0, ["meta", "o+", "--json"], other)).out.includes('"codec":"structured"'), true);
  }
  await ends(1, ["export"], { cwd });
  await ends(0, ["delete", "a", "o+", "z"], { cwd });
  const { err } = await ends(3, ["export", "all.ndjson", "--yes"], { cwd });
  assert.match(err, /left out 1 entry[\s\S]*Exported no entry, though the cache has 1/);
  assert.match(readFileSync(join(cwd, "all.ndjson"), "utf8"), /"end":true,"entries":3/);
});

test("an export that is interrupted and goes on tells what it left out before", async () => {
  // A value interrupts who reads it.
  const cwd = place(
    CODECS.replace(
      "decode: (bytes) =>",
      'decode: (bytes) => process.env.CUT && process.kill(process.pid, "SIGINT") &&',
    ),
  );
  await ends(0, ["set", "5", "5", "--codec", "point"], { cwd });
  const items = Array.from({ length: 3_000 }, (_, at) => JSON.stringify({ key: `k${at}`, value: at }));
  await ends(0, ["mset"], { cwd, input: items.join("\n") });
  await ends(130, ["export", "all.ndjson"], { cwd, env: { CUT: "1" } });
  const { err } = await ends(1, ["export", "all.ndjson", "--resume"], { cwd });
  assert.match(err, /left out 1 entry that no export can hold, 5 the first of them/);
  assert.match(readFileSync(join(cwd, "all.ndjson"), "utf8"), /"end":true,"entries":3000/);
});
