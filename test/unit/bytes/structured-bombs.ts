import { structured } from "../../../src/bytes/mod.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  return [...bytes, value];
}

/** What is done to arrays while these bytes are read: the largest length that one is made with, or set to. */
function lengths(bytes: readonly number[]): number[] {
  // A reader of its own makes arrays too, once.
  structured.decode(Uint8Array.of(0));
  const asked: number[] = [];
  const scope = globalThis as { Array: unknown };
  const own = scope.Array;
  scope.Array = new Proxy(own as ArrayConstructor, {
    construct(target, given, made) {
      if (given.length === 1 && typeof given[0] === "number") asked.push(given[0]);
      return Reflect.construct(target, given.length === 1 ? [0] : given, made) as object;
    },
  });
  try {
    structured.decode(Uint8Array.from(bytes));
  } catch {
    // Refused: what was asked for until then is what counts.
  } finally {
    scope.Array = own;
  }
  return asked;
}

/** Bytes of memory that a call keeps; `undefined` where the runtime does not tell. */
function kept(run: () => unknown): number | undefined {
  const { process } = globalThis as {
    process?: { versions?: { node?: string; bun?: string }; memoryUsage?: () => { heapUsed: number } };
  };
  if (!process?.versions?.node || process.versions.bun || !process.memoryUsage) return undefined;
  const before = process.memoryUsage().heapUsed;
  const result = run();
  const after = process.memoryUsage().heapUsed;
  return result === undefined ? undefined : after - before;
}

const LENGTH = [...new TextEncoder().encode("length")];

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("structured bombs", {
  "arrays claim no more items in all than there are bytes": () => {
    // Each says that all bytes after it are items of its own.
    const bytes = new Array<number>(3_000).fill(0);
    for (let level = 0, at = 0; level < 900; level++, at += 3) bytes.splice(at, 3, 0x90, ...varint(3_000 - at - 3));
    const asked = lengths(bytes);
    const sum = asked.reduce((all, length) => all + length, 0);
    ok(sum <= 3_000, `${sum} items of 3,000 bytes`);
    throws(() => structured.decode(Uint8Array.from(bytes)), "CORRUPT");
  },
  "long arrays of holes take memory by what is in them": () => {
    const LONG = 3_000_000;
    const one = [0x92, ...varint(LONG), 1, 0x41, 0x35, 7];
    const bytes = Uint8Array.from([0x68, ...Array.from({ length: 8 }, () => one).flat()]);
    let back: number[][] = [];
    const bytesKept = kept(() => (back = structured.decode(bytes) as number[][]));
    ok((bytesKept ?? 0) < 20_000_000, `${bytesKept} bytes`);
    for (const array of back) equal([array.length, Object.keys(array), array[5]], [LONG, ["5"], 7]);
  },
  "no property sets the length of an array": () => {
    const property = [0x46, ...LENGTH, 0x86, 1, 0, 0, 0];
    throws(() => structured.decode(Uint8Array.from([0x92, 0, 1, ...property])), "CORRUPT");
    throws(() => structured.decode(Uint8Array.from([0x92, 0, 2, ...property, 0x46, ...LENGTH, 0])), "CORRUPT");
    equal(structured.decode(Uint8Array.from([0x71, ...property])), { length: 2 ** 24 });
  },
  "arrays with holes come back as they were, short and long, dense and sparse": () => {
    for (const length of [1, 31, 32, 33, 1_000, 40_000, 5_000_000, 2 ** 32 - 1]) {
      for (const indexes of [[], [0], [length - 1], [Math.floor(length / 2), length - 1], [0, 1, 2, 3, 4, 5, 6]]) {
        const array: unknown[] & { named?: string } = [];
        array.length = length;
        for (const index of indexes) if (index < length) array[index] = { index };
        array.named = "n";
        const back = structured.decode(structured.encode(array)) as typeof array;
        same(back.length, array.length);
        equal(Object.entries(back), Object.entries(array));
        if (length < 2 ** 32 - 1) same(back.push(1), length + 1);
        back.length = 0;
        equal(Object.keys(back), ["named"]);
      }
    }
    const half = Array.from({ length: 20_000 }, (_, n) => n);
    for (let at = 0; at < half.length; at += 2) delete half[at];
    const back = structured.decode(structured.encode(half)) as number[];
    same(back.length, half.length);
    equal(Object.entries(back), Object.entries(half));
  },
});
