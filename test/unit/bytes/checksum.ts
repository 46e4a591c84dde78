import { hashAscii, hashString, xxHash32 } from "../../../src/bytes/checksum.ts";
import { equal, ok, same } from "../../contract/assert.ts";
import type { TestCase } from "../../contract/suite.ts";
import { suite } from "../../contract/suite.ts";

const PRIME32 = 2_654_435_761;

/** The bytes that the official test vectors are taken of: the top byte of powers of a 64-bit prime. */
function sanityBuffer(length: number): Uint8Array {
  let state = BigInt(PRIME32);
  return Uint8Array.from({ length }, () => {
    const byte = Number(state >> 56n);
    state = BigInt.asUintN(64, state * 11_400_714_785_074_694_797n);
    return byte;
  });
}

export const tests: TestCase[] = suite("checksum", {
  "agrees with the official test vectors of xxHash32": () => {
    const vectors: [length: number, seed: number, hash: number][] = [
      [0, 0, 0x02cc5d05],
      [0, PRIME32, 0x36b78ae7],
      [1, 0, 0xcf65b03e],
      [1, PRIME32, 0xb4545aa4],
      [14, 0, 0x1208e7e2],
      [14, PRIME32, 0x6af1d1fe],
      [222, 0, 0x5bd11dbd],
      [222, PRIME32, 0x58803c5f],
    ];
    for (const [length, seed, hash] of vectors) same(xxHash32(sanityBuffer(length), seed), hash);
  },
  "agrees with well-known hashes of texts": () => {
    const encoder = new TextEncoder();
    same(xxHash32(encoder.encode("abc")), 0x32d153ff);
    same(xxHash32(encoder.encode("Nobody inspects the spammish repetition")), 0xe2293b2f);
  },
  "hashes a part as it hashes a copy of the part": () => {
    const bytes = sanityBuffer(100);
    for (let start = 0; start < 40; start++) {
      for (const end of [start, start + 1, start + 15, start + 16, start + 50]) {
        same(xxHash32(bytes, 5, start, end), xxHash32(bytes.slice(start, end), 5));
      }
    }
  },
  "changes with every bit": () => {
    for (const length of [1, 4, 15, 16, 37]) {
      const bytes = sanityBuffer(length);
      const hash = xxHash32(bytes);
      for (let bit = 0; bit < length * 8; bit++) {
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        ok(xxHash32(bytes) !== hash);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
      }
    }
  },
  "hashes texts apart": () => {
    const texts = ["", "\0", "\0\0", "a", "b", "ab", "ba", "\u0161", "a\0", "\u6100", "key1", "key2", "1key"];
    equal(new Set(texts.map((text) => hashString(text, 0))).size, texts.length);
    ok(hashString("a", 0) !== hashString("a", 1));
  },
  "hashes ASCII bytes as the text that they are, also with a part left out": () => {
    const text = "T1 the quick brown fox, 0123456789";
    const bytes = new TextEncoder().encode(text);
    for (let end = 0; end <= text.length; end += 5)
      for (let start = 0; start <= end; start += 3) {
        same(hashAscii(bytes, end, start, end), hashString(text.slice(start, end), end));
        for (let from = start; from < end; from += 4)
          for (let to = from; to <= end; to += 1)
            same(
              hashAscii(bytes, 7, start, end, from, to),
              hashString(text.slice(start, from) + text.slice(to, end), 7),
            );
      }
    same(hashAscii(Uint8Array.of(0x61, 0x80), 0, 0, 2), -1, "no ASCII");
    same(hashAscii(Uint8Array.of(0x61, 0x80), 0, 0, 1), hashString("a", 0));
  },
});
