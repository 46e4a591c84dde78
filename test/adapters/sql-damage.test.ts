import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { libsqlFiles } from "../../adapters/sql/libsql-file.ts";
import { FULL, resultCode } from "../../adapters/sql/result-codes.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import { StoreOpenError } from "../../src/errors.ts";
import { equal, ok, rejects, same, throws } from "../contract/assert.ts";
import { FAKE_START, fakeClock } from "../contract/fake-clock.ts";
import { seededRandom } from "../contract/seeded-random.ts";
import { context, files, inFolder, isDeno, type OpenStore, rows, texts, write } from "./sql-fixture.ts";

const now = FAKE_START;
const fragile = files === libsqlFiles && "libsql ends the process when text is not UTF-8";
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Writes until the disk is full, and looks that everything acknowledged is there, and nothing of what was not. */
async function fillUp(store: OpenStore): Promise<string[]> {
  const written: string[] = [];
  let refused: string[] = [];
  for (let round = 0; refused.length === 0 && round < 1_000; round++) {
    const keys = numbers(10).map((index) => `k${round}-${index}`);
    const outcomes = await Promise.allSettled(keys.map((key) => store.setMany([write(key, key.repeat(500))], now)));
    written.push(...keys.filter((_, index) => outcomes[index]!.status === "fulfilled"));
    refused = keys.filter((_, index) => outcomes[index]!.status === "rejected");
    for (const outcome of outcomes) if (outcome.status === "rejected") same(resultCode(outcome.reason), FULL);
  }
  ok(written.length > 10 && refused.length > 0, "the disk must have become full");
  same(resultCode(throws(() => store.sync.setMany([write("large", "x".repeat(1_000_000))], now), Error)), FULL);
  equal(
    texts(store, written),
    written.map((key) => key.repeat(500)),
    "reads go on",
  );
  equal(
    texts(store, [...refused, "large"]),
    [...refused, "large"].map(() => undefined),
  );
  equal(rows(store.handle, "PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
  return written;
}

test("a database at its largest size refuses writes, reads on, and takes writes again when there is room", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    store.handle.exec("PRAGMA max_page_count = 100");
    const written = await fillUp(store);
    await rejects(() => store.setMany([write("a"), write("large", "x".repeat(1_000_000)), write("b")], now), Error);
    equal(texts(store, ["a", "b"]), [undefined, undefined], "nothing is half written");
    equal(
      await store.deleteMany(written.slice(0, 20), now),
      numbers(20).map(() => true),
    );
    await store.setMany([write("again")], now);
    equal(texts(store, ["again", written[0]!, written[20]!]), ["value", undefined, written[20]!.repeat(500)]);
  }));

/** Mounts a small file system at a folder; answers why it cannot, or undefined. */
function mount(folder: string): string | undefined {
  try {
    mkdirSync(folder);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], { stdio: "pipe" });
    return undefined;
  } catch {
    return "cannot mount a file system here: run it as root on Linux";
  }
}

test("a disk that is full refuses writes, reads on, and takes writes again when there is room", (t) =>
  inFolder(async (folder) => {
    const disk = join(folder.path, "disk");
    const reason = mount(disk);
    if (reason !== undefined) return isDeno ? undefined : t.skip(reason);
    try {
      const store = folder.open({ path: join(disk, "cache.db") });
      const ballast = join(disk, "ballast");
      writeFileSync(ballast, new Uint8Array(100_000));
      const written = await fillUp(store);
      writeFileSync(ballast, "");
      await store.setMany([write("again")], now);
      equal(texts(store, ["again", written[0]!]), ["value", written[0]!.repeat(500)]);
      store.close!();
      equal(texts(folder.open({ path: join(disk, "cache.db") }), ["again", written.at(-1)!]), [
        "value",
        written.at(-1)!.repeat(500),
      ]);
    } finally {
      folder.closeAll();
      execFileSync("umount", ["-l", disk]);
    }
  }));

/** What may be found in a row that someone changed, by column. */
const GARBAGE: Record<string, string[]> = {
  data: ["NULL", "'text'", "5"],
  created_at: ["NULL", "'text'", "x'00'", "9223372036854775807"],
  fresh_until: ["'text'", "x'00'", "-9223372036854775808"],
  stale_until: ["'text'", "x'00'", "9223372036854775807"],
  sequence: ["NULL", "'text'", "9007199254740993"],
  load_ms: ["NULL", "'text'"],
  tagged: ["NULL", "'text'", "7"],
  fmt: ["x'00'"],
  version: ["x'00'"],
  saved_by_profile: ["x'00'"],
};

