import { decodeRecord, encodeRecord, headSize, recordOf } from "../../../adapters/plain/record.ts";
import { fromText, textLength, toText } from "../../../adapters/plain/text.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import { seededRandom } from "../../contract/seeded-random.ts";
import { suite, type TestCase } from "../../contract/suite.ts";
import { ODD } from "../../contract/tier/odd-keys.ts";

const bytes = Uint8Array.from({ length: 40 }, (_, index) => (index * 37) & 0xff);

export const tests: TestCase[] = [
  ...suite("plain record", {
    "gives back key, end and envelope"() {
      for (const key of ["", ...ODD, "x".repeat(512), "漢".repeat(170)]) {
        for (const staleUntil of [0, 1_700_000_000_000, Infinity]) {
          equal(decodeRecord(encodeRecord({ key, bytes, staleUntil })), { key, bytes, staleUntil });
          equal(recordOf(key, encodeRecord({ key, bytes, staleUntil })), bytes);
        }
      }
    },
    "is read by its head alone"() {
      for (const key of ["x".repeat(512), "é".repeat(256), `${"x".repeat(508)}😀`, "漢".repeat(170)]) {
        const record = encodeRecord({ key, bytes: new Uint8Array(5_000), staleUntil: 5 });
        const head = decodeRecord(record.subarray(0, headSize(512)));
        equal([head.key, head.staleUntil], [key, 5]);
      }
    },
    "is refused under another key"() {
      throws(() => recordOf("b", encodeRecord({ key: "a", bytes, staleUntil: 1 })), "CORRUPT");
    },
    "is refused when it is cut off in its head, or has any bit of it changed, or is of another version"() {
      const record = encodeRecord({ key: "key", bytes, staleUntil: 1 });
      const head = record.length - bytes.length;
      for (let length = 0; length < head; length++) throws(() => decodeRecord(record.subarray(0, length)), "CORRUPT");
      for (let bit = 0; bit < head * 8; bit++) {
        const changed = Uint8Array.from(record);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        throws(() => decodeRecord(changed), "CORRUPT");
      }
    },
    "stands in any part of a buffer"() {
      const record = encodeRecord({ key: "key", bytes, staleUntil: 1 });
      const room = new Uint8Array(record.length + 20);
      room.set(record, 7);
      equal(recordOf("key", room.subarray(7, 7 + record.length)), bytes);
    },
  }),
  ...suite("plain text", {
    "gives bytes of every length back, and says how long it will be"() {
      const random = seededRandom(1);
      for (const length of [0, 1, 2, 3, 4, 5, 100, 0x5fff, 0x6000, 0x6001, 100_000]) {
        const some = Uint8Array.from({ length }, () => Math.floor(random() * 256));
        const text = toText(some);
        equal(fromText(text), some);
        same(text.length, textLength(length));
        ok(/^base64:[A-Za-z0-9+/]*=*$/.test(text));
      }
    },
    "refuses any other text"() {
      for (const text of ["", "garbage", "base64", "base64:!", "base64:A", "Base64:AAAA", '{"a":1}'])
        throws(() => fromText(text), "CORRUPT");
    },
  }),
];
