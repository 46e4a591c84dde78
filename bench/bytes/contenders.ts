/**
 * Who is compared: Tiercel, Keyv and @unkey/cache, each over a Map, so that what is measured is what they do to values.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { createCache } from "../../mod.ts";
import { compression } from "../../src/bytes/compression/mod.ts";
import { encryption, keyRing } from "../../src/bytes/encryption/mod.ts";
import { type BytesOptions, bytes, cbor, json, structured } from "../../src/bytes/mod.ts";
import type { Entry } from "../../src/entry.ts";
import type { Tier } from "../../src/tier.ts";
import { peer } from "../peer.ts";

/** A contender that is ready. */
export interface Session {
  set(key: string, value: unknown): Promise<unknown>;
  get(key: string): Promise<unknown>;
}

const KEY = new Uint8Array(32).fill(7);
const TTL = 3_600_000;

/** Makes every contender; one whose package is missing rejects. */
export const CONTENDERS: Readonly<Record<string, () => Session | Promise<Session>>> = {
  "tiercel, cbor": () => tiercel({ codec: cbor }),
  "tiercel, json": () => tiercel({ codec: json }),
  "tiercel, structured": () => tiercel({ codec: structured }),
  "tiercel, cbor, compressed": () => tiercel({ compression: compression() }),
  "tiercel, cbor, encrypted": () => tiercel({ encryption: encryption(keyRing({ current: KEY })) }),
  "tiercel, cbor, encrypted, names hidden": () =>
    tiercel({ encryption: encryption(keyRing({ current: KEY }), { hashKeys: true }) }),
  "tiercel, cbor, compressed, encrypted": () =>
    tiercel({ compression: compression(), encryption: encryption(keyRing({ current: KEY })) }),
  keyv: () => keyv({}),
  "keyv, @keyv/compress-gzip": async () => {
    const { default: KeyvGzip } = await peer<{ default: new () => object }>("@keyv/compress-gzip");
    return keyv({ compression: new KeyvGzip() });
  },
  "keyv, encrypted by node:crypto": () => keyv(BY_NODE_CRYPTO),
  "@unkey/cache, by reference": () => unkey(false),
  "@unkey/cache, its encryption": () => unkey(true),
};

function tiercel(options: BytesOptions): Session {
  const cache = createCache({ name: "bench", tiers: [bytes(mapStore(), options)], ttl: TTL, sweepInterval: 0 });
  return { set: (key, value) => cache.set(key, value), get: (key) => cache.get(key) };
}

/** The least that a store of bytes can be. */
function mapStore(): Tier<Uint8Array> {
  const entries = new Map<string, Entry<Uint8Array>>();
  return {
    name: "map",
    capabilities: { local: true },
    getMany: (keys) => ({ entries: keys.map((key) => entries.get(key)) }),
    setMany(writes) {
      for (const { key, entry } of writes) entries.set(key, entry);
      return { sequence: 0 };
    },
    deleteMany: (keys) => keys.map((key) => entries.delete(key)),
    clear: () => entries.clear(),
  };
}

async function keyv(options: object): Promise<Session> {
  const { default: Keyv } = await peer<{ default: new (options: object) => Session }>("keyv");
  const cache = new Keyv({ store: new Map(), ttl: TTL, ...options });
  return { set: (key, value) => cache.set(key, value), get: (key) => cache.get(key) };
}

/** AES-256-GCM where Keyv 5 has a place for it: it has no package for encryption. */
const BY_NODE_CRYPTO = {
  serialize(data: unknown): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", KEY, iv);
    const body = Buffer.concat([cipher.update(JSON.stringify(data)), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64");
  },
  deserialize(text: string): unknown {
    const sealed = Buffer.from(text, "base64");
    const decipher = createDecipheriv("aes-256-gcm", KEY, sealed.subarray(0, 12));
    decipher.setAuthTag(sealed.subarray(12, 28));
    return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString());
  },
};

interface Unkey {
  set(key: string, value: unknown): Promise<unknown>;
  get(key: string): Promise<{ val: unknown; err?: unknown }>;
}

async function unkey(isEncrypted: boolean): Promise<Session> {
  const { createCache, DefaultStatefulContext, Namespace } = await peer<{
    createCache: (namespaces: object) => { values: Unkey };
    DefaultStatefulContext: new () => object;
    Namespace: new (context: object, options: object) => object;
  }>("@unkey/cache");
  const { EncryptedStore } = await peer<{
    EncryptedStore: { fromBase64Key(key: string): Promise<{ wrap(store: object): object }> };
  }>("@unkey/cache/middleware");
  const entries = new Map<string, object>();
  // Its own memory store gives entries away by reference, and its encryption changes them.
  const memory = {
    name: "map",
    get: async (_: string, key: string) => ({ val: entries.has(key) ? { ...entries.get(key) } : undefined }),
    async set(_: string, key: string, entry: object) {
      entries.set(key, { ...entry });
      return { val: undefined };
    },
    remove: async () => ({ val: undefined }),
  };
  const by = await EncryptedStore.fromBase64Key(Buffer.from(KEY).toString("base64"));
  const stores = [isEncrypted ? by.wrap(memory) : memory];
  const cache = createCache({
    values: new Namespace(new DefaultStatefulContext(), { stores, fresh: TTL, stale: 2 * TTL }),
  }).values;
  return {
    set: (key, value) => cache.set(key, value),
    async get(key) {
      const { val, err } = await cache.get(key);
      if (err) throw err;
      return val;
    },
  };
}
