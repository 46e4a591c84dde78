import * as fc from "fast-check";
import { decodeKey, encodeKey, isPlain, type Key, type KeyPart, namespacePrefix } from "../../src/key.ts";
import { byteLength, shortenKey } from "../../src/stack/long-key.ts";
import type { TestCase } from "../contract/mod.ts";
import { equal, isEqual, ok, same, suite, throws } from "../contract/mod.ts";

const SEED = { seed: 20261121 };

/** Strings that look like what the encoding makes. */
const tricky = fc
  .array(
    fc.constantFrom(
      "@",
      "[",
      "]",
      "\\",
      "#",
      ":",
      '"',
      ",",
      "a",
      "1",
      "%",
      "{",
      "}",
      "$",
      "%40",
      "null",
      "@a:",
      "\\#",
      " ",
      "é",
      "😀",
    ),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(""));
const text = fc.oneof(tricky, fc.string({ unit: "grapheme", maxLength: 12 }));
/** Any string at all, halves of surrogate pairs and NUL included. */
const wild = fc.oneof(text, fc.string({ unit: "binary", maxLength: 6 }), fc.constantFrom("\0", "\ud800", "\udc00x"));

const { part } = fc.letrec<{ part: KeyPart }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    wild,
    fc.double(),
    fc.integer({ min: -3, max: 3 }),
    fc.boolean(),
    fc.bigInt({ min: -5n, max: 5n }),
    fc.constantFrom(
      null,
      undefined,
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      "undefined",
      "NaN",
      "-0",
      "1n",
      "@1",
      { $: "undefined" },
      { $: "1n" },
    ),
    fc.date({ noInvalidDate: false }),
    fc.array(tie("part"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(tricky, fc.constantFrom("$", "$$", "__proto__", "constructor", "1", "0")), tie("part"), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
}));
const key: fc.Arbitrary<Key> = fc.oneof(text, fc.array(part, { maxLength: 3 }));

/** Whether two keys are the same to a user: arrays and plain objects by what is in them. */
function isSameKey(left: Key, right: Key): boolean {
  return typeof left === typeof right && isEqual(left, right);
}

