import { sha256 } from "../../src/sha256.ts";
import type { TestCase } from "../contract/mod.ts";
import { same, seededRandom, suite } from "../contract/mod.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The examples of FIPS 180-4 and of NIST's additional test vectors for SHA-2. */
const VECTORS: [string, Uint8Array, string][] = [
  ["the empty message", bytes(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", bytes("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "two blocks",
    bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  [
    "112 bytes",
    bytes(
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
    ),
    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
  ],
  ["one byte", new Uint8Array([0xd3]), "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"],
  ["a bad byte of UTF-8", new Uint8Array([0xbd]), "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"],
  [
    "four bytes",
    new Uint8Array([0xc9, 0x8c, 0x8e, 0x55]),
    "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504",
  ],
  ["55 zeros", new Uint8Array(55), "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"],
  ["56 zeros", new Uint8Array(56), "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"],
  ["57 zeros", new Uint8Array(57), "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785"],
  ["64 zeros", new Uint8Array(64), "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"],
  ["1000 zeros", new Uint8Array(1000), "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"],
  ["1000 A", bytes("A".repeat(1000)), "c2e686823489ced2017f6059b8b239318b6364f6dcd835d0a519105a1eadd6e4"],
  ["1005 U", bytes("U".repeat(1005)), "f4d62ddec0f3dd90ea1380fa16a5ff8dc4c54b21740650f24afc4120903552b0"],
  ["a million a", bytes("a".repeat(1_000_000)), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
];

export const tests: TestCase[] = suite("sha256", {
  ...Object.fromEntries(VECTORS.map(([name, message, digest]) => [name, () => same(sha256(message), digest)])),
  "it agrees with Web Crypto at every length around a block": async () => {
    const random = seededRandom(20261121);
    for (let length = 0; length <= 200; length++) {
      const message = Uint8Array.from({ length }, () => Math.floor(random() * 256));
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", message));
      same(sha256(message), [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""), `${length} bytes`);
    }
  },
  "it leaves the message as it was, and reads a view of a larger buffer": () => {
    const buffer = new Uint8Array([1, 2, 97, 98, 99, 4]);
    same(sha256(buffer.subarray(2, 5)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    same(String(buffer), "1,2,97,98,99,4");
  },
});
