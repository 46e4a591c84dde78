import type { PlainDriver } from "../../../adapters/plain/driver.ts";
import { failureOf } from "../../../adapters/plain/failure.ts";
import { eachOf } from "../../../adapters/plain/parallel.ts";
import { plainStore } from "../../../adapters/plain/store.ts";
import type { Entry } from "../../../src/entry.ts";
import { CorruptError } from "../../../src/errors.ts";
import type { Tier, TierContext, Write } from "../../../src/tier.ts";
import { equal, ok, rejects, same, throws } from "../../contract/assert.ts";
import { FAKE_START, fakeClock } from "../../contract/fake-clock.ts";
import { settle } from "../../contract/settle.ts";
import { suite, type TestCase } from "../../contract/suite.ts";
import { mapDriver } from "./map-driver.ts";

const NOW = FAKE_START;

/** An open store of bytes, with what it reported. */
function open<D extends PlainDriver>(driver: D, maxRecordBytes?: number) {
  const reports: [string, string | undefined][] = [];
  const clock = fakeClock();
  const context: TierContext = {
    cacheName: "test",
    clock,
    random: () => 0.5,
    removed() {},
    report: (kind, _, key) => reports.push([kind, key]),
  };
  const store: Tier<Uint8Array> = plainStore({
    name: "plain",
    capabilities: { keys: driver.list !== undefined, shared: true },
    options: {},
    driver,
    client: () => "the client",
    ...(maxRecordBytes !== undefined && { maxRecordBytes }),
  });
  store.open!(context);
  return { store, driver, reports, context, clock };
}

function write(key: string, text = "value", ttl = 1_000, fields: Partial<Entry> = {}): Write<Uint8Array> {
  const times = { createdAt: NOW, freshUntil: NOW + ttl, staleUntil: NOW + ttl };
  const entry = { ...times, tags: [], sequence: undefined, version: undefined, loadTime: 0, ...fields };
  return { key, entry: { ...entry, value: new TextEncoder().encode(text) } };
}

async function texts(store: Tier<Uint8Array>, keys: readonly string[], now = NOW): Promise<(string | undefined)[]> {
  const { entries } = await store.getMany(keys, { now });
  return entries.map((entry) => entry && new TextDecoder().decode(entry.value));
}

