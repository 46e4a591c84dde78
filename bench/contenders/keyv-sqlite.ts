/**
 * Keyv over @keyv/sqlite, as their READMEs have it.
 */
import { join } from "node:path";
import { type Contender, fill, reads, TTL, writes } from "../contender.ts";
import { peer } from "../peer.ts";

interface Keyv {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, ttl: number): Promise<unknown>;
  disconnect(): Promise<void>;
}

/** It waits for the disk at every set, and has no option against that: hence the small number of sets in a run. */
const SETS = 20;

export async function keyvSqlite(folder: string): Promise<Contender> {
  const { Keyv } = await peer<{ Keyv: new (options: object) => Keyv }>("keyv");
  const { KeyvSqlite } = await peer<{ KeyvSqlite: new (uri: string) => { query(sql: string): Promise<unknown> } }>(
    "@keyv/sqlite",
  );
  const store = new KeyvSqlite(`sqlite://${join(folder, "keyv.db")}`);
  const keyv = new Keyv({ store });
  // Filled in one transaction, as 10,000 of them take a minute and a half.
  await store.query("BEGIN");
  await fill((key, value) => keyv.set(key, value, TTL));
  await store.query("COMMIT");
  return {
    operations: {
      "sqlite get": reads((key) => keyv.get(key)),
      "sqlite set": writes((key, value) => keyv.set(key, value, TTL), SETS),
    },
    close: () => keyv.disconnect(),
  };
}
