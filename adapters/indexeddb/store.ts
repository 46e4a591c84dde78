/**
 * The tier over an IndexedDB database: bytes in, bytes out, each operation one transaction.
 *
 * @module
 */
import { CacheClosedError, ConfigError, type CorruptError, StoreOpenError } from "../../src/errors.ts";
import type {
  Capabilities,
  JournalPage,
  ReadOptions,
  ReadResult,
  ScanOptions,
  ScanResult,
  TagInvalidation,
  Tier,
  TierContext,
  TierOptions,
  Touch,
  Write,
  WriteResult,
} from "../../src/tier.ts";
import { randomInteger } from "../sql/random-integer.ts";
import { Database } from "./database.ts";
import { look } from "./entry-reader.ts";
import { fromRecord } from "./entry-record.ts";
import { answer, type IdbFactory, type IdbTransaction } from "./idb.ts";
import { lookInto, record } from "./journal.ts";
import { lookAndLease, pruneLeases, releaseLeases } from "./leases.ts";
import { scan, size } from "./listing.ts";
import type { IndexedDbSettings } from "./options.ts";
import { pruneEntries, pruneMarks } from "./prune.ts";
import { STORES } from "./schema.ts";
import { invalidate } from "./tags.ts";
import { type Changed, clearEntries, deleteEntries, setEntries, touchEntries } from "./writes.ts";

/**
 * Chromium takes no value whose clone is larger than 127 MiB by itself, and others copy it several times: this is far
 * below, and far above what belongs into a cache.
 */
const MAX_VALUE_BYTES = 64 * 2 ** 20;

const CAPABILITIES: Capabilities = /* @__PURE__ */ Object.freeze({
  keys: true,
  tags: true,
  journal: true,
  leases: true,
  durable: true,
  shared: true,
  maxValueBytes: MAX_VALUE_BYTES,
});

/** What is read together: entries, and what was invalidated. */
const READ = ["entries", "state"] as const;

/** Makes the tier; wrap it by `bytes()`. */
export function indexedDbStore(settings: IndexedDbSettings): Tier<Uint8Array> {
  return new IndexedDbStore(settings);
}

class IndexedDbStore implements Tier<Uint8Array> {
  readonly name: string;
  readonly capabilities: Capabilities = CAPABILITIES;
  readonly options: TierOptions;
  readonly #settings: IndexedDbSettings;
  /** Tells this tier's changes from those of others. */
  readonly #origin: number = randomInteger();
  #database: Database | undefined;
  #report: TierContext["report"] = () => {};

  constructor(settings: IndexedDbSettings) {
    this.#settings = settings;
    this.name = settings.name;
    this.options = settings.tier;
  }

  /** The open `IDBDatabase`; `undefined` before the first operation, and while another tab changes the database. */
  get client(): unknown {
    return this.#database?.connection;
  }

