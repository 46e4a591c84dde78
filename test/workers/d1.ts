/** The D1 tier inside workerd, and the libSQL tier where no request may wait for another. */

import { type D1Binding, d1 } from "../../adapters/d1.ts";
import { type LibsqlClient, type LibsqlStatement, libsql } from "../../adapters/libsql.ts";
import { SCHEMA_VERSION, TABLES } from "../../adapters/sql/schema.ts";
import { createCache, memory } from "../../mod.ts";
import type { Tier } from "../../src/tier.ts";
import { equal, ok, rejects, same } from "../contract/assert.ts";
import { FAKE_START, type FakeClock, fakeClock } from "../contract/fake-clock.ts";
import { suite, type TestCase } from "../contract/suite.ts";
import { tierContract } from "../contract/tier-contract.ts";
import type { WorkerEnv } from "./env.ts";

const now = FAKE_START;
const LEASE = 10_000;
/** Nothing here is about the time that a database takes. */
const PATIENT = { timeout: "1m" } as const;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** The contract and the tests of D1, on a database that is emptied before each. */
export function suites({ DB }: Pick<WorkerEnv, "DB">): TestCase[] {
  const database = DB as D1Binding;
  const run = (...sql: string[]) => database.batch(sql.map((one) => database.prepare(one)));
  const rows = async (sql: string) => (await run(sql))[0]!.results;
  const empty = () => run(...TABLES.map((table) => `DROP TABLE IF EXISTS ${table}`));
  const contract = tierContract({
    name: "d1",
    capabilities: { keys: true, tags: true, leases: true, journal: true, durable: true, shared: true },
    async create() {
      await empty();
      return {
        tier: d1(database, PATIENT),
        reopen: () => d1(database, PATIENT),
        async loseTags(tags) {
          await database.batch(tags.map((tag) => database.prepare("DELETE FROM tags WHERE name = ?").bind(tag)));
        },
        async flood() {
          await run(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
            INSERT INTO journal (origin, kind, what) SELECT 1, 'keys', '["x"]' FROM n`);
        },
      };
    },
  });
  const tests = { ...ofTrips(database), ...ofFaults(database, run, rows), ...ofCaches(database, run, rows) };
  return [...contract, ...suite("d1", emptied(tests, empty)), ...suite("remote SQL in a Worker", ofRequests(database))];
}

type Tests = Record<string, () => Promise<void>>;
type Run = (...sql: string[]) => Promise<unknown>;
type Rows = (sql: string) => Promise<unknown>;

function emptied(tests: Tests, empty: () => Promise<unknown>): Tests {
  const before = (test: () => Promise<void>) => async () => {
    await empty();
    await test();
  };
  return Object.fromEntries(Object.entries(tests).map(([name, test]) => [name, before(test)]));
}

interface Opened {
  readonly tier: Tier;
  readonly reports: unknown[][];
  readonly clock: FakeClock;
}

function opened(tier: Tier): Opened {
  const reports: unknown[][] = [];
  const report = (kind: string, error: unknown, key?: string) =>
    reports.push([kind, (error as { code?: unknown }).code, key]);
  const clock = fakeClock(now);
  tier.open!({ cacheName: "test", clock, random: () => 0.5, removed() {}, report });
  return { tier, reports, clock };
}

async function put(tier: Tier, values: Record<string, unknown>, tags: string[] = [], lease?: number) {
  const end = now + 3_600_000;
  const fields = { createdAt: now, freshUntil: end, staleUntil: end, tags, loadTime: 0 };
  const writes = Object.entries(values).map(([key, value]) => ({
    key,
    entry: { ...fields, value, sequence: undefined, version: undefined },
    lease,
  }));
  return tier.setMany(await tier.prepare!(writes), now);
}

async function values(tier: Tier, ...keys: string[]): Promise<unknown[]> {
  return (await tier.getMany(keys, { now })).entries.map((entry) => entry?.value);
}

/** A binding that counts its batches and looks at what is bound. */
function watched(database: D1Binding): { binding: D1Binding; batches: number; most: number; odd: unknown[] } {
  const seen = { batches: 0, most: 0, odd: [] as unknown[] };
  const binding: D1Binding = {
    prepare(sql) {
      const statement = database.prepare(sql);
      ok(new TextEncoder().encode(sql).length < 100_000, "D1 takes 100 KB of text");
      return {
        bind(...args) {
          seen.most = Math.max(seen.most, args.length);
          for (const arg of args)
            if (arg === undefined || typeof arg === "bigint" || Number.isNaN(arg)) seen.odd.push(arg);
          return statement.bind(...args);
        },
        unbound: statement,
      } as ReturnType<D1Binding["prepare"]>;
    },
    batch(statements) {
      seen.batches++;
      return database.batch(statements.map((one) => (one as { unbound?: typeof one }).unbound ?? one));
    },
  };
  return Object.assign(seen, { binding });
}

/** A binding in which the first of several batches arrives last. */
function overtaking(database: D1Binding): D1Binding {
  let ahead = 0;
  return {
    prepare: (sql) => database.prepare(sql),
    async batch(statements) {
      const wait = Math.max(0, 30 - 10 * ahead++);
      await new Promise((resolve) => setTimeout(resolve, wait));
      try {
        return await database.batch(statements);
      } finally {
        ahead--;
      }
    },
  };
}

function ofTrips(database: D1Binding): Tests {
  return {
    "changes keep the order of their calls where one request overtakes another": async () => {
      const { tier } = opened(d1(overtaking(database), PATIENT));
      await put(tier, { first: 1 });
      const any = { match: "any", mode: "delete", now, after: 0 } as const;
      const touch = { key: "touched", freshUntil: now + 5, staleUntil: now + 9 };
      const times = { createdAt: now, freshUntil: now + 3_600_000, staleUntil: now + 3_600_000, loadTime: 0 };
      for (let round = 0; round < 3; round++) {
        const write = async (key: string, value: unknown, ...tags: string[]) => {
          const entry = { ...times, value, tags, sequence: undefined, version: undefined };
          const prepared = await tier.prepare!([{ key, entry }]);
          return () => tier.setMany(prepared, now);
        };
        const set = {
          deleted: await write("deleted", 1),
          old: await write("set", "old"),
          new: await write("set", "new"),
          invalid: await write("invalid", 1, "t"),
          valid: await write("valid", round, "v"),
          touched: await write("touched", 1),
          cleared: await write("cleared", 1),
          after: await write("after", round),
        };
        await Promise.all([set.deleted(), tier.deleteMany(["deleted"], now)]);
        await Promise.all([set.old(), set.new()]);
        await Promise.all([set.invalid(), tier.invalidate!({ ...any, tags: ["t", "u"] })]);
        await Promise.all([tier.invalidate!({ ...any, tags: ["v"] }), set.valid()]);
        await Promise.all([tier.touchMany!([touch], now), set.touched()]);
        equal(await values(tier, "deleted", "set", "invalid", "valid"), [undefined, "new", undefined, round]);
        same((await tier.getMany(["touched"], { now })).entries[0]!.freshUntil, times.freshUntil);
        await Promise.all([set.cleared(), tier.clear("", now), set.after()]);
        equal(await values(tier, "cleared", "set", "after"), [undefined, undefined, round]);
      }
      await tier.close!();
    },
    "is one batch for every operation, with leases, tags and the journal": async () => {
      const seen = watched(database);
      const { tier, reports } = opened(d1(seen.binding));
      await tier.getMany(["any"], { now });
      seen.batches = 0;
      const once = async <T>(what: string, operation: () => T | Promise<T>): Promise<T> => {
        const before = seen.batches;
        const answer = await operation();
        same(seen.batches - before, 1, what);
        return answer;
      };
      const keys = numbers(100).map((index) => `k${index}`);
      await once("a batch of writes with tags", () =>
        put(tier, Object.fromEntries(keys.map((key) => [key, key])), ["t"]),
      );
      equal(await once("a batch of reads", () => values(tier, ...keys)), keys);
      const asked = { now, lease: LEASE, sequence: true };
      const { leases } = await once("a miss with a lease", () => tier.getMany(["x"], asked));
      equal((await once("a lease of somebody", () => tier.getMany(["x", "k1"], asked))).leases, [undefined, undefined]);
      same((await once("a write under a lease", () => put(tier, { x: 1 }, ["t"], leases![0]))).refused, undefined);
      equal((await once("a late write", () => put(tier, { x: 2 }, [], leases![0]))).refused, ["x"]);
      for (const match of ["any", "all", "exact"] as const) {
        const invalidation = { tags: ["t", "u"], match, mode: "expire", now, after: 0 } as const;
        await once(match, () => tier.invalidate!(invalidation));
      }
      await once("a touch", () => tier.touchMany!([{ key: "k1", freshUntil: Infinity, staleUntil: Infinity }], now));
      await once("a look into the journal", () => tier.journal!(0));
      await once("a scan", () => tier.scan!({ prefix: "k", limit: 10, now }));
      await once("a size", () => tier.size!("k", now));
      await once("a release", () => tier.release!([{ key: "m" }, { key: "n", lease: 5 }]));
      await once("a delete", () => tier.deleteMany(["k1", "no"], now));
      await once("a clear", () => tier.clear("k", now));
      ok(seen.most > 0 && seen.most <= 100, `D1 takes 100 parameters: ${seen.most}`);
      equal([seen.odd, reports], [[], []]);
    },
    "sends a large batch in several requests, and takes a value of 1.98 MB": async () => {
      const seen = watched(database);
      const { tier } = opened(d1(seen.binding));
      const large = Object.fromEntries(numbers(3).map((index) => [`k${index}`, String(index).repeat(1_900_000)]));
      await tier.getMany(["any"], { now });
      seen.batches = 0;
      await put(tier, large, ["t"]);
      same(seen.batches, 2);
      equal(await values(tier, ...Object.keys(large)), Object.values(large));
      await put(tier, { most: new Uint8Array(1_979_900) });
      same(((await values(tier, "most"))[0] as Uint8Array).length, 1_979_900);
      await rejects(() => put(tier, { more: new Uint8Array(1_980_100) }), "TIER_LIMIT");
    },
  };
}

function ofFaults(database: D1Binding, run: Run, rows: Rows): Tests {
  return {
    "makes the tables once though ten tiers come at the same time": async () => {
      const tiers = numbers(10).map(() => opened(d1(database, PATIENT)).tier);
      await Promise.all(tiers.map((tier, index) => put(tier, { [`k${index}`]: index })));
      equal(await values(tiers[0]!, ...numbers(10).map((index) => `k${index}`)), numbers(10));
    },
    "refuses a database of a newer version, and leaves it as it was": async () => {
      await put(opened(d1(database)).tier, { k: 1 });
      await run(`UPDATE meta SET schema_version = ${SCHEMA_VERSION + 1}`);
      const { tier } = opened(d1(database));
      await rejects(() => values(tier, "k"), "STORE_SCHEMA");
      await rejects(() => put(tier, { k: 2 }), "STORE_SCHEMA");
      equal(await rows("SELECT schema_version AS v FROM meta"), [{ v: SCHEMA_VERSION + 1 }]);
    },
    "refuses tables of another program with our names, and leaves other tables alone": async () => {
      await run("CREATE TABLE meta (a)");
      const { tier } = opened(d1(database));
      await rejects(() => put(tier, { k: 1 }), "STORE_OPEN");
      await run("DROP TABLE meta", "CREATE TABLE app (a)", "INSERT INTO app VALUES (1)");
      await put(tier, { k: 1 });
      await tier.clear("", now);
      equal(await rows("SELECT a FROM app"), [{ a: 1 }]);
      await run("DROP TABLE app");
    },
    "a row that nobody can read is a miss, is reported and removed, and its lease is to be had": async () => {
      const { tier, reports } = opened(d1(database));
      for (const change of ["data = NULL", "sequence = 9223372036854775807", "tagged = 7", "created_at = 'text'"]) {
        await put(tier, { before: 1, k: 2, after: 3 }, ["t"]);
        await run(`UPDATE entries SET ${change} WHERE key = 'k'`);
        reports.length = 0;
        const { entries, leases } = await tier.getMany(["before", "k", "after"], { now, lease: LEASE });
        equal(
          entries.map((entry) => entry?.value),
          [1, undefined, 3],
          change,
        );
        equal(reports, [["corrupt", "CORRUPT", "k"]], change);
        ok(leases![1], change);
        equal(await rows("SELECT count(*) AS n FROM entries WHERE key = 'k'"), [{ n: 0 }], change);
        await tier.release!([{ key: "k" }]);
      }
    },
    "an error has the database's words and none of the caller's": async () => {
      const { tier } = opened(d1(database));
      await put(tier, { k: 1 });
      await run("DROP TABLE entries");
      const error = await rejects(() => put(tier, { k: "secret value" }, ["secret tag"]), "TIER");
      same(
        (error as unknown as Error).message,
        "Cannot use D1 for tier d1 as it answered SQLITE_ERROR: no such table: entries",
      );
      same(JSON.stringify([error, (error as unknown as Error).cause ?? null]).includes("secret"), false);
    },
  };
}

function ofCaches(database: D1Binding, run: Run, rows: Rows): Tests {
  const open = (name = "app") =>
    createCache({ name, tiers: [memory(), d1(database, PATIENT)], ttl: "1h", coherence: 0, sweepInterval: 0 });
  return {
    "caches on one database agree on what is written, invalidated, cleared and loaded": async () => {
      const [one, two, other] = [open(), open(), open("other")];
      await one.set("k", { n: 1 }, { tags: ["t"] });
      await other.set("k", "other's", { tags: ["t"] });
      equal(await two.get("k"), { n: 1 });
      await one.invalidateTags(["t"]);
      equal([await one.get("k"), await two.get("k"), await other.get("k")], [undefined, undefined, "other's"]);
      await one.set("k", 2);
      same(await two.get("k"), 2);
      await two.clear();
      equal([await one.get("k"), await other.get("k")], [undefined, "other's"]);
      let loads = 0;
      const load = () => new Promise<number>((resolve) => setTimeout(() => resolve(++loads), 30));
      equal(await Promise.all([one, two, one, two].map((cache) => cache.getOrSet("l", load))), [1, 1, 1, 1]);
    },
    "bytes that are no payload are a miss and an event, and are removed": async () => {
      const cache = open();
      const corrupt: unknown[] = [];
      cache.on("corrupt", ({ key }) => corrupt.push(key));
      await cache.set("k", "value");
      await run("UPDATE entries SET data = x'00'");
      await cache.evictAll();
      same(await cache.get("k"), undefined);
      equal([corrupt, await rows("SELECT count(*) AS n FROM entries")], [["k"], [{ n: 0 }]]);
    },
    "a database that fails is a miss and an event": async () => {
      const binding = {
        prepare: database.prepare.bind(database),
        batch: () => Promise.reject(new Error("D1_ERROR: x")),
      };
      const cache = createCache({ tiers: [memory(), d1(binding)] });
      let faults = 0;
      cache.on("error", () => faults++);
      same(await cache.getOrSet("k", () => "loaded"), "loaded");
      await cache.set("l", 1);
      same(await cache.get("l"), 1);
      ok(faults > 0);
    },
  };
}

/** A request that has ended takes along what it waited for: here, for good, the answer to its next batch. */
function ofRequests(database: D1Binding): Tests {
  const state = { hangs: false };
  const passed = <T>(call: () => Promise<T>): Promise<T> => {
    if (!state.hangs) return call();
    state.hangs = false;
    return new Promise(() => {});
  };
  const goesOn = async (tier: Tier): Promise<void> => {
    const { clock } = opened(tier);
    for (const hanging of [() => values(tier, "k"), () => put(tier, { k: 0 }), () => values(tier, "k")]) {
      state.hangs = true;
      void hanging();
      for (let turn = 0; state.hangs && turn < 100; turn++) await undefined;
      same(state.hangs, false, "the first call must have begun");
      await put(tier, { other: 1 });
      equal(await values(tier, "other"), [1]);
      // Changes of a key wait for those before them, but not for one that takes longer than ten seconds.
      await clock.advance("11s");
      await put(tier, { k: 1 });
      equal(await values(tier, "k"), [1]);
    }
  };
  return {
    "a file is an error that names what to use": async () => {
      const { tier } = opened(libsql("file:cache.db"));
      await rejects(async () => tier.getMany(["k"], { now }), "STORE_OPEN");
    },
    "a call of D1 that never ends holds up no other key, and its own for ten seconds": () =>
      goesOn(
        d1({
          prepare: (sql) => database.prepare(sql),
          batch: (statements) => passed(() => database.batch(statements)),
        }),
      ),
    "a call of libSQL that never ends holds up no other key, and its own for ten seconds": () => {
      const prepared = ({ sql, args }: LibsqlStatement) => {
        const statement = database.prepare(sql);
        return args.length === 0 ? statement : statement.bind(...args);
      };
      const cellOf = (cell: unknown) => (Array.isArray(cell) ? new Uint8Array(cell).buffer : cell);
      const batch: LibsqlClient["batch"] = (statements) =>
        passed(async () =>
          (await database.batch(statements.map(prepared))).map(({ results = [] }) => ({
            rows: results.map((row) => Object.values(row as object).map(cellOf)),
          })),
        );
      return goesOn(libsql({ batch, execute: async (one) => (await batch([one], "write"))[0]!, close() {} }));
    },
  };
}
