import { test } from "node:test";
import { entriesOf, readStep } from "../../adapters/sql/entry-reader.ts";
import { takePlan } from "../../adapters/sql/leases.ts";
import { freshness } from "../../src/entry.ts";
import type { ReadOptions, Write } from "../../src/tier.ts";
import { equal, ok, same } from "../contract/assert.ts";
import { FAKE_START } from "../contract/fake-clock.ts";
import { files, inFolder, type OpenStore, rawDatabase, rows, texts, write } from "./sql-fixture.ts";
import { start } from "./sql-start.ts";
import { watched } from "./sql-watched.ts";

const now = FAKE_START;
const LEASE = 10_000;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const leasing = (at: number = now): ReadOptions => ({ now: at, lease: LEASE });
const held = (handle: unknown) => rows(handle, "SELECT key FROM leases ORDER BY key").map(({ key }) => key);

/** Takes the lease of a key, which must be free. */
function take(store: Pick<OpenStore, "sync">, key: string, at: number = now): number {
  const { leases } = store.sync.getMany([key], leasing(at));
  ok(leases![0], `the lease of ${key} must be free`);
  return leases![0]!;
}

function leased(lease: number, ...args: Parameters<typeof write>): Write<Uint8Array> {
  return { ...write(...args), lease };
}

/** All that a write can change, without numbers that differ from one database to the next. */
function content(handle: unknown): Record<string, unknown> {
  const of = (sql: string) => rows(handle, sql);
  return {
    entries: of(
      "SELECT key, created_at, fresh_until, stale_until, sequence, load_ms, tagged, fmt, version, saved_by_profile, hex(data) FROM entries ORDER BY key",
    ),
    tags: of("SELECT name, deleted, expired, swept FROM tags ORDER BY name"),
    links: of(
      "SELECT e.key, t.name, x.sequence FROM entry_tags x JOIN entries e ON e.id = x.entry JOIN tags t ON t.id = x.tag ORDER BY 1, 2",
    ),
    rules: of("SELECT tags, size, exact, deleted, expired FROM tag_rules ORDER BY id"),
    meta: of("SELECT sequence, floor, rules_floor FROM meta"),
    journal: of("SELECT kind, what FROM journal ORDER BY id"),
  };
}

test("a lease is a random positive integer, one for all keys of a call", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const tokens = numbers(50).map((index) => {
      const { leases } = store.sync.getMany([`a${index}`, `b${index}`], leasing());
      same(leases![0], leases![1]);
      return leases![0]!;
    });
    ok(
      tokens.every((token) => Number.isSafeInteger(token) && token > 0),
      "it must be a positive safe integer",
    );
    same(new Set(tokens).size, 50);
    ok(
      tokens.some((token) => token > 2 ** 40),
      "it must not be easy to guess",
    );
  }));

test("of two connections one gets the lease, of a key that is in a call twice the first place", () =>
  inFolder(async (folder) => {
    const [one, two] = [folder.open(), folder.open()];
    const { leases } = await one.getMany(["a", "b", "a"], leasing());
    equal(
      leases!.map((lease) => typeof lease),
      ["number", "number", "undefined"],
    );
    equal((await two.getMany(["a", "c"], leasing())).leases![0], undefined);
    equal(held(one.handle), ["a", "b", "c"]);
    equal((await two.getMany(["a"], leasing(now + LEASE - 1))).leases, [undefined]);
    ok((await two.getMany(["a"], leasing(now + LEASE))).leases![0], "it has run out");
  }));

test("a key that becomes fresh between the look and the transaction is answered, without a lease", () =>
  inFolder(async (folder) => {
    for (const face of ["async", "sync"] as const) {
      const other = folder.open();
      const { store, onAttempt } = watched(folder);
      onAttempt.push(() => other.sync.setMany([write("k", "other's", { tags: ["t"] })], now));
      const read = face === "sync" ? store.sync : store;
      const { entries, leases } = await read.getMany(["a", "k"], leasing());
      equal([typeof leases![0], leases![1]], ["number", undefined], face);
      same(new TextDecoder().decode(entries[1]!.value), "other's");
      equal(held(other.handle), ["a"]);
      store.sync.clear("", now);
      store.close!();
    }
  }));

