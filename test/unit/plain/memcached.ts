import { readAddresses } from "../../../adapters/memcached/address.ts";
import {
  type Clears,
  cleared,
  decodeClears,
  encodeClears,
  isCleared,
  newClears,
  stamped,
  unstamped,
} from "../../../adapters/memcached/clears.ts";
import { GarbageError, joined, ReplyReader } from "../../../adapters/memcached/replies.ts";
import { expiresIn, linesOf, serverOf } from "../../../adapters/memcached/server.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import { seededRandom } from "../../contract/seeded-random.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const DAY = 86_400_000;

const replies = suite("memcached replies", {
  "are the same however they are cut"() {
    const data = "\r\nEND\r\nVALUE x 0 1\r\n\0\xff";
    const stream = bytesOf(
      `STORED\r\nVALUE key 0 ${data.length} 17\r\n${data}\r\nVALUE empty 5 0\r\n\r\nEND\r\nSERVER_ERROR out of memory\r\nEND\r\n`,
    );
    const expected = [
      { line: "STORED" },
      { line: `VALUE key 0 ${data.length} 17`, data: bytesOf(data) },
      { line: "VALUE empty 5 0", data: bytesOf("") },
      { line: "END" },
      { line: "SERVER_ERROR out of memory" },
      { line: "END" },
    ];
    for (let first = 0; first <= stream.length; first++) {
      for (const size of [1, 3, stream.length]) {
        const reader = new ReplyReader();
        const all = reader.push(stream.subarray(0, first));
        for (let at = first; at < stream.length; at += size) all.push(...reader.push(stream.subarray(at, at + size)));
        equal(all, expected, `cut at ${first}, then every ${size}`);
      }
    }
  },
  "do not alias what was read"() {
    const chunk = bytesOf("VALUE k 0 3\r\nabc\r\n");
    const [reply] = new ReplyReader().push(chunk);
    chunk.fill(0);
    equal(reply?.data, bytesOf("abc"));
  },
  "take large items in time that grows with their size alone"() {
    const reader = new ReplyReader();
    const size = 8_000_000;
    same(reader.push(bytesOf(`VALUE k 0 ${size}\r\n`)).length, 0);
    const chunk = new Uint8Array(1_000);
    for (let sent = 0; sent < size; sent += chunk.length) same(reader.push(chunk).length, 0);
    same(reader.push(bytesOf("\r\n"))[0]?.data?.length, size);
  },
  "are refused when they are none"() {
    for (const text of [
      "x".repeat(2_000),
      "VALUE k 0 3\r\nabcdef\r\n",
      "VALUE k 0 99999999999\r\n",
      "VALUE k 0 -1\r\n",
      "VALUE k\r\n",
      "VALUE k 0 1e9\r\n",
    ])
      throws(() => new ReplyReader().push(bytesOf(text)), GarbageError);
  },
  "are joined in order"() {
    equal(joined([bytesOf("ab"), bytesOf(""), bytesOf("c")]), bytesOf("abc"));
  },
});

const clears = suite("memcached clears", {
  "end what was written before with a key of the prefix, and nothing else"() {
    let record: Clears = newClears();
    const before = record;
    record = cleared(record, "user:");
    const between = record;
    record = cleared(record, "user:1");
    for (const [stamp, key, expected] of [
      [before, "user:1", true],
      [before, "user:2", true],
      [before, "users", false],
      [between, "user:1", true],
      [between, "user:12", true],
      [between, "user:2", false],
      [record, "user:1", false],
      [{ ...record, epoch: record.epoch + 1 }, "users", true],
    ] as const) {
      same(isCleared(record, stamp, key), expected, JSON.stringify([key, stamp.mark]));
    }
    equal(record.prefixes, [
      ["user:", before.mark + 1],
      ["user:1", before.mark + 2],
    ]);
  },
  "forget what a later one has in it"() {
    let record = newClears();
    for (const prefix of ["ab", "abc", "b", "a"]) record = cleared(record, prefix);
    equal(
      record.prefixes.map(([prefix]) => prefix),
      ["b", "a"],
    );
    const all = cleared(record, "");
    equal([all.prefixes, all.floor], [[], all.mark]);
    same(isCleared(all, record, "x"), true);
    same(isCleared(all, all, "x"), false);
  },
  "stay small, and then end too much rather than too little"() {
    for (const prefix of [(i: number) => `p${i}:`, (i: number) => `${"漢".repeat(100)}${i}:`]) {
      let record = newClears();
      const history: { stamp: Clears; prefix: string }[] = [];
      for (let i = 0; i < 300; i++) {
        history.push({ stamp: record, prefix: prefix(i) });
        record = cleared(record, prefix(i));
        ok(encodeClears(record).length <= 4_200 && record.prefixes.length <= 64);
      }
      for (const { stamp, prefix: own } of history) same(isCleared(record, stamp, `${own}key`), true);
      same(isCleared(record, record, prefix(299)), false);
      same(isCleared(record, history.at(-1)!.stamp, "other"), false, "what is young is not concerned");
    }
  },
  "come back from their bytes, and from no others"() {
    const record = cleared(cleared(newClears(), "é\ud800"), "b");
    equal(decodeClears(encodeClears(record)), record);
    for (const text of [
      "",
      "garbage",
      "{}",
      "null",
      "[1,2,3,4]",
      "[2,1,1,0,[]]",
      "[1,1.5,1,0,[]]",
      '[1,1,1,0,[["a","b"]]]',
      "[1,1,1,0,[],0]",
      "[1,1,1,0,[null]]",
    ])
      same(decodeClears(bytesOf(text)), undefined, text);
    same(decodeClears(undefined), undefined);
  },
  "have an epoch that is never the same"() {
    const epochs = Array.from({ length: 1_000 }, () => newClears().epoch);
    same(new Set(epochs).size, 1_000);
    ok(epochs.every(Number.isSafeInteger));
  },
  "are stamped on items, where any changed bit is found"() {
    const record = newClears();
    const item = stamped(record, bytesOf("envelope"));
    const { stamp, envelope } = unstamped(item);
    equal([stamp.epoch, stamp.mark, envelope], [record.epoch, record.mark, bytesOf("envelope")]);
    for (let bit = 0; bit < 24 * 8; bit++) {
      const changed = Uint8Array.from(item);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      throws(() => unstamped(changed), "CORRUPT");
    }
    for (let length = 0; length < 24; length++) throws(() => unstamped(item.subarray(0, length)), "CORRUPT");
  },
});

