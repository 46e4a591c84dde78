/**
 * The tier over Deno KV: bytes in, bytes out.
 *
 * @module
 */
import { CacheClosedError, ConfigError } from "../../src/errors.ts";
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
import { Turns } from "../plain/turns.ts";
import { randomInteger } from "../sql/random-integer.ts";
import { Connection } from "./connection.ts";
import { Invalidations } from "./invalidations.ts";
import { Journal } from "./journal.ts";
import { MAX_KEY_BYTES, MOST_CHECKS, MOST_PARTS, PART_BYTES } from "./kv.ts";
import { Layout } from "./layout.ts";
import { type InTurn, leaseFree, releaseLeases } from "./leases.ts";
import { scan, size } from "./listing.ts";
import type { DenoKvSettings } from "./options.ts";
import { type Found, readEntries } from "./reads.ts";
import { commit, type Session } from "./session.ts";
import { clearEntries, deleteEntries, setEntries, touchEntries } from "./writes.ts";

/** Makes the tier; wrap it by `bytes()`. */
export function denoKvStore(settings: DenoKvSettings): Tier<Uint8Array> {
  return new DenoKvStore(settings);
}

/** An operation that takes longer than the guard waits for, but not longer than this, is still waited for: 10 s. */
const PATIENCE = 10_000;

/** Under no key that a cache can have: stands for the head, which all invalidations change. */
const HEAD = "\0head";

/** What there is while the store is open. */
interface Opened {
  readonly context: TierContext;
  readonly connection: Connection;
  /** Operations of this process wait for each other, instead of trying in vain. */
  readonly turns: Turns;
  ready: Ready | undefined;
}

/** What there is once the database is open. */
interface Ready {
  readonly session: Session;
  readonly invalidations: Invalidations;
  readonly journal: Journal;
}

class DenoKvStore implements Tier<Uint8Array> {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly options: TierOptions;
  readonly #settings: DenoKvSettings;
  #opened: Opened | undefined;

  constructor(settings: DenoKvSettings) {
    this.#settings = settings;
    this.name = settings.name;
    this.options = settings.tier;
    const isKept = settings.target !== ":memory:";
    this.capabilities = Object.freeze({
      keys: true,
      tags: true,
      journal: isKept,
      leases: true,
      durable: isKept,
      shared: isKept,
      maxKeyBytes: MAX_KEY_BYTES,
      maxValueBytes: MOST_PARTS * PART_BYTES,
      maxBatch: MOST_CHECKS,
    });
  }

  /** The open `Deno.Kv`; of one that is opened here, not before the first operation. */
  get client(): unknown {
    return this.#opened?.connection.handle;
  }

  open(context: TierContext): void {
    if (this.#opened !== undefined) {
      throw new ConfigError(
        "tiers",
        `Cannot use tier ${this.name} as it must be in one cache only: received one that is open`,
      );
    }
    const connection = new Connection(this.#settings.target);
    connection.check();
    const turns = new Turns(() => context.clock.now(), PATIENCE);
    this.#opened = { context, connection, turns, ready: undefined };
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.connection.close();
  }

  async getMany(keys: readonly string[], options: ReadOptions): Promise<ReadResult<Uint8Array>> {
    const { now, metaOnly = false, sequence: withHead = false, lease = 0 } = options;
    const { session, invalidations } = await this.#ready();
    const reading = await readEntries(session, invalidations, keys, { now, metaOnly, withHead });
    const entries = new Map(reading.entries);
    let leases: ReadonlyMap<string, number> | undefined;
    if (lease > 0) {
      const inTurn: InTurn = (some, run) => this.#inTurn(some, run);
      try {
        leases = await leaseFree(
          session,
          invalidations,
          { keys, ...options, lease, found: reading.found, entries },
          inTurn,
        );
      } catch (error) {
        // A database that cannot be written is still read.
        this.#report("fault", error);
      }
    }
    for (const found of reading.corrupt) await this.#drop(session, found);
    const answer = {
      entries: keys.map((key) => entries.get(key)),
      ...(withHead && { sequence: reading.sequence! }),
    };
    if (leases === undefined) return answer;
    const first = new Map(leases);
    const take = (key: string): number | undefined => {
      const token = first.get(key);
      first.delete(key);
      return token;
    };
    return { ...answer, leases: keys.map(take) };
  }

  async setMany(writes: readonly Write<Uint8Array>[], now: number): Promise<WriteResult> {
    const { session } = await this.#ready();
    return this.#inTurn(keysOf(writes), () => setEntries(session, writes, now));
  }

  async deleteMany(keys: readonly string[], now: number): Promise<readonly boolean[]> {
    const { session, invalidations } = await this.#ready();
    return this.#inTurn(keys, () => deleteEntries(session, invalidations, keys, now));
  }

  async touchMany(touches: readonly Touch[], now: number): Promise<readonly boolean[]> {
    const { session, invalidations } = await this.#ready();
    return this.#inTurn(keysOf(touches), () => touchEntries(session, invalidations, touches, now));
  }

  async clear(prefix: string, now: number): Promise<void> {
    const { session } = await this.#ready();
    return this.#open().turns.changeAll(() => clearEntries(session, prefix, now));
  }

  async scan(options: ScanOptions): Promise<ScanResult> {
    const { session, invalidations } = await this.#ready();
    return scan(session, invalidations, options);
  }

  async size(prefix: string, now: number): Promise<number> {
    const { session, invalidations } = await this.#ready();
    return size(session, invalidations, prefix, now);
  }

  async invalidate(invalidation: TagInvalidation): Promise<number> {
    const { invalidations } = await this.#ready();
    return this.#inTurn([HEAD], () => invalidations.invalidate(invalidation));
  }

  async journal(since?: number): Promise<JournalPage> {
    const { journal } = await this.#ready();
    return journal.look(since, this.#open().context.clock.now());
  }

  async release(leases: readonly { key: string; lease?: number }[]): Promise<void> {
    const { session } = await this.#ready();
    const now = this.#open().context.clock.now();
    return this.#inTurn(keysOf(leases), () => releaseLeases(session, leases, now));
  }

  /** Reports a record that nobody can read, and removes it if it is still the same. */
  async #drop({ kv, layout }: Session, { key, versionstamp, error }: Found): Promise<void> {
    this.#report("corrupt", error, key);
    try {
      await commit(kv, (atomic) => {
        atomic.check({ key: layout.record(key), versionstamp }).delete(layout.record(key));
        for (let index = 0; index < MOST_PARTS; index++) atomic.delete(layout.part(key, index));
      });
    } catch (fault) {
      this.#report("fault", fault, key);
    }
  }

  #report(kind: "corrupt" | "fault", error: unknown, key?: string): void {
    this.#opened?.context.report(kind, error, key);
  }

  #inTurn<T>(keys: readonly string[], run: () => Promise<T>): Promise<T> {
    return this.#open().turns.change([...new Set(keys)], run);
  }

  async #ready(): Promise<Ready> {
    const opened = this.#open();
    const kv = await opened.connection.open();
    if (opened.ready?.session.kv === kv) return opened.ready;
    const session: Session = {
      kv,
      layout: new Layout(this.#settings.prefix),
      name: this.name,
      origin: randomInteger(),
    };
    const invalidations = new Invalidations(session, opened.context.random);
    opened.ready = { session, invalidations, journal: new Journal(session) };
    return opened.ready;
  }

  #open(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    throw new CacheClosedError(
      `Cannot use tier ${this.name} as it must be open: received a call before open or after close`,
    );
  }
}

function keysOf(items: readonly { readonly key: string }[]): string[] {
  return items.map(({ key }) => key);
}
