import { sqlite } from "../../adapters/sqlite.ts";
import { createCache, type SyncCache } from "../../mod.ts";
import { type Compression, type CompressionOptions, compression } from "../../src/bytes/compression/mod.ts";
import { type Encryption, encryption, type KeyInput, type KeyRing, keyRing } from "../../src/bytes/encryption/mod.ts";
import { claim, type Same } from "./exact.ts";

const ring = keyRing({ current: "text", previous: [new Uint8Array(32), new ArrayBuffer(32)] });
claim<Same<typeof ring, KeyRing>>();
const given: KeyInput = {} as CryptoKey;
await ring.rotate(given);
// @ts-expect-error a key is no number
keyRing({ current: 5 });
// @ts-expect-error there must be one
keyRing({ previous: [] });
// @ts-expect-error nobody but keyRing() makes one
encryption({ current: "text" });

const sealed: Encryption = encryption(ring, { hashKeys: true, maxAge: "1d" });
const packed: Compression = compression({ format: "gzip" } satisfies CompressionOptions);
// @ts-expect-error there is no such format
compression({ format: "zip" });

// A file that is compressed has a synchronous face, one that is encrypted has none.
const plain = createCache({ tiers: [sqlite("cache.db", { compression: packed })] });
claim<Same<typeof plain.sync extends SyncCache ? true : false, true>>();
const encrypted = createCache({ tiers: [sqlite("cache.db", { encryption: sealed })] });
claim<Same<typeof encrypted.sync, unknown>>();
const asObject = createCache({ tiers: [sqlite({ path: "cache.db", encryption: sealed })] });
claim<Same<typeof asObject.sync, unknown>>();
