/**
 * What the tests of the Deno KV tier share. They run in Deno with --unstable-kv; other runtimes have no Deno KV.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type DenoKv, type DenoKvOptions, denoKv } from "../../adapters/deno-kv.ts";
import type { Cache, CacheEvents, CacheOptions, TierError } from "../../mod.ts";
import { createCache, memory } from "../../mod.ts";
import { type FakeClock, fakeClock } from "../contract/mod.ts";

/** The slice of `Deno.Kv` that the tests use by themselves. */
export interface RawKv extends DenoKv {
  get(key: readonly unknown[]): Promise<{ key: unknown[]; value: unknown; versionstamp: string | null }>;
  set(key: readonly unknown[], value: unknown): Promise<unknown>;
  delete(key: readonly unknown[]): Promise<void>;
}

const { Deno } = globalThis as { Deno?: { openKv?: (path: string) => Promise<RawKv> } };

/** Why the tests cannot run here. */
export const reason: string | false = Deno === undefined ? "Deno KV is only in Deno" : false;

/** Opens a database. */
export async function openRaw(path: string): Promise<RawKv> {
  if (Deno?.openKv === undefined) throw new Error("These tests need Deno with --unstable-kv");
  return Deno.openKv(path);
}

/** A test that needs Deno KV. */
export function kvTest(name: string, run: () => unknown, skip: string | false = reason): void {
  void test(name, { skip }, async () => {
    await run();
  });
}

/** A path for a database of its own, and what removes it. */
export function newPath(): { path: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "tiercel-"));
  return { path: join(folder, "cache.kv"), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Everything under the keys that begin so. */
export async function listed(
  kv: RawKv,
  ...prefix: readonly string[]
): Promise<{ key: readonly unknown[]; value: unknown }[]> {
  const found = [];
  for await (const one of kv.list({ prefix })) found.push(one);
  return found;
}

/** A cache with what it told of. */
export interface Opened {
  readonly cache: Cache;
  readonly clock: FakeClock;
  readonly errors: CacheEvents["error"][];
  readonly corrupt: CacheEvents["corrupt"][];
}

/** Memory over a database, which looks into its journal at every call. */
export function openCache(target: DenoKv | string, options: CacheOptions = {}, tier: DenoKvOptions = {}): Opened {
  const clock = fakeClock();
  const cache = createCache({
    tiers: [memory(), denoKv(target, { timeout: "1000h", ...tier })],
    clock,
    coherence: 0,
    sweepInterval: 0,
    ...options,
  });
  const opened: Opened = { cache, clock, errors: [], corrupt: [] };
  cache.on("error", (event) => opened.errors.push(event));
  cache.on("corrupt", (event) => opened.corrupt.push(event));
  return opened;
}

/** A test on a database in memory. */
export function onKv(name: string, test: (kv: RawKv) => Promise<void>): void {
  kvTest(name, async () => {
    const kv = await openRaw(":memory:");
    try {
      await test(kv);
    } finally {
      kv.close();
    }
  });
}

/** What the tier's operations failed with. */
export function causes({ errors }: Opened): unknown[] {
  return errors.map(({ error }) => (error as TierError).cause);
}