test("a key that is leased between the look and the transaction is left to the other", () =>
  inFolder(async (folder) => {
    const other = folder.open();
    const { store, onAttempt } = watched(folder);
    onAttempt.push(() => take(other, "k"));
    const { entries, leases } = await store.getMany(["k", "l"], leasing());
    equal([entries, leases![0], typeof leases![1]], [[undefined, undefined], undefined, "number"]);
    store.close!();
  }));

test("who waits for another's load needs no lock, nor does who finds all fresh", () =>
  inFolder(async (folder) => {
    const { store, counts } = watched(folder);
    take(store, "k");
    store.sync.setMany([write("fresh")], now);
    const other = rawDatabase(folder.file);
    other.exec("BEGIN IMMEDIATE");
    counts.transactions = 0;
    for (const keys of [["k"], ["fresh"], ["fresh", "k"], []]) {
      const answer = store.getMany(keys, leasing());
      ok(!(answer instanceof Promise), "it must be answered at once");
      equal(
        (await answer).leases,
        keys.map(() => undefined),
      );
    }
    same(counts.transactions, 0);
    other.exec("COMMIT");
    other.close();
    store.close!();
  }));

test("leases that are asked for in one tick share one transaction, with the writes of that tick", () =>
  inFolder(async (folder) => {
    const { store, counts } = watched(folder);
    const reads = numbers(500).map((index) => store.getMany([`k${index % 400}`], leasing()));
    await store.setMany([write("k0")], now);
    const given = (await Promise.all(reads)).map(({ leases }) => leases![0]);
    same(counts.transactions, 1);
    same(given.filter((lease) => lease !== undefined).length, 400);
    same(
      rows(store.client, "SELECT count(*) AS n FROM leases")[0]!.n,
      399,
      "the write came last, and revoked its key's",
    );
    store.close!();
  }));

test("in one transaction a write revokes a lease that was taken before it, and not one that is taken after", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const [, before, , after] = await Promise.all([
      store.setMany([write("b")], now),
      store.getMany(["a"], leasing()),
      store.setMany([write("a"), write("b")], now),
      store.getMany(["b"], { ...leasing(), refresh: true }),
      store.deleteMany(["c"], now),
    ]);
    ok(before.leases![0] && after.leases![0], "both must have been given");
    equal(held(store.handle), ["b"]);
  }));

test("SQLite finds an entry fresh where the cache does", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const ends = [0, now - 1, now, now + 1, Infinity];
    const cases = ends.flatMap((freshUntil) =>
      ends.flatMap((staleUntil) =>
        [now - 1, now + 60_000, now + 60_001].flatMap((createdAt) =>
          [[], ["valid"], ["valid", "deleted"], ["expired", "valid"], ["lost"]].map((tags) => ({
            ...{ freshUntil, staleUntil, createdAt, tags },
          })),
        ),
      ),
    );
    const keys = cases.map((_, index) => `k${index}`);
    store.sync.setMany(
      cases.map((fields, index) => write(keys[index]!, "v", fields)),
      now,
    );
    for (const [tag, mode] of [
      ["deleted", "delete"],
      ["expired", "expire"],
    ] as const)
      store.sync.invalidate!({ tags: [tag], match: "any", mode, now, after: 0 });
    store.handle.exec("DELETE FROM tags WHERE name = 'lost'");
    const driver = files.adopt(store.handle)!;
    const plan = takePlan({ keys, token: 1, lease: 1, refresh: false, now }, readStep(keys, false));
    const taken = plan.finish(driver.transaction(() => plan.steps.map(({ sql, args }) => driver.all(sql, args))));
    const entries = entriesOf(taken.rows, keys, { now }, () => {});
    const fresh = entries.map((entry) => entry !== undefined && freshness(entry, now) === "fresh");
    equal(
      keys.filter((key) => !taken.keys.has(key)),
      keys.filter((_, index) => fresh[index]),
    );
    ok(fresh.filter(Boolean).length > 10 && fresh.includes(false), "there must be some of either");
  }));