test("a row with a garbage column is a miss, is reported and removed, alone and in a batch", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    for (const [column, values] of Object.entries(GARBAGE)) {
      for (const value of values) {
        const what = `${column} = ${value}`;
        store.sync.setMany([write("before"), write("k", "v", { tags: ["t"] }), write("after")], now);
        for (const keys of [["k"], ["before", "k", "after"]]) {
          store.handle.exec(`UPDATE entries SET ${column} = ${value} WHERE key = 'k'`);
          store.reports.length = 0;
          const expected = keys.map((key) => (key === "k" ? undefined : "value"));
          const { entries } = await store.getMany(keys, { now });
          equal(
            entries.map((entry) => entry && new TextDecoder().decode(entry.value)),
            expected,
            what,
          );
          equal(
            store.reports.map(({ kind, key, error }) => [kind, key, (error as { code?: unknown }).code]),
            [["corrupt", "k", "CORRUPT"]],
            what,
          );
          equal(
            (await store.getMany(keys, { now, metaOnly: true })).entries.map((entry) => entry !== undefined),
            keys.map((key) => key !== "k"),
            what,
          );
          await store.setMany([], now);
          equal(rows(store.handle, "SELECT key FROM entries WHERE key = 'k'"), [], what);
          store.sync.setMany([write("k", "v", { tags: ["t"] })], now);
        }
      }
    }
    equal(texts(store, ["k"]), ["v"]);
  }));

test("a row that was written anew before a garbage one is removed stays", () =>
  inFolder(async (folder) => {
    const store = folder.open();
    store.sync.setMany([write("k")], now);
    store.handle.exec("UPDATE entries SET data = NULL");
    await store.getMany(["k"], { now });
    folder.open().sync.setMany([write("k", "new")], now);
    await store.setMany([], now);
    equal(texts(store, ["k"]), ["new"]);
  }));

test("damaged pages never give a wrong value and never an error without a code", { skip: fragile }, () =>
  inFolder(async (folder) => {
    const values = Object.fromEntries(
      numbers(400).map((index) => [`k${index}`, { index, text: `${index} `.repeat(index) }]),
    );
    const keys = Object.keys(values);
    const outcomes = { hit: 0, miss: 0, error: 0, refused: 0 };
    const random = seededRandom(3);
    const original = await build(folder.file, values);
    for (let round = 0; round < 40; round++) {
      const damaged = new Uint8Array(original);
      const pages = damaged.length / 4096;
      for (let wound = 0; wound < 1 + (round % 8); wound++) {
        // From the second page on, a few bytes or a whole page, zeros or noise.
        const start = 4096 * (1 + Math.floor(random() * (pages - 1))) + (round % 2 ? Math.floor(random() * 4000) : 0);
        const end = start + (round % 2 ? 1 + Math.floor(random() * 90) : 4096);
        for (let index = start; index < end; index++) damaged[index] = round % 3 ? Math.floor(random() * 256) : 0;
      }
      writeFileSync(folder.file, damaged);
      const tier = sqlite(folder.file);
      try {
        tier.open!(context(fakeClock(now)));
      } catch (error) {
        ok(error instanceof StoreOpenError, String(error));
        outcomes.refused++;
        continue;
      }
      for (const some of [...keys.map((key) => [key]), keys]) {
        try {
          const { entries } = await tier.getMany(some, { now });
          for (const [index, entry] of entries.entries()) {
            if (entry) equal(entry.value, values[some[index]!], "a value must be right or a miss");
            outcomes[entry ? "hit" : "miss"]++;
          }
        } catch (error) {
          ok(resultCode(error) !== undefined, String(error));
          outcomes.error++;
        }
      }
      tier.close!();
    }
    ok(outcomes.hit > 1_000 && outcomes.miss > 100, JSON.stringify(outcomes));
  }),
);

async function build(path: string, values: Record<string, unknown>): Promise<Uint8Array> {
  const tier = sqlite(path);
  tier.open!(context(fakeClock(now)));
  const writes = Object.entries(values).map(([key, value], index) => ({
    key,
    entry: { ...write(key).entry, value, tags: index % 3 ? [] : ["a", `t${index % 30}`] },
  }));
  await tier.setMany(await tier.prepare!(writes), now);
  tier.close!();
  return readFileSync(path);
}
