import { createCache } from "../../../mod.ts";
import { structured } from "../../../src/bytes/mod.ts";
import { sealPayload } from "../../../src/bytes/payload.ts";
import type { Entry } from "../../../src/entry.ts";
import { CodecError } from "../../../src/errors.ts";
import type { Codec } from "../../../src/tier.ts";
import { equal, ok, rejects, same, throws } from "../../contract/assert.ts";
import type { TestCase } from "../../contract/suite.ts";
import { suite } from "../../contract/suite.ts";
import { byteStore, codesOf, NOW, now, opened, put, READ, shout, values, write } from "./byte-store.ts";
import { withoutFloat16Array } from "./structured.ts";

export const tests: TestCase[] = suite("bytes() under faults", {
  "changes nothing when one value of a batch cannot be encoded": () => {
    const { tier, store } = opened();
    throws(() => tier.prepare!([write("a", 1), write("b", () => 1)]), "CODEC");
    throws(() => tier.setMany([write("a", 1), write("b", () => 1)], NOW), "CODEC");
    same(store.entries.size, 0);
  },
  "makes a CodecError of whatever a codec throws or gives": () => {
    const cause = new TypeError("by the codec");
    const throwing: Codec = {
      ...shout,
      encode: () => {
        throw cause;
      },
    };
    const { tier } = opened({ codec: throwing });
    same(throws(() => tier.prepare!([write("k", 1)]), "CODEC").cause, cause);
    const wrong = opened({ codec: { ...shout, encode: () => "text" as unknown as Uint8Array } });
    throws(() => wrong.tier.prepare!([write("k", 1)]), "CODEC");
  },
  "makes a miss of every corrupt entry, deletes it and reports it": () => {
    const { tier, store, reports, removed } = opened();
    const keys = ["flipped", "cut", "foreign", "moved", "retagged", "body", "good"];
    put(tier, ...keys.map((key) => write(key, { key })));
    const stored = (key: string): Entry<Uint8Array> => store.entries.get(key)!;
    store.entries.set("flipped", {
      ...stored("flipped"),
      value: stored("flipped").value.map((byte, at) => (at === 20 ? byte ^ 1 : byte)),
    });
    store.entries.set("cut", { ...stored("cut"), value: stored("cut").value.slice(0, -1) });
    store.entries.set("foreign", { ...stored("foreign"), value: new TextEncoder().encode('{"json":true}') });
    store.entries.set("moved", stored("good"));
    store.entries.set("retagged", { ...stored("retagged"), tags: ["other"] });
    // Sealed rightly over a body that is no CBOR.
    store.entries.set("body", {
      ...stored("body"),
      value: sealPayload("body", stored("body"), "cbor", Uint8Array.of(0xff)),
    });
    equal(values(tier, ...keys), [...new Array(6).fill(undefined), { key: "good" }]);
    equal(
      codesOf(reports),
      keys.slice(0, 6).map((key) => ["corrupt", "CORRUPT", key]),
    );
    equal([...store.entries.keys()], ["good"]);
    equal(
      removed,
      keys.slice(0, 6).map((key) => `${key}: corrupt`),
    );
  },
  "makes a miss of an unknown codec and reports it, but leaves it": () => {
    const store = byteStore();
    put(opened({ codec: shout }, store).tier, write("k", "other"));
    const { tier, reports } = opened({}, store);
    equal(values(tier, "k"), [undefined]);
    equal(codesOf(reports), [["corrupt", "CODEC", "k"]]);
    same(store.entries.size, 1);
  },
  "makes a miss of what a codec says another program knows, and leaves it": () => {
    const decode = (): never => {
      throw new CodecError("Cannot decode value as it needs what is not here");
    };
    const { tier, store, reports } = opened({ codec: { ...shout, decode } });
    put(tier, write("k", 1));
    equal(values(tier, "k"), [undefined]);
    equal(codesOf(reports), [["corrupt", "CODEC", "k"]]);
    same(store.entries.size, 1);
  },
  "makes a miss of what a codec decodes to no value or to a promise, whose failure does not go unhandled": async () => {
    const wrong = [() => undefined, async () => 1, () => Promise.reject(new Error("by the codec"))];
    for (const decode of wrong) {
      const { tier, store, reports } = opened({ codec: { ...shout, decode } });
      put(tier, write("k", 1));
      equal(values(tier, "k"), [undefined]);
      equal(codesOf(reports), [["corrupt", "CODEC", "k"]]);
      same(store.entries.size, 1);
      const cache = createCache({ tiers: [opened({ codec: { ...shout, decode } }).tier] });
      await cache.set("k", 1);
      same(await cache.get("k"), undefined);
      same(await cache.getOrSet("k", () => 2), 2);
      await cache.close();
    }
  },
  "so it does of a Float16Array where there is none": () => {
    const { tier, store, reports } = opened({ codec: structured });
    put(tier, write("k", new Uint16Array([1])));
    const stored = store.entries.get("k")!;
    const body = Uint8Array.of(0x9b, 10, 0, 1, 0x9a, 2, 0, 0x3e);
    store.entries.set("k", { ...stored, value: sealPayload("k", stored, "structured", body) });
    withoutFloat16Array(() => equal(values(tier, "k"), [undefined]));
    equal(codesOf(reports), [["corrupt", "CODEC", "k"]]);
    same(store.entries.size, 1);
  },
  "deletes what a codec of the user cannot decode, whatever it throws": () => {
    const failing: Codec = {
      ...shout,
      decode: () => {
        throw "a text";
      },
    };
    const { tier, store, reports } = opened({ codec: failing });
    put(tier, write("k", 1));
    equal(values(tier, "k"), [undefined]);
    equal(codesOf(reports), [["corrupt", "CORRUPT", "k"]]);
    same(store.entries.size, 0);
  },
  "answers a read though the corrupt entry cannot be deleted": async () => {
    for (const fault of ["throw", "reject"] as const) {
      const { tier, store, reports } = opened();
      put(tier, write("bad", 1), write("good", 2));
      store.entries.set("bad", { ...store.entries.get("bad")!, value: new Uint8Array(3) });
      store.deleteFault = fault;
      const { entries } = await tier.getMany(["bad", "good"], READ);
      equal(
        entries.map((found) => found?.value),
        [undefined, 2],
      );
      equal(codesOf(reports), [
        ["corrupt", "CORRUPT", "bad"],
        ["fault", "TIER", undefined],
      ]);
    }
  },
  "does not decode when only metadata is asked for, and gives no bytes away": () => {
    const { tier, store, reports } = opened();
    put(tier, write("k", 1, { codec: "json" }));
    store.entries.set("k", { ...store.entries.get("k")!, value: new Uint8Array(30), size: undefined });
    const [found] = now(tier.getMany(["k"], { ...READ, metaOnly: true })).entries;
    equal([found?.value, found?.codec, found?.size, found?.createdAt], [undefined, "json", 30, NOW]);
    equal(reports, []);
  },
  "answers by promise over a store that does": async () => {
    const store = byteStore({}, true);
    const { tier } = opened({}, store);
    const answer = tier.setMany(now(tier.prepare!([write("k", { a: 1 })])), NOW);
    ok(answer instanceof Promise);
    equal(await answer, { sequence: 3 });
    equal((await tier.getMany(["k"], READ)).entries[0]?.value, { a: 1 });
    store.entries.set("k", { ...store.entries.get("k")!, value: new Uint8Array(3) });
    equal((await tier.getMany(["k"], READ)).entries, [undefined]);
    same(store.entries.size, 0, "must be deleted before the answer");
  },
  "passes on what the store throws": async () => {
    const store = byteStore();
    const { tier } = opened({}, store);
    store.deleteFault = "throw";
    throws(() => tier.deleteMany(["k"], NOW), "TIER");
    store.deleteFault = "reject";
    await rejects(async () => tier.deleteMany(["k"], NOW), "TIER");
  },
});
