import * as fc from "fast-check";
import { cbor, json, structured } from "../../../src/bytes/mod.ts";
import type { Codec } from "../../../src/tier.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import type { TestCase } from "../../contract/suite.ts";
import { suite } from "../../contract/suite.ts";
import { anyJson, anyValue, plain, refused, rich, SEED } from "./samples.ts";

/** What each codec gives back equal of {@linkcode rich}; it refuses the rest. */
const takes: Record<string, readonly string[]> = {
  json: [
    "a lone surrogate",
    "a lone surrogate in a name",
    "a lone surrogate in a long name",
    "an own property __proto__",
  ],
  cbor: [
    ...["undefined", "undefined in an object", "undefined in an array", "NaN", "Infinity", "-0", "small bigints"],
    ...["large bigints", "Date", "an invalid Date", "Map", "an empty Map", "Set", "typed arrays at every alignment"],
    ...["Uint8Array", "Uint8ClampedArray", "Int8Array", "Uint16Array", "Int16Array", "Uint32Array", "Int32Array"],
    ...["Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array", "a view of a part of a buffer"],
  ],
  structured: Object.keys(rich),
};

/** As a store gives bytes back: at an odd place in a larger buffer. */
function stored(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 9);
  larger.set(bytes, 3);
  return larger.subarray(3, 3 + bytes.length);
}

/** What code makes in another realm; `undefined` where there is none (workerd has the module, but not the function). */
function foreign(code: string): unknown {
  type Vm = { runInNewContext(code: string): unknown };
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => Vm | undefined } };
  try {
    return process?.getBuiltinModule?.("node:vm")?.runInNewContext(code);
  } catch {
    return undefined;
  }
}

function roundTrip(codec: Codec, value: unknown): unknown {
  return codec.decode(stored(codec.encode(value)));
}

function buffersOf(value: unknown, found: ArrayBufferLike[] = []): ArrayBufferLike[] {
  if (ArrayBuffer.isView(value)) found.push(value.buffer);
  else if (value instanceof ArrayBuffer) found.push(value);
  else if (typeof value === "object" && value !== null) for (const part of Object.values(value)) buffersOf(part, found);
  return found;
}

