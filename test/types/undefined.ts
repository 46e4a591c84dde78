/** Options may be given as `undefined`, as they come from a configuration, where optional properties are exact. */
import { cacheApi } from "../../adapters/cache-api.ts";
import { d1 } from "../../adapters/d1.ts";
import { denoKv } from "../../adapters/deno-kv.ts";
import { durableObject } from "../../adapters/durable-object.ts";
import { files } from "../../adapters/files.ts";
import { indexedDb } from "../../adapters/indexeddb.ts";
import { kv } from "../../adapters/kv.ts";
import { libsql } from "../../adapters/libsql.ts";
import { memcached } from "../../adapters/memcached.ts";
import { mongodb } from "../../adapters/mongodb.ts";
import { redis, redisBus } from "../../adapters/redis.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import { unstorage } from "../../adapters/unstorage.ts";
import { upstash, upstashBus } from "../../adapters/upstash.ts";
import { createCache, memoize, memoizeSync, memory, pollingBus, warm } from "../../mod.ts";
import { openCache } from "../../runtimes/node.ts";
import { compression } from "../../src/bytes/compression/mod.ts";
import { encryption, keyRing } from "../../src/bytes/encryption/mod.ts";
import { hotKeys, memoryPressure } from "../../src/observe/mod.ts";

declare const number: number | undefined;
declare const text: string | undefined;
declare const flag: boolean | undefined;
declare const place: never;

const tier = {
  name: text,
  ttl: text,
  timeout: number,
  write: undefined,
  breaker: { failures: number, window: text, cooldown: text },
};
const bytes = { ...tier, codec: undefined, compression: undefined, encryption: undefined };

const cache = createCache({ name: text, ttl: text, maxEntries: number, grace: text, prefix: text, version: text });
memory({ ...tier, maxEntries: number, maxBytes: number, freeze: flag });
cacheApi(place, bytes);
d1(place, bytes);
denoKv(place, bytes);
durableObject(place, bytes);
files(place, { ...bytes, fsync: flag });
indexedDb(place, bytes);
kv(place, bytes);
libsql(place, { ...bytes, authToken: text });
memcached(place, bytes);
mongodb(place, { ...bytes, createIndex: flag });
redis(place, { ...bytes, pool: number, prefix: text });
redisBus(place, { prefix: text });
sqlite(place, { ...bytes, busyTimeout: text, readOnly: flag, vacuum: flag });
unstorage(place, { ...bytes, base: text, durable: flag });
upstash(place, { ...bytes, token: text });
upstashBus(place, { token: text });
pollingBus({ every: text });
openCache(text, { ttl: text, token: text, memory: undefined, store: undefined });
compression({ threshold: number });
encryption(keyRing({ current: "", previous: undefined }), { hashKeys: flag });
hotKeys(cache, { capacity: number });
memoryPressure(cache, { target: text, interval: text });
memoize(async () => 1, { ttl: text, maxEntries: number, shouldCache: undefined });
memoizeSync(() => 1, { ttl: text, maxEntries: number, shouldCache: undefined });
warm(cache, ["k"], { load: () => 1, concurrency: number });
cache.wrap(async (id: number) => id, { name: text, ttl: text, key: undefined, schema: undefined });
cache.keys({ pattern: text, tier: text, limit: number });
cache.close({ timeout: text });
