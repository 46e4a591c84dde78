import { engine } from "../../../src/bytes/compression/engines.ts";
import { Packer } from "../../../src/bytes/compression/packer.ts";
import { Cipher } from "../../../src/bytes/encryption/cipher.ts";
import { keyRing } from "../../../src/bytes/encryption/mod.ts";
import { NameCipher, type NameKind } from "../../../src/bytes/encryption/name-cipher.ts";
import { openPayload, readPayload, type SealedMeta } from "../../../src/bytes/payload.ts";
import { equal, rejects } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

/** The examples of docs/format.md: the key is 00 01 … 1F, the cache's name `app`. */
const RING = keyRing({ current: Uint8Array.from({ length: 32 }, (_, index) => index) });
const META: SealedMeta = {
  createdAt: 1_700_000_000_000,
  version: "v2",
  tags: ["app:users", "app:tenant"],
  profile: "night",
};
const BARE: SealedMeta = { createdAt: 0, version: undefined, tags: [], profile: undefined };
const VALUE = '{"name":"Ada"}';
const LONG = JSON.stringify("abc ".repeat(20));

const SEALED =
  "fe54010243f42606a0a1a2a3a4a5a6a7a8a9aaabee5469d340efce2d29824ac2e2397c365da005ac98dee80b4bb20e60df4331b61a24d1";
const SEALED_BARE =
  "fe54010243f42606a0a1a2a3a4a5a6a7a8a9aaabee5469d340efce2d29824ac2e2397c365da005c378ddfa1cc3f201c2af9ff65770012b";
const SEALED_PACKED =
  "fe54010343f42606a0a1a2a3a4a5a6a7a8a9aaabee5469d34095be1002a365b6783d6b503c5c0faa2bae34664eeec24a43199d0a8d";
const PACKED = {
  "deflate-raw": "fe54010144716798046a736f6e0152534a4c4a56a026560200",
  gzip: "fe54010160cf2a19046a736f6e02521f8b0800000000000003534a4c4a56a026560200d3edd8ee52000000",
  deflate: "fe5401015113d5fb046a736f6e0352789c534a4c4a56a026560200341c19bd",
};

const NAMES: readonly (readonly [kind: NameKind, name: string, hidden: string])[] = [
  ["key", "app:user:42", "app:QkbcTFCdDONx74tJFBc6-tE15ld78-w"],
  ["tag", "app:user:42", "app:ZS4igbP_mf3Cg2HVg4aGl-Trq7vW_Jw"],
  ["key", "app:@ns:user:42", "app:@AJ3JvPkQ039auqhw5o1NnO-b:FwNK_zuRa_GEThFWZvp7RGiFfUWwmBM"],
  [
    "key",
    "app:@organization=acme:@user=42:€",
    "app:@wCHvmrOOM5-D8cKgm1-Qu34GloCMwlucc0Yd5y7Xi8wx:@yznh0NYBJqJVmvwC7PAiQaAT4JOlpyk:p1C25qG5lBlHM2u3quo5A51wGA",
  ],
  ["key", "app/x:[1,2]", "app/x:UO78j5CPeez3sTKohcvlepm7z6hT"],
  ["tag", "app:@organization=acme:", "app:@XBEiFVMdvIcYxWsor6jHWw8OXGbhAU3ing2oED2eAbn3:"],
  ["key", "app#journal", "tl87WENVgJYYUs8dX8VwNFOg7OBlzeHS38BK"],
];

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function cipher(cacheName = "app"): Cipher {
  return new Cipher({ ring: RING, cacheName, warnAfter: 1_000, warn() {} });
}

const packer = new Packer({ threshold: 0, minGain: 0, maxSize: 1_000, format: "gzip" }, engine);

export const tests: TestCase[] = suite("vectors", {
  "the id of a key": async () => {
    equal(await RING.ids(), ["43f42606"]);
  },
  "encrypted payloads": async () => {
    for (const [key, meta, sealed] of [
      ["app:user:42", META, SEALED],
      ["app:€", BARE, SEALED_BARE],
    ] as const) {
      const { codec, body, isPacked } = readPayload(await cipher().unseal(key, meta, fromHex(sealed)));
      equal([codec, text(body), isPacked], ["json", VALUE, false]);
      await rejects(async () => cipher("other").unseal(key, meta, fromHex(sealed)), "CORRUPT");
    }
  },
  "compressed payloads": async () => {
    for (const packed of Object.values(PACKED)) {
      const { codec, body, isPacked } = openPayload("app:user:42", META, fromHex(packed));
      equal([codec, text(await packer.unpack(body, false)), isPacked], ["json", LONG, true]);
    }
  },
  "a payload that is both": async () => {
    const { body } = readPayload(await cipher().unseal("app:user:42", META, fromHex(SEALED_PACKED)));
    equal(text(await packer.unpack(body, false)), LONG);
  },
  "hidden names": async () => {
    for (const [kind, name, hidden] of NAMES) {
      equal(await new NameCipher(RING, "app").hide(kind, name), hidden);
      equal(await new NameCipher(RING, "app").show(kind, hidden), name);
    }
  },
});