function casesOf(codec: Codec): Record<string, TestCase["run"]> {
  const cases: Record<string, TestCase["run"]> = {};
  for (const [name, make] of Object.entries(plain)) {
    cases[`gives back ${name}`] = () => equal(roundTrip(codec, make()), make());
  }
  for (const [name, make] of Object.entries(rich)) {
    if (takes[codec.id]?.includes(name)) cases[`gives back ${name}`] = () => equal(roundTrip(codec, make()), make());
    else cases[`refuses ${name}`] = () => void throws(() => codec.encode({ deep: [make()] }), "CODEC");
  }
  for (const [name, { value, path }] of Object.entries(refused)) {
    cases[`refuses ${name} and says where`] = () => {
      const { message } = throws(() => codec.encode(value()), "CODEC");
      ok(message.includes(path), message);
      ok(message.includes(codec.id), message);
    };
  }
  return {
    ...cases,
    "gives back any value that it takes": () => {
      const any = codec === json ? anyJson : anyValue;
      fc.assert(
        fc.property(any, (value) => equal(roundTrip(codec, value), value)),
        { seed: SEED, numRuns: 500 },
      );
    },
    "gives back what fast-check calls anything, or refuses it": () => {
      const anything = fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withSparseArray: true,
        withTypedArray: true,
        withUnicodeString: true,
      });
      fc.assert(
        fc.property(anything, (value) => {
          let bytes: Uint8Array;
          try {
            bytes = codec.encode(value);
          } catch (error) {
            same((error as { code?: unknown }).code, "CODEC");
            return;
          }
          equal(codec.decode(stored(bytes)), value);
        }),
        { seed: SEED, numRuns: 300 },
      );
    },
    "gives back an object without prototype as an object with the same properties": () => {
      const bare = Object.assign(Object.create(null), { a: 1 });
      equal({ ...(roundTrip(codec, bare) as object) }, { a: 1 });
    },
    "takes values of another realm, where there is one to try": () => {
      if (foreign("1") !== 1) return;
      equal(roundTrip(codec, foreign('({ a: [1, { b: "c" }], n: null })')), { a: [1, { b: "c" }], n: null });
      if (codec === json) return;
      const code = "[new Date(5), new Map([[1, {}]]), new Set([2]), new Uint8Array([3]), new Float64Array([4])]";
      const expected = [new Date(5), new Map([[1, {}]]), new Set([2]), new Uint8Array([3]), new Float64Array([4])];
      equal(roundTrip(codec, foreign(code)), expected);
      throws(() => codec.encode(foreign("new (class Own {})()")), "CODEC");
      throws(() => codec.encode(foreign("new (class Own extends Error {})()")), "CODEC");
      if (codec === cbor) throws(() => codec.encode(foreign("[new TypeError('m')]")), "CODEC");
      else equal(roundTrip(codec, foreign("[new TypeError('m')]")), [new TypeError("m")]);
    },
    "gives back or refuses Float16Array, where there is one": () => {
      const { Float16Array } = globalThis as { Float16Array?: new (items: number[]) => object };
      if (Float16Array === undefined) return;
      const value = [new Float16Array([1.5, -0])];
      if (codec === structured) equal(roundTrip(codec, value), value);
      else ok(throws(() => codec.encode(value), "CODEC").message.endsWith("a Float16Array at $[0]"));
    },
    "refuses shared and resizable buffers, where there are any": () => {
      const { SharedArrayBuffer: Shared } = globalThis as unknown as {
        SharedArrayBuffer?: new (length: number) => ArrayBuffer;
      };
      if (Shared !== undefined) {
        throws(() => codec.encode([new Shared(4)]), "CODEC");
        if (codec === structured) throws(() => codec.encode([new Uint8Array(new Shared(4))]), "CODEC");
      }
      const resizable = new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(4, {
        maxByteLength: 8,
      });
      if (!(resizable as { resizable?: boolean }).resizable) return;
      throws(() => codec.encode([resizable]), "CODEC");
      if (codec === structured) throws(() => codec.encode([new Uint8Array(resizable)]), "CODEC");
    },
    "refuses or keeps a cycle": () => {
      const value: { self?: unknown; list: unknown[] } = { list: [] };
      value.list.push({ up: value });
      if (codec !== structured) {
        ok(throws(() => codec.encode(value), "CODEC").message.includes("$.list[0].up"));
        return;
      }
      const back = roundTrip(codec, value) as typeof value;
      same((back.list[0] as { up: unknown }).up, back);
    },
    "takes 1000 levels": () => {
      let value: unknown = "bottom";
      for (let level = 0; level < 1000; level++) value = level % 2 ? [value] : { down: value };
      equal(roundTrip(codec, value), value);
    },
    "never makes a property __proto__ act": () => {
      const hostile = JSON.parse('{"a":{"__proto__":{"polluted":1}},"list":[{"__proto__":[]}]}');
      let back: typeof hostile;
      try {
        back = roundTrip(codec, hostile);
      } catch (error) {
        same((error as { code?: unknown }).code, "CODEC");
        back = hostile;
      }
      same(Object.getPrototypeOf(back.a), Object.prototype);
      same(Object.getPrototypeOf(back.list[0]), Object.prototype);
      same((back.a as { polluted?: unknown }).polluted, undefined);
      same(({} as { polluted?: unknown }).polluted, undefined);
      ok(Object.hasOwn(back.a, "__proto__"));
    },
    "gives back bytes that do not alias what it decoded": () => {
      if (codec === json) return;
      const value = {
        u8: new Uint8Array([1, 2, 3]),
        f64: new Float64Array([1]),
        i16: new Int16Array([5]),
        big: new BigInt64Array([7n]),
      };
      const bytes = new Uint8Array(codec.encode(value));
      const back = codec.decode(bytes);
      for (const buffer of buffersOf(back)) ok(buffer !== bytes.buffer, "must have a buffer of its own");
      bytes.fill(0xff);
      equal(back, value);
      same(Object.getPrototypeOf((back as typeof value).u8), Uint8Array.prototype);
    },
    "leaves earlier results alone when it encodes again": () => {
      const first = codec.encode({ text: "first" });
      const copy = new Uint8Array(first);
      for (let n = 0; n < 200; n++) codec.encode({ text: "x".repeat(n * 10), n });
      equal(new Uint8Array(first), copy);
    },
    "takes a value larger than its buffer, small ones after it, and keeps no large buffer": () => {
      const large = [Array.from({ length: 60_000 }, (_, n) => `item ${n}`), "x".repeat(3_000_000), "é".repeat(10_000)];
      equal(roundTrip(codec, large), large);
      for (let n = 0; n < 3; n++) {
        const bytes = codec.encode({ n });
        equal(codec.decode(stored(bytes)), { n });
        ok(bytes.buffer.byteLength < 100_000);
      }
    },
    "refuses cut-off and prolonged bytes": () => {
      const bytes = new Uint8Array(codec.encode({ a: [1, "two", { three: 3.5 }], b: "x".repeat(70) }));
      for (let length = 0; length < bytes.length; length++)
        throws(() => codec.decode(bytes.slice(0, length)), "CORRUPT");
      throws(() => codec.decode(new Uint8Array([...bytes, 0])), "CORRUPT");
    },
    "can encode within a getter or refuses to": () => {
      const value = {
        before: "b",
        get inner() {
          return new Uint8Array(codec.encode({ nested: "n".repeat(100) })).length;
        },
        after: "a",
      };
      let bytes: Uint8Array;
      try {
        bytes = codec.encode(value);
      } catch (error) {
        same((error as { code?: unknown }).code, "CODEC");
        equal(roundTrip(codec, { after: 1 }), { after: 1 });
        return;
      }
      equal(codec.decode(bytes), { ...value });
    },
    "works after a getter threw": () => {
      const cause = new Error("by a getter");
      const value = {
        get broken() {
          throw cause;
        },
      };
      throws(() => codec.encode({ before: 1, value }), Error);
      equal(roundTrip(codec, { after: 1 }), { after: 1 });
    },
    "builds no code at run time": () => {
      const records = Array.from({ length: 50 }, (_, n) => ({ id: n, name: `n${n}`, nested: { a: n, b: [n] } }));
      const global = globalThis as { Function: unknown; eval: unknown };
      const kept = { Function: global.Function, eval: global.eval };
      let built = 0;
      const count = function count(): never {
        built++;
        throw new Error("code was built");
      };
      global.Function = count;
      global.eval = count;
      try {
        const bytes = codec.encode(records);
        for (let n = 0; n < 20; n++) equal(codec.decode(bytes), records);
      } finally {
        Object.assign(global, kept);
      }
      same(built, 0);
    },
  };
}

export const tests: TestCase[] = [cbor, json, structured].flatMap((codec) =>
  suite(`codec ${codec.id}`, casesOf(codec)),
);
