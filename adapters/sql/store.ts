/**
 * The tier over a database in this process: bytes in, bytes out, on both faces.
 *
 * Reads answer at once on both faces. Writes of the asynchronous face share transactions; until such a write is answered,
 * a read may see the state before it. The synchronous face first writes what waits, so that calls take effect in order.
 *
 * @module
 */
import { CacheClosedError, ConfigError, KeyError, TierLimitError } from "../../src/errors.ts";
import type {
  Capabilities,
  ReadOptions,
  ReadResult,
  ScanOptions,
  ScanResult,
  SyncTier,
  TagInvalidation,
  TagSequences,
  Tier,
  TierContext,
  TierOptions,
  Touch,
  Write,
} from "../../src/tier.ts";
import type { Connection } from "./connection.ts";
import type { Plan } from "./driver.ts";
import { type CorruptListener, readEntries } from "./entry-reader.ts";
import { GroupCommit } from "./group-commit.ts";
import { isStorable } from "./liveness.ts";
import { pruneDeadPlan, pruneExpiredPlan, pruneTagsPlan } from "./prune.ts";
import { SEQUENCE, scanPlan, sequenceOf, sizePlan } from "./reads.ts";
import { invalidatePlan, sequencesPlan } from "./tags.ts";
import { clearPlan, deletePlan, dropCorruptPlan, setPlan, touchPlan } from "./writes.ts";

/** What a {@linkcode sqlStore} is made of. */
export interface SqlStoreOptions {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly options: TierOptions;
  /** Opens the database and brings it to our schema. Called by `open`, not before. */
  readonly connect: (context: TierContext) => Connection;
  /** Whether `close` closes the database. */
  readonly isOwn: boolean;
  /** Only reads: rows that nobody can read are left where they are. */
  readonly readOnly: boolean;
}

/** A {@linkcode Tier} of bytes over a database in this process. */
export interface SqlStore extends Tier<Uint8Array> {
  readonly sync: SyncTier<Uint8Array>;
}

/** Makes the tier; wrap it by `bytes()`. */
export function sqlStore(options: SqlStoreOptions): SqlStore {
  return new LocalStore(options);
}

/** What there is while the store is open. */
interface Session {
  readonly connection: Connection;
  readonly queue: GroupCommit;
  readonly corrupt: CorruptListener;
}

class LocalStore implements SqlStore {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly options: TierOptions;
  readonly sync: SyncTier<Uint8Array>;
  readonly #settings: SqlStoreOptions;
  readonly #maxKeyBytes: number;
  #session: Session | undefined;
  /** Where the next prune goes on looking for tags without entries. */
  #tagCursor = 0;

  constructor(settings: SqlStoreOptions) {
    this.#settings = settings;
    this.name = settings.name;
    this.capabilities = settings.capabilities;
    this.options = settings.options;
    this.#maxKeyBytes = settings.capabilities.maxKeyBytes ?? Infinity;
    this.sync = this.#syncFace();
  }

  get client(): unknown {
    return this.#session?.connection.driver.handle;
  }