test("a write under a lease writes what one without does", () =>
  inFolder(async (folder) => {
    const plain = folder.open();
    const other = folder.open({ path: `${folder.path}/other.db` });
    const fields = [
      {},
      { tags: ["x"], version: "v", profile: "p", codec: "cbor", loadTime: 7.4 },
      { tags: ["x", "y", "x"], sequence: 5 },
      { tags: ["x", "z"], sequence: now },
      { freshUntil: Infinity, staleUntil: Infinity },
    ];
    const writes = fields.map((some, index) => write(`k${index}`, `value of ${index}`, some));
    for (const store of [plain, other]) {
      store.sync.invalidate!({ tags: ["x", "y"], match: "all", mode: "delete", now, after: 0 });
      store.sync.invalidate!({ tags: ["y"], match: "any", mode: "delete", now, after: 0 });
    }
    plain.sync.setMany(writes, now);
    const { leases } = other.sync.getMany(
      writes.map(({ key }) => key),
      leasing(),
    );
    const answer = other.sync.setMany(
      writes.map((some, index) => ({ ...some, lease: leases![index]! })),
      now,
    );
    equal(answer, { sequence: now + 1 });
    equal(content(other.handle), content(plain.handle));
    equal(held(other.handle), []);
  }));

test("a refused write leaves no trace", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    store.sync.setMany([write("k", "kept", { tags: ["t"] }), write("other", "kept", { tags: ["u"] })], now);
    // An entry that came before all rules which are still known would be dropped, were they applied to it again.
    for (const index of numbers(1_002))
      store.sync.invalidate!({ tags: ["r", `s${index}`], match: "all", mode: "delete", now, after: 0 });
    const good = take(store, "good");
    const before = content(store.handle);
    const late = { tags: ["t", "new"], sequence: 1 };
    for (const lease of [0, 1, good, Number.NaN, -1, 1.5, Infinity]) {
      for (const some of [{}, late]) {
        equal(store.sync.setMany([leased(lease, "k", "late", some)], now).refused, ["k"], String(lease));
        equal((await store.setMany([leased(lease, "absent", "late", some)], now)).refused, ["absent"]);
      }
    }
    equal(content(store.handle), before);
    equal(held(store.handle), ["good"]);
    equal(store.sync.setMany([leased(good, "good")], now), { sequence: now + 1_001 });
    equal(texts(store, ["k", "other", "good"]), ["kept", "kept", "value"]);
  }));

test("a batch is refused where its leases do not stand, and the rest of it is written and told", () =>
  inFolder((folder) => {
    const [store, other] = [folder.open(), folder.open()];
    const [a, b] = [take(store, "a"), take(store, "b")];
    other.sync.setMany([write("b", "newer")], now);
    const since = other.sync.journal!().position;
    const answer = store.sync.setMany(
      [leased(a, "a", "1", { tags: ["t"] }), leased(b, "b", "late"), write("c", "3"), leased(0, "d", "late")],
      now,
    );
    equal(answer, { sequence: 0, refused: ["b", "d"] });
    equal(texts(store, ["a", "b", "c", "d"]), ["1", "newer", "3", undefined]);
    equal(other.sync.journal!(since).changes, [{ by: "keys", keys: ["a", "c"] }]);
  }));

