/** docs/format.md is enough to read what Tiercel has encrypted: with node:crypto alone, and nothing of Tiercel. */
import { deepEqual, equal } from "node:assert/strict";
import { createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { files } from "../../adapters/files.ts";
import { memcached } from "../../adapters/memcached.ts";
import { sqlite } from "../../adapters/sqlite.ts";
import { unstorage } from "../../adapters/unstorage.ts";
import { type Cache, createCache } from "../../mod.ts";
import { compression } from "../../src/bytes/compression/mod.ts";
import { encryption, keyRing } from "../../src/bytes/encryption/mod.ts";
import { json } from "../../src/bytes/mod.ts";
import type { Tier } from "../../src/tier.ts";
import { reasonFor } from "../servers/available.ts";
import { startMemcached } from "../servers/memcached.ts";
import { inFolder, rawDatabase, rows } from "./sql-fixture.ts";

const KEY = Buffer.from(Array.from({ length: 32 }, (_, at) => at));

function hkdf(info: string): Buffer {
  return Buffer.from(hkdfSync("sha256", KEY, "", info, 32));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    bytes.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) return Buffer.from(bytes);
  }
}

function text(value: string): Buffer {
  const units = Array.from({ length: value.length }, (_, at) => value.charCodeAt(at));
  const isWide = units.some((unit) => unit > 255);
  return Buffer.concat([
    varint(2 * units.length + (isWide ? 1 : 0)),
    Buffer.from(units.flatMap((unit) => (isWide ? [unit >> 8, unit & 255] : [unit]))),
  ]);
}

interface Meta {
  readonly createdAt: number;
  readonly version?: string | undefined;
  readonly profile?: string | undefined;
  readonly tags: readonly string[];
}

/** Decrypts a payload; answers with what its codec made. */
function decrypt(payload: Buffer, cache: string, key: string, { createdAt, version, profile, tags }: Meta): Buffer {
  equal(payload.subarray(0, 3).toString("hex"), "fe5401");
  equal(payload.subarray(4, 8).toString("hex"), hkdf("tiercel key id v1").subarray(0, 4).toString("hex"));
  const time = Buffer.alloc(8);
  time.writeDoubleBE(createdAt);
  const decipher = createDecipheriv("aes-256-gcm", hkdf(`tiercel payload v1\0${cache}`), payload.subarray(8, 20));
  decipher.setAAD(
    Buffer.concat([
      payload.subarray(0, 20),
      text(cache),
      text(key),
      time,
      Buffer.from([(version === undefined ? 0 : 1) + (profile === undefined ? 0 : 2)]),
      ...(version === undefined ? [] : [text(version)]),
      ...(profile === undefined ? [] : [text(profile)]),
      varint(tags.length),
      ...[...tags].sort().map(text),
    ]),
  );
  decipher.setAuthTag(payload.subarray(-16));
  const content = Buffer.concat([decipher.update(payload.subarray(20, -16)), decipher.final()]);
  const body = content.subarray(1 + content[0]!);
  if ((payload[3]! & 1) === 0) return body;
  equal(body[0], 1);
  let at = 1;
  while (body[at]! > 127) at++;
  return inflateRawSync(body.subarray(at + 1));
}

/** Shows one part of a hidden name. */
function show(label: string, hidden: string): string {
  const bytes = Buffer.from(hidden, "base64url");
  const iv = bytes.subarray(0, 16);
  const decipher = createDecipheriv("aes-256-ctr", hkdf("tiercel names counter v1\0app"), iv);
  const name = Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]);
  const proof = createHmac("sha256", hkdf("tiercel names mac v1\0app")).update(label).update(name).digest();
  deepEqual(proof.subarray(0, 16), iv);
  return name.toString("utf8");
}

function cacheOver(tier: Tier): Cache {
  const cache = createCache({ name: "app", tiers: [tier], ttl: "1h" }) as Cache;
  cache.on("corrupt", ({ error }) => Promise.reject(error));
  cache.on("error", ({ error }) => Promise.reject(error));
  return cache;
}

