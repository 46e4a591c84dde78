/**
 * What the tests of the libSQL tier share: a raw client beside the tier, databases in files, entries. Runs in Node, Bun
 * and Deno.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import type { LibsqlClient } from "../../adapters/libsql.ts";
import { TABLES } from "../../adapters/sql/schema.ts";
import type { Tier, TierContext } from "../../src/tier.ts";
import { FAKE_START, type FakeClock, fakeClock } from "../contract/fake-clock.ts";
import { context } from "./sql-fixture.ts";

export const now: number = FAKE_START;

/** For a tier whose time is no part of a test: half of it is what a plan waits, by the system's clock, for a slot or a lock. */
export const PATIENT = { timeout: "10m" } as const;

/** A database without Tiercel beside it. */
export interface Raw {
  readonly client: LibsqlClient;
  /** Rows as plain objects. */
  rows(sql: string, ...args: (string | number)[]): Promise<Record<string, unknown>[]>;
  run(...sql: string[]): Promise<void>;
  /** Makes it empty. */
  empty(): Promise<void>;
  /** Makes it empty but for our tables and the last row of the journal, which takes a fifth of the time. */
  clear(): Promise<void>;
  close(): void;
}

/** Opens a client of the package for Node, which the tier does not use for servers. */
export function rawDatabase(url: string, authToken?: string): Raw {
  const client = createClient({ url, ...(authToken !== undefined && { authToken }) });
  const run = async (...sql: string[]) => {
    await client.batch(sql, "write");
  };
  return {
    client,
    run,
    async rows(sql, ...args) {
      const { rows } = await client.execute({ sql, args });
      return rows.map((row) => ({ ...row })).map(({ length: _, ...columns }) => columns);
    },
    empty: () => run(...TABLES.map((table) => `DROP TABLE IF EXISTS ${table}`)),
    async clear() {
      const { rows } = await client.execute("SELECT count(*) FROM sqlite_master WHERE name = 'meta'");
      if (rows[0]![0] === 0) return;
      const tables = TABLES.filter((table) => table !== "meta");
      const meta = "UPDATE meta SET sequence = 0, floor = 0, rules_floor = 0";
      await run(...tables.map((table) => `DELETE FROM ${table}`), meta);
    },
    close: () => client.close(),
  };
}

/** A database in a file of its own. */
export interface Place {
  readonly url: string;
  readonly raw: Raw;
  dispose(): void;
}

/** Makes a folder for a database. */
export function filePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
  const url = `file:${join(folder, "cache.db")}`;
  const raw = rawDatabase(url);
  return {
    url,
    raw,
    dispose() {
      raw.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A tier that is open, with what it reported. */
export interface Opened<T extends Tier = Tier> {
  readonly tier: T;
  readonly clock: FakeClock;
  readonly reports: { kind: string; error: unknown; key: string | undefined }[];
}

/** Opens a tier as `createCache` does, on a fake clock. */
export function opened<T extends Tier>(tier: T, over: Partial<TierContext> = {}): Opened<T> {
  const clock = fakeClock(FAKE_START);
  const reports: Opened["reports"] = [];
  tier.open!({ ...context(clock, (kind, error, key) => reports.push({ kind, error, key })), ...over });
  return { tier, clock, reports };
}

/** Writes values that live for an hour from the start of the fake clock. */
export async function put(tier: Tier, values: Record<string, unknown>, tags: readonly string[] = []): Promise<void> {
  const writes = Object.entries(values).map(([key, value]) => ({ key, entry: { ...entry(tags), value } }));
  await tier.setMany(await tier.prepare!(writes), now);
}

/** An entry without its value. */
export function entry(tags: readonly string[] = []): Omit<Parameters<Tier["setMany"]>[0][number]["entry"], "value"> {
  const end = now + 3_600_000;
  return {
    createdAt: now,
    freshUntil: end,
    staleUntil: end,
    tags,
    sequence: undefined,
    version: undefined,
    loadTime: 0,
  };
}

/** The values under keys; `undefined` for a miss. */
export async function values(tier: Tier, ...keys: string[]): Promise<unknown[]> {
  const { entries } = await tier.getMany(keys, { now });
  return entries.map((found) => found?.value);
}

/** Tries again what may fail over a connection that was kept and turns out to be dead only when it is used. */
export async function soon<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}
