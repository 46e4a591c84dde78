/**
 * bentocache over its Kysely driver. Kysely's SQLite dialect is made for better-sqlite3; it is given node:sqlite in the
 * same shape, which needs no compiler and is the engine that Tiercel has.
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { recordOf } from "../contender.ts";
import { peer } from "../peer.ts";
import { IN_MEMORY, pages, type Session, type Store, TAG } from "./contender.ts";

interface Bento {
  get(options: { key: string }): Promise<unknown>;
  set(options: { key: string; value: unknown; tags: string[] }): Promise<unknown>;
  deleteByTag(options: { tags: string[] }): Promise<unknown>;
  prune(): Promise<void>;
  disconnectAll(): Promise<void>;
}
interface Layers {
  useL1Layer(driver: unknown): Layers;
  useL2Layer(driver: unknown): Layers;
}

export const bentocache: Store = {
  async fill(file, size) {
    const { cache, database } = await connect(file, false);
    // The first set makes the table.
    await cache.set({ key: "first", value: 1, tags: [] });
    for (const items of pages(size, recordOf)) {
      database.exec("BEGIN");
      for (const { key, value } of items) await cache.set({ key, value, tags: [TAG] });
      database.exec("COMMIT");
    }
    await cache.disconnectAll();
  },
  async open(file, memory): Promise<Session> {
    const { cache, database } = await connect(file, memory);
    return {
      read: (key) => cache.get({ key }),
      write: (key, value, tag) => cache.set({ key, value, tags: [tag] }),
      invalidate: (tag) => cache.deleteByTag({ tags: [tag] }),
      ...(memory ? {} : { clean: () => prune(cache, database) }),
      close: () => cache.disconnectAll(),
    };
  },
};

/** One statement over the whole table, which has no index for it. */
async function prune(cache: Bento, database: DatabaseSync): Promise<number> {
  const changes = (): number => database.prepare("SELECT total_changes() AS n").get()!.n as number;
  const before = changes();
  await cache.prune();
  return changes() - before;
}

async function connect(file: string, memory: boolean): Promise<{ cache: Bento; database: DatabaseSync }> {
  const { BentoCache, bentostore } = await peer<{
    BentoCache: new (options: object) => Bento;
    bentostore: () => Layers;
  }>("bentocache");
  const { memoryDriver } = await peer<{ memoryDriver: (options: object) => unknown }>("bentocache/drivers/memory");
  const { kyselyDriver } = await peer<{ kyselyDriver: (options: object) => unknown }>("bentocache/drivers/kysely");
  const { Kysely, SqliteDialect } = await peer<{
    Kysely: new (options: object) => object;
    SqliteDialect: new (options: object) => object;
  }>("kysely");
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = normal");
  const connection = new Kysely({ dialect: new SqliteDialect({ database: likeBetterSqlite3(database) }) });
  // Without its serialisation of what is in memory it fails on what it has found in the layer below.
  const empty = bentostore();
  const upper = memory ? empty.useL1Layer(memoryDriver({ maxItems: IN_MEMORY })) : empty;
  const stores = { tiered: upper.useL2Layer(kyselyDriver({ connection, pruneInterval: false })) };
  return { cache: new BentoCache({ default: "tiered", ttl: "1h", stores }), database };
}

/** What Kysely asks of a database. Statements are held, which Kysely's dialect leaves to the driver. */
function likeBetterSqlite3(database: DatabaseSync): object {
  const statements = new Map<string, object>();
  return {
    prepare(sql: string): object {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const statement = database.prepare(sql);
      const made = {
        reader: statement.columns().length > 0,
        all: (values: SQLInputValue[]) => statement.all(...values),
        run: (values: SQLInputValue[]) => statement.run(...values),
      };
      statements.set(sql, made);
      return made;
    },
    close: () => database.close(),
  };
}