test("of writes of one key in a batch each comes after the one before", () =>
  inFolder((folder) => {
    const store = folder.open();
    let lease = take(store, "k");
    equal(store.sync.setMany([leased(lease, "k", "1"), leased(lease, "k", "2")], now).refused, ["k"]);
    equal(texts(store, ["k"]), ["1"], "a lease is for one write");
    store.sync.deleteMany(["k"], now);
    lease = take(store, "k");
    equal(store.sync.setMany([write("k", "3"), leased(lease, "k", "4")], now).refused, ["k"]);
    equal(texts(store, ["k"]), ["3"], "a write without lease revokes it");
    store.sync.deleteMany(["k"], now);
    lease = take(store, "k");
    equal(store.sync.setMany([leased(lease, "k", "5"), write("k", "6")], now).refused, undefined);
    equal(texts(store, ["k"]), ["6"]);
    equal(held(store.handle), []);
  }));

test("a write under a lease that ran out is taken as long as nobody took or revoked it", () =>
  inFolder((folder) => {
    const [store, other] = [folder.open(), folder.open()];
    const [lost, revoked, kept] = ["lost", "revoked", "kept"].map((key) => take(store, key)) as [
      number,
      number,
      number,
    ];
    const later = now + 10 * LEASE;
    const newer = take(other, "lost", later);
    other.sync.release!([{ key: "revoked" }]);
    const answer = store.sync.setMany([leased(lost, "lost"), leased(revoked, "revoked"), leased(kept, "kept")], later);
    equal(answer.refused, ["lost", "revoked"]);
    equal(texts(store, ["lost", "revoked", "kept"]), [undefined, undefined, "value"]);
    equal(other.sync.setMany([leased(newer, "lost")], later), { sequence: 0 });
  }));

test("writes, deletions, clears and releases of either face take the leases of their keys away, and of no other", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const names = ["a", "a:1", "a:2", "b", "x"];
    const leases = new Map(names.map((key) => [key, take(store, key)]));
    const gone = async (what: unknown, ...keys: string[]): Promise<void> => {
      await what;
      for (const key of keys) names.splice(names.indexOf(key), 1);
      equal(held(store.handle), names);
    };
    await gone(store.touchMany!([{ key: "a", freshUntil: now + 1, staleUntil: now + 1 }], now));
    await gone(store.invalidate!({ tags: ["t"], match: "any", mode: "delete", now, after: 0 }));
    await gone(
      store.release!([{ key: "a", lease: leases.get("b")! }, { key: "no" }, { key: "a\0" }, { key: "a", lease: 0 }]),
    );
    await gone(store.deleteMany(["a"], now), "a");
    await gone(store.clear("a", now), "a:1", "a:2");
    await gone(store.setMany([write("y"), write("x")], now), "x");
    await gone(store.release!([{ key: "b", lease: leases.get("b")! }]), "b");
    for (const key of ["a", "b"]) names.push(key) && take(store, key);
    await gone(store.sync.deleteMany(["a", "no"], now), "a");
    await gone(store.sync.release!([{ key: "b" }]), "b");
    take(store, "c");
    names.push("c");
    await gone(store.sync.clear("", now), "c");
  }));

test("prune removes leases that ran out more than a minute ago, within its limit, and does not name them", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    store.sync.getMany(
      numbers(25).map((index) => `k${index}`),
      leasing(),
    );
    store.sync.getMany(["later"], leasing(now + 1));
    const end = now + LEASE + 60_000;
    equal(store.sync.prune!(100, end - 1), []);
    same(held(store.handle).length, 26);
    equal(await store.prune!(10, end), []);
    same(held(store.handle).length, 16);
    equal(store.sync.prune!(100, end), []);
    equal(held(store.handle), ["later"]);
  }));

