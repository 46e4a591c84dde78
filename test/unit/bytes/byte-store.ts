/**
 * A store of bytes that tells what is done to it, and what tests do to the tier over it.
 *
 * @module
 */

import { bytes } from "../../../src/bytes/mod.ts";
import type { Entry } from "../../../src/entry.ts";
import { TierError } from "../../../src/errors.ts";
import type {
  Capabilities,
  Codec,
  JournalPage,
  MaybePromise,
  ReadOptions,
  SyncTier,
  Tier,
  Write,
} from "../../../src/tier.ts";
import { ok } from "../../contract/assert.ts";

/** What a tier reported. */
export interface Report {
  readonly kind: string;
  readonly error: unknown;
  readonly key: string | undefined;
}

/** The store and its inside. */
export interface ByteStore {
  readonly tier: Tier<Uint8Array>;
  readonly entries: Map<string, Entry<Uint8Array>>;
  readonly writes: Write<Uint8Array>[];
  /** Calls of the operations that only pass through: name and arguments. */
  readonly calls: unknown[][];
  /** How `deleteMany` fails, if it does. */
  deleteFault: "throw" | "reject" | undefined;
  /** What the next reads answer as leases. */
  leases: (number | undefined)[] | undefined;
  /** What the next writes answer as refused. */
  refused: string[] | undefined;
  /** Options of the reads, in order. */
  readonly reads: ReadOptions[];
}

/** What the store answers to a look into its journal. */
export const PAGE: JournalPage = { position: 7, sequence: 3, changes: [{ by: "keys", keys: ["k"] }] };

/** Makes a store. With `late` its asynchronous face answers by promises, otherwise at once. */
export function byteStore(capabilities: Capabilities = {}, late = false): ByteStore {
  const log =
    (name: string, answer: unknown) =>
    (...args: unknown[]) => {
      store.calls.push([name, ...args]);
      return answer as never;
    };
  const sync: SyncTier<Uint8Array> = {
    getMany(keys, options) {
      store.reads.push(options);
      return {
        entries: keys.map((key) => store.entries.get(key)),
        ...(store.leases && { leases: store.leases }),
      };
    },
    setMany(writes) {
      store.writes.push(...writes);
      for (const { key, entry } of writes) store.entries.set(key, entry);
      return store.refused ? { sequence: 3, refused: store.refused } : { sequence: 3 };
    },
    deleteMany: (keys) => keys.map((key) => store.entries.delete(key)),
    clear: log("clear", undefined),
    touchMany: log("touchMany", []),
    prune: log("prune", []),
    scan: log("scan", { keys: [] }),
    size: log("size", 0),
    invalidate: log("invalidate", 1),
    journal: log("journal", PAGE),
    release: log("release", undefined),
  };
  const answer = <T>(value: T): MaybePromise<T> => (late ? Promise.resolve(value) : value);
  const store: ByteStore = {
    entries: new Map(),
    writes: [],
    reads: [],
    calls: [],
    deleteFault: undefined,
    leases: undefined,
    refused: undefined,
    tier: {
      ...sync,
      name: "store",
      capabilities: { ...capabilities, sync: true },
      options: { ttl: 5 },
      client: { handle: true },
      sync,
      getMany: (keys, options) => answer(sync.getMany(keys, options)),
      setMany: (writes, now) => answer(sync.setMany(writes, now)),
      deleteMany(keys, now) {
        const error = new TierError("store", "Cannot delete as the test says so");
        if (store.deleteFault === "throw") throw error;
        return store.deleteFault === "reject" ? Promise.reject(error) : answer(sync.deleteMany(keys, now));
      },
      open() {},
      usage: log("usage", { entries: 0, bytes: 0, maxEntries: 0, maxBytes: 0 }),
      close: log("close", undefined),
    },
  };
  return store;
}

/** The time of all writes and reads. */
export const NOW = 2_000_000_000_000;
/** Options of a plain read. */
export const READ = { now: NOW };

/** An entry that is fresh for a minute. */
export function entry(value: unknown, fields: Partial<Entry> = {}): Entry {
  return {
    value,
    createdAt: NOW,
    freshUntil: NOW + 60_000,
    staleUntil: NOW + 90_000,
    tags: [],
    sequence: undefined,
    version: undefined,
    loadTime: 0,
    ...fields,
  };
}

/** A write of such an entry. */
export function write(key: string, value: unknown, fields: Partial<Write> & { entry?: never } = {}): Write {
  return { key, entry: entry(value), ...fields };
}

/** The answer, which must be there at once. */
export function now<T>(answer: MaybePromise<T>): T {
  ok(!(answer instanceof Promise), "must answer at once");
  return answer as T;
}

/** Prepares and writes. */
export function put(tier: Tier, ...writes: Write[]): void {
  now(tier.setMany(now(tier.prepare!(writes)), NOW));
}

/** The value under each key; `undefined` for a miss. */
export function values(tier: Tier, ...keys: string[]): unknown[] {
  return now(tier.getMany(keys, READ)).entries.map((found) => found?.value);
}

/** A store with a tier over it, opened, and what they report. */
export function opened(
  options?: Parameters<typeof bytes>[1],
  store: ByteStore = byteStore(),
): { store: ByteStore; tier: Tier; reports: Report[]; removed: string[] } {
  const reports: Report[] = [];
  const removed: string[] = [];
  const tier = bytes(store.tier, options);
  now(
    tier.open!({
      cacheName: "test",
      clock: { now: () => NOW, setTimer: () => 0, clearTimer() {} },
      random: () => 0,
      removed: (key, reason) => removed.push(`${key}: ${reason}`),
      report: (kind, error, key) => reports.push({ kind, error, key }),
    }),
  );
  return { store, tier, reports, removed };
}

/** Kind, code of the error, and key of each report. */
export function codesOf(reports: readonly Report[]): unknown[] {
  return reports.map(({ kind, error, key }) => [kind, (error as { code?: unknown }).code, key]);
}

/** A codec of a user. */
export const shout: Codec = {
  id: "shout-1",
  encode: (value) => new TextEncoder().encode(String(value).toUpperCase()),
  decode: (stored) => new TextDecoder().decode(stored),
};
