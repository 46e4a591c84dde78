import fc from "fast-check";
import { createCache } from "../../../mod.ts";
import { engine, READING } from "../../../src/bytes/compression/engines.ts";
import { compression } from "../../../src/bytes/compression/mod.ts";
import { encryption, keyRing } from "../../../src/bytes/encryption/mod.ts";
import { bytes, json } from "../../../src/bytes/mod.ts";
import type { Entry } from "../../../src/entry.ts";
import type { Tier, Write } from "../../../src/tier.ts";
import { equal, ok, rejects, same, throws } from "../../contract/assert.ts";
import { fakeClock, mapData, mapTier } from "../../contract/mod.ts";
import { suite, type TestCase } from "../../contract/suite.ts";
import { codesOf, entry, NOW, READ, write } from "./byte-store.ts";
import { closed, contextOf, forge, keyOf, read, type Sealed, sealed, store, stored } from "./sealed-store.ts";

const FIELDS: Partial<Entry> = { tags: ["b", "a"], version: "v1", profile: "night", loadTime: 3 };

function full(key: string, value: unknown, fields: Partial<Entry> = {}): Write {
  return { key, entry: entry(value, { ...FIELDS, ...fields }) };
}

/** Reads a forged entry: a miss and one report, nothing else. */
async function missed({ tier, reports }: Sealed, key: string, code: string, why: string): Promise<void> {
  reports.length = 0;
  equal(await read(tier, key), [undefined], why);
  equal(codesOf(reports), [["corrupt", code, key]], why);
}

