import fc from "fast-check";
import { KeyError } from "../../../mod.ts";
import { ignored, type KeyRules, keyOf, textsOf } from "../../../src/functions/argument-key.ts";
import type { TestCase } from "../../contract/mod.ts";
import { equal, ok, same, suite, throws } from "../../contract/mod.ts";
import { build, identity, type Specimen, specimens } from "./specimen.ts";

const RULES: KeyRules = { name: "f", excludeArgs: new Set(), excludeProps: new Set() };
const key = (args: readonly unknown[], rules: Partial<KeyRules> = {}): string =>
  keyOf(textsOf(args, { ...RULES, ...rules }));

/** Without what a key does not tell apart: `undefined` at the end. */
function trimmed(args: readonly Specimen[]): string[] {
  const all = args.map((arg) => identity(arg));
  const nothing = identity({ kind: "plain", of: undefined });
  while (all.at(-1) === nothing) all.pop();
  return all;
}

/** One argument of a list is another one, or one more. */
const lists = fc.array(specimens, { maxLength: 3 });
const neighbours = fc
  .tuple(lists, fc.nat(3), specimens)
  .map(([args, at, other]) => [args, [...args.slice(0, at), other, ...args.slice(at + 1)]] as const);
const pairs = fc.oneof(
  lists.map((args) => [args, args] as const),
  neighbours,
  fc.tuple(lists, lists),
  fc.tuple(specimens, specimens).map(([a, b]) => [[a], [b]] as const),
);

