import { decode as libraryDecode, encode as libraryEncode } from "cbor-x/index-no-eval";
import { cbor } from "../../../src/bytes/mod.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import type { TestCase } from "../../contract/suite.ts";
import { suite } from "../../contract/suite.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hex(of: Uint8Array): string {
  return Array.from(of, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** CBOR that the library would decode, or that is broken, and that the codec never writes. */
const foreign: Record<string, string> = {
  nothing: "",
  "a record definition": "d9 df ff 83 19 e0 00 81 61 61 01",
  "a legacy record definition": "d8 69 83 19 e0 00 81 61 61 01",
  "record definitions before their use": "d9 df fe 83 19 e0 00 81 61 61 d9 e0 00 81 01",
  "a record that is not defined": "d9 e0 00 81 01",
  "bundled strings": "d9 df f9 82 1a 00 00 00 05 cf 01 60 61 61",
  "a shared value": "d8 1c 81 01",
  "a reference to a shared value": "82 d8 1c 80 d8 1d 00",
  "an object made by the name of its class": "d8 1b 82 65 45 72 72 6f 72 61 6d",
  "an object made by the name of a method": "d8 1b 82 6b 63 6f 6e 73 74 72 75 63 74 6f 72 01",
  "a packed table": "d8 33 84 81 61 61 80 80 01",
  "a packed reference": "c6 00",
  "a date as text": "c0 6a 32 30 32 36 2d 31 31 2d 32 31",
  "a date of a date": "c1 c1 00",
  "a date of a text": "c1 61 61",
  "a decimal fraction": "c4 82 00 62 2d 30",
  "a bigfloat": "c5 82 00 01",
  "the mark of CBOR": "d9 d9 f7 01",
  "an unknown tag": "d8 c8 01",
  "a typed array of text": "d8 40 61 61",
  "a typed array of half an element": "d8 56 43 00 00 00",
  "a set of an object": "d9 01 02 a0",
  "a map of an array": "d9 01 03 80",
  "a property named __proto__": "a1 69 5f 5f 70 72 6f 74 6f 5f 5f a0",
  "a property named __proto__ with a longer head": "a1 78 09 5f 5f 70 72 6f 74 6f 5f 5f a0",
  "a property named by a number": "a1 01 02",
  "a property named by an array": "a1 80 02",
  "text of indefinite length": "7f 61 61 ff",
  "an array of indefinite length without end": "9f 01",
  "a map of indefinite length": "bf 61 61 01 ff",
  "a break": "ff",
  "a break within an array": "82 01 ff",
  "a half-precision float": "f9 3c 00",
  "a single-precision float": "fa 3f 80 00 00",
  "an unassigned simple value": "e0",
  "a simple value in the next byte": "f8 20",
  "a reserved length": "1c",
  "a length of 64 bits": "9b 00 00 00 01 00 00 00 00",
  "an array that is longer than its bytes": "9a ff ff ff ff",
  "a map that is longer than its bytes": "ba ff ff ff ff 61 61",
  "text that is longer than its bytes": "7a 7f ff ff ff 61",
  "two items": "01 01",
};

export const tests: TestCase[] = [
  ...suite("cbor codec", {
    "writes what RFC 8949 appendix A has": () => {
      const examples: [unknown, string][] = [
        [0, "00"],
        [23, "17"],
        [24, "18 18"],
        [1000, "19 03 e8"],
        [1_000_000, "1a 00 0f 42 40"],
        [-1, "20"],
        [-1000, "39 03 e7"],
        [18_446_744_073_709_551_615n, "1b ff ff ff ff ff ff ff ff"],
        [18_446_744_073_709_551_616n, "c2 49 01 00 00 00 00 00 00 00 00"],
        [1.1, "fb 3f f1 99 99 99 99 99 9a"],
        [-0, "fb 80 00 00 00 00 00 00 00"],
        [false, "f4"],
        [null, "f6"],
        [undefined, "f7"],
        ["IETF", "64 49 45 54 46"],
        ["水", "63 e6 b0 b4"],
      ];
      for (const [value, expected] of examples) same(hex(cbor.encode(value)), expected);
    },
    "writes CBOR that the library reads without its own settings": () => {
      const value = { id: 1, list: [1.5, "two", null], when: new Date(1_763_731_200_000), set: new Set([1]) };
      equal(libraryDecode(cbor.encode(value)), value);
    },
    "reads CBOR of the same forms from elsewhere": () => {
      equal(cbor.decode(bytes("a2 61 61 01 61 62 82 02 03")), { a: 1, b: [2, 3] });
      equal(cbor.decode(bytes("c1 1a 51 4b 67 b0")), new Date(1_363_896_240_000));
    },
    "reads what the library writes in the edge VM, where constructors are not what they seem": () => {
      equal(cbor.decode(bytes("9f 01 9f ff 41 07 ff")), [1, [], new Uint8Array([7])]);
      equal(cbor.decode(bytes("d9 01 02 9f 01 ff")), new Set([1]));
    },
    ...Object.fromEntries(
      Object.entries(foreign).map(([name, text]) => [
        `refuses ${name}`,
        () => void throws(() => cbor.decode(bytes(text)), "CORRUPT"),
      ]),
    ),
    "refuses records of hostile bytes however often they come": () => {
      // The library compiles a reader for a record that it has met a few times.
      const definition = "d9 df ff 83 19 e0 00 81 61 61 01";
      const uses = " d9 e0 00 81 01".repeat(20);
      for (let n = 0; n < 20; n++) throws(() => cbor.decode(bytes(`95 ${definition}${uses}`)), "CORRUPT");
    },
    "refuses nesting that would overflow the stack": () => {
      throws(() => cbor.decode(new Uint8Array(1_000_000).fill(0x81)), "CORRUPT");
      throws(() => cbor.decode(bytes("d9 01 03 a1".repeat(50_000))), "CORRUPT");
    },
    "leaves a user's own use of the library as it was": () => {
      cbor.encode({ a: new Map([[1, -0]]) });
      equal(hex(libraryEncode({ a: 1 })), "b9 00 01 61 61 01");
      equal(libraryDecode(libraryEncode(new Map([["a", 1]]))), new Map([["a", 1]]));
    },
    "does not leave a mark on the bytes that it decodes": () => {
      const stored = new Uint8Array(cbor.encode({ a: 1 }));
      cbor.decode(stored);
      same(Object.keys(stored).length, stored.length);
    },
    "gives back the class of typed arrays whatever class the bytes have": () => {
      class Bytes extends Uint8Array {}
      const back = cbor.decode(Bytes.from(cbor.encode([new Uint8Array([1])]))) as [Uint8Array];
      same(Object.getPrototypeOf(back[0]), Uint8Array.prototype);
      same(Object.getPrototypeOf(cbor.decode(Bytes.from(cbor.encode(new Uint8Array([1]))))), Uint8Array.prototype);
    },
    "gives bytes of every length back in memory of their own": () => {
      for (const length of [0, 1, 23, 24, 255, 256, 65_535, 65_536]) {
        const given = new Uint8Array(length).map((_, i) => i);
        const stored = cbor.encode(given);
        const back = cbor.decode(stored) as Uint8Array;
        equal(back, given, `${length}`);
        same(back.buffer.byteLength, length);
      }
    },
    "refuses bytes that end early or late": () => {
      for (const text of ["d8 40", "d8 40 42 01", "d8 40 42 01 02 03", "d8 40 59 0002 01", "d8 40 5a 00000001"]) {
        throws(() => cbor.decode(bytes(text)), "CORRUPT");
      }
    },
    "names keys and values of maps by number, as they may be secret": () => {
      const { message } = throws(() => cbor.encode(new Map([["password", () => 1]])), "CODEC");
      ok(message.endsWith("a function at $<value 0>"), message);
    },
  }),
];
