/**
 * cacheable over @keyv/sqlite, the store that its README names for SQLite.
 */
import { recordOf } from "../contender.ts";
import { peer } from "../peer.ts";
import { pages, type Session, type Store, TAG } from "./contender.ts";

interface Cacheable {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, options: object): Promise<unknown>;
  setMany(items: object[]): Promise<unknown>;
  on(event: "error", listener: (error: unknown) => void): void;
  disconnect(): Promise<void>;
  tags: { invalidateTag(tag: string): Promise<unknown> };
}
interface KeyvSqlite {
  query(sql: string): Promise<unknown>;
}

/** Items of one call while filling: more at once only wait in the driver's queue. */
const CALL = 1_000;

export const cacheable: Store = {
  async fill(file, size) {
    const { cache, store } = await connect(file, false);
    for (const items of pages(size, recordOf)) {
      await store.query("BEGIN");
      for (let start = 0; start < items.length; start += CALL) {
        await cache.setMany(items.slice(start, start + CALL).map((item) => ({ ...item, tags: [TAG] })));
      }
      await store.query("COMMIT");
    }
    await cache.disconnect();
  },
  async open(file, memory): Promise<Session> {
    const { cache } = await connect(file, memory);
    return {
      read: (key) => cache.get(key),
      write: (key, value, tag) => cache.set(key, value, { tags: [tag] }),
      invalidate: (tag) => cache.tags.invalidateTag(tag),
      close: () => cache.disconnect(),
    };
  },
};

async function connect(file: string, memory: boolean): Promise<{ cache: Cacheable; store: KeyvSqlite }> {
  const { Cacheable } = await peer<{ Cacheable: new (options: object) => Cacheable }>("cacheable");
  const { Keyv } = await peer<{ Keyv: new (options: object) => object }>("keyv");
  const { KeyvSqlite } = await peer<{ KeyvSqlite: new (uri: string) => KeyvSqlite }>("@keyv/sqlite");
  const store = new KeyvSqlite(`sqlite://${file}`);
  // It has no option for these, and without them each of its writes would wait for the disk.
  await store.query("PRAGMA journal_mode = WAL");
  await store.query("PRAGMA synchronous = normal");
  const keyv = new Keyv({ store });
  const cache = new Cacheable({ ...(memory ? { secondary: keyv } : { primary: keyv }), ttl: "1h", tags: true });
  // Else a fault would pass for a miss.
  cache.on("error", (error) => {
    throw error;
  });
  return { cache, store };
}
