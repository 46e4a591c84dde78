/**
 * The floors: what no cache can be faster than. For memory the `await` of a Map hit; for SQLite a prepared statement
 * that is held, with the value as CBOR, on node:sqlite and with the pragmas that Tiercel sets.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { decode, encode } from "cbor-x";
import { batches, type Contender, fill, reads, readsAtOnce, writes, writesAtOnce } from "../contender.ts";

/** A Map whose hits are awaited. */
export async function map(): Promise<Contender> {
  const entries = new Map<string, object>();
  await fill((key, value) => entries.set(key, value));
  const get = async (key: string): Promise<unknown> => entries.get(key);
  return {
    operations: {
      get: reads(get),
      getOrSet: reads(get),
      set: writes(async (key, value) => void entries.set(key, value)),
    },
  };
}

/** Statements without a cache around them. */
export async function statements(folder: string): Promise<Contender> {
  const database = new DatabaseSync(join(folder, "raw.db"));
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = normal; CREATE TABLE kv (key TEXT PRIMARY KEY, data BLOB)",
  );
  const select = database.prepare("SELECT data FROM kv WHERE key = ?");
  const upsert = database.prepare("INSERT INTO kv VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET data = excluded.data");
  const set = (key: string, value: object): unknown => upsert.run(key, encode(value));
  const setAll = (items: { key: string; value: object }[]): void => {
    database.exec("BEGIN IMMEDIATE");
    for (const { key, value } of items) set(key, value);
    database.exec("COMMIT");
  };
  const every = batches(setAll);
  database.exec("BEGIN");
  await fill(set);
  database.exec("COMMIT");
  return {
    operations: {
      "sqlite get": readsAtOnce((key) => decode((select.get(key) as { data: Uint8Array }).data)),
      "sqlite set": writesAtOnce(set, 500),
      "sqlite sets": every,
      "sqlite setMany": every,
    },
    close: () => database.close(),
  };
}