test("a refresh takes the lease of a fresh entry and answers it, without its value where that is not asked for", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    store.sync.setMany([write("k", "old"), write("l", "old")], now);
    const { entries, leases } = await store.getMany(["k"], { ...leasing(), refresh: true, sequence: true });
    same(new TextDecoder().decode(entries[0]!.value), "old");
    equal((await store.getMany(["k"], { ...leasing(), refresh: true })).leases, [undefined]);
    const meta = await store.getMany(["k", "l"], { ...leasing(), refresh: true, metaOnly: true });
    equal(
      meta.entries.map((entry) => [entry!.size, entry!.value.length]),
      [
        [3, 0],
        [3, 0],
      ],
    );
    equal(store.sync.setMany([leased(leases![0]!, "k", "new")], now), { sequence: 0 });
    equal(texts(store, ["k"]), ["new"]);
  }));

test("what is no key of SQLite's is a miss without a lease", () =>
  inFolder((folder) => {
    const store = folder.open();
    const { entries, leases } = store.sync.getMany(["a\0", "\ud800", "k"], leasing());
    equal(
      [entries, leases!.map((lease) => typeof lease)],
      [
        [undefined, undefined, undefined],
        ["undefined", "undefined", "number"],
      ],
    );
    equal(store.sync.getMany(["a\0"], leasing()).leases, [undefined]);
  }));

test("a row that nobody can read is removed before the lease of its key is taken", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    for (const face of [store, store.sync]) {
      store.sync.setMany([write("a"), write("k"), write("b")], now);
      store.handle.exec("UPDATE entries SET data = NULL WHERE key = 'k'");
      const { entries, leases } = await face.getMany(["a", "k", "b"], leasing());
      equal(
        entries.map((entry) => entry !== undefined),
        [true, false, true],
      );
      equal(
        leases!.map((lease) => typeof lease),
        ["undefined", "number", "undefined"],
      );
      equal(rows(store.handle, "SELECT key FROM entries WHERE key = 'k'"), []);
    }
    same(store.reports.length, 2);
  }));

test("a database that cannot be written gives no leases and is read all the same", () =>
  inFolder(async (folder) => {
    const { store, reports } = watched(folder, undefined, { busyTimeout: 0 });
    store.sync.setMany([write("fresh"), write("stale", "old", { freshUntil: now })], now);
    const other = rawDatabase(folder.file);
    other.exec("BEGIN IMMEDIATE");
    for (const face of [store, store.sync]) {
      const answer = await face.getMany(["fresh", "stale", "no"], { ...leasing(), sequence: true });
      equal(
        answer.entries.map((entry) => entry && new TextDecoder().decode(entry.value)),
        ["value", "old", undefined],
      );
      equal([answer.leases, answer.sequence], [undefined, 0]);
    }
    equal(
      reports.map(([kind]) => kind),
      ["fault", "fault"],
    );
    other.exec("COMMIT");
    other.close();
    ok(take(store, "no"), "afterwards there are leases again");
    const reader = folder.open({ readOnly: true });
    same(reader.capabilities.leases, false);
    equal((await reader.getMany(["no"], leasing())).leases, undefined);
    store.close!();
  }));

test("processes that race for the same keys get each of them once", () =>
  inFolder(async (folder) => {
    folder.open();
    const children = ["0", "1", "2", "3"].map((id) => start("race", folder.file, id));
    await Promise.all(children.map((child) => child.printed(1)));
    for (const child of children) child.go();
    const lines = (await Promise.all(children.map((child) => child.ended))).map((own) => own.slice(1));
    equal(
      lines
        .flat()
        .map((line) => line.split(" ")[0])
        .sort(),
      numbers(200)
        .map((index) => `k${index}`)
        .sort(),
    );
  }));

test("the lease of a process that was killed goes to another when its time is over, and not before", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    const child = start("hold", folder.file);
    await child.printed(1);
    child.process.kill("SIGKILL");
    const [lost] = await child.ended;
    equal(store.sync.getMany(["k"], leasing(now + LEASE - 1)).leases, [undefined]);
    const lease = take(store, "k", now + LEASE);
    equal(store.sync.setMany([leased(Number(lost), "k", "late"), leased(lease, "k", "new")], now).refused, ["k"]);
    equal(texts(store, ["k"]), ["new"]);
  }));
