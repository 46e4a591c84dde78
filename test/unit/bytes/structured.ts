import { structured } from "../../../src/bytes/mod.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import { seededRandom } from "../../contract/seeded-random.ts";
import type { TestCase } from "../../contract/suite.ts";
import { suite } from "../../contract/suite.ts";

function roundTrip<T>(value: T): T {
  return structured.decode(new Uint8Array(structured.encode(value))) as T;
}

function read(...bytes: number[]): unknown {
  return structured.decode(Uint8Array.from(bytes));
}

/** As where there is none. */
export function withoutFloat16Array<T>(run: () => T): T {
  const scope = globalThis as { Float16Array?: unknown };
  const own = Object.getOwnPropertyDescriptor(scope, "Float16Array");
  delete scope.Float16Array;
  try {
    return run();
  } finally {
    if (own) Object.defineProperty(scope, "Float16Array", own);
  }
}

type Node = { name: string; next?: Node; all?: unknown };

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("structured codec", {
  "keeps cycles through objects, arrays, maps, sets and errors": () => {
    const map = new Map<unknown, unknown>();
    const set = new Set<unknown>([map]);
    const error = new Error("m", { cause: map });
    const array: unknown[] = [set, error];
    map.set(map, array);
    array.push(array);
    const back = roundTrip(map);
    const backArray = back.get(back) as unknown[];
    same(backArray[2], backArray);
    ok((backArray[0] as Set<unknown>).has(back));
    same((backArray[1] as Error).cause, back);
  },
  "keeps shared references as one object": () => {
    const shared: Node = { name: "shared" };
    const date = new Date(5);
    const pattern = /p/;
    const back = roundTrip({ a: shared, b: [shared, date, date, pattern, pattern], c: { name: "c", next: shared } });
    same(back.a, back.b[0]);
    same(back.a, back.c.next);
    same(back.b[1], back.b[2]);
    same(back.b[3], back.b[4]);
  },
  "keeps views of one buffer as views of one buffer": () => {
    const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
    const back = roundTrip({
      bytes: new Uint8Array(buffer),
      part: new Int16Array(buffer, 2, 2),
      data: new DataView(buffer, 4),
      buffer,
    });
    same(back.part.buffer, back.bytes.buffer);
    same(back.data.buffer, back.bytes.buffer);
    same(back.buffer, back.bytes.buffer);
    equal([back.part.byteOffset, back.part.length, back.data.byteOffset, back.data.byteLength], [2, 2, 4, 4]);
  },
  "leaves out the rest of a buffer under a small view": () => {
    const small = new Uint8Array(1_000_000).subarray(500, 503);
    ok(structured.encode(small).length < 20);
    same(roundTrip(small).buffer.byteLength, 3);
    const ids = roundTrip([small, { a: 1 }, small] as const);
    same(ids[0], ids[2]);
  },
  "keeps the class, message, stack, cause and own properties of errors": () => {
    for (const make of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
      const error = Object.assign(new make("message", { cause: [1] }), { code: "E", status: 7 });
      const back = roundTrip(error);
      same(Object.getPrototypeOf(back), make.prototype);
      equal([back.message, back.cause, back.code, back.status, back.stack], ["message", [1], "E", 7, error.stack]);
      equal(Object.keys(back), ["code", "status"]);
    }
    const aggregate = new AggregateError([new Error("a"), 2], "several");
    const back = roundTrip(aggregate);
    ok(back instanceof AggregateError);
    equal(back.errors, aggregate.errors);
    equal(
      [Object.hasOwn(roundTrip(new Error()), "message"), Object.hasOwn(roundTrip(new Error("")), "cause")],
      [false, false],
    );
    same(roundTrip(Object.assign(new Error("m"), { name: "Own" })).name, "Own");
  },
  "says what in an error it refuses": () => {
    const place = (error: Error): string =>
      throws(() => structured.encode([error]), "CODEC").message.replace(/^.* received /, "");
    same(place(new Error("m", { cause: { by: () => 1 } })), "a function at $[0].cause.by");
    same(place(new AggregateError([1, Symbol("s")], "m")), "a symbol at $[0].errors[1]");
    same(place(Object.assign(new Error("m"), { extra: Promise.resolve() })), "an instance of Promise at $[0].extra");
  },
  "keeps the flags of patterns and forgets where they stand": () => {
    const pattern = /a(?<n>\d)/dgimsuy;
    pattern.lastIndex = 3;
    const back = roundTrip(pattern);
    equal([back.source, back.flags, back.lastIndex], [pattern.source, pattern.flags, 0]);
    same(roundTrip(/(?:)/).source, "(?:)");
  },
  "keeps boxed primitives": () => {
    const back = roundTrip([Object(-0), Object("t"), Object(false), Object(3n)]);
    equal(
      back.map((box) => [typeof box, box.valueOf()]),
      [
        ["object", -0],
        ["object", "t"],
        ["object", false],
        ["object", 3n],
      ],
    );
  },
  "keeps objects without prototype": () => {
    const back = roundTrip(Object.assign(Object.create(null), { a: { b: 1 } }));
    same(Object.getPrototypeOf(back), null);
    same(Object.getPrototypeOf(back.a), Object.prototype);
  },
  "keeps holes and named properties of arrays": () => {
    const array: unknown[] & { total?: number } = [0, 1, 2, undefined];
    delete array[1];
    array.total = 9;
    array.length = 1_000_000;
    const back = roundTrip(array);
    equal([back.length, 1 in back, 3 in back, back.total], [1_000_000, false, true, 9]);
    ok(structured.encode(array).length < 40);
    equal(roundTrip(new Array(5)), new Array(5));
  },
  "keeps the order of properties": () => {
    equal(Object.keys(roundTrip({ z: 1, a: 2, "1": 3, "0": 4 })), ["0", "1", "z", "a"]);
  },
  "is compact": () => {
    const value = { id: 4217, name: "Ada", active: true, roles: ["admin", "editor"], score: 98.125 };
    ok(structured.encode(value).length < JSON.stringify(value).length);
  },
  "forgets objects between values": () => {
    const one = { a: 1 };
    equal(new Uint8Array(structured.encode([one])), new Uint8Array(structured.encode([one])));
  },
  "gives the right name when other names have its hash": () => {
    const names = Array.from({ length: 5000 }, (_, n) => `n${n.toString(36)}`);
    for (let from = 0; from < names.length; from += 100) {
      const value = Object.fromEntries(names.slice(from, from + 100).map((name) => [name, name]));
      equal(roundTrip(value), value);
      equal(roundTrip(value), value);
    }
    equal(roundTrip({ é: 1, "Ã©": 2 }), { é: 1, "Ã©": 2 });
  },
  "makes __proto__ an own property that does not act": () => {
    // {"__proto__": {}}, an error with that property, an array with it.
    for (const value of [
      read(0x71, 0x49, ...new TextEncoder().encode("__proto__"), 0x70),
      read(0x99, 0, 0, 1, 0x49, ...new TextEncoder().encode("__proto__"), 0x70),
      read(0x92, 0, 1, 0x49, ...new TextEncoder().encode("__proto__"), 0x60),
    ]) {
      ok(Object.hasOwn(value as object, "__proto__"));
      ok([Object.prototype, Error.prototype, Array.prototype].includes(Object.getPrototypeOf(value)));
    }
  },
  "refuses bytes that break its rules": () => {
    const broken: number[][] = [
      [],
      [0x9d],
      [0xff],
      [0x01, 0x01],
      [0x94, 0x00],
      [0x61, 0x94, 0x01],
      [0x94, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [0x90, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [0x90, 0xff, 0xff, 0xff, 0xff, 0x1f],
      [0x97, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [0x9a, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [0x8b, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [0x8e, 0xff, 0xff, 0xff, 0xff],
      [0x71, 0x01, 0x01],
      [0x71, 0x94, 0x00, 0x01],
      [0x41, 0xff],
      [0x96, 0x41, 0x28, 0x40],
      [0x96, 0x40, 0x41, 0x71],
      [0x99, 0x08, 0x00, 0x00],
      [0x9b, 0x0d, 0x00, 0x00, 0x9a, 0x00],
      [0x9b, 0x02, 0x00, 0x05, 0x9a, 0x01, 0x00],
      [0x9b, 0x06, 0x01, 0x01, 0x9a, 0x08, 0, 0, 0, 0, 0, 0, 0, 0],
      [0x9b, 0x02, 0x00, 0x00, 0x94, 0x00],
      [0x9b, 0x02, 0x00, 0x00, 0x70],
      [0x9c, 0x80],
      [0x9c, 0x70],
      [0x9c, 0x94, 0x00],
      [0x92, 0x00, 0x01, 0x46, ...new TextEncoder().encode("length"), 0x8a, 0xbf, 0xf0, 0, 0, 0, 0, 0, 0],
    ];
    for (const bytes of broken) throws(() => structured.decode(Uint8Array.from(bytes)), "CORRUPT");
  },
  "says of a class that this runtime has not that it may be whole": () => {
    const bytes = [0x61, 0x9b, 10, 0, 1, 0x9a, 2, 0, 0x3e];
    const { message } = withoutFloat16Array(() => throws(() => read(...bytes), "CODEC"));
    ok(message.includes("Float16Array"), message);
  },
  "refuses nesting that would overflow the stack": () => {
    for (const mark of [0x61, 0x9c, 0x98]) {
      const bytes = new Uint8Array(200_000).fill(mark);
      if (mark === 0x98) for (let at = 1; at < bytes.length; at += 2) bytes[at] = 1;
      throws(() => structured.decode(bytes), "CORRUPT");
    }
  },
  "throws nothing but CorruptError on 20,000 damaged values": () => {
    const random = seededRandom(7);
    const value = [
      { a: 1, d: new Date(1), m: new Map([["k", /x/g]]) },
      new Error("e"),
      new Float32Array(3),
      "text é",
      5n,
      Object.assign([1], { named: 1 }),
    ];
    const whole = new Uint8Array(structured.encode(value));
    let refused = 0;
    for (let n = 0; n < 20_000; n++) {
      const bytes = whole.slice(0, random() < 0.2 ? Math.floor(random() * whole.length) : whole.length);
      for (let hits = 1 + Math.floor(random() * 3); hits > 0; hits--)
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      try {
        structured.decode(bytes);
      } catch (error) {
        // By chance it may be a view of a class that is not here.
        const { code } = error as { code?: unknown };
        if (code !== "CODEC" || "Float16Array" in globalThis) same(code, "CORRUPT");
        refused++;
      }
    }
    ok(refused > 10_000);
  },
});
