import { failure, isUnknownScript, RedisFailure } from "../../../adapters/redis/failure.ts";
import { readChange } from "../../../adapters/redis/journal.ts";
import { isStorable, namesOf } from "../../../adapters/redis/keys.ts";
import { partsOf, type RedisLink, type Reply, textOf } from "../../../adapters/redis/link.ts";
import { redisStore } from "../../../adapters/redis/store.ts";
import { ConfigError } from "../../../src/errors.ts";
import type { TierContext } from "../../../src/tier.ts";
import { equal, ok, rejects, same } from "../../contract/assert.ts";
import { fakeClock } from "../../contract/fake-clock.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

/** A store over a server that answers this to everything. */
function storeOver(reply: Reply, isText = false) {
  const asked: (readonly unknown[])[] = [];
  const link: RedisLink = {
    isText,
    isCluster: false,
    isOrdered: true,
    client: "client",
    async run(keys, args) {
      asked.push([keys, args]);
      return reply;
    },
    close() {},
  };
  const store = redisStore({ name: "r", prefix: "p", options: {}, link });
  const clock = fakeClock();
  const context = { cacheName: "c", clock, random: () => 0, removed() {}, report() {} } satisfies TierContext;
  void store.open!(context);
  return { store, asked, now: clock.now() };
}