class Point {
  x = 1;
  toJSON() {
    return "the same for all";
  }
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("keys of calls", {
  "equal arguments have one key, different ones never, over 10,000 pairs of every kind": () => {
    let alike = 0;
    fc.assert(
      fc.property(pairs, ([some, others]) => {
        const isSame = JSON.stringify(trimmed(some)) === JSON.stringify(trimmed(others));
        if (isSame) alike++;
        const [one, other] = [some.map((arg) => build(arg, false)), others.map((arg) => build(arg, true))];
        return (key(one) === key(other)) === isSame;
      }),
      { numRuns: 10_000, seed: 1 },
    );
    ok(alike > 2_000 && alike < 6_000, "pairs must be of both kinds");
  },
  "what JSON takes for one another has keys of its own": () => {
    const cyclic: Record<string, unknown> = { a: 1 };
    cyclic.self = cyclic;
    const twice: Record<string, unknown> = { a: 1, self: { a: 1 } };
    (twice.self as Record<string, unknown>).self = twice;
    const outer: Record<string, unknown> = { a: {} };
    (outer.a as Record<string, unknown>).b = outer;
    const inner: Record<string, unknown> = { a: {} };
    (inner.a as Record<string, unknown>).b = inner.a;
    const lists: unknown[][] = [
      [outer],
      [inner],
      [],
      [null],
      [undefined, null],
      [0],
      [-0],
      [NaN],
      [Infinity],
      [-Infinity],
      [1],
      ["1"],
      [1n],
      [true],
      ["true"],
      [Object(1)],
      [Object("1")],
      [""],
      ["()"],
      ["(1)"],
      ["undefined"],
      ["null"],
      ["\\0"],
      ["\0"],
      ["\ud800"],
      ["\udc00"],
      ["\ufffd"],
      ["a", "b"],
      ["a,b"],
      ['"a","b"'],
      ['("a","b")'],
      [["a", "b"]],
      [["a"], "b"],
      [[]],
      [{}],
      [new Map()],
      [new Set()],
      [new Array(1)],
      [new Array(2)],
      [[undefined]],
      [[undefined, undefined]],
      [[null]],
      [Object.assign([1], { extra: 1 })],
      [[1]],
      [{ 0: 1 }],
      [{ a: undefined }],
      [{ a: null }],
      [{ a: 1 }],
      [{ "a:1": 1 }],
      [{ a: { b: 1 } }],
      [{ a: {}, b: 1 }],
      [new Map([["a", 1]])],
      [new Map([["a", [1]]])],
      [new Map<unknown, unknown>([[{ a: 1 }, 1]])],
      [new Set(["a", 1])],
      [new Set([["a", 1]])],
      [new Set([{}])],
      [new Set([{}, {}])],
      [new Date(0)],
      [new Date(1)],
      [new Date(Number.NaN)],
      [new Date(0).toISOString()],
      [/a/],
      [/a/g],
      ["/a/"],
      [new URL("https://a.example")],
      ["https://a.example/"],
      [new URLSearchParams("a=1&b=2")],
      [new URLSearchParams("b=2&a=1")],
      [new Uint8Array([1, 2])],
      [new Int8Array([1, 2])],
      [new Uint8Array([1])],
      [new Uint8Array([1, 2]).buffer],
      [new Float64Array([0])],
      [new Float64Array([-0])],
      [[1, 2]],
      [Symbol.for("a")],
      [Symbol.for("b")],
      ["Symbol(a)"],
      [JSON.parse('{"__proto__":1}')],
      [cyclic],
      [twice],
      [cyclic, cyclic],
      [{ a: 1, self: null }],
    ];
    const keys = lists.map((args) => key(args));
    for (const [i, text] of keys.entries()) same(keys.indexOf(text), i, `key of ${String(i)}: ${text}`);
  },
  "keys can be read": () => {
    equal(
      [["ada"], [42], [], [42, { page: 1, order: ["a", "z"] }], ["a", undefined], [undefined, 1], [new Date(5)]].map(
        (args) => key(args),
      ),
      ["ada", "(42)", "()", '(42,{"order":["a","z"],"page":1})', "a", "(undefined,1)", "(Date(5))"],
    );
  },
  "order does not matter where there is none: properties, members of a Set, entries of a Map": () => {
    same(key([{ a: 1, b: { c: 1, d: 2 } }]), key([{ b: { d: 2, c: 1 }, a: 1 }]));
    same(key([new Set([1, { a: 1 }, "x"])]), key([new Set(["x", 1, { a: 1 }])]));
    same(
      key([
        new Map<unknown, unknown>([
          ["a", 1],
          [{ b: 1 }, 2],
        ]),
      ]),
      key([
        new Map<unknown, unknown>([
          [{ b: 1 }, 2],
          ["a", 1],
        ]),
      ]),
    );
    // A plain object is one whatever its prototype.
    same(key([Object.assign(Object.create(null), { a: 1 })]), key([{ a: 1 }]));
  },
  "undefined at the end is as good as nothing, and only there": () => {
    same(key([1, undefined, undefined]), key([1]));
    same(key([undefined]), key([]));
    ok(key([undefined, 1]) !== key([1]));
    ok(key([[1, undefined]]) !== key([[1]]));
  },
  "an object that occurs several times is that object each time": () => {
    const user = { id: 1 };
    same(key([{ a: user, b: user }]), key([{ a: { id: 1 }, b: { id: 1 } }]));
    const loop = (): unknown[] => {
      const list: unknown[] = [1];
      list.push({ list }, new Map([["list", list]]), new Set([list]));
      return list;
    };
    same(key([loop()]), key([loop()]));
  },
  "functions, signals and what is marked are left out": () => {
    const { signal } = new AbortController();
    const logger = { level: 1, [ignored]: true };
    same(key([42, () => {}]), key([42]));
    same(key([42, signal]), key([42]));
    same(key([42, logger]), key([42]));
    same(key([{ id: 42, signal, done() {}, logger }]), key([{ id: 42 }]));
    same(key([[42, signal]]), key([[42, undefined]]));
    ok(key([{ id: 42 }, logger]) !== key([{ id: 43 }, logger]));
    same(key([42, { level: 2, [ignored]: false }]), key([42, { level: 2, [ignored]: false }]));
    // Which class it is makes a difference, and a key cannot tell.
    throws(() => key([Point, 1]), KeyError);
    throws(() => key([Date, 1]), KeyError);
  },
  "excluded arguments and properties are left out": () => {
    const rules = { excludeArgs: new Set([0]), excludeProps: new Set(["password", "at"]) };
    same(key([new Point(), 42], rules), key([undefined, 42], rules));
    same(
      key([1, { name: "a", password: "b", deep: [{ at: 5, x: 1 }] }], rules),
      key([2, { name: "a", deep: [{ x: 1 }] }], rules),
    );
    ok(key([1, { name: "a" }], rules) !== key([1, { name: "b" }], rules));
  },
  "what cannot be a key is refused, with the argument and the place": () => {
    const refused = (args: readonly unknown[], place: string, received: string): void => {
      const { message } = throws(() => key(args), KeyError);
      ok(message.startsWith(`Cannot use ${place} of f as it must be `), message);
      ok(message.includes(received), message);
    };
    refused([1, new Point()], "args[1]", "a Point");
    refused([{ filter: { owner: new Point() } }], "args[0].filter.owner", "a Point");
    refused([["a", new WeakMap()]], "args[0][1]", "a WeakMap");
    refused([{ a: new Map([["k", new Point()]]) }], "args[0].a[0][1]", "a Point");
    refused([{ later: Promise.resolve() }], "args[0].later", "a Promise");
    refused([Symbol("mine")], "args[0]", "another");
    refused([Symbol.iterator], "args[0]", "another");
    refused([{ [Symbol.for("a")]: 1 }], "args[0].Symbol(a)", "a symbol");
    refused([{ a: [new Map([[Symbol(), 1]])] }], "args[0].a[0][0][0]", "another");
    refused([new Error("secret")], "args[0]", "a Error");
    refused([Object.create({ role: "admin" })], "args[0]", "class instance");
    refused([Object.create({ constructor: Object, role: "admin" })], "args[0]", "class instance");
    refused([new (class extends Map {})()], "args[0]", "class instance");
    refused([Object.assign(new Date(0), { zone: "UTC" })], "args[0]", "a Date");
    refused([Object.setPrototypeOf({}, Date.prototype)], "args[0]", "");
    const thrower = Object.defineProperty({}, "x", {
      enumerable: true,
      get() {
        throw new TypeError("secret");
      },
    });
    const { message, cause } = throws(() => key([thrower]), KeyError);
    ok(cause instanceof TypeError);
    ok(!message.includes("secret"));
  },
  "nesting and length are bounded, and their errors say so": () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    ok(key([nested(200)]) !== key([nested(199)]));
    ok(throws(() => key([nested(300)]), KeyError).message.includes("at most 200 deep"));
    ok(throws(() => key(["x".repeat(1_000_001)]), KeyError).message.includes("1000000 characters"));
    throws(() => key([new Uint8Array(300_000)]), KeyError);
    // Small, but refers to itself 2^60 times over.
    let doubled: unknown = [];
    for (let i = 0; i < 60; i++) doubled = [doubled, doubled];
    throws(() => key([doubled]), KeyError);
    // Longer than anything, but with nothing in it.
    same(key([new Array(4_000_000_000)]), "([4000000000:])");
  },
});
