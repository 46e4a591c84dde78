/**
 * The tier over a database in this process: bytes in, bytes out, on both faces.
 *
 * Reads answer at once on both faces. Writes of the asynchronous face share transactions; until such a write is answered,
 * a read may see the state before it. The synchronous face first writes what waits, so that calls take effect in order.
 *
 * @module
 */
import { CacheClosedError, ConfigError } from "../../src/errors.ts";
import { isPromise } from "../../src/maybe.ts";
import type { LogStore } from "../../src/observe/log.ts";
import type { ProfileStore } from "../../src/profiles/profile.ts";
import type {
  Capabilities,
  JournalPage,
  MaybePromise,
  ReadOptions,
  ReadResult,
  ScanOptions,
  ScanResult,
  SyncTier,
  TagInvalidation,
  Tier,
  TierContext,
  TierInspection,
  TierOptions,
  Touch,
  Write,
  WriteResult,
} from "../../src/tier.ts";
import { checkWrites } from "./check-writes.ts";
import type { Connection } from "./connection.ts";
import type { Plan } from "./driver.ts";
import { type CorruptListener, readEntries } from "./entry-reader.ts";
import { inspectEntry } from "./entry-row.ts";
import { GroupCommit } from "./group-commit.ts";
import { Journal } from "./journal.ts";
import { takeLeases } from "./lease-reader.ts";
import { releasePlan } from "./leases.ts";
import { isStorable } from "./liveness.ts";
import { sqlLogs } from "./logs.ts";
import { type ProfileAccess, sqlProfiles } from "./profiles.ts";
import { pruneDeadPlan, pruneExpiredPlan, pruneTagsPlan } from "./prune.ts";
import { READ_ONE_META, SEQUENCE, scanPlan, sequenceOf, sizePlan } from "./reads.ts";
import { invalidatePlan } from "./tags.ts";
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
  readonly journal: Journal;
  readonly corrupt: CorruptListener;
  readonly report: TierContext["report"];
}

class LocalStore implements SqlStore {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly options: TierOptions;
  readonly sync: SyncTier<Uint8Array>;
  readonly profiles?: ProfileStore;
  readonly logs?: LogStore;
  readonly #settings: SqlStoreOptions;
  #session: Session | undefined;
  /** Where the next prune goes on looking for tags without entries. */
  #tagCursor = 0;

  constructor(settings: SqlStoreOptions) {
    this.#settings = settings;
    this.name = settings.name;
    this.capabilities = settings.capabilities;
    this.options = settings.options;
    this.sync = this.#syncFace();
    if (!settings.readOnly) {
      const access: ProfileAccess = {
        read: (plan) => this.#open().connection.read(plan),
        write: (plan) => this.#write(() => plan),
      };
      this.profiles = sqlProfiles(access);
      this.logs = sqlLogs(access);
    }
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
    const journal = new Journal(connection, this.#settings.isOwn);
    // Nobody else can look into a database that is in memory only.
    if (this.capabilities.journal) connection.journal = journal;
    const { report } = context;
    const corrupt: CorruptListener = (key, error, isRow) => {
      report("corrupt", error, key);
      if (isRow && !this.#settings.readOnly)
        queue.add(dropCorruptPlan(key)).catch((fault) => report("fault", fault, key));
    };
    this.#session = { connection, queue, journal, corrupt, report };
  }

  close(): void {
    const session = this.#session;
    if (session === undefined) return;
    session.queue.flush();
    this.#session = undefined;
    if (this.#settings.isOwn) session.connection.driver.close();
  }

  getMany(keys: readonly string[], options: ReadOptions): MaybePromise<ReadResult<Uint8Array>> {
    const { queue } = this.#open();
    return this.#get(keys, options, (plan) => queue.add(plan));
  }

  #get(
    keys: readonly string[],
    options: ReadOptions,
    run: <T>(plan: Plan<T>) => MaybePromise<T>,
  ): MaybePromise<ReadResult<Uint8Array>> {
    const { connection, corrupt, report } = this.#open();
    // The sequence first: should another process invalidate in between, the older one is the safe one.
    const sequence = options.sequence === true ? sequenceOf(connection.all(SEQUENCE.sql, SEQUENCE.args)) : undefined;
    const entries = readEntries(connection, keys, options, corrupt);
    const answer = sequence === undefined ? { entries } : { entries, sequence };
    const { lease = 0 } = options;
    if (!(lease > 0) || !this.capabilities.leases) return answer;
    // A database that cannot be written is still read.
    const failed = (error: unknown): ReadResult<Uint8Array> => {
      report("fault", error);
      return answer;
    };
    try {
      const leased = takeLeases({ connection, corrupt, run }, keys, entries, { ...options, lease });
      return isPromise(leased) ? leased.then((taken) => ({ ...answer, ...taken }), failed) : { ...answer, ...leased };
    } catch (error) {
      return failed(error);
    }
  }

  setMany(writes: readonly Write<Uint8Array>[], _now: number): Promise<WriteResult> {
    return this.#write(() => setPlan(checkWrites(this, writes)));
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

  inspect(key: string): TierInspection | undefined {
    const row = isStorable(key) ? this.#open().connection.all(READ_ONE_META, [key])[0] : undefined;
    return row && inspectEntry(row);
  }

  journal(since?: number): JournalPage {
    return this.#open().journal.look(since);
  }

  release(leases: readonly { key: string; lease?: number }[]): Promise<void> {
    return this.#write(() => releasePlan(leases));
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
    // What waits is written before each transaction too: reading may have found rows to be removed.
    const write = <T>(plan: Plan<T>): T => {
      const { connection, queue } = this.#open();
      queue.flush();
      return connection.commit([plan])[0] as T;
    };
    return {
      getMany: (keys, options) => reading().#get(keys, options, write) as ReadResult<Uint8Array>,
      scan: (options) => reading().scan(options),
      size: (prefix, now) => reading().size(prefix, now),
      // It tells nothing of our own writes, so those that wait may wait.
      journal: (since) => this.journal(since),
      setMany: (writes) => write(setPlan(checkWrites(this, writes))),
      deleteMany: (keys, now) => write(deletePlan(keys, now)),
      touchMany: (touches, now) => write(touchPlan(touches, now)),
      clear: (prefix) => write(clearPlan(prefix)),
      invalidate: (invalidation) => write(invalidatePlan(invalidation)),
      release: (leases) => write(releasePlan(leases)),
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
}
