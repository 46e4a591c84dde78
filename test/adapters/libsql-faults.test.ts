// What becomes of faults: of the server, of the network before it, and of what others do to the database.
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { createClient } from "@libsql/client";
import { libsql } from "../../adapters/libsql.ts";
import { SCHEMA_VERSION } from "../../adapters/sql/schema.ts";
import { createCache, memory } from "../../mod.ts";
import { TiercelError } from "../../src/errors.ts";
import type { Tier } from "../../src/tier.ts";
import { equal, ok, rejects, same } from "../contract/assert.ts";
import { freePort } from "../servers/ports.ts";
import { startProxy } from "../servers/proxy.ts";
import { startSqld } from "../servers/sqld.ts";
import { entry, filePlace, now, opened, PATIENT, put, soon, values } from "./libsql-fixture.ts";
import { sharedServer, withoutServer } from "./libsql-server.ts";

const { serverTest } = sharedServer();

const LEASE = 10_000;

/** The error that an operation rejects with. */
async function errorOf(run: () => unknown): Promise<TiercelError> {
  try {
    await run();
  } catch (error) {
    ok(error instanceof TiercelError, String(error));
    return error;
  }
  throw new Error("it must reject");
}

/** All that an error says, with what caused it. */
function saidBy(error: unknown): string {
  const { cause } = error as Error;
  return `${error} ${JSON.stringify(error)} ${(error as Error).stack} ${cause === undefined ? "" : saidBy(cause)}`;
}

/** Every operation of a tier. */
const OPERATIONS: Readonly<Record<string, (tier: Tier) => unknown>> = {
  getMany: (tier) => tier.getMany(["k"], { now }),
  "getMany with leases": (tier) => tier.getMany(["k"], { now, lease: LEASE, sequence: true }),
  setMany: (tier) => put(tier, { k: "secret value" }, ["secret tag"]),
  deleteMany: (tier) => tier.deleteMany(["k"], now),
  touchMany: (tier) => tier.touchMany!([{ key: "k", freshUntil: now, staleUntil: now }], now),
  clear: (tier) => tier.clear("k", now),
  invalidate: (tier) => tier.invalidate!({ tags: ["secret tag"], match: "any", mode: "delete", now, after: 0 }),
  prune: (tier) => tier.prune!(10, now),
  scan: (tier) => tier.scan!({ prefix: "", limit: 10, now }),
  size: (tier) => tier.size!("", now),
  journal: (tier) => tier.journal!(),
  release: (tier) => tier.release!([{ key: "k" }]),
};

test("a server that refuses connections fails every operation, by an error of ours without the token", async () => {
  const port = await freePort();
  for (const scheme of ["http", "ws"]) {
    const { tier } = opened(libsql(`${scheme}://127.0.0.1:${port}?authToken=secret-token`));
    for (const [operation, run] of Object.entries(OPERATIONS)) {
      const error = await errorOf(() => run(tier));
      same(error.code, "TIER", operation);
      ok(/^Cannot use libSQL for tier libsql as it could not be reached: \w+$/.test(error.message), error.message);
      ok(!saidBy(error).includes("secret"), operation);
    }
    await tier.close!();
  }
});

test("a token that no header can hold is in no error", async () => {
  const { tier } = opened(libsql(`http://127.0.0.1:${await freePort()}`, { authToken: "secret\ntoken" }));
  const error = await errorOf(() => tier.getMany(["k"], { now }));
  ok(!saidBy(error).includes("secret"), saidBy(error));
  await tier.close!();
});

