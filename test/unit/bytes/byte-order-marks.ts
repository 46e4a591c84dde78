import { Encoder } from "cbor-x/index-no-eval";
import * as fc from "fast-check";
import { cbor, json, structured } from "../../../src/bytes/mod.ts";
import { equal, same } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";
import { anyValue, SEED } from "./samples.ts";

const MARK = "\ufeff";

/** Lengths around those at which libraries read texts by another method. */
const LENGTHS = [0, 1, 8, 12, 13, 20, 21, 28, 29, 30, 59, 60, 61, 62, 63, 64, 65, 100, 252, 253, 300, 70_000];

const texts = LENGTHS.flatMap((length) => [
  MARK + "a".repeat(length),
  MARK + MARK + "a".repeat(length),
  `${MARK}${MARK}${MARK}${"é".repeat(length)}`,
  `a${MARK}${"a".repeat(length)}`,
]);

export const tests: TestCase[] = suite("byte order marks", {
  ...Object.fromEntries(
    [cbor, json, structured].map((codec): [string, TestCase["run"]] => [
      `${codec.id} keeps them at the beginning of texts of any length, alone and beside others`,
      () => {
        const back = (value: unknown): unknown => codec.decode(new Uint8Array(codec.encode(value)));
        for (const text of texts) {
          same(back(text), text, `${text.length} characters`);
          equal(back({ before: 1, text, after: [text, "x".repeat(100)] }), {
            before: 1,
            text,
            after: [text, "x".repeat(100)],
          });
        }
        equal(back(texts), texts);
      },
    ]),
  ),
  "two properties stay two that differ by the mark alone": () => {
    const name = "n".repeat(80);
    const value = { [name]: 1, [MARK + name]: 2, [MARK + MARK + name]: { [MARK + name]: 3 } };
    equal(cbor.decode(cbor.encode(value)), value);
    equal(Object.keys(cbor.decode(cbor.encode(value)) as object), Object.keys(value));
  },
  "all that stands beside such a text is read as ever": () => {
    const text = MARK + "t".repeat(80);
    const rest = [
      [1, -1, 23, 24, 255, 256, 65_536, 2 ** 31, 4_294_967_295, -4_294_967_296, 2 ** 53, 0.5, -0, NaN, Infinity],
      [true, false, null, undefined, "", "short", "ü", "long ".repeat(50)],
      [0n, -1n, 2n ** 63n, 2n ** 64n, -(2n ** 64n), 2n ** 1_000n, -(2n ** 1_000n)],
      [new Date(1_763_731_200_123), new Date(-1), new Date(NaN)],
      new Map<unknown, unknown>([
        [text, { text }],
        [new Map([[1, text]]), new Set([text, [text]])],
      ]),
      [new Uint8Array([1, 2]), new Uint8ClampedArray([3]), new Int16Array([-4]), new Float64Array([0.5, -0])],
      [new BigInt64Array([-1n]), new BigUint64Array([2n]), new Uint32Array(0)],
      { constructor: 1, "": { deep: [[[{}]]] } },
      Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`${MARK}${n}`, n])),
      Array.from({ length: 300 }, (_, n) => n),
    ];
    for (const part of rest) equal(cbor.decode(cbor.encode([text, part, 7])), [text, part, 7]);
    equal(cbor.decode(cbor.encode(rest)), rest);
  },
  "so is any value": () => {
    const text = MARK + "t".repeat(80);
    const back = (value: unknown): unknown => cbor.decode(cbor.encode(value));
    const holds = fc.property(anyValue, (value) => equal(back([value, text]), [back(value), text]));
    fc.assert(holds, { seed: SEED, numRuns: 200 });
  },
  "CBOR from elsewhere is read as ever beside such a text": () => {
    const head = [0x78, 80, 0xef, 0xbb, 0xbf, ...new Array(77).fill(0x61)];
    const text = MARK + "a".repeat(77);
    // Arrays of indefinite length, integers and lengths with longer heads, big-endian and twice tagged typed arrays.
    equal(
      cbor.decode(
        Uint8Array.from([
          ...[0x9f, ...head, 0x18, 1, 0x9a, 0, 0, 0, 1, 0x19, 0, 2, 0xd9, 1, 2, 0x9f, ...head, 0xff],
          ...[0xd8, 65, 0x42, 1, 2, 0xd8, 69, 0xd8, 64, 0x42, 1, 2, 0xb8, 1, 0x61, 0x61, 0xc1, 0x18, 9, 0xff],
        ]),
      ),
      [text, 1, [2], new Set([text]), Uint16Array.of(0x0102), Uint16Array.of(0x0201), { a: new Date(9_000) }],
    );
  },
  "what another version of the library has written is read right": () => {
    const value = { [`${MARK}${"n".repeat(70)}`]: `${MARK}${"v".repeat(70)}` };
    const library = new Encoder({ useRecords: false, mapsAsObjects: true, variableMapSize: true });
    equal(cbor.decode(new Uint8Array(library.encode(value))), value);
  },
});
