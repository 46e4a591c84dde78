/**
 * Tiercel, from this checkout or another one (`--against`).
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as adapter from "../../adapters/sqlite.ts";
import type * as core from "../../mod.ts";
import { batches, type Contender, fill, KEYS, reads, TTL, unreachable, writes } from "../contender.ts";

/** What `mod.ts` exports. */
export type Core = typeof core;
/** What `adapters/sqlite.ts` exports. */
export type Adapter = typeof adapter;

const here = new URL("../../", import.meta.url);

/** A module of this checkout or another one. */
export async function load<T>(module: string, checkout: string | undefined): Promise<T> {
  const base = checkout === undefined ? here : pathToFileURL(`${checkout}/`);
  return (await import(new URL(module, base).href)) as T;
}

/** A cache of memory alone. */
export async function inMemory(ttl: number | undefined, checkout?: string): Promise<Contender> {
  const { createCache } = await load<Core>("mod.ts", checkout);
  const cache = createCache(ttl === undefined ? { maxEntries: KEYS } : { maxEntries: KEYS, ttl });
  await fill((key, value) => cache.set(key, value));
  return {
    operations: {
      get: reads((key) => cache.get(key)),
      getOrSet: reads((key) => cache.getOrSet(key, unreachable)),
      set: writes((key, value) => cache.set(key, value)),
    },
    close: () => cache.close(),
  };
}

/** A cache of SQLite alone, without memory before it. */
export async function inSqlite(folder: string, checkout?: string): Promise<Contender> {
  const { createCache } = await load<Core>("mod.ts", checkout);
  const { sqlite } = await load<Adapter>("adapters/sqlite.ts", checkout);
  const cache = createCache({ tiers: [sqlite(join(folder, "tiercel.db"))], ttl: TTL });
  await fill((key, value) => cache.set(key, value));
  return {
    operations: {
      "sqlite get": reads((key) => cache.get(key)),
      "sqlite set": writes((key, value) => cache.set(key, value), 500),
      "sqlite sets": batches((items) => Promise.all(items.map(({ key, value }) => cache.set(key, value)))),
      "sqlite setMany": batches((items) => cache.setMany(items)),
    },
    close: () => cache.close(),
  };
}