test("a server that accepts and never answers is a miss within the budget, and closing does not wait for it", async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    for (const scheme of ["http", "ws"]) {
      const tier = libsql(`${scheme}://127.0.0.1:${port}`, { timeout: 200 });
      const cache = createCache({ tiers: [memory(), tier] });
      const errors: string[] = [];
      cache.on("error", ({ error }) => errors.push(saidBy(error)));
      const before = performance.now();
      same(await cache.getOrSet("k", () => "loaded"), "loaded");
      await cache.set("l", 1);
      same(await cache.get("l"), 1);
      await cache.close({ timeout: "1h" });
      const took = performance.now() - before;
      ok(took < 30_000, `it took ${took} ms`);
      ok(
        errors.some((said) => said.includes("must take at most 200 ms")),
        errors.join(),
      );
    }
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("garbage for an answer, and an answer that is cut off, are misses and events", {
  skip: withoutServer,
}, async () => {
  const server = await startSqld();
  const proxy = await startProxy(server.port);
  // Bun waits for more after garbage, as long as it may.
  const cache = createCache({ tiers: [libsql(`http://127.0.0.1:${proxy.port}`, { timeout: 500, breaker: false })] });
  const patient = createCache({ tiers: [libsql(server.url, PATIENT)] });
  const value = "x".repeat(10_000);
  let faults = 0;
  cache.on("error", () => faults++);
  /** A busy machine may need more than one attempt. */
  const isFound = async (): Promise<void> => {
    const end = performance.now() + 30_000;
    while ((await cache.get("k")) !== value) ok(performance.now() < end, "the value must be found again");
    faults = 0;
  };
  try {
    await patient.set("k", value);
    await isFound();
    for (const mode of ["garbage", "cut"] as const) {
      await proxy.mode(mode);
      equal([await cache.get("k"), faults], [undefined, 1], mode);
      await proxy.mode("pass");
      proxy.cut();
      await isFound();
    }
  } finally {
    await cache.close();
    await patient.close();
    await proxy.stop();
    await server.stop();
  }
});

test("a server that is killed and comes back is used again, with what it had", { skip: withoutServer }, async () => {
  const server = await startSqld();
  const { tier } = opened(libsql(server.url));
  const { tier: socket } = opened(libsql(server.wsUrl));
  try {
    await put(tier, { k: 1 });
    equal(await values(socket, "k"), [1]);
    await server.kill();
    for (const one of [tier, socket]) same((await errorOf(() => values(one, "k"))).code, "TIER");
    await server.restart();
    for (const one of [tier, socket]) equal(await soon(() => values(one, "k")), [1]);
    await put(tier, { k: 2 });
    equal(await values(socket, "k"), [2]);
  } finally {
    await tier.close!();
    await socket.close!();
    await server.stop();
  }
});

test("a wrong token is told without the token, and one that may only read gives a tier that reads", {
  skip: withoutServer,
}, async () => {
  const server = await startSqld({ auth: true });
  const tiers: Tier[] = [];
  const open = (...args: Parameters<typeof libsql>) => {
    const made = opened(libsql(...args));
    tiers.push(made.tier);
    return made;
  };
  try {
    const { tier } = open(server.url, { authToken: server.authToken! });
    await put(tier, { k: 1 });
    equal(await values(open(`${server.url}?authToken=${server.authToken}`).tier, "k"), [1]);
    equal(await values(open(server.wsUrl, { authToken: server.authToken! }).tier, "k"), [1]);
    const expired = server.token({ a: "rw", exp: 1 });
    for (const authToken of [expired, "secret"]) {
      const error = await errorOf(() => values(open(server.url, { authToken }).tier, "k"));
      same(error.message, "Cannot use libSQL for tier libsql as it answered SERVER_ERROR: HTTP status 401");
      ok(!saidBy(error).includes(authToken));
    }
    const reading = server.token({ a: "ro" });
    const { tier: reader } = open(server.url, { authToken: reading, readOnly: true });
    const { leases, entries } = await reader.getMany(["k"], { now, lease: LEASE });
    equal([entries[0]!.value, leases], [1, undefined]);
    same(reader.capabilities.readOnly, true);
    const { tier: writer, reports } = open(server.url, { authToken: reading });
    const answer = await writer.getMany(["k", "no"], { now, lease: LEASE });
    equal([answer.entries.map((found) => found?.value), answer.leases], [[1, undefined], undefined]);
    equal(
      reports.map(({ kind, error }) => [kind, (error as TiercelError).code]),
      [["fault", "TIER"]],
      "a database that cannot be written is read all the same, and told of",
    );
    const refused = await errorOf(() => put(writer, { k: 2 }));
    same(refused.message, "Cannot use libSQL for tier libsql as it answered SERVER_ERROR: HTTP status 403");
  } finally {
    for (const tier of tiers) await tier.close!();
    await server.stop();
  }
});

serverTest("a database of a newer version is refused and left as it was", async ({ server, raw }) => {
  const { tier } = opened(libsql(server.url));
  await put(tier, { k: 1 });
  await tier.close!();
  await raw.run(`UPDATE meta SET schema_version = ${SCHEMA_VERSION + 1}`);
  const { tier: later } = opened(libsql(server.url));
  for (const [operation, run] of Object.entries(OPERATIONS)) {
    await rejects(async () => run(later), "STORE_SCHEMA");
    same((await errorOf(() => run(later))).code, "STORE_SCHEMA", operation);
  }
  await later.close!();
  equal(await raw.rows("SELECT schema_version AS v, (SELECT count(*) FROM entries) AS n FROM meta"), [
    { v: SCHEMA_VERSION + 1, n: 1 },
  ]);
});

serverTest(
  "tables of another program are refused where they have our names, and left alone otherwise",
  async ({ server, raw }) => {
    for (const sql of ["CREATE TABLE meta (a)", "CREATE TABLE entries (a)", "CREATE VIEW tags AS SELECT 1"]) {
      await raw.run(sql);
      const { tier } = opened(libsql(server.url));
      same((await errorOf(() => put(tier, { k: 1 }))).code, "STORE_OPEN", sql);
      await tier.close!();
      const [, kind, name] = sql.split(" ");
      await raw.run(`DROP ${kind} ${name}`);
    }
    await raw.run("CREATE TABLE app (a)", "INSERT INTO app VALUES (1)");
    const { tier } = opened(libsql(server.url));
    await put(tier, { k: 1 });
    await tier.clear("", now);
    equal(await raw.rows("SELECT a FROM app"), [{ a: 1 }]);
    await raw.run("DROP TABLE app");
    await tier.close!();
  },
);

serverTest(
  "an opening that failed is tried again, and tables that were dropped are made again",
  async ({ server, raw }) => {
    await raw.run("CREATE TABLE meta (a)");
    const { tier } = opened(libsql(server.url));
    same((await errorOf(() => values(tier, "k"))).code, "STORE_OPEN");
    await raw.run("DROP TABLE meta");
    await put(tier, { k: 1 });
    equal(await values(tier, "k"), [1]);
    await raw.empty();
    same((await errorOf(() => values(tier, "k"))).code, "TIER");
    equal(await values(tier, "k"), [undefined]);
    await tier.close!();
  },
);

serverTest("a client that gives integers as text is refused", async ({ server }) => {
  await opened(libsql(server.url)).tier.getMany(["k"], { now });
  const client = createClient({ url: server.url, intMode: "string" });
  const { tier } = opened(libsql(client));
  const { code, message } = await errorOf(() => values(tier, "k"));
  equal([code, message.includes("intMode")], ["STORE_OPEN", true]);
  client.close();
});

/** What may be found in a row that someone changed, by column. */
const GARBAGE: Record<string, string[]> = {
  data: ["NULL", "'text'", "5", "x'00'"],
  created_at: ["NULL", "'text'", "9223372036854775807"],
  fresh_until: ["'text'", "-9223372036854775808"],
  sequence: ["NULL", "9007199254740993"],
  tagged: ["7"],
  version: ["x'00'"],
};

for (const kind of ["server", "server, with numbers for integers", "file"] as const) {
  const damage = async (url: string, run: (...sql: string[]) => Promise<void>): Promise<void> => {
    const client = kind.includes("numbers") ? createClient({ url, intMode: "number" }) : undefined;
    const { tier, reports } = opened(libsql(client ?? url));
    for (const [column, cells] of Object.entries(GARBAGE)) {
      for (const cell of cells) {
        for (const lease of [undefined, LEASE]) {
          const what = `${column} = ${cell}, ${lease === undefined ? "read" : "read with leases"}`;
          await put(tier, { before: 1, k: 2, after: 3 }, ["t"]);
          await run(`UPDATE entries SET ${column} = ${cell} WHERE key = 'k'`);
          reports.length = 0;
          const options = { now, sequence: true, ...(lease !== undefined && { lease }) };
          const { entries, sequence, leases } = await tier.getMany(["before", "k", "after"], options);
          equal([entries.map((found) => found?.value), sequence], [[1, undefined, 3], 0], what);
          equal(
            reports.map(({ kind, key, error }) => [kind, key, (error as TiercelError).code]),
            [["corrupt", "k", "CORRUPT"]],
            what,
          );
          const { keys } = await tier.scan!({ prefix: "", limit: 10, now });
          equal([...keys].sort(), ["after", "before"], `${what}: the row must be gone`);
          // Not of bytes that are no payload: that they are none is found out above the store.
          if (lease !== undefined && cell !== "x'00'") {
            const taken = leases?.[1] ?? (await tier.getMany(["k"], { now, lease })).leases![0];
            ok(taken, `${what}: somebody must be able to load it`);
          }
        }
      }
    }
    await tier.close!();
    client?.close();
  };
  const name = `a row with a garbage column is a miss, is reported and removed: ${kind}`;
  if (kind === "file") {
    test(name, async () => {
      const place = filePlace();
      try {
        await damage(place.url, place.raw.run);
      } finally {
        place.dispose();
      }
    });
  } else {
    serverTest(name, ({ server, raw }) => damage(server.url, raw.run));
  }
}

serverTest("a lost row of meta is an error and not a sequence of nothing", async ({ server, raw }) => {
  const { tier } = opened(libsql(server.url));
  await put(tier, { k: 1 });
  await raw.run("DELETE FROM meta");
  equal(await values(tier, "k"), [1], "entries can still be read");
  for (const run of [
    () => tier.getMany([], { now, sequence: true }),
    () => OPERATIONS.invalidate!(tier),
    () => put(tier, { l: 1 }),
  ])
    same((await errorOf(run)).code, "CORRUPT");
  equal(await values(tier, "l"), [undefined], "what was written without a sequence is no hit");
  await tier.close!();
});

test("a file that is locked is waited for, in vain only for half of the tier's time", async () => {
  const place = filePlace();
  const { tier, reports } = opened(libsql(place.url, { timeout: 300 }));
  const { tier: patient } = opened(libsql(place.url, PATIENT));
  try {
    await put(tier, { k: 1 });
    equal(await values(patient, "k"), [1]);
    const holder = createClient({ url: place.url });
    const transaction = await holder.transaction("write");
    await transaction.execute("UPDATE entries SET load_ms = 1");
    same((await errorOf(() => put(tier, { k: 2 }))).message.includes("SQLITE_BUSY: database is locked"), true);
    equal(await values(tier, "k"), [1], "readers wait for nobody");
    const { leases } = await tier.getMany(["k", "no"], { now, lease: LEASE });
    equal([leases, reports.map(({ kind }) => kind)], [undefined, ["fault"]]);
    const met = new Promise<void>((resolve) => {
      const client = patient.client as { reconnect(): Promise<void> };
      const { reconnect } = client;
      // What a lock makes necessary.
      client.reconnect = () => {
        resolve();
        return reconnect.call(client);
      };
    });
    const waiting = put(patient, { k: 3 });
    await met;
    await transaction.rollback();
    await waiting;
    equal(await values(tier, "k"), [3]);
    holder.close();
  } finally {
    await tier.close!();
    await patient.close!();
    place.dispose();
  }
});

test("who waits for another's load of a key in a file needs no lock", async () => {
  const place = filePlace();
  const { tier } = opened(libsql(place.url));
  try {
    await put(tier, { fresh: 1 });
    ok((await tier.getMany(["k"], { now, lease: LEASE })).leases![0]);
    const holder = createClient({ url: place.url });
    const transaction = await holder.transaction("write");
    equal((await tier.getMany(["fresh", "k"], { now, lease: LEASE })).leases, [undefined, undefined]);
    await transaction.rollback();
    holder.close();
  } finally {
    await tier.close!();
    place.dispose();
  }
});

test("an operation before open and after close is refused, and closing twice is harmless", async () => {
  const place = filePlace();
  const tier = libsql(place.url);
  for (const run of Object.values(OPERATIONS)) await rejects(async () => run(tier), "CLOSED");
  opened(tier);
  await put(tier, { k: 1 });
  await tier.close!();
  await tier.close!();
  for (const run of Object.values(OPERATIONS)) await rejects(async () => run(tier), "CLOSED");
  place.dispose();
});

test("a write that is closed over before its client is loaded is refused, and the client closed", async () => {
  const place = filePlace();
  const { tier } = opened(libsql(place.url));
  const write = put(tier, { k: 1 });
  await tier.prepare!([{ key: "k", entry: { ...entry(), value: 1 } }]);
  await tier.close!();
  await write.then(
    () => undefined,
    (error) => ok(error instanceof TiercelError, String(error)),
  );
  place.dispose();
});