  open(context: TierContext): void {
    if (this.#session !== undefined) {
      throw new ConfigError(
        "tiers",
        `Cannot use tier ${this.name} as it must be in one cache only: received one that is open`,
      );
    }
    const connection = this.#settings.connect(context);
    const queue = new GroupCommit(connection);
    const corrupt: CorruptListener = (key, error, isRow) => {
      context.report("corrupt", error, key);
      if (isRow && !this.#settings.readOnly)
        queue.add(dropCorruptPlan(key)).catch((fault) => context.report("fault", fault, key));
    };
    this.#session = { connection, queue, corrupt };
  }

  close(): void {
    const session = this.#session;
    if (session === undefined) return;
    session.queue.flush();
    this.#session = undefined;
    if (this.#settings.isOwn) session.connection.driver.close();
  }

  getMany(keys: readonly string[], options: ReadOptions): ReadResult<Uint8Array> {
    const { connection, corrupt } = this.#open();
    // The sequence first: should another process invalidate in between, the older one is the safe one.
    const sequence = options.sequence === true ? sequenceOf(connection.all(SEQUENCE.sql, SEQUENCE.args)) : undefined;
    const entries = readEntries(connection, keys, options, corrupt);
    return sequence === undefined ? { entries } : { entries, sequence };
  }

  setMany(writes: readonly Write<Uint8Array>[], _now: number): Promise<number> {
    return this.#write(() => setPlan(this.#checked(writes)));
  }

  deleteMany(keys: readonly string[], now: number): Promise<readonly boolean[]> {
    return this.#write(() => deletePlan(keys, now));
  }

  touchMany(touches: readonly Touch[], now: number): Promise<readonly boolean[]> {
    return this.#write(() => touchPlan(touches, now));
  }

  clear(prefix: string, _now: number): Promise<void> {
    return this.#write(() => clearPlan(prefix));
  }

  invalidate(invalidation: TagInvalidation): Promise<number> {
    return this.#write(() => invalidatePlan(invalidation));
  }

  async prune(limit: number, now: number): Promise<readonly string[]> {
    const { queue } = this.#open();
    const expired = await queue.add(pruneExpiredPlan(limit, now));
    const dead = expired.length < limit ? await queue.add(pruneDeadPlan(limit - expired.length)) : [];
    this.#tagCursor = await queue.add(pruneTagsPlan(this.#tagCursor, now));
    return [...expired, ...dead];
  }

  scan(options: ScanOptions): ScanResult {
    return this.#open().connection.read(scanPlan(options));
  }

  size(prefix: string, now: number): number {
    return this.#open().connection.read(sizePlan(prefix, now));
  }

  sequences(tags: readonly string[]): { current: number; tags: readonly (TagSequences | undefined)[] } {
    return this.#open().connection.read(sequencesPlan(tags));
  }

  /** Queues what `plan` answers; what it throws rejects. */
  #write<T>(plan: () => Plan<T>): Promise<T> {
    try {
      return this.#open().queue.add(plan());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #syncFace(): SyncTier<Uint8Array> {
    const reading = (): this => {
      this.#open().queue.flush();
      return this;
    };
    const write = <T>(plan: Plan<T>): T => {
      const { connection, queue } = this.#open();
      queue.flush();
      return connection.commit([plan])[0] as T;
    };
    return {
      getMany: (keys, options) => reading().getMany(keys, options),
      scan: (options) => reading().scan(options),
      size: (prefix, now) => reading().size(prefix, now),
      sequences: (tags) => reading().sequences(tags),
      setMany: (writes) => write(setPlan(this.#checked(writes))),
      deleteMany: (keys, now) => write(deletePlan(keys, now)),
      touchMany: (touches, now) => write(touchPlan(touches, now)),
      clear: (prefix) => write(clearPlan(prefix)),
      invalidate: (invalidation) => write(invalidatePlan(invalidation)),
      prune: (limit, now) => {
        const expired = write(pruneExpiredPlan(limit, now));
        const dead = expired.length < limit ? write(pruneDeadPlan(limit - expired.length)) : [];
        this.#tagCursor = write(pruneTagsPlan(this.#tagCursor, now));
        return [...expired, ...dead];
      },
    };
  }

  #open(): Session {
    if (this.#session !== undefined) return this.#session;
    throw new CacheClosedError(
      `Cannot use tier ${this.name} as it must be open: received a call before open or after close`,
    );
  }

  /**
   * The writes, when all of their keys and tags come back from SQLite as they were.
   *
   * @throws {KeyError} for NUL or a lone surrogate
   * @throws {TierLimitError} for a key that is too long
   */
  #checked(writes: readonly Write<Uint8Array>[]): readonly Write<Uint8Array>[] {
    for (const { key, entry } of writes) {
      if (!isStorable(key) || !entry.tags.every(isStorable)) {
        throw new KeyError("Cannot store entry as its key and tags must be without NUL and lone surrogates");
      }
      if (key.length * 3 > this.#maxKeyBytes) this.#checkLength(key);
    }
    return writes;
  }

  #checkLength(key: string): void {
    const bytes = new TextEncoder().encode(key).length;
    if (bytes > this.#maxKeyBytes) {
      throw new TierLimitError(
        `Cannot store key in ${this.name} as it must be at most ${this.#maxKeyBytes} bytes: received ${bytes}`,
      );
    }
  }
}