export const tests: TestCase[] = suite("plain store", {
  async "asks for each key once, however often it is in a call, and for nothing in an empty one"() {
    const { store, driver } = open(mapDriver());
    await store.setMany([write("a", "1"), write("b"), write("a", "2")], NOW);
    equal(await texts(store, ["a", "a", "no", "b", "no"]), ["2", "2", undefined, "value", undefined]);
    equal(await store.deleteMany(["a", "a", "no"], NOW), [true, true, false]);
    equal(driver.calls, ["writeMany 2", "readMany 3", "takeMany 2"]);
    driver.calls.length = 0;
    await store.getMany([], { now: NOW });
    await store.setMany([], NOW);
    await store.deleteMany([], NOW);
    await store.touchMany!([], NOW);
    equal(driver.calls, []);
  },
  async "keeps the order of calls on a key, where the store itself would mix them up"() {
    const { store, reports } = open(mapDriver());
    const answers: Promise<unknown>[] = [];
    const seen: Promise<(string | undefined)[]>[] = [];
    for (let round = 0; round < 20; round++) {
      answers.push(store.setMany([write("k", `value ${round}`), write(`other ${round}`)], NOW) as Promise<unknown>);
      seen.push(texts(store, ["k", "no"]));
      if (round % 6 === 5) answers.push(store.deleteMany(["k"], NOW) as Promise<unknown>);
      if (round % 6 === 5) seen.push(texts(store, ["k"]));
    }
    await Promise.all(answers);
    let round = 0;
    for (const [value] of await Promise.all(seen)) {
      if (value === undefined) continue;
      same(value, `value ${round}`);
      round++;
    }
    same(round, 20);
    equal(reports, []);
  },
  async "removes what cannot be read, reports it, and answers the read though it cannot be removed"() {
    const { store, driver, reports } = open(mapDriver());
    await store.setMany([write("a"), write("b")], NOW);
    const { bytes } = driver.records.get("b")!;
    driver.records.set("a", { ...driver.records.get("a")!, bytes: bytes.subarray(0, 20) });
    equal(await texts(store, ["a", "b"]), [undefined, "value"]);
    equal(reports, [["corrupt", "a"]]);
    equal([...driver.records.keys()], ["b"]);
    driver.records.set("a", { key: "a", bytes: new Uint8Array(5), staleUntil: Infinity });
    driver.failing.add("takeMany");
    equal(await texts(store, ["a", "b"]), [undefined, "value"]);
    equal(reports.slice(1), [
      ["corrupt", "a"],
      ["fault", undefined],
    ]);
  },
  async "leaves what another process has mended since it was found to be corrupt"() {
    const { store, driver, reports } = open(mapDriver());
    await store.setMany([write("k", "mended")], NOW);
    const whole = driver.records.get("k")!;
    driver.records.set("k", { ...whole, bytes: new Uint8Array(5) });
    const read = texts(store, ["k"]);
    const readMany = driver.readMany;
    driver.readMany = (keys, metaOnly) => {
      driver.records.set("k", whole);
      driver.readMany = readMany;
      return readMany(keys, metaOnly);
    };
    equal(await read, [undefined]);
    equal(await texts(store, ["k"]), ["mended"]);
    same(reports.length, 1);
  },
  async "tells what a driver found to be no record"() {
    const driver = mapDriver();
    const broken = { ...driver, readMany: async (keys: readonly string[]) => keys.map(() => new CorruptError("no")) };
    const { store, reports } = open(broken);
    equal(await texts(store, ["k"]), [undefined]);
    equal(reports, [["corrupt", "k"]]);
  },
  async "moves deadlines in bytes, in the driver's one step where it has one"() {
    const { store, driver } = open(mapDriver());
    await store.setMany([write("a"), write("over", "x", 1)], NOW);
    const until = { freshUntil: NOW + 5, staleUntil: NOW + 9 };
    const touches = ["a", "over", "no"].map((key) => ({ key, ...until }));
    equal(await store.touchMany!(touches, NOW + 1), [true, false, false]);
    same(driver.records.get("a")!.staleUntil, NOW + 9);
    equal(await texts(store, ["a"], NOW + 8), ["value"]);
    equal(await texts(store, ["a"], NOW + 9), [undefined]);
    const asked: string[] = [];
    const own = open({
      ...mapDriver(),
      // Changed by another process between the first decision and the second.
      async replaceMany(keys, decide) {
        for (const key of keys) {
          asked.push(key);
          decide(key, driver.records.get("a")!.bytes);
          decide(key, new CorruptError("no"));
        }
      },
    } as PlainDriver);
    equal(await own.store.touchMany!([{ key: "a", ...until }], NOW), [false]);
    equal(asked, ["a"]);
  },
  async "prunes a bounded part of a large store at a time, and goes on from there"() {
    const { store, driver } = open(mapDriver({ pageLimit: 100 }));
    const keys = Array.from({ length: 2_500 }, (_, index) => `k${String(index).padStart(4, "0")}`);
    await store.setMany(
      keys.map((key, index) => write(key, "x", index % 2 ? 1 : 10_000)),
      NOW,
    );
    driver.calls.length = 0;
    const first = await store.prune!(10_000, NOW + 1);
    same(first.length, 500, "a thousand were looked at");
    same(driver.calls.filter((call) => call.startsWith("list")).length, 10);
    const all = [...first, ...(await store.prune!(10_000, NOW + 1)), ...(await store.prune!(10_000, NOW + 1))];
    equal(
      all,
      keys.filter((_, index) => index % 2),
    );
    same(driver.records.size, 1_250);
    await store.setMany([write("again", "x", 1)], NOW);
    equal(await store.prune!(10_000, NOW + 1), ["again"]);
  },
  async "prunes past a record that cannot be removed"() {
    const { store, driver } = open(mapDriver({ pageLimit: 10 }));
    const keys = Array.from({ length: 30 }, (_, index) => `k${10 + index}`);
    await store.setMany(
      keys.map((key) => write(key, "x", 1)),
      NOW,
    );
    driver.failing.add("takeMany");
    await rejects(() => store.prune!(100, NOW + 1), Error);
    driver.failing.clear();
    same((await store.prune!(100, NOW + 1)).length, 20, "it goes on with the next page");
    same((await store.prune!(100, NOW + 1)).length, 10, "and comes by again");
  },
  async "does not prune what another process has written since it was listed"() {
    const driver = mapDriver();
    const { store } = open(driver);
    await store.setMany([write("k", "x", 1)], NOW);
    const over = driver.records.get("k")!;
    await store.setMany([write("k", "new", 10_000)], NOW);
    driver.list = async () => ({ records: [over] });
    equal(await store.prune!(10, NOW + 1), []);
    equal(await texts(store, ["k"]), ["new"]);
  },
  async "does not answer a clear before what was begun is over, nor begins anything before"() {
    const { store, driver } = open(mapDriver({ lists: false }));
    let release = () => {};
    driver.held.set(
      "writeMany",
      new Promise<void>((resolve) => {
        release = resolve;
      }),
    );
    const written = store.setMany([write("k", "old")], NOW);
    const cleared = store.clear("", NOW);
    const read = texts(store, ["other"]);
    await settle();
    equal(driver.calls, ["writeMany 1"]);
    release();
    await Promise.all([written, cleared, read]);
    equal(driver.calls, ["writeMany 1", "clear 1", "readMany 1"]);
    equal(await texts(store, ["k"]), [undefined]);
  },
  "refuses a record that is too large with its tags, before anything is written"() {
    const { store } = open(mapDriver(), 1_000);
    const fits = [write("k", "x".repeat(800))];
    same(store.prepare!(fits) as unknown, fits);
    throws(() => store.prepare!([write("k", "x".repeat(1_001))]), "TIER_LIMIT");
    throws(() => store.prepare!([write("k", "x".repeat(800), 1, { tags: ["t".repeat(300)] })]), "TIER_LIMIT");
  },
  async "is in one cache at a time, and closes once all is over"() {
    const { store, driver, context } = open(mapDriver());
    same(store.client, "the client");
    throws(() => store.open!(context), "CONFIG");
    let closed = 0;
    driver.close = () => {
      closed++;
    };
    const written = store.setMany([write("k")], NOW);
    const closing = store.close!();
    await rejects(() => store.getMany(["k"], { now: NOW }), "CLOSED");
    await closing;
    same(driver.records.size, 1, "what was begun is done");
    await written;
    await store.close!();
    same(closed, 1);
    store.open!(context);
    equal(await texts(store, ["k"]), ["value"]);
  },
  async "closes though an operation hangs"() {
    const { store, driver, clock } = open(mapDriver());
    let closed = 0;
    driver.close = () => {
      closed++;
    };
    driver.held.set("writeMany", new Promise(() => {}));
    void store.setMany([write("k")], NOW);
    const closing = store.close!();
    await clock.advance(1_999);
    same(closed, 0);
    await clock.advance(1);
    await closing;
    same(closed, 1);
  },
  async "does many steps a few at a time, and waits for those under way when one fails"() {
    let active = 0;
    let most = 0;
    const done: number[] = [];
    const step = async (item: number) => {
      active++;
      most = Math.max(most, active);
      for (let wait = 0; wait < 3; wait++) await undefined;
      active--;
      done.push(item);
      if (item === 40) throw new RangeError("forty");
      return item * 2;
    };
    const items = Array.from({ length: 40 }, (_, index) => index);
    equal(
      await eachOf(items, step),
      items.map((item) => item * 2),
    );
    ok(most > 10 && most < 40, `${most} at a time`);
    done.length = 0;
    await rejects(eachOf([...items, 40, ...items, ...items], step), RangeError);
    same(active, 0);
    ok(done.length < 80, "no step is begun after a failure");
    equal(await eachOf([], step), []);
  },
  "tells the kind of an error and nothing of its text"() {
    const secret = new Error("GET https://user:s3cret@host");
    same(failureOf(secret), "Error");
    same(failureOf(Object.assign(secret, { code: "ECONNREFUSED", status: 503 })), "Error ECONNREFUSED 503");
    same(failureOf(new TypeError("READONLY You can't write against s3cret")), "TypeError READONLY");
    same(failureOf({ name: "s3cret in a name that is long", code: "a b" }), "an error without a name");
    for (const odd of [undefined, null, "s3cret", 7, () => {}]) ok(!failureOf(odd).includes("s3cret"));
  },
});