test("what is in an encrypted database can be read by the book", () =>
  inFolder(async ({ path }) => {
    const file = join(path, "cache.db");
    const steps = { encryption: encryption(keyRing({ current: KEY })), compression: compression(), codec: json };
    const cache = cacheOver(sqlite(file, steps));
    await cache.set("user:1€", { name: "Ada" }, { tags: ["b", "ä", "€"] });
    await cache.set("long", "abc ".repeat(1_000), { version: "v2" });
    await cache.close();
    const database = rawDatabase(file);
    for (const row of rows(database, "SELECT key, created_at, version, saved_by_profile, data FROM entries")) {
      const isLong = row.key === "app:long";
      const body = decrypt(Buffer.from(row.data as Uint8Array), "app", row.key as string, {
        createdAt: row.created_at as number,
        version: (row.version as string | null) ?? undefined,
        profile: (row.saved_by_profile as string | null) ?? undefined,
        tags: isLong ? [] : ["app:b", "app:ä", "app:€"],
      });
      deepEqual(JSON.parse(body.toString("utf8")), isLong ? "abc ".repeat(1_000) : { name: "Ada" });
    }
    database.close();
  }));

test("hidden names can be shown by the book", () =>
  inFolder(async ({ path }) => {
    const file = join(path, "cache.db");
    const cache = cacheOver(sqlite(file, { encryption: encryption(keyRing({ current: KEY }), { hashKeys: true }) }));
    await cache.namespace("billing").set("invoice", 1, { tags: ["late"] });
    await cache.close();
    const database = rawDatabase(file);
    const parts = (name: unknown): string[] => /^app:@([^:]+):([^:]+)$/.exec(name as string)!.slice(1);
    const [entry] = rows(database, "SELECT key FROM entries");
    const [space, name] = parts(entry!.key);
    deepEqual([show("key\0app:\0@", space!), show("key\0app:@billing:\0", name!)], ["billing", "invoice"]);
    const tags = rows(database, "SELECT name FROM tags").map((row) => parts(row.name));
    deepEqual(
      tags.map(([inside, tag]) => [show("tag\0app:\0@", inside!), show("tag\0app:@billing:\0", tag!)]),
      [["billing", "late"]],
    );
    database.close();
  }));

/** A cache over any tier keeps secrets in it, and finds them again; answers with all that the store has. */
async function keepsSecrets(open: (steps: object) => Tier, dump: () => string | Promise<string>): Promise<void> {
  const ring = keyRing({ current: KEY });
  for (const hashKeys of [true, false]) {
    const steps = { encryption: encryption(ring, { hashKeys }), compression: compression() };
    const cache = cacheOver(open(steps));
    await cache.set("customer", "plaintext ".repeat(500));
    await cache.set("other", "plaintext");
    deepEqual([await cache.get("customer"), await cache.get("other")], ["plaintext ".repeat(500), "plaintext"]);
    const text = await dump();
    equal(text.includes("plaintext"), false);
    equal(text.includes("customer"), !hashKeys);
    await cache.close();
  }
}

test("files: no value that can be read, and no name with hashKeys", () =>
  inFolder(({ path }) =>
    keepsSecrets(
      (steps) => files(path, { timeout: "forever", ...steps }),
      () => {
        const all = readdirSync(path, { recursive: true, withFileTypes: true });
        return all
          .map((one) => one.name + (one.isFile() ? readFileSync(join(one.parentPath, one.name), "latin1") : ""))
          .join("\n");
      },
    ),
  ));

test("unstorage: no value that can be read, and no name with hashKeys", async () => {
  const { createStorage } = await import("unstorage");
  const storage = createStorage();
  await keepsSecrets(
    (steps) => unstorage(storage as never, { timeout: "forever", ...steps }),
    async () => {
      const keys = await storage.getKeys();
      const values = await Promise.all(keys.map((key) => storage.getItemRaw(key)));
      return [...keys, ...values.map((value) => Buffer.from(value as Uint8Array).toString("latin1"))].join("\n");
    },
  );
});

test("memcached: encrypted and compressed values come back", { skip: reasonFor("memcached") }, async () => {
  const server = await startMemcached();
  try {
    let round = 0;
    const ring = keyRing({ current: KEY });
    for (const hashKeys of [true, false]) {
      const steps = { encryption: encryption(ring, { hashKeys }), compression: compression(), prefix: `t${round++}` };
      const cache = cacheOver(memcached(`127.0.0.1:${server.port}`, { timeout: "60s", ...steps }));
      await cache.set("customer", "plaintext ".repeat(500));
      equal(await cache.get("customer"), "plaintext ".repeat(500));
      await cache.close();
    }
  } finally {
    await server.stop();
  }
});