  open({ clock, report }: TierContext): void {
    if (this.#database !== undefined) {
      throw new ConfigError(
        "tiers",
        `Cannot use tier ${this.name} as it must be in one cache only: received one that is open`,
      );
    }
    const { database: name, durability, openTimeout } = this.#settings;
    const factory = this.#settings.factory ?? (globalThis as { indexedDB?: IdbFactory | null }).indexedDB;
    if (factory === undefined || factory === null) {
      throw new StoreOpenError(
        "Cannot open IndexedDB store as the runtime must be a browser that has indexedDB: received one without",
      );
    }
    this.#report = report;
    this.#database = new Database({ factory, name, durability, openTimeout, clock });
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  async getMany(keys: readonly string[], options: ReadOptions): Promise<ReadResult<Uint8Array>> {
    const { lease = 0, ...rest } = options;
    const leasing = lease > 0 ? { ...rest, lease } : undefined;
    const corrupt = new Map<string, CorruptError>();
    const listen = (key: string, error: CorruptError): void => void corrupt.set(key, error);
    // By itself a look keeps nobody waiting: those who wait for another's load look again and again.
    const { free, ...found } = await this.#open().run(READ, "readonly", (transaction) =>
      look(transaction, keys, leasing ?? rest, listen),
    );
    let leased: ReadResult<Uint8Array> | undefined;
    try {
      if (leasing !== undefined && free.length > 0) {
        leased = await this.#open().run(READ, "readwrite", (transaction) =>
          lookAndLease(transaction, free, leasing, listen),
        );
      }
    } catch (error) {
      // Without space for a lease the entries can still be read.
      this.#report("fault", error);
      return found;
    }
    for (const [key, error] of corrupt) await this.#drop(key, error);
    if (leasing === undefined) return found;
    const places = new Map(free.map((key, index) => [key, index]));
    const entries = keys.map((key, index) =>
      places.has(key) ? leased!.entries[places.get(key)!] : found.entries[index],
    );
    const leases = keys.map((key) => {
      const place = places.get(key);
      places.delete(key);
      return place === undefined ? undefined : leased!.leases![place];
    });
    return { ...found, entries, leases };
  }

  setMany(writes: readonly Write<Uint8Array>[], _now: number): Promise<WriteResult> {
    return this.#change((transaction) => setEntries(transaction, writes));
  }

  deleteMany(keys: readonly string[], now: number): Promise<readonly boolean[]> {
    return this.#change((transaction) => deleteEntries(transaction, keys, now));
  }

  touchMany(touches: readonly Touch[], now: number): Promise<readonly boolean[]> {
    return this.#change((transaction) => touchEntries(transaction, touches, now));
  }

  clear(prefix: string, _now: number): Promise<void> {
    return this.#change((transaction) => clearEntries(transaction, prefix));
  }

  invalidate(invalidation: TagInvalidation): Promise<number> {
    return this.#change((transaction) => invalidate(transaction, invalidation));
  }

  async prune(limit: number, now: number): Promise<readonly string[]> {
    return this.#open().run(READ, "readwrite", async (transaction) => {
      await pruneLeases(transaction, limit, now);
      const pruned = await pruneEntries(transaction, limit, now);
      await pruneMarks(transaction);
      return pruned;
    });
  }

  async scan(options: ScanOptions): Promise<ScanResult> {
    return this.#open().run(READ, "readonly", (transaction) => scan(transaction, options));
  }

  async size(prefix: string, now: number): Promise<number> {
    return this.#open().run(READ, "readonly", (transaction) => size(transaction, prefix, now));
  }

  async journal(since?: number): Promise<JournalPage> {
    return this.#open().run(["state", "journal"], "readonly", (transaction) =>
      lookInto(transaction, this.#origin, since),
    );
  }

  async release(leases: readonly { key: string; lease?: number }[]): Promise<void> {
    return this.#open().run(["state"], "readwrite", (transaction) => releaseLeases(transaction, leases));
  }

  /** Changes entries and tells of it in the journal, as one. */
  async #change<T>(work: (transaction: IdbTransaction) => Promise<Changed<T>>): Promise<T> {
    return this.#open().run(STORES, "readwrite", async (transaction) => {
      const { answer, change } = await work(transaction);
      if (change !== undefined) await record(transaction, this.#origin, change);
      return answer;
    });
  }

  /** Reports a record that nobody can read, and removes it if it is still such a one. */
  async #drop(key: string, error: CorruptError): Promise<void> {
    this.#report("corrupt", error, key);
    const isWhole = async (transaction: IdbTransaction): Promise<boolean> => {
      try {
        fromRecord(await answer(transaction.objectStore("entries").get(key)));
        return true;
      } catch {
        return false;
      }
    };
    try {
      await this.#open().run(["entries"], "readwrite", async (transaction) => {
        if (!(await isWhole(transaction))) transaction.objectStore("entries").delete(key);
      });
    } catch (fault) {
      this.#report("fault", fault, key);
    }
  }

  #open(): Database {
    if (this.#database !== undefined) return this.#database;
    throw new CacheClosedError(
      `Cannot use tier ${this.name} as it must be open: received a call before open or after close`,
    );
  }
}
