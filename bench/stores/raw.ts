/**
 * The floor: the clients alone, with JSON, since what is asked for is an object. They keep no tags: the floor of an
 * invalidation is one command that counts up a number.
 */
import { TTL } from "../contender.ts";
import type { Session } from "./contender.ts";

/** A value is read by JSON. */
const read = (text: unknown): unknown => (typeof text === "string" ? JSON.parse(text) : undefined);

/** GET, MGET, SET PX and INCR by ioredis. */
export async function rawIoRedis(url: string): Promise<Session> {
  const { Redis } = await import("ioredis");
  const client = new Redis(url);
  return {
    get: async (key) => read(await client.get(`raw:${key}`)),
    getMany: async (keys) => (await client.mget(keys.map((key) => `raw:${key}`))).map(read),
    set: (key, value) => client.set(`raw:${key}`, JSON.stringify(value), "PX", TTL),
    invalidate: (tag) => client.incr(`tag:${tag}`),
  };
}

/** The same by node-redis. */
export async function rawNodeRedis(url: string): Promise<Session> {
  const { createClient } = await import("redis");
  const client = createClient({ url });
  client.on("error", fail);
  await client.connect();
  return {
    get: async (key) => read(await client.get(`raw:${key}`)),
    getMany: async (keys) => (await client.mGet(keys.map((key) => `raw:${key}`))).map(read),
    set: (key, value) => client.set(`raw:${key}`, JSON.stringify(value), { PX: TTL }),
    invalidate: (tag) => client.incr(`tag:${tag}`),
  };
}

const TABLES = [
  "CREATE TABLE IF NOT EXISTS raw (key TEXT PRIMARY KEY, value TEXT, expires_at INTEGER) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS raw_tags (tag TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID",
];
const GET = "SELECT value FROM raw WHERE key = ? AND expires_at > ?";
const GET_MANY = "SELECT value FROM raw WHERE key IN (SELECT value FROM json_each(?)) AND expires_at > ?";
const SET = "INSERT OR REPLACE INTO raw (key, value, expires_at) VALUES (?, ?, ?)";
const COUNT = "INSERT INTO raw_tags (tag, n) VALUES (?, 1) ON CONFLICT (tag) DO UPDATE SET n = n + 1";

/** One statement each by @libsql/client, over HTTP or a WebSocket as the URL says. */
export async function rawLibsql(url: string): Promise<Session> {
  const { createClient } = await import("@libsql/client");
  const client = createClient({ url });
  await client.batch(TABLES, "write");
  return {
    get: async (key) => read((await client.execute({ sql: GET, args: [key, Date.now()] })).rows[0]?.value),
    getMany: async (keys) => {
      const { rows } = await client.execute({ sql: GET_MANY, args: [JSON.stringify(keys), Date.now()] });
      return rows.map(({ value }) => read(value));
    },
    set: (key, value) => client.execute({ sql: SET, args: [key, JSON.stringify(value), Date.now() + TTL] }),
    invalidate: (tag) => client.execute({ sql: COUNT, args: [tag] }),
  };
}

/** Else a fault would pass for a slow call. */
function fail(error: unknown): never {
  throw error;
}
