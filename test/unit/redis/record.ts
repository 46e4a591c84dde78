import {
  decodeRecord,
  headParts,
  payloadPart,
  sequenceText,
  stamps,
  timeToLive,
} from "../../../adapters/redis/record.ts";
import type { Entry } from "../../../src/entry.ts";
import { CorruptError } from "../../../src/errors.ts";
import { equal, ok, same, throws } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

const NOW = 2_000_000_000_000;
const EPOCH = "abcdef0123456789abc";

const plain: Entry<Uint8Array> = {
  value: Uint8Array.from([0, 1, 127, 128, 255, 10, 32]),
  createdAt: NOW,
  freshUntil: NOW + 1_000,
  staleUntil: NOW + 2_000,
  tags: [],
  sequence: undefined,
  version: undefined,
  loadTime: 0,
  codec: "cbor",
};

/** The record as the script puts it together. */
function record(entry: Entry<Uint8Array>, { isText = false, epoch = EPOCH, sequence = NOW } = {}): Uint8Array {
  const [before, after] = headParts(entry, isText);
  const head = new TextEncoder().encode(before + epoch + sequenceText(sequence).repeat(2) + after);
  const payload = payloadPart(entry.value, isText);
  const rest = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const bytes = new Uint8Array(head.length + rest.length);
  bytes.set(head);
  bytes.set(rest, head.length);
  return bytes;
}

const form = { epoch: EPOCH, isExpired: false, isEscaped: false };

/** What comes back, without what is always there. */
function back(entry: Partial<Entry<Uint8Array>>, isText = false): Entry<Uint8Array> {
  const whole = { ...plain, ...entry };
  const found = decodeRecord(record(whole, { isText }), form)!;
  ok(found, "it must be of this epoch");
  const { size, ...rest } = found;
  equal(rest, { profile: undefined, ...whole, tags: [...new Set(whole.tags)].sort(), sequence: NOW });
  return found;
}

export const tests: TestCase[] = suite("redis record", {
  "comes back as it was": () => {
    back({});
    back({ value: new Uint8Array(0) });
    back({ loadTime: 12.25, version: "v 2", profile: "night shift", codec: undefined });
    back({ version: "\ud800 lone" });
    back({ version: "" });
    back({ freshUntil: Infinity, staleUntil: Infinity });
    back({ freshUntil: 0, staleUntil: NOW });
    back({ createdAt: NOW + 0.5 });
    back({ createdAt: -1 });
  },
  "keeps tags of any text": () => {
    back({ tags: ["t"] });
    back({ tags: ["b", "a", "a b", "", "\n", "\u0001"] });
    back({ tags: ["é", "漢字", "😀", "\ufeff", "\uffff", "a\u0301"], version: "ü", profile: "😀" });
    back({ tags: ["same", "same"] });
    back({ tags: Array.from({ length: 500 }, (_, index) => `tag ${index}`) });
  },
  "keeps payloads as text for those who can send text alone": () => {
    back({}, true);
    back({ tags: ["é"], value: Uint8Array.from({ length: 1000 }, (_, index) => index) }, true);
    ok(/^[\x20-\x7e]+$/.test(new TextDecoder().decode(record(plain, { isText: true }))), "it must be printable");
  },
  "reads payloads whose bytes were escaped on the way": () => {
    const bytes = record({ ...plain, tags: ["é"] });
    const length = Number(new TextDecoder().decode(bytes.subarray(3, 9)));
    const payload = new TextEncoder().encode(String.fromCharCode(...bytes.subarray(length)));
    const escaped = new Uint8Array(length + payload.length);
    escaped.set(bytes.subarray(0, length));
    escaped.set(payload, length);
    equal(decodeRecord(escaped, { ...form, isEscaped: true })!.value, plain.value);
  },
  "does not alias the bytes that it was read from": () => {
    const bytes = record(plain);
    const { value } = decodeRecord(bytes, form)!;
    bytes.fill(0);
    equal(value, plain.value);
  },
  "reads a head alone, with the size of the payload": () => {
    const bytes = record({ ...plain, version: "1" });
    const length = bytes.length - plain.value.length;
    const found = decodeRecord(bytes.subarray(0, length), { ...form, size: bytes.length })!;
    equal([found.value.length, found.size, found.version], [0, plain.value.length, "1"]);
  },
  "is none of another epoch": () => {
    same(decodeRecord(record(plain, { epoch: EPOCH.replace("a", "b") }), form), undefined);
  },
  "is not fresh where a tag has expired it": () => {
    same(decodeRecord(record({ ...plain, tags: ["t"] }), { ...form, isExpired: true })!.freshUntil, 0);
  },
  "never tells another entry, whatever bit of it is wrong": () => {
    for (const entry of [plain, { ...plain, tags: ["one", "zwölf"], version: "1", profile: "p" }]) {
      const good = record(entry);
      const expected = decodeRecord(good, form)!;
      const head = good.length - plain.value.length;
      for (let at = 0; at < head; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const bad = good.slice();
          bad[at]! ^= 1 << bit;
          let found: Entry<Uint8Array> | undefined;
          try {
            found = decodeRecord(bad, form);
          } catch (error) {
            ok(error instanceof CorruptError, `byte ${at} bit ${bit}`);
          }
          if (found !== undefined) equal({ ...found, value: 0 }, { ...expected, value: 0 }, `byte ${at} bit ${bit}`);
        }
      }
    }
  },
  "is refused when it is cut off or foreign": () => {
    const good = record({ ...plain, tags: ["t"] });
    const head = good.length - plain.value.length;
    for (const length of [0, 1, 2, 3, 8, 9, 48, 100, head - 1])
      throws(() => decodeRecord(good.subarray(0, length), form), CorruptError);
    for (const text of ["", "T", "T1", "hello", "T1099999", `T1000000${"x".repeat(200)}`, "[]".repeat(200)])
      throws(() => decodeRecord(new TextEncoder().encode(text), form), CorruptError);
    throws(() => decodeRecord(new Uint8Array(300).fill(255), form), CorruptError);
  },
  "writes times that never grow": () => {
    same(stamps(1.9, 2.1).slice(0, 32), "00000000000000010000000000000002");
    same(stamps(Number.NaN, -5).slice(0, 32), "0".repeat(32));
    same(stamps(Infinity, Number.MAX_VALUE).slice(0, 32), "9".repeat(32));
    same(stamps(1, 2).length, 39);
  },
  "is never kept by Redis for less than its time": () => {
    same(timeToLive(NOW + 1_000, NOW), "1000");
    same(timeToLive(NOW + 0.25, NOW), "1");
    same(timeToLive(NOW - 5, NOW), "1");
    same(timeToLive(Infinity, NOW), "");
    same(timeToLive(Number.MAX_SAFE_INTEGER, 0), "");
  },
});