const servers = suite("memcached servers", {
  "are read from URLs, alone or several"() {
    const of = (target: string | string[]) =>
      readAddresses(target).map(({ host, port, login }) => [host, port, login?.user, login?.password]);
    equal(of("localhost"), [["localhost", 11_211, undefined, undefined]]);
    equal(of("memcached://10.0.0.1:1/"), [["10.0.0.1", 1, undefined, undefined]]);
    equal(of("memcache://[::1]"), [["::1", 11_211, undefined, undefined]]);
    equal(of("memcached://a_b.c-d:2, memcached://u%40:p%3A@e"), [
      ["a_b.c-d", 2, undefined, undefined],
      ["e", 11_211, "u@", "p:"],
    ]);
    equal(of(["a", "a:2"]).length, 2);
    for (const target of [
      "",
      "http://a",
      "a b",
      "a:0",
      "a:65536",
      "a/b",
      "a:1:2",
      "u@a",
      [],
      ["a", "memcached://a:11211"],
    ])
      throws(() => readAddresses(target), "CONFIG");
  },
  "are told of ends in whole seconds, rounded up, as dates beyond 30 days, and of none as 0"() {
    const now = 1_800_000_000_000;
    equal(
      [-5, 0, 1, 1_000, 1_001, 60_000].map((ms) => expiresIn(ms, now)),
      [1, 1, 2, 2, 3, 61],
    );
    same(expiresIn(Infinity, now), 0);
    same(expiresIn(30 * DAY - 1_000, now), 30 * 86_400);
    const date = expiresIn(30 * DAY, now);
    ok(date >= (now + 30 * DAY) / 1_000 && date < (now + 32 * DAY) / 1_000, String(date));
    same(expiresIn(20 * 365 * DAY, now), 0, "servers count seconds in 32 bits");
  },
  "are asked for keys in lines that are not too long, in order"() {
    const keys = Array.from({ length: 100 }, (_, index) => "k".repeat(1 + ((index * 53) % 250)));
    const lines = linesOf(keys);
    equal(lines.flat(), keys);
    ok(lines.every((line) => line.join(" ").length <= 1_900) && lines.length > 5);
    equal(linesOf([]), []);
  },
  "share the keys evenly, and keep theirs when another one comes"() {
    const random = seededRandom(9);
    const all = ["a:1", "b:1", "c:1", "d:1"].map((id) => ({ id }));
    const keys = Array.from({ length: 4_000 }, () => `key ${Math.floor(random() * 1e9)}`);
    const counts = new Map<string, number>();
    for (const key of keys) {
      const { id } = serverOf(all, key);
      counts.set(id, (counts.get(id) ?? 0) + 1);
      const fewer = serverOf(all.slice(0, 3), key);
      ok(id === "d:1" || fewer.id === id, "only the keys of the fourth move");
    }
    for (const { id } of all)
      ok((counts.get(id) ?? 0) > 800 && (counts.get(id) ?? 0) < 1_200, `${id}: ${counts.get(id)}`);
  },
});

export const tests: TestCase[] = [...replies, ...clears, ...servers];
