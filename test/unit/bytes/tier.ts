import { bytes, cbor, codecTier, json, structured } from "../../../src/bytes/mod.ts";
import type { Codec, Tier, Write } from "../../../src/tier.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import type { TestCase } from "../../contract/suite.ts";
import { suite } from "../../contract/suite.ts";
import { byteStore, entry, NOW, now, opened, PAGE, put, READ, shout, values, write } from "./byte-store.ts";

export const tests: TestCase[] = suite("bytes()", {
  "gives back values and metadata": () => {
    const { tier } = opened();
    const fields = { tags: ["a", "b"], version: "v", sequence: 7, loadTime: 12, profile: "p", staleUntil: Infinity };
    const written = entry({ when: new Date(5) }, fields);
    put(tier, { key: "k", entry: written });
    const [found] = now(tier.getMany(["k"], READ)).entries;
    equal({ ...found, size: undefined }, { ...written, codec: "cbor", size: undefined });
    ok((found?.size ?? 0) > 10, "must tell the size of the payload");
  },
  "gives its store nothing but sealed bytes, with codec and size": () => {
    const { tier, store } = opened();
    put(tier, write("k", "text"));
    const stored = store.entries.get("k")!;
    same(Object.getPrototypeOf(stored.value), Uint8Array.prototype);
    equal([stored.codec, stored.size], ["cbor", stored.value.length]);
    same(stored.value.buffer.byteLength, stored.value.length, "must not hold on to a larger buffer");
  },
  "gives back the memory of what a store has answered, if that shares none and the value is elsewhere": () => {
    if (!("transfer" in ArrayBuffer.prototype)) return;
    const view: Codec = { id: "view", encode: (value) => value as Uint8Array, decode: (stored) => stored };
    const large = new Uint8Array(20_000).fill(7);
    const left = (copies: boolean, codec: Codec, value: Uint8Array): boolean => {
      const { tier, store } = opened({}, byteStore({ copies }));
      put(tier, write("k", value, { codec }));
      equal(values(tier, "k"), [value]);
      return store.entries.get("k")!.value.length > 0;
    };
    same(left(true, cbor, large), false);
    same(left(false, cbor, large), true);
    same(left(true, view, large), true);
    same(left(true, cbor, large.slice(0, 100)), true);
  },
  "encodes by the codec of the write, of the tier, or cbor": () => {
    const { tier, store } = opened();
    put(tier, write("a", 1), write("b", 1, { codec: "json" }), write("c", 1, { codec: structured }));
    equal(
      ["a", "b", "c"].map((key) => store.entries.get(key)?.codec),
      ["cbor", "json", "structured"],
    );
    equal(values(tier, "a", "b", "c"), [1, 1, 1]);
    const other = opened({ codec: json }, store);
    put(other.tier, write("d", 1));
    same(store.entries.get("d")?.codec, "json");
    equal(values(other.tier, "a", "c", "d"), [1, 1, 1]);
  },
  "keeps a codec that came with a write, to decode what it encoded": () => {
    const { tier } = opened();
    put(tier, write("k", "loud", { codec: shout }), write("l", "again", { codec: shout }));
    equal(values(tier, "k", "l"), ["LOUD", "AGAIN"]);
    put(tier, write("m", "by id", { codec: "shout-1" }));
    equal(values(tier, "m"), ["BY ID"]);
  },
  "refuses a codec id that it does not know, and lists those that it does": () => {
    const { tier, store } = opened();
    const { message } = throws(() => tier.prepare!([write("k", 1, { codec: "msgpack" })]), "CODEC");
    same(message, 'Cannot encode value as its codec must be one of cbor, json, structured: received "msgpack"');
    same(store.entries.size, 0);
  },
  "refuses codecs that are none or share an id": () => {
    const { tier: store } = byteStore();
    const broken: unknown[] = [
      null,
      {},
      { ...json, id: "" },
      { ...json, id: "JSON" },
      { ...json, id: "x".repeat(33) },
      { id: "x", encode() {} },
    ];
    for (const codec of broken) {
      throws(() => bytes(store, { codec: codec as Codec }), "CONFIG");
      throws(() => bytes(store).prepare!([write("k", 1, { codec: codec as Codec })]), "CONFIG");
    }
    throws(() => bytes(store, { codecs: [json, { ...json }] }), "CONFIG");
    throws(() => bytes(store).prepare!([write("k", 1, { codec: { ...json } })]), "CONFIG");
    throws(() => codecTier(store, []), "CONFIG");
    throws(() => codecTier(store, [json], null as never), "CONFIG");
    for (const options of [null, { codecs: null }, { codecs: "json" }])
      throws(() => bytes(store, options as never), "CONFIG");
  },
  "keeps a bounded number of codecs": () => {
    const { tier } = opened();
    const many = (n: number): Codec => ({ ...shout, id: `codec-${n}` });
    for (let n = 0; n < 61; n++) tier.prepare!([write("k", 1, { codec: many(n) })]);
    throws(() => tier.prepare!([write("k", 1, { codec: many(61) })]), "CONFIG");
  },
  "refuses values and keys above the limits of the store": () => {
    const { tier } = opened({}, byteStore({ maxKeyBytes: 10, maxValueBytes: 100 }));
    put(tier, write("k".repeat(10), "x".repeat(80)), write("ééééé", 1));
    const value = throws(() => tier.prepare!([write("k", "x".repeat(100))]), "TIER_LIMIT");
    ok(
      /^Cannot store value in store as it must be at most 100 bytes: received 1\d\d$/.test(value.message),
      value.message,
    );
    const key = throws(() => tier.prepare!([write("éééééé", 1)]), "TIER_LIMIT");
    same(key.message, "Cannot store key in store as it must be at most 10 bytes: received 12");
  },
  "encodes what did not go through prepare, beside what did": () => {
    const { tier, store } = opened();
    const [prepared] = now(tier.prepare!([write("b", "prepared")]));
    const raw = new Uint8Array([1, 2, 3]);
    now(tier.setMany([write("a", "raw"), prepared!, write("c", raw, { codec: "structured" })], NOW));
    equal(values(tier, "a", "b", "c"), ["raw", "prepared", raw]);
    same(store.entries.get("c")?.codec, "structured");
  },
  "does not encode again what was prepared and then got deadlines or a sequence": () => {
    const { tier } = opened();
    const [prepared] = now(tier.prepare!([write("k", { a: 1 })]));
    now(tier.setMany([{ ...prepared!, entry: { ...prepared!.entry, sequence: 9, freshUntil: NOW + 1 } }], NOW));
    const [found] = now(tier.getMany(["k"], READ)).entries;
    equal([found?.value, found?.sequence, found?.freshUntil], [{ a: 1 }, 9, NOW + 1]);
  },
  "encodes bytes that another tier prepared as the value that they are here": () => {
    const [prepared] = now(opened().tier.prepare!([write("k", 1)]));
    const { tier } = opened();
    now(tier.setMany([prepared!], NOW));
    ok(values(tier, "k")[0] instanceof Uint8Array);
  },
  "passes leases down and up": () => {
    const { tier, store } = opened();
    put(tier, write("k", 1, { lease: 77 }), write("l", 1, { lease: 0 }), write("m", 1));
    equal(
      store.writes.map(({ key, lease }) => [key, lease]),
      [
        ["k", 77],
        ["l", 0],
        ["m", undefined],
      ],
    );
    store.leases = [5, undefined];
    equal(now(tier.getMany(["no", "nor"], { ...READ, lease: 1000 })).leases, [5, undefined]);
    store.leases = undefined;
    ok(!("leases" in now(tier.getMany(["no"], READ))));
  },
  "gives a stale entry along with its lease": () => {
    const { tier, store } = opened();
    put(tier, write("k", "stale"));
    store.leases = [5];
    const { entries, leases } = now(tier.getMany(["k"], { now: NOW + 60_000, lease: 1000 }));
    equal([entries[0]?.value, leases], ["stale", [5]]);
  },
  "asks the store for what it is asked for: leases to refresh, sequence, metadata": () => {
    const { tier, store } = opened();
    const options = { now: NOW, lease: 1000, refresh: true, sequence: true, metaOnly: true, peek: true };
    for (const face of [tier, tier.sync!]) now(face.getMany(["k"], options));
    equal(store.reads, [options, options]);
  },
  "answers what the store answers to a write: the sequence, and what it refused": () => {
    const { tier, store } = opened();
    for (const face of [tier, tier.sync!]) {
      store.refused = ["l"];
      const writes = [write("k", 1), write("l", 1, { lease: 0 })];
      equal(now(face.setMany(now(tier.prepare!(writes)), NOW)), { sequence: 3, refused: ["l"] });
      store.refused = undefined;
      equal(now(face.setMany(writes, NOW)), { sequence: 3 });
    }
  },
  "passes what another opener changed up as the store tells it": () => {
    const { tier, store } = opened();
    for (const face of [tier, tier.sync!]) {
      equal([face.journal!(), face.journal!(5)], [PAGE, PAGE]);
    }
    equal(store.calls, [["journal"], ["journal", 5], ["journal"], ["journal", 5]]);
  },
  "lets the store prepare what it gets": () => {
    const store = byteStore();
    const seen: unknown[] = [];
    const preparing: Tier<Uint8Array> = {
      ...store.tier,
      prepare(writes) {
        seen.push(...writes.map((one) => one.entry.value instanceof Uint8Array));
        return writes as readonly Write<Uint8Array>[];
      },
    };
    const tier = bytes(preparing);
    put(tier, write("a", 1), write("b", 2));
    equal(
      [seen, values(tier, "a", "b")],
      [
        [true, true],
        [1, 2],
      ],
    );
  },
  "has the synchronous face and the options that the store has": () => {
    const store = byteStore();
    const tier = bytes(store.tier);
    now(tier.sync!.setMany([write("k", "sync")], NOW));
    same(tier.sync!.getMany(["k"], READ).entries[0]?.value, "sync");
    equal(
      [tier.name, tier.capabilities, tier.options, tier.client],
      ["store", store.tier.capabilities, store.tier.options, store.tier.client],
    );
    const bare = bytes({
      name: "bare",
      capabilities: {},
      getMany: store.tier.getMany,
      setMany: store.tier.setMany,
      deleteMany: store.tier.deleteMany,
      clear: store.tier.clear,
    });
    equal(
      [bare.sync, bare.options, bare.close, bare.scan, bare.usage, "client" in bare, "touchMany" in bare],
      [undefined, undefined, undefined, undefined, undefined, false, false],
    );
  },
  "passes every other operation through, on both faces": () => {
    const store = byteStore();
    const tier = bytes(store.tier);
    const touches = [{ key: "k", freshUntil: 1, staleUntil: 2 }];
    const invalidation = { tags: ["t"], match: "any", mode: "delete", now: NOW, after: 0 } as const;
    const scan = { prefix: "p", limit: 3, now: NOW };
    const progress = () => {};
    for (const face of [tier, tier.sync!]) {
      store.calls.length = 0;
      face.touchMany!(touches, NOW);
      face.prune!(5, NOW);
      face.scan!(scan);
      face.size!("p", NOW);
      face.invalidate!(invalidation);
      face.journal!(5);
      face.release!([{ key: "k", lease: 1 }]);
      face.clear("p", NOW, progress);
      equal(store.calls, [
        ["touchMany", touches, NOW],
        ["prune", 5, NOW],
        ["scan", scan],
        ["size", "p", NOW],
        ["invalidate", invalidation],
        ["journal", 5],
        ["release", [{ key: "k", lease: 1 }]],
        ["clear", "p", NOW, progress],
      ]);
    }
    store.calls.length = 0;
    tier.usage!();
    tier.close!();
    equal(store.calls, [["usage"], ["close"]]);
  },
  "reads the client of the store when it is asked for": () => {
    const store = byteStore();
    let client: unknown;
    const tier = bytes(Object.defineProperty({ ...store.tier }, "client", { get: () => client, enumerable: true }));
    client = { open: true };
    same(tier.client, client);
  },
  "works with one codec alone": () => {
    const tier = codecTier(byteStore().tier, [json]);
    put(tier, write("k", { a: 1 }));
    equal(values(tier, "k"), [{ a: 1 }]);
    throws(() => tier.prepare!([write("k", 1, { codec: cbor.id })]), "CODEC");
  },
});
