import * as fc from "fast-check";
import { xxHash32 } from "../../../src/bytes/checksum.ts";
import { decodeEnvelope, encodeEnvelope } from "../../../src/bytes/mod.ts";
import type { Entry } from "../../../src/entry.ts";
import { equal, same, throws } from "../../contract/assert.ts";
import type { TestCase } from "../../contract/suite.ts";
import { suite } from "../../contract/suite.ts";
import { SEED } from "./samples.ts";

const FULL: Entry<Uint8Array> = {
  value: Uint8Array.from([1, 2, 3, 4, 5]),
  createdAt: 1_763_731_200_123,
  freshUntil: 1_763_731_500_123,
  staleUntil: 1_763_735_100_123,
  tags: ["tenant:acme", "users", "ünïcödé 🎉"],
  sequence: 1_763_731_200_000,
  version: "v2",
  loadTime: 12.5,
  codec: "cbor",
  profile: "nightly",
  size: 5,
};

const LEAST: Entry<Uint8Array> = {
  value: new Uint8Array(0),
  createdAt: 0,
  freshUntil: 0,
  staleUntil: 0,
  tags: [],
  sequence: undefined,
  version: undefined,
  loadTime: 0,
  codec: undefined,
  profile: undefined,
  size: 0,
};

/** Writes the right checksum into changed bytes, as a hostile writer would. */
function resealed(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, xxHash32(bytes, (bytes[2]! << 8) | bytes[3]!, 8));
  return bytes;
}

const text = fc.string({ unit: "binary", maxLength: 40 });
const time = fc.oneof(fc.nat(), fc.double({ noNaN: true, min: 0 }), fc.constant(Infinity));
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined });

const anyEntry: fc.Arbitrary<Entry<Uint8Array>> = fc
  .record({
    value: fc.uint8Array({ maxLength: 100 }),
    createdAt: fc.double({ noNaN: true, noDefaultInfinity: true }),
    times: fc.tuple(time, time),
    tags: fc.array(text, { maxLength: 5 }),
    sequence: maybe(fc.maxSafeNat()),
    version: maybe(text),
    loadTime: fc.nat(),
    codec: maybe(text),
    profile: maybe(text),
  })
  .map(({ times, ...rest }) => ({
    ...rest,
    freshUntil: Math.min(...times),
    staleUntil: Math.max(...times),
    size: rest.value.length,
  }));

export const tests: TestCase[] = suite("envelope", {
  "gives back a whole entry": () => {
    equal(decodeEnvelope(encodeEnvelope(FULL)), FULL);
    equal(decodeEnvelope(encodeEnvelope(LEAST)), LEAST);
  },
  "gives back any entry": () => {
    fc.assert(
      fc.property(anyEntry, (entry) => equal(decodeEnvelope(encodeEnvelope(entry)), entry)),
      { seed: SEED, numRuns: 1000 },
    );
  },
  "keeps deadlines that never end": () => {
    const forever = { ...LEAST, freshUntil: 5, staleUntil: Infinity };
    equal(decodeEnvelope(encodeEnvelope(forever)), forever);
    equal(decodeEnvelope(encodeEnvelope({ ...forever, freshUntil: Infinity })).freshUntil, Infinity);
  },
  "keeps fields of any length": () => {
    for (const length of [1, 63, 64, 127, 128, 8191, 8192, 70_000]) {
      const entry = {
        ...FULL,
        version: "v".repeat(length),
        profile: "ž".repeat(length),
        tags: ["\ud800".repeat(length)],
      };
      equal(decodeEnvelope(encodeEnvelope(entry)), entry);
    }
    const many = { ...FULL, tags: Array.from({ length: 300 }, (_, index) => `tag${index}`) };
    equal(decodeEnvelope(encodeEnvelope(many)), many);
  },
  "has the layout that docs/format.md tells": () => {
    const bytes = encodeEnvelope({
      ...LEAST,
      createdAt: 1,
      freshUntil: 2,
      staleUntil: 3,
      loadTime: 4,
      sequence: 5,
      codec: "ab",
      tags: ["c"],
      value: Uint8Array.of(9),
    });
    const view = new DataView(bytes.buffer);
    equal([...bytes.subarray(0, 4)], [0xfe, 0x45, 1, 21]);
    equal(
      [8, 16, 24, 32, 40].map((at) => view.getFloat64(at)),
      [1, 2, 3, 4, 5],
    );
    equal([...bytes.subarray(48)], [4, 0x61, 0x62, 1, 2, 0x63, 9]);
  },
  "copies what it encodes and views what it decodes": () => {
    const value = Uint8Array.of(1, 2, 3);
    const bytes = encodeEnvelope({ ...LEAST, value });
    value.fill(0);
    const back = decodeEnvelope(bytes).value;
    equal(back, Uint8Array.of(1, 2, 3));
    same(back.buffer, bytes.buffer);
  },
  "decodes at an odd place of a larger buffer": () => {
    const bytes = encodeEnvelope(FULL);
    const larger = new Uint8Array(bytes.length + 10);
    larger.set(bytes, 3);
    equal(decodeEnvelope(larger.subarray(3, 3 + bytes.length)), FULL);
  },
  "refuses every flipped bit": () => {
    const bytes = encodeEnvelope(FULL);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7));
      throws(() => decodeEnvelope(damaged), "CORRUPT");
    }
  },
  "refuses every cut and every byte too many": () => {
    const bytes = encodeEnvelope(FULL);
    for (let length = 0; length < bytes.length; length++)
      throws(() => decodeEnvelope(bytes.slice(0, length)), "CORRUPT");
    throws(() => decodeEnvelope(Uint8Array.from([...bytes, 0])), "CORRUPT");
  },
  "refuses unknown versions and flags even with the right checksum": () => {
    const bytes = encodeEnvelope(FULL);
    for (const [at, value] of [
      [2, 0],
      [2, 2],
      [3, 32],
      [3, 255],
    ] as const) {
      const other = bytes.slice();
      other[at] = value;
      throws(() => decodeEnvelope(resealed(other)), "CORRUPT");
    }
  },
  "refuses times that are no numbers or out of order even with the right checksum": () => {
    for (const [at, value] of [
      [8, NaN],
      [16, NaN],
      [24, NaN],
      [32, NaN],
      [40, NaN],
      [24, 0],
    ] as const) {
      const other = encodeEnvelope(FULL);
      new DataView(other.buffer).setFloat64(at, value);
      throws(() => decodeEnvelope(resealed(other)), "CORRUPT");
    }
  },
  "refuses lengths beyond its end even with the right checksum": () => {
    for (let at = 48; at < 60; at++) {
      for (const fill of [0x7f, 0xff]) {
        const other = encodeEnvelope(FULL).fill(fill, at);
        throws(() => decodeEnvelope(resealed(other)), "CORRUPT");
      }
    }
  },
});