export const tests: TestCase[] = suite("encryption", {
  "gives back what it took, and stores nothing that can be read": async () => {
    const { tier, data, reports } = await sealed();
    const value = { secret: "plaintext of a value", list: [1, 2n, new Date(5)] };
    await store(tier, full("k", value));
    const { value: payload, codec, size } = stored(data, "k");
    equal([codec, size], ["cbor", payload.length]);
    ok(!String.fromCharCode(...payload).includes("plain"), "must not be readable");
    const [found] = (await tier.getMany(["k"], READ)).entries;
    equal(
      [found?.value, found?.tags, found?.version, found?.profile, found?.codec],
      [value, ["b", "a"], "v1", "night", "cbor"],
    );
    equal(reports, []);
    await store(tier, full("l", value));
    ok(
      stored(data, "l").value.some((byte, at) => at > 8 && byte !== payload[at]),
      "one value must not be the same bytes twice",
    );
  },
  "gives back any value under any key": async () => {
    const { tier } = await sealed({ bytes: { compression: compression({ threshold: 0 }) } });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.jsonValue()), { maxLength: 5 }),
        fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 3 }),
        async (pairs, tags) => {
          const all = new Map(pairs);
          await store(
            tier,
            ...[...all].map(([key, value]): Write => ({ key, entry: entry(value, { tags: tags.sort() }) })),
          );
          const values = await read(tier, ...all.keys());
          equal(
            values.map((value) => JSON.stringify(value)),
            [...all.values()].map((value) => JSON.stringify(value)),
          );
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  },
  "refuses every flipped bit": async () => {
    const rig = await sealed();
    await store(rig.tier, full("k", "value"));
    const whole = stored(rig.data, "k");
    for (let bit = 0; bit < whole.value.length * 8; bit++) {
      const value = whole.value.slice();
      value[bit >> 3]! ^= 1 << (bit & 7);
      rig.data.entries.set("k", { ...whole, value });
      rig.reports.length = 0;
      equal(await read(rig.tier, "k"), [undefined], `bit ${bit}`);
      // Of an id that is not known, and of one that seems to be plain, another program may know more.
      const isKept = (bit >> 3 >= 4 && bit >> 3 < 8) || bit === 3 * 8 + 1;
      equal(codesOf(rig.reports), [["corrupt", isKept ? "CODEC" : "CORRUPT", "k"]], `bit ${bit}`);
      same(rig.data.entries.has("k"), isKept, `bit ${bit}`);
    }
    equal(rig.removed.length, whole.value.length * 8 - 33);
  },
  "refuses every cut and every byte too many": async () => {
    const rig = await sealed();
    await store(rig.tier, full("k", "value"));
    const whole = stored(rig.data, "k");
    for (let length = 0; length < whole.value.length; length++) {
      rig.data.entries.set("k", { ...whole, value: whole.value.slice(0, length) });
      await missed(rig, "k", "CORRUPT", `cut at ${length}`);
    }
    rig.data.entries.set("k", { ...whole, value: Uint8Array.from([...whole.value, 0]) });
    await missed(rig, "k", "CORRUPT", "longer");
  },
  "refuses what was moved to another key, namespace, scope or cache": async () => {
    const keys = ["app:k", "app:l", "app:@ns:k", "app:@org=acme:k", "app:@org=evil:k", "other:k"];
    const rig = await sealed();
    await store(rig.tier, ...keys.map((key) => full(key, `of ${key}`)));
    const before = new Map(rig.data.entries);
    for (const from of keys) {
      for (const to of keys) {
        if (from === to) continue;
        rig.data.entries.set(to, before.get(from)!);
        await missed(rig, to, "CORRUPT", `${from} to ${to}`);
      }
    }
    // The same key and ring in the table of another cache.
    const other = await sealed({ cacheName: "other", data: rig.data });
    rig.data.entries.set("app:k", before.get("app:k")!);
    await missed(other, "app:k", "CORRUPT", "another cache");
    // And under the name of the cache, but of another ring.
    const foreign = await sealed({ ring: keyRing({ current: keyOf(2), previous: [keyOf(3)] }), data: rig.data });
    rig.data.entries.set("app:k", before.get("app:k")!);
    await missed(foreign, "app:k", "CODEC", "another ring");
  },
  "refuses the metadata of another entry": async () => {
    const rig = await sealed();
    await store(rig.tier, full("k", "value"));
    const whole = stored(rig.data, "k");
    const others: Partial<Entry>[] = [
      { createdAt: whole.createdAt + 1 },
      { createdAt: -whole.createdAt },
      { version: "v2" },
      { version: undefined },
      { profile: "day" },
      { profile: undefined },
      { version: "night", profile: "v1" },
      { tags: ["a"] },
      { tags: ["a", "b", "c"] },
      { tags: ["ab"] },
      { tags: [] },
    ];
    for (const fields of others) {
      rig.data.entries.set("k", { ...whole, ...fields });
      for (const tag of ["a", "b", "c", "ab"]) rig.data.tags.set(tag, { deleted: 0, expired: 0 });
      await missed(rig, "k", "CORRUPT", JSON.stringify(fields));
    }
    rig.data.entries.set("k", { ...whole, tags: ["a", "b"] });
    equal(await read(rig.tier, "k"), ["value"], "in another order they are the same tags");
  },
  "refuses an older value of the same key under the head of the newer": async () => {
    const rig = await sealed();
    await store(rig.tier, full("k", "old", { createdAt: NOW - 1_000 }));
    const { value: old } = stored(rig.data, "k");
    await store(rig.tier, full("k", "new"));
    forge(rig.data, "k", { value: old });
    await missed(rig, "k", "CORRUPT", "replayed");
  },
  "serves nothing that is older than maxAge, whatever its deadlines say": async () => {
    const rig = await sealed({ maxAge: "1m" });
    const forever = { freshUntil: Infinity, staleUntil: Infinity };
    await store(
      rig.tier,
      full("old", 1, { createdAt: NOW - 60_000, ...forever }),
      full("new", 2, { createdAt: NOW - 59_999, ...forever }),
    );
    equal(await read(rig.tier, "old", "new"), [undefined, 2]);
    const { entries } = await rig.tier.getMany(["old", "new"], { ...READ, metaOnly: true });
    equal(entries.map(Boolean), [false, true]);
    forge(rig.data, "old", { createdAt: NOW });
    await missed(rig, "old", "CORRUPT", "younger than it is");
  },
  "leaves what is encrypted with a key that it has not, and tells of it": async () => {
    const rig = await sealed();
    await store(rig.tier, full("k", "value"));
    const other = await sealed({ ring: keyRing({ current: keyOf(2) }), data: rig.data });
    await missed(other, "k", "CODEC", "unknown key");
    equal(await read(rig.tier, "k"), ["value"]);
    equal(other.removed, []);
  },
  "leaves what is encrypted to those who have a ring, and tells of it": async () => {
    const rig = await sealed();
    await store(rig.tier, full("k", "value"));
    const plain: Tier = bytes(rig.store);
    const reports: Sealed["reports"] = [];
    await plain.open?.(contextOf("app", reports, []));
    equal((await plain.getMany(["k"], READ)).entries, [undefined]);
    equal(codesOf(reports), [["corrupt", "CODEC", "k"]]);
    equal(await read(rig.tier, "k"), ["value"]);
  },
  "takes nothing that is not encrypted, unless that is allowed, and then encrypts it": async () => {
    const data = mapData();
    const plain = bytes(mapTier({ data }) as Tier<Uint8Array>);
    await store(plain, full("k", "value"), full("moved", 1));
    const strict = await sealed({ data });
    await missed(strict, "k", "CODEC", "plain");
    const lenient = await sealed({ data, allowPlain: true });
    equal(await read(lenient.tier, "k"), ["value"]);
    await closed(lenient.tier);
    equal(await read(strict.tier, "k"), ["value"]);
    forge(data, "k", stored(data, "moved"));
    await missed(lenient, "k", "CORRUPT", "plain and moved");
  },
  "has no synchronous face, and says so": async () => {
    const { tier } = await sealed();
    same(tier.sync, undefined);
    same(tier.capabilities.sync, false);
    const cache = createCache({ tiers: [tier], name: "app", clock: fakeClock() }) as {
      sync?: unknown;
      close(): Promise<void>;
    };
    throws(() => cache.sync, "SYNC_UNSUPPORTED");
    await cache.close();
  },
  "asks for a ring": () => {
    for (const ring of [undefined, null, {}, "key", keyOf(1)]) throws(() => encryption(ring as never), "CONFIG");
    const ring = keyRing({ current: keyOf(1) });
    const wrong = [{ hashKeys: 1 }, { allowPlain: "no" }, { maxAge: "soon" }, { maxAge: 0 }, { warnAfter: 0 }, null];
    for (const options of wrong) throws(() => encryption(ring, options as never), "CONFIG");
    const map = mapTier() as Tier<Uint8Array>;
    for (const other of [true, "key", keyOf(1), ring])
      throws(() => bytes(map, { encryption: other as never }), "CONFIG");
    throws(() => bytes(map, { compression: true as never }), "CONFIG");
    for (const store of [null, undefined, {}, "redis"]) throws(() => bytes(store as never), "CONFIG");
  },
  "tells once that a key has to be rotated, before it must": async () => {
    const ring = keyRing({ current: keyOf(1) });
    const { tier, reports } = await sealed({ ring, warnAfter: 3 });
    await store(tier, write("a", 1), write("b", 2));
    equal(reports, []);
    for (const key of ["c", "d", "e"]) await store(tier, write(key, 3));
    equal(codesOf(reports), [["fault", "TIER_LIMIT", undefined]]);
    ok((reports[0]!.error as Error).message.includes("37012308"), "must tell which key");
    await ring.rotate(keyOf(2));
    await store(tier, write("f", 1), write("g", 2));
    equal(reports.length, 1);
    await store(tier, write("h", 3));
    equal(reports.length, 2);
  },
  "encodes, compresses and encrypts in this order": async () => {
    const rig = await sealed({ bytes: { codec: json, compression: compression() } });
    await store(rig.tier, write("k", "text ".repeat(10_000)));
    const { value } = stored(rig.data, "k");
    equal([value[3], value.length < 1_000], engine() === READING ? [2, false] : [3, true]);
    equal(await read(rig.tier, "k"), ["text ".repeat(10_000)]);
    const without = await sealed({ data: rig.data });
    if (engine() !== READING) await missed(without, "k", "CODEC", "no compression");
    same(rig.data.entries.has("k"), true);
  },
  "does not decrypt where metadata is all that is asked for": async () => {
    const rig = await sealed();
    await store(rig.tier, full("k", "value"));
    forge(rig.data, "k", { value: new Uint8Array(3) });
    const [found] = (await rig.tier.getMany(["k"], { ...READ, metaOnly: true })).entries;
    equal([found?.value, found?.codec], [undefined, "cbor"]);
    equal(rig.reports, []);
  },
  "rejects what cannot be encoded, and stores none of its batch": async () => {
    const { tier, data } = await sealed();
    await rejects(async () => tier.prepare!([write("a", 1), write("b", () => 1)]), "CODEC");
    same(data.entries.size, 0);
  },
});