export const tests: TestCase[] = suite("key", {
  "a string stands for itself": () => {
    for (const key of ["", "user:42", "a[0]", "a@b", "#", "ключ", "😀", "a\\b", "__proto__"]) same(encodeKey(key), key);
  },
  "what somebody else has put into a store is no error, and stays as it is": () => {
    for (const text of [
      "[",
      "[x]",
      "[1,",
      '["$12xn"]',
      "[]]",
      "\\[",
      "@",
      "",
      '["$price"]',
      '["$5"]',
      '["$0x1n"]',
      '["$@x"]',
      '["$"]',
      '[{"a":["$ 1"]}]',
    ]) {
      const key = decodeKey(text);
      same(key, text === "\\[" ? "[" : text);
    }
  },
  "decodeKey gives back what encodeKey took": () => {
    fc.assert(
      fc.property(key, (key) => {
        ok(isSameKey(decodeKey(encodeKey(key)), key), encodeKey(key));
      }),
      { ...SEED, numRuns: 1000 },
    );
  },
  "no two keys share a text": () => {
    fc.assert(
      fc.property(key, key, (left, right) => {
        same(
          encodeKey(left) === encodeKey(right),
          isSameKey(left, right),
          `${encodeKey(left)} and ${encodeKey(right)}`,
        );
      }),
      { ...SEED, numRuns: 2000 },
    );
  },
  "the text of a key, as a key, has another text": () => {
    fc.assert(
      fc.property(key, (key) => {
        const text = encodeKey(key);
        same(encodeKey(text) === text, key === text);
        ok(isSameKey(decodeKey(encodeKey(text)), text));
      }),
      { ...SEED, numRuns: 500 },
    );
  },
  "a text has neither NUL nor half a surrogate pair": () => {
    fc.assert(
      fc.property(key, (key) => {
        ok(!/[\0\p{Surrogate}]/u.test(encodeKey(key)));
      }),
      { ...SEED, numRuns: 500 },
    );
  },
  "the order of an object's properties does not matter, that of an array does": () => {
    same(encodeKey([{ b: 1, a: { d: 2, c: 3 } }]), encodeKey([{ a: { c: 3, d: 2 }, b: 1 }]));
    ok(encodeKey([1, 2]) !== encodeKey([2, 1]));
    same(encodeKey([Object.assign(Object.create(null), { a: 1 })]), encodeKey([{ a: 1 }]));
  },
  "what looks alike is told apart": () => {
    const alike: Key[] = [
      [],
      [[]],
      [{}],
      [null],
      [undefined],
      ["null"],
      [0],
      [-0],
      ["0"],
      [0n],
      ["0n"],
      [false],
      [Number.NaN],
      ["NaN"],
      [Infinity],
      [-Infinity],
      [new Date(0)],
      ["1970-01-01T00:00:00.000Z"],
      [new Date(Number.NaN)],
      [{ $: "undefined" }],
      [{ $$: "undefined" }],
      [{ a: undefined }],
      [{ a: null }],
      [1, 2],
      [[1, 2]],
      ["1,2"],
      ["1", "2"],
      ["a", ["b"]],
      [["a"], "b"],
      [""],
      "",
      "[]",
      "[null]",
      '["a"]',
      "\\[]",
      "@a:",
    ];
    same(new Set(alike.map(encodeKey)).size, alike.length);
  },
  "a hole in an array is undefined and not null": () => {
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested
    const holes = [[, 1]] as unknown as Key[];
    same(encodeKey(holes[0]!), encodeKey([undefined, 1]));
    same(encodeKey([holes[0]!]), encodeKey([[undefined, 1]]));
  },
  "strings with NUL or half a surrogate pair are refused": () => {
    for (const key of ["\0", "a\0b", "\ud800", "\udfff", "a\ud83d", "\ude00\ud83d"])
      throws(() => encodeKey(key), "KEY");
    same(encodeKey("\ud83d\ude00"), "😀");
  },
  "in an array such strings are kept, and kept apart": () => {
    const keys: Key[] = [["\0"], ["\ud800"], ["\udc00"], ["\\ud800"], ["\\u0000"], [{ "\0": 1 }]];
    same(new Set(keys.map(encodeKey)).size, keys.length);
    for (const key of keys) equal(decodeKey(encodeKey(key)), key);
  },
  "what is no key is refused, and the message says where": () => {
    class User {
      id = 1;
    }
    for (const key of [undefined, null, 5, 5n, true, {}, () => {}, Symbol("s"), new Date()] as never[])
      throws(() => encodeKey(key), "KEY");
    for (const part of [
      new User(),
      new Map(),
      new Set(),
      /x/,
      () => {},
      Symbol("s"),
      new Uint8Array(1),
      new Error("e"),
    ] as never[]) {
      throws(() => encodeKey([part]), "KEY");
      ok(throws(() => encodeKey(["a", { b: [1, part] }]), "KEY").message.includes("[1].b[1]"));
    }
  },
  "a key that contains itself is refused": () => {
    const array: unknown[] = [];
    array.push(array);
    throws(() => encodeKey(array as never), "KEY");
    const object: Record<string, unknown> = {};
    object.self = { object };
    throws(() => encodeKey([object] as never), "KEY");
  },
  "an error shows no more than the beginning of a key": () => {
    ok(throws(() => encodeKey(`${"secret".repeat(50)}\0`), "KEY").message.length < 200);
  },
  "isPlain holds for texts that are their keys": () => {
    fc.assert(
      fc.property(text, (key) => same(isPlain(key), encodeKey(key) === key)),
      { ...SEED, numRuns: 500 },
    );
  },
  "keys of namespaces collide with none of the root or of one another": () => {
    const path = fc.array(
      text.filter((name) => name !== ""),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(path, key, path, key, (left, leftKey, right, rightKey) => {
        const texts = [
          left.map(namespacePrefix).join("") + encodeKey(leftKey),
          right.map(namespacePrefix).join("") + encodeKey(rightKey),
        ];
        same(texts[0] === texts[1], isEqual(left, right) && isSameKey(leftKey, rightKey), texts.join(" and "));
      }),
      { ...SEED, numRuns: 2000 },
    );
  },
  "no namespace's prefix is the beginning of another's": () => {
    const name = text.filter((name) => name !== "");
    fc.assert(
      fc.property(name, name, (left, right) => {
        same(namespacePrefix(left).startsWith(namespacePrefix(right)), left === right);
      }),
      { ...SEED, numRuns: 1000 },
    );
    for (const name of ["", "\0", "a\ud800", 5, null, undefined] as never[]) throws(() => namespacePrefix(name), "KEY");
  },
  "a key that fits is left as it is": () => {
    same(shortenKey("k".repeat(512), 512), "k".repeat(512));
    same(shortenKey("é".repeat(256), 512), "é".repeat(256));
    same(shortenKey("", 67), "");
  },
  "a longer one is its SHA-256 and its beginning, within the limit": () => {
    const long = "k".repeat(513);
    const short = shortenKey(long, 512);
    ok(/^\\#[0-9a-f]{64}:k{32}$/.test(short), short);
    same(short, shortenKey(long, 512));
    same(shortenKey(long, 67), `${short.slice(0, 66)}:`);
    throws(() => shortenKey(long, 66), "KEY");
  },
  "shortened keys are within their limit, well-formed and apart": () => {
    const long = fc.string({ unit: "grapheme", minLength: 30, maxLength: 200 });
    fc.assert(
      fc.property(long, long, fc.integer({ min: 67, max: 300 }), (left, right, limit) => {
        const [a, b] = [shortenKey(encodeKey(left), limit), shortenKey(encodeKey(right), limit)];
        same(a === b, left === right);
        ok(byteLength(a) <= limit, `${byteLength(a)} bytes of ${limit}`);
        ok(!/[\0\p{Surrogate}]/u.test(a));
      }),
      { ...SEED, numRuns: 300 },
    );
  },
  "a shortened key is no other key's text": () => {
    const short = shortenKey("k".repeat(600), 512);
    ok(encodeKey(short) !== short);
    same(decodeKey(encodeKey(short)), short);
  },
});