export const tests: TestCase[] = [
  ...suite("redis failure", {
    "tells the server's word, and neither commands nor passwords": () => {
      const quoting = "ERR unknown command 'EVALSHA', with args beginning with: 'secret' 'value'";
      const reply = Object.assign(new Error(quoting), { command: { name: "evalsha", args: ["secret"] } });
      const told = failure(reply) as RedisFailure;
      equal([told.code, told.cause], ["ERR", undefined]);
      ok(!JSON.stringify({ ...told, message: told.message }).includes("secret"), told.message);
      const url = failure(new TypeError("tls is set to false for redis://user:secret@host")) as RedisFailure;
      ok(!url.message.includes("secret"), url.message);
      ok(failure(new Error(`OOM ${"x".repeat(1_000)}`)).message.length < 200, "it must be short");
    },
    "tells the system's code": () => {
      const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
      same((failure(refused) as RedisFailure).code, "ECONNREFUSED");
      const both = Object.assign(new Error(""), { code: "ECONNREFUSED", errors: [refused, refused] });
      ok(failure(both).message.includes("ECONNREFUSED 127.0.0.1:1"), failure(both).message);
      same(failure(undefined).message, "Redis failed: no reason was told");
    },
    "leaves our own errors as they are": () => {
      for (const error of [new ConfigError("o", "m"), new RedisFailure("m")]) same(failure(error), error);
    },
    "knows the error of a server that does not know the script": () => {
      ok(isUnknownScript(new Error("NOSCRIPT No matching script. Please use EVAL.")), "NOSCRIPT");
      ok(!isUnknownScript(new Error("ERR NOSCRIPT")) && !isUnknownScript(undefined), "others");
    },
  }),
  ...suite("redis names", {
    "puts all of a cache into one slot, and caches into slots of their own": () => {
      const { own, base } = namesOf("tiercel", "users");
      equal(own, [
        "{tiercel:users}/ledger",
        "{tiercel:users}/index",
        "{tiercel:users}/leases",
        "{tiercel:users}/journal",
      ]);
      same(base, "{tiercel:users}:");
    },
    "takes any text that is its own in UTF-8": () => {
      for (const text of ["", "k", "😀", "\ufeff", "\uffff", "\u0001"]) ok(isStorable(text), JSON.stringify(text));
      for (const text of ["\0", "\ud800", "a\udc00b"]) ok(!isStorable(text), JSON.stringify(text));
    },
  }),
  ...suite("redis journal", {
    "reads changes": () => {
      equal(readChange('o k ["a","é\\n"]'), { by: "keys", keys: ["a", "é\n"] });
      equal(readChange('o p [""]'), { by: "prefix", prefix: "" });
      equal(readChange('o t ["all","expire","12","a","b"]'), {
        ...{ by: "tags", match: "all", mode: "expire" },
        ...{ sequence: 12, tags: ["a", "b"] },
      });
    },
    "does not understand anything else": () => {
      for (const record of [
        "",
        "o",
        "o k",
        "o k {}",
        "o k [1]",
        "o k []",
        'o x ["a"]',
        "o p [null]",
        'o t ["some","delete","1","a"]',
        'o t ["any","maybe","1","a"]',
        'o t ["any","delete","x","a"]',
        'k ["a"]',
      ])
        same(readChange(record), undefined, record);
    },
  }),
  ...suite("redis replies", {
    "are text or bytes": () => {
      same(textOf(new TextEncoder().encode("\ufeffé")), "\ufeffé");
      equal([textOf("t"), textOf(5), textOf(null), textOf(undefined), textOf([])], ["t", "5", "", "", ""]);
      equal([partsOf([1]), partsOf("x"), partsOf(null)], [[1], [], []]);
    },
    "of several calls: the first one's sequence is told, as what others invalidate in between hits what was written":
      async () => {
        let sequence = 5;
        const link: RedisLink = {
          ...{ isText: false, isCluster: false, isOrdered: true, client: undefined, close() {} },
          run: async () => [`epoch ${sequence++} 9`, "0"],
        };
        const store = redisStore({ name: "r", prefix: "p", options: {}, link, maxCallBytes: 1 });
        const clock = fakeClock();
        await store.open!({ cacheName: "c", clock, random: () => 0, removed() {}, report() {} });
        const entry = {
          ...{ value: Uint8Array.of(1, 2), createdAt: clock.now(), freshUntil: Infinity, staleUntil: Infinity },
          ...{ tags: ["t"], sequence: undefined, version: undefined, loadTime: 0 },
        };
        const writes = ["a", "b", "c"].map((key) => ({ key, entry }));
        equal(await store.setMany(writes, clock.now()), { sequence: 5 });
        same(sequence, 8);
      },
    "that make no sense are faults, and no answers": async () => {
      for (const reply of [null, 5, "OK", [], ["x"], ["epoch 1"], ["epoch x 2"], [["epoch 1 2"]], new Uint8Array(9)]) {
        const { store, now } = storeOver(reply);
        await rejects(async () => store.getMany(["k"], { now }), "CORRUPT");
        await rejects(async () => store.deleteMany(["k"], now), "CORRUPT");
        await rejects(async () => store.journal!(), "CORRUPT");
      }
    },
    "that are shorter than they should be are misses": async () => {
      for (const rest of [[], [""], ["", null, null, null], ["0", null, null, []], ["11", null, null, ["x"]]]) {
        const { store, now } = storeOver(["epoch 1 2", ...rest]);
        equal((await store.getMany(["a", "b"], { now })).entries, [undefined, undefined]);
      }
    },
    "are not asked for where there is nothing to ask": async () => {
      const { store, asked, now } = storeOver(null);
      equal((await store.getMany([], { now })).entries, []);
      equal(await store.deleteMany([], now), []);
      equal(await store.deleteMany(["\ud800"], now), [false]);
      equal(await store.setMany([], now), { sequence: 0 });
      await store.release!([]);
      await store.clear("\0", now);
      equal(asked, []);
    },
    "are refused before open and after close": async () => {
      const { store, now } = storeOver(["epoch 1 2", "", null, null, [null]]);
      await store.getMany(["k"], { now });
      await store.close!();
      await rejects(async () => store.getMany(["k"], { now }), "CLOSED");
    },
    "name keys and what is known": async () => {
      const { store, asked, now } = storeOver(["epoch 17 4", "", null, null, [null]]);
      await store.getMany(["k"], { now });
      await store.getMany(["é"], { now, lease: 50, refresh: true, metaOnly: true });
      const [[firstKeys, first], [, second]] = asked as [[string[], string[]], [string[], string[]]];
      equal(firstKeys, [...namesOf("p", "c").own, "{p:c}:k"]);
      equal([...first.slice(0, 2), ...first.slice(3, 8)], ["get", String(now), "", "0", "0", "v", "0"]);
      equal([...second.slice(3, 8), ...second.slice(9)], ["epoch", "17", "4", "m", "50", "1", "0", "0"]);
    },
  }),
];
