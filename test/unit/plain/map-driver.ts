/**
 * A plain store in a Map that takes its time, and whose writes can be seen half done, as those of a file that is
 * written in place.
 *
 * @module
 */
import type { Found, PlainDriver, PlainRecord } from "../../../adapters/plain/driver.ts";

/** The driver, with its inside. */
export interface MapDriver extends PlainDriver {
  readonly records: Map<string, PlainRecord>;
  /** Calls in order: operation and number of keys. */
  readonly calls: string[];
  /** Operations that fail from now on. */
  readonly failing: Set<string>;
  /** Operations that wait until they are let go. */
  readonly held: Map<string, Promise<void>>;
}

/** Lets others come first. */
async function pause(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await undefined;
}

/** Makes a driver. Two of them over the same records are two processes. */
export function mapDriver(
  options: { records?: Map<string, PlainRecord>; lists?: boolean; pageLimit?: number } = {},
): MapDriver {
  const { records = new Map<string, PlainRecord>(), lists = true, pageLimit = Infinity } = options;
  const calls: string[] = [];
  const failing = new Set<string>();
  const held = new Map<string, Promise<void>>();
  const begin = async (operation: string, count: number): Promise<void> => {
    calls.push(`${operation} ${count}`);
    await held.get(operation);
    await pause();
    if (failing.has(operation)) throw new Error(`${operation} failed`);
  };
  const copy = (key: string): Found => {
    const record = records.get(key);
    return record && Uint8Array.from(record.bytes);
  };
  const driver: MapDriver = {
    records,
    calls,
    failing,
    held,
    async readMany(keys) {
      await begin("readMany", keys.length);
      const found = keys.map(copy);
      await pause();
      return found;
    },
    async writeMany(all) {
      await begin("writeMany", all.length);
      for (const record of all) {
        records.set(record.key, { ...record, bytes: record.bytes.subarray(0, record.bytes.length >> 1) });
        await pause();
        records.set(record.key, record);
      }
    },
    async takeMany(keys) {
      await begin("takeMany", keys.length);
      const found = keys.map(copy);
      for (const key of keys) records.delete(key);
      return found;
    },
    async clear(prefix) {
      await begin("clear", 1);
      for (const key of [...records.keys()]) if (key.startsWith(prefix)) records.delete(key);
    },
  };
  if (!lists) return driver;
  const { clear: _, ...rest } = driver;
  return {
    ...rest,
    async list(prefix, cursor, limit) {
      await begin("list", 1);
      const all = [...records.values()]
        .filter(({ key }) => key.startsWith(prefix) && (cursor === undefined || key > cursor))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      const page = all.slice(0, Math.min(limit, pageLimit));
      return page.length < all.length ? { records: page, cursor: page.at(-1)!.key } : { records: page };
    },
  };
}
